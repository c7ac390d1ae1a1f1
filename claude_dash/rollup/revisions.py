"""The ledger of revised figures: what a day or a final week showed, and what it shows now."""

from collections.abc import Collection, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, select

from claude_dash.facts import tables as t
from claude_dash.facts.told import LATE_DATA
from claude_dash.privacy.policy import Policy
from claude_dash.rollup.draft import Difference, differing
from claude_dash.rollup.rows import ALL, ORGANIZATION, WEEK, Rows

_CHANGED = t.CHANGED_DAY.c


# The totals of final weeks of which a change is written down; money is by day.
TOLD = ("active", "sessions", "commits", "pull_requests", "lines_added", "lines_removed",
        "suggestions_accepted", "suggestions_rejected", "tokens", "cost_estimated")  # fmt: skip


def revised(
    connection: Connection,
    rows: Rows,
    policy: Policy,
    told: Mapping[str, Collection[str]],
    reason: str,
) -> tuple[Difference, list[dict[str, Any]]]:
    """Return the changes of days that are dealt with, and which figures are others than stored.

    Both figures stand side by side only when they are shown and the change itself may be: when it
    concerns at least k people, none of them dominant. Otherwise the new one takes the old one's
    place and nothing is said.

    Args:
        connection: In the state of the store that the draft has.
        rows: What is released of the week.
        policy: Decides from how many people on a change is told.
        told: Of the final totals of the week those of which a change may be told, by level.
        reason: Why the week is made anew.
    """
    monday = rows.start
    inside = (_CHANGED.day >= monday, _CHANGED.day < monday + WEEK)
    changes = connection.execute(select(t.CHANGED_DAY).where(*inside)).all()
    made = {_place(row): row["value"] for row in rows.made if not row["dimension"]}
    found: list[dict[str, Any]] = []
    for one in changes:
        old = _stored(connection, one.measure, one.day)
        new = made.get(("day", one.day, ORGANIZATION, ALL, one.measure))
        if one.people < policy.k or one.is_dominated or old is None or new is None or old == new:
            continue
        found.append(
            {"grain": "day", "start": one.day, "level": ORGANIZATION, "key": ALL,
             "measure": one.measure, "before": old, "after": new, "reason": LATE_DATA,
             "k": policy.k}
        )  # fmt: skip
    for (level, key, measure), old in _totals(connection, monday, told).items():
        new = made.get(("week", monday, level, key, measure))
        if new not in {old, None}:
            found.append(
                {"grain": "week", "start": monday, "level": level, "key": key, "measure": measure,
                 "before": old, "after": new, "reason": reason, "k": policy.k}
            )  # fmt: skip
    return differing(connection, t.CHANGED_DAY, (), *inside), found


def _place(row: Mapping[str, Any]) -> tuple[str, date, str, str, str]:
    return row["grain"], row["start"], row["level"], row["key"], row["measure"]


def _totals(
    connection: Connection, monday: date, told: Mapping[str, Collection[str]]
) -> dict[tuple[str, str, str], int]:
    """Return what a week shows of some totals, by level, row and measure."""
    c: Any = t.RELEASE_ROW.c
    found: dict[tuple[str, str, str], int] = {}
    for level, measures in told.items():
        query = select(c.level, c.key, c.measure, c.value).where(
            c.grain == "week",
            c.start == monday,
            c.level == level,
            c.dimension == "",
            c.measure.in_(set(measures).intersection(TOLD)),
            c.value.is_not(None),
        )
        found |= {(at, key, name): value for at, key, name, value in connection.execute(query)}
    return found


def _stored(connection: Connection, measure: str, day: date) -> int | None:
    c: Any = t.RELEASE_ROW.c
    query = select(c.value).where(
        c.measure == measure,
        c.grain == "day",
        c.level == ORGANIZATION,
        c.dimension == "",
        c.start == day,
    )
    found = connection.execute(query).scalar()
    return None if found is None else int(found)
