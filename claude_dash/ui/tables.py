"""Releases as one file: what a card's download holds, exactly what is shown."""

from collections.abc import Sequence

from claude_dash.charts import theme
from claude_dash.exports.csv import escape, spell, write
from claude_dash.metrics.release import Release


def as_csv(releases: Sequence[Release]) -> bytes:
    """Return a row per released value; what is hidden is empty, with the reason beside it."""
    groups = sorted({name for release in releases for name in release.by})
    return write(
        ("metric", "unit", "period", *groups, "value", "status", "hidden"),
        (
            (
                release.metric,
                release.unit,
                row.period,
                *(escape(row.groups.get(name, "")) for name in groups),
                spell(row.value, release.unit),
                row.status,
                theme.reason(row.hidden),
            )
            for release in releases
            for row in release.rows
        ),
    )
