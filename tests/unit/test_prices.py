"""Prices on Amazon Bedrock: every row of the list, its dates and bands, and exact money."""

from datetime import date
from decimal import ROUND_HALF_EVEN, Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_dash import prices
from claude_dash.prices import EVERY, Price, Rates, Tokens, cost, made, price_of

# The list as it was read on 2026-11-21 (LiteLLM 1.109.1, which names the AWS price list): model,
# scope, input, cache write for 5 minutes and for 1 hour, cache read, output.
LISTED = """
anthropic.claude-fable-5-1 | global | 10 | 12.5 | 20 | 0.25 | 50
anthropic.claude-fable-5-1 | geo | 11 | 13.75 | 22 | 0.275 | 55
anthropic.claude-fable-5-1 | us-gov | 12 | 15 | 24 | 0.3 | 60
anthropic.claude-fable-5 | global | 10 | 12.5 | 20 | 1 | 50
anthropic.claude-fable-5 | geo | 11 | 13.75 | 22 | 1.1 | 55
anthropic.claude-mythos-5-1 | global | 10 | 12.5 | 20 | 0.25 | 50
anthropic.claude-mythos-5-1 | geo | 11 | 13.75 | 22 | 0.275 | 55
anthropic.claude-opus-5-5 | global | 4 | 5 | 8 | 0.2 | 20
anthropic.claude-opus-5-5 | geo | 4.4 | 5.5 | 8.8 | 0.22 | 22
anthropic.claude-opus-5-5 | us-gov | 4.8 | 6 | 9.6 | 0.24 | 24
anthropic.claude-opus-5 | global | 5 | 6.25 | 10 | 0.5 | 25
anthropic.claude-opus-5 | geo | 5.5 | 6.875 | 11 | 0.55 | 27.5
anthropic.claude-opus-5 | us-gov | 6 | 7.5 | 12 | 0.6 | 30
anthropic.claude-opus-4-8 | global | 5 | 6.25 | 10 | 0.5 | 25
anthropic.claude-opus-4-8 | geo | 5.5 | 6.875 | 11 | 0.55 | 27.5
anthropic.claude-opus-4-8 | us-gov | 6 | 7.5 | 12 | 0.6 | 30
anthropic.claude-opus-4-7 | global | 5 | 6.25 | 10 | 0.5 | 25
anthropic.claude-opus-4-7 | geo | 5.5 | 6.875 | 11 | 0.55 | 27.5
anthropic.claude-opus-4-6-v1 | global | 5 | 6.25 | 10 | 0.5 | 25
anthropic.claude-opus-4-6-v1 | geo | 5.5 | 6.875 | 11 | 0.55 | 27.5
anthropic.claude-opus-4-5-20251101-v1:0 | global | 5 | 6.25 | 10 | 0.5 | 25
anthropic.claude-opus-4-5-20251101-v1:0 | geo | 5.5 | 6.875 | 11 | 0.55 | 27.5
anthropic.claude-opus-4-1-20250805-v1:0 | geo | 15 | 18.75 | — | 1.5 | 75
anthropic.claude-opus-4-20250514-v1:0 | geo | 15 | 18.75 | — | 1.5 | 75
anthropic.claude-sonnet-5-5 | global | 2 | 2.5 | 4 | 0.1 | 10
anthropic.claude-sonnet-5-5 | geo | 2.2 | 2.75 | 4.4 | 0.11 | 11
anthropic.claude-sonnet-5-5 | us-gov | 2.4 | 3 | 4.8 | 0.12 | 12
anthropic.claude-sonnet-5 | global | 2 | 2.5 | 4 | 0.2 | 10
anthropic.claude-sonnet-5 | geo | 2.2 | 2.75 | 4.4 | 0.22 | 11
anthropic.claude-sonnet-5 | us-gov | 2.4 | 3 | 4.8 | 0.24 | 12
anthropic.claude-sonnet-4-6 | global | 3 | 3.75 | 6 | 0.3 | 15
anthropic.claude-sonnet-4-6 | geo | 3.3 | 4.125 | 6.6 | 0.33 | 16.5
anthropic.claude-sonnet-4-5-20250929-v1:0 | global | 3 | 3.75 | 6 | 0.3 | 15
anthropic.claude-sonnet-4-5-20250929-v1:0 | geo | 3.3 | 4.125 | 6.6 | 0.33 | 16.5
anthropic.claude-sonnet-4-5-20250929-v1:0 | us-gov | 3.6 | 4.5 | 7.2 | 0.36 | 18
anthropic.claude-sonnet-4-20250514-v1:0 | global | 3 | 3.75 | — | 0.3 | 15
anthropic.claude-sonnet-4-20250514-v1:0 | geo | 3 | 3.75 | — | 0.3 | 15
anthropic.claude-3-7-sonnet-20250219-v1:0 | geo | 3 | 3.75 | — | 0.3 | 15
anthropic.claude-haiku-5-5 | global | 0.1 | 0.125 | 0.2 | 0.01 | 0.5
anthropic.claude-haiku-5-5 | geo | 0.11 | 0.1375 | 0.22 | 0.011 | 0.55
anthropic.claude-haiku-5-5 | us-gov | 0.12 | 0.15 | 0.24 | 0.012 | 0.6
anthropic.claude-haiku-4-5-20251001-v1:0 | global | 1 | 1.25 | 2 | 0.1 | 5
anthropic.claude-haiku-4-5-20251001-v1:0 | geo | 1.1 | 1.375 | 2.2 | 0.11 | 5.5
anthropic.claude-3-5-haiku-20241022-v1:0 | geo | 0.8 | 1 | — | 0.08 | 4
"""
TODAY, BEFORE, CHANGED = date(2026, 11, 18), date(2026, 10, 6), date(2026, 10, 7)
GEOGRAPHIES = ("us", "eu", "apac", "au", "jp")
SONNET, HAIKU = "anthropic.claude-sonnet-5-5", "anthropic.claude-haiku-5-5"
OLDER = "anthropic.claude-sonnet-4-20250514-v1:0"


