"""Retention: whole months go when they are past their age, and what they showed stays."""

from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import Connection, Engine, func, insert, select
from sqlmodel import SQLModel

from claude_dash.clock import days
from claude_dash.config import Settings
from claude_dash.errors import StoreError
from claude_dash.facts import tables as t
from claude_dash.facts.identity import Identified
from claude_dash.rollup import roll_up
from claude_dash.store import retention, seals
from claude_dash.store.vault import Vault
from tests.unit.store.conftest import connect, day_facts, stored, write

JUNE, JULY, AUGUST = (date(2026, month, 1) for month in (6, 7, 8))
LAST_WEEK_OF_JUNE = date(2026, 6, 29)  # Monday; its Sunday is the 5th of July
PEOPLE = {f"person{number}@example.org": number % 3 + 1 for number in range(40)}


def fill(engine: Engine, settings: Settings, range_of_days: Iterable[date]) -> None:
    """Write days on which forty people did something, and roll them up."""
    for day in range_of_days:
        write(engine, day, day_facts(PEOPLE, day))
    roll_up(engine, settings)


def oldest(engine: Engine) -> date | None:
    """Return the oldest day that has a fact."""
    with engine.connect() as connection:
        return connection.execute(select(func.min(t.ACTIVITY_DAY.c.day))).scalar()


def test_a_month_goes_when_its_last_week_is_past_its_age(
    engine: Engine, settings: Settings
) -> None:
    """June 2026 goes 120 days after the 5th of July, the end of its last week, and no day before.

    The 5th of July is the 120th day before the 2nd of November, and older on the 3rd.
    """
    fill(engine, settings, days(date(2026, 6, 25), date(2026, 7, 8)))
    assert retention.purge(engine, settings, date(2026, 11, 2)) == []
    assert oldest(engine) == date(2026, 6, 25)
    assert retention.purge(engine, settings, date(2026, 11, 3)) == [JUNE]
    assert oldest(engine) == JULY


def test_a_dry_run_only_tells(engine: Engine, settings: Settings) -> None:
    """With `dry_run` the months are named and everything stays."""
    fill(engine, settings, [date(2026, 6, 10)])
    before = stored(engine, *t.FACT_TABLES, t.SEAL, t.AUDIT_ENTRY)
    assert retention.purge(engine, settings, date(2026, 11, 3), dry_run=True) == [JUNE]
    assert stored(engine, *t.FACT_TABLES, t.SEAL, t.AUDIT_ENTRY) == before


def test_a_purged_month_and_its_weeks_are_sealed(engine: Engine, settings: Settings) -> None:
    """The month and every week that touches it are sealed, and the audit log tells so."""
    fill(engine, settings, [date(2026, 6, 10)])
    retention.purge(engine, settings, date(2026, 11, 3))
    with engine.connect() as connection:
        assert set(seals.sealed(connection, "month")) == {JUNE}
        assert seals.sealed_weeks(connection) == set(seals.weeks_touching(JUNE))
        lines = connection.execute(select(t.AUDIT_ENTRY.c.action, t.AUDIT_ENTRY.c.detail)).all()
    assert ("month sealed", "2026-06") in lines


def test_purging_again_changes_nothing(engine: Engine, settings: Settings) -> None:
    """What is sealed is not sealed twice."""
    fill(engine, settings, [date(2026, 6, 10), date(2026, 9, 9)])
    retention.purge(engine, settings, date(2026, 11, 3))
    before = stored(engine, *t.FACT_TABLES, t.SEAL, t.RELEASE_ROW)
    assert retention.purge(engine, settings, date(2026, 11, 3)) == []
    assert stored(engine, *t.FACT_TABLES, t.SEAL, t.RELEASE_ROW) == before


def test_released_figures_outlive_their_facts(engine: Engine, settings: Settings) -> None:
    """After a purge, and whatever is rolled up later, sealed periods show what they showed."""
    fill(engine, settings, days(date(2026, 6, 20), date(2026, 7, 12)))
    with engine.connect() as connection:
        june = _released(connection, seals.weeks_touching(JUNE), JUNE)
    retention.purge(engine, settings, date(2026, 11, 3))
    with engine.begin() as connection:
        for monday in seals.weeks_touching(JUNE):
            connection.execute(insert(t.TOUCHED_WEEK).values(week=monday))
    fill(engine, settings, days(date(2026, 7, 6), date(2026, 8, 1)))
    with engine.connect() as connection:
        assert _released(connection, seals.weeks_touching(JUNE), JUNE) == june
        assert not connection.execute(select(t.TOUCHED_WEEK)).all()


