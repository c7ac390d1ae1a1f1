"""How the Console's report is read and turned into facts."""

import json
from datetime import date
from decimal import Decimal
from typing import Any

import httpx
import pytest

from claude_dash.errors import SourceExpiredError, SourceRequestError
from claude_dash.facts import tables as t
from claude_dash.facts.batch import DayFacts
from claude_dash.facts.identity import Identified
from claude_dash.sources import base
from claude_dash.sources.base import Rejected
from claude_dash.sources.console import SOURCE, read
from claude_dash.sources.console_record import Record, checked
from claude_dash.sources.exchange import json_of
from tests.unit.sources.conftest import Vendor, page, refused, report_row

DAY = date(2026, 11, 17)
SPAN = (DAY, date(2026, 11, 18))
KEY = b"0123456789abcdef" * 2
RIN = Identified("email", "rin@example.org").who(KEY)


def read_day(vendor: Vendor) -> DayFacts:
    """Return the facts of the day that a vendor tells about."""
    return SOURCE.read_span(vendor.client(), SPAN, 7, KEY).days[DAY]


def facts_of(*rows: Any) -> DayFacts:
    """Return the facts of rows on one page."""
    vendor = Vendor()
    vendor.script = [page(*rows)]
    return read_day(vendor)


def cost(amount: Any, **more: Any) -> list[dict[str, Any]]:
    """Return a model breakdown with an estimated cost."""
    spent = {"amount": amount, "currency": "USD", **more}
    return [{"model": "m", "tokens": {"input": 1}, "estimated_cost": spent}]


def test_a_day_is_asked_for_as_the_contract_says(vendor: Vendor) -> None:
    """One bare day, the largest page, and no end; every page repeats the rest."""
    vendor.script = [page(report_row(), following="t"), page()]
    list(read(vendor.client(), *SPAN))
    asked = [dict(request.url.params) for request in vendor.asked]
    first = {"starting_at": "2026-11-17", "limit": "1000"}
    assert asked == [first, {**first, "page": "t"}]
    assert set(vendor.paths) == {"usage_report/claude_code"}


def test_a_row_becomes_facts() -> None:
    """Every number of a row stands in its column, under the pseudonym of its person."""
    made = facts_of(report_row())
    shared = {
        "connection_id": 7,
        "day": DAY,
        "who": RIN,
        "terminal_type": "vscode",
        "customer_type": "api",
    }
    assert made.identities == {RIN: Identified("email", "rin@example.org")}
    assert made.rows[t.ACTIVITY_DAY] == [
        {
            **shared,
            "sessions": 4,
            "lines_added": 611,
            "lines_removed": 207,
            "commits": 3,
            "pull_requests": 1,
        }
    ]
    assert made.rows[t.MODEL_USAGE_DAY] == [
        {
            **shared,
            "model": "claude-opus-5",
            "input_tokens": 11,
            "output_tokens": 40,
            "cache_read_tokens": 290,
            "cache_write_tokens": 21,
            "cost_estimated": 4_172_500_000,
        }
    ]
    assert made.rows[t.TOOL_DAY] == [
        {**shared, "tool": "edit_tool", "suggestions_accepted": 31, "suggestions_rejected": 2}
    ]
    assert (made.records, made.rejects) == (1, {})


def test_rows_of_one_person_and_day_are_added_up(vendor: Vendor) -> None:
    """Remote and local, twice on a page and on two pages: nothing is overwritten."""
    remote = report_row("RIN@Example.org ", is_remote=True, subscription_type="team")
    vendor.script = [page(report_row(), report_row(), following="t"), page(remote)]
    made = read_day(vendor)
    (activity,) = made.rows[t.ACTIVITY_DAY]
    (usage,) = made.rows[t.MODEL_USAGE_DAY]
    (tool,) = made.rows[t.TOOL_DAY]
    assert (activity["sessions"], activity["lines_added"]) == (12, 1833)
    assert (usage["output_tokens"], usage["cost_estimated"]) == (120, 3 * 4_172_500_000)
    assert tool["suggestions_accepted"] == 93
    assert list(made.identities) == [RIN]


