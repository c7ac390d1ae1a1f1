"""The ASGI application: `streamlit run app.py`, `uvicorn app:app` and `python app.py` serve it."""

from claude_dash.ui.server import make_app

app = make_app()

if __name__ == "__main__":
    app.run()
