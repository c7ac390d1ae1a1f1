"""Releases as one file, exactly what is shown; and names from sources in a sentence."""

import re
from collections.abc import Sequence

from claude_dash.charts import theme
from claude_dash.exports.csv import escape, spell, write
from claude_dash.metrics.release import Release

MOST_NAMES = 20


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


def as_text(names: Sequence[str]) -> str:
    """Return names of models for a sentence; a log can hold any, and none may draw a link."""
    told = [re.sub(r"[^\w\s.,-]", r"\\\g<0>", name) for name in names[:MOST_NAMES]]
    rest = len(names) - MOST_NAMES
    return ", ".join([*told, f"and {rest} more"] if rest > 0 else told)
