"""Days of the organization, and the parts of a week that a month's end cuts (A3 step 7)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from claude_dash.privacy.cells import Bools, Ints, Magnitude, Reasons
from claude_dash.privacy.policy import Policy
from claude_dash.privacy.tables import hide_values
from claude_dash.privacy.unions import (
    NO,
    SMALL_GROUP,
    N,
    below,
    kept,
    overlay,
    reasons,
    stack,
)

DAYS = 7
PARTS = 2


@dataclass(frozen=True, slots=True)
class Days:
    """Codes of the days (7, values), and of the parts (2, values) of a cut week."""

    days: Reasons
    parts: Reasons | None

    def pick(self, columns: Ints) -> "Days":
        """Return some of the values."""
        parts = None if self.parts is None else self.parts[..., columns]
        return Days(self.days[..., columns], parts)


def joined(found: Sequence[Days]) -> Days:
    """Return the values of several beside each other."""
    parts = [one.parts for one in found if one.parts is not None]
    return Days(
        np.concatenate([one.days for one in found], axis=-1),
        np.concatenate(parts, axis=-1) if parts else None,
    )


def protect_total(total: Magnitude, week: Reasons, policy: Policy) -> Days:
    """Return the codes of a total by day and part, given that of its week, of shape (1, 1)."""
    days, parts = stack(total.days), stack(total.parts) if total.parts else None
    own = reasons(days, policy)
    is_closed = bool(week[0, 0] != NO)
    part_codes = None
    if parts is not None:
        own_parts = reasons(parts, policy)
        is_closed |= bool((own_parts != NO).any())
        part_codes = below(np.full((PARTS, 1), is_closed), own_parts, np.zeros_like(own_parts))
    hidden = own[:, 0] != NO
    if not is_closed:
        for span in spans(total):
            _hide_days(days[:, :, span], hidden[span], policy)
    return Days(below((hidden | is_closed)[:, None], own, np.zeros_like(own)), part_codes)


def spans(total: Magnitude) -> tuple[slice, ...]:
    """Return the days of each part of the week.

    Where a week is cut is seen from the total: the first part ends where its sum is reached. A day
    without anything may stand on either side.
    """
    if total.parts is None:
        return (slice(0, DAYS),)
    sums = total.days.total[:, 0].cumsum()
    cut = 1 + int((sums < total.parts.total[0, 0]).sum()) if total.parts.total[0, 0] else 0
    return slice(0, cut), slice(cut, DAYS)


def _hide_days(days: Ints, hidden: Bools, policy: Policy) -> None:
    """Hide days of one part, in place, until those hidden, united, pass; fewest people first."""
    n = days[N, 0, :, 0]
    while hidden.any():
        free = np.flatnonzero(~hidden & (n > 0))
        together = overlay(kept(days, hidden[:, None]), axis=-2)
        if not len(free) or not (reasons(together, policy) != NO).any():
            return
        hidden[free[n[free].argmin()]] = True


def protect_values(
    table: Magnitude, total: Magnitude, week: Reasons, *, above: Days, names: Ints, policy: Policy
) -> Days:
    """Return the codes of technical values by day and part.

    Args:
        table: One measure with a technical dimension.
        total: The same measure without it.
        week: What the week shows, of shape (1, values).
        above: Codes of the total by day and part.
        names: Place of each value by its name, which breaks ties.
        policy: c and p.
    """
    days = stack(table.days)
    own = reasons(days, policy)
    hidden, part_codes = week[0] != NO, None
    if table.parts is not None:
        parts = stack(table.parts)
        own_parts = reasons(parts, policy)
        is_closed = above.parts is not None and bool((above.parts != NO).any())
        hidden = hide_values(parts, hidden, names, policy)
        part_codes = below(
            np.broadcast_to(hidden | is_closed, own_parts.shape),
            own_parts,
            np.zeros_like(own_parts),
        )
    is_hidden_day = above.days[:, 0] != NO
    is_zero_day = ~is_hidden_day & (total.days.n[:, 0] == 0)
    codes = np.zeros_like(own)
    for span in spans(total):
        part, closed = days[:, :, span], is_hidden_day[span]
        shown = part[:, :, ~closed & ~is_zero_day[span]]
        together = overlay(part[:, :, closed], axis=-2)
        rows = np.concatenate([shown, together], axis=2)
        codes[span] = below(
            np.broadcast_to(hide_values(rows, hidden, names, policy), own[span].shape),
            own[span],
            codes[span],
        )
    codes = below(np.broadcast_to(is_hidden_day[:, None], own.shape), own, codes)
    codes[is_zero_day] = NO
    return Days(codes, part_codes)


def closed(made: Magnitude) -> Days:
    """Return the codes of an organization too small for days and parts (R11)."""
    values = len(made.values)
    parts = np.full((PARTS, values), SMALL_GROUP) if made.parts else None
    return Days(np.full((DAYS, values), SMALL_GROUP), parts)
