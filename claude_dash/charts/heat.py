"""Retention by cohort, and days by source, as fields of squares."""

from collections.abc import Mapping, Sequence
from datetime import date

import plotly.graph_objects as go

from claude_dash.charts import theme
from claude_dash.metrics.release import Release

LIGHT_SCALE = [[0.0, "#e8eefb"], [1.0, "#89a6e6"]]
STATES = {  # of a day: words, colour, symbol
    "final": ("final", theme.BLUE, "square"),
    "provisional": ("may change", "#89a6e6", "square"),
    "missing": ("missing", theme.ORANGE, "square-x-open"),
    "early": ("not there yet", theme.GREY, "square-open"),
}


def retention(release: Release) -> go.Figure:
    """Draw the share of each cohort that is active in each later period; per cent in the cell."""
    cohorts = sorted({row.groups["cohort"] for row in release.rows})
    periods = list(dict.fromkeys(row.period for row in release.rows))
    values = {(row.groups["cohort"], row.period): row.value for row in release.rows}
    cells = [
        [None if (v := values.get((cohort, at))) is None else float(v) for at in periods]
        for cohort in cohorts
    ]
    made = theme.figure(max(len(cohorts) * 30 + 70, 160))
    made.add_heatmap(
        x=periods,
        y=cohorts,
        z=cells,
        zmin=0,
        zmax=1,
        colorscale=LIGHT_SCALE,
        showscale=False,
        xgap=2,
        ygap=2,
        text=[["" if v is None else f"{v * 100:.0f}" for v in row] for row in cells],
        texttemplate="%{text}",
        textfont={"color": "#10151d"},
        hovertemplate="first used %{y}, active in %{x}: %{text}%<extra></extra>",
    )
    made.update_layout(hovermode="closest")
    made.update_xaxes(type="category", side="top")
    made.update_yaxes(type="category", autorange="reversed", showgrid=False)
    return made


def strip(sources: Mapping[str, Mapping[date, str]], days: Sequence[date]) -> go.Figure:
    """Draw one square a day and source: final, may change, missing, not there yet.

    A day that a source does not name is before its first one, and has no square.
    """
    made = theme.figure(len(sources) * 34 + 80)
    names = list(sources)
    for state, (words, color, symbol) in STATES.items():
        points = [(day, name) for name in names for day in days if sources[name].get(day) == state]
        made.add_scatter(
            x=[day for day, _ in points],
            y=[name for _, name in points],
            mode="markers",
            name=words,
            marker={
                "symbol": symbol,
                "size": 9,
                "color": color,
            },
            hovertemplate=f"%{{y}} %{{x|%a %-d %b}}: {words}<extra></extra>",
        )
    made.update_layout(hovermode="closest")
    made.update_yaxes(
        type="category", showgrid=False, dtick=1, categoryorder="array", categoryarray=names[::-1]
    )
    made.update_xaxes(tickformat="%-d %b")
    return made
