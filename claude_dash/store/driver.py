"""Many rows straight from the driver or to it: tuples, with nothing in between."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import CompoundSelect, Connection, Select, Table, insert


def fetched(
    connection: Connection,
    query: Select[Any] | CompoundSelect[Any],
    values: Mapping[str, object] | None = None,
) -> Sequence[tuple[Any, ...]]:
    """Return the rows of a query as the driver has them: on SQLite a day is text."""
    result = connection.execute(query, values or {})
    rows: Sequence[tuple[Any, ...]] = result.cursor.fetchall() if result.cursor else ()
    result.close()
    return rows


def inserted(connection: Connection, table: Table, rows: list[tuple[Any, ...]]) -> None:
    """Insert rows as the driver takes them: a value for every column of the table, in order."""
    if not rows:
        return
    style = "qmark" if connection.dialect.name == "sqlite" else "format"
    positional: Any = type(connection.dialect)
    statement = insert(table).compile(dialect=positional(paramstyle=style))
    connection.exec_driver_sql(str(statement), rows)


def as_day(found: date | str) -> date:
    """Return a day as the driver has it."""
    return date.fromisoformat(found) if isinstance(found, str) else found
