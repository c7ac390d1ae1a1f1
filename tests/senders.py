"""Clients that sent something, as the store knows them afterwards."""

from datetime import date
from typing import Any

from sqlalchemy import Engine, insert, select

from claude_dash.clock import today
from claude_dash.connections import row_of
from claude_dash.facts import tables as t
from claude_dash.ingest import arrived_days
from claude_dash.store import tokens

VERSION = "2.1.329"


def arrive(engine: Engine, name: str, day: date | None = None) -> None:
    """Have a batch counted on a day, sent with the tokens of a connection."""
    with engine.begin() as connection:
        number = row_of(connection, name).id
        digests = connection.execute(
            select(t.INGEST_TOKEN.c.digest).where(t.INGEST_TOKEN.c.connection_id == number)
        )
        tokens.note_used(connection, digests.scalars().all())
        arrived_days.note(connection, row_of(connection, name), {day or today(): 1})


def report(
    engine: Engine,
    name: str,
    *,
    people: int = 1,
    kind: str = "email",
    day: date | None = None,
    **setup: Any,
) -> None:
    """Have some people of their own use clients with one setup on a day; each has a session."""
    arrive(engine, name, day)
    told = {"version": VERSION, "entry_point": "cli", "provider": "firstParty", **setup}
    with engine.begin() as connection:
        number = row_of(connection, name).id
        made = connection.execute(
            insert(t.CLIENT_SETUP).values(**told).returning(t.CLIENT_SETUP.c.id)
        )
        of_setup = made.scalar_one()
        begun = len(connection.execute(select(t.PERSON.c.id)).all())
        for who in range(begun + 1, begun + people + 1):
            made = connection.execute(
                insert(t.PERSON).values(automation=False, name="").returning(t.PERSON.c.id)
            )
            value = f"person-{who}@example.com"
            person = made.scalar_one()
            connection.execute(
                insert(t.IDENTITY).values(who=who, person_id=person, kind=kind, value=value)
            )
            key = {"connection_id": number, "day": day or today(), "who": who}
            connection.execute(
                insert(t.CLIENT_DAY).values(**key, terminal_type="", setup=of_setup, sessions=1)
            )
            connection.execute(
                insert(t.SENT_SESSION).values(**key, session=who, starts=1, is_active=True)
            )
