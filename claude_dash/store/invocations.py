"""Calls that were read from logs: each request counted once, sums added, cost told anew."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, delete, func, select

from claude_dash import prices
from claude_dash.facts import tables as t
from claude_dash.prices import Price
from claude_dash.store.adding import adding

COUNTERS = (
    "requests",
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
)
KEY = tuple(column.name for column in t.INVOCATION_DAY.primary_key)
_PRICED = [
    t.INVOCATION_DAY.c[name]
    for name in (*KEY, *(f"{one}_tokens" for one in prices.Tokens._fields), "cost_estimated")
]
_SET_COST = (
    "UPDATE invocation_day SET cost_estimated = ? WHERE connection_id = ? AND day = ?"
    " AND who = ? AND model = ? AND scope = ? AND band = ?"
)
_REQUEST, _FACT, _BATCH = t.LOG_REQUEST, t.INVOCATION_DAY, 500
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
    made = [{**row, "cost_estimated": None} for row in in_order]  # told below
    told = connection.execute(adding(connection, _FACT).returning(*_PRICED), made).all()
    _tell_cost(connection, told, overrides)


def days_of(connection: Connection, since: date) -> list[tuple[int, date]]:
    """Return the connections and days, from one on, that have any call."""
    c = _FACT.c
    query = select(c.connection_id, c.day).distinct().where(c.day >= since)
    return [(number, day) for number, day in connection.execute(query)]


def reprice(
    connection: Connection,
    number: int,
    day: date,
    overrides: Sequence[Price],
    models: set[str] | None = None,
) -> bool:
    """Tell the cost of a day's rows anew, of some models alone; return whether any changed."""
    c = _FACT.c
    query = select(*_PRICED).where(c.connection_id == number, c.day == day)
    if models is not None:
        query = query.where(c.model.in_(models))
    return _tell_cost(connection, connection.execute(query).all(), overrides)


def _tell_cost(
    connection: Connection, rows: Iterable[Sequence[Any]], overrides: Sequence[Price]
) -> bool:
    """Write the costs that are others than those stored; return whether there are any."""
    known: dict[tuple[date, str, str], Price | None] = {}
    is_sqlite, told = connection.dialect.name == "sqlite", []
    for number, day, who, model, scope, band, *tokens, before in rows:
        if (day, model, scope) not in known:
            known[day, model, scope] = prices.price_of(model, scope, day, overrides)
        price = known[day, model, scope]
        cost = None
        if price is not None:
            cost = prices.cost(prices.Tokens(*tokens), price, is_above=bool(band))
            cost = cost if cost <= _MAX_COST else None  # counts in the log cannot be true
        if cost != before:
            when = day.isoformat() if is_sqlite else day
            told.append((cost, number, when, who, model, scope, band))
    if told:  # straight through the driver: there may be a great many
        connection.exec_driver_sql(_SET_COST if is_sqlite else _SET_COST.replace("?", "%s"), told)
    return bool(told)
