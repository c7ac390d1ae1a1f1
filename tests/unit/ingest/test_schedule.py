"""The schedule: which days are read, in which order, and where reading back ends."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select

from claude_dash.clock import days, week_of
from claude_dash.config import Settings
from claude_dash.facts import tables as t
from claude_dash.ingest.schedule import EMPTY_DAYS_AT_END, Plan, plan
from claude_dash.sources.console import SOURCE
from claude_dash.store import seals
from claude_dash.store.checkpoints import note_state
from tests.unit.store.conftest import connect

TODAY = date(2026, 11, 18)  # at noon
ONE_DAY = timedelta(days=1)
KNOWN = ("backfill_done", "history_starts")  # of a report


class Vendor:
    """A connection in a store, and what was read of it."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self.engine = engine
        self.settings = settings

    def connect(self, **values: Any) -> None:
        """Store the connection, and what is known of its report."""
        known = {one: values.pop(one) for one in KNOWN if one in values}
        connect(self.engine, **values)
        with self.engine.begin() as connection:
            note_state(connection, 1, SOURCE.name, **known)

    def have_read(self, when: Iterable[date], *, after_days: int = 10, records: int = 1) -> None:
        """Let days have been read so long after they began."""
        rows = [
            {
                "connection_id": 1, "report": SOURCE.name, "day": day, "records": records,
                "read_at": datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
                + timedelta(days=after_days),
                "rejected": 0, "facts": 0,
            }
            for day in when
        ]  # fmt: skip
        with self.engine.begin() as connection:
            connection.execute(insert(t.DAY_READ), rows)

    def plan(self, since: date | None = None, until: date | None = None) -> Plan:
        """Return what a sync would read now."""
        with self.engine.connect() as connection:
            row = connection.execute(select(t.CONNECTION)).one()
            return plan(connection, row, SOURCE, since=since, until=until, settings=self.settings)


@pytest.fixture
def vendor(engine: Engine, settings: Settings) -> Vendor:
    """Return a vendor that is not connected yet."""
    return Vendor(engine, settings)


def test_the_first_sync_reads_everything_newest_first(vendor: Vendor) -> None:
    """From today back to the first day that the report can have."""
    vendor.connect()
    made = vendor.plan()
    found = list(made.days)
    assert (found[0], found[-1]) == (TODAY, SOURCE.floor)
    assert found == sorted(found, reverse=True)
    assert made.at_most == len(found) == (TODAY - SOURCE.floor).days + 1


def test_a_backfill_begins_where_it_is_told(vendor: Vendor) -> None:
    """A first day that was chosen for the connection is the oldest one that is read."""
    vendor.connect(backfill_since=date(2026, 11, 1))
    assert list(vendor.plan().days)[-1] == date(2026, 11, 1)


def test_later_syncs_read_what_may_have_changed(vendor: Vendor) -> None:
    """Once history is known, only today and the three days that may be revised are read."""
    vendor.connect(backfill_done=True, backfill_since=date(2026, 11, 1))
    vendor.have_read(days(date(2026, 11, 1), TODAY))
    assert list(vendor.plan().days) == [TODAY - n * ONE_DAY for n in range(4)]


def test_a_day_that_was_read_too_early_is_read_again(vendor: Vendor) -> None:
    """A program that was off for a week reads the days that it last saw unfinished."""
    vendor.connect(backfill_done=True, backfill_since=date(2026, 11, 1))
    vendor.have_read(days(date(2026, 11, 1), date(2026, 11, 9)))
    vendor.have_read([date(2026, 11, 9)], after_days=1)
    assert list(vendor.plan().days)[-1] == date(2026, 11, 9)


def test_a_day_that_was_set_aside_is_tried_again(vendor: Vendor) -> None:
    """A gap is read by the next sync, the oldest day of all included."""
    vendor.connect(backfill_done=True, backfill_since=date(2026, 11, 1))
    vendor.have_read(set(days(date(2026, 11, 2), TODAY)) - {date(2026, 11, 6)})
    assert list(vendor.plan().days)[-2:] == [date(2026, 11, 6), date(2026, 11, 1)]


