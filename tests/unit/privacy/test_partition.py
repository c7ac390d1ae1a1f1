"""Who stands together in a week and in a month."""

import numpy as np
import pytest

from claude_dash.privacy.cells import Group, Partition
from claude_dash.privacy.partition import MonthPartition, join, partition
from claude_dash.privacy.policy import Policy

POLICY = Policy()
AUTOMATION = Group("automation", "automation", 0, automation=True)


def keys(made: Partition, level: str = "teams") -> dict[str, set[str]]:
    """Return the rows of a level: key -> keys of the groups inside."""
    rows = getattr(made, level)
    return {row.key: {made.groups[one].key for one in row.members} for row in rows}


def month_keys(made: MonthPartition, level: str = "teams") -> dict[str, set[str]]:
    """Return the rows of a level of a month: key -> keys of the groups inside."""
    return {row.key: set(row.members) for row in getattr(made, level)}


def test_a_team_of_exactly_k_stands_alone() -> None:
    """Five people are a group, four are not."""
    made = partition([Group("a", "d", 5), Group("b", "d", 6)], POLICY)
    assert keys(made) == {"a": {"a"}, "b": {"b"}}


def test_small_teams_stand_together_within_their_department() -> None:
    """Teams below k are one row of their department, and of no other."""
    made = partition(
        [Group("a", "d", 3), Group("b", "d", 4), Group("c", "d", 9), Group("x", "e", 8)], POLICY
    )
    assert keys(made) == {"other:d": {"a", "b"}, "c": {"c"}, "x": {"x"}}
    assert {row.key: row.population for row in made.teams} == {"other:d": 7, "c": 9, "x": 8}


def test_small_teams_are_topped_up_by_the_smallest_other() -> None:
    """What stands together holds k people; ties go by key."""
    groups = [Group("a", "d", 2), Group("c", "d", 7), Group("b", "d", 7), Group("z", "d", 30)]
    assert keys(partition(groups, POLICY)) == {"other:d": {"a", "b"}, "c": {"c"}, "z": {"z"}}


def test_small_departments_stand_together_with_their_teams() -> None:
    """A department below k joins the smallest other; teams are then merged within the whole."""
    groups = [Group("a", "d", 4), Group("b", "e", 6), Group("c", "f", 20)]
    made = partition(groups, POLICY)
    assert keys(made, "departments") == {"other-departments": {"a", "b"}, "f": {"c"}}
    assert keys(made) == {"other:other-departments": {"a", "b"}, "c": {"c"}}


def test_groups_without_department_count_as_one() -> None:
    """Teams without a department, and people without a team, stand below one row."""
    groups = [Group("team:1", "", 6), Group("unassigned", "", 2), Group("x", "d", 9)]
    made = partition(groups, POLICY)
    assert keys(made, "departments") == {"": {"team:1", "unassigned"}, "d": {"x"}}
    assert keys(made) == {"other:": {"team:1", "unassigned"}, "x": {"x"}}


def test_automation_is_a_row_of_its_own_and_tops_up_nobody() -> None:
    """Keys are not people: Automation joins no row, and a group that holds nobody is left out."""
    made = partition([AUTOMATION, Group("a", "d", 4), Group("gone", "d", 0)], POLICY)
    assert keys(made) == {"a": {"a"}, "automation": {"automation"}}
    assert keys(made, "departments") == {"d": {"a"}, "automation": {"automation"}}
    assert made.population == 4
    assert [row.automation for row in made.departments] == [False, True]


@pytest.mark.parametrize("seed", range(50))
def test_every_row_holds_k_people_and_rows_are_nested(seed: int) -> None:
    """In any organization of k or more, rows are disjoint, complete, nested, and hold k people."""
    rng = np.random.default_rng(seed)
    sizes = rng.integers(0, 12, rng.integers(1, 30))
    groups = [Group(f"t{n}", f"d{rng.integers(6)}", int(size)) for n, size in enumerate(sizes)]
    groups.append(AUTOMATION)
    made = partition(groups, POLICY)
    for rows in (made.departments, made.teams):
        members = sorted(one for row in rows for one in row.members)
        assert members == list(range(len(made.groups)))
        if sizes.sum() >= POLICY.k:
            assert all(row.population >= POLICY.k for row in rows if not row.automation)
    for row in made.teams:
        assert set(row.members) <= set(made.departments[row.parent].members)
    assert made == partition(groups[::-1], POLICY)


