"""Cells as one array, the two ways to unite them, and why a cell may not be shown.

An array of cells has the shape (4, views, rows, values). The first axis is n, total, x1, x2. The
first view is everybody; where there is a second, it is the people alone, without the keys of
Automation, since keys never top up people: a cell passes when it does so in each view.
"""

import numpy as np

from claude_dash.privacy.cells import Bools, Cells, Hidden, Ints, Reasons
from claude_dash.privacy.policy import Policy

N, TOTAL, X1, X2 = range(4)
NO, SMALL_GROUP, DOMINANCE, SECONDARY = (np.int8(one) for one in Hidden)


def stack(cells: Cells) -> Ints:
    """Return cells of shape (rows, values) as an array with one view."""
    return np.stack([cells.n, cells.total, cells.x1, cells.x2])[:, None]


def reasons(cells: Ints, policy: Policy) -> Reasons:
    """Return why each cell fails by R3 or R4, 0 where it passes; of shape (rows, values)."""
    n, total, x1, x2 = cells
    is_few = (n > 0) & (n < policy.c)
    # 100 * (total - x1 - x2) < p * x1, without a product that could overflow
    hundreds, left = np.divmod(x1, 100)
    is_dominated = total - x1 - x2 - policy.p * hundreds < (policy.p * left + 99) // 100
    codes: Reasons = np.where(is_dominated.any(axis=0), DOMINANCE, NO)
    codes[is_few.any(axis=0)] = SMALL_GROUP
    return codes


def unite(cells: Ints) -> Ints:
    """Return the rows as one row, exactly: they are different people."""
    if not cells.shape[-2]:
        return np.zeros((*cells.shape[:-2], 1, cells.shape[-1]), dtype=np.int64)
    x1, x2 = cells[X1], cells[X2]
    at = x1.argmax(axis=-2)[..., None, :]
    others = x1.copy()
    np.put_along_axis(others, at, 0, axis=-2)
    united: Ints = cells.sum(axis=-2, keepdims=True)
    united[X1] = x1.max(axis=-2, keepdims=True)
    united[X2] = np.maximum(others, x2).max(axis=-2, keepdims=True)
    return united


def overlay(cells: Ints, axis: int = -1) -> Ints:
    """Return cells of the same people as one: never more n, never less x1 and x2 than is true."""
    united: Ints = cells.sum(axis=axis, keepdims=True)
    united[N] = cells[N].max(axis=axis, keepdims=True, initial=0)
    return united


def kept(cells: Ints, mask: Bools) -> Ints:
    """Return the cells where the mask is true, and nothing elsewhere."""
    return np.where(mask, cells, 0)


def below(is_closed: Bools, own: Reasons, codes: Reasons) -> Reasons:
    """Return codes that hide whatever is closed, by its own reason where it has one."""
    return np.where(is_closed, np.where(own == NO, SECONDARY, own), codes)
