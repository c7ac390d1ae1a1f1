"""Which days of a report are read, in which order, and where reading back ends."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from claude_dash.clock import ONE_DAY, today, week_of
from claude_dash.config import Settings
from claude_dash.facts.reports import REPORTS, is_final
from claude_dash.sources.base import Source
from claude_dash.store import checkpoints
from claude_dash.store.seals import sealed_weeks

EMPTY_DAYS_AT_END = 90


@dataclass(slots=True)
class Plan:
    """The days to read, newest first.

    reads: day -> whether it need not be read again. sealed: weeks, by Monday, that are left out.
    is_backfill: whether history is known to its end once the plan is done. is_asked: whether these
    days were asked for. history_starts: the first day the vendor has, once it is known.
    """

    newest: date
    floor: date
    reads: dict[date, bool]
    empty: set[date]
    sealed: set[date] = field(default_factory=set)
    is_backfill: bool = False
    is_asked: bool = False
    history_starts: date | None = None
    run_of_empty: int = field(default=0)

    @property
    def days(self) -> Iterator[date]:
        """Yield the days to read, newest first."""
        day = self.newest
        while day >= self.floor:
            if not self.reads.get(day, False) and week_of(day) not in self.sealed:
                yield day
            day -= ONE_DAY

    def span_before(self, end: date, longest: int) -> tuple[date, date] | None:
        """Return the next days to read below `end`, half-open and together; None at the end."""
        newest = next((day for day in self.days if day < end), None)
        if newest is None:
            return None
        oldest = newest
        wanted = set(self.days)
        while (newest - oldest).days < longest - 1 and oldest - ONE_DAY in wanted:
            oldest -= ONE_DAY
        return oldest, newest + ONE_DAY

    @property
    def at_most(self) -> int:
        """Return how many days there are, unless history ends earlier."""
        return sum(1 for _ in self.days)

    def may_end_at(self, day: date) -> bool:
        """Say whether a refusal of the day can mean that the vendor's history begins later."""
        if self.is_asked or not any(read > day for read in self.reads):
            return False
        return self.is_backfill or not any(read < day for read in self.reads)

    def ended_before(self, first: date) -> None:
        """Keep that the vendor has nothing before a day."""
        self.history_starts = first

    def goes_on(self, day: date, records: int) -> bool:
        """Take note of a day that was read; say whether older ones are worth asking for."""
        self.reads[day] = True
        if records:
            self.empty.discard(day)
        else:
            self.empty.add(day)
        if not self.is_backfill or self.is_asked:
            return True
        self.run_of_empty = 0
        older = day
        while older in self.empty:
            self.run_of_empty += 1
            older += ONE_DAY
        if self.run_of_empty < EMPTY_DAYS_AT_END:
            return True
        self.history_starts = older
        return False


def plan(
    connection: Connection,
    row: Row[Any],
    source: Source,
    *,
    since: date | None,
    until: date | None,
    settings: Settings,
) -> Plan:
    """Return what a sync reads of one report of a connection.

    Always the days that may have been revised and those never read; while the history is not
    known to its end, everything back to it; with `since` or `until` exactly those days again.
    What is sealed is left alone, unless it is asked for.
    """
    reads = checkpoints.reads(connection, row.id, source.name)
    counts = checkpoints.records(connection, row.id, source.name)
    state = checkpoints.state(connection, row.id, source.name)
    lowest, newest = source.floor, today()
    if source.reach_days is not None:
        lowest = max(lowest, newest - timedelta(days=source.reach_days))
    floor = max(lowest, state.history_starts or lowest)
    limits = [one for one in (row.backfill_since, settings.backfill_since) if one]
    is_asked = since is not None or until is not None
    empty = {day for day, number in counts.items() if not number}
    if source.is_lagging:
        newest -= ONE_DAY
    if is_asked:
        newest = min(newest, until - ONE_DAY) if until else newest
        first = max(lowest, since) if since else max([floor, *limits])
        return Plan(newest, first, {}, empty, is_asked=True)
    revised = timedelta(days=REPORTS[source.name].revised_days)
    settled = {
        day: day < today() - revised and is_final(at, day, source.name) for day, at in reads.items()
    }
    return Plan(
        newest,
        max([floor, *limits[:1]]),
        settled,
        empty,
        sealed_weeks(connection),
        is_backfill=not state.backfill_done,
    )
