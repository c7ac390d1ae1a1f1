"""Totals of a week, top down: organization, departments, teams (A3 step 4)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from claude_dash.privacy.cells import Bools, Ints, Partition, Reasons, Row
from claude_dash.privacy.policy import Policy
from claude_dash.privacy.unions import NO, SECONDARY, N, below, kept, reasons, unite

Kind = TypeVar("Kind", np.int64, np.int8)


@dataclass(frozen=True, slots=True)
class Levels(Generic[Kind]):
    """Cells (4, views, rows, values) or codes (rows, values) of the three levels of people."""

    organization: NDArray[Kind]
    departments: NDArray[Kind]
    teams: NDArray[Kind]

    def pick(self, values: Ints) -> "Levels[Kind]":
        """Return some of the values, in this order."""
        return Levels(
            self.organization[..., values], self.departments[..., values], self.teams[..., values]
        )


@dataclass(frozen=True, slots=True)
class Ranks:
    """The rows of a level, and who is asked first to protect others.

    rank: place of each row by population (ties: key). people: rows that hold people, not keys.
    families: indices of the rows below each row above.
    """

    rank: Ints
    people: Bools
    families: tuple[Ints, ...]

    @classmethod
    def of(cls, rows: Sequence[Row], families: Sequence[Ints]) -> "Ranks":
        """Return the ranks of the rows of a partition."""
        ordered = sorted(range(len(rows)), key=lambda at: (rows[at].population, rows[at].key))
        rank = np.zeros(len(rows), dtype=np.int64)
        rank[ordered] = np.arange(len(rows))
        people = np.array([not row.automation for row in rows], dtype=bool)
        return cls(rank, people, tuple(families))


@dataclass(frozen=True, slots=True)
class Shape:
    """What the gate needs of a partition; parent: the department row of each team row."""

    departments: Ranks
    teams: Ranks
    parent: Ints

    @classmethod
    def of(cls, partition: Partition) -> "Shape":
        """Return the shape of a partition."""
        parent = np.array([row.parent for row in partition.teams], dtype=np.int64)
        every = range(len(partition.departments))
        children = [np.flatnonzero(parent == number) for number in every]
        return cls(
            Ranks.of(partition.departments, [np.array(every, dtype=np.int64)]),
            Ranks.of(partition.teams, children),
            parent,
        )


def levels(groups: Ints, partition: Partition) -> Levels[np.int64]:
    """Return the cells of all levels, with two views, from those of the week's groups.

    Args:
        groups: One view, of shape (4, 1, groups, values).
        partition: Who stands together.
    """
    people = np.array([not one.automation for one in partition.groups], dtype=bool)
    both = np.concatenate([groups, kept(groups, people[:, None])], axis=1)

    def united(rows: Sequence[Row]) -> Ints:
        found = [both[:, :, list(row.members)] for row in rows]
        return np.concatenate([unite(one) if one.shape[2] > 1 else one for one in found], axis=2)

    return Levels(unite(both), united(partition.departments), united(partition.teams))


def protect_totals(cells: Levels[np.int64], shape: Shape, policy: Policy) -> Levels[np.int8]:
    """Return the codes of the totals of several measures at once; each value is a measure."""
    organization = reasons(cells.organization, policy)
    departments = _protect_rows(cells.departments, organization, shape.departments, policy)
    teams = _protect_rows(cells.teams, departments[shape.parent], shape.teams, policy)
    return Levels(organization, departments, teams)


def _protect_rows(cells: Ints, above: Reasons, ranks: Ranks, policy: Policy) -> Reasons:
    own = reasons(cells, policy)
    codes = own.copy()
    for rows in ranks.families:
        if len(rows):
            _top_up(cells[:, :, rows], codes, rows, ranks, policy)
    return below(above != NO, own, codes)


def _top_up(cells: Ints, codes: Reasons, rows: Ints, ranks: Ranks, policy: Policy) -> None:
    """Hide rows, in place, until in each column what the family hides, united, passes.

    Automation is not hidden to protect people. It need not be: a total is shown only if its people
    alone pass, so hiding enough rows of people is always enough.
    """
    order = np.argsort(ranks.rank[rows])
    is_free = (cells[N, 0] > 0) & ranks.people[rows][:, None]
    while (codes[rows] != NO).any():
        together = reasons(unite(kept(cells, codes[rows] != NO)), policy)[0]
        free = (is_free & (codes[rows] == NO))[order]
        columns = np.flatnonzero((together != NO) & free.any(axis=0))
        if not len(columns):
            return
        codes[rows[order[free.argmax(axis=0)[columns]]], columns] = SECONDARY
