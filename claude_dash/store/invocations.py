"""Calls that were read from logs: each request counted once, sums added, cost told anew."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, RowMapping, Table, bindparam, delete, func, select, update

from claude_dash import prices
from claude_dash.facts import tables as t
from claude_dash.prices import Price

COUNTERS = (
    "requests",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
)
KEY = tuple(column.name for column in t.INVOCATION_DAY.primary_key)
_REQUEST, _FACT, _REJECT, _BATCH = t.LOG_REQUEST, t.INVOCATION_DAY, t.REJECT, 500
_MAX_COST = 10**16  # nanodollars: nobody spends ten million dollars a day; a week fits 64 bits
_ONE_AT_A_TIME = 7_001  # the lock under which new identities are given persons


def fresh(connection: Connection, number: int, requests: Mapping[bytes, date]) -> set[bytes]:
    """Keep some requests, by their day, and return those that had not been counted before."""
    found = sorted(requests)
    if connection.dialect.name == "postgresql":
        # Another process may be counting the same request: whoever is second waits, and is told.
        days = [requests[one] for one in found]
        made = connection.exec_driver_sql(
            "INSERT INTO log_request (connection_id, request, day)"
            " SELECT %s, one.request, one.day"
            " FROM unnest(%s::bytea[], %s::date[]) AS one (request, day) ORDER BY one.request"
            " ON CONFLICT DO NOTHING RETURNING request",
            (number, found, days),
        )
        return {bytes(one) for one in made.scalars()}
    new: set[bytes] = set()
    c = _REQUEST.c
    for start in range(0, len(found), _BATCH):
        some = found[start : start + _BATCH]
        query = select(c.request).where(c.connection_id == number, c.request.in_(some))
        known = set(connection.execute(query).scalars())
        new.update(one for one in some if one not in known)
    if new:
        rows = [(number, one, requests[one].isoformat()) for one in sorted(new)]
        statement = "INSERT INTO log_request (connection_id, request, day) VALUES (?, ?, ?)"
        connection.exec_driver_sql(statement, rows)
    return new


def forget(connection: Connection, number: int, before: date, but_from: date | None = None) -> None:
    """Delete requests of days before `before`, which are not met again.

    Args:
        connection: In a transaction.
        number: Of the connection to the source.
        before: Exclusive.
        but_from: Keep what lies before this day as well, since it is still being read.
    """
    c = _REQUEST.c
    old = delete(_REQUEST).where(c.connection_id == number, c.day < before)
    connection.execute(old if but_from is None else old.where(c.day >= but_from))


def first_day(connection: Connection, number: int) -> date | None:
    """Return the first day of any call."""
    query = select(func.min(_FACT.c.day)).where(_FACT.c.connection_id == number)
    return connection.execute(query).scalar()


def lock(connection: Connection) -> None:
    """Let one process at a time give persons to new identities and prices to calls.

    Until its transaction ends; on SQLite any transaction that writes is alone.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_ONE_AT_A_TIME)))


def add(
    connection: Connection,
    rows: Sequence[dict[str, Any]],
    overrides: Sequence[Price],
) -> None:
    """Add sums to what is stored of the same keys, and tell their cost from the new totals.

    Args:
        connection: In a transaction.
        rows: Every column of `InvocationDay` but the cost; keys are unique.
        overrides: Prices of our own.
    """
    if not rows:
        return
    in_order = sorted(rows, key=lambda row: tuple(row[name] for name in KEY))
    adding = _adding(connection, _FACT, COUNTERS).returning(*_FACT.c)
    _tell_cost(connection, connection.execute(adding, in_order).mappings().all(), overrides)


def _adding(connection: Connection, table: Table, columns: Iterable[str]) -> Any:  # noqa: ANN401 - per dialect
    """Return an insert that adds to the row which is there."""
    if connection.dialect.name == "postgresql":
        from sqlalchemy.dialects.postgresql import insert as insert_or  # noqa: PLC0415
    else:
        from sqlalchemy.dialects.sqlite import insert as insert_or  # type: ignore[assignment]  # noqa: PLC0415
    made = insert_or(table)
    keys = [column.name for column in table.primary_key]
    sums = {name: table.c[name] + made.excluded[name] for name in columns}
    return made.on_conflict_do_update(index_elements=keys, set_=sums)


def reprice(
    connection: Connection,
    days: Iterable[date],
    models: Iterable[str],
    overrides: Sequence[Price],
) -> None:
    """Tell the cost of stored rows of some days and models anew."""
    c = _FACT.c
    of_models = select(_FACT).where(c.model.in_(list(models)))
    for day in days:
        rows = connection.execute(of_models.where(c.day == day)).mappings().all()
        _tell_cost(connection, rows, overrides)


def _tell_cost(
    connection: Connection, rows: Iterable[RowMapping], overrides: Sequence[Price]
) -> None:
    is_row = [_FACT.c[name] == bindparam(f"_{name}") for name in KEY]
    changed = update(_FACT).where(*is_row).values(cost_estimated=bindparam("cost"))
    told = [
        {**{f"_{name}": row[name] for name in KEY}, "cost": found}
        for row in rows
        if (found := _cost(row, overrides)) != row["cost_estimated"]
    ]
    if told:
        connection.execute(changed, told)


def _cost(row: RowMapping, overrides: Sequence[Price]) -> int | None:
    """Return what a row of totals costs in nanodollars; None where there is no price.

    None as well where counts in the log cannot be true: nothing is known then.
    """
    found = prices.price_of(row["model"], row["scope"], row["day"], overrides)
    if found is None:
        return None
    tokens = prices.Tokens(*(row[f"{name}_tokens"] for name in prices.Tokens._fields))
    cost = prices.cost(tokens, found, is_above=bool(row["band"]))
    return cost if cost <= _MAX_COST else None


def count_aside(
    connection: Connection, number: int, report: str, counts: Mapping[tuple[date, str], int]
) -> None:
    """Add to how many records of each day are set aside under a name, by reason."""
    rows = [
        {"connection_id": number, "report": report, "day": day, "reason": reason, "records": n}
        for (day, reason), n in sorted(counts.items())
    ]
    if rows:
        connection.execute(_adding(connection, _REJECT, ("records",)), rows)
