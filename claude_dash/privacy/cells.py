"""What the gate reads and what it answers: arrays of cells, without names, store or clock.

A cell is the value of one magnitude for one group (or day) and one technical value. Of the people
behind it only four numbers are kept: how many contribute, their total, and the two largest.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Reasons = NDArray[np.int8]
Bools = NDArray[np.bool_]


class Hidden(IntEnum):
    """Why a value is not shown; `NO` means that it is."""

    NO = 0
    SMALL_GROUP = 1
    DOMINANCE = 2
    SECONDARY = 3

    @property
    def reason(self) -> str:
        """Return the word that is stored and exported."""
        return ("", "small group", "dominance", "secondary")[self]


@dataclass(frozen=True, slots=True)
class Cells:
    """Four parallel int64 arrays of one shape.

    n: contributors, people (or keys) with a value above 0; total: their sum;
    x1, x2: the largest and second largest value of one contributor (0 where there is none).
    """

    n: Ints
    total: Ints
    x1: Ints
    x2: Ints

    def pick(self, columns: Ints) -> "Cells":
        """Return some of the columns."""
        found = (self.n, self.total, self.x1, self.x2)
        return Cells(*(one[..., columns] for one in found))

    @classmethod
    def zeros(cls, *shape: int) -> "Cells":
        """Return cells in which nothing happened."""
        return cls(*(np.zeros(shape, dtype=np.int64) for _ in range(4)))


@dataclass(frozen=True, slots=True)
class Group:
    """A team as it stands in one ISO week, before anything is merged.

    key: stable id (`team:12`, `unassigned`, `automation`); department: key of its department,
    empty for none; population: people assigned on the week's Thursday (0 for automation);
    installations: clients in it of whom no person is known. They count in the organisation and in
    no group, since any number of them may be one person's.
    """

    key: str
    department: str
    population: int
    automation: bool = False
    installations: int = 0


@dataclass(frozen=True, slots=True)
class Row:
    """One row of a partition: what is published for the groups that stand together in it.

    key: the group's or department's own key when it stands alone; `other:<parent row key>` for
    "Other small teams" of a department row; `other-departments` for departments that stand
    together. members: indices into the week's groups. parent: index of the department row
    (for department rows: -1). population: people in it.
    """

    key: str
    members: tuple[int, ...]
    parent: int
    population: int
    automation: bool = False


@dataclass(frozen=True, slots=True)
class Partition:
    """Which groups stand together in a period; `departments[i].key` names its parent rows."""

    groups: tuple[Group, ...]
    departments: tuple[Row, ...]
    teams: tuple[Row, ...]
    population: int  # people of the organisation

    def tells_groups(self, k: int) -> bool:
        """Say whether groups are shown: the organisation is not small, and a row can hold k."""
        known = sum(one.population for one in self.groups)
        return self.population >= 2 * k and known >= k


@dataclass(frozen=True, slots=True)
class Magnitude:
    """One measure of one ISO week, without or with one technical dimension.

    measure, dimension, values: names; a total has dimension "" and values ("",).
    groups: cells of shape (groups of the week, values).
    days: cells of the organisation, shape (7, values), Monday first.
    parts: cells of the organisation, shape (2, values), of the days before and after the month's
        end, when the week is cut by one; else None.
    above: a coarser dimension of the same measure whose values are sums of these, as kinds are of
        features; within: for each value the place of its sum among the coarser ones.
    lacking: how many facts of each cell have no amount, where there are any: a cell without any
        that has is not known, which is not 0. The gate does not read it.
    """

    measure: str
    dimension: str
    values: tuple[str, ...]
    groups: Cells
    days: Cells
    parts: Cells | None = None
    above: str = ""
    within: tuple[int, ...] = ()
    lacking: "Magnitude | None" = None

    def pick(self, columns: Ints) -> "Magnitude":
        """Return some of the values, as a table of their own."""
        return replace(
            self,
            values=tuple(self.values[n] for n in columns.tolist()),
            groups=self.groups.pick(columns),
            days=self.days.pick(columns),
            parts=self.parts.pick(columns) if self.parts else None,
        )


@dataclass(frozen=True, slots=True)
class Shown:
    """What the gate decided on one `Magnitude`; each array holds `Hidden` codes as int8.

    organization: (values,). departments: (department rows, values). teams: (team rows, values).
    days: (7, values). parts: (2, values), how each part of a cut week may count towards its
    calendar month (None for a whole week).
    """

    organization: Reasons
    departments: Reasons
    teams: Reasons
    days: Reasons
    parts: Reasons | None = None


@dataclass(frozen=True, slots=True)
class Week:
    """One ISO week as the gate reads it: totals first, then tables of the same measures."""

    partition: Partition
    magnitudes: Sequence[Magnitude] = field(default_factory=tuple)