def test_a_model_twice_in_a_row_is_added_up() -> None:
    """Two entries of one model become one fact."""
    (usage,) = facts_of(report_row(model_breakdown=cost(1) * 3)).rows[t.MODEL_USAGE_DAY]
    assert (usage["input_tokens"], usage["cost_estimated"]) == (3, 30_000_000)


def test_terminal_and_customer_type_stay_apart() -> None:
    """What tells rows apart is kept, values that nobody announced included."""
    made = facts_of(
        report_row(),
        report_row(terminal_type="holodeck"),
        report_row(customer_type="partner"),
    )
    kinds = [(row["terminal_type"], row["customer_type"]) for row in made.rows[t.ACTIVITY_DAY]]
    assert kinds == [("vscode", "api"), ("holodeck", "api"), ("vscode", "partner")]


@pytest.mark.parametrize(
    ("amount", "nano"),
    [
        ("417.25", 4_172_500_000),
        ("417", 4_170_000_000),
        ("0.0307", 307_000),
        ("1e-1", 1_000_000),
        ("0.00000015", 2),
        ("0.00000025", 2),
        ("0.1000000000000000055511151231257827", 1_000_000),
        ('"12.5"', 125_000_000),
        ("0", 0),
    ],
)
def test_cents_are_exact(amount: str, nano: int) -> None:
    """An amount is cents, a number or a decimal text, and becomes whole nanodollars."""
    row = report_row(model_breakdown=cost("AMOUNT"))
    sent = json_of(json.dumps(row).replace('"AMOUNT"', amount).encode())
    record = checked(sent, DAY)
    assert isinstance(record, Record)
    assert isinstance(record.model_breakdown[0].estimated_cost.amount, Decimal)
    made = SOURCE.gather([record], SPAN, 7, KEY).days[DAY]
    assert made.rows[t.MODEL_USAGE_DAY][0]["cost_estimated"] == nano


def test_a_thousand_small_amounts_lose_nothing() -> None:
    """A tenth of a cent, a thousand times, is a dollar."""
    (usage,) = facts_of(*[report_row(model_breakdown=cost(0.1))] * 1000).rows[t.MODEL_USAGE_DAY]
    assert usage["cost_estimated"] == 1_000_000_000


def test_another_currency_is_not_counted_as_dollars() -> None:
    """The tokens are kept, the cost is unknown, and the reason is counted."""
    made = facts_of(report_row(model_breakdown=cost(5, currency="EUR")))
    (usage,) = made.rows[t.MODEL_USAGE_DAY]
    assert (usage["input_tokens"], usage["cost_estimated"]) == (1, None)
    assert list(made.rejects.values()) == [1]
    assert "EUR" not in repr(made)


@pytest.mark.parametrize("spent", [None, {}, {"amount": None}, {"amount": None, "currency": None}])
def test_a_cost_that_is_not_told_is_unknown(spent: Any) -> None:
    """Without an amount there is no cost, which is not a cost of nothing."""
    breakdown = [{"model": "m", "tokens": {"input": 1}, "estimated_cost": spent}]
    made = facts_of(report_row(model_breakdown=breakdown))
    assert made.rows[t.MODEL_USAGE_DAY][0]["cost_estimated"] is None
    assert made.rejects == {}
    both = facts_of(report_row(model_breakdown=breakdown), report_row(model_breakdown=cost(1)))
    assert both.rows[t.MODEL_USAGE_DAY][0]["cost_estimated"] == 10_000_000


def test_what_is_zero_throughout_makes_no_model_and_no_tool() -> None:
    """A retired tool or an unused model leaves no row; the person's day does."""
    made = facts_of(
        report_row(
            core_metrics={},
            tool_actions={"multi_edit_tool": {"accepted": 0, "rejected": 0}},
            model_breakdown=[{"model": "m", "tokens": {}, "estimated_cost": {"amount": 0}}],
        )
    )
    assert [len(made.rows[table]) for table in (t.ACTIVITY_DAY, t.MODEL_USAGE_DAY, t.TOOL_DAY)] == [
        1,
        0,
        0,
    ]


