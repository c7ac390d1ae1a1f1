"""Whether the groups of a final week may be told anew: only when no few can be told from it (R6).

Whoever noted a team's figure knows what a change makes of it. So old and new figure of a group
stand side by side when the change concerns nobody, or at least k people of whom none stands out;
otherwise the groups keep the figure that they had. The organisation's is always the newest.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from sqlalchemy import Connection, select

from claude_dash.facts import tables as t
from claude_dash.privacy.cells import Hidden, Ints
from claude_dash.privacy.policy import Policy
from claude_dash.rollup.basis import Basis, Block, Subject
from claude_dash.rollup.crowd import Crowd
from claude_dash.rollup.difference import GROUPS, Blocks, Change, Selves, are_few, places
from claude_dash.rollup.rows import ORGANIZATION, Rows
from claude_dash.store.driver import fetched

SECONDARY = Hidden.SECONDARY.reason
_RELEASE: Any = t.RELEASE_ROW


def placed(now: Crowd, before: Basis | None, selves: Selves, policy: Policy) -> Crowd:
    """Return who stands where in a week: as it was told when it was final and few moved since."""
    if before is None or not before.told:
        return now
    for level in GROUPS:
        was_at, now_at, names = places(before.crowd, now, level)
        one = np.stack([selves.firsts(before.crowd.people), was_at[before.crowd.group]])
        other = np.stack([selves.firsts(now.people), now_at[now.group]])
        gone, come = _without(one, other), _without(other, one)
        if are_few(np.concatenate([gone, come], axis=1), names, now, policy):
            return before.crowd
    return now


def _without(one: Ints, other: Ints) -> Ints:
    """Return the (person, row) columns of the one that the other has not, or not as often."""
    gone = Counter(zip(*one.tolist(), strict=True)) - Counter(zip(*other.tolist(), strict=True))
    return np.array(sorted(gone), dtype=np.int64).reshape(-1, 2).T


@dataclass(frozen=True, slots=True)
class Settled:
    """What came of a week: everybody's parts as the figures that are shown have them.

    revised: totals of which old and new figure may stand side by side, by level.
    """

    blocks: Blocks
    is_held: bool = False
    revised: Mapping[str, frozenset[str]] = field(default_factory=dict)


def settle(
    connection: Connection, rows: Rows, parts: tuple[Blocks, Blocks], change: Change
) -> Settled:
    """Let groups keep the figures of a final week that they may not be told anew.

    Args:
        connection: Inside the transaction of the roll-up, before it writes the week.
        rows: What was made for the week; the rows of groups in it may be put back or hidden.
        parts: Everybody's parts, then and now.
        change: What differs from what was told.
    """
    was, now = parts
    shown = _released(connection, rows)
    is_same = change.is_same_partition
    failing = change.finals if change.concerns_few() else _failing(change, shown, rows)
    _replace(rows, failing, shown if is_same else {})
    stays = _only(was, failing) if is_same else []
    revised = {
        level: frozenset(name for name, dimension in change.finals - failing
                         if not dimension and change.may_be_told(level, (name, "")))
        for level in (ORGANIZATION, *GROUPS)
    }  # fmt: skip
    is_held = bool(failing & change.changed) or change.has_former_groups
    return Settled([*_only(now, failing, are_kept=False), *stays], is_held, revised)


_Rows = dict[Subject, list[dict[str, Any]]]


def _released(connection: Connection, rows: Rows) -> _Rows:
    """Return what is shown of the groups of a period."""
    c, period = _RELEASE.c, {"grain": rows.grain, "start": rows.start}
    names = [one.name for one in c if one.name not in period]
    query = select(*(c[name] for name in names)).where(
        c.grain == rows.grain, c.start == rows.start, c.level.in_(GROUPS)
    )
    found = fetched(connection, query)
    return _by_subject({**dict(zip(names, row, strict=True)), **period} for row in found)


def _by_subject(rows: Iterable[dict[str, Any]]) -> _Rows:
    found: _Rows = {}
    for row in rows:
        found.setdefault((row["measure"], row["dimension"]), []).append(row)
    return found


def _is_of_groups(row: Mapping[str, Any], rows: Rows) -> bool:
    return bool(row["level"] in GROUPS and (row["grain"], row["start"]) == (rows.grain, rows.start))


def _failing(change: Change, shown: _Rows, rows: Rows) -> set[Subject]:
    """Return the tables that may not be told anew, each with those that add up to it."""
    made = _by_subject(row for row in rows.made if _is_of_groups(row, rows))
    failing = {one for level, one in change.dominated if level != ORGANIZATION}
    for one in change.finals:
        was, now = _hidden(shown.get(one, ())), _hidden(made.get(one, ()))
        if change.is_same_partition:
            is_told_alike = was == now
        elif change.is_same_policy:
            is_told_alike = change.is_told_nothing() or not (was or now)
        else:
            is_told_alike = True  # more is hidden than was; what is the same tells nothing new
        if not is_told_alike:
            failing.add(one)
    wholes = {name for name, dimension in failing if not dimension}
    kinds = {name for name, dimension in failing if dimension == "kind"}
    return failing | {
        one
        for one in change.finals
        if one[0] in wholes or (one[0] in kinds and one[1] == "feature")
    }


def _hidden(rows: Iterable[Mapping[str, Any]]) -> set[tuple[str, str, str]]:
    return {(row["level"], row["key"], row["item"]) for row in rows if row["hidden"]}


def _replace(rows: Rows, failing: Collection[Subject], shown: _Rows) -> None:
    """Put back what groups showed of some tables, or hide it where that is no more."""
    kept = []
    for row in rows.made:
        if (row["measure"], row["dimension"]) in failing and _is_of_groups(row, rows):
            if not shown:
                kept.append({**row, "value": None, "hidden": row["hidden"] or SECONDARY})
        else:
            kept.append(row)
    rows.made = [*kept, *(row for one in failing for row in shown.get(one, ()))]


def _only(blocks: Blocks, subjects: Collection[Subject], *, are_kept: bool = True) -> list[Block]:
    """Return the parts of some tables, or of all others."""
    found = []
    for one in blocks:
        names = [name for name in one.names if ((name, one.dimension) in subjects) is are_kept]
        if names:
            found.append(one.pick(names))
    return found


def keep_groups(
    connection: Connection, rows: Rows, since: int = 0, measures: Collection[str] = ()
) -> None:
    """Let groups keep what they show of the measures that were made from a place on.

    Where a group stands with others now, nothing is shown of it. What is shown of some measures
    is kept though nothing was made of them.
    """
    made = rows.made[since:]
    mine = [row for row in made if _is_of_groups(row, rows)]
    if not mine:
        return
    shown = _released(connection, rows)
    known = {(row["level"], row["key"]) for row in mine}
    subjects = {(row["measure"], row["dimension"]) for row in mine}
    subjects |= {one for one in shown if one[0] in measures}
    kept = [
        row for one in subjects for row in shown.get(one, ()) if (row["level"], row["key"]) in known
    ]
    there = {(row["level"], row["key"], row["measure"], row["dimension"]) for row in kept}
    hidden = [
        {**row, "value": None, "hidden": row["hidden"] or SECONDARY}
        for row in mine
        if (row["level"], row["key"], row["measure"], row["dimension"]) not in there
    ]
    others = [row for row in made if not _is_of_groups(row, rows)]
    rows.made[since:] = [*others, *kept, *hidden]
