"""How far each connection was read: one row per report and day, written with its facts."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from claude_dash.facts import tables as t
from claude_dash.facts.reports import is_complete
from claude_dash.store.locks import take_turns


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
    return max((day for day, at in found.items() if is_complete(at, day, report)), default=None)


@dataclass(frozen=True, slots=True)
class State:
    """How one report of a connection is read; as `ReportState` keeps it."""

    history_starts: date | None = None
    backfill_done: bool = False
    is_legacy: bool = False
    error_code: str = ""
    error_message: str = ""
    covers_until: datetime | None = None


def states(connection: Connection) -> Mapping[tuple[int, str], State]:
    """Return how every report is read, by connection and report."""
    names = [*State.__slots__]
    return {
        (row.connection_id, row.report): State(**{name: getattr(row, name) for name in names})
        for row in connection.execute(select(t.REPORT_STATE))
    }


def state(connection: Connection, connection_id: int, report: str) -> State:
    """Return how one report is read; nothing is known of one that never was."""
    return states(connection).get((connection_id, report), State())


def note_state(connection: Connection, connection_id: int, report: str, **values: Any) -> None:  # noqa: ANN401 - columns of the table
    """Change what is kept of one report."""
    c = t.REPORT_STATE.c
    take_turns(connection, f"state:{connection_id}")
    kept = state(connection, connection_id, report)
    row = {name: getattr(kept, name) for name in State.__slots__} | values
    where = (c.connection_id == connection_id, c.report == report)
    connection.execute(delete(t.REPORT_STATE).where(*where))
    key = {"connection_id": connection_id, "report": report}
    connection.execute(insert(t.REPORT_STATE).values(**key, **row))
