"""Which days of a report are read, in which order, and where reading back ends."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Row

from claude_dash.clock import ONE_DAY, today, week_of
from claude_dash.config import Settings
from claude_dash.facts.reports import REVISED_DAYS, is_final
from claude_dash.sources.base import Source
from claude_dash.store import checkpoints
from claude_dash.store.seals import sealed_weeks

EMPTY_DAYS_AT_END = 90


@dataclass(slots=True)
class Plan:
    """The days to read, newest first.

    at_most: how many days there are, unless history ends earlier. is_backfill: whether history is
    known to its end once the plan is done. history_starts: the first day the vendor has, once it
    is known.
    """

    newest: date
    floor: date
    reads: dict[date, bool]  # day -> whether it need not be read again
    empty: set[date]
    at_most: int
    is_backfill: bool
    is_asked: bool
    history_starts: date | None = None
    run_of_empty: int = field(default=0)

    @property
    def days(self) -> Iterator[date]:
        """Yield the days to read, newest first."""
        day = self.newest
        while day >= self.floor:
            if not self.reads.get(day, False):
                yield day
            day -= ONE_DAY

    def may_end_at(self, day: date) -> bool:
        """Say whether a refusal of the day can mean that the vendor's history begins later."""
        return self.is_backfill and any(read > day for read in self.reads)

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
    """Return what a sync of a connection reads.

    Always the days that may have been revised and those never read; while the history is not
    known to its end, everything back to it; with `since` or `until` exactly those days again.
    """
    reads = checkpoints.reads(connection, row.id, source.name)
    counts = checkpoints.records(connection, row.id, source.name)
    floor = max(source.floor, row.history_starts or source.floor)
    limits = [one for one in (row.backfill_since, settings.backfill_since) if one]
    newest, sealed = today(), sealed_weeks(connection)
    is_asked = since is not None or until is not None
    if is_asked:
        newest = min(newest, until - ONE_DAY) if until else newest
        first = max(source.floor, since) if since else max([floor, *limits])
        return _made(newest, first, {}, counts, is_backfill=False, is_asked=True)
    first = max([floor, *limits[:1]])
    revised = timedelta(days=REVISED_DAYS.get(source.name, 0))
    settled = {
        day: day < newest - revised and is_final(at, day, source.name) for day, at in reads.items()
    }
    settled |= {day: True for day in reads if week_of(day) in sealed}
    if row.backfill_done:
        oldest = min(reads, default=newest)
        return _made(newest, max(first, oldest), settled, counts, is_backfill=False)
    return _made(newest, first, settled, counts, is_backfill=True)


def _made(
    newest: date,
    floor: date,
    reads: dict[date, bool],
    counts: dict[date, int],
    *,
    is_backfill: bool,
    is_asked: bool = False,
) -> Plan:
    at_most = max((newest - floor).days + 1, 0) - sum(done for done in reads.values())
    empty = {day for day, number in counts.items() if not number}
    return Plan(newest, floor, reads, empty, at_most, is_backfill, is_asked)
