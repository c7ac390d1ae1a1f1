"""UTC days of the engagement reports: which may be asked for, and the newest that a refusal names.

A range would give one row for all of it (contract 2.4), so a series is asked for day by day.
"""

import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from claude_dash.clock import ONE_DAY, days, today
from claude_dash.sources.client import AnthropicClient, Params

FLOOR = date(2026, 1, 1)  # nothing is older, whatever the plan's start (contract 2.7)
PAGE_ROWS = 1000  # the most that the reports take; their own default looks like a small company
OLDEST = timedelta(days=31)  # a day further back than this was named for another reason
_ISO = re.compile(r"\b(\d{4}-\d{2}-\d{2})(?!\d)")
_WORDS = re.compile(r"\b([A-Z][a-z]{2,8})\.? (\d{1,2})(?:st|[nr]d|th)?,? (\d{4})\b")
_WORDS_DAY_FIRST = re.compile(r"\b(\d{1,2})(?:st|[nr]d|th)? ([A-Z][a-z]{2,8})\.?,? (\d{4})\b")


def rows_by_day(
    client: AnthropicClient, path: str, since: date, until: date, *by: str
) -> Iterator[tuple[date, Any]]:
    """Yield each row of a report with its UTC day, grouped by some dimensions.

    Days before the floor and days to come are not asked for.
    """
    for day in days(max(since, FLOOR), min(until, today() + ONE_DAY)):
        params: Params = {"date": day.isoformat(), "group_by[]": by or None, "limit": PAGE_ROWS}
        for page in client.pages(path, params):
            for sent in page["data"]:
                yield day, sent


def newest_named(said: str, asked: date) -> date | None:
    """Return the newest day before `asked` that a refusal names; None when it names none."""
    earliest = max(FLOOR, asked - OLDEST)
    return max((day for day in _named(said) if earliest <= day < asked), default=None)


def _named(said: str) -> Iterator[date]:
    for text in _ISO.findall(said):
        yield from _parsed(text, "%Y-%m-%d")
    for month, day, year in _WORDS.findall(said):
        yield from _parsed(f"{day} {month[:3]} {year}", "%d %b %Y")
    for day, month, year in _WORDS_DAY_FIRST.findall(said):
        yield from _parsed(f"{day} {month[:3]} {year}", "%d %b %Y")


def _parsed(text: str, form: str) -> Iterator[date]:
    try:
        yield datetime.strptime(text, form).date()  # noqa: DTZ007 - a day, without a zone
    except ValueError:
        return
