"""The receiver without the dashboard: the addresses that clients send to, and health."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from sqlalchemy import Engine
from starlette.applications import Starlette
from starlette.routing import Route

from claude_dash.config import Settings
from claude_dash.receivers.app import health
from claude_dash.receivers.otlp import PATHS
from claude_dash.receivers.receiving import Receiving
from claude_dash.store.vault import Vault


def make_app(
    engine: Engine, vault: Vault, settings: Settings, *, is_counting: bool = True
) -> Starlette:
    """Return the application over a store; while it runs what arrives is counted.

    Args:
        engine: The store, that of the settings.
        vault: Its keys.
        settings: Of this process.
        is_counting: Whether a process of its own counts; else somebody else does.
    """
    receiving = Receiving(engine, vault, is_counting=is_counting)

    @asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        del app
        receiving.start()
        try:
            yield
        finally:
            receiving.stop()

    routes = [Route(path, receiving.receiver) for path in sorted(PATHS)]
    opened = (engine, settings, vault.cookie_key)
    return Starlette(routes=[*routes, *health(lambda: opened)], lifespan=lifespan)
