"""Add to what is stored: counters of facts, and of what was set aside."""

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Table, case, func

from claude_dash.facts import tables as t


def insert_or(connection: Connection, table: Table) -> Any:  # noqa: ANN401 - per dialect
    """Return an insert that may say what to do with a row that is there."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert  # noqa: PLC0415
    else:
        from sqlalchemy.dialects.sqlite import insert  # type: ignore[assignment]  # noqa: PLC0415
    return insert(table)


def adding(connection: Connection, table: Table) -> Any:  # noqa: ANN401 - per dialect
    """Return an insert that adds all but the key to the row which is there.

    What may be unknown stays so only where it is unknown on both sides.
    """
    made = insert_or(connection, table)
    sums = {}
    for column in table.columns:
        if column.primary_key:
            continue
        new = made.excluded[column.name]
        sums[column.name] = column + new
        if column.nullable:
            both = func.coalesce(column, 0) + func.coalesce(new, 0)
            is_unknown = column.is_(None) & new.is_(None)
            sums[column.name] = case((is_unknown, None), else_=both)
    keys = [column.name for column in table.primary_key]
    return made.on_conflict_do_update(index_elements=keys, set_=sums)


def add(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add rows with unique keys to what is stored under the same keys."""
    if rows:
        keys = [column.name for column in table.primary_key]
        in_order = sorted(rows, key=lambda row: tuple(row[name] for name in keys))
        connection.execute(adding(connection, table), in_order)


def count_aside(
    connection: Connection, number: int, report: str, counts: Mapping[tuple[date, str], int]
) -> None:
    """Add to how many records of each day are set aside under a name, by reason."""
    rows = [
        {"connection_id": number, "report": report, "day": day, "reason": reason, "records": n}
        for (day, reason), n in counts.items()
    ]
    add(connection, t.REJECT, rows)
