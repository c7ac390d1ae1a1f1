"""Claude Code usage report of the Admin API.

Source:  GET /v1/organizations/usage_report/claude_code
Grain:   actor x UTC day x terminal_type x customer_type (subscription_type and is_remote added up)
Facts:   ActivityDay, ModelUsageDay, ToolDay
"""

from collections.abc import Iterator
from datetime import date
from typing import Any

from claude_dash.clock import days
from claude_dash.facts import tables as t
from claude_dash.facts.identity import Identified
from claude_dash.sources.base import Fact, Rejected, Source
from claude_dash.sources.client import AnthropicClient, Params
from claude_dash.sources.console_record import (
    CoreMetrics,
    EstimatedCost,
    ModelBreakdown,
    Record,
    checked,
)
from claude_dash.units import nanodollars

PATH = "/v1/organizations/usage_report/claude_code"
PAGE_ROWS = 1000  # the most that the report takes (contract, read 2026-11-21)
FLOOR = date(2025, 2, 1)  # nothing of Claude Code is older; ruled for the product, 2026-11-21
CURRENCY = "USD"
OTHER_CURRENCY = Rejected("model_breakdown.*.estimated_cost.currency: not USD, cost left out")


def read(client: AnthropicClient, since: date, until: date) -> Iterator[Record | Rejected]:
    """Yield every record of some UTC days, day by day, following `next_page`."""
    for day in days(since, until):
        params: Params = {"starting_at": day.isoformat(), "limit": PAGE_ROWS}
        for page in client.pages(PATH, params):
            for sent in page["data"]:
                yield checked(sent, day)


def normalize(
    record: Record, connection_id: int, key: bytes
) -> Iterator[Identified | Fact | Rejected]:
    """Turn one record into an identity and facts, which carry its pseudonym.

    There is one ActivityDay; of models and tools only those with anything above zero.
    """
    who = record.actor.identity
    if who is None:  # which `checked` has set aside
        return
    yield who
    shared: dict[str, Any] = {
        "connection_id": connection_id,
        "day": record.date,
        "who": who.who(key),
        "terminal_type": record.terminal_type,
        "customer_type": record.customer_type,
    }
    yield Fact(t.ACTIVITY_DAY, shared, _activity(record.core_metrics))
    for usage in record.model_breakdown:
        amounts = _usage(usage)
        if any(amounts.values()):
            yield Fact(t.MODEL_USAGE_DAY, {**shared, "model": usage.model}, amounts)
        if usage.estimated_cost.currency.upper() != CURRENCY:
            yield OTHER_CURRENCY
    for tool, actions in record.tool_actions.items():
        if actions and (actions.accepted or actions.rejected):
            counts: dict[str, int | None] = {
                "suggestions_accepted": actions.accepted,
                "suggestions_rejected": actions.rejected,
            }
            yield Fact(t.TOOL_DAY, {**shared, "tool": tool}, counts)


def _activity(core: CoreMetrics) -> dict[str, int | None]:
    return {
        "sessions": core.num_sessions,
        "lines_added": core.lines_of_code.added,
        "lines_removed": core.lines_of_code.removed,
        "commits": core.commits_by_claude_code,
        "pull_requests": core.pull_requests_by_claude_code,
    }


def _usage(usage: ModelBreakdown) -> dict[str, int | None]:
    return {
        "input_tokens": usage.tokens.input,
        "output_tokens": usage.tokens.output,
        "cache_read_tokens": usage.tokens.cache_read,
        "cache_write_tokens": usage.tokens.cache_creation,
        "cost_estimated": _cost(usage.estimated_cost),
    }


def _cost(cost: EstimatedCost) -> int | None:
    """Return nanodollars; another currency is not converted, so the cost is unknown."""
    if cost.amount is None or cost.currency.upper() != CURRENCY:
        return None
    return nanodollars(cost.amount)


SOURCE = Source(
    "console.claude_code",
    FLOOR,
    (t.ACTIVITY_DAY, t.MODEL_USAGE_DAY, t.TOOL_DAY),
    read,
    normalize,
)
