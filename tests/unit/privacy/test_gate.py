"""The gate on small weeks made by hand."""

from collections.abc import Sequence

import numpy as np
import pytest

from claude_dash.privacy.cells import Cells, Group, Hidden, Ints, Shown
from claude_dash.privacy.gate import protect
from claude_dash.privacy.policy import Policy
from claude_dash.privacy.unions import overlay, reasons, stack, unite
from tests.property.worlds import World, cells_of, random_world, stacked, world_of

POLICY = Policy()
NO, SMALL, DOMINANCE, SECONDARY = Hidden
MONDAY, TUESDAY, SUNDAY = 0, 1, 6
TOTAL, MODEL = 0, 1  # which magnitude of a week
SEEDS = 8


def team(population: int, *used: Sequence[int], day: int = MONDAY, models: int = 1) -> Ints:
    """Return the amounts of a team: for each user what is used of each model, on one day."""
    amounts = np.zeros((population, 7, models, 1), dtype=np.int64)
    for person, row in enumerate(used):
        amounts[person, day, :, 0] = row
    return amounts


def world(cut: int = 7, **teams: Ints) -> World:
    """Return a week of teams called `<department>_<number>`; `automation` holds keys."""
    groups = [
        Group(key, key, 0, automation=True)
        if key == "automation"
        else Group(key, key.split("_")[0], len(amounts))
        for key, amounts in teams.items()
    ]
    return world_of(groups, teams, POLICY, cut)


def shown(made: World, which: int = TOTAL) -> Shown:
    """Return what is shown of the total or of the table by model."""
    return protect(made.week, POLICY)[which]


def teams_of(made: World, which: int = TOTAL) -> dict[str, list[int]]:
    """Return the codes of team rows, by key."""
    codes = shown(made, which).teams
    return {row.key: codes[n].tolist() for n, row in enumerate(made.partition.teams)}


EVEN = ([9], [8], [7], [8])


def test_an_organization_of_three_shows_nothing() -> None:
    """Below k people there are no figures, not even zeros."""
    for one in protect(world(a_1=team(3, [9], [8], [7])).week, POLICY):
        for codes in (one.organization, one.departments, one.teams, one.days):
            assert (codes == SMALL).all()


def test_an_organization_of_eight_shows_weekly_figures_only() -> None:
    """Below 2k people the organization's week is all there is (R11)."""
    made = world(cut=3, a_1=team(8, *EVEN))
    for one in protect(made.week, POLICY):
        assert one.parts is not None
        assert (one.organization == NO).all()
        for codes in (one.departments, one.teams, one.days, one.parts):
            assert (codes == SMALL).all()


def test_keys_alone_are_shown_where_the_organization_is_large_enough() -> None:
    """API keys alone use Claude: R3 and R4 decide, a key being a contributor."""
    made = world(a_1=team(12), automation=team(4, *EVEN))
    assert shown(made).organization.tolist() == [NO]
    assert teams_of(made) == {"a_1": [NO], "automation": [NO]}
    alone = world(automation=team(4, *EVEN))
    assert shown(alone).organization.tolist() == [SMALL]


def test_a_team_of_exactly_k_with_one_user_is_hidden_with_another() -> None:
    """One user of a team of five is hidden, and the smallest other team with it."""
    made = world(a_1=team(5, [9]), a_2=team(8, *EVEN), a_3=team(9, *EVEN))
    assert teams_of(made) == {"a_1": [SMALL], "a_2": [SECONDARY], "a_3": [NO]}


def test_a_week_without_use_is_shown_as_zero_and_protects_nobody() -> None:
    """A zero is no secret: it is shown, and never hidden in place of a figure."""
    made = world(a_1=team(5, [9]), a_2=team(6), a_3=team(9, *EVEN), a_4=team(10, *EVEN))
    expected = {"a_1": [SMALL], "a_2": [NO], "a_3": [SECONDARY], "a_4": [NO]}
    assert teams_of(made) == expected


def test_one_developer_who_makes_everything_is_not_shown_anywhere() -> None:
    """When one person makes all pull requests, no total of them is shown."""
    made = world(a_1=team(10, [30]), b_1=team(20))
    assert shown(made).organization.tolist() == [SMALL]
    assert teams_of(made) == {"a_1": [SMALL], "b_1": [SECONDARY]}
    assert (shown(made).days != NO).all()