def test_keys_are_kept_apart_from_people() -> None:
    """A key is known by its name, an actor nobody announced by its type; neither is a person."""
    made = facts_of(
        report_row(actor={"type": "api_actor", "api_key_name": "ci"}),
        report_row(actor={"type": "api_actor", "api_key_name": "rin@example.org"}),
        report_row(actor={"type": "api_actor"}),
        report_row(actor={"type": "agent_actor", "agent_id": "a1"}),
        report_row(actor={"type": "guest_actor", "email": "Guest@Example.org"}),
    )
    found = {(one.kind, one.value) for one in made.identities.values()}
    assert found == {
        ("api_key", "ci"),
        ("api_key", "rin@example.org"),
        ("api_key", "api_actor"),
        ("api_key", "agent_actor"),
        ("email", "guest@example.org"),
    }


def test_an_expired_token_starts_the_day_again(vendor: Vendor) -> None:
    """What was read before a 410 is forgotten, and the restarts are bounded."""
    vendor.script = [page(report_row(), following="t"), refused(410), page(report_row()), page()]
    assert read_day(vendor).rows[t.ACTIVITY_DAY][0]["sessions"] == 4
    vendor.script, vendor.asked = [refused(410)], []
    with pytest.raises(SourceExpiredError):
        read_day(vendor)
    assert len(vendor.asked) == base.MAX_RESTARTS + 1


def test_a_day_the_vendor_does_not_take_has_its_own_error(vendor: Vendor) -> None:
    """A 400 on a day can be told from every other trouble: history may begin later."""
    vendor.script = [refused(400, "before the organization existed", "invalid_request_error")]
    with pytest.raises(SourceRequestError):
        read_day(vendor)


def test_a_day_without_rows_is_empty(vendor: Vendor) -> None:
    """No rows are no facts, and no error."""
    vendor.script = [page()]
    made = read_day(vendor)
    assert (made.records, made.facts, made.identities) == (0, 0, {})


def test_broken_records_are_counted_by_reason(vendor: Vendor) -> None:
    """Each broken record is counted with its reason; good ones beside it are kept."""
    negative = report_row(core_metrics={"num_sessions": -1})
    vendor.script = [page(negative, report_row(), negative, "rin@example.org")]
    made = read_day(vendor)
    assert (made.records, made.rejected) == (4, 3)
    assert made.rejects == {
        "core_metrics.num_sessions: greater_than_equal": 2,
        "record: model_type": 1,
    }
    assert made.rows[t.ACTIVITY_DAY][0]["sessions"] == 4


def test_a_record_of_another_day_is_set_aside() -> None:
    """A row that belongs elsewhere is not counted on the day that was asked for."""
    made = facts_of(report_row(date="2026-11-16T00:00:00Z"))
    assert made.rejects == {"date: another day": 1}
    assert (made.facts, made.identities) == (0, {})


def test_reading_does_not_depend_on_the_order_of_pages() -> None:
    """Another order of the same rows gives the same sums."""
    rows = [report_row("a@example.org"), report_row("b@example.org"), report_row("a@example.org")]
    forwards, backwards = facts_of(*rows), facts_of(*reversed(rows))
    for table, found in forwards.rows.items():
        assert sorted(map(repr, found)) == sorted(map(repr, backwards.rows[table]))


def test_rejected_records_pass_through_gather() -> None:
    """What was set aside while reading is counted, not normalized."""
    made = SOURCE.gather([Rejected("x: y"), Rejected("x: y")], SPAN, 7, KEY).days[DAY]
    assert (made.records, made.rejects, made.facts) == (2, {"x: y": 2}, 0)


def test_a_page_that_is_large_is_read(vendor: Vendor) -> None:
    """A thousand people on a page are a thousand people."""
    rows = [report_row(f"p{number}@example.org") for number in range(1000)]
    vendor.script = [httpx.Response(200, json={"data": rows, "has_more": False})]
    assert len(read_day(vendor).identities) == 1000
