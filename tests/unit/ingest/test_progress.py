"""How far a sync got, in words."""

from datetime import date

import pytest

from claude_dash.ingest.run import Progress

DAY = date(2026, 11, 18)


@pytest.mark.parametrize(
    ("step", "says"),
    [
        (Progress("Main", DAY, 3, 90), "3 of at most 90 days read"),
        (
            Progress("Main", DAY, 3, 90, left_s=600.0),
            "3 of at most 90 days read, about 10 min left",
        ),
        (
            Progress("Logs", DAY, 1200, 9000, 5_500_000, left_s=20.0),
            "1,200 of 9,000 objects read (5.5 MB), about a minute left",
        ),
    ],
)
def test_it_says_what_is_left(step: Progress, says: str) -> None:
    """Days or objects and bytes, and how long the rest takes once that can be told."""
    assert step.so_far == says
    assert str(step) == f"{step.name}: {says}, at 2026-11-18"
