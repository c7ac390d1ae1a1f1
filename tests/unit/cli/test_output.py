"""What commands print can be read by scripts."""

import json
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_dash.cli import output


@given(st.decimals(allow_nan=False, allow_infinity=False, places=9, min_value=-(10**9)))
def test_money_stays_exact_in_json(amount: Decimal) -> None:
    """A decimal comes back from JSON as the same decimal."""
    assert json.loads(output.to_json({"a": amount}), parse_float=Decimal, parse_int=Decimal) == {
        "a": amount
    }


def test_a_document_holds_dates_fractions_and_nothing() -> None:
    """Days are ISO days, fractions floats, whole fractions integers, None null."""
    text = output.to_json(
        {
            "day": date(2026, 11, 9),
            "rate": Fraction(1, 4),
            "two": Fraction(2),
            "x": [None, True, "ä"],
        }
    )
    assert text == '{"day": "2026-11-09", "rate": 0.25, "two": 2, "x": [null, true, "ä"]}'


def test_money_has_no_exponent() -> None:
    """JSON numbers are plain, whatever their size."""
    assert output.to_json(Decimal("1E+3")) == "1000"
    assert output.to_json(Decimal("1E-9")) == "0.000000001"
    assert output.to_json(Decimal("12.340000000")) == "12.34"


def test_columns_are_aligned(capsys: pytest.CaptureFixture[str]) -> None:
    """A table has its header first and no blanks at the ends of lines."""
    output.table(("team", "value"), [("Core", "1"), ("Platform", "22")])
    assert capsys.readouterr().out == "team      value\nCore      1\nPlatform  22\n"


def test_a_day_is_spelled_with_its_month() -> None:
    """Days have month names; none is said in words."""
    assert output.day(date(2026, 11, 5)) == "Thu 5 Nov 2026"
    assert output.day(None) == "no day yet"
