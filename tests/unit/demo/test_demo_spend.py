"""The demo's money: what both organizations bill agrees with what they report otherwise."""

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import httpx
import pytest

from claude_dash.demo.organization import Organization
from claude_dash.demo.transport import ENTERPRISE_KEY, KEY, DemoTransport

TODAY = date(2026, 11, 18)  # where the clock of the tests stands
SINCE = TODAY - timedelta(days=25)
ROOT = "https://vendor.example/v1/organizations/"
ORGANIZATION = Organization.simulate(120, 90, 7, TODAY)
BETA = {"anthropic-beta": "analytics-usage-cost-2026-08-24"}
BY = ["actor", "model", "product"]


@pytest.fixture(scope="module")
def vendor() -> DemoTransport:
    return DemoTransport(ORGANIZATION)


def ask(vendor: DemoTransport, path: str, key: str, **params: Any) -> httpx.Response:
    """Return the answer of the simulated vendor."""
    asked = {name.replace("group_by", "group_by[]"): value for name, value in params.items()}
    with httpx.Client(transport=vendor, headers={"x-api-key": key, **BETA}) as client:
        return client.get(ROOT + path, params=asked)


def walk(
    vendor: DemoTransport, report: str, key: str, by: list[str], **params: Any
) -> Iterator[dict[str, Any]]:
    """Yield every row of a walk over the window, page by page."""
    asked = {
        "starting_at": f"{SINCE}T00:00:00Z",
        "ending_at": f"{TODAY}T00:00:00Z",
        "time_bucket_width": "1d",
        "group_by": by,
        "limit": 700,
        **params,
    }
    while True:
        body = ask(vendor, f"analytics/{report}", key, **asked).json()
        yield from body["data"]
        if not body["has_more"]:
            return
        asked["page"] = body["next_page"]


def money(found: Iterator[dict[str, Any]], by: str) -> dict[Any, Decimal]:
    """Return billed cents, added up by a dimension or by `day`."""
    made: Counter[Any] = Counter()
    for row in found:
        name = row["starting_at"][:10] if by == "day" else row["group"][by]
        made[name] += Decimal(row["cost"]["amount"])  # type: ignore[assignment]
    return dict(made)  # type: ignore[arg-type]


def test_the_consoles_list_amount_is_what_its_report_estimates(vendor: DemoTransport) -> None:
    """A day's list amount of Claude Code is within 2 % of the estimate; 92 % of it is billed."""
    listed: Counter[str] = Counter()
    billed: Counter[str] = Counter()
    for row in walk(vendor, "cost", KEY, [*BY, "cost_type"]):
        if row["group"]["product"] == "claude_code":
            listed[row["starting_at"][:10]] += float(row["cost"]["list_amount"])  # type: ignore[assignment]
            billed[row["starting_at"][:10]] += float(row["cost"]["amount"])  # type: ignore[assignment]
    for day, amount in listed.items():
        path = "usage_report/claude_code"
        report = ask(vendor, path, KEY, starting_at=day, limit=1000).json()["data"]
        parts = [part for row in report for part in row["model_breakdown"]]
        estimate = sum(part["estimated_cost"]["amount"] for part in parts if part["estimated_cost"])
        assert amount == pytest.approx(estimate, rel=0.02)
        assert billed[day] == pytest.approx(0.92 * amount, rel=0.001)


def test_the_keys_use_messages_and_a_little_code_execution(vendor: DemoTransport) -> None:
    """Keys have Messages API use by id, and code execution, which belongs to no product."""
    found = list(walk(vendor, "cost", KEY, [*BY, "workspace_id", "service_tier", "cost_type"]))
    messages = [row for row in found if row["group"]["product"] == "messages_api"]
    assert {row["group"]["actor"]["type"] for row in messages} == {"api_actor"}
    assert {row["group"]["service_tier"] for row in messages} == {"standard", "batch"}
    executed = [row for row in found if row["group"]["cost_type"] == "code_execution"]
    assert executed
    assert {row["group"]["product"] for row in executed} == {None}


