"""Purging after a sync or on request: not while history is read, but never put off for ever."""

from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Engine, select

from claude_dash import ingest
from claude_dash.config import Settings
from claude_dash.facts import tables as t
from tests.unit.store.conftest import connect, day_facts, stored, write

JUNE = date(2026, 6, 1)
NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
LONG, SHORT = NOON - timedelta(days=8), NOON - timedelta(days=6)


@pytest.mark.parametrize(
    ("status", "failing_since", "months"),
    [
        ("ok", None, []),
        ("ok", SHORT, []),
        ("ok", LONG, [JUNE]),
        ("paused", SHORT, [JUNE]),
        ("waiting", None, [JUNE]),
    ],
)
def test_a_backfill_holds_facts_for_a_while(
    engine: Engine,
    settings: Settings,
    status: str,
    failing_since: datetime | None,
    months: list[date],
) -> None:
    """As long as history is read nothing goes; a pause, a week of failures or waiting ends that."""
    write(engine, date(2026, 6, 10), connection_id=2)
    connect(engine, backfill_done=False, status=status, failing_since=failing_since)
    assert ingest.purge(engine, settings, dry_run=True) == months
    assert ingest.purge(engine, settings) == months
    assert bool(stored(engine, t.ACTIVITY_DAY)["activity_day"]) == (not months)


def test_what_was_not_rolled_up_is_before_it_goes(engine: Engine, settings: Settings) -> None:
    """A program that was cut off between writing and rolling up loses no figure."""
    people = {f"person{number}@example.org": 2 for number in range(12)}
    connect(engine)
    day = date(2026, 6, 10)
    write(engine, day, day_facts(people, day))
    assert ingest.purge(engine, settings) == [JUNE]
    c = t.RELEASE_ROW.c
    query = select(c.value).where(
        c.measure == "sessions", c.grain == "month", c.start == JUNE, c.dimension == "",
        c.level == "organization",
    )  # fmt: skip
    with engine.connect() as connection:
        assert connection.execute(query).scalar_one() == 24
