"""The rows of the usage and cost reports, as the Usage and Cost Analytics API tells them."""

from collections.abc import Callable, Iterable
from datetime import date, timedelta
from typing import Any

from claude_dash.demo.organization import Organization, Somebody
from claude_dash.demo.spend import MICRO, Use

DIMENSIONS = (
    "actor", "actor_type", "agent_id", "api_key_id", "claude_tag_category", "claude_tag_user_id",
    "context_window", "cost_type", "deployment_id", "environment_id", "inference_geo", "model",
    "organization_id", "product", "rbac_group_id", "service_tier", "session_id",
    "slack_channel_id", "speed", "token_type", "user_profile_id", "workspace_id",
)  # fmt: skip
OF_COST = frozenset({"cost_type", "token_type"})
BILLED = 0.92  # of the list price, as negotiated
EARLY = 0.94  # of the money of these days back, before the vendor has revised it
REVISED_BACK = range(10, 19)


class _Total:
    """The sum of the uses that share a group."""

    __slots__ = ("billed", "listed", "requests", "searches", "tokens")

    def __init__(self) -> None:
        self.tokens, self.requests, self.searches = [0, 0, 0, 0], 0, 0
        self.listed = self.billed = 0

    def add(self, use: Use, factor: float) -> None:
        self.tokens = [a + b for a, b in zip(self.tokens, use.tokens, strict=True)]
        self.requests += use.requests
        self.searches += use.searches
        listed = round(use.list_amount * factor)
        self.listed += listed
        self.billed += round(listed * BILLED)


def rows(
    report: str,
    uses: Iterable[tuple[date, Iterable[Use]]],
    by: tuple[str, ...],
    span: tuple[str, str] | None,
    factors: dict[date, float],
) -> list[dict[str, Any]]:
    """Return the rows of `usage` or `cost`, largest first: one a group, and day unless `span`."""
    totals: dict[tuple[Any, ...], _Total] = {}
    for day, found in uses:
        factor, bucket = factors.get(day, 1.0), None if span else day
        for use in found:
            key = (bucket, *(_value(use, name) for name in by))
            totals.setdefault(key, _Total()).add(use, factor)
    made = []
    for (bucket, *values), total in sorted(totals.items(), key=_size(report)):
        start, end = span or (f"{bucket}T00:00:00Z", f"{bucket + timedelta(days=1)}T00:00:00Z")
        told = dict(zip(by, values, strict=True))
        if "actor" in told:
            told["actor"] = _actor(told["actor"])
        group = dict.fromkeys(DIMENSIONS) | told
        amounts = _cost(total, by) if report == "cost" else _usage(total)
        if report == "usage":
            del group["cost_type"], group["token_type"]
        made.append({"starting_at": start, "ending_at": end, "group": group, report: amounts})
    return made


def early_factors(organization: Organization) -> dict[date, float]:
    """Return what part of the money of some days is known before it is revised."""
    return {organization.last - timedelta(days=back): EARLY for back in REVISED_BACK}


def _size(report: str) -> Callable[[tuple[Any, _Total]], int]:
    if report == "cost":
        return lambda item: -item[1].billed
    return lambda item: -sum(item[1].tokens)


def _value(use: Use, name: str) -> Any:  # noqa: ANN401 - a person or a word
    if name == "actor_type":
        return "api_actor" if isinstance(use.actor, str) else "user_actor"
    if name == "api_key_id":
        return use.actor if isinstance(use.actor, str) else None
    return getattr(use, name, None)


def _actor(who: Somebody | str) -> dict[str, Any]:
    if isinstance(who, str):
        return {"type": "api_actor", "api_key_id": who}
    return person(who)


def person(one: Somebody) -> dict[str, Any]:
    """Return a person as an actor; one who left is marked and keeps the address."""
    return {
        "type": "user_actor",
        "user_id": one.id,
        "email_address": one.email,
        "name": one.name,
        "deleted": one.left is not None,
    }


def _usage(total: _Total) -> dict[str, Any]:
    uncached, output, read, written = total.tokens
    return {
        "uncached_input_tokens": uncached,
        "cache_read_input_tokens": read,
        "output_tokens": output,
        "total_tokens": sum(total.tokens),
        "cache_creation": {"ephemeral_5m_input_tokens": written, "ephemeral_1h_input_tokens": 0},
        "server_tool_use": {"web_search_requests": total.searches},
        "requests": total.requests,
    }


def _cost(total: _Total, by: tuple[str, ...]) -> dict[str, Any]:
    return {
        "amount": cents_text(total.billed),
        "list_amount": cents_text(total.listed),
        "currency": "USD",
        "requests": None if OF_COST & set(by) else total.requests,
    }


def cents_text(amount: int) -> str:
    """Write millionths of a cent as cents."""
    return f"{amount // MICRO}.{amount % MICRO:06d}"
