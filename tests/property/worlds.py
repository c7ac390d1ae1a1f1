"""Random organizations, person by person, and the cells that the gate sees of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from claude_dash.privacy.cells import Cells, Group, Ints, Magnitude, Partition, Shown, Week
from claude_dash.privacy.partition import partition
from claude_dash.privacy.policy import Policy
from tests.property.attacker import Masks, Truth

MEASURE = "tokens"
DIMENSIONS = ("model", "terminal_type")
DAYS = 7


@dataclass(frozen=True, slots=True)
class World:
    """The truth about one week.

    amounts: of each contributor, shape (contributors, days, models, terminals). group: index into
    `partition.groups` of each. is_key: who is a key. cut: days in the first month, 7 for all.
    """

    partition: Partition
    amounts: Ints
    group: Ints
    is_key: NDArray[np.bool_]
    cut: int

    @property
    def row(self) -> Ints:
        """Return the team row of each contributor."""
        of_group = {i: n for n, row in enumerate(self.partition.teams) for i in row.members}
        return np.array([of_group[one] for one in self.group.tolist()], dtype=np.int64)

    @property
    def truth(self) -> Truth:
        """Return what an attacker does not know."""
        models, terminals = self.amounts.shape[2:]
        every = np.eye(models * terminals, dtype=np.int64).reshape(models, terminals, -1)
        tables = (every.sum(axis=1), every.sum(axis=0))
        flat = self.amounts.reshape(*self.amounts.shape[:2], -1)
        return Truth(flat, self.row, len(self.partition.teams), self.is_key, tables)

    def known(self, shown: Sequence[Shown]) -> Iterator[tuple[Masks, int]]:
        """Yield each value that the gate shows, with the atoms that it is the sum of."""
        teams, departments = self.partition.teams, self.partition.departments
        below = [np.array([row.parent == n for row in teams]) for n in range(len(departments))]
        every = np.ones(len(teams), dtype=bool)
        singles = list(np.eye(len(teams), dtype=bool))
        days = list(np.eye(DAYS, dtype=bool))
        halves = [np.arange(DAYS) < self.cut, np.arange(DAYS) >= self.cut]
        week = np.ones(DAYS, dtype=bool)
        truth = self.truth
        tables = {"": np.ones((1, truth.shape[2]), dtype=np.int64)}
        tables |= dict(zip(DIMENSIONS, truth.tables, strict=True))
        for made, one in zip(self.week.magnitudes, shown, strict=True):
            for codes, rows, spans, totals in (
                (one.organization[None], [every], [week], made.groups.total.sum(axis=0)[None]),
                (one.departments, below, [week], _sums(made.groups, departments)),
                (one.teams, singles, [week], _sums(made.groups, teams)),
                (one.days, [every], days, made.days.total),
                (one.parts, [every], halves, made.parts.total if made.parts else None),
            ):
                if codes is None or totals is None:
                    continue
                for number, (rowset, dayset) in enumerate(product(rows, spans)):
                    for value in np.flatnonzero(codes[number] == 0).tolist():
                        mask = np.zeros(truth.shape, dtype=np.int64)
                        mask[np.ix_(rowset, dayset)] = tables[made.dimension][value]
                        yield mask, int(totals[number, value])

    @property
    def week(self) -> Week:
        """Return what the gate reads: the total, and a table per dimension."""
        made = [self._magnitude("", ("",), self.amounts.sum(axis=(2, 3), keepdims=True)[..., 0])]
        for axis, name in enumerate(DIMENSIONS):
            by_value = self.amounts.sum(axis=3 - axis)
            values = tuple(f"{name}-{n}" for n in range(by_value.shape[2]))
            made.append(self._magnitude(name, values, by_value))
        return Week(self.partition, made)

    def _magnitude(self, dimension: str, values: tuple[str, ...], by_day: Ints) -> Magnitude:
        groups = len(self.partition.groups)
        weekly = by_day.sum(axis=1)
        parts = None
        if self.cut < DAYS:
            halves = [by_day[:, : self.cut].sum(axis=1), by_day[:, self.cut :].sum(axis=1)]
            parts = stacked([cells_of(half) for half in halves])
        return Magnitude(
            MEASURE,
            dimension,
            values,
            stacked([cells_of(weekly[self.group == one]) for one in range(groups)]),
            stacked([cells_of(by_day[:, day]) for day in range(DAYS)]),
            parts,
        )


def _sums(cells: Cells, rows: Sequence[object]) -> Ints:
    return np.array([cells.total[list(row.members)].sum(axis=0) for row in rows])  # type: ignore[attr-defined]


def cells_of(amounts: Ints) -> Cells:
    """Return the cells of contributors' amounts, of shape (contributors, values)."""
    nobody = np.zeros((2, amounts.shape[1]), dtype=np.int64)
    ordered = np.sort(np.concatenate([nobody, amounts]), axis=0)
    return Cells((amounts > 0).sum(axis=0), amounts.sum(axis=0), ordered[-1], ordered[-2])


