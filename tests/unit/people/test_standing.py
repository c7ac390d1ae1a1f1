"""Where people stand on a Thursday."""

from collections.abc import Callable
from datetime import date
from typing import Any

from sqlalchemy import insert

from claude_dash.facts import tables as t
from claude_dash.people.standing import Standings

OLD = date(2026, 3, 5)
THURSDAY = date(2026, 11, 19)


def test_a_file_wins_over_workspaces(town: Any) -> None:
    """Whom the file names is in the file's team or in none, everybody else in the workspace's."""
    town.lists(["a@x.com", "b@x.com", "c@x.com"], {"Space": ["a@x.com", "b@x.com", "c@x.com"]})
    town.file("a@x.com,Filed", "b@x.com,")
    assert [town.team(who, OLD) for who in ("a@x.com", "b@x.com", "c@x.com")] == [
        "Filed",
        None,
        "Space",
    ]


def test_a_row_whose_time_ended_leaves_no_team(town: Any) -> None:
    """A team of the file that was left is not followed by that of the workspace."""
    town.lists(["a@x.com"], {"Space": ["a@x.com"]})
    town.file("a@x.com,Filed,2026-06-01", header="email,team,left")
    assert town.team("a@x.com", date(2026, 5, 31)) == "Filed"
    assert town.team("a@x.com", THURSDAY) is None


def test_where_a_file_was_imported_it_is_the_roster(town: Any) -> None:
    """Members outside the file keep seat and team, but are not on the roster."""
    town.lists(["a@x.com", "b@x.com"], {"Space": ["b@x.com"]})
    assert town.standing("b@x.com", THURSDAY).on_roster
    town.file("a@x.com,Filed")
    filed, outside = town.standing("a@x.com", THURSDAY), town.standing("b@x.com", THURSDAY)
    assert (filed.on_roster, filed.eligible, filed.has_seat) == (True, True, True)
    assert (outside.on_roster, outside.eligible, outside.has_seat) == (False, False, True)
    assert outside.team_id is not None


def test_a_seat_counts_from_the_day_it_was_given(town: Any, user: Callable[..., Any]) -> None:
    """Before that day a member is on no roster, though the first team holds for all days."""
    town.lists([user("u1", "a@x.com", added="2026-11-12T23:59:00")], {"Space": ["u1"]})
    before = town.standing("a@x.com", date(2026, 11, 11))
    assert (before.on_roster, before.has_seat, before.seat_since) == (False, False, None)
    assert town.team("a@x.com", OLD) == "Space"
    after = town.standing("a@x.com", date(2026, 11, 12))
    assert (after.on_roster, after.has_seat) == (True, True)
    assert after.seat_since == date(2026, 11, 12)


def test_the_week_of_a_joiner_and_of_a_leaver(town: Any) -> None:
    """The Thursday decides: joined on it is inside, left on it is outside."""
    town.file(
        "join@x.com,A,2026-11-19,",
        "late@x.com,A,2026-11-20,",
        "left@x.com,A,,2026-11-19",
        "last@x.com,A,,2026-11-20",
        header="email,team,joined,left",
    )
    names = ("join@x.com", "late@x.com", "left@x.com", "last@x.com")
    assert [town.team(who, THURSDAY) for who in names] == ["A", None, None, "A"]
    assert [town.standing(who, THURSDAY) is None for who in names] == [False, True, True, False]


def test_merged_teams_are_followed_to_the_end(town: Any, engine: Any) -> None:
    """A person of a team that was merged twice stands in the last one."""
    town.file("a@x.com,A", "b@x.com,B", "c@x.com,C")
    teams = town.teams()
    with engine.begin() as conn:
        for gone, into in (("A", "B"), ("B", "C")):
            row = t.TEAM.c.id == teams[gone]
            conn.execute(t.TEAM.update().where(row).values(merged_into=teams[into]))
    assert town.team("a@x.com", THURSDAY) == "C"
    assert list(town.teams()) == ["C"]


def test_automation_stands_nowhere(town: Any, engine: Any) -> None:
    """Neither a roster nor a team makes a person of a key."""
    town.file("a@x.com,A")
    with engine.begin() as conn:
        conn.execute(insert(t.PERSON).values(id=99, automation=True, name=""))
        conn.execute(
            insert(t.MEMBERSHIP).values(person_id=99, team_id=town.teams()["A"], origin="csv")
        )
        assert 99 not in Standings.load(conn).on(THURSDAY)
