"""How the vendor's own counts are read and turned into facts."""

import json
from datetime import UTC, date, datetime
from typing import Any

import httpx
import pytest

from claude_dash.errors import SourceRequestError, SourceShapeError
from claude_dash.facts import tables as t
from claude_dash.sources.base import Covers, Read
from claude_dash.sources.enterprise_summaries import SOURCE, read
from tests.unit.sources.conftest import Vendor, page, refused

DAY, NEXT, TODAY = date(2026, 11, 16), date(2026, 11, 17), date(2026, 11, 18)
KEY = b"0123456789abcdef" * 2
SENT: dict[str, Any] = json.loads("""
{
  "starting_at": "2026-11-16T00:00:00Z", "ending_at": "2026-11-17T00:00:00Z",
  "daily_active_user_count": 61, "weekly_active_user_count": 88, "monthly_active_user_count": 103,
  "assigned_seat_count": 120, "pending_invite_count": 4,
  "daily_adoption_rate": 50.83, "weekly_adoption_rate": 73.33, "monthly_adoption_rate": 85.83,
  "cowork_daily_active_user_count": 9, "cowork_weekly_active_user_count": 17,
  "cowork_monthly_active_user_count": 26,
  "chat_daily_active_user_count": 44, "chat_weekly_active_user_count": 70,
  "chat_monthly_active_user_count": 91,
  "claude_code_daily_active_user_count": 33, "claude_code_weekly_active_user_count": 47,
  "claude_code_monthly_active_user_count": 58
}
""")


def sent(day: date = DAY, **changes: Any) -> dict[str, Any]:
    """Return the contract's example, for a day, with changes."""
    return {**SENT, "starting_at": f"{day}T00:00:00Z", **changes}


def read_days(vendor: Vendor, since: date = DAY, until: date = NEXT) -> Read:
    """Return the facts of some days that a vendor tells about."""
    return SOURCE.read_span(vendor.client(), (since, until), 7, KEY)


def values_of(*rows: Any) -> dict[tuple[str, str], int | None]:
    """Return the facts of rows of the day, by name and product."""
    vendor = Vendor()
    vendor.script = [page(*rows)]
    facts = read_days(vendor).days[DAY].rows[t.SUMMARY_DAY]
    return {(row["name"], row["product"]): row["value"] for row in facts}


def test_the_example_becomes_facts() -> None:
    """Every count stands under its name and product; rates are not kept."""
    assert values_of(sent()) == {
        ("assigned_seats", ""): 120,
        ("pending_invites", ""): 4,
        ("daily_active", ""): 61,
        ("weekly_active", ""): 88,
        ("monthly_active", ""): 103,
        ("daily_active", "cowork"): 9,
        ("weekly_active", "cowork"): 17,
        ("monthly_active", "cowork"): 26,
        ("daily_active", "chat"): 44,
        ("weekly_active", "chat"): 70,
        ("monthly_active", "chat"): 91,
        ("daily_active", "claude_code"): 33,
        ("weekly_active", "claude_code"): 47,
        ("monthly_active", "claude_code"): 58,
    }


def test_a_fact_is_whole(vendor: Vendor) -> None:
    """A row has every column of its table, and there is nobody in it."""
    vendor.script = [page({"starting_at": "2026-11-16T00:00:00Z", "assigned_seat_count": 1})]
    made = read_days(vendor).days[DAY]
    assert made.rows[t.SUMMARY_DAY] == [
        {"connection_id": 7, "day": DAY, "name": "assigned_seats", "product": "", "value": 1}
    ]
    assert (made.identities, made.records) == ({}, 1)


@pytest.mark.parametrize(
    ("prefix", "product"),
    [
        ("claude_design", "claude_design"),
        ("office_agent", "office_agent"),
        ("science", "claude_science"),
        ("chat_cowork_unified", "chat_cowork_unified"),
        ("claude_tag", "claude_tag"),
    ],
)
def test_products_that_may_be_absent(prefix: str, product: str) -> None:
    """Each has its own spelling; a product nobody announced and entitlements are not counted."""
    found = values_of(
        {
            "starting_at": "2026-11-16",
            f"{prefix}_daily_active_user_count": 3,
            "science_entitled_user_count": 9,
            "holodeck_daily_active_user_count": 8,
        }
    )
    assert found == {("daily_active", product): 3}


def test_absent_null_and_zero_are_three_facts() -> None:
    """No row, a row without a value, and a row with zero."""
    found = values_of(
        {
            "starting_at": "2026-11-16T00:00:00Z",
            "assigned_seat_count": None,
            "chat_daily_active_user_count": 0,
        }
    )
    assert found == {("assigned_seats", ""): None, ("daily_active", "chat"): 0}


def test_the_older_envelope_is_read_too(vendor: Vendor) -> None:
    """Rows under `summaries`, without paging."""
    vendor.script = [httpx.Response(200, json={"summaries": [sent(), sent(NEXT)]})]
    made = read_days(vendor, DAY, TODAY)
    assert [made.days[day].records for day in (DAY, NEXT)] == [1, 1]
    assert len(vendor.asked) == 1


def test_two_pages_are_one_answer(vendor: Vendor) -> None:
    """The second page repeats what was asked; the newest day of both ends the coverage."""
    vendor.script = [page(sent(NEXT), following="t"), page(sent())]
    made = read_days(vendor, DAY, TODAY)
    first = {"starting_date": "2026-10-18"}
    asked = [dict(request.url.params) for request in vendor.asked]
    assert asked == [first, {**first, "page": "t"}]
    assert set(vendor.paths) == {"analytics/summaries"}
    assert [made.days[day].records for day in (DAY, NEXT)] == [1, 1]
    assert (made.says, made.covers_until) == (True, datetime(2026, 11, 18, tzinfo=UTC))


