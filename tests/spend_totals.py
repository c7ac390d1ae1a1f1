"""Sums of usage and money, as the vendor's reports spell them."""

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from tests.enterprise_lines import MICRO, Json, Line

FLOOR = datetime(2026, 1, 1, tzinfo=UTC)
FANNED = ("cost_type", "token_type")


@dataclass
class Total:
    """The sum of some lines; costs are micro-cents."""

    group: Json
    start: datetime
    end: datetime
    numbers: Counter[str] = field(default_factory=Counter)
    costs: defaultdict[tuple[Any, Any], list[int]] = field(
        default_factory=lambda: defaultdict(lambda: [0, 0])
    )

    def add(self, line: Line) -> None:
        """Count a line in."""
        self.numbers.update(line.tokens)
        self.numbers["total_tokens"] += sum(line.tokens.values())
        self.numbers["requests"] += line.requests
        self.numbers["web_search_requests"] += line.searches
        for kind, (amount, listed) in line.costs.items():
            self.costs[kind][0] += amount
            self.costs[kind][1] += listed

    def rank(self, by: str) -> tuple[Any, str]:
        """Return what to sort by."""
        own = json.dumps([self.group, str(self.start)], sort_keys=True)
        if by == "time":
            return self.start, own
        if by in {"amount", "list_amount"}:
            return sum(pair[by != "amount"] for pair in self.costs.values()), own
        return self.numbers[by], own

    def usage(self, *, total: bool = True, requests: bool = True) -> Json:
        """Return the tokens as the vendor spells them."""
        n = self.numbers
        made = {f"ephemeral_{kind}_input_tokens": n[f"cache_creation.ephemeral_{kind}_input_tokens"]
                for kind in ("5m", "1h")}  # fmt: skip
        plain = ("uncached_input_tokens", "cache_read_input_tokens", "output_tokens")
        found: Json = {name: n[name] for name in plain}
        found |= {"total_tokens": n["total_tokens"]} if total else {}
        found |= {"cache_creation": made}
        found |= {"server_tool_use": {"web_search_requests": n["web_search_requests"]}}
        return found | ({"requests": n["requests"]} if requests else {})

    def fan(self, by: Iterable[str]) -> Iterator[tuple[Json, Json]]:
        """Yield cost type and token type, where asked for, with their money."""
        fanned = [name for name in FANNED if name in set(by)]
        sums: defaultdict[tuple[Any, ...], list[int]] = defaultdict(lambda: [0, 0])
        for kind, amounts in self.costs.items():
            own = dict(zip(FANNED, kind, strict=True))
            for i in (0, 1):
                sums[tuple(own[name] for name in fanned)][i] += amounts[i]
        for values, (amount, listed) in sums.items():
            told = dict.fromkeys(FANNED) | dict(zip(fanned, values, strict=True))
            yield told, {"amount": cents(amount), "list_amount": cents(listed), "currency": "USD",
                         "requests": None if fanned else self.numbers["requests"]}  # fmt: skip


def cents(micro: int) -> str:
    """Return micro-cents as decimal cents."""
    return f"{micro // MICRO}.{micro % MICRO:06}"


def instant(at: datetime) -> str:
    """Return an instant as the vendor writes it."""
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def midnight(day: date) -> datetime:
    """Return when a UTC day begins."""
    return datetime.combine(day, time(), UTC)


def floored(at: datetime, step: timedelta) -> datetime:
    """Return the last whole step."""
    return FLOOR + (at - FLOOR) // step * step
