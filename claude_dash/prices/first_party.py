"""What an answer cost by the list: the vendor's own prices are those of its worldwide profile.

Read of contract 6: the client reckons Sonnet 4.5 at 3, 15, 3.75, 6 and 0.30 dollars a million
tokens, and so do Opus 4.5 and Haiku 4.5 agree with the lines of the scope `global`.
"""

import re
from collections.abc import Iterable
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache

from claude_dash.prices import GEO, Price, Tokens, listed, price_of

GLOBAL = "global"
_NANODOLLARS = 1_000  # of a dollar per million tokens, per token
# `claude-opus-4-5`, with a date or not; `@` stands before it where the name is that of another
# cloud, and `[1m]` behind it asks for a longer context. A name with anything else is unknown.
_NAME = re.compile(r"(?P<model>claude-[a-z0-9-]*?)(?:[-@](?P<on>20\d{6}))?(?:\[1m\])?")
_LISTED = re.compile(r"anthropic\.(?P<model>claude-[a-z0-9-]*?)(?:-20\d{6})?(?:-v\d+(?::\d+)?)?")


@cache
def _keys() -> dict[str, str]:
    found = {}
    for key in listed():
        if match := _LISTED.fullmatch(key):
            found[match["model"]] = key
    return found


def key_of(model: str) -> str:
    """Return the name under which the list has a model; the name itself when it has none."""
    match = _NAME.fullmatch(model)
    return _keys().get(match["model"], model) if match else model


def price_for(model: str, day: date, overrides: Iterable[Price] = ()) -> Price | None:
    """Return the price of a model at the vendor's own address; None: it is unpriced.

    Older models have one price wherever they are called, and stand in the list for one scope.
    """
    overrides, key = tuple(overrides), key_of(model)
    return price_of(key, GLOBAL, day, overrides) or price_of(key, GEO, day, overrides)


def cost_of(tokens: Tokens, hour_writes: int, price: Price, *, is_above: bool) -> int | None:
    """Return what tokens cost in whole nanodollars; None where writes of an hour have no price.

    Args:
        tokens: Of one answer; its cache writes those of either lifetime.
        hour_writes: How many of these are kept for an hour.
        price: Of the model on the day.
        is_above: Whether the prompt was longer than the model's band.
    """
    rates = price.above if is_above and price.above is not None else price.rates
    hour = rates.cache_write_1h
    if hour_writes and hour is None:
        return None
    exact = (
        tokens.input * rates.input
        + tokens.output * rates.output
        + tokens.cache_read * rates.cache_read
        + (tokens.cache_write - hour_writes) * rates.cache_write_5m
        + hour_writes * (hour or Decimal(0))
    )
    return int((exact * _NANODOLLARS).quantize(Decimal(1), ROUND_HALF_EVEN))
