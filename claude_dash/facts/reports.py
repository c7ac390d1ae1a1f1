"""The reports we read, and for how long each may still change."""

from datetime import date, datetime, timedelta

from claude_dash.clock import end_of

# Days after its end during which a vendor may still revise a day, by report; as ruled for each
# source from the vendor's documents and from what was observed (read 2026-11-21).
REVISED_DAYS = {"console.claude_code": 3}
SETTLED = timedelta(hours=1)  # the vendor withholds rows that are younger than an hour


def is_complete(read_at: datetime, day: date) -> bool:
    """Say whether a read came late enough to hold the whole day."""
    return read_at >= end_of(day) + SETTLED


def is_final(read_at: datetime, day: date, report: str) -> bool:
    """Say whether a read came after the last revision that is expected of the day."""
    settled = max(timedelta(days=REVISED_DAYS.get(report, 0)), SETTLED)
    return read_at >= end_of(day) + settled