def rows() -> list[tuple[str, str, Rates]]:
    """Return model, scope and rates of every row of the list."""
    found = []
    for line in LISTED.strip().splitlines():
        model, scope, *numbers = (cell.strip() for cell in line.split("|"))
        rates = [None if one == "\N{EM DASH}" else Decimal(one) for one in numbers]
        found.append((model, scope, Rates(*rates)))
    return found


ROWS = rows()
MODELS = sorted({model for model, _, _ in ROWS})


def rates_of(model: str, scope: str, day: date = TODAY) -> Rates | None:
    """Return the rates of a model, None where it is unpriced."""
    found = price_of(model, scope, day)
    return None if found is None else found.rates


@pytest.mark.parametrize(("model", "scope", "rates"), ROWS)
def test_every_row_of_the_list_is_the_price(model: str, scope: str, rates: Rates) -> None:
    """Global, GovCloud and every geography, known or not, cost what the list says."""
    scopes = (*GEOGRAPHIES, "mars", "") if scope == "geo" else (scope,)
    for one in scopes:
        assert rates_of(model, one) == rates, one


@pytest.mark.parametrize("model", MODELS)
def test_what_is_not_listed_has_no_price(model: str) -> None:
    """A scope without a row is unpriced, and no model has a row that the list does not have."""
    there = {scope for name, scope, _ in ROWS if name == model}
    for scope in {"global", "us-gov", "geo"} - there:
        assert rates_of(model, "us" if scope == "geo" else scope) is None, scope
    assert set(prices.listed()) == set(MODELS)
    assert {one.scope for one in prices.listed()[model]} == there


@pytest.mark.parametrize(
    "model",
    [
        "anthropic.claude-opus-9",
        "anthropic.claude-haiku-4-5",
        "application-inference-profile/abc123def456",
        "provisioned-model/abc123def456",
        "anthropic.claude-mythos-preview",
        "",
    ],
)
def test_an_unknown_or_opaque_model_is_unpriced(model: str) -> None:
    """Nothing is guessed from a name that resembles another."""
    for scope in ("global", "us", "us-gov", ""):
        assert price_of(model, scope, TODAY) is None


def test_every_price_says_where_it_was_read() -> None:
    """Source and date stand beside each list price; a price of ours was read nowhere."""
    every = [one for found in prices.listed().values() for one in found]
    assert all(one.source and one.read_on == date(2026, 11, 21) for one in every)
    ours = made("some.model", EVERY, TODAY, ROWS[0][2])
    assert (ours.source, ours.read_on) == ("our own", None)


def test_a_price_holds_from_its_day() -> None:
    """From 7 October 2026 Sonnet 5.5 reads its cache for half; before it Haiku 5.5 has no price."""
    for scope, then, now in (
        ("global", "0.2", "0.1"), ("eu", "0.22", "0.11"), ("us-gov", "0.24", "0.12"),
    ):  # fmt: skip
        before, after = rates_of(SONNET, scope, BEFORE), rates_of(SONNET, scope, CHANGED)
        assert before
        assert after
        assert (before.cache_read, after.cache_read) == (Decimal(then), Decimal(now))
        assert before._replace(cache_read=after.cache_read) == after
    for scope in ("global", "us", "us-gov", ""):
        assert rates_of(HAIKU, scope, BEFORE) is None
        assert rates_of(HAIKU, scope, CHANGED) is not None


