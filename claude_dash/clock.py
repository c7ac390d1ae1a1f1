"""UTC days, ISO weeks and calendar months; the only module that reads the time."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Literal

Grain = Literal["day", "week", "month"]
ONE_DAY = timedelta(days=1)
NANO = 10**9  # nanoseconds of a second


def now() -> datetime:
    """Return the current instant, in UTC."""
    return datetime.now(UTC)


def today() -> date:
    """Return the current UTC day."""
    return now().date()


def nanoseconds() -> int:
    """Return the current instant in nanoseconds since the epoch."""
    return int(now().timestamp() * NANO)


def day_at(nanoseconds: int) -> date:
    """Return the UTC day of an instant, in nanoseconds since the epoch."""
    return datetime.fromtimestamp(nanoseconds / NANO, UTC).date()


def midnight(day: date) -> datetime:
    """Return the instant at which a UTC day begins."""
    return datetime.combine(day, datetime.min.time(), UTC)


def end_of(day: date) -> datetime:
    """Return the instant at which a UTC day is over."""
    return datetime.combine(day + ONE_DAY, datetime.min.time(), UTC)


def week_of(day: date) -> date:
    """Return the Monday of the ISO week that holds `day`."""
    return day - timedelta(days=day.weekday())


def thursday_of(monday: date) -> date:
    """Return the Thursday that decides teams, month and year of an ISO week."""
    return monday + timedelta(days=3)


def month_of(day: date) -> date:
    """Return the first day of the calendar month that holds `day`."""
    return day.replace(day=1)


def next_month(first: date) -> date:
    """Return the first day of the calendar month after the one that begins on `first`."""
    return (first + timedelta(days=31)).replace(day=1)


def start_of(grain: Grain, day: date) -> date:
    """Return the first day of the period of `grain` that holds `day`."""
    match grain:
        case "day":
            return day
        case "week":
            return week_of(day)
        case "month":
            return month_of(day)


def after(grain: Grain, start: date) -> date:
    """Return the first day after the period of `grain` that begins on `start`."""
    match grain:
        case "day":
            return start + ONE_DAY
        case "week":
            return start + timedelta(days=7)
        case "month":
            return next_month(start)


def weeks_of_month(first: date) -> list[date]:
    """Return the Mondays of the ISO weeks whose Thursday lies in the month beginning on `first`."""
    monday = week_of(first)
    if thursday_of(monday) < first:
        monday += timedelta(days=7)
    stop = next_month(first)
    mondays = []
    while thursday_of(monday) < stop:
        mondays.append(monday)
        monday += timedelta(days=7)
    return mondays


def days(since: date, until: date) -> Iterator[date]:
    """Yield each day of the half-open interval, oldest first."""
    while since < until:
        yield since
        since += ONE_DAY


def starts(grain: Grain, since: date, until: date) -> list[date]:
    """Return the first days of the periods that overlap the half-open interval, oldest first."""
    found = []
    start = start_of(grain, since)
    while start < until:
        found.append(start)
        start = after(grain, start)
    return found


def label(grain: Grain, start: date) -> str:
    """Spell a period: `2026-11-18`, `2026-W47` or `2026-11`."""
    match grain:
        case "day":
            return start.isoformat()
        case "week":
            year, week, _ = start.isocalendar()
            return f"{year}-W{week:02d}"
        case "month":
            return f"{start:%Y-%m}"


def parse_week(text: str) -> date:
    """Return the Monday of `2026-W46`.

    Raises:
        ValueError: The text is not an ISO week.
    """
    return datetime.strptime(f"{text}-1", "%G-W%V-%u").replace(tzinfo=UTC).date()
