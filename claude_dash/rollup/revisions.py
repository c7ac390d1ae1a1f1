"""The ledger of revised figures: what a day or a final week showed, and what it shows now."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from claude_dash.clock import now
from claude_dash.facts import tables as t
from claude_dash.facts.told import LATE_DATA
from claude_dash.privacy.policy import Policy
from claude_dash.rollup.rows import ORGANIZATION

WEEK = timedelta(days=7)
_RELEASE: Any = t.RELEASE_ROW
_CHANGED = t.CHANGED_DAY.c


# The totals of final weeks of which a change is written down; money is by day.
TOLD = ("active", "sessions", "commits", "pull_requests", "lines_added", "lines_removed",
        "suggestions_accepted", "suggestions_rejected", "tokens", "cost_estimated")  # fmt: skip


@contextmanager
def kept(
    connection: Connection,
    monday: date,
    policy: Policy,
    revised: Mapping[str, Collection[str]],
    reason: str,
) -> Iterator[None]:
    """Write down which figures of a week are others after the block than before it.

    Both figures stand side by side only when they are shown and the change itself may be: when it
    concerns at least k people, none of them dominant. Otherwise the new one takes the old one's
    place and nothing is said.

    Args:
        connection: Inside the transaction of the roll-up.
        monday: The week.
        policy: Decides from how many people on a change is told.
        revised: Of the final totals of the week those of which a change may be told, by level.
        reason: Why the week is made anew.
    """
    earlier = _totals(connection, monday, revised)
    inside = (_CHANGED.day >= monday, _CHANGED.day < monday + WEEK)
    changes = connection.execute(select(t.CHANGED_DAY).where(*inside)).all()
    before = {(one.measure, one.day): _shown(connection, one.measure, one.day) for one in changes}
    yield
    connection.execute(delete(t.CHANGED_DAY).where(*inside))
    for one in changes:
        old = before[one.measure, one.day]
        new = _shown(connection, one.measure, one.day)
        if one.people < policy.k or one.is_dominated or old is None or new is None or old == new:
            continue
        connection.execute(
            insert(t.REVISION).values(
                at=now(), measure=one.measure, start=one.day, before=old, after=new,
                k=policy.k, reason=LATE_DATA,
            )
        )  # fmt: skip
    later = _totals(connection, monday, revised)
    rows = [
        {"at": now(), "grain": "week", "start": monday, "level": level, "key": key,
         "measure": measure, "before": earlier[level, key, measure], "after": value,
         "k": policy.k, "reason": reason}
        for (level, key, measure), value in later.items()
        if earlier.get((level, key, measure), value) != value
    ]  # fmt: skip
    if rows:
        connection.execute(insert(t.REVISION), rows)


def _totals(
    connection: Connection, monday: date, revised: Mapping[str, Collection[str]]
) -> dict[tuple[str, str, str], int]:
    """Return what a week shows of some totals, by level, row and measure."""
    c = _RELEASE.c
    found: dict[tuple[str, str, str], int] = {}
    for level, measures in revised.items():
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


def _shown(connection: Connection, measure: str, day: date) -> int | None:
    c = _RELEASE.c
    query = select(c.value).where(
        c.measure == measure,
        c.grain == "day",
        c.level == ORGANIZATION,
        c.dimension == "",
        c.start == day,
    )
    found = connection.execute(query).scalar()
    return None if found is None else int(found)
