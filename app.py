"""The ASGI application: `streamlit run app.py`, `uvicorn app:app` and `python app.py` serve it."""

from claude_dash.receivers.app import routes
from claude_dash.ui.server import doors, make_app

app = make_app(routes(doors))

if __name__ == "__main__":
    app.run()
