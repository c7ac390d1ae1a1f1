"""The demo's Enterprise half: who is active by seat, what of, and when a day is there."""

from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from claude_dash.demo.habits import UNIFIED_DAYS
from claude_dash.demo.organization import Organization
from claude_dash.demo.transport import ENTERPRISE_KEY, KEY, DemoTransport
from claude_dash.sources.client import AnthropicClient
from claude_dash.sources.enterprise_probe import probe_enterprise

TODAY = date(2026, 11, 18)  # where the clock of the tests stands
NEWEST = TODAY - timedelta(days=2)
ROOT = "https://vendor.example/v1/organizations/"
ORGANIZATION = Organization.simulate(240, 120, 7, TODAY)
FEATURES = ("skills", "connectors", "plugins", "artifacts", "apps/chat/projects")
NAMES = ("skill_name", "connector_name", "plugin_name", "artifact_type", "project_id")


@pytest.fixture(scope="module")
def vendor() -> DemoTransport:
    return DemoTransport(ORGANIZATION)


def ask(vendor: DemoTransport, path: str, key: str = ENTERPRISE_KEY, **params: Any) -> Any:
    """Return the answer of the simulated vendor."""
    asked = {name.replace("group_by", "group_by[]"): value for name, value in params.items()}
    with httpx.Client(transport=vendor, headers={"x-api-key": key}) as client:
        return client.get(ROOT + path, params=asked)


def rows(vendor: DemoTransport, name: str, day: date = NEWEST, **params: Any) -> list[Any]:
    """Return every row that an engagement report has of a day."""
    answer = ask(vendor, f"analytics/{name}", date=day.isoformat(), limit=1000, **params)
    return answer.json()["data"]


@pytest.mark.parametrize("name", ["users", *FEATURES])
def test_a_day_that_is_too_recent_is_refused_with_the_newest_one(
    vendor: DemoTransport, name: str
) -> None:
    """Yesterday is answered with 400, and the refusal names the day before it."""
    answer = ask(vendor, f"analytics/{name}", date=str(TODAY - timedelta(days=1)))
    assert answer.status_code == 400
    assert str(NEWEST) in answer.json()["error"]["message"]


def test_the_connection_test_understands_every_answer(vendor: DemoTransport) -> None:
    """The Enterprise probe finds all six kinds of report, the seats, and the lag of two days."""
    key = SecretStr(ENTERPRISE_KEY)
    with AnthropicClient(
        "https://vendor.example", key, lambda: None, form="enterprise", transport=vendor
    ) as client:
        found = probe_enterprise(client)
    assert all(one.is_found for one in found.findings)
    assert (found.organization_id, found.last_day_seen) == ("demo-enterprise", NEWEST)
    assert found.seats == sum(one.left is None for one in ORGANIZATION.people)


def test_who_codes_by_seat_is_in_one_organization_alone(vendor: DemoTransport) -> None:
    """Every fourth person of three teams codes by seat; nobody's Claude Code is in both reports."""
    by_seat = {one.email for one in ORGANIZATION.people if one.has_code_by_seat}
    console, seats = set(), set()
    for back in range(2, 30):
        day = TODAY - timedelta(days=back)
        path = "usage_report/claude_code"
        found = ask(vendor, path, KEY, starting_at=day.isoformat(), limit=1000).json()["data"]
        console |= {row["actor"].get("email_address") for row in found}
        seats |= {
            row["user"]["email_address"]
            for row in rows(vendor, "users", day)
            if row["claude_code_metrics"]["core_metrics"]["distinct_session_count"]
        }
    assert seats
    assert seats <= by_seat
    assert not console & by_seat


def test_some_people_move_to_chat_and_cowork_as_one(vendor: DemoTransport) -> None:
    """The unified block is absent before its first day; then those on it leave the others at 0."""
    start = TODAY - timedelta(days=UNIFIED_DAYS)
    before = rows(vendor, "users", start - timedelta(days=1))
    assert all("chat_cowork_unified_metrics" not in row for row in before)
    after = [row for back in range(2, 8) for row in rows(vendor, "users", TODAY - timedelta(back))]
    moved = [row for row in after if row["chat_cowork_unified_metrics"]]
    assert 0 < len(moved) < len(after) / 3
    for row in moved:
        assert row["chat_metrics"]["message_count"] == row["cowork_metrics"]["message_count"] == 0


def test_the_summary_counts_the_people_of_the_days(vendor: DemoTransport) -> None:
    """Daily active users are those with a row; longer windows are no smaller; rates are of 100."""
    found = ask(vendor, "analytics/summaries", starting_date="2026-11-09").json()["data"]
    assert [row["starting_at"][:10] for row in found][-1] == str(NEWEST)
    for row in found:
        listed = {one["user"]["id"] for one in rows(vendor, "users", _day(row))}
        assert row["daily_active_user_count"] >= len(listed)
        assert row["daily_active_user_count"] <= row["weekly_active_user_count"]
        assert row["weekly_active_user_count"] <= row["monthly_active_user_count"]
        assert 0 <= row["monthly_adoption_rate"] <= 100
        assert row["monthly_active_user_count"] < row["assigned_seat_count"]