def test_an_interrupted_backfill_goes_on(vendor: Vendor) -> None:
    """What was read is not read again; the days before it follow."""
    vendor.connect(backfill_since=date(2026, 10, 1))
    vendor.have_read(days(date(2026, 10, 20), TODAY))
    made = vendor.plan()
    assert made.is_backfill
    assert list(made.days)[4:] == sorted(days(date(2026, 10, 1), date(2026, 10, 20)), reverse=True)


def test_what_lies_before_history_is_never_counted(vendor: Vendor) -> None:
    """Days that were read and lie outside the plan do not make it smaller."""
    vendor.connect(backfill_done=True, history_starts=date(2026, 11, 1))
    vendor.have_read(days(date(2026, 8, 1), TODAY), records=0)
    assert vendor.plan().at_most == 4


def test_what_is_asked_for_is_read_again(vendor: Vendor) -> None:
    """With `since` and `until` exactly those days are read, whatever was read before."""
    vendor.connect(backfill_done=True)
    vendor.have_read(days(date(2026, 10, 1), TODAY))
    found = list(vendor.plan(date(2026, 10, 5), date(2026, 10, 8)).days)
    assert found == [date(2026, 10, 7), date(2026, 10, 6), date(2026, 10, 5)]


def test_nothing_is_asked_beyond_what_the_vendor_has(vendor: Vendor) -> None:
    """No day after today and none before the report existed."""
    vendor.connect()
    found = list(vendor.plan(date(2020, 1, 1), date(2030, 1, 1)).days)
    assert (found[0], found[-1]) == (TODAY, SOURCE.floor)
    assert list(vendor.plan(until=date(2020, 1, 1)).days) == []


def test_sealed_weeks_are_left_out(vendor: Vendor) -> None:
    """A connection that comes later does not ask for what is sealed, and reads on before it."""
    vendor.connect(backfill_since=date(2026, 4, 1))
    with vendor.engine.begin() as connection:
        seals.seal(connection, date(2026, 6, 1), datetime(2026, 11, 2, tzinfo=UTC))
    found = set(vendor.plan().days)
    assert not {week_of(day) for day in found} & set(seals.weeks_touching(date(2026, 6, 1)))
    assert {date(2026, 5, 31), date(2026, 7, 6), date(2026, 4, 1)} <= found


def test_a_long_silence_ends_history(vendor: Vendor) -> None:
    """After ninety days without a row nothing older is asked for; the last row is the start."""
    vendor.connect()
    made = vendor.plan()
    goes_on = [
        made.goes_on(day, records=int(day >= date(2026, 11, 1))) for day in _first(made, 108)
    ]
    assert goes_on == [True] * (17 + EMPTY_DAYS_AT_END) + [False]
    assert made.history_starts == date(2026, 11, 1)


def _first(made: Plan, number: int) -> list[date]:
    return [day for day, _ in zip(made.days, range(number), strict=False)]


def test_a_silence_is_counted_over_syncs(vendor: Vendor) -> None:
    """Empty days that an earlier sync read count, so that two halves end history as well."""
    vendor.connect()
    vendor.have_read([TODAY], records=1, after_days=0)
    vendor.have_read(days(TODAY - 60 * ONE_DAY, TODAY), records=0)
    made = vendor.plan()
    older = [TODAY - n * ONE_DAY for n in range(61, 61 + 30)]
    assert [made.goes_on(day, 0) for day in older] == [True] * 29 + [False]
    assert made.history_starts == TODAY


def test_a_refusal_ends_history_only_at_its_end(vendor: Vendor) -> None:
    """A refused day ends a backfill once a newer one was read; otherwise it is an error."""
    vendor.connect()
    made = vendor.plan()
    assert not made.may_end_at(TODAY)
    made.goes_on(TODAY, 1)
    assert made.may_end_at(TODAY - ONE_DAY)
    assert not vendor.plan(since=date(2026, 1, 1)).may_end_at(TODAY)


def test_a_refusal_in_the_middle_is_an_error(vendor: Vendor) -> None:
    """A day between days that were read cannot be before history."""
    vendor.connect(backfill_done=True)
    vendor.have_read([date(2026, 10, 1), date(2026, 11, 1)])
    made = vendor.plan()
    assert not made.may_end_at(date(2026, 10, 15))
    assert made.may_end_at(date(2026, 9, 30))
