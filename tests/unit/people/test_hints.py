"""Promises about teams that a connection hints at."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from claude_dash import connections
from claude_dash.clock import thursday_of
from claude_dash.config import Settings
from claude_dash.facts import tables as t
from claude_dash.people.hints import join_team
from claude_dash.people.standing import Standings
from tests.rolled import ALL, MONDAY, WEEK, Rolled, rolled

TELEMETRY, OTHER = 3, 4
PEOPLE = range(1, 13)


@pytest.fixture
def store(settings: Settings) -> Iterator[Rolled]:
    """Return a store in which two connections tell of twelve people who are on no roster."""
    with rolled(settings) as made:
        made.connect(TELEMETRY, "telemetry", "")
        made.connect(OTHER, "telemetry", "")
        made.setup(1)
        made.read(MONDAY - WEEK, MONDAY)
        for who in PEOPLE:
            made.somebody(who)
        made.roll(MONDAY - WEEK, MONDAY)
        yield made


def join(store: Rolled, team: str, *persons: int, number: int = TELEMETRY, weeks: int = 0) -> None:
    """Let people be seen through a connection in a week."""
    day = MONDAY + weeks * WEEK + timedelta(days=1)
    with store.engine.begin() as connection:
        join_team(connection, number, persons, team, day)


def teams(store: Rolled, weeks: int = 0) -> dict[int, str]:
    """Return the team of everybody who has one in a week."""
    with store.engine.connect() as connection:
        standings = Standings.load(connection)
    found = standings.on(thursday_of(MONDAY + weeks * WEEK))
    return {p: standings.teams[one.team_id][0] for p, one in found.items() if one.team_id}


def place(store: Rolled, table: Any, **values: Any) -> None:
    """Write one row."""
    with store.engine.begin() as connection:
        connection.execute(insert(table), [values])


def test_whoever_is_seen_stands_in_the_team(store: Rolled) -> None:
    """The team is made when it is missing, and holds from the week on, not before it."""
    join(store, "Platform", 1, 2)
    assert teams(store) == {1: "Platform", 2: "Platform"}
    assert teams(store, weeks=-1) == {}
    touched = [row.week for row in store.rows_of(t.TOUCHED_WEEK)]
    assert touched == [MONDAY]


def test_the_same_again_changes_nothing(store: Rolled) -> None:
    """A name in another spelling is the same team, and nothing is rolled up for it."""
    join(store, "Platform", 1, 2)
    store.roll()
    before = store.rows_of(t.MEMBERSHIP)
    join(store, " platform ", 2, 1)
    assert store.rows_of(t.MEMBERSHIP) == before
    assert not store.rows_of(t.TOUCHED_WEEK)


def test_a_file_and_a_workspace_go_before(store: Rolled) -> None:
    """Whom a file names is where the file says, in no team if it says none."""
    store.teams(Build=[1])
    place(store, t.MEMBERSHIP, person_id=1, team_id=1, origin="workspace", ends=MONDAY)
    place(store, t.MEMBERSHIP, person_id=2, team_id=1, origin="csv")
    for person in (2, 3):
        place(store, t.ROSTER_ENTRY, person_id=person, origin="csv", vendor_user_id="", role="",
              eligible=True)  # fmt: skip
    join(store, "Platform", 1, 2, 3, 4)
    assert teams(store) == {1: "Platform", 2: "Team 1", 4: "Platform"}
    assert teams(store, weeks=-1) == {1: "Team 1", 2: "Team 1"}


def test_another_team_holds_from_its_day_on(store: Rolled) -> None:
    """A change of what a connection hints at leaves earlier weeks as they were."""
    join(store, "Platform", 1, weeks=-1)
    join(store, "Search", 1)
    assert (teams(store, weeks=-1), teams(store)) == ({1: "Platform"}, {1: "Search"})
    join(store, "Mobile", 1, number=OTHER)
    assert teams(store) == {1: "Search"}  # of two connections the older one


def test_a_merged_team_stands_for_the_other(store: Rolled) -> None:
    """The name of a team that was merged means the one that took its place."""
    store.teams(Build=[1])
    place(store, t.TEAM, id=7, name="Old", merged_into=1, workspace_id="", workspace_name="",
          rank=0)  # fmt: skip
    join(store, "Old", 1)
    assert teams(store) == {1: "Team 1"}


def test_whoever_is_seen_no_more_is_counted_no_more(store: Rolled) -> None:
    """A hint is told of whom the week's facts tell: nobody left fills up a group."""
    join(store, "Platform", *PEOPLE)
    for who in PEOPLE[:10]:
        store.add(t.CLIENT_DAY, who, MONDAY, connection_id=TELEMETRY, setup=1, terminal_type="",
                  sessions=1)  # fmt: skip
    store.roll()
    (row,) = [row for row in store.rows_of(t.GROUP_ROW, start=MONDAY) if row.key == ALL]
    assert row.population == 10


def test_a_connection_that_is_purged_hints_no_more(store: Rolled) -> None:
    """Whoever another connection still sees keeps no team of one that is gone."""
    for number in (TELEMETRY, OTHER):
        store.add(t.CLIENT_DAY, 1, MONDAY, connection_id=number, setup=1, terminal_type="",
                  sessions=1)  # fmt: skip
    store.roll()
    join(store, "Platform", 1)
    connections.remove(store.engine, store.settings, f"telemetry {TELEMETRY}", purge=True)
    assert teams(store) == {}
