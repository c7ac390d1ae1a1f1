"""How each connection is: what was read, when last, and what went wrong."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine, Row, func, select

from claude_dash.facts import tables as t

_CONNECTION = t.CONNECTION


@dataclass(frozen=True, slots=True)
class Listed:
    """How a connection is, as scripts read it; days are None until one was read."""

    name: str
    kind: str
    status: str
    first_day: date | None
    last_day: date | None
    last_sync: datetime | None
    error: Mapping[str, str] | None


def list_all(engine: Engine) -> list[Listed]:
    """Return how each connection is, in the order in which they were made."""
    number, day = t.DAY_READ.c.connection_id, t.DAY_READ.c.day
    ends = select(number, func.min(day), func.max(day)).group_by(number)
    with engine.connect() as connection:
        days = {one: (first, last) for one, first, last in connection.execute(ends)}
        rows = connection.execute(select(_CONNECTION).order_by(_CONNECTION.c.id)).all()
    return [
        Listed(
            name=row.name,
            kind=row.kind,
            status=row.status,
            first_day=days.get(row.id, (None, None))[0],
            last_day=days.get(row.id, (None, None))[1],
            last_sync=row.last_sync,
            error={"code": row.error_code, "message": row.error_message}
            if row.error_message
            else None,
        )
        for row in rows
    ]


def progress_of(row: Row[Any]) -> Mapping[str, Any]:
    """Return how far a running sync got: day, read, of; empty when none runs."""
    found: Mapping[str, Any] = json.loads(row.progress) if row.progress else {}
    return found


def exist(engine: Engine) -> bool:
    """Say whether any source is connected."""
    with engine.connect() as connection:
        return connection.execute(select(_CONNECTION.c.id).limit(1)).first() is not None
