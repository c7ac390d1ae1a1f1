"""Months tell nothing new: three months in a row, chained through the weeks that they cut."""

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import product

import numpy as np
import pytest

from claude_dash.clock import month_of, weeks_of_month
from claude_dash.privacy.cells import Ints, Shown
from claude_dash.privacy.gate import protect
from claude_dash.privacy.partition import join
from claude_dash.privacy.policy import Policy
from tests.property.attacker import Attacker, Masks, Reduced
from tests.property.worlds import DAYS, World, random_world, world_of

POLICY = Policy()
FIRST = date(2026, 1, 26)  # cut by February after six days, by March after six, by April after two
WEEKS = 10
SEEDS = range(12)
TOTAL, MODEL = 0, 1


def weeks_of(seed: int) -> list[World]:
    """Return consecutive weeks of one organization, in which people work more or less."""
    rng = np.random.default_rng(seed)
    start = random_world(rng, POLICY)
    keys = [one.key for one in start.partition.groups]
    found = []
    for number in range(WEEKS):
        monday = FIRST + timedelta(weeks=number)
        month = month_of(monday)
        cut = sum(month_of(monday + timedelta(days=day)) == month for day in range(DAYS))
        works = rng.random((len(start.amounts), DAYS, 1, 1)) < rng.uniform(0.1, 0.9)
        amounts = start.amounts * works * rng.integers(1, 4)
        by_key = {key: amounts[start.group == n] for n, key in enumerate(keys)}
        found.append(world_of(start.partition.groups, by_key, POLICY, cut))
    return found


def pieces(world: World, monday: date) -> list[tuple[date, slice]]:
    """Return the months of a week, each with its days in it."""
    last = month_of(monday + timedelta(days=DAYS - 1))
    whole = [(month_of(monday), slice(0, world.cut)), (last, slice(world.cut, DAYS))]
    return whole[: 1 if world.cut == DAYS else 2]


def known(worlds: Sequence[World], shown: Sequence[Shown], which: int, *, guess: bool) -> Masks:
    """Return what is shown of weeks, days, parts and months, as sums of (week, day, value).

    With `guess` a month is shown although a part of it is not, as a careless gate would.
    """
    values = worlds[0].amounts.shape[2] if which == MODEL else 1
    masks = []
    months: dict[tuple[date, int], tuple[Ints, bool]] = {}
    for number, (world, one) in enumerate(zip(worlds, shown, strict=True)):
        for value in range(values):
            at = (slice(None),) if which == TOTAL else (value,)
            spans = [(slice(day, day + 1), one.days[day, value]) for day in range(DAYS)]
            spans.append((slice(0, DAYS), one.organization[value]))
            for part, (month, days) in enumerate(pieces(world, FIRST + timedelta(weeks=number))):
                code = one.organization[value] if one.parts is None else one.parts[part, value]
                spans.append((days, code))
                mask, is_shown = months.setdefault(
                    (month, value), (np.zeros((WEEKS, DAYS, world.amounts.shape[2])), True)
                )
                mask[(number, days, *at)] = 1
                months[month, value] = mask, is_shown and not code
            for days, code in spans:
                if not code:
                    mask = np.zeros((WEEKS, DAYS, world.amounts.shape[2]))
                    mask[(number, days, *at)] = 1
                    masks.append(mask)
    masks += [mask for mask, is_shown in months.values() if is_shown or guess]
    atoms = WEEKS * DAYS * worlds[0].amounts.shape[2]
    return np.array(masks).reshape(len(masks), atoms).astype(np.int64)


def leaks(seed: int, *, guess: bool = False) -> list[tuple[int, ...]]:
    """Return the (first day, last day, value) of sums that can be computed and fail."""
    worlds = weeks_of(seed)
    answers = [protect(world.week, POLICY) for world in worlds]
    models = worlds[0].amounts.shape[2]
    masks = np.concatenate([
        known(worlds, [one[which] for one in answers], which, guess=guess)
        for which in (TOTAL, MODEL)
    ])  # fmt: skip
    amounts = np.stack([world.amounts.sum(axis=3) for world in worlds], axis=1)
    amounts = amounts.reshape(len(amounts), -1)
    zeros = masks[(masks @ amounts.T).sum(axis=1) == 0].any(axis=0)
    names, tried = [], []
    for begin, end in product(range(WEEKS * DAYS), repeat=2):
        for value in range(-1, models):
            if begin <= end:
                mask = np.zeros((WEEKS * DAYS, models), dtype=np.int64)
                mask[begin : end + 1, slice(None) if value < 0 else value] = 1
                names.append((begin, end, value))
                tried.append(mask.ravel())
    wanted = np.array(tried)
    reached = Reduced(masks, zeros).reaches(wanted)
    sums = (wanted[reached].astype(float) @ amounts.T).astype(np.int64)
    failing = Attacker(worlds[0].truth, [], POLICY).fails(sums)
    return [names[at] for at in np.flatnonzero(reached)[failing]]


@pytest.mark.parametrize("seed", SEEDS)
def test_months_of_the_organization_tell_nothing_new(seed: int) -> None:
    """No span of days, of all or one model, can be computed that fails, though weeks are cut."""
    assert leaks(seed) == []


def test_a_month_that_is_shown_although_a_part_fails_is_found_out() -> None:
    """Months that ignore their parts give a figure of few people away."""
    assert any(leaks(seed, guess=True) for seed in SEEDS)


@pytest.mark.parametrize("seed", range(40))
def test_months_of_groups_hold_k_people_in_each_week(seed: int) -> None:
    """Month rows unite whole rows of their weeks, so that they show no group that a week hides."""
    rng = np.random.default_rng(seed)
    weeks = [one.partition for one in (random_world(rng, POLICY) for _ in range(4))]
    month = join(weeks, {one.key: one.population for one in weeks[-1].groups})
    mondays = weeks_of_month(date(2026, 2, 1))
    assert len(mondays) == len(weeks)
    for number, week in enumerate(weeks):
        for level in ("departments", "teams"):
            rows = getattr(week, level)
            for one in getattr(month, level):
                people = sum(rows[index].population for index in one.weeks[number])
                is_empty = not one.weeks[number]
                assert is_empty or one.automation or week.population < 5 or people >= POLICY.k
