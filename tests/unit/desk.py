"""A desk at which two invented organizations are connected, replaced and removed."""

from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, select

from claude_dash import connections, ingest
from claude_dash.clock import days
from claude_dash.config import Settings
from claude_dash.facts import tables as t
from claude_dash.store.vault import Vault
from tests import tiny

FIRST, TODAY = date(2026, 11, 9), date(2026, 11, 18)
ONE, TWO, WRONG = ("sk-ant-" + f"admin01-invented-{name}" for name in ("one1", "two2", "none"))
KEPT = (*t.FACT_TABLES, t.DAY_READ, t.ROSTER_ENTRY, t.INVITE, t.PERSON, t.IDENTITY)


class Desk:
    """Connects organizations `one` and `two`, told apart by their keys; others are refused."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self.engine, self.vault = engine, Vault(settings)
        update = {"requests_per_minute": 1_000_000, "backfill_since": FIRST}
        self.settings = settings.model_copy(update=update)
        self.transport = httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        name = {ONE: "one", f"{ONE}x": "one", TWO: "two"}.get(request.headers["x-api-key"])
        if name is None:
            body = {"type": "error", "error": {"type": "authentication_error", "message": "no"}}
            return httpx.Response(401, json=body)
        if request.url.path.endswith("/me"):
            return httpx.Response(200, json={"id": name, "type": "organization", "name": name})
        request.headers["x-api-key"] = tiny.KEY
        return tiny.answer(request)

    def add(self, name: str = "Main", key: str = ONE, **options: Any) -> connections.Tested:
        """Connect an organization."""
        return connections.add(
            self.engine, self.vault, self.settings, "console", name, key,
            transport=self.transport, **options,
        )  # fmt: skip

    def replace(self, key: str, name: str = "Main") -> connections.Tested:
        """Replace the key of a connection."""
        return connections.replace_key(
            self.engine, self.vault, self.settings, name, key, transport=self.transport
        )

    def remove(self, name: str = "Main", *, purge: bool = False) -> None:
        """Remove a connection."""
        connections.remove(self.engine, self.settings, name, purge=purge)

    def sync(self, **options: Any) -> dict[str, ingest.Outcome]:
        """Read what is new."""
        args = (self.engine, self.vault, self.settings)
        return {one.name: one for one in ingest.sync(*args, transport=self.transport, **options)}

    def row(self, name: str = "Main") -> Any:
        """Return a connection as it is stored."""
        with self.engine.connect() as connection:
            return connections.row_of(connection, name)

    def key(self, name: str = "Main") -> str:
        """Return the key that is stored for a connection."""
        with self.engine.connect() as connection:
            number = connections.row_of(connection, name).id
            return connections.key_of(connection, self.vault, number)

    def audit(self) -> list[str]:
        """Return what the log says was done."""
        with self.engine.connect() as connection:
            query = select(t.AUDIT_ENTRY).order_by(t.AUDIT_ENTRY.c.id)
            return [f"{one.action}: {one.detail}" for one in connection.execute(query)]

    def week_sessions(self) -> int:
        """Return the released sessions of the last whole week."""
        c = t.RELEASE_ROW.c
        query = select(c.value).where(
            c.measure == "sessions", c.grain == "week", c.start == FIRST, c.dimension == "",
            c.level == "organization",
        )  # fmt: skip
        with self.engine.connect() as connection:
            return int(connection.execute(query).scalar_one())


@pytest.fixture
def desk(engine: Engine, settings: Settings) -> Desk:
    """Return a desk with nothing connected."""
    return Desk(engine, settings)


def truth() -> int:
    """Return the sessions of one organization in the last whole week."""
    week = days(FIRST, FIRST + timedelta(days=7))
    return sum(row["core_metrics"]["num_sessions"] for day in week for row in tiny.rows(str(day)))


# --- adding --------------------------------------------------------------------------------------