def test_a_heavy_user_is_not_exposed_to_the_second_largest() -> None:
    """A total is hidden when all but the two largest are under 10 % of the largest."""
    made = world(
        a_1=team(9, [1000], [500], [60], [39]),
        a_2=team(9, [1000], [500], [60], [40]),
        a_3=team(9, *EVEN * 2),
    )
    assert teams_of(made)["a_1"] == [DOMINANCE]
    assert made.week.magnitudes[TOTAL].groups.total[1] == 1600
    assert teams_of(world(a_1=team(10, [1000], [500], [60], [40]))) == {"a_1": [NO]}


def test_the_p_percent_rule_is_exact_for_the_largest_amounts() -> None:
    """Nanodollars of 1e17 neither overflow nor are rounded."""
    largest = 10**17
    for rest, reason in ((10**16, NO), (10**16 - 1, DOMINANCE)):
        cell = Cells(*(np.array([[one]]) for one in (9, 2 * largest + rest, largest, largest)))
        assert reasons(stack(cell), POLICY).tolist() == [[reason]]


def test_keys_never_top_up_people() -> None:
    """One person among four keys is not shown, alone or by leaving the keys out."""
    made = world(a_1=team(12, [9]), automation=team(4, *EVEN))
    assert shown(made).organization.tolist() == [SMALL]
    assert (shown(made).departments != NO).all()


def test_automation_is_not_hidden_to_protect_people() -> None:
    """A department with one user is protected by people, and Automation stays."""
    made = world(
        a_1=team(6, [9]), b_1=team(20, *EVEN), c_1=team(30, *EVEN), automation=team(4, *EVEN)
    )
    assert teams_of(made) == {
        "a_1": [SMALL], "b_1": [SECONDARY], "c_1": [NO], "automation": [NO],
    }  # fmt: skip


def test_hidden_automation_is_protected_by_people() -> None:
    """Two keys are hidden, and the smallest department of people with them."""
    made = world(b_1=team(20, *EVEN), c_1=team(30, *EVEN), automation=team(2, [5], [6]))
    assert teams_of(made) == {"b_1": [SECONDARY], "c_1": [NO], "automation": [SMALL]}


def test_below_a_hidden_department_nothing_is_shown() -> None:
    """Teams of a hidden department are hidden, the passing ones and the zeros too."""
    made = world(
        a_1=team(8, [600], [8], [7]), a_2=team(9), b_1=team(30, *EVEN * 3), c_1=team(40, *EVEN)
    )
    expected = {"a_1": [DOMINANCE], "a_2": [SECONDARY], "b_1": [SECONDARY], "c_1": [NO]}
    assert teams_of(made) == expected


def test_a_failing_value_is_hidden_with_the_least_used_other() -> None:
    """One user of a model is hidden together with the model that has the fewest users."""
    many = [[0, 5, 5]] * 6 + [[0, 0, 5]] * 4
    made = world(a_1=team(20, [4, 5, 5], *many, models=3))
    assert shown(made, MODEL).organization.tolist() == [SMALL, SECONDARY, NO]
    assert teams_of(made, MODEL) == {"a_1": [SMALL, SECONDARY, NO]}


def test_a_value_hidden_in_one_row_is_hidden_in_a_second_one() -> None:
    """A team's failing value does not follow from the other teams and their department."""
    few, many = [[0, 5]] * 5 + [[2, 5]], [[3, 5]] * 8
    made = world(a_1=team(9, *few, models=2), a_2=team(12, *many, models=2),
                 a_3=team(15, *many, models=2))  # fmt: skip
    assert shown(made, MODEL).organization.tolist() == [NO, NO]
    codes = teams_of(made, MODEL)
    assert codes["a_1"] == [SMALL, SECONDARY]
    assert codes["a_2"] == [SECONDARY, SECONDARY]
    assert codes["a_3"] == [NO, NO]


def test_where_nothing_is_left_to_hide_the_whole_table_goes() -> None:
    """When zeros would tell a hidden value, they are hidden as well."""
    made = world(
        a_1=team(9, *[[7, 0]] * 5, [6, 3], models=2), a_2=team(12, *[[0, 5]] * 6, models=2)
    )
    assert shown(made, MODEL).organization.tolist() == [NO, NO]
    assert teams_of(made, MODEL) == {"a_1": [SECONDARY, SMALL], "a_2": [SECONDARY, SECONDARY]}
    assert teams_of(made) == {"a_1": [NO], "a_2": [NO]}