def _released(connection: Connection, weeks: list[date], month: date) -> set[tuple[object, ...]]:
    c = t.RELEASE_ROW.c
    last = weeks[-1] + timedelta(days=7)
    inside = (
        ((c.grain == "week") & c.start.in_(weeks))
        | ((c.grain == "month") & (c.start == month))
        | ((c.grain == "day") & (c.start >= weeks[0]) & (c.start < last))
    )
    return set(map(tuple, connection.execute(select(t.RELEASE_ROW).where(inside))))


def test_the_next_month_keeps_its_days_of_a_cut_week(engine: Engine, settings: Settings) -> None:
    """July keeps the facts of its first days, though their week is sealed with June."""
    fill(engine, settings, days(date(2026, 6, 20), date(2026, 7, 20)))
    before = _month_sessions(engine, JULY)
    retention.purge(engine, settings, date(2026, 11, 3))
    fill(engine, settings, [date(2026, 7, 21)])
    added = sum(PEOPLE.values())
    assert before is not None
    assert _month_sessions(engine, JULY) == before + added
    with pytest.raises(StoreError):
        write(engine, date(2026, 7, 2), day_facts(PEOPLE, date(2026, 7, 2)))


def _month_sessions(engine: Engine, month: date) -> int | None:
    c = t.RELEASE_ROW.c
    query = select(c.value).where(
        c.measure == "sessions", c.grain == "month", c.start == month,
        c.level == "organization", c.dimension == "",
    )  # fmt: skip
    with engine.connect() as connection:
        return connection.execute(query).scalar()


def test_a_month_is_opened_when_it_is_read_whole(engine: Engine, settings: Settings) -> None:
    """A read that covers a sealed month and its weeks opens it; afterwards it is sealed again."""
    connect(engine)
    fill(engine, settings, days(date(2026, 5, 25), date(2026, 7, 12)))
    short = settings.model_copy(update={"retention_person_days": 100})
    retention.purge(engine, short, date(2026, 11, 3))
    assert retention.reopen(engine, date(2026, 6, 2), date(2026, 7, 12)) == []
    assert retention.reopen(engine, date(2026, 6, 1), date(2026, 7, 5)) == []
    assert retention.reopen(engine, date(2026, 6, 1), date(2026, 7, 12)) == [JUNE]
    doubled = {email: 2 * number for email, number in PEOPLE.items()}
    for day in days(JUNE, date(2026, 7, 12)):
        write(engine, day, day_facts(doubled, day))
    roll_up(engine, settings)
    assert _month_sessions(engine, JUNE) == 30 * 2 * sum(PEOPLE.values())
    assert retention.purge(engine, short, date(2026, 11, 3)) == [JUNE]
    assert oldest(engine) == JULY
    assert _month_sessions(engine, JUNE) == 30 * 2 * sum(PEOPLE.values())


def test_opening_a_month_does_not_spoil_the_one_before(engine: Engine, settings: Settings) -> None:
    """The sealed month whose last week is read again with the next one keeps all its figures."""
    connect(engine)
    fill(engine, settings, days(JUNE, date(2026, 8, 9)))
    short = settings.model_copy(update={"retention_person_days": 90})
    assert retention.purge(engine, short, date(2026, 11, 3)) == [JUNE, JULY]
    june = _month_sessions(engine, JUNE)
    assert retention.reopen(engine, LAST_WEEK_OF_JUNE, date(2026, 8, 9)) == [JULY]
    fill(engine, settings, days(LAST_WEEK_OF_JUNE, date(2026, 8, 9)))
    assert _month_sessions(engine, JUNE) == june
    assert _month_sessions(engine, JULY) == 31 * sum(PEOPLE.values())
    assert retention.purge(engine, short, date(2026, 11, 3)) == [JULY]
    assert oldest(engine) == AUGUST
    assert _month_sessions(engine, JUNE) == june


