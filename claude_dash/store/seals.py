"""Sealed periods: their facts are purged, and their releases never change again."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, delete, insert, select

from claude_dash.clock import month_of, next_month, week_of
from claude_dash.errors import StoreError
from claude_dash.facts import tables as t

WEEK = timedelta(days=7)


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
    connection.execute(
        insert(t.SEAL), [{"grain": grain, "start": start, "sealed_at": at} for grain, start in rows]
    )


def months_inside(connection: Connection, since: date, until: date) -> Iterator[date]:
    """Yield the sealed months of which every touching week lies in the half-open interval."""
    for month in sorted(sealed(connection, "month")):
        weeks = weeks_touching(month)
        if since <= weeks[0] and weeks[-1] + WEEK <= until:
            yield month


def unseal(connection: Connection, month: date) -> None:
    """Open a month and its weeks again, to be read, rolled up and sealed anew."""
    connection.execute(delete(t.SEAL).where(t.SEAL.c.grain == "month", t.SEAL.c.start == month))
    weeks = weeks_touching(month)
    connection.execute(delete(t.SEAL).where(t.SEAL.c.grain == "week", t.SEAL.c.start.in_(weeks)))


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
