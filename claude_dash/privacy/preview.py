"""What a larger smallest group would hide, as numbers of teams and shares of people."""

from dataclasses import dataclass
from datetime import timedelta

from sqlalchemy import Connection, select

from claude_dash.clock import today, week_of
from claude_dash.facts import tables as t

WEEKS = 12


@dataclass(frozen=True, slots=True)
class Preview:
    """Averages over the last weeks: teams, those standing alone, and their share of people."""

    teams: float
    alone: float
    share: float


def hidden_by(connection: Connection, k: int) -> Preview:
    """Return how many teams would stand alone with another smallest group."""
    c = t.GROUP_ROW.c
    query = select(c.start, c.key, c.members, c.population).where(
        c.grain == "week",
        c.level == "team",
        c.start >= week_of(today()) - timedelta(weeks=WEEKS),
    )
    teams = alone = people = inside = 0
    weeks = set()
    for start, key, members, population in connection.execute(query):
        weeks.add(start)
        if key == "automation":
            continue
        teams += len(members.split(","))
        people += population
        if not key.startswith("other:") and population >= k:
            alone += 1
            inside += population
    number = max(len(weeks), 1)
    return Preview(teams / number, alone / number, inside / people if people else 0.0)
