"""CSV files open in a spreadsheet as they are."""

import csv
import io
from datetime import date
from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from claude_dash.exports.csv import escape, fixed, render, spell, write
from claude_dash.metrics.release import Release, Row


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r"])
def test_a_cell_that_a_spreadsheet_would_run_is_escaped(start: str) -> None:
    """An apostrophe stands before whatever begins like a formula."""
    assert escape(f"{start}cmd|' /C calc'!A0") == f"'{start}cmd|' /C calc'!A0"
    assert escape("Team = two") == "Team = two"


@pytest.mark.parametrize(
    ("value", "decimals", "text"),
    [
        (Decimal("2.345"), 2, "2.34"),
        (Decimal("2.355"), 2, "2.36"),
        (Decimal("-0.005"), 2, "0.00"),
        (Decimal("-1.5"), 2, "-1.50"),
        (Fraction(2, 3), 2, "0.67"),
        (Fraction(1, 800), 1, "0.0"),
        (7, 0, "7"),
    ],
)
def test_rounding_is_half_even_and_exact(value: Decimal, decimals: int, text: str) -> None:
    """Money is rounded half even, without passing through a float."""
    assert fixed(value, decimals) == text


def test_a_value_is_spelled_by_its_unit() -> None:
    """Money has two decimals, counts none, fractions what a float has; nothing is empty."""
    assert spell(Decimal("12.3"), "USD") == "12.30"
    assert spell(Fraction(10, 3), "USD/{user}") == "3.33"
    assert spell(1234567, "{token}") == "1234567"
    assert spell(Fraction(1, 4), "1") == "0.25"
    assert spell(None, "{token}") == ""


@given(st.lists(st.lists(st.text(), min_size=2, max_size=2)))
def test_cells_come_back_as_they_were_written(rows: list[list[str]]) -> None:
    """Whatever a name holds, the file is read back cell by cell."""
    text = write(("a", "b"), rows).decode()
    read = list(csv.reader(io.StringIO(text, newline="")))
    assert read == [["a", "b"], *rows]
    assert not text.startswith("\ufeff")


def test_an_answer_is_written_with_reasons() -> None:
    """A hidden value is an empty cell beside its reason; lines end in CRLF."""
    days = (date(2026, 11, 9), date(2026, 11, 16))
    release = Release(
        metric="sessions",
        label="Sessions",
        unit="{session}",
        definition="Sessions.",
        grain="week",
        by=("team",),
        policy=1,
        as_of={},
        rows=(
            Row("2026-W46", *days, {"team": "=Apps"}, 41, "final"),
            Row("2026-W46", *days, {"team": "Core"}, None, "final", "dominance"),
        ),
    )
    assert render(release).decode() == (
        "period,team,value,status,hidden\r\n"
        "2026-W46,'=Apps,41,final,\r\n"
        "2026-W46,Core,,final,dominance\r\n"
    )
