"""How complete a period is: missing, provisional or final, told from what was read and when."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, select

from claude_dash.clock import today
from claude_dash.facts import tables as t
from claude_dash.facts.reports import REPORTS, is_complete, is_final
from claude_dash.metrics.release import Status
from claude_dash.store import checkpoints

_WORST: tuple[Status, ...] = ("missing", "provisional", "final")


def worst(states: Iterable[Status]) -> Status:
    """Return the worst of some statuses; final of none."""
    found = set(states)
    return next((one for one in _WORST if one in found), "final")


@dataclass(frozen=True, slots=True)
class Reading:
    """What one connection has read of one report.

    name: of the connection; expected_from: the first day that the vendor has, None while it is
    not known; reads: day -> up to when the vendor had counted when it was read last; feeds: the
    names of what the report feeds.
    """

    name: str
    kind: str
    report: str
    expected_from: date | None
    reads: Mapping[date, datetime]
    feeds: frozenset[str]

    def state(self, day: date) -> Status:
        """Say how complete one day is."""
        read_at = self.reads.get(day)
        if read_at is None:
            return "missing"
        return "final" if is_final(read_at, day, self.report) else "provisional"

    def expects(self, day: date) -> bool:
        """Say whether the day should have been read by now or later."""
        return self.expected_from is None or day >= self.expected_from

    @property
    def as_of(self) -> date | None:
        """Return the newest day that was read late enough to hold all of it."""
        complete = [d for d, at in self.reads.items() if is_complete(at, d, self.report)]
        return max(complete, default=None)


@dataclass(frozen=True, slots=True)
class Readings:
    """The readings of some reports, over all connections."""

    found: tuple[Reading, ...]

    def feeding(self, names: Iterable[str]) -> "Readings":
        """Return the readings of the reports that feed any of some names."""
        wanted = frozenset(names)
        return Readings(tuple(one for one in self.found if one.feeds & wanted))

    @property
    def first_day(self) -> date | None:
        """Return the first day that any report was read."""
        return min((day for one in self.found for day in one.reads), default=None)

    @property
    def as_of(self) -> Mapping[str, date | None]:
        """Return, by connection, the last day that all of its reports hold whole."""
        days: dict[str, list[date | None]] = {}
        for one in self.found:
            days.setdefault(one.name, []).append(one.as_of)
        return {
            name: None if None in ends else min(day for day in ends if day)
            for name, ends in days.items()
        }

    def status(self, start: date, end: date) -> Status:
        """Return the status of the half-open interval of days."""
        states = []
        day = start
        while day < end:
            states += [one.state(day) for one in self.found if one.expects(day)]
            day += timedelta(days=1)
        was_read = any(start <= day < end for one in self.found for day in one.reads)
        if not was_read:
            return "missing"
        return "final" if all(state == "final" for state in states) else "provisional"


def load(connection: Connection) -> Readings:
    """Return what was read so far."""
    reads: dict[tuple[int, str], dict[date, datetime]] = {}
    query = select(
        t.DAY_READ.c.connection_id, t.DAY_READ.c.report, t.DAY_READ.c.day, t.DAY_READ.c.read_at
    )
    for number, report, day, read_at in connection.execute(query):
        if day <= today():
            reads.setdefault((number, report), {})[day] = read_at
    connections = {row.id: row for row in connection.execute(select(t.CONNECTION))}
    states = checkpoints.states(connection)
    found = []
    for (number, report), days in sorted(reads.items()):
        row = connections.get(number)
        state = states.get((number, report), checkpoints.State())
        found.append(
            Reading(
                name=row.name if row else "removed connection",
                kind=row.kind if row else "",
                report=report,
                expected_from=state.history_starts if row else min(days),
                reads=days,
                feeds=REPORTS[report].fed(is_legacy=state.is_legacy),
            )
        )
    return Readings(tuple(found))
