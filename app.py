"""The ASGI application: `streamlit run app.py`, `uvicorn app:app` and `python app.py` serve it."""

from claude_dash.receivers.app import routes
from claude_dash.receivers.beside import Beside
from claude_dash.ui.server import doors, make_app, store

beside = Beside(store)
app = make_app([*routes(doors), *beside.routes], beside.running)

if __name__ == "__main__":
    app.run()
