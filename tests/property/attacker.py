"""Somebody who reads everything that is shown, and solves the linear system behind it.

The unknowns are atoms: team row x day x combination of technical values. Every shown value is a
sum of atoms. What can be computed is what lies in the row space of these sums, calculated modulo a
prime, so that nothing is lost to rounding. Amounts are known to be at least 0: an atom of a sum
that is 0 is 0. Tried are all sums of rows, days and values, sums of few cells of a table, and the
sparsest sums that elimination comes upon.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import chain, combinations, product

import numpy as np
from numpy.typing import NDArray

from claude_dash.privacy.cells import Ints
from claude_dash.privacy.policy import Policy

PRIME = 1_000_003
MAX_TAKEN_TOGETHER = 7
LARGEST_WEIGHT = 9
Masks = NDArray[np.int64]  # of shape (sums, atoms)


@dataclass(frozen=True, slots=True)
class Truth:
    """What somebody did in a week, whom the attacker knows nothing of.

    amounts: of each contributor, shape (contributors, days, combinations). row: the team row of
    each contributor, below `rows`. is_key: who is a key. tables: for each technical dimension which
    combinations each of its values has, of shape (values, combinations).
    """

    amounts: Ints
    row: Ints
    rows: int
    is_key: NDArray[np.bool_]
    tables: Sequence[Masks]

    @property
    def shape(self) -> tuple[int, int, int]:
        """Return the numbers of rows, days and combinations."""
        return self.rows, *self.amounts.shape[1:]  # type: ignore[return-value]  # of three axes


class Attacker:
    """What can be computed about one week from sums of atoms that are known."""

    def __init__(self, truth: Truth, known: Sequence[tuple[Masks, int]], policy: Policy) -> None:
        self.truth, self.policy, self.shape = truth, policy, truth.shape
        self.masks = np.array([mask.ravel() for mask, _ in known], dtype=np.int64)
        self.masks = self.masks.reshape(len(known), int(np.prod(self.shape)))
        self.values = np.array([value for _, value in known], dtype=np.int64)

    def leaks(self) -> list[str]:
        """Return what can be computed though it must not be, in words."""
        wrong = [f"shown {value} is not the truth" for mask, value in
                 zip(self.masks, self.values, strict=True)
                 if self._amounts(mask[None]).sum() != value]  # fmt: skip
        by_people, by_day = self._guesses()
        zeros = self.masks[self.values == 0].any(axis=0)
        while True:
            system = Reduced(self.masks, zeros)
            sums, weights = self._amounts(by_people), self._amounts(by_day)
            known = [system.reaches(by_people), system.reaches(by_day)]
            nothing = by_people[known[0] & ~sums.any(axis=1)].any(axis=0)
            more = nothing | by_day[known[1] & ~weights.any(axis=1)].any(axis=0)
            if not (more & ~zeros).any():
                break
            zeros |= more
        failing = self.fails(sums) | self.fails(np.where(self.truth.is_key, 0, sums))
        wrong += [f"rows {self._words(one)}" for one in by_people[known[0] & failing][:3]]
        failing = self.fails(weights)
        wrong += [f"days {self._words(one)}" for one in by_day[known[1] & failing][:3]]
        return wrong + [f"sparse {self._words(one)}" for one in self._sparse(system, zeros)[:3]]

    def _guesses(self) -> tuple[Masks, Masks]:
        """Return the sums to try: of rows in the week, and of days of the organization."""
        rows, days, values = self.shape
        grids = np.concatenate(
            [_subsets(len(one), len(one)) @ one for one in self.truth.tables]
            or [np.ones((1, values), dtype=np.int64)]
        )
        grids = np.unique(grids, axis=0)
        few = _subsets(rows, rows if rows <= MAX_TAKEN_TOGETHER else 2)
        if rows > MAX_TAKEN_TOGETHER:
            few = np.concatenate([few, 1 - few[:rows]])
        by_people = np.einsum("rt,gv->rgtv", few, grids).reshape(-1, rows, 1, values)
        by_people = np.concatenate([by_people, self._scattered()])
        by_people = np.broadcast_to(by_people, (len(by_people), rows, days, values))
        by_day = np.einsum("rd,gv->rgdv", _subsets(days, days), grids)
        by_day = by_day.reshape(-1, 1, days, values)
        by_day = np.broadcast_to(by_day, (len(by_day), rows, days, values))
        atoms = int(np.prod(self.shape))
        return by_people.reshape(-1, atoms), by_day.reshape(-1, atoms)

    def _scattered(self) -> Masks:
        """Return sums of two cells of one table, in different rows and columns."""
        rows, _, values = self.shape
        found = []
        for table in self.truth.tables:
            for first, second in combinations(product(range(rows), range(len(table))), 2):
                if first[0] == second[0] or first[1] == second[1]:
                    continue
                mask = np.zeros((rows, 1, values), dtype=np.int64)
                for row, value in (first, second):
                    mask[row, 0] = table[value]
                found.append(mask)
        return np.array(found, dtype=np.int64).reshape(-1, rows, 1, values)

    def _sparse(self, system: "Reduced", zeros: NDArray[np.bool_]) -> Masks:
        """Return sums without negative weights that elimination finds and that fail R3 or R4."""
        rng = np.random.default_rng(0)
        found = [system.basis]
        found += [Reduced(self.masks, zeros, rng.permutation(self.masks.shape[1])).basis
                  for _ in range(2)]  # fmt: skip
        rows = np.concatenate(found)
        rows = rows[(rows <= LARGEST_WEIGHT).all(axis=1)]
        amounts = self._amounts(rows)
        few = (amounts > 0).sum(axis=1)
        is_plain = (rows <= 1).all(axis=1)
        bad: Masks = rows[((few > 0) & (few < self.policy.c)) | (is_plain & self.fails(amounts))]
        return bad

    def _amounts(self, masks: Masks) -> Ints:
        """Return what each contributor adds to each sum, of shape (sums, contributors)."""
        truth = self.truth
        found = np.zeros((len(masks), len(truth.row)))
        atoms = int(np.prod(self.shape[1:]))
        blocks = masks.reshape(len(masks), self.shape[0], atoms).astype(float)
        flat = truth.amounts.reshape(len(truth.row), -1).astype(float)
        for row in range(self.shape[0]):
            here = truth.row == row
            found[:, here] = blocks[:, row] @ flat[here].T
        return found.astype(np.int64)

    def fails(self, amounts: Ints) -> NDArray[np.bool_]:
        """Tell which sums fail R3 or R4, worked out from people and not from cells."""
        padded = np.concatenate([np.zeros((len(amounts), 2), dtype=np.int64), amounts], axis=1)
        ordered = np.sort(padded, axis=1)
        n, total = (amounts > 0).sum(axis=1), amounts.sum(axis=1)
        rest = total - ordered[:, -1] - ordered[:, -2]
        failing: NDArray[np.bool_] = (n > 0) & (
            (n < self.policy.c) | (100 * rest < self.policy.p * ordered[:, -1])
        )
        return failing

    def _words(self, mask: Masks) -> str:
        amounts = self._amounts(mask[None])[0]
        atoms = np.argwhere(mask.reshape(self.shape)).tolist()
        return f"{sorted(amounts[amounts > 0].tolist())[-4:]} from {len(atoms)} atoms {atoms[:6]}"


class Reduced:
    """The row space of some sums, without the atoms that are known to be 0; reduced echelon."""

    def __init__(self, masks: Masks, zeros: NDArray[np.bool_], order: Ints | None = None) -> None:
        self.zeros = zeros
        matrix = np.unique(np.where(zeros, 0, masks), axis=0)
        pivots: list[int] = []
        for column in range(matrix.shape[1]) if order is None else order.tolist():
            at = len(pivots)
            if at == len(matrix):
                break
            rows = np.flatnonzero(matrix[at:, column])
            if not len(rows):
                continue
            matrix[[at, at + rows[0]]] = matrix[[at + rows[0], at]]
            matrix[at] = matrix[at] * pow(int(matrix[at, column]), -1, PRIME) % PRIME
            others = np.flatnonzero(matrix[:, column])
            others = others[others != at]
            matrix[others] = (matrix[others] - matrix[others, column, None] * matrix[at]) % PRIME
            pivots.append(column)
        self.basis = matrix[: len(pivots)]
        self.pivots = pivots

    def reaches(self, masks: Masks) -> NDArray[np.bool_]:
        """Tell which sums can be computed."""
        wanted = np.where(self.zeros, 0, masks).astype(float)
        left = (wanted - wanted[:, self.pivots] @ self.basis.astype(float)) % PRIME
        found: NDArray[np.bool_] = ~left.any(axis=1)
        return found


def _subsets(size: int, most: int) -> Masks:
    """Return every choice of 1 to `most` out of `size`, single ones first."""
    chosen = chain.from_iterable(combinations(range(size), n) for n in range(1, most + 1))
    found = np.array([np.isin(np.arange(size), one) for one in chosen])
    return found.astype(np.int64)