def test_long_prompts_cost_more() -> None:
    """Haiku 5.5 costs five times as much above its band, Sonnet 4 and 4.5 up to twice."""
    assert {model: band for model in MODELS if (band := prices.band_of(model))} == {
        HAIKU: 100_000,
        OLDER: 200_000,
        "anthropic.claude-sonnet-4-5-20250929-v1:0": 200_000,
    }
    haiku = price_of(HAIKU, "eu", TODAY)
    assert haiku
    listed = ("0.55", "0.6875", "1.1", "0.055", "2.75")
    assert haiku.above == Rates(*map(Decimal, listed))
    sonnet = price_of(OLDER, "us", TODAY)
    assert sonnet
    assert sonnet.above == Rates(Decimal(6), Decimal("7.5"), None, Decimal("0.6"), Decimal("22.5"))
    tokens = Tokens(input=150_000, output=1_000)
    assert cost(tokens, haiku, is_above=True) == 5 * cost(tokens, haiku, is_above=False)
    unbanded = price_of(SONNET, "us", TODAY)
    assert unbanded
    assert cost(tokens, unbanded, is_above=True) == cost(tokens, unbanded, is_above=False)


def test_a_call_costs_what_its_tokens_cost() -> None:
    """A million of each at global Sonnet 5.5: 2 + 10 + 0.1 + 2.5 dollars; writes at 5 minutes."""
    price = price_of(SONNET, "global", TODAY)
    assert price
    million = Tokens(10**6, 10**6, 10**6, 10**6)
    assert cost(million, price, is_above=False) == 14_600_000_000
    assert cost(Tokens(cache_write=10**6), price, is_above=False) == 2_500_000_000
    assert cost(Tokens(), price, is_above=False) == 0


_COUNTS = st.integers(min_value=0, max_value=10**15)
_RATES = st.decimals(min_value=0, max_value=10_000, places=6)


@given(st.builds(Tokens, _COUNTS, _COUNTS, _COUNTS, _COUNTS), st.tuples(*[_RATES] * 5))
def test_money_is_exact_and_rounded_once(tokens: Tokens, rates: tuple[Decimal, ...]) -> None:
    """Cost is the exact sum of tokens times rates, rounded half even to one nanodollar."""
    price = made("some.model", EVERY, TODAY, Rates(*rates))
    by = (rates[0], rates[4], rates[3], rates[1])
    exact = sum((n * Fraction(rate) for n, rate in zip(tokens, by, strict=True)), Fraction(0))
    assert cost(tokens, price, is_above=False) == round(exact * 1000)


def test_half_a_nanodollar_goes_to_the_even_one() -> None:
    """Half even, both ways."""
    price = made("some.model", EVERY, TODAY, Rates(*[Decimal("0.0005")] * 5))
    assert [cost(Tokens(input=n), price, is_above=False) for n in (1, 3, 5)] == [0, 2, 2]
    assert Decimal("2.5").quantize(Decimal(1), ROUND_HALF_EVEN) == 2


# --- prices of our own ---------------------------------------------------------------------------


def ours(scope: str, starts: date, dollars: str, model: str = SONNET) -> Price:
    """Return a price of our own, the same for every kind of token."""
    return made(model, scope, starts, Rates(*[Decimal(dollars)] * 5))


def test_our_price_comes_first_from_its_day() -> None:
    """Until it starts the list holds, from then on ours, whatever the list says later."""
    discount = [ours(EVERY, date(2026, 10, 1), "1")]
    assert price_of(SONNET, "us", date(2026, 9, 30), discount) == price_of(SONNET, "us", BEFORE)
    for scope in ("us", "global", "us-gov", ""):
        assert price_of(SONNET, scope, TODAY, discount) == discount[0]
    assert price_of("anthropic.claude-sonnet-5", "us", TODAY, discount) == price_of(
        "anthropic.claude-sonnet-5", "us", TODAY
    )


def test_our_price_for_a_scope_comes_before_one_for_every_scope() -> None:
    """And of those for one scope the newest holds."""
    first, second = ours("geo", date(2026, 9, 1), "1"), ours("geo", date(2026, 11, 1), "2")
    every = ours(EVERY, date(2026, 11, 10), "3")
    found = [every, second, first]
    assert price_of(SONNET, "jp", date(2026, 10, 31), found) == first
    assert price_of(SONNET, "", TODAY, found) == second
    assert price_of(SONNET, "global", TODAY, found) == every


def test_a_model_that_nobody_lists_can_be_priced() -> None:
    """An application profile has the price that we give it, in every scope."""
    name = "application-inference-profile/abc123def456"
    price = ours(EVERY, date(2026, 1, 1), "4", model=name)
    assert price_of(name, "", TODAY, [price]) == price


def test_our_price_keeps_the_bands_factor() -> None:
    """A discount holds above the band in the same proportion."""
    price = ours("global", TODAY, "0.05", model=HAIKU)
    assert price.above
    assert price.above.input == Decimal("0.25")
