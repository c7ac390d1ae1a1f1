"""The gate: cells of one ISO week in, what may be shown out. Pure, without store or clock.

Totals of a measure are protected first, top down; its tables and days respect them. From what is
shown nobody can compute a magnitude of fewer than c contributors or one that fails the p % rule.
"""

from dataclasses import dataclass

import numpy as np

from claude_dash.privacy import days
from claude_dash.privacy.cells import Ints, Magnitude, Reasons, Shown, Week
from claude_dash.privacy.families import Levels, Shape, levels, protect_totals
from claude_dash.privacy.policy import Policy
from claude_dash.privacy.tables import protect_table
from claude_dash.privacy.unions import SMALL_GROUP, stack


def protect(week: Week, policy: Policy) -> list[Shown]:
    """Return what is shown of each magnitude of a week, in their order.

    Every measure of a table has a magnitude of its own without a dimension, its total, or that of
    a coarser dimension. A table's values add up to it.
    """
    made, population = week.magnitudes, week.partition.population
    if not made or population < policy.k:
        return [_nothing(one, week) for one in made]
    is_small = population < 2 * policy.k
    is_whole = not week.partition.tells_groups(policy.k)
    cells = levels(np.concatenate([stack(one.groups) for one in made], axis=-1), week.partition)
    shape = Shape.of(week.partition)
    ends = np.cumsum([len(one.values) for one in made])
    spans = [np.arange(end - len(one.values), end) for one, end in zip(made, ends, strict=True)]

    totals = [number for number, one in enumerate(made) if not one.dimension]
    codes = protect_totals(cells.pick(ends[totals] - 1), shape, policy)
    found: dict[tuple[str, str], Protected] = {}
    for column, number in enumerate(totals):
        one, own = made[number], codes.pick(np.array([column]))
        by_day = days.protect_total(one, own.organization, policy)
        found[one.measure, ""] = Protected(one, own, by_day)
    for number, one in sorted(enumerate(made), key=lambda pair: bool(pair[1].above)):
        if one.dimension:
            whole = found[one.measure, one.above]
            table = Table(one, cells.pick(spans[number]))
            found[one.measure, one.dimension] = table.protect(whole, shape, policy)
    return [
        _shown(found[one.measure, one.dimension], is_small=is_small, is_whole=is_whole)
        for one in made
    ]


@dataclass(frozen=True, slots=True)
class Protected:
    """A magnitude, its codes on the three levels of people, and by day."""

    made: Magnitude
    codes: Levels[np.int8]
    by_day: days.Days

    def pick(self, columns: Ints) -> "Protected":
        """Return some of its values."""
        return Protected(self.made.pick(columns), self.codes.pick(columns),
                         self.by_day.pick(columns))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Table:
    """A magnitude with technical values, and its cells on the three levels of people."""

    made: Magnitude
    cells: Levels[np.int64]

    def protect(self, whole: Protected, shape: Shape, policy: Policy) -> Protected:
        """Return its codes, below those of the whole that its values add up to.

        Where the wholes are several, as kinds are to features, the values of each are a table of
        their own: what one kind hides is never what protects a feature of another.
        """
        if not self.made.above:
            return self._protect(whole, shape, policy)
        parts, places = [], []
        for number in range(len(whole.made.values)):
            inside = np.flatnonzero(np.array(self.made.within) == number)
            if len(inside):
                one = Table(self.made.pick(inside), self.cells.pick(inside))
                parts.append(one._protect(whole.pick(np.array([number])), shape, policy))
                places.append(inside)
        back = np.argsort(np.concatenate(places))
        codes = Levels(*(
            np.concatenate([getattr(one.codes, level) for one in parts], axis=-1)[..., back]
            for level in ("organization", "departments", "teams")
        ))  # fmt: skip
        return Protected(self.made, codes, days.joined([one.by_day for one in parts]).pick(back))

    def _protect(self, whole: Protected, shape: Shape, policy: Policy) -> Protected:
        names = _places(self.made)
        own = protect_table(self.cells, whole.codes, shape, names, policy)
        by_day = days.protect_values(
            self.made, whole.made, own.organization, above=whole.by_day, names=names, policy=policy
        )
        return Protected(self.made, own, by_day)


def _places(made: Magnitude) -> Ints:
    """Return the place of each value by its name."""
    return np.argsort(np.argsort(np.array(made.values), kind="stable"))


def _shown(one: Protected, *, is_small: bool, is_whole: bool) -> Shown:
    codes, by_day = one.codes, one.by_day
    if is_small:
        by_day = days.closed(one.made)
    if is_whole:
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