def test_below_the_organization_at_most_eight_values_are_shown() -> None:
    """The eight most used values are shown by group, the others count as hidden."""
    made = world(
        a_1=team(12, *[[5] * 10] * 12, models=10), b_1=team(12, *[[5] * 10] * 12, models=10)
    )
    assert (shown(made, MODEL).organization == NO).all()
    assert shown(made, MODEL).teams.tolist() == [[NO] * 8 + [SECONDARY] * 2] * 2


def test_a_day_with_one_user_is_hidden_with_another_day() -> None:
    """Sunday's only user is not the week less its other days."""
    amounts = team(20, *EVEN) + team(20, *EVEN, *EVEN, day=TUESDAY)
    amounts[0, SUNDAY] = 9
    codes = shown(world(a_1=amounts)).days[:, 0].tolist()
    assert codes == [SECONDARY, NO, NO, NO, NO, NO, SMALL]


def test_a_part_of_a_week_that_fails_hides_days_and_both_parts() -> None:
    """When the month ends on a Sunday of one user, neither month nor any day tells of it."""
    amounts = team(20, *EVEN) + team(20, *EVEN, day=TUESDAY)
    amounts[0, SUNDAY] = 9
    one = shown(world(cut=6, a_1=amounts))
    assert one.parts is not None
    assert one.organization.tolist() == [NO]
    assert one.parts.tolist() == [[SECONDARY], [SMALL]]
    assert (one.days != NO).all()


def test_days_are_hidden_within_their_part() -> None:
    """The day that protects another lies in the same month."""
    amounts = sum(team(20, *EVEN, day=day) for day in (0, 1, 5)) + team(20, *EVEN * 2, day=2)
    amounts[0, SUNDAY] = 9
    codes = shown(world(cut=5, a_1=amounts)).days[:, 0].tolist()
    assert codes == [NO, NO, NO, NO, NO, SECONDARY, SMALL]


def test_a_value_that_fails_in_one_part_counts_towards_no_month() -> None:
    """A model with one user after the month's end is hidden in both parts, with another one."""
    first = team(20, *[[5, 5, 5]] * 9, models=3)
    second = team(20, [9, 5, 5], *[[0, 5, 5]] * 8, day=SUNDAY, models=3)
    one = shown(world(cut=4, a_1=first + second), MODEL)
    assert one.parts is not None
    assert one.organization.tolist() == [NO] * 3
    assert one.parts.tolist() == [[SECONDARY, SECONDARY, NO], [SMALL, SECONDARY, NO]]


def test_a_joiners_week_hides_more_than_the_joiner() -> None:
    """The first week with a sixth person who works does not tell what they did.

    Five people were there before; with the joiner, who alone uses Claude, the team stays hidden.
    """
    before = world(a_1=team(5), a_2=team(9, *EVEN), a_3=team(9, *EVEN))
    after = world(a_1=team(6, [9]), a_2=team(9, *EVEN), a_3=team(9, *EVEN))
    assert teams_of(before) == {"a_1": [NO], "a_2": [NO], "a_3": [NO]}
    assert teams_of(after) == {"a_1": [SMALL], "a_2": [SECONDARY], "a_3": [NO]}


@pytest.mark.parametrize("seed", range(SEEDS))
def test_unions_of_cells_are_those_of_people(seed: int) -> None:
    """Uniting different people is exact; the same people never look safer than they are."""
    rng = np.random.default_rng(seed)
    amounts = rng.lognormal(3, 2, (12, 3)).astype(np.int64) * rng.integers(0, 2, (12, 3))
    halves = stack(stacked([cells_of(half) for half in (amounts[:5], amounts[5:])]))
    whole = stack(stacked([cells_of(amounts)]))
    assert (unite(halves) == whole).all()
    exact = stack(stacked([cells_of(amounts.sum(axis=1, keepdims=True))]))
    bound = overlay(whole)
    assert (bound[1] == exact[1]).all()
    assert (bound[0] <= exact[0]).all()
    assert (bound[2:].sum(axis=0) >= exact[2:].sum(axis=0)).all()
    assert (bound[2] >= exact[2]).all()


@pytest.mark.parametrize("seed", range(SEEDS))
def test_every_total_has_one_outcome_whatever_else_is_asked(seed: int) -> None:
    """The same cells give the same codes, in any order of measures and tables."""
    week = random_world(np.random.default_rng(seed), POLICY).week
    straight = protect(week, POLICY)
    again = protect(type(week)(week.partition, week.magnitudes[::-1]), POLICY)[::-1]
    for one, other in zip(straight, again, strict=True):
        for name in ("organization", "departments", "teams", "days", "parts"):
            assert np.array_equal(getattr(one, name), getattr(other, name))
