"""What is known of two people who are one: since when, until when, and since when as a habit."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from typing import Any

Rows = Sequence[Mapping[str, Any]]


def united_spans(rows: Rows) -> dict[str, Any]:
    """Return the first and last active day of all, and the first activation."""
    return {
        "first_day": _one(min, rows, "first_day"),
        "last_day": _one(max, rows, "last_day"),
        "activated_on": _one(min, rows, "activated_on"),
    }


def united_uses(rows: Rows) -> dict[str, Any]:
    """Return the first and last day of use of all, and the first installation."""
    return {
        "first_used": _one(min, rows, "first_used"),
        "last_used": _one(max, rows, "last_used"),
        "installed_on": _one(min, rows, "installed_on"),
    }


def _one(choose: Callable[[Iterable[date]], date], rows: Rows, name: str) -> date | None:
    days = [row[name] for row in rows if row[name]]
    return choose(days) if days else None
