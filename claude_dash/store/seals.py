"""Sealed periods: their facts are purged, and their releases never change again."""

import json
from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select

from claude_dash.clock import month_of, next_month, week_of
from claude_dash.errors import StoreError
from claude_dash.facts import tables as t

WEEK = timedelta(days=7)
REOPENED = "retention.reopened."  # setting, by month: when it was opened, and what was missed then
REOPENED_FOR = timedelta(days=7)  # after which a month is sealed, however much was read of it


def weeks_touching(month: date) -> list[date]:
    """Return the Mondays of every ISO week with a day in a month, by the month's first day."""
    monday, found = week_of(month), []
    while monday < next_month(month):
        found.append(monday)
        monday += WEEK
    return found


def sealed(connection: Connection, grain: str) -> dict[date, datetime]:
    """Return the sealed weeks (by Monday) or months (by first day), and since when."""
    query = select(t.SEAL.c.start, t.SEAL.c.sealed_at).where(t.SEAL.c.grain == grain)
    return dict(connection.execute(query).all())


def sealed_weeks(connection: Connection) -> set[date]:
    """Return the Mondays of the sealed weeks."""
    return set(sealed(connection, "week"))


def seal(connection: Connection, month: date, at: datetime) -> None:
    """Seal a month and every week that touches it."""
    known = sealed_weeks(connection)
    rows = [("month", month), *(("week", one) for one in weeks_touching(month) if one not in known)]
    _forget(connection, month)
    connection.execute(
        insert(t.SEAL), [{"grain": grain, "start": start, "sealed_at": at} for grain, start in rows]
    )


def months_inside(connection: Connection, since: date, until: date) -> Iterator[date]:
    """Yield the sealed months of which every touching week lies in the half-open interval."""
    for month in sorted(sealed(connection, "month")):
        weeks = weeks_touching(month)
        if since <= weeks[0] and weeks[-1] + WEEK <= until:
            yield month


def can_be_read(connection: Connection, month: date) -> bool:
    """Say whether every connection that was read in a month, and its weeks, is still there."""
    there = set(map(str, connection.execute(select(t.CONNECTION.c.id)).scalars()))
    return _reads(connection, month).keys() <= there


def unseal(connection: Connection, month: date, today: date) -> None:
    """Open a month and its weeks again, to be read, rolled up and sealed anew.

    Its days count as unread from then on; they are missed until all of them were read again.
    """
    connection.execute(delete(t.SEAL).where(t.SEAL.c.grain == "month", t.SEAL.c.start == month))
    weeks = weeks_touching(month)
    connection.execute(delete(t.SEAL).where(t.SEAL.c.grain == "week", t.SEAL.c.start.in_(weeks)))
    missed = _reads(connection, month)
    first, last = weeks[0], weeks[-1] + WEEK
    connection.execute(delete(t.DAY_READ).where(t.DAY_READ.c.day >= first, t.DAY_READ.c.day < last))
    _forget(connection, month)
    name, value = f"{REOPENED}{month}", json.dumps({"on": today.isoformat(), "missed": missed})
    connection.execute(insert(t.SETTING).values(name=name, value=value))


def is_being_read(connection: Connection, month: date, today: date) -> bool:
    """Say whether a month was opened lately and not all that was missed then was read again."""
    query = select(t.SETTING.c.value).where(t.SETTING.c.name == f"{REOPENED}{month}")
    stored = connection.execute(query).scalar()
    if stored is None:
        return False
    opened = json.loads(stored)
    if today - date.fromisoformat(opened["on"]) > REOPENED_FOR:
        return False
    read = _reads(connection, month)
    return any(read.get(number, 0) < days for number, days in opened["missed"].items())


def _reads(connection: Connection, month: date) -> dict[str, int]:
    """Return how many days of a month and of its weeks were read, by connection."""
    weeks, c = weeks_touching(month), t.DAY_READ.c
    query = select(c.connection_id, func.count()).where(c.day >= weeks[0], c.day < weeks[-1] + WEEK)
    return {
        str(number): days for number, days in connection.execute(query.group_by(c.connection_id))
    }


def _forget(connection: Connection, month: date) -> None:
    connection.execute(delete(t.SETTING).where(t.SETTING.c.name == f"{REOPENED}{month}"))


def refuse_sealed(connection: Connection, day: date) -> None:
    """Raise when a day's week is sealed.

    Raises:
        StoreError: Naming the day on which it was sealed.
    """
    at = sealed(connection, "week").get(week_of(day))
    if at is not None:
        month = month_of(day)
        message = f"{day} was sealed on {at:%Y-%m-%d}: its facts are purged."
        hint = f"To read it again, begin at {week_of(month)} or earlier with --since."
        raise StoreError(message, hint)
