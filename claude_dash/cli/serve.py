"""The dashboard: on the real store, or on a simulated organisation."""

import logging
import os
import signal
import socket
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Annotated

import typer

from claude_dash import log
from claude_dash.cli import output
from claude_dash.cli.opening import opened, settings, vault
from claude_dash.errors import ConfigError

LOOPBACK = "127.0.0.1"
PORT = 8501
OTLP_PORT = 4318  # of OTLP over HTTP
NO_LIMIT = "1000000"  # requests of the demo, which reach nobody
ROOT = Path(__file__).resolve().parents[2]  # where app.py and pages/ stand
ANY = frozenset({"0.0.0.0", "::"})  # noqa: S104 - compared with, not bound to

Port = Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)]


def register(app: typer.Typer) -> None:
    """Add the commands `serve`, `demo` and `receive`."""
    app.command()(serve)
    app.command()(demo)
    app.command()(receive)


def serve(
    *,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = LOOPBACK,
    port: Port = PORT,
    no_scheduler: Annotated[
        bool, typer.Option("--no-scheduler", help="Do not read sources in the background.")
    ] = False,
    no_receivers: Annotated[
        bool, typer.Option("--no-receivers", help="Do not take what clients send.")
    ] = False,
) -> None:
    """Serve the dashboard, read in the background and take what clients send."""
    if no_scheduler:
        _set("SYNC_EVERY", "0")
    if no_receivers:
        _set("NO_RECEIVERS", "1")
    log.configure(logging.INFO)
    _run(host, port)


def receive(
    *,
    host: Annotated[str, typer.Option(help="Address to listen on.")] = LOOPBACK,
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = OTLP_PORT,
) -> None:
    """Take what clients send, without the dashboard: for larger fleets.

    Several may run on one PostgreSQL store.
    """
    log.configure(logging.INFO)
    _check_free(host, port)
    import uvicorn  # noqa: PLC0415 - start-up is fast

    from claude_dash.receivers.alone import make_app  # noqa: PLC0415 - the same

    with opened() as engine:
        app = make_app(engine, vault(), settings())
        output.say(f"claude-dash receives at http://{_shown(host)}:{port} (Ctrl-C ends it)")
        uvicorn.run(
            app,
            host=host,
            port=port,
            log_level="warning",
            access_log=False,
            log_config=None,
            server_header=False,
        )


def demo(
    *,
    people: Annotated[int, typer.Option(help="People of the organisation.", min=1)] = 240,
    days: Annotated[int, typer.Option(help="Days of history.", min=1)] = 180,
    seed: Annotated[int, typer.Option(help="Another number, another organisation.")] = 7,
    port: Port = PORT,
    store: Annotated[
        Path | None, typer.Option(help="Keep the store in this folder; else it is thrown away.")
    ] = None,
) -> None:
    """Serve the dashboard on a simulated organisation.

    It listens on this machine only, touches no store but its own, and asks no vendor.
    """
    signal.signal(signal.SIGTERM, lambda *_: sys.exit())  # so that the folder is thrown away
    with ExitStack() as stack:
        folder = store or Path(
            stack.enter_context(tempfile.TemporaryDirectory(prefix="claude-dash-demo-"))
        )
        _set("DATA_DIR", str(folder.resolve()))
        _set("DATABASE_URL", f"sqlite:///{folder.resolve() / 'claude-dash.db'}")
        _set("PUBLIC_URL", f"http://{LOOPBACK}:{port}")
        _set("SYNC_EVERY", "0")
        _set("NO_RECEIVERS", "1")
        _set("REQUESTS_PER_MINUTE", NO_LIMIT)
        _set("DEMO", "1")
        from claude_dash.demo import run  # noqa: PLC0415 - start-up is fast
        from claude_dash.ui import server  # noqa: PLC0415 - the same

        output.say(f"Simulating {people} people over {days} days.")
        vendor = run.build(settings(), people=people, days=days, seed=seed, progress=output.say)
        server.opened().transport = vendor
        _run(LOOPBACK, port)


def _set(name: str, value: str) -> None:
    """Set a setting for this process and read the settings anew."""
    from claude_dash import config  # noqa: PLC0415 - start-up is fast

    os.environ[f"{config.PREFIX}{name}"] = value
    config.settings.cache_clear()


def _run(host: str, port: int) -> None:
    """Serve `app.py` in this process until it is stopped; one worker, since sessions live in it."""
    if not (ROOT / "app.py").exists():
        message = "The dashboard's files are not beside the program."
        raise ConfigError(message, "Run it from a checkout: uv run claude-dash serve.")
    shown = _shown(host)
    _check_free(host, port)
    if "public_url" not in settings().model_fields_set:
        _set("PUBLIC_URL", f"http://{shown}:{port}")
    _stand_beside_app()
    import uvicorn  # noqa: PLC0415 - start-up is fast

    output.say(f"claude-dash is at http://{shown}:{port} (Ctrl-C ends it)")
    uvicorn.run(
        "app:app",
        app_dir=str(ROOT),
        host=host,
        port=port,
        log_level="warning",
        access_log=False,
        log_config=None,
    )


def _shown(host: str) -> str:
    return LOOPBACK if host in ANY else f"[{host}]" if ":" in host else host


def _check_free(host: str, port: int) -> None:
    """Make sure that the port can be listened on.

    Raises:
        ConfigError: It cannot.
    """
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as tried:
        tried.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            tried.bind((host, port))
        except OSError as error:
            message = f"Port {port} of {host} cannot be used: {error.strerror}."
            raise ConfigError(message, "Choose another with --port.") from None


def _stand_beside_app() -> None:
    """Change to the folder whose `.streamlit/` holds the server's limits and the theme.

    Streamlit looks for it in the working directory. Settings of a `.env` file and relative paths
    mean afterwards what they meant before.
    """
    if Path.cwd() == ROOT:
        return
    from pydantic_settings import DotEnvSettingsSource  # noqa: PLC0415 - start-up is fast

    current = settings()
    for name, value in DotEnvSettingsSource(type(current)).env_vars.items():
        if name.upper().startswith("CLAUDE_DASH_") and value is not None:
            os.environ.setdefault(name.upper(), value)
    _set("DATA_DIR", str(current.data_dir.absolute()))
    if current.vault_key_file:
        _set("VAULT_KEY_FILE", str(current.vault_key_file.absolute()))
    if current.url.startswith("sqlite:///"):
        _set("DATABASE_URL", f"sqlite:///{Path(current.url[len('sqlite:///') :]).absolute()}")
    os.chdir(ROOT)
