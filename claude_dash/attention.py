"""What needs a look: teams at or near zero, and how far the sources can be relied on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from fractions import Fraction

import orjson
from sqlalchemy import Engine, func, select

from claude_dash.access.readers import Reader
from claude_dash.answers import ask
from claude_dash.clock import today, week_of
from claude_dash.facts import tables as t
from claude_dash.metrics import status
from claude_dash.metrics.groups import AUTOMATION, UNASSIGNED
from claude_dash.metrics.release import Query, Status

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


@dataclass(frozen=True, slots=True)
class SourceTrust:
    """How far one connection can be relied on; holds no figure about usage."""

    name: str
    kind: str
    status: str
    error: str
    first_day: date | None
    last_complete_day: date | None
    last_sync: datetime | None
    days: Mapping[date, Status]
    rejected: Mapping[str, int] = field(default_factory=dict)
    progress: Mapping[str, object] = field(default_factory=dict)

    @property
    def missing_days(self) -> tuple[date, ...]:
        """Return the days between the first and the last complete one that were not read."""
        if self.first_day is None or self.last_complete_day is None:
            return ()
        span = range((self.last_complete_day - self.first_day).days)
        days = (self.first_day + timedelta(days=number) for number in span)
        return tuple(day for day in days if day not in self.days)


def sources(engine: Engine) -> Sequence[SourceTrust]:
    """Return how far each connection can be relied on, in the order in which they were made."""
    with engine.connect() as connection:
        readings = {one.name: one for one in status.load(connection).found}
        rejects: dict[int, dict[str, int]] = {}
        query = select(t.REJECT.c.connection_id, t.REJECT.c.reason, func.sum(t.REJECT.c.records))
        for number, reason, records in connection.execute(
            query.group_by(t.REJECT.c.connection_id, t.REJECT.c.reason)
        ):
            rejects.setdefault(number, {})[reason] = int(records)
        rows = connection.execute(select(t.CONNECTION).order_by(t.CONNECTION.c.id)).all()
    found = []
    for row in rows:
        reading = readings.get(row.name)
        reads = sorted(reading.reads) if reading else []
        found.append(
            SourceTrust(
                name=row.name,
                kind=row.kind,
                status=row.status,
                error=row.error_message,
                first_day=reads[0] if reads else None,
                last_complete_day=reading.as_of if reading else None,
                last_sync=row.last_sync,
                days={day: reading.state(day) for day in reads} if reading else {},
                rejected=rejects.get(row.id, {}),
                progress=orjson.loads(row.progress) if row.progress else {},
            )
        )
    return found
