"""The ledger of revised money: what the organisation's figure of a day was, and what it is now."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from claude_dash.clock import now
from claude_dash.facts import tables as t
from claude_dash.privacy.policy import Policy
from claude_dash.rollup.rows import ORGANIZATION

LATE_DATA = "late data"
WEEK = timedelta(days=7)
_RELEASE: Any = t.RELEASE_ROW
_CHANGED = t.CHANGED_DAY.c


@contextmanager
def kept(connection: Connection, monday: date, policy: Policy) -> Iterator[None]:
    """Write down which days of a week have another figure after the block than before it.

    Both figures stand side by side only when they are shown and the change itself may be: when it
    concerns at least k people, none of them dominant. Otherwise the new one takes the old one's
    place and nothing is said.
    """
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
                reason=LATE_DATA,
            )
        )  # fmt: skip


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
