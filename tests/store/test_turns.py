"""Several processes on one PostgreSQL store wait for each other where they have to."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import Connection, Engine, delete, select
from sqlalchemy.exc import OperationalError

from claude_dash.facts import tables as t
from claude_dash.ingest.bedrock_days import REPORT, note_read
from claude_dash.people.changes import touch_changed_weeks
from claude_dash.store.checkpoints import note_state, state
from claude_dash.store.engine import migrate, open_store
from claude_dash.store.write import touch
from tests.postgres import postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]
WEEK, NOW = date(2026, 11, 16), datetime(2026, 11, 18, 12, tzinfo=UTC)


@pytest.fixture
def store(postgres_url: str) -> Iterator[Engine]:
    """Yield an empty store."""
    engine = open_store(postgres_url)
    migrate(engine)
    yield engine
    engine.dispose()


def assert_waits(connection: Connection, write: Callable[[Connection], object]) -> None:
    """See that a write waits for another transaction, without waiting long."""
    connection.exec_driver_sql("SET lock_timeout = '20ms'")
    attempt = connection.begin_nested()
    with pytest.raises(OperationalError, match="lock timeout"):
        write(connection)
    attempt.rollback()


def test_a_roll_up_waits_for_whoever_marked_its_week(store: Engine) -> None:
    """A mark that is there is held until what goes with it is stored; none is taken away unseen."""
    with store.begin() as connection:
        touch(connection, {WEEK})
    rolling = delete(t.TOUCHED_WEEK).where(t.TOUCHED_WEEK.c.week == WEEK)
    with store.connect() as writer, store.connect() as roller:
        touch(writer, {WEEK})
        assert_waits(roller, lambda it: it.execute(rolling))
        writer.commit()
        assert roller.execute(rolling).rowcount == 1
        assert_waits(writer, lambda it: touch(it, {WEEK}))
        roller.commit()
        touch(writer, {WEEK})
        writer.commit()
    with store.connect() as connection:
        assert connection.execute(select(t.TOUCHED_WEEK.c.week)).scalars().all() == [WEEK]


def test_people_change_one_change_at_a_time(store: Engine) -> None:
    """Whoever merges, undoes or imports waits for whoever does, and then sees what they did."""
    with store.connect() as one, store.connect() as two:
        with touch_changed_weeks(one):
            assert_waits(two, lambda it: touch_changed_weeks(it).__enter__())
        one.commit()
        with touch_changed_weeks(two):
            two.commit()


def test_what_two_processes_note_is_noted_in_turn(store: Engine) -> None:
    """The state of a report and the days that were read are changed by one at a time."""
    with store.connect() as one, store.connect() as two:
        note_state(one, 1, REPORT, covers_until=NOW)
        note_read(one, 1, [WEEK], NOW)
        assert_waits(two, lambda it: note_state(it, 1, REPORT, backfill_done=True))
        assert_waits(two, lambda it: note_read(it, 1, [WEEK], NOW))
        one.commit()
        note_state(two, 1, REPORT, backfill_done=True)
        note_read(two, 1, [WEEK], NOW)
        two.commit()
        kept = state(two, 1, REPORT)
    assert (kept.covers_until, kept.backfill_done) == (NOW, True)
