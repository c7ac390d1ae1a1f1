"""What every source of the folder makes of recorded answers, from its older endpoint too."""

import logging
from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, Table, func, select

from claude_dash.clock import now
from claude_dash.facts.batch import DayFacts
from claude_dash.facts.measures import MEASURES
from claude_dash.facts.reports import REPORTS
from claude_dash.sources.base import found
from claude_dash.store.write import replace_day
from tests.contract.recorded import PAYLOADS, Case, Recording, asked_of, cases, folders, lists_of

CASES = {case.name: case for case in cases()}
# Columns of its tables that a report does not have, and which are unknown then, never zero.
NOT_MEASURED = {
    "console.usage-legacy": {"requests"},
    "console.cost-legacy": {"cost_list"},
    "enterprise.artifacts": {"installs"},
    "enterprise.connectors": {"installs", "published"},
    "enterprise.plugins": {"published"},
    "enterprise.projects": {"installs", "published"},
    "enterprise.skills": {"installs", "published"},
}
every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


def facts_of(case: Case) -> list[tuple[date, Table, dict[str, Any]]]:
    """Return the facts of a recording, each with the day under which it was found."""
    made = case.read().days
    return [
        (day, table, row)
        for day, facts in made.items()
        for table, rows in facts.rows.items()
        for row in rows
    ]


def amounts_of(case: Case) -> set[str]:
    """Return the columns of a source's tables that are no part of a key."""
    return {one.name for table in case.source.tables for one in table.c if not one.primary_key}


def write(engine: Engine, case: Case) -> list[bool]:
    """Put the recorded days into the store; return whether each day changed anything."""
    report = case.source.name
    return [
        replace_day(engine, connection_id=1, report=report, day=day, facts=facts, read_at=now())
        for day, facts in case.read().days.items()
    ]


def test_an_accidental_source_shows(snapshot: Callable[[str, str], None]) -> None:
    """The names of all sources are reviewed."""
    snapshot("sources.txt", "\n".join(found()) + "\n")


def test_every_recording_is_read() -> None:
    """There is none that belongs to no source."""
    assert set(folders()) == CASES.keys()


def test_every_ruling_has_a_source() -> None:
    """What is ruled is read, and what is read is ruled; logs and clients are read from no API."""
    elsewhere = ("bedrock.", "telemetry.", "hooks.", "sessions.")
    assert found().keys() == {one for one in REPORTS if not one.startswith(elsewhere)}


@every_case
def test_it_has_a_recording(case: Case) -> None:
    """Each walk has two pages; an envelope without pages may only be that of another version."""
    recording = Recording(case.name)
    assert recording.exchanges, f"record into {PAYLOADS}"
    if case.is_other_version and not any("next_page" in one["body"] for one in recording.exchanges):
        return
    assert min(len(walk) for walk in recording.walks) > 1


@every_case
def test_it_asks_for_what_was_recorded(case: Case) -> None:
    """Every recorded page is asked for once, in its order, and nothing after the last."""
    recording = Recording(case.name)
    case.read(recording)
    asked = [asked_of(request) for request in recording.asked]
    assert asked == [
        {name: one[name] for name in ("path", "params")} for one in recording.exchanges
    ]


@every_case
def test_it_makes_whole_facts(case: Case) -> None:
    """There are some; each has every column of its table, and stands on a day and in its place."""
    made = facts_of(case)
    assert made
    for day, table, row in made:
        assert table in case.source.tables
        assert row.keys() == {column.name for column in table.columns}
        place = {"connection_id": 1, "day": day, **case.source.owns}
        assert {name: row[name] for name in place} == place


@every_case
def test_it_feeds_its_tables(case: Case) -> None:
    """Every column is above zero somewhere, but for what the report does not have: that is null."""
    rows = [row for _, _, row in facts_of(case)]
    missing = NOT_MEASURED.get(case.name, set())
    amounts = amounts_of(case)
    assert {name for row in rows for name in amounts & row.keys() if row[name]} == amounts - missing
    assert {row[name] for row in rows for name in missing & row.keys()} <= {None}


@every_case
def test_it_feeds_what_is_ruled(case: Case) -> None:
    """No measure that the report is said to feed stands in a column that it does not have."""
    fed = REPORTS[case.source.name].fed(is_legacy=case.is_legacy)
    columns = {column for name in fed & MEASURES.keys() for column in MEASURES[name].columns}
    assert columns & NOT_MEASURED.get(case.name, set()) == set()


@every_case
def test_its_keys_are_unique(case: Case) -> None:
    """No two facts have the same key."""
    keys = [
        (table.name, *(row[column.name] for column in table.primary_key))
        for _, table, row in facts_of(case)
    ]
    assert len(set(keys)) == len(keys)


@every_case
def test_the_order_of_records_changes_nothing(case: Case) -> None:
    """Those of one key are added up; none overwrites another."""

    def turn(body: Any) -> Any:
        for rows in lists_of(body):
            rows.reverse()
        return body

    recording = Recording(case.name)
    recording.rewrite(turn)
    assert _sorted(case.read(recording).days) == _sorted(case.read().days)


@every_case
def test_everybody_in_the_facts_is_known(case: Case) -> None:
    """Each pseudonym of a day has its identity, and each identity a fact or whom it belongs to."""
    for facts in case.read().days.values():
        who = {row["who"] for rows in facts.rows.values() for row in rows if "who" in row}
        assert who | set(facts.links.values()) == set(facts.identities)
        assert facts.links.keys() <= who


@every_case
def test_reading_twice_changes_nothing(case: Case, engine: Engine) -> None:
    """The same days read and written again leave the store as it was."""
    assert set(write(engine, case)) == {True}
    assert set(write(engine, case)) == {False}


@pytest.mark.parametrize("is_legacy", [False, True], ids=["newer", "older"])
@pytest.mark.parametrize("kind", sorted({name.partition(".")[0] for name in found()}))
def test_sources_leave_each_other_alone(
    kind: str,
    is_legacy: bool,  # noqa: FBT001 - a case
    engine: Engine,
) -> None:
    """What all reports of a connection wrote stands side by side, also where they share a table."""
    chosen = {  # the older recording takes the place of the newer one
        case.source.name: case
        for case in CASES.values()
        if case.name.startswith(kind) and case.is_legacy <= is_legacy and not case.is_other_version
    }
    ours = list(chosen.values())
    for case in ours:
        write(engine, case)
    assert not any(changed for case in ours for changed in write(engine, case))
    tables = {table for case in ours for table in case.source.tables}
    with engine.connect() as connection:
        counted = [connection.scalar(select(func.count()).select_from(one)) for one in tables]
    assert sum(counted) == sum(len(facts_of(case)) for case in ours)


@every_case
def test_nobody_is_named(case: Case, caplog: pytest.LogCaptureFixture) -> None:
    """No name of the payload and no key stands in a fact, a reject or a log line."""
    caplog.set_level(logging.DEBUG)
    recording = Recording(case.name)
    read = case.read(recording)
    # Transport libraries are told to be quiet by `log.configure`; a stand-in logs through httpx.
    said = repr((read, [record.getMessage() for record in caplog.records])).casefold()
    named = {*recording.identities, recording.key}
    assert [name for name in named if name.casefold() in said] == []


def _sorted(made: dict[date, DayFacts]) -> list[Any]:
    return sorted(
        repr((day, table.name, row))
        for day, facts in made.items()
        for table, rows in facts.rows.items()
        for row in rows
    )