def weeks(*sizes: dict[str, int]) -> list[Partition]:
    """Return weeks of teams `department-team` of the given sizes."""
    return [
        partition([Group(key, key[0], size) for key, size in week.items()], POLICY)
        for week in sizes
    ]


def test_a_team_is_small_in_the_month_if_it_was_so_in_a_week() -> None:
    """Whoever stood in a merged row in one week does so in the month."""
    made = weeks({"d1": 6, "d2": 7, "d3": 9}, {"d1": 4, "d2": 7, "d3": 9})
    month = join(made, {"d1": 4, "d2": 7, "d3": 9})
    assert month_keys(month) == {"other:d": {"d1", "d2"}, "d3": {"d3"}}
    other = next(row for row in month.teams if row.key == "other:d")
    assert (other.parent, other.population) == ("d", 11)
    assert [sorted(made[n].teams[i].key for i in one) for n, one in enumerate(other.weeks)] == [
        ["d1", "d2"],
        ["other:d"],
    ]


def test_departments_that_stood_together_do_so_in_the_month() -> None:
    """Months of departments are joined over weeks, and their teams stay below them."""
    made = weeks({"d1": 6, "e1": 7, "f1": 20}, {"d1": 3, "e1": 7, "f1": 20})
    month = join(made, {"d1": 3, "e1": 7, "f1": 20})
    assert month_keys(month, "departments") == {"other-departments": {"d1", "e1"}, "f": {"f1"}}
    assert month_keys(month) == {"other:other-departments": {"d1", "e1"}, "f1": {"f1"}}


def test_a_team_that_moves_joins_two_departments_for_the_month() -> None:
    """Rows of a month stay nested when a team changes its department."""
    before = partition([Group("t", "d", 8), Group("u", "e", 9), Group("v", "d", 9)], POLICY)
    after = partition([Group("t", "e", 8), Group("u", "e", 9), Group("v", "d", 9)], POLICY)
    month = join([before, after], {"t": 8, "u": 9, "v": 9})
    assert month_keys(month, "departments") == {"other-departments": {"t", "u", "v"}}
    assert {row.parent for row in month.teams} == {"other-departments"}


def test_a_team_without_a_week_has_no_rows_there() -> None:
    """A team that begins or ends within the month has rows only in its weeks."""
    month = join(weeks({"d1": 6, "d2": 9}, {"d2": 9}), {"d2": 9})
    assert {row.key: row.weeks for row in month.teams} == {"d1": ((0,), ()), "d2": ((1,), (0,))}
    assert {row.key: row.population for row in month.teams} == {"d1": 0, "d2": 9}


@pytest.mark.parametrize("seed", range(30))
def test_month_rows_are_unions_of_week_rows(seed: int) -> None:
    """Over changing weeks each week row lies in one month row, and teams below departments."""
    rng = np.random.default_rng(seed)
    teams = [(f"t{n}", f"d{rng.integers(5)}") for n in range(rng.integers(2, 16))]
    made = []
    for _ in range(4):
        groups = [Group(key, home, int(rng.integers(0, 14))) for key, home in teams]
        made.append(partition([*groups, Group("sure", "d0", 9), AUTOMATION], POLICY))
    month = join(made, {one.key: one.population for one in made[-1].groups})
    for number, week in enumerate(made):
        for level in ("departments", "teams"):
            used = sorted(i for row in getattr(month, level) for i in row.weeks[number])
            assert used == list(range(len(getattr(week, level))))
            for row in getattr(month, level):
                inside = {week.groups[i].key for index in row.weeks[number]
                          for i in getattr(week, level)[index].members}  # fmt: skip
                assert inside <= set(row.members)
    departments = {row.key: set(row.members) for row in month.departments}
    assert all(set(row.members) <= departments[row.parent] for row in month.teams)
    assert [row.key for row in month.teams if row.automation] == ["automation"]
