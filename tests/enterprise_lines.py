"""Usage and money of an invented organization: one line of each hour, actor, product and model."""

import random
from dataclasses import dataclass
from datetime import UTC, date, datetime
from fractions import Fraction
from typing import Any

Json = dict[str, Any]
MICRO = 1_000_000  # of a cent: amounts have six decimals
MODELS = ("claude-opus-5", "claude-sonnet-5", "claude-haiku-4-5", "claude-next-preview")
CONSOLE = ("messages_api", "message_batches_api", "claude_code", "managed_agents_api")
TOKENS = ("uncached_input_tokens", "cache_read_input_tokens", "output_tokens",
          "cache_creation.ephemeral_5m_input_tokens",
          "cache_creation.ephemeral_1h_input_tokens")  # fmt: skip
PRICES = (500, 50, 2500, 625, 1000)  # micro-cents of a token
OTHER_ACTORS: tuple[Json, ...] = (
    {"type": "service_account_actor", "service_account_id": "svac_01Example0001"},
    {"type": "federated_actor", "subject": None,
     "provider": {"type": "aws", "account_id": "111122223333", "signed_principal": "ci"}},
    {"type": "federated_actor", "subject": "repo:example/app",
     "provider": {"type": "oidc", "issuer": "https://issuer.example"}},
    {"type": "api_actor", "api_key_id": "apikey_01Example0001"},
)  # fmt: skip
WORKSPACES = ("wrkspc_01Team0", "wrkspc_01Team1", "wrkspc_01Default")  # the last is the default


@dataclass(frozen=True)
class Line:
    """Usage and money of one hour; costs: (cost type, token type) to micro-cents paid and listed.

    actor_id: empty when nobody is told. spans: requests that are executions of code.
    """

    at: datetime
    actor: Json | None
    actor_id: str
    dims: dict[str, str | None]
    tokens: dict[str, int]
    searches: int
    requests: int
    costs: dict[tuple[str, str | None], tuple[int, int]]

    @property
    def day(self) -> date:
        """Return the UTC day."""
        return self.at.date()


def actor_id(actor: Json | None) -> str:
    """Return what tells actors apart, whatever their address is now."""
    if actor is None:
        return ""
    for name in ("user_id", "service_account_id", "api_key_id"):
        if name in actor:
            return str(actor[name])
    return f"{actor['provider']} {actor['subject']}"


def make_line(
    dice: random.Random,
    day: date,
    actor: Json | None,
    product: str | None,
    model: str | None,
    *,
    factor: Fraction,
    console: bool,
) -> Line:
    """Return a line as the dice fall; execution of code has spans and money, and no tokens."""
    who = actor_id(actor)
    is_run = product is None
    tokens = dict.fromkeys(TOKENS, 0)
    if not is_run:
        most = (20_000, 3_000_000, 40_000, 200_000, 50_000)
        tokens = {name: dice.randint(0, n) for name, n in zip(TOKENS, most, strict=True)}
    searches = dice.choice((0, 0, 0, 2)) if product in {"chat", "cowork", "claude_code"} else 0
    listed: dict[tuple[str, str | None], int] = {
        ("tokens", name): tokens[name] * price
        for name, price in zip(TOKENS, PRICES, strict=True)
        if tokens[name]
    }
    if searches:
        listed["web_search", None] = searches * MICRO
    if is_run:
        listed["code_execution", None] = dice.randint(1, 5 * MICRO)
    if product == "managed_agents_api":
        listed["session_usage", None] = dice.randint(1, 8 * MICRO)
    tier = "batch" if product == "message_batches_api" else dice.choice(("standard", "priority"))
    key = who if who.startswith("apikey_") else None
    return Line(
        at=datetime(day.year, day.month, day.day, dice.randint(0, 23), tzinfo=UTC),
        actor=actor,
        actor_id=who,
        dims={
            "product": product,
            "model": model,
            "context_window": None if is_run else dice.choice(("0-200k", "200k-1M")),
            "inference_geo": None if is_run else "global",
            "speed": None if is_run else dice.choice(("standard", "fast")),
            "workspace_id": dice.choice(WORKSPACES) if console else None,
            "service_tier": tier if console and not is_run else None,
            "api_key_id": key if console else None,
        },
        tokens=tokens,
        searches=searches,
        requests=dice.randint(1, 300),
        costs={
            kind: (round(amount * 9 * factor / 10), round(amount * factor))
            for kind, amount in listed.items()
        },
    )
