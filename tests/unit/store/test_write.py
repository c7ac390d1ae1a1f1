"""Writing a day: all of it or nothing, the same again changes nothing, the erased stay out."""

from datetime import UTC, date, datetime
from typing import Any

import pytest
from sqlalchemy import Engine, delete, insert, select

from claude_dash.errors import ConfigError, StoreError
from claude_dash.facts import tables as t
from claude_dash.facts.batch import DayFacts
from claude_dash.facts.identity import Identified
from claude_dash.store import seals
from claude_dash.store.checkpoints import last_complete_day, reads, records
from claude_dash.store.write import refuse_duplicates, replace_day
from tests.unit.store.conftest import FED, KEY, REPORT, day_facts, stored, write

DAY = date(2026, 11, 11)
MONDAY = date(2026, 11, 9)
RIN, SAM = "rin@example.org", "sam@example.org"


def touched(engine: Engine) -> list[date]:
    """Return the weeks that are marked, and remove the marks."""
    with engine.begin() as connection:
        found = list(connection.execute(select(t.TOUCHED_WEEK.c.week)).scalars())
        connection.execute(delete(t.TOUCHED_WEEK))
    return found


def test_a_day_is_stored_as_it_came(engine: Engine) -> None:
    """Every fact of the day is there, with whose it is, and the week is marked."""
    facts = day_facts({RIN: 2, SAM: 3}, DAY)
    assert write(engine, DAY, facts)
    for table in FED:
        names = [column.name for column in table.columns]
        there = {tuple(row[name] for name in names) for row in facts.rows[table]}
        assert stored(engine, table)[table.name] == there
    people = {(row[2], row[3], row[4]) for row in stored(engine, t.IDENTITY)["identity"]}
    assert people == {("email", RIN, DAY), ("email", SAM, DAY)}
    assert touched(engine) == [MONDAY]


def test_the_same_day_again_changes_nothing(engine: Engine) -> None:
    """Read twice, a day has the same facts and people, and its week is not rolled up again."""
    write(engine, DAY)
    before = stored(engine, *t.FACT_TABLES, t.IDENTITY, t.PERSON)
    touched(engine)
    assert not write(engine, DAY)
    assert stored(engine, *t.FACT_TABLES, t.IDENTITY, t.PERSON) == before
    assert touched(engine) == []


def test_what_is_no_longer_reported_is_gone(engine: Engine) -> None:
    """A day is replaced, not added to: a person who fell out of it has no fact there any more."""
    write(engine, DAY, day_facts({RIN: 2, SAM: 3}, DAY))
    touched(engine)
    assert write(engine, DAY, day_facts({SAM: 3}, DAY))
    assert {row[2] for row in stored(engine)["activity_day"]} == {Identified("email", SAM).who(KEY)}
    assert touched(engine) == [MONDAY]


def test_a_day_that_became_empty_is_empty(engine: Engine) -> None:
    """A report without rows removes what the day had."""
    write(engine, DAY)
    assert write(engine, DAY, day_facts({}, DAY))
    assert not any(stored(engine).values())


def test_an_empty_day_is_a_read_day(engine: Engine) -> None:
    """A day on which nothing happened is marked the first time, so that it shows as 0."""
    assert write(engine, DAY, DayFacts())
    assert touched(engine) == [MONDAY]
    assert not write(engine, DAY, DayFacts())
    assert touched(engine) == []


def test_other_days_and_connections_are_left_alone(engine: Engine) -> None:
    """Writing a day touches no fact of another day and none of another connection."""
    other = date(2026, 11, 12)
    write(engine, other)
    write(engine, DAY, connection_id=2)
    before = stored(engine)
    write(engine, DAY, day_facts({SAM: 9}, DAY))
    write(engine, DAY, day_facts({}, DAY))
    assert stored(engine) == before


def test_a_day_that_fails_half_way_is_not_there(engine: Engine) -> None:
    """When one row cannot be stored, the day is as it was, its people and its read included."""
    write(engine, DAY)
    tables = (*t.FACT_TABLES, t.IDENTITY, t.PERSON, t.DAY_READ, t.REJECT)
    before = stored(engine, *tables)
    touched(engine)
    facts = day_facts({RIN: 5, SAM: 7}, DAY)
    facts.rows[t.TOOL_DAY].append(dict(facts.rows[t.TOOL_DAY][0]))
    with pytest.raises(Exception, match="UNIQUE"):
        write(engine, DAY, facts)
    assert stored(engine, *tables) == before
    assert touched(engine) == []


