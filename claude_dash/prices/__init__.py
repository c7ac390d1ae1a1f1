"""What a call on Amazon Bedrock costs: list prices with a date, ours before them, in nanodollars.

The price follows the profile that the caller used, never the Region that served it. A model
without a price is unpriced, and never the cheapest.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cache
from typing import NamedTuple

from claude_dash.prices.table import BANDS, LISTS

EVERY = "any"
GEO = "geo"
OURS = "our own"
EVER = date.min  # a price whose first day is not known
_APART = ("global", "us-gov")
_NANODOLLARS = 1_000  # of a dollar per million tokens, per token


class Rates(NamedTuple):
    """US dollars per million tokens; None: not listed."""

    input: Decimal
    cache_write_5m: Decimal
    cache_write_1h: Decimal | None
    cache_read: Decimal
    output: Decimal

    def times(self, prompt: Decimal, answer: Decimal) -> "Rates":
        """Return these rates, those of the prompt and that of the answer by a factor each."""
        hour = None if self.cache_write_1h is None else self.cache_write_1h * prompt
        return Rates(
            self.input * prompt,
            self.cache_write_5m * prompt,
            hour,
            self.cache_read * prompt,
            self.output * answer,
        )


@dataclass(frozen=True, slots=True)
class Price:
    """What tokens of a model cost from a day on.

    scope: `global`, `us-gov`, `geo`, or, of our own prices, `any`. above: rates of requests whose
    prompt was longer than the model's band; None where there is no band. source, read_on: where it
    was read, and when; ours were read nowhere.
    """

    model: str
    scope: str
    starts: date
    rates: Rates
    above: Rates | None = None
    source: str = OURS
    read_on: date | None = None


class Tokens(NamedTuple):
    """Tokens of a model; cache writes of a lifetime that is not known."""

    input: int = 0
    output: int = 0
    cache_read: int = 0
    cache_write: int = 0


@cache
def bands() -> Mapping[str, tuple[int, Decimal, Decimal]]:
    """Return each model's band: prompt tokens, and the factors of prompt and answer above it."""
    rows = (line.split() for line in BANDS.strip().splitlines())
    return {
        model: (int(most), Decimal(prompt), Decimal(answer)) for model, most, prompt, answer in rows
    }


@cache
def listed() -> Mapping[str, Sequence[Price]]:
    """Return the list prices by model, as the table has them."""
    found: dict[str, list[Price]] = {}
    for source, read_on, lines in LISTS:
        for line in lines.strip().splitlines():
            starts, model, scope, *rates = line.split()
            numbers: list[Decimal | None] = [None if x == "-" else Decimal(x) for x in rates]
            price = made(
                model,
                scope,
                EVER if starts == "ever" else date.fromisoformat(starts),
                Rates(*numbers),  # type: ignore[arg-type]  # a dash stands in one column only
                source=source,
                read_on=read_on,
            )
            found.setdefault(model, []).append(price)
    return found


def made(
    model: str,
    scope: str,
    starts: date,
    rates: Rates,
    *,
    source: str = OURS,
    read_on: date | None = None,
) -> Price:
    """Return a price whose rates above the model's band follow from those below it."""
    band = bands().get(model)
    above = rates.times(*band[1:]) if band else None
    return Price(model, scope, starts, rates, above, source, read_on)


def band_of(model: str) -> int | None:
    """Return above how many prompt tokens a request costs more; None where it never does."""
    band = bands().get(model)
    return band[0] if band else None


def price_of(model: str, scope: str, day: date, overrides: Iterable[Price] = ()) -> Price | None:
    """Return the price of a model on a UTC day, ours before the list; None: it is unpriced.

    Args:
        model: Its canonical name.
        scope: Of the profile; empty within a Region.
        day: Of the call.
        overrides: Prices of our own. One for a scope comes before one for every scope, and of
            these the newest.
    """
    kind = scope if scope in _APART else GEO
    for prices in (overrides, listed().get(model, ())):
        fitting = [
            one
            for one in prices
            if one.model == model and one.scope in {kind, EVERY} and one.starts <= day
        ]
        if fitting:
            return max(fitting, key=lambda one: (one.scope != EVERY, one.starts))
    return None


def cost(tokens: Tokens, price: Price, *, is_above: bool) -> int:
    """Return what tokens cost in whole nanodollars, rounded once, half to even.

    Cache writes count at the price of five minutes, since the log does not tell how long they are
    kept; those of an hour cost more.
    """
    rates = price.above if is_above and price.above is not None else price.rates
    exact = (
        tokens.input * rates.input
        + tokens.output * rates.output
        + tokens.cache_read * rates.cache_read
        + tokens.cache_write * rates.cache_write_5m
    )
    return int((exact * _NANODOLLARS).quantize(Decimal(1), ROUND_HALF_EVEN))
