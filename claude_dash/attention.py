"""What needs a look: teams at or near zero, and a fall that may be the source's."""

from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

from sqlalchemy import Engine

from claude_dash.access.readers import Reader
from claude_dash.answers import ask
from claude_dash.clock import today, week_of
from claude_dash.metrics.groups import AUTOMATION, UNASSIGNED
from claude_dash.metrics.release import Query

NEAR_ZERO = Fraction(1, 10)
DROP = Fraction(6, 10)  # of the mean of the four weeks before: below it, look at the source first
WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class StuckTeam:
    """A team under the threshold two closed weeks running; shares of its eligible people."""

    team: str
    week_before: Fraction
    last_week: Fraction


@dataclass(frozen=True, slots=True)
class Attention:
    """Teams at or near zero, and whether the whole organisation fell at once."""

    teams: tuple[StuckTeam, ...]
    is_sudden_drop: bool
    week: date


def stuck_teams(engine: Engine, reader: Reader) -> Attention:
    """Return the teams under 10 % in the last two closed weeks, alphabetically.

    Only shown groups can be among them, so each has at least k people.
    """
    last = week_of(today()) - WEEK
    shares = ask(
        engine,
        Query("adoption_rate", by=("team",), since=last - WEEK, until=last + WEEK),
        reader,
    )
    by_team: dict[str, list[Fraction]] = {}
    for row in shares.rows:
        name = row.groups["team"]
        if isinstance(row.value, Fraction) and name not in {AUTOMATION, UNASSIGNED}:
            by_team.setdefault(name, []).append(row.value)
    found = tuple(
        StuckTeam(name, *values)
        for name, values in by_team.items()
        if len(values) > 1 and max(values) < NEAR_ZERO
    )
    return Attention(found, _is_drop(engine, reader, last), last)


def _is_drop(engine: Engine, reader: Reader, last: date) -> bool:
    query = Query("active_users", since=last - 4 * WEEK, until=last + WEEK)
    values = [row.value for row in ask(engine, query, reader).rows]
    *before, now = [Fraction(value) for value in values if value is not None] or [Fraction(0)]
    return bool(before) and now < DROP * sum(before, Fraction(0)) / len(before)
