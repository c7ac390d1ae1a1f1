"""Money: whole nanodollars in, exact dollars out."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_dash.units import nanodollars, usd


@pytest.mark.parametrize(
    ("cents", "expected"),
    [("417.25", 4_172_500_000), ("0.00000005", 0), ("0.00000015", 2), ("0", 0)],
)
def test_cents_become_whole_nanodollars(cents: str, expected: int) -> None:
    """Fractional cents keep nine digits of a dollar; the rest is rounded half even."""
    assert nanodollars(Decimal(cents)) == expected


@given(st.integers(min_value=0, max_value=10**17))
def test_nothing_is_lost_on_the_way_out(nano: int) -> None:
    """Dollars are exact: they give the same nanodollars again."""
    assert nanodollars(usd(nano) * 100) == nano
