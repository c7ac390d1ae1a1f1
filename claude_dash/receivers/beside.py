"""The receiver inside the dashboard's process: it begins and ends with it."""

import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Engine
from starlette.responses import JSONResponse
from starlette.routing import Route

from claude_dash.config import Settings
from claude_dash.receivers.bodies import Receive
from claude_dash.receivers.otlp import PATHS
from claude_dash.receivers.receiving import Receiving
from claude_dash.store.vault import Vault

NO_RECEIVERS = "CLAUDE_DASH_NO_RECEIVERS"  # set by `serve --no-receivers` for its own process


class Beside:
    """Takes what clients send while the dashboard runs.

    Args:
        opened: Gives the store, the vault and the settings of this process.
    """

    def __init__(self, opened: Callable[[], tuple[Engine, Vault, Settings]]) -> None:
        self._opened = opened
        self._receiving: Receiving | None = None

    @property
    def routes(self) -> list[Route]:
        """Return the addresses that clients send to."""
        return [Route(path, self) for path in sorted(PATHS)]

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Any) -> None:  # noqa: ANN401 - of ASGI
        """Answer one request, with 503 where nothing is taken."""
        if self._receiving is not None:
            await self._receiving.receiver(scope, receive, send)
            return
        body = {"code": 14, "message": "Nothing is taken here now.", "details": []}
        answer: Any = JSONResponse(body, status_code=503, headers={"retry-after": "1"})
        await answer(scope, receive, send)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Take what is sent until the block ends."""
        if os.environ.get(NO_RECEIVERS) == "1":
            yield
            return
        engine, vault, _ = self._opened()
        self._receiving = Receiving(engine, vault)
        self._receiving.start()
        try:
            yield
        finally:
            receiving, self._receiving = self._receiving, None
            receiving.stop()
