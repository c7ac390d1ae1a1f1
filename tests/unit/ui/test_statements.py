"""Titles of cards: what they say is what their chart shows."""

from datetime import date
from decimal import Decimal

from claude_dash.metrics.release import Release
from claude_dash.ui import statements
from tests.unit.charts.test_charts import TODAY, release, row


def mix(made: Release, today: date = TODAY) -> str:
    return statements.mix(made, "model", today, "estimated cost")


def test_a_model_that_two_sources_name_is_one_part() -> None:
    """Its ids at Anthropic and at Bedrock are drawn as one series, and told as one share."""
    rows = [
        row(Decimal(value), item, week=week, by="model")
        for week, opus, cloud in ((-2, 1, 1), (-1, 4, 3))
        for item, value in (
            ("claude-opus-4-8", opus),
            ("anthropic.claude-opus-4-8", cloud),
            ("claude-sonnet-5", 3),
        )
    ]
    said = mix(release(*rows))
    assert said.startswith("Opus 4.8 is 70% of estimated cost, up from 40% in ")


def test_a_model_that_is_new_comes_from_nothing() -> None:
    """A part that was not there in the first period grew from no share."""
    rows = [
        row(Decimal(3), "claude-sonnet-5", week=-2, by="model"),
        row(Decimal(1), "claude-sonnet-5", week=-1, by="model"),
        row(Decimal(3), "claude-opus-4-8", week=-1, by="model"),
    ]
    assert mix(release(*rows)).startswith("Opus 4.8 is 75% of estimated cost, up from 0% in ")