def test_a_month_that_was_opened_waits_until_it_is_read(engine: Engine, settings: Settings) -> None:
    """An opened month counts as unread, and is sealed when it was read again or after a week."""
    connect(engine)
    fill(engine, settings, days(JUNE, date(2026, 7, 6)))
    retention.purge(engine, settings, date(2026, 11, 18))
    assert retention.reopen(engine, JUNE, date(2026, 7, 6)) == [JUNE]
    assert stored(engine, t.DAY_READ) == {"day_read": set()}
    fill(engine, settings, days(date(2026, 6, 20), date(2026, 7, 6)))  # cut off in the middle
    assert retention.purge(engine, settings, date(2026, 11, 20)) == []
    assert oldest(engine) == date(2026, 6, 20)
    assert retention.purge(engine, settings, date(2026, 11, 26), dry_run=True) == [JUNE]
    fill(engine, settings, days(JUNE, date(2026, 6, 20)))
    assert retention.purge(engine, settings, date(2026, 11, 20)) == [JUNE]
    assert _month_sessions(engine, JUNE) == 30 * sum(PEOPLE.values())


def test_a_month_of_a_removed_connection_stays_sealed(engine: Engine, settings: Settings) -> None:
    """What nobody can read again is not opened: its figures would lose a part."""
    connect(engine)
    fill(engine, settings, days(JUNE, date(2026, 7, 6)))
    write(engine, date(2026, 6, 9), connection_id=2)
    retention.purge(engine, settings, date(2026, 11, 18))
    assert retention.reopen(engine, JUNE, date(2026, 7, 6)) == []


def test_erasure_leaves_nobody(engine: Engine, settings: Settings) -> None:
    """Identity, facts and memberships of a person go, and stay away; everybody else's stay."""
    vault = Vault(settings)
    email = "person3@example.org"
    day = date(2026, 11, 11)
    facts = day_facts(PEOPLE, day)
    theirs = Identified("email", email)
    who = theirs.who(vault.pseudonym_key)
    for rows in facts.rows.values():
        rows[3]["who"] = who
    facts.identities[who] = theirs
    write(engine, day, facts)
    roll_up(engine, settings)
    released = stored(engine, t.RELEASE_ROW)
    tables = [table for table in SQLModel.metadata.sorted_tables if table.name != "release"]
    assert any(who in row for rows in stored(engine, *tables).values() for row in rows)
    assert retention.erase(engine, vault, " Person3@Example.ORG ")
    assert stored(engine, t.RELEASE_ROW) == released
    left = stored(engine, *tables)
    assert left.pop("erased_identity") == {(who,)}
    assert not any(who in row for rows in left.values() for row in rows)
    assert len(left["activity_day"]) == len(PEOPLE) - 1
    write(engine, day, facts)
    assert not any(who in row for row in stored(engine)["activity_day"])


def test_somebody_unknown_can_be_erased(engine: Engine, settings: Settings) -> None:
    """An address that was never seen is remembered as erased, once, and nothing else happens."""
    vault = Vault(settings)
    for _ in range(2):
        assert not retention.erase(engine, vault, "nobody@example.org")
    assert len(stored(engine, t.ERASED_IDENTITY)["erased_identity"]) == 1


def test_old_releases_and_logs_go(engine: Engine, settings: Settings) -> None:
    """Releases go after 36 months and audit lines after 24; younger ones stay."""
    today = date(2026, 11, 18)
    at = {year: datetime(year, 12, 1, tzinfo=UTC) for year in (2022, 2023, 2024, 2025)}
    with engine.begin() as connection:
        for instant in at.values():
            connection.execute(
                insert(t.RELEASE_ROW).values(
                    measure="sessions", grain="month", level="organization", dimension="",
                    start=instant.date(), key="All", item="", value=1, hidden="",
                )
            )  # fmt: skip
            line = {"at": instant, "actor": "x", "action": "y", "detail": ""}
            connection.execute(insert(t.AUDIT_ENTRY).values(**line))
    retention.purge(engine, settings, today)
    with engine.connect() as connection:
        months = set(connection.execute(select(t.RELEASE_ROW.c.start)).scalars())
        lines = {one.year for one in connection.execute(select(t.AUDIT_ENTRY.c.at)).scalars()}
    assert {month.year for month in months} == {2023, 2024, 2025}
    assert lines == {2024, 2025}


def test_an_empty_store_has_nothing_to_purge(engine: Engine, settings: Settings) -> None:
    """A purge before anything was read does nothing."""
    assert retention.purge(engine, settings, date(2026, 11, 18)) == []
