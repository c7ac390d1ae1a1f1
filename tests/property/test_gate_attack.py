"""Nothing that may not be shown can be computed from what is, and a broken gate is noticed."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from claude_dash.privacy import columns, days, families, gate, partition, tables, unions
from claude_dash.privacy.cells import Group, Ints, Partition
from claude_dash.privacy.policy import Policy
from tests.property.attacker import Attacker
from tests.property.worlds import random_world, world_of

POLICY = Policy()
SEEDS = range(30)
MANY_SEEDS = range(1000, 1700)
OTHER_POLICIES = (Policy(k=8), Policy(c=5), Policy(p=30))


def leaks(seed: int, policy: Policy, used: Policy | None = None) -> list[str]:
    """Return what an attacker finds on a random organization that the gate protects."""
    world = random_world(np.random.default_rng(seed), policy)
    known = list(world.known(gate.protect(world.week, used or policy)))
    return Attacker(world.truth, known, policy).leaks()


@pytest.mark.parametrize("first", range(0, len(SEEDS), 10))
def test_an_attacker_computes_nothing_that_fails(first: int) -> None:
    """No failing figure follows from all that is shown, and what is shown is the truth.

    Over teams, departments, technical values of two dimensions, days and the parts of cut weeks.
    """
    for seed in SEEDS[first : first + 10]:
        assert leaks(seed, POLICY) == [], f"seed {seed}"


@pytest.mark.parametrize("policy", OTHER_POLICIES, ids=str)
def test_stricter_policies_hold_as_well(policy: Policy) -> None:
    """A larger k, c or p is kept like the smallest."""
    for seed in SEEDS[:4]:
        assert leaks(seed, policy) == [], f"seed {seed}"


@pytest.mark.load
@pytest.mark.parametrize("seed", MANY_SEEDS)
def test_an_attacker_finds_nothing_in_many_organizations(seed: int) -> None:
    """The same over some hundred organizations, each with a policy of its own."""
    policy = (POLICY, POLICY, *OTHER_POLICIES)[seed % 5]
    assert leaks(seed, policy) == []


def test_shown_groups_hold_k_people() -> None:
    """Every number of people is about none or at least k of them, whatever is subtracted.

    Rows of a level share nobody, so that each union or difference of them is a union of rows.
    """
    for seed in SEEDS:
        made = random_world(np.random.default_rng(seed), POLICY).partition
        if made.population >= 2 * POLICY.k:
            assert _is_safe(made)


def _is_safe(made: Partition) -> bool:
    rows = [row for row in (*made.departments, *made.teams) if not row.automation]
    return all(row.population >= POLICY.k for row in rows)


def _without_top_up(cells: Ints, hidden: Ints, _: Ints, policy: Policy) -> Any:
    return hidden | (unions.reasons(cells, policy) != 0).any(axis=0)


def _keys_are_people(groups: Ints, made: Partition) -> families.Levels[np.int64]:
    nobody = tuple(replace(one, automation=False) for one in made.groups)
    return families.levels(groups, replace(made, groups=nobody))


def _nothing(*_: object) -> None:
    pass


def _settled(*_: object) -> bool:
    return True


def _without_zeros(family: columns.Family, policy: Policy) -> bool:
    return columns.settle(family, policy) or True


def _whole_week(_: object) -> tuple[slice, ...]:
    return (slice(0, 7),)


BREAKS: dict[str, list[tuple[Any, str, Callable[..., Any]]]] = {
    "families hide no second row": [(families, "_top_up", _nothing)],
    "keys count as people": [(gate, "levels", _keys_are_people)],
    "no second value is hidden": [
        (tables, "hide_values", _without_top_up), (days, "hide_values", _without_top_up),
    ],
    "no row rule": [(tables, "_hold_rows", _nothing)],
    "no column rule": [(tables, "settle", _settled)],
    "days hide no second day": [(days, "_hide_days", _nothing)],
    "days ignore the month's end": [(days, "spans", _whole_week)],
}  # fmt: skip


@pytest.mark.parametrize("broken", BREAKS)
def test_a_gate_that_lacks_a_step_is_found_out(
    broken: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each step of the gate is needed: without it the attacker succeeds."""
    for module, name, substitute in BREAKS[broken]:
        monkeypatch.setattr(module, name, substitute)
    assert any(leaks(seed, POLICY) for seed in SEEDS)


@pytest.mark.parametrize(
    ("policy", "used"),
    [
        pytest.param(Policy(c=4), Policy(c=1), id="contributor floor of 1"),
        pytest.param(Policy(), Policy(p=0), id="no p % rule"),
        pytest.param(Policy(), Policy(c=2, p=9), id="both a little lower"),
    ],
)
def test_a_gate_with_lower_limits_is_found_out(policy: Policy, used: Policy) -> None:
    """The attacker notices a gate that is milder than the policy."""
    assert any(leaks(seed, policy, used) for seed in SEEDS)


def test_a_partition_without_top_up_is_found_out(monkeypatch: pytest.MonkeyPatch) -> None:
    """A partition that lets small groups stand alone shows fewer than k people."""
    together = partition._stand_together

    def alone(sizes: Any, other: str, _: int) -> Any:
        return together(sizes, other, 1)

    monkeypatch.setattr(partition, "_stand_together", alone)
    groups = [Group("a", "d", 4), Group("b", "d", 40)]
    assert not _is_safe(partition.partition(groups, POLICY))


def test_zeros_are_hidden_where_they_tell_a_hidden_value(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where nothing is left to hide but zeros, they are hidden too; it happens, and it is needed.

    Rows and columns alone would leave a leak: one team uses both models, the other one of them.
    """
    both, one = np.zeros((9, 7, 2, 1), dtype=np.int64), np.zeros((12, 7, 2, 1), dtype=np.int64)
    both[:5, 0, 0], both[5, 0, :, 0], one[:6, 0, 1] = 7, (6, 3), 5
    groups = [Group("a", "d", len(both)), Group("b", "d", len(one))]
    world = world_of(groups, {"a": both, "b": one}, POLICY, 7)

    def found() -> list[str]:
        known = list(world.known(gate.protect(world.week, POLICY)))
        return Attacker(world.truth, known, POLICY).leaks()

    assert found() == []
    monkeypatch.setattr(tables, "settle", _without_zeros)
    assert found() != []
