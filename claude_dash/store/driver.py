"""Many rows straight from the driver: tuples, with nothing in between."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select


def fetched(
    connection: Connection, query: Select[Any], values: Mapping[str, object] | None = None
) -> Sequence[tuple[Any, ...]]:
    """Return the rows of a query as the driver has them: on SQLite a day is text."""
    result = connection.execute(query, values or {})
    rows: Sequence[tuple[Any, ...]] = result.cursor.fetchall() if result.cursor else ()
    result.close()
    return rows


def as_day(found: date | str) -> date:
    """Return a day as the driver has it."""
    return date.fromisoformat(found) if isinstance(found, str) else found
