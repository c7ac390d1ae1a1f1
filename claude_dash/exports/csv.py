"""CSV as spreadsheets take it: UTF-8, comma, CRLF, a point for decimals, no formulas.

Standard: RFC 4180.
"""

import csv
import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from fractions import Fraction

from claude_dash.metrics.release import Release, Value

MONEY_DECIMALS = 2
# What a spreadsheet would run as a formula (A5, item 5).
_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def escape(text: str) -> str:
    """Return `text` so that no spreadsheet runs it: an apostrophe stands before a formula."""
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text


def fixed(value: int | Decimal | Fraction, decimals: int) -> str:
    """Spell a number with a fixed number of decimals, exactly rounded half even."""
    scaled = round(Fraction(value) * 10**decimals)
    sign = "-" if scaled < 0 else ""
    digits = str(abs(scaled)).rjust(decimals + 1, "0")
    return f"{sign}{digits[:-decimals]}.{digits[-decimals:]}" if decimals else sign + digits


def spell(value: Value, unit: str) -> str:
    """Spell a released value for a file; empty for None.

    Money, and money per something, has two decimals; a count is whole; a fraction is a float.
    """
    if value is None:
        return ""
    if unit.startswith("USD"):
        return fixed(value, MONEY_DECIMALS)
    if Fraction(value).denominator == 1:
        return str(int(value))
    return repr(float(value))


def write(header: Sequence[str], rows: Iterable[Sequence[str]]) -> bytes:
    """Return a CSV file; the caller has escaped the cells that hold names."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerow(header)
    writer.writerows(rows)
    return buffer.getvalue().encode()


def render(release: Release) -> bytes:
    """Return what an answer holds: columns period, its dimensions, value, status, hidden."""
    return write(
        ("period", *release.by, "value", "status", "hidden"),
        (
            (
                row.period,
                *(escape(row.groups.get(name, "")) for name in release.by),
                spell(row.value, release.unit),
                row.status,
                row.hidden,
            )
            for row in release.rows
        ),
    )
