"""Technical values of a week, one dimension at a time, from the organization down (A3 step 5)."""

from dataclasses import dataclass

import numpy as np

from claude_dash.privacy.cells import Bools, Ints, Reasons
from claude_dash.privacy.columns import Family, least_used, settle
from claude_dash.privacy.families import Levels, Ranks, Shape
from claude_dash.privacy.policy import Policy
from claude_dash.privacy.unions import NO, N, below, kept, overlay, reasons

MOST_USED = 8  # values below the organization; the others count as hidden


def protect_table(
    cells: Levels[np.int64],
    totals: Levels[np.int8],
    shape: Shape,
    names: Ints,
    policy: Policy,
) -> Levels[np.int8]:
    """Return the codes of a table.

    Args:
        cells: Two views; the last axis is the technical values.
        totals: Codes of the same measure's totals; the last axis has length one.
        shape: Of the week's partition.
        names: Place of each value by its name, which breaks ties.
        policy: c and p.
    """
    used = cells.organization[N, 0]
    hidden = hide_values(cells.organization, np.zeros(len(names), dtype=bool), names, policy)
    own = reasons(cells.organization, policy)
    organization = below(hidden, own, np.zeros_like(own))
    organization = below(totals.organization != NO, own, organization)
    above = _Above(organization, used, names)
    departments = _protect_rows(
        cells.departments, totals.departments, above, shape.departments, policy
    )
    used = cells.departments[N, 0][shape.parent]
    above = _Above(departments[shape.parent], used, names)
    teams = _protect_rows(cells.teams, totals.teams, above, shape.teams, policy)
    return Levels(organization, departments, teams)


def hide_values(cells: Ints, hidden: Bools, names: Ints, policy: Policy) -> Bools:
    """Return which values are hidden, alike in each row: what fails in one, and enough others.

    In each row what is hidden, united, passes, or nothing above 0 is shown. The least used value
    of the rows together is hidden first.

    Args:
        cells: Of shape (4, views, rows, values).
        hidden: Values that are hidden already.
        names: Place of each value by its name, which breaks ties.
        policy: c and p.
    """
    hidden = hidden | (reasons(cells, policy) != NO).any(axis=0)
    used = cells[N, 0].max(axis=0, initial=0)
    while hidden.any():
        free = ~hidden & (used > 0)
        rest = reasons(overlay(kept(cells, hidden)), policy)
        if not free.any() or not (rest != NO).any():
            break
        hidden[least_used(used[None], free[None], names)] = True
    return hidden


@dataclass(frozen=True, slots=True)
class _Above:
    """What the row above each row shows (or one above all): codes and contributors by value."""

    codes: Reasons
    used: Ints
    names: Ints


def _protect_rows(
    cells: Ints, totals: Reasons, above: _Above, ranks: Ranks, policy: Policy
) -> Reasons:
    """Return the codes of the rows of one level, of shape (rows, values)."""
    own, is_used = reasons(cells, policy), cells[N, 0] > 0
    is_closed = totals[:, 0] != NO
    is_shown = np.broadcast_to(above.codes == NO, own.shape)
    used = np.broadcast_to(above.used, own.shape)
    allowed = is_shown & _is_most_used(used, is_shown, above.names)
    hidden = is_used & ((own != NO) | ~allowed)
    _hold_rows(cells, hidden, is_closed, above.names, policy)
    is_dropped = np.zeros_like(is_closed)
    for rows in ranks.families:
        if not len(rows) or is_closed[rows].all() or not allowed[rows[0]].any():
            continue
        family = Family(
            cells=cells[:, :, rows],
            hidden=hidden[rows],
            allowed=allowed[rows[0]],
            is_closed=is_closed[rows],
            rank=ranks.rank[rows],
            people=ranks.people[rows],
            names=above.names,
        )
        is_dropped[rows] = not settle(family, policy)
        hidden[rows] = family.hidden
    is_known_zero = (is_shown & (used == 0)) | ~is_used.any(axis=1, keepdims=True)
    hidden |= (~allowed | is_dropped[:, None]) & ~is_known_zero
    return below(hidden | is_closed[:, None], own, np.zeros_like(own))


def _hold_rows(cells: Ints, hidden: Bools, is_closed: Bools, names: Ints, policy: Policy) -> None:
    """Hide values, in place, until what each open row hides, united, passes."""
    n = cells[N, 0]
    while True:
        free = ~hidden & (n > 0)
        fails = reasons(overlay(kept(cells, hidden)), policy)[:, 0] != NO
        rows = np.flatnonzero(fails & free.any(axis=1) & ~is_closed)
        if not len(rows):
            return
        hidden[rows, least_used(n[rows], free[rows], names)] = True


def _is_most_used(used: Ints, is_shown: Bools, names: Ints) -> Bools:
    """Tell which shown values above 0 are among the most used of their row (ties: name)."""
    counted = np.where(is_shown, used, 0)
    order = np.lexsort((np.broadcast_to(names, used.shape), -counted), axis=-1)
    places = np.argsort(order, axis=-1)
    found: Bools = (counted > 0) & (places < MOST_USED)
    return found
