"""The column rule of a table: no sum of rows less columns gives a failing figure (A3 step 5)."""

from dataclasses import dataclass

import numpy as np

from claude_dash.privacy.cells import Bools, Ints
from claude_dash.privacy.policy import Policy
from claude_dash.privacy.unions import NO, N, kept, overlay, reasons, unite


@dataclass(frozen=True, slots=True)
class Family:
    """Rows x values below a shown row, while it is decided what they hide.

    cells: two views, of shape (4, 2, rows, values). hidden: what is hidden so far, changed in
    place. allowed: the values that the row above shows; the others count as one hidden column.
    is_closed: rows whose total is hidden; they count as one hidden row. rank, people: who is asked
    first to protect others, as in `families.Shape`. names: place of each value by its name.
    """

    cells: Ints
    hidden: Bools
    allowed: Bools
    is_closed: Bools
    rank: Ints
    people: Bools
    names: Ints


def settle(family: Family, policy: Policy) -> bool:
    """Hide values until no set of columns, taken from rows, leaves a failing figure.

    Returns:
        False when nothing is left to hide and a set still fails: then the caller must hide the
        whole table below the shown row, zeros included.
    """
    compact, columns = _compact(family)
    open_rows = np.flatnonzero(~family.is_closed)
    above_zero = compact[N, 0] > 0
    secret = above_zero.copy()
    secret[: len(open_rows), : len(columns)] &= family.hidden[np.ix_(open_rows, columns)]
    places = np.append(family.names[columns], len(family.names))
    while (reasons(kept(compact, secret), policy) != NO).any():
        failing = _first_failing(compact, secret, policy)
        if failing is None:
            return True
        free = above_zero & ~secret
        row = _next_row(family, open_rows[free[: len(open_rows)].any(axis=1)], open_rows, failing)
        if row is None:
            return False
        at = int(np.searchsorted(open_rows, row))
        column = int(least_used(compact[N, 0, [at]], free[[at]], places)[0])
        secret[at, column] = True
        family.hidden[row, columns[column]] = True
    return True


def least_used(n: Ints, free: Bools, names: Ints) -> Ints:
    """Return for each row the free value with the fewest contributors (ties: name)."""
    key = n * (names.max(initial=0) + 1) + names
    found: Ints = np.where(free, key, np.iinfo(np.int64).max).argmin(axis=1)
    return found


def _compact(family: Family) -> tuple[Ints, Ints]:
    """Return the open rows and allowed columns, then one row and one column for all others."""
    columns = np.flatnonzero(family.allowed)
    rest = overlay(family.cells[..., ~family.allowed])
    cells = np.concatenate([family.cells[..., columns], rest], axis=-1)
    closed = unite(cells[:, :, family.is_closed])
    return np.concatenate([cells[:, :, ~family.is_closed], closed], axis=2), columns


def _next_row(
    family: Family, candidates: Ints, open_rows: Ints, failing: tuple[Bools, bool]
) -> int | None:
    """Return the open row that hides one value more, None where none can.

    First come the rows that make the failing figure, then others; Automation only for itself, and
    else when nothing of people is left.
    """
    if not len(candidates):
        return None
    touched, is_about_people = failing
    makes_it = np.isin(candidates, open_rows[touched[: len(open_rows)]])
    people = family.people[candidates]
    is_first = makes_it & (people | (not is_about_people))
    tier = np.where(is_first, 0, np.where(people, 1, 2))
    return int(candidates[np.lexsort((family.rank[candidates], tier))[0]])


def _first_failing(cells: Ints, secret: Bools, policy: Policy) -> tuple[Bools, bool] | None:
    """Find a set of columns such that the rows that hide something in it fail outside of it.

    Returns:
        These rows, and whether it is their people who fail; None when every set passes.
    """
    rows, columns = np.flatnonzero(secret.any(axis=1)), np.flatnonzero(secret.any(axis=0))
    if len(columns) <= 1:
        return None
    secret = secret[np.ix_(rows, columns)]
    outside = np.arange(1 << len(columns))  # each set is named by the columns outside of it
    bits = (secret << np.arange(len(columns))).sum(axis=1)
    touches = (bits[:, None] & ~outside) != 0
    found = _over_sets(kept(cells[:, :, rows][..., columns], secret))
    united = unite(kept(found, touches))
    bad = reasons(united, policy)[0] != NO
    if not bad.any():
        return None
    first = int(bad.argmax())
    touched = np.zeros(cells.shape[2], dtype=bool)
    touched[rows[touches[:, first]]] = True
    people = reasons(united[:, 1:, :, first : first + 1], policy)
    return touched, bool((people != NO).any())


def _over_sets(hidden: Ints) -> Ints:
    """Return the overlay of each row over each set of its columns, shape (..., rows, sets)."""
    made = np.zeros((*hidden.shape[:-1], 1), dtype=np.int64)
    for column in range(hidden.shape[-1]):
        one = hidden[..., column : column + 1]
        more = made + one
        more[N] = np.maximum(made[N], one[N])
        made = np.concatenate([made, more], axis=-1)
    return made
