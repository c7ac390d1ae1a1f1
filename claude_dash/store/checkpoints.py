"""How far each connection was read: one row per report and day, written with its facts."""

from datetime import date, datetime

from sqlalchemy import Connection, select

from claude_dash.facts import tables as t
from claude_dash.facts.reports import is_complete


def reads(connection: Connection, connection_id: int, report: str) -> dict[date, datetime]:
    """Return when each day of a report was read last."""
    query = select(t.DAY_READ.c.day, t.DAY_READ.c.read_at).where(
        t.DAY_READ.c.connection_id == connection_id, t.DAY_READ.c.report == report
    )
    return dict(connection.execute(query).all())


def records(connection: Connection, connection_id: int, report: str) -> dict[date, int]:
    """Return how many records each read day of a report had."""
    query = select(t.DAY_READ.c.day, t.DAY_READ.c.records).where(
        t.DAY_READ.c.connection_id == connection_id, t.DAY_READ.c.report == report
    )
    return dict(connection.execute(query).all())


def last_complete_day(connection: Connection, connection_id: int, report: str) -> date | None:
    """Return the newest day that was read late enough to hold all of it."""
    found = reads(connection, connection_id, report)
    return max((day for day, at in found.items() if is_complete(at, day)), default=None)
