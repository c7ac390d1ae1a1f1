"""The gate: cells of one ISO week in, what may be shown out. Pure, without store or clock.

Totals of a measure are protected first, top down; its tables and days respect them. From what is
shown nobody can compute a magnitude of fewer than c contributors or one that fails the p % rule.
"""

import numpy as np

from claude_dash.privacy import days
from claude_dash.privacy.cells import Ints, Magnitude, Reasons, Shown, Week
from claude_dash.privacy.families import Levels, Shape, levels, protect_totals
from claude_dash.privacy.policy import Policy
from claude_dash.privacy.tables import protect_table
from claude_dash.privacy.unions import SMALL_GROUP, stack


def protect(week: Week, policy: Policy) -> list[Shown]:
    """Return what is shown of each magnitude of a week, in their order.

    Every measure of a table has a magnitude of its own without a dimension, its total. A table's
    values add up to it.
    """
    made, population = week.magnitudes, week.partition.population
    if not made or population < policy.k:
        return [_nothing(one, week) for one in made]
    is_small = population < 2 * policy.k
    cells = levels(np.concatenate([stack(one.groups) for one in made], axis=-1), week.partition)
    shape = Shape.of(week.partition)
    ends = np.cumsum([len(one.values) for one in made])
    spans = [np.arange(end - len(one.values), end) for one, end in zip(made, ends, strict=True)]

    totals = [number for number, one in enumerate(made) if not one.dimension]
    codes = protect_totals(cells.pick(ends[totals] - 1), shape, policy)
    found: dict[int, Shown] = {}
    by_measure: dict[str, int] = {}
    for column, number in enumerate(totals):
        one, own = made[number], codes.pick(np.array([column]))
        by_measure[one.measure] = number
        by_day = days.protect_total(one, own.organization, policy)
        found[number] = _shown(one, own, by_day, is_small=is_small)
    for number, one in enumerate(made):
        if not one.dimension:
            continue
        names = _places(one)
        total = by_measure[one.measure]
        above = codes.pick(np.array([totals.index(total)]))
        own = protect_table(cells.pick(spans[number]), above, shape, names, policy)
        by_day = days.Days(found[total].days, found[total].parts)
        by_day = days.protect_values(
            one, made[total], own.organization, above=by_day, names=names, policy=policy
        )
        found[number] = _shown(one, own, by_day, is_small=is_small)
    return [found[number] for number in range(len(made))]


def _places(made: Magnitude) -> Ints:
    """Return the place of each value by its name."""
    return np.argsort(np.argsort(np.array(made.values), kind="stable"))


def _shown(made: Magnitude, codes: Levels[np.int8], by_day: days.Days, *, is_small: bool) -> Shown:
    if is_small:
        by_day = days.closed(made)
        codes = Levels(
            codes.organization,
            np.full_like(codes.departments, SMALL_GROUP),
            np.full_like(codes.teams, SMALL_GROUP),
        )
    return Shown(codes.organization[0], codes.departments, codes.teams, by_day.days, by_day.parts)


def _nothing(made: Magnitude, week: Week) -> Shown:
    """Hide everything: the organization is too small to be shown (R2, R11)."""
    values, by_day = len(made.values), days.closed(made)

    def hidden(*shape: int) -> Reasons:
        return np.full(shape, SMALL_GROUP)

    return Shown(
        hidden(values),
        hidden(len(week.partition.departments), values),
        hidden(len(week.partition.teams), values),
        by_day.days,
        by_day.parts,
    )