def stacked(rows: Sequence[Cells]) -> Cells:
    """Return rows of cells as one block."""
    return Cells(*(np.array([getattr(one, name) for one in rows], dtype=np.int64)
                   for name in ("n", "total", "x1", "x2")))  # fmt: skip


def world_of(groups: Sequence[Group], amounts: dict[str, Ints], policy: Policy, cut: int) -> World:
    """Return a world from the amounts of each group's contributors, by the group's key."""
    made = partition(groups, policy)
    keys = [one.key for one in made.groups]
    return World(
        partition=made,
        amounts=np.concatenate([amounts[key] for key in keys]),
        group=np.concatenate([np.full(len(amounts[key]), n) for n, key in enumerate(keys)]),
        is_key=np.concatenate(
            [np.full(len(amounts[one.key]), one.automation) for one in made.groups]
        ),
        cut=cut,
    )


def random_world(rng: np.random.Generator, policy: Policy) -> World:
    """Return a random organization: teams of 1 to 60, heavy tails, keys, cut weeks, idle people.

    Every third is tight: a few teams of about k people, each of whom hardly uses a second model.
    """
    is_tight = rng.random() < 1 / 3
    teams = int(rng.integers(2, 7) if is_tight else rng.integers(1, 9))
    departments = int(rng.integers(1, 5))
    sizes = np.minimum(rng.lognormal(rng.uniform(1, 2.6), 0.9, teams).astype(int) + 1, 60)
    if is_tight:
        sizes = rng.integers(4, 14, teams)
    groups = [
        Group(f"team:{n}", f"department:{rng.integers(departments)}" if rng.random() < 0.9 else "",
              int(size))
        for n, size in enumerate(sizes)
    ]  # fmt: skip
    models, terminals = int(rng.integers(1, 5)), int(rng.integers(1, 4))
    busy, spread = rng.choice([0.1, 0.3, 0.6, 0.95]), rng.choice([0.2, 0.8, 2.0])
    mix = rng.choice([0.03, 0.1]) if is_tight else rng.choice([0.15, 0.6, 2.0])
    amounts = {
        one.key: _amounts(rng, one.population, (models, terminals), (busy, spread, mix))
        for one in groups
    }
    if rng.random() < 0.5:
        groups.append(Group("automation", "automation", 0, automation=True))
        keys = int(rng.integers(0, 7))
        amounts["automation"] = _amounts(rng, keys, (models, terminals), (0.8, spread, mix))
    return world_of(groups, amounts, policy, int(rng.choice([7, 7, 1, 3, 5])))


def _amounts(
    rng: np.random.Generator,
    people: int,
    values: tuple[int, int],
    habit: tuple[float, float, float],
) -> Ints:
    busy, spread, mix = habit
    level = rng.lognormal(4, spread, people) * (rng.random(people) < busy)
    models = rng.dirichlet(np.linspace(1, 0.2, values[0]) * mix, people)
    terminals = rng.dirichlet(np.full(values[1], mix), people)
    weekdays = np.array([1, 1, 1, 1, 1, 0.15, 0.1])
    days = (rng.random((people, DAYS)) < weekdays * rng.uniform(0.2, 1)) * rng.random(
        (people, DAYS)
    )
    whole = np.einsum("p,pd,pm,pt->pdmt", level, days, models, terminals)
    found: Ints = np.floor(whole).astype(np.int64)
    return found
