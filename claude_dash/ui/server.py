"""The running server: the ASGI application, what it opens once, and reading in the background."""

import gc
import logging
import os
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AbstractContextManager, asynccontextmanager
from functools import cache
from pathlib import Path

import streamlit as st
from apscheduler.schedulers.background import BackgroundScheduler
from sqlalchemy import Engine
from starlette.routing import BaseRoute

from claude_dash import ingest, log
from claude_dash.access.local import first_admin_link
from claude_dash.config import Settings, settings
from claude_dash.errors import ClaudeDashError
from claude_dash.exports import log as exports
from claude_dash.sources.client import Transport
from claude_dash.store.engine import migrate, open_store
from claude_dash.store.vault import Vault

SCRIPT = Path(__file__).with_name("main.py")
DEMO = "CLAUDE_DASH_DEMO"  # set by `claude-dash demo` for its own process
JITTER_S = 300
REBUILDING = (sys.executable, "-m", "claude_dash.rollup")
_LOGGER = logging.getLogger(__name__)


class Opened:
    """What the process opens once: settings, vault, and the store with its newest schema."""

    def __init__(self) -> None:
        self.settings: Settings = settings()
        self.vault = Vault(self.settings)
        self.engine: Engine = open_store(self.settings.url)
        migrate(self.engine)
        self.cookie_key = self.vault.cookie_key
        self.is_demo = os.environ.get(DEMO) == "1"
        self.transport: Transport | None = None  # stands in for the network in the demo


@cache
def opened() -> Opened:
    """Return what this process opened."""
    return Opened()


def doors() -> tuple[Engine, Settings, bytes]:
    """Return what the addresses beside the pages stand on: store, settings, cookie key."""
    found = opened()
    return found.engine, found.settings, found.cookie_key


def store() -> tuple[Engine, Vault, Settings]:
    """Return what a receiver beside the pages stands on."""
    found = opened()
    return found.engine, found.vault, found.settings


def make_app(
    routes: Sequence[BaseRoute], beside: Callable[[], AbstractContextManager[None]]
) -> st.App:
    """Return the ASGI application: the pages, and some addresses beside them.

    Args:
        routes: The addresses.
        beside: What runs while the application does, for them.
    """
    log.configure()

    @asynccontextmanager
    async def lifespan(app: st.App) -> AsyncIterator[dict[str, object]]:
        async with _lifespan(app) as state:
            with beside():
                yield state

    return st.App(SCRIPT, routes=routes, lifespan=lifespan, on_script_error=_calmly)


def _calmly(error: Exception) -> bool:
    """Log what went wrong and show one calm sentence in its place."""
    if isinstance(error, ClaudeDashError):
        st.error(str(error), icon=":material/error:")
        return True
    _LOGGER.error("page failed", exc_info=error)
    st.error("Something went wrong here. The log of the server says more.", icon=":material/error:")
    return True


@asynccontextmanager
async def _lifespan(app: st.App) -> AsyncIterator[dict[str, object]]:
    """Open the store, say how the first administrator signs in, and read in the background."""
    del app
    found = opened()
    if not found.is_demo:
        link = first_admin_link(found.engine, found.settings.public_url)
        if link:
            sys.stdout.write(f"First admin: {link}\n")
            sys.stdout.flush()
    scheduler = _scheduler(found)
    gc.collect()
    gc.freeze()  # what was imported stays; collections need not look at it again
    try:
        yield {}
    finally:
        if scheduler is not None:
            scheduler.shutdown(wait=False)


def _scheduler(found: Opened) -> BackgroundScheduler | None:
    every = found.settings.sync_every.total_seconds()
    if not every:
        return None
    scheduler = BackgroundScheduler(timezone="UTC")
    jitter = int(min(JITTER_S, every / 10))
    scheduler.add_job(_sync_all, "interval", seconds=every, jitter=jitter, max_instances=1)
    scheduler.start()
    in_background(_sync_all)
    return scheduler


def _sync_all() -> None:
    found = opened()
    try:
        ingest.sync(found.engine, found.vault, found.settings)
        exports.delete_due(found.engine, found.settings.data_dir)
    except ClaudeDashError as error:
        _LOGGER.warning("sync failed: %s", error)


def in_background(work: Callable[[], object]) -> None:
    """Run something beside the pages; it never touches a page, only the store."""

    def run() -> None:
        try:
            work()
        except ClaudeDashError as error:
            _LOGGER.warning("background work failed: %s", error)
        except Exception:
            _LOGGER.exception("background work failed")

    threading.Thread(target=run, daemon=True).start()


def sync_in_background(*names: str) -> None:
    """Start reading some connections."""
    found = opened()
    in_background(
        lambda: ingest.sync(
            found.engine, found.vault, found.settings, names=names, transport=found.transport
        )
    )


def roll_up_in_background() -> None:
    """Rebuild what a change of people, teams or policy touched, in a process beside the pages.

    A year of a large organisation takes minutes, and threads share one interpreter.
    """
    in_background(lambda: subprocess.run(REBUILDING, check=True))  # noqa: S603 - a fixed command of ours
