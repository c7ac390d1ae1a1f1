"""The audit log: what was done, by whom, without a figure and without a secret."""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, Engine, Row, insert, select

from claude_dash.clock import now
from claude_dash.facts import tables as t


def note(connection: Connection, actor: str, action: str, detail: str = "") -> None:
    """Write one line into the log, in the transaction of what it tells about."""
    connection.execute(
        insert(t.AUDIT_ENTRY).values(at=now(), actor=actor, action=action, detail=detail)
    )


def latest(engine: Engine, number: int) -> Sequence[Row[Any]]:
    """Return the newest lines: at, actor, action, detail."""
    query = select(t.AUDIT_ENTRY).order_by(t.AUDIT_ENTRY.c.at.desc()).limit(number)
    with engine.connect() as connection:
        return connection.execute(query).all()