@pytest.mark.parametrize("until", [TODAY, date(2026, 11, 19), date(2026, 10, 19)])
def test_a_recent_end_is_left_to_the_vendor(vendor: Vendor, until: date) -> None:
    """It refuses an end after its newest day; earlier days are asked for, and not kept."""
    vendor.script = [page(sent(date(2026, 10, 17)), sent(date(2026, 10, 18)), sent())]
    made = read_days(vendor, date(2026, 10, 18), until)
    assert [dict(request.url.params) for request in vendor.asked] == [
        {"starting_date": "2026-10-18"}
    ]
    assert made.covers_until == datetime(2026, 11, 17, tzinfo=UTC)
    assert made.days[date(2026, 10, 18)].records == 1
    assert sum(day.records for day in made.days.values()) == 1 + (until > DAY)


def test_an_end_of_long_ago_is_asked_for(vendor: Vendor) -> None:
    """Days that must be there are asked for as they are wanted."""
    vendor.script = [page(sent(date(2026, 10, 17)))]
    read_days(vendor, date(2026, 10, 17), date(2026, 10, 18))
    assert dict(vendor.asked[0].url.params) == {
        "starting_date": "2026-10-17",
        "ending_date": "2026-10-18",
    }


def test_a_query_is_never_too_long(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    """A range without an end begins 366 days before today at the earliest."""
    monkeypatch.setattr("claude_dash.sources.enterprise_summaries.FLOOR", date(2020, 1, 1))
    vendor.script = [page(sent(date(2025, 11, 16))), page(sent())]
    made = read_days(vendor, date(2025, 11, 16), NEXT)
    assert [dict(request.url.params) for request in vendor.asked] == [
        {"starting_date": "2025-11-16", "ending_date": "2025-11-17"},
        {"starting_date": "2025-11-17"},
    ]
    assert [made.days[day].records for day in (date(2025, 11, 16), DAY)] == [1, 1]


def test_no_rows_cover_nothing(vendor: Vendor) -> None:
    """An empty answer is no end of the coverage."""
    vendor.script = [page()]
    assert list(read(vendor.client(), DAY, NEXT)) == [Covers(None)]


@pytest.mark.parametrize(
    ("since", "until"),
    [
        (date(2025, 11, 1), date(2026, 1, 1)),
        (date(2026, 11, 19), date(2026, 11, 25)),
    ],
)
def test_days_that_cannot_be_are_not_asked_for(vendor: Vendor, since: date, until: date) -> None:
    """Nothing before 2026 and nothing to come."""
    assert list(read(vendor.client(), since, until)) == [Covers(None)]
    assert vendor.asked == []


def test_the_floor_cuts_a_span(vendor: Vendor) -> None:
    """A span that begins earlier is asked for from the first of 2026."""
    vendor.script = [page(sent(date(2026, 1, 1)))]
    list(read(vendor.client(), date(2025, 12, 1), date(2026, 1, 2)))
    assert vendor.asked[0].url.params["starting_date"] == "2026-01-01"


def test_days_that_are_too_new_are_not_kept(vendor: Vendor) -> None:
    """Of today nothing is known yet, and the newest day ends the coverage."""
    vendor.script = [page(sent())]
    made = read_days(vendor, TODAY, date(2026, 11, 19))
    assert made.covers_until == datetime(2026, 11, 17, tzinfo=UTC)
    assert (made.days[TODAY].facts, made.days[TODAY].rejected) == (0, 0)


def test_another_refusal_stays_one(vendor: Vendor) -> None:
    """Days of long ago may be refused as well."""
    vendor.script = [refused(400, "No.")]
    with pytest.raises(SourceRequestError):
        read_days(vendor, date(2026, 2, 1), date(2026, 2, 3))
    assert len(vendor.asked) == 1


@pytest.mark.parametrize(
    "broken",
    [
        "mallory@example.org",
        None,
        7,
        {"mallory": "@example.org"},
        {"starting_at": "mallory"},
        sent(starting_at=None),
        sent(assigned_seat_count="mallory"),
        sent(assigned_seat_count=-1),
        sent(daily_active_user_count=True),
        sent(NEXT, weekly_active_user_count=1.5),
    ],
)
def test_a_broken_row_is_set_aside(vendor: Vendor, broken: Any) -> None:
    """It is counted with a reason that holds nothing of it; the other row is kept."""
    vendor.script = [page(broken, sent())]
    made = read_days(vendor).days[DAY]
    assert (made.records, made.rejected, made.facts) == (2, 1, 14)
    assert "mallory" not in repr(made)


def test_a_day_twice_is_not_added_up(vendor: Vendor) -> None:
    """The first row of a day counts, the second is set aside."""
    vendor.script = [page(sent(), following="t"), page(sent())]
    made = read_days(vendor).days[DAY]
    values = [row["value"] for row in made.rows[t.SUMMARY_DAY] if row["name"] == "assigned_seats"]
    assert (values, made.rejected) == ([120], 1)


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"data": {}},
        {"data": None},
        {"data": [], "next_page": "t"},
        {"data": [], "next_page": 7},
        {"data": [], "has_more": True, "next_page": None},
    ],
)
def test_a_changed_envelope_is_an_error(vendor: Vendor, body: dict[str, Any]) -> None:
    """No list, a token that comes again, one that is none, and one that is missing."""
    vendor.script = [httpx.Response(200, json=body)]
    with pytest.raises(SourceShapeError):
        read_days(vendor)
    assert len(vendor.asked) <= 2
