"""Spend limits in force, as numbers of people by what set the limit."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Engine, delete, insert, select

from claude_dash.facts import tables as t

_LIMIT = t.SPEND_LIMIT


@dataclass(frozen=True, slots=True)
class Held:
    """A limit; people is None where they are fewer than k. amount: nanodollars, None: no cap."""

    source: str
    period: str
    amount: int | None
    people: int | None


def take_limits(
    engine: Engine,
    connection_id: int,
    found: Mapping[Any, int] | None,
) -> None:
    """Put what was read in the place of what was kept; None, not readable, changes nothing.

    found: (source, period, amount) -> people.
    """
    if found is None:
        return
    rows = [
        {
            "connection_id": connection_id,
            "source": source,
            "period": period,
            "amount": amount,
            "people": people,
        }
        for (source, period, amount), people in found.items()
    ]
    with engine.begin() as connection:
        connection.execute(delete(_LIMIT).where(_LIMIT.c.connection_id == connection_id))
        if rows:
            connection.execute(insert(_LIMIT), rows)


def limits(connection: Connection, k: int) -> Sequence[Held]:
    """Return the limits in force; how many people one holds for only from k on (R2)."""
    c = _LIMIT.c
    query = select(c.source, c.period, c.amount, c.people).order_by(c.period, c.source, c.amount)
    return [
        Held(row.source, row.period, row.amount, row.people if row.people >= k else None)
        for row in connection.execute(query)
    ]
