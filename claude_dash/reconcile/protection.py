"""Why a measure of two sources may not be told side by side."""

from collections.abc import Sequence
from itertools import combinations

import numpy as np

from claude_dash.privacy.cells import Ints, Reasons
from claude_dash.privacy.policy import Policy
from claude_dash.privacy.unions import reasons
from claude_dash.reconcile.sides import MEASURES, WEEKS, Side


def why_hidden(one: Side, other: Side, every: Sequence[Side], policy: Policy) -> Reasons:
    """Return why the totals of the same people and days may not be told, by measure; 0: they may.

    Whoever sees the same as both makes a pair with each, which is told as well: what those pairs
    tell, put together, is checked too.
    """
    near = [
        side
        for side in every
        if side is not one and side is not other
        and one.also_in(side).any() and other.also_in(side).any()
    ]  # fmt: skip
    found = np.zeros(len(MEASURES), dtype=np.int8)
    for side in (one, other, *near):
        found = np.maximum(found, _of_parts(side, every, policy))
    for first, second in combinations((one, other, *near), 2):
        shared = first.shares(second)
        is_told = np.array([name in shared for name in MEASURES])
        found = np.maximum(found, np.where(is_told, _of_difference(first, second, policy), 0))
    return found


def _of_parts(side: Side, every: Sequence[Side], policy: Policy) -> Reasons:
    """Return why any part of a side may not be told.

    A part is what the same others also tell of in one week. Whatever is told of a side, with any
    other and over any weeks, is some parts together, so it passes when each part does. What is
    released of the side less what is told leaves the part that it has alone, with keys or without.
    """
    seen_by = np.zeros(len(side.pairs), dtype=np.int64)
    for number, other in enumerate(each for each in every if each is not side):
        seen_by |= side.also_in(other).astype(np.int64) << number
    part = seen_by * WEEKS + side.weeks
    found = np.zeros(len(MEASURES), dtype=np.int8)
    for one in np.unique(part):
        for rows in (part == one, (part == one) & ~side.keys):
            sums = _by_person(side.persons[rows], side.amounts[rows])
            found = np.maximum(found, _why(sums, policy))
    return found


def _of_difference(one: Side, other: Side, policy: Policy) -> Reasons:
    """Return why the difference of two sides may not be told of any weeks that follow each other.

    Unlike totals, differences of some weeks may cancel and leave those of a few.
    """
    mine, theirs = one.also_in(other), other.also_in(one)
    found = np.zeros(len(MEASURES), dtype=np.int8)
    for first, last in combinations(range(WEEKS + 1), 2):
        # The same pairs in the same order, so the same people.
        sums, others = (
            _by_person(side.persons[rows], side.amounts[rows])
            for side, same in ((one, mine), (other, theirs))
            for rows in (same & (side.weeks >= first) & (side.weeks < last),)
        )
        found = np.maximum(found, _why(np.abs(sums - others), policy))
    return found


def _by_person(persons: Ints, amounts: Ints) -> Ints:
    people, at = np.unique(persons, return_inverse=True)
    sums = np.zeros((len(people), len(MEASURES)), dtype=np.int64)
    np.add.at(sums, at, amounts)
    return sums


def _why(sums: Ints, policy: Policy) -> Reasons:
    """Return why the totals of some people fail by R3 or R4; 0: they pass, or are nothing."""
    nobody = np.zeros((2, len(MEASURES)), dtype=np.int64)
    x2, x1 = np.sort(np.vstack([sums, nobody]), axis=0)[-2:]
    cells = np.stack([(sums > 0).sum(axis=0), sums.sum(axis=0), x1, x2])
    found: Reasons = reasons(cells[:, None, None], policy)[0]
    return found