def test_claude_code_by_seat_is_billed_by_enterprise_alone(vendor: DemoTransport) -> None:
    """Who codes by seat has Claude Code tokens at Enterprise and none at the Console."""
    by_seat = {one.email for one in ORGANIZATION.people if one.has_code_by_seat}
    who = {
        key: {
            row["group"]["actor"].get("email_address")
            for row in walk(vendor, "usage", key, BY)
            if row["group"]["product"] == "claude_code"
        }
        for key in (KEY, ENTERPRISE_KEY)
    }
    assert who[ENTERPRISE_KEY]
    assert who[ENTERPRISE_KEY] <= by_seat
    assert not who[KEY] & by_seat


def test_every_surface_is_billed(vendor: DemoTransport) -> None:
    """All six products have money, and searches on the web have their own kind of cost."""
    found = list(walk(vendor, "cost", ENTERPRISE_KEY, [*BY, "cost_type"]))
    assert set(money(iter(found), "product")) == {
        "chat", "claude_code", "cowork", "office_agent", "claude_design", "chat_cowork_unified",
    }  # fmt: skip
    assert {row["group"]["cost_type"] for row in found} == {"tokens", "web_search"}


@pytest.mark.parametrize("key", [KEY, ENTERPRISE_KEY])
def test_nine_days_are_revised(vendor: DemoTransport, key: str) -> None:
    """An early reading has 6 % less money 10 to 18 days back, and the same on other days."""
    early = DemoTransport(ORGANIZATION, early=True)
    before, after = (money(walk(one, "cost", key, BY), "day") for one in (early, vendor))
    revised = {str(TODAY - timedelta(days=back)) for back in range(10, 19)}
    for day, amount in after.items():
        if day in revised:
            assert float(before[day]) == pytest.approx(0.94 * float(amount), rel=0.001)
        else:
            assert before[day] == amount
    assert list(walk(early, "usage", key, BY)) == list(walk(vendor, "usage", key, BY))


def test_grouping_changes_no_total(vendor: DemoTransport) -> None:
    """However it is grouped, the money of a day is the same."""
    fine = money(walk(vendor, "cost", ENTERPRISE_KEY, [*BY, "cost_type"]), "day")
    assert fine == money(walk(vendor, "cost", ENTERPRISE_KEY, ["product"]), "day")
    whole = list(walk(vendor, "cost", ENTERPRISE_KEY, [], time_bucket_width=[]))
    assert len(whole) == 1
    assert Decimal(whole[0]["cost"]["amount"]) == sum(fine.values())


def test_the_same_seed_bills_the_same() -> None:
    """Two organisations of one seed answer alike; another seed answers otherwise."""
    one, same, other = (
        list(walk(DemoTransport(Organization.simulate(40, 40, seed, TODAY)), "cost", KEY, BY))
        for seed in (7, 7, 8)
    )
    assert one == same
    assert one != other


@pytest.mark.parametrize(
    "params",
    [
        {"starting_at": "yesterday"},
        {"starting_at": "2026-11-01T00:00:00"},
        {"ending_at": "2026-12-24T00:00:00Z"},
        {"ending_at": ""},
        {"starting_at": "2025-12-31T00:00:00Z", "ending_at": "2026-01-02T00:00:00Z"},
        {"group_by": ["colour"]},
        {"group_by": ["actor", "model", "product", "speed", "inference_geo", "session_id"]},
        {"limit": 5000},
    ],
)
def test_what_the_vendor_would_refuse_is_refused(
    vendor: DemoTransport, params: dict[str, Any]
) -> None:
    """A malformed instant, too long a span, too old a day, or strange dimensions are a 400."""
    asked = {"starting_at": f"{SINCE}T00:00:00Z", "ending_at": f"{TODAY}T00:00:00Z"}
    answer = ask(vendor, "analytics/usage", KEY, **(asked | {"time_bucket_width": "1d"} | params))
    assert answer.status_code == 400


def test_up_to_when_the_data_reach_is_told(vendor: DemoTransport) -> None:
    """The export reaches up to three hours before now, and is asked for with its beta header."""
    asked = {"starting_at": f"{SINCE}T00:00:00Z", "limit": 1}
    body = ask(vendor, "analytics/usage", ENTERPRISE_KEY, **asked).json()
    assert body["data_refreshed_at"] == "2026-11-18T09:00:00Z"
    with httpx.Client(transport=vendor, headers={"x-api-key": KEY}) as client:
        assert client.get(f"{ROOT}analytics/usage", params=asked).status_code == 404
