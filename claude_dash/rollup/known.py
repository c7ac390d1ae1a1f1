"""What is known of people whichever week is rolled up: read once for all of them."""

from dataclasses import dataclass

from sqlalchemy import Connection

from claude_dash.people.standing import Standings
from claude_dash.rollup.crowd import Unnamed
from claude_dash.rollup.difference import Selves
from claude_dash.rollup.sightings import Persons
from claude_dash.rollup.uses import Seats
from claude_dash.rollup.vendor_counts import Told


@dataclass(frozen=True, slots=True)
class Known:
    """Who belongs where, is no person, is one with whom, is behind which pseudonym, has a seat."""

    standings: Standings
    unnamed: Unnamed
    selves: Selves
    persons: Persons
    seats: Seats

    @classmethod
    def load(cls, connection: Connection) -> "Known":
        """Read it."""
        return cls(
            Standings.load(connection),
            Unnamed.load(connection),
            Selves.load(connection),
            Persons.load(connection),
            Seats.load(connection, Told.load(connection)),
        )