def test_an_erased_person_is_dropped_at_the_door(engine: Engine) -> None:
    """Neither a fact nor an identity of somebody who was erased is stored again."""
    who = Identified("email", RIN).who(KEY)
    with engine.begin() as connection:
        connection.execute(insert(t.ERASED_IDENTITY).values(who=who))
    write(engine, DAY, day_facts({RIN: 2, SAM: 3}, DAY))
    found = stored(engine, *t.FACT_TABLES, t.IDENTITY)
    assert who not in {one for rows in found.values() for row in rows for one in row}
    assert len(found["activity_day"]) == 1


def test_the_first_day_of_a_person_moves_back(engine: Engine) -> None:
    """Days come newest first; a person's first day is the oldest one that was read."""
    for day in (DAY, date(2026, 11, 2), date(2026, 11, 5)):
        write(engine, day)
    assert [row[4] for row in stored(engine, t.IDENTITY)["identity"]] == [date(2026, 11, 2)]


def test_a_key_is_not_a_person(engine: Engine) -> None:
    """An API key gets an entry of its own that is marked as automation."""
    facts = DayFacts()
    key = Identified("api_key", "ci-runner")
    facts.identities[key.who(KEY)] = key
    write(engine, DAY, facts)
    assert [row[1] for row in stored(engine, t.PERSON)["person"]] == [True]


def test_what_was_set_aside_is_counted_by_reason(engine: Engine) -> None:
    """Rejects are stored with their number, and replaced with the day."""
    write(engine, DAY, DayFacts(records=5, rejects={"date: missing": 2, "actor: missing": 1}))
    assert {row[3:] for row in stored(engine, t.REJECT)["reject"]} == {
        ("date: missing", 2),
        ("actor: missing", 1),
    }
    write(engine, DAY, DayFacts(records=5))
    assert stored(engine, t.REJECT) == {"reject": set()}


def test_reads_are_kept_by_day(engine: Engine) -> None:
    """What was read, when, and with how many records is known afterwards."""
    early = datetime(2026, 11, 12, 0, 30, tzinfo=UTC)
    facts = day_facts({RIN: 1, SAM: 1}, DAY)
    replace_day(engine, connection_id=1, report=REPORT, day=DAY, facts=facts, read_at=early)
    write(engine, date(2026, 11, 10))
    with engine.connect() as connection:
        assert reads(connection, 1, REPORT)[DAY] == early
        assert records(connection, 1, REPORT) == {DAY: 2, date(2026, 11, 10): 1}
        assert reads(connection, 2, REPORT) == {}
        # Half an hour after its end a day may still lack rows.
        assert last_complete_day(connection, 1, REPORT) == date(2026, 11, 10)


def test_a_sealed_day_is_refused(engine: Engine) -> None:
    """A read of a sealed day says when it was sealed and changes nothing."""
    with engine.begin() as connection:
        seals.seal(connection, date(2026, 6, 1), datetime(2026, 11, 2, 3, tzinfo=UTC))
    with pytest.raises(StoreError) as raised:
        write(engine, date(2026, 6, 10))
    assert "was sealed on 2026-11-02" in raised.value.message
    assert "2026-06-01" in raised.value.hint
    assert not any(stored(engine).values())


@pytest.mark.parametrize("name", ["Main", "MAIN", "main"])
def test_a_name_is_taken_whatever_its_case(name: str) -> None:
    """Two names that differ in case alone are one name."""
    with pytest.raises(ConfigError):
        refuse_duplicates(name, ["other", "main"], "connection")
    refuse_duplicates("mine", ["other", "main"], "connection")


def test_amounts_of_any_size_come_back(engine: Engine) -> None:
    """Sums near the end of 64 bits and unknown amounts are stored exactly."""
    facts = day_facts({RIN: 2}, DAY)
    row: dict[str, Any] = facts.rows[t.MODEL_USAGE_DAY][0]
    row.update(input_tokens=2**62, cost_estimated=2**62 + 1)
    write(engine, DAY, facts)
    with engine.connect() as connection:
        found = connection.execute(
            select(t.MODEL_USAGE_DAY.c.input_tokens, t.MODEL_USAGE_DAY.c.cost_estimated)
        ).one()
    assert tuple(found) == (2**62, 2**62 + 1)
