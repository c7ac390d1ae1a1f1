"""Which days of the engagement reports are asked for, and what is read out of a refusal."""

from datetime import date

import pytest

from claude_dash.errors import SourceRequestError
from claude_dash.sources.enterprise_days import newest_named, rows_by_day
from tests.unit.sources.conftest import Vendor, page, refused

DAY = date(2026, 11, 17)
ASKED = date(2026, 11, 21)


@pytest.mark.parametrize(
    ("said", "named"),
    [
        ("Data is available up to 2026-11-19.", date(2026, 11, 19)),
        ("latest available day: 2026-11-19T00:00:00Z", date(2026, 11, 19)),
        ("2026-11-19T10:00:00+00:00 is the newest", date(2026, 11, 19)),
        ("Available through November 19, 2026.", date(2026, 11, 19)),
        ("Available through Nov. 19th, 2026.", date(2026, 11, 19)),
        ("Available through 19 Nov 2026.", date(2026, 11, 19)),
        ("Available through Thursday, 19 November 2026.", date(2026, 11, 19)),
        ("2026-11-21 is too recent; try 2026-11-18 or 2026-11-19.", date(2026, 11, 19)),
        ("Between 2026-01-01 and November 18, 2026.", date(2026, 11, 18)),
        ("2026-10-21 is 31 days back", date(2026, 10, 21)),
        ("2026-10-20 is 32 days back", None),
        ("2026-11-21 is too recent.", None),
        ("The earliest day is 2026-01-01.", None),
        ("2026-13-45, Foo 19, 2026 and 99 November 2026 are no days", None),
        ("request 12026-11-190 refused", None),
        ("Too recent.", None),
        ("", None),
    ],
)
def test_the_newest_day_is_read_out_of_the_words(said: str, named: date | None) -> None:
    """However it is spelled; the day that was asked for and distant ones are not meant."""
    assert newest_named(said, ASKED) == named


def test_nothing_before_the_floor_is_named() -> None:
    """A day of 2025 is not taken for the newest."""
    assert newest_named("2025-12-30", date(2026, 1, 5)) is None
    assert newest_named("2025-12-30 and 2026-01-01", date(2026, 1, 5)) == date(2026, 1, 1)


def test_a_refusal_keeps_its_day_on_the_way_through_the_client(vendor: Vendor) -> None:
    """What the client makes of a 400 still names the day."""
    vendor.script = [refused(400, "Data for 2026-11-17 is not available; latest is 2026-11-15.")]
    with pytest.raises(SourceRequestError) as raised:
        list(rows_by_day(vendor.client(), "/report", DAY, date(2026, 11, 18)))
    assert newest_named(str(raised.value), DAY) == date(2026, 11, 15)


def test_each_day_is_asked_for_on_its_own(vendor: Vendor) -> None:
    """One day a request with the largest page; a second page repeats the rest."""
    vendor.script = [page(1, following="t"), page(2), page(3)]
    client = vendor.client()
    rows = list(rows_by_day(client, "/report", DAY, date(2026, 11, 19), "user_id", "product"))
    assert rows == [(DAY, 1), (DAY, 2), (date(2026, 11, 18), 3)]
    shared = [("group_by[]", "user_id"), ("group_by[]", "product"), ("limit", "1000")]
    assert [request.url.params.multi_items() for request in vendor.asked] == [
        [("date", "2026-11-17"), *shared],
        [("date", "2026-11-17"), *shared, ("page", "t")],
        [("date", "2026-11-18"), *shared],
    ]


@pytest.mark.parametrize(
    ("since", "until", "asked"),
    [
        (date(2025, 12, 30), date(2026, 1, 3), ["2026-01-01", "2026-01-02"]),
        (date(2026, 11, 17), date(2026, 12, 1), ["2026-11-17", "2026-11-18"]),
        (date(2026, 11, 19), date(2026, 11, 21), []),
        (date(2025, 11, 19), date(2025, 11, 21), []),
    ],
)
def test_no_day_before_the_floor_and_none_to_come(
    vendor: Vendor, since: date, until: date, asked: list[str]
) -> None:
    """Today is the last day that is asked for, and the first of 2026 the first."""
    vendor.script = [page()]
    assert list(rows_by_day(vendor.client(), "/report", since, until)) == []
    assert [request.url.params["date"] for request in vendor.asked] == asked
