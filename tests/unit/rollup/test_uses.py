"""Seats that the vendor assigned, and how many of them nobody used."""

from datetime import date

import numpy as np
import pytest
from sqlalchemy import Engine, insert

from claude_dash.clock import now
from claude_dash.facts import tables as t
from claude_dash.rollup.sightings import Persons, Seen
from claude_dash.rollup.uses import Seats
from claude_dash.rollup.vendor_counts import Told

FIRST, END = date(2026, 10, 1), date(2026, 11, 1)
MID, NEXT = date(2026, 10, 12), date(2026, 11, 2)
USES_CODE, USES_CHAT, NEVER, LEFT = 1, 2, 3, 4
CHAT = 9_000_000_002  # the pseudonym of who uses chat


def store_people(engine: Engine, left_on: date | None) -> None:
    """Connect Enterprise, with four people, one of whom may leave."""
    with engine.begin() as connection:
        connection.execute(
            insert(t.CONNECTION),
            {"id": 1, "name": "Main", "kind": "enterprise", "created_at": now()},
        )
        people = [{"id": number} for number in (USES_CODE, USES_CHAT, NEVER, LEFT)]
        connection.execute(insert(t.PERSON), people)
        entries = [
            {
                "person_id": one["id"],
                "origin": "vendor",
                "connection_id": 1,
                "ends": left_on if one["id"] == LEFT else None,
            }
            for one in people
        ]
        connection.execute(insert(t.ROSTER_ENTRY), entries)
        connection.execute(
            insert(t.IDENTITY),
            {"who": CHAT, "person_id": USES_CHAT, "kind": "user_id", "value": "user_2"},
        )
        connection.execute(
            insert(t.SURFACE_DAY),
            {"connection_id": 1, "day": MID, "who": CHAT, "product": "chat", "messages": 3},
        )


def counted(engine: Engine, assigned: int) -> dict[str, int]:
    """Return seats and idle seats of October, when 1 and 4 used Claude Code."""
    told = Told([(date(2026, 10, 31), 1, "assigned_seats", assigned)])
    holders, active = np.array([USES_CODE, USES_CHAT, NEVER]), np.array([USES_CODE, LEFT])
    with engine.connect() as connection:
        seen = Seen.read(connection, Persons.load(connection), FIRST, END)
        seats = Seats.load(connection, told)
    used = np.union1d(active, seen.on_any_surface(FIRST, END))
    return {
        "seats": seats.number(holders, FIRST, END),
        "idle_seats": seats.idle(holders, used, FIRST, END),
    }


def test_use_of_another_surface_is_use_of_the_seat(engine: Engine) -> None:
    """Of five assigned seats three people used one, whatever surface it was."""
    store_people(engine, None)
    assert counted(engine, 5) == {"seats": 5, "idle_seats": 2}


@pytest.mark.parametrize(("left_on", "idle"), [(MID, 1), (END, 0), (NEXT, 0)])
def test_who_left_does_not_fill_somebody_elses_seat(
    engine: Engine, left_on: date, idle: int
) -> None:
    """A seat that was used and given back within the month makes no idle one look used."""
    store_people(engine, left_on)
    assert counted(engine, 3) == {"seats": 3, "idle_seats": idle}