def test_a_range_of_summaries_ends_before_its_end(vendor: DemoTransport) -> None:
    """`ending_date` is exclusive, at most today, and adds no day that is not there yet."""
    path, since = "analytics/summaries", "2026-11-09"
    short = ask(vendor, path, starting_date=since, ending_date="2026-11-12").json()["data"]
    whole = ask(vendor, path, starting_date=since, ending_date=str(TODAY)).json()["data"]
    assert (len(short), len(whole)) == (3, 8)
    late = ask(vendor, path, starting_date=since, ending_date=str(TODAY + timedelta(days=1)))
    assert late.status_code == 400


def test_some_seats_were_never_used_and_some_not_for_a_month(vendor: DemoTransport) -> None:
    """Who never uses anything is in no report; some others stopped over 30 days ago."""
    days = vendor._days
    window = [TODAY - timedelta(days=back) for back in range(ORGANIZATION_DAYS)]
    ever = frozenset[int]().union(*(days.active(day)[""] for day in window))
    lately = frozenset[int]().union(*(days.active(day)[""] for day in window[:31]))
    never = {one.number for one in ORGANIZATION.people if not one.keen}
    assert never
    assert not never & ever
    assert ever - lately


@pytest.mark.parametrize(("name", "field"), list(zip(FEATURES, NAMES, strict=True)))
def test_features_are_grouped_as_asked(vendor: DemoTransport, name: str, field: str) -> None:
    """Grouped rows name what they are grouped by and are unique; ungrouped ones add them up."""
    by = ["user_id"] if "/" in name else ["user_id", "product"]
    day = date(2026, 11, 12)
    grouped, plain = rows(vendor, name, day, group_by=by), rows(vendor, name, day)
    assert plain
    parts = (field, "is_shared", *by)
    assert len({tuple(row.get(part) for part in parts) for row in grouped}) == len(grouped)
    assert all(row["distinct_user_count"] == 1 for row in grouped)
    assert not set(by) & set(plain[0])
    counts = [one for one in plain[0] if one.endswith(("_call_count", "message_count", "_created"))]
    for count in counts:
        assert sum(row[count] for row in plain) == sum(row[count] for row in grouped)


def test_the_private_skill_is_one_persons(vendor: DemoTransport) -> None:
    """One skill is private, and over months one person alone uses it."""
    users = {
        row["user_id"]
        for back in range(2, 90)
        for row in rows(vendor, "skills", TODAY - timedelta(back), group_by=["user_id"])
        if row["share_status"] == "private"
    }
    assert len(users) == 1


def test_plugins_are_installed_and_unnamed_ones_share_a_bucket(vendor: DemoTransport) -> None:
    """Installs occur, and the bucket of unnamed plugins has no id."""
    found = [
        row for back in range(2, 60) for row in rows(vendor, "plugins", TODAY - timedelta(back))
    ]
    assert sum(row["install_count"] for row in found)
    assert {row["plugin_id"] for row in found if row["plugin_name"] == "third-party"} == {None}
    assert len({row["plugin_name"] for row in found}) == 5


def test_pages_add_up(vendor: DemoTransport) -> None:
    """A small limit hands out tokens until every row has been sent once."""
    day, found, page = date(2026, 11, 12), [], None
    while True:
        params = {"date": str(day), "limit": 7} | ({"page": page} if page else {})
        body = ask(vendor, "analytics/users", **params).json()
        found += body["data"]
        page = body["next_page"]
        if page is None:
            break
    assert found == rows(vendor, "users", day)


def test_each_key_is_refused_what_is_the_others(vendor: DemoTransport) -> None:
    """A Console key is told the scope that it lacks; an Enterprise key finds no Console report."""
    lacking = ask(vendor, "analytics/users", KEY, date="2026-11-12")
    assert lacking.status_code == 403
    assert "read:analytics" in lacking.json()["error"]["message"]
    assert ask(vendor, "usage_report/claude_code", starting_at="2026-11-12").status_code == 404
    assert ask(vendor, "users", "sk-ant-api01-other").status_code == 401
    assert ask(vendor, "workspaces", KEY).json()["data"] == []
    assert ask(vendor, "rbac_groups").json()["data"] == []


def test_spend_limits_are_of_those_with_a_seat(vendor: DemoTransport) -> None:
    """Everybody with a seat has an effective limit; somebody has none, and somebody spent."""
    found = ask(vendor, "spend_limits/effective", limit=1000).json()["data"]
    assert len(found) == sum(one.left is None for one in ORGANIZATION.people)
    assert any(row["amount"] is None for row in found)
    assert any(float(row["period_to_date_spend"]) > 0 for row in found)


ORGANIZATION_DAYS = 120


def _day(row: dict[str, Any]) -> date:
    return date.fromisoformat(row["starting_at"][:10])
