"""What commands print: one exact JSON document, or a table; progress goes to standard error."""

import json
from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import typer

# Reasons as pages spell them; files and JSON keep the short names (screens, section 3).
REASONS = {
    "small group": "too few people",
    "dominance": "one contributor would stand out",
    "secondary": "protects another figure",
}


def to_json(value: Any) -> str:  # noqa: ANN401 - any document
    """Spell a document as JSON; a `Decimal` stays exact, a `Fraction` becomes a float."""
    match value:
        case Mapping():
            return (
                "{"
                + ", ".join(f"{json.dumps(key)}: {to_json(item)}" for key, item in value.items())
                + "}"
            )
        case list() | tuple():
            return "[" + ", ".join(map(to_json, value)) + "]"
        case Decimal():
            return _plain(value)
        case Fraction():
            return str(value.numerator) if value.denominator == 1 else repr(float(value))
        case date():  # and datetime
            return json.dumps(value.isoformat())
        case _:
            return json.dumps(value, ensure_ascii=False)


def _plain(value: Decimal) -> str:
    """Spell a decimal without an exponent and without zeros at its end."""
    text = format(value, "f")
    return text.rstrip("0").rstrip(".") if "." in text else text


def document(value: Any) -> None:  # noqa: ANN401 - any document
    """Print one JSON document to standard output."""
    typer.echo(to_json(value))


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """Print aligned columns to standard output."""
    lines = [header, *rows]
    widths = [max(len(line[column]) for line in lines) for column in range(len(header))]
    for line in lines:
        cells = (cell.ljust(width) for cell, width in zip(line, widths, strict=True))
        typer.echo("  ".join(cells).rstrip())


def say(text: str) -> None:
    """Print a line of progress to standard error."""
    typer.echo(text, err=True)


def day(when: date | None) -> str:
    """Spell a day as pages do: `Sun 15 Nov 2026`."""
    return "no day yet" if when is None else f"{when:%a} {when.day} {when:%b %Y}"
