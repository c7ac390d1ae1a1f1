"""Days, ISO weeks and months, all in UTC."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_dash import clock

DAYS = st.dates(min_value=date(2020, 1, 1), max_value=date(2035, 12, 31))


@given(DAYS)
def test_a_day_lies_in_its_week_and_month(day: date) -> None:
    """Every day lies in exactly the period that begins at its start."""
    for grain in ("day", "week", "month"):
        start = clock.start_of(grain, day)
        assert start <= day < clock.after(grain, start)
        assert clock.start_of(grain, clock.after(grain, start)) == clock.after(grain, start)


@given(DAYS)
def test_a_week_belongs_to_the_month_of_its_thursday(day: date) -> None:
    """The ISO weeks of a month are those whose Thursday lies in it, each in one month only."""
    month = clock.month_of(day)
    mondays = clock.weeks_of_month(month)
    assert [clock.month_of(clock.thursday_of(monday)) for monday in mondays] == [month] * len(
        mondays
    )
    following = clock.weeks_of_month(clock.next_month(month))
    assert (following[0] - mondays[-1]).days == 7


@given(DAYS)
def test_a_week_is_read_as_it_is_spelled(day: date) -> None:
    """Spelling a week and reading it gives the Monday again, at the turn of the year too."""
    monday = clock.week_of(day)
    assert clock.parse_week(clock.label("week", monday)) == monday


def test_periods_are_spelled_as_iso_has_them() -> None:
    """Days, weeks and months have one spelling each."""
    day = date(2026, 12, 31)
    assert clock.label("day", day) == "2026-12-31"
    assert clock.label("week", clock.week_of(day)) == "2026-W53"
    assert clock.label("month", clock.month_of(day)) == "2026-12"


@pytest.mark.parametrize("text", ["2026-W54", "2026W01", "last week", "2026-46"])
def test_what_is_no_week_is_refused(text: str) -> None:
    """A week that does not exist is an error, not another week."""
    with pytest.raises(ValueError, match=r".+"):
        clock.parse_week(text)


def test_a_day_ends_at_midnight_utc() -> None:
    """The end of a day is the first instant of the next, in UTC."""
    assert clock.end_of(date(2026, 2, 28)) == datetime(2026, 3, 1, tzinfo=UTC)


def test_starts_cover_the_interval() -> None:
    """Periods that overlap a half-open interval are listed once, oldest first."""
    found = clock.starts("week", date(2026, 11, 11), date(2026, 11, 23))
    assert found == [date(2026, 11, 9), date(2026, 11, 16)]
