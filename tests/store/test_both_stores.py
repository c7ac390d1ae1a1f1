"""The same journey on SQLite and on PostgreSQL: a key, a sync, figures, a purge."""

from datetime import date

import pytest
from sqlalchemy import Engine, func, select

from claude_dash import connections, ingest
from claude_dash.access.readers import Reader, Role
from claude_dash.answers import ask
from claude_dash.config import Settings
from claude_dash.facts import tables as t
from claude_dash.metrics.release import Query
from claude_dash.people import identities, moves
from claude_dash.rollup import roll_up
from claude_dash.store import retention
from claude_dash.store.engine import check
from claude_dash.store.migrations.steps import differences
from claude_dash.store.vault import Vault
from tests import tiny

READER = Reader("test", Role.VIEWER)
TABLES = (t.ACTIVITY_DAY, t.MODEL_USAGE_DAY, t.TOOL_DAY, t.RELEASE_ROW, t.GROUP_ROW, t.PERSON_WEEK)


@pytest.fixture
def wide(settings: Settings) -> Settings:
    """Return settings without a limit of requests, reading eight weeks back."""
    return settings.model_copy(
        update={"requests_per_minute": 100_000, "backfill_since": date(2026, 9, 21)}
    )


def _read(engine: Engine, settings: Settings) -> ingest.Outcome:
    vault = Vault(settings)
    if not connections.list_all(engine):
        said = connections.add(
            engine, vault, settings, "console", "Tiny", tiny.KEY, transport=tiny.transport()
        )
        assert said.status == "ok"
    (outcome,) = ingest.sync(engine, vault, settings, transport=tiny.transport())
    assert outcome.status == "ok", outcome.error
    return outcome


def _dump(engine: Engine) -> dict[str, set[tuple[object, ...]]]:
    with engine.connect() as connection:
        return {table.name: set(map(tuple, connection.execute(select(table)))) for table in TABLES}


def test_the_schema_is_that_of_the_tables(store: Engine) -> None:
    """After every migration nothing is missing from the schema and nothing is too much."""
    check(store)
    with store.connect() as connection:
        assert differences(connection) == []


def test_a_sync_gives_the_sums_of_the_report(store: Engine, wide: Settings) -> None:
    """Facts and the organisation's weekly figures add up to what the vendor reported."""
    outcome = _read(store, wide)
    assert outcome.rejected == 0
    week = [f"2026-11-{day:02d}" for day in range(9, 16)]
    truth = sum(row["core_metrics"]["num_sessions"] for day in week for row in tiny.rows(day))
    with store.connect() as connection:
        c = t.ACTIVITY_DAY.c
        inside = (c.day >= date(2026, 11, 9), c.day < date(2026, 11, 16))
        assert connection.execute(select(func.sum(c.sessions)).where(*inside)).scalar() == truth
    (row,) = ask(
        store, Query("sessions", since=date(2026, 11, 9), until=date(2026, 11, 16)), READER
    ).rows
    assert row.value == truth


def test_the_same_sync_again_changes_nothing(store: Engine, wide: Settings) -> None:
    """Reading the same days again leaves every fact, group and figure as it was."""
    _read(store, wide)
    before = _dump(store)
    _read(store, wide)
    assert _dump(store) == before


def test_a_wrong_merge_is_undone_exactly(store: Engine, wide: Settings) -> None:
    """Two people who were made one are two again, and every figure is what it was."""
    _read(store, wide)
    before = _dump(store)
    one, into, *_ = identities.people(store, date(2026, 11, 18))
    identities.merge(store, one.person_id, into.person_id, actor="admin@example.com")
    roll_up(store, wide)
    assert _dump(store) != before
    moves.undo(store, moves.recent(store)[0].id, actor="admin@example.com")
    roll_up(store, wide)
    assert _dump(store) == before


def test_teams_add_up_to_the_organisation(store: Engine, wide: Settings) -> None:
    """Where every row of a week is shown, the rows add up to the organisation's figure."""
    _read(store, wide)
    week = {"since": date(2026, 11, 9), "until": date(2026, 11, 16)}
    teams = ask(store, Query("sessions", by=("team",), **week), READER).rows  # type: ignore[arg-type]
    (total,) = ask(store, Query("sessions", **week), READER).rows  # type: ignore[arg-type]
    assert [row.groups["team"] for row in teams][-1] == "Automation"
    assert not any(row.hidden for row in teams)
    assert sum(row.value or 0 for row in teams) == total.value


def test_a_purge_seals_and_keeps_the_figures(store: Engine, wide: Settings) -> None:
    """Facts past their age go by whole months, and what they showed stays."""
    _read(store, wide)
    query = Query("sessions", since=date(2026, 9, 21), until=date(2026, 9, 28))
    before = ask(store, query, READER).rows
    short = wide.model_copy(update={"retention_person_days": 40})
    assert retention.purge(store, short, date(2026, 11, 18)) == [date(2026, 9, 1)]
    with store.connect() as connection:
        oldest = connection.execute(select(func.min(t.ACTIVITY_DAY.c.day))).scalar()
    assert oldest == date(2026, 10, 1)
    assert ask(store, query, READER).rows == before


def test_no_name_stands_in_facts_or_figures(store: Engine, wide: Settings) -> None:
    """Names, addresses and keys of the payloads are in no table of facts, groups or figures."""
    _read(store, wide)
    text = repr(_dump(store))
    for planted in (*tiny.NAMES, *tiny.ADDRESSES, *tiny.KEYS, tiny.KEY):
        assert planted not in text


def test_an_organisation_that_comes_back_counts_once(store: Engine, wide: Settings) -> None:
    """Removed with its data kept and connected again, it goes on with what was read."""
    _read(store, wide)
    before = {name: {row[1:] for row in rows} for name, rows in _dump(store).items()}
    connections.remove(store, wide, "Tiny")
    outcome = _read(store, wide)
    assert outcome.records < len(before["activity_day"])
    after = {name: {row[1:] for row in rows} for name, rows in _dump(store).items()}
    assert after == before


def test_a_purged_connection_leaves_nobody(store: Engine, wide: Settings) -> None:
    """No fact, no person and no address is left of it."""
    _read(store, wide)
    connections.remove(store, wide, "Tiny", purge=True)
    with store.connect() as connection:
        for table in (*TABLES[:3], t.PERSON_WEEK, t.PERSON, t.IDENTITY, t.ROSTER_ENTRY, t.INVITE):
            assert connection.execute(select(func.count()).select_from(table)).scalar() == 0
