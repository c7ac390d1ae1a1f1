"""What the simulated organisation used and paid, one grain of use at a time."""

from collections.abc import Iterator
from datetime import date
from typing import Any, NamedTuple

import numpy as np

from claude_dash.demo.habits import CHAT, CODE, COWORK, DESIGN, OFFICE, UNIFIED, Days, Did
from claude_dash.demo.organization import KEYS, Somebody
from claude_dash.demo.payloads import PRICES

WORKSPACE = "wrkspc_demo_default"  # the default workspace has a real id
TOKENS, SEARCH, EXECUTION = "tokens", "web_search", "code_execution"
MICRO = 1_000_000  # amounts are whole millionths of a cent here
SEARCH_CENTS, EXECUTION_CENTS = 1.0, 1.4
OUTPUT_OF_REQUEST = 1_400
# Tokens of one message: input, output, read from the cache, written to it.
OF_MESSAGE = {
    CHAT: (2_400, 700, 9_000, 1_100),
    COWORK: (9_000, 3_600, 210_000, 16_000),
    UNIFIED: (4_600, 1_700, 80_000, 6_000),
    OFFICE: (7_500, 1_500, 36_000, 5_000),
    DESIGN: (6_000, 5_200, 48_000, 7_000),
}
STREAM = 815


class Use(NamedTuple):
    """A grain of use on one day: who, what, and how much of it; money in millionths of a cent."""

    actor: Somebody | str  # a person, or the id of a key
    model: str | None
    product: str | None
    workspace_id: str | None
    service_tier: str | None
    cost_type: str
    tokens: tuple[int, int, int, int]
    requests: int
    searches: int
    list_amount: int


def console_uses(days: Days, day: date) -> Iterator[Use]:
    """Yield what the Console bills: what its report estimates, and other use of the keys."""
    rng = np.random.default_rng([days.organization.seed, day.toordinal(), STREAM])
    drift = 0.99 + 0.02 * float(rng.random())  # the estimate is not exact
    found = days.console(day)
    for one, row in found:
        actor = one or key_id(row["actor"]["api_key_name"])
        yield from _coded(actor, row, drift, WORKSPACE, "standard")
    if not found:
        return
    for number, name in enumerate(KEYS):
        calls = int(rng.poisson(60 + 45 * number))
        tokens = (calls * 3_100, calls * 520, calls * 8_200, calls * 640)
        model = ("claude-haiku-4-5", "claude-sonnet-5", "claude-opus-4-8")[number % 3]
        tier, worth = ("batch", 0.5) if number == 1 else ("standard", 1.0)
        cents = list_cents(model, tokens) * worth
        place = (WORKSPACE, tier)
        yield Use(
            key_id(name), model, "messages_api", *place, TOKENS, tokens, calls, 0, micro(cents)
        )
    runs = int(rng.poisson(9))
    if runs:  # is in no product
        place = (WORKSPACE, "standard")
        money = micro(runs * EXECUTION_CENTS)
        yield Use(key_id(KEYS[0]), None, None, *place, EXECUTION, (0, 0, 0, 0), runs, 0, money)


def seat_uses(days: Days, day: date) -> Iterator[Use]:
    """Yield what Claude Enterprise bills: every surface that was used by seat."""
    organization = days.organization
    half = organization.first + (organization.last - organization.first) / 2
    usual = "claude-sonnet-5" if day >= half else "claude-sonnet-4-6"
    for did in days.did(day):
        for row in did.coded:
            yield from _coded(did.one, row, 1.0, None, None)
        for product, messages in did.messages():
            if product != CODE:
                yield from _spoken(did, product, messages, usual)


def _coded(
    actor: Somebody | str, row: dict[str, Any], drift: float, place: str | None, tier: str | None
) -> Iterator[Use]:
    for part in row["model_breakdown"]:
        told = part["tokens"]
        tokens = (told["input"], told["output"], told["cache_read"], told["cache_creation"])
        requests = max(1, told["output"] // OUTPUT_OF_REQUEST)
        money = micro(part["estimated_cost"]["amount"] * drift)
        yield Use(actor, part["model"], CODE, place, tier, TOKENS, tokens, requests, 0, money)


def _spoken(did: Did, product: str, messages: int, usual: str) -> Iterator[Use]:
    uses_opus = (did.one.number + round(did.luck * 5)) % 5 == 0
    model = "claude-opus-4-8" if uses_opus else usual
    size = messages * (0.7 + 0.6 * did.luck)
    one, two, three, four = (round(size * count) for count in OF_MESSAGE[product])
    tokens = (one, two, three, four)
    money = micro(list_cents(model, tokens))
    yield Use(did.one, model, product, None, None, TOKENS, tokens, messages * 2, 0, money)
    searches = searched(did) if product in {CHAT, UNIFIED} else 0
    if searches:
        paid = micro(searches * SEARCH_CENTS)
        nothing = (0, 0, 0, 0)
        yield Use(did.one, model, product, None, None, SEARCH, nothing, 0, searches, paid)


def searched(did: Did) -> int:
    """Return how many web searches somebody's chat made on a day."""
    return did.chat // 4 if did.luck < 0.3 else 0  # noqa: PLR2004 - of the days


def list_cents(model: str, tokens: tuple[int, int, int, int]) -> float:
    """Return the list price of tokens."""
    return sum(n * price for n, price in zip(tokens, PRICES[model], strict=True)) / 10_000


def micro(cents: float) -> int:
    """Return whole millionths of a cent."""
    return round(cents * MICRO)


def key_id(name: str) -> str:
    """Return the id of a key by its name."""
    return f"apikey_demo_{KEYS.index(name) + 1:02d}"
