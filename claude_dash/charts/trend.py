"""Measures over time as lines, and what every chart over time shares."""

from collections.abc import Mapping, Sequence
from datetime import date

import plotly.graph_objects as go

from claude_dash.charts import theme
from claude_dash.metrics.release import Release, Row

HATCH = {"shape": "/", "fillmode": "replace", "size": 6, "solidity": 0.35}


def since_first(rows: Sequence[Row]) -> list[Row]:
    """Leave out the periods before the first one that was read; later gaps stay gaps."""
    first = next((n for n, row in enumerate(rows) if row.status != "missing"), 0)
    return list(rows[first:])


def running(rows: Sequence[Row], today: date) -> Row | None:
    """Return the period that is not over yet, if it is among the rows."""
    return next((row for row in rows if row.start <= today < row.end), None)


def _band(made: go.Figure, grain: str, row: Row) -> None:
    at = theme.period(grain, row.start)
    made.add_vrect(x0=at, x1=at, line_width=18, line_color=theme.BAND, layer="below")
    made.add_annotation(
        x=at,
        y=1,
        yref="paper",
        yanchor="bottom",
        text="running",
        showarrow=False,
        xanchor="right",
        font={"color": theme.GREY},
    )


def mark_hidden(
    made: go.Figure, grain: str, rows: Sequence[Row], tops: Mapping[str, float] | None = None
) -> None:
    """Put a grey cross where a value is hidden: never zero, never absent.

    tops: where what is shown of a period ends; the cross stands there and not on the axis.
    """
    hidden = [row for row in rows if row.hidden]
    if hidden:
        made.add_scatter(
            x=[theme.period(grain, row.start) for row in hidden],
            y=[(tops or {}).get(theme.period(grain, row.start), 0) for row in hidden],
            mode="markers",
            marker={"symbol": "x-thin", "size": 8, "line": {"width": 2, "color": theme.GREY}},
            text=[f"hidden · {theme.reason(row.hidden)}" for row in hidden],
            hovertemplate="%{text}<extra></extra>",
            showlegend=False,
            cliponaxis=False,
        )


def line(release: Release, today: date, *, color: str = theme.BLUE) -> go.Figure:
    """Draw one measure over time; the running period is dotted, what is missing is a gap."""
    made, rows, grain = theme.figure(), since_first(release.rows), release.grain
    x = [theme.period(grain, row.start) for row in rows]
    now = running(rows, today)
    closed = [None if row is now or row.value is None else float(row.value) for row in rows]
    hover = [theme.exact(row.value, release.unit) for row in rows]
    last = next((n for n in range(len(rows) - 1, -1, -1) if closed[n] is not None), -1)
    made.add_scatter(
        x=x,
        y=closed,
        mode="lines",
        line={"width": 2.5, "color": color},
        # An area over a gap would draw a value that is hidden or missing.
        fill=None if None in closed[: last + 1] else "tozeroy",
        fillcolor=theme.AREA if color == theme.BLUE else light(color, 0.1),
        customdata=hover,
        hovertemplate="%{customdata}<extra></extra>",
        connectgaps=False,
        showlegend=False,
    )
    if last >= 0:
        made.add_scatter(
            x=[x[last]],
            y=[closed[last]],
            mode="markers+text",
            marker={"size": 8, "color": color},
            text=[f"<b>{theme.number(rows[last].value, release.unit)}</b>"],
            textposition="top center",
            hoverinfo="skip",
            showlegend=False,
            cliponaxis=False,
        )
    if now is not None and now.value is not None and last >= 0:
        made.add_scatter(
            x=[x[last], theme.period(grain, now.start)],
            y=[closed[last], float(now.value)],
            mode="lines+markers",
            line={"width": 2, "color": color, "dash": "dot"},
            marker={"size": [0, 8], "color": color, "symbol": "circle-open"},
            hovertemplate=f"{theme.exact(now.value, release.unit)} so far<extra></extra>",
            showlegend=False,
        )
    if now is not None:
        _band(made, grain, now)
    mark_hidden(made, grain, rows)
    finish(made, release, x)
    return made


def light(color: str, share: float) -> str:
    """Return a colour that lets the ground through."""
    red, green, blue = (int(color[n : n + 2], 16) for n in (1, 3, 5))
    return f"rgba({red},{green},{blue},{share})"


def bar_marks(rows: Sequence[Row], color: str) -> dict[str, object]:
    """Return how the bars of a series look: hatched where a period may still change."""
    return {
        "color": color,
        "pattern": {
            **HATCH,
            "shape": ["/" if row.status == "provisional" else "" for row in rows],
            "fgcolor": color,
        },
    }


def finish(made: go.Figure, release: Release, x: Sequence[str]) -> None:
    """Give a figure over time its legend, the order of its periods and its unit's format."""
    _plain_legend(made)
    theme.scale(made, release.unit)
    made.update_xaxes(type="category", categoryorder="array", categoryarray=list(dict.fromkeys(x)))
    known = [float(row.value) for row in release.rows if row.value is not None]
    if not known:  # an axis without values has no scale
        made.update_yaxes(showticklabels=False)
    if release.unit == "1" and max(known, default=1) > 0.1:  # noqa: PLR2004 - under 10 % zoomed in
        made.update_yaxes(range=[0, 1.02])


def _plain_legend(made: go.Figure) -> None:
    """Give a plain key to series that begin hatched, whose key would be hatched as well."""
    for trace in made.data:
        shapes = trace.marker.pattern.shape if trace.type == "bar" else None
        if not shapes or not shapes[0]:
            continue
        trace.update(showlegend=False, legendgroup=trace.name)
        made.add_scatter(
            x=[None],
            y=[None],
            mode="markers",
            name=trace.name,
            legendgroup=trace.name,
            marker={"symbol": "square", "size": 11, "color": trace.marker.pattern.fgcolor},
        )


def lines(release: Release, dimension: str, today: date, *, all_of: Release | None) -> go.Figure:
    """Draw up to five groups as lines named at their end, the organisation in grey."""
    made = theme.figure()
    names = list(dict.fromkeys(row.groups[dimension] for row in release.rows))[:5]
    for place, name in enumerate(names):
        rows = [row for row in release.rows if row.groups[dimension] == name]
        _named_line(made, release, rows, name=name, color=theme.SERIES[place], today=today)
        mark_hidden(made, release.grain, rows)
    if all_of is not None:
        rows = list(all_of.rows)
        _named_line(made, release, rows, name="Organisation", color=theme.GREY, today=today)
    finish(made, release, [theme.period(release.grain, row.start) for row in release.rows])
    made.update_layout(margin={"r": 110}, showlegend=False)
    return made


def named(series: Sequence[tuple[str, Release, str]], today: date) -> go.Figure:
    """Draw several measures of one unit as lines (name, release, colour), named above them."""
    made = theme.figure()
    x: list[str] = []
    for name, release, color in series:
        rows = since_first(release.rows)
        x += [theme.period(release.grain, row.start) for row in rows]
        _named_line(made, release, rows, name=name, color=color, today=today)
        mark_hidden(made, release.grain, rows)
    made.update_traces(mode="lines", selector={"mode": "lines+text"})
    starts = {theme.period(r.grain, row.start): row.start for _, r, _ in series for row in r.rows}
    finish(made, series[0][1], sorted(set(x), key=lambda at: starts[at]))
    return made


def _named_line(
    made: go.Figure, release: Release, rows: Sequence[Row], *, name: str, color: str, today: date
) -> None:
    closed = [row for row in rows if row.end <= today]
    texts = [""] * len(closed)
    last = next((n for n in range(len(closed) - 1, -1, -1) if closed[n].value is not None), None)
    if last is not None:
        texts[last] = f" {name}"
    made.add_scatter(
        x=[theme.period(release.grain, row.start) for row in closed],
        y=[None if row.value is None else float(row.value) for row in closed],
        mode="lines+text",
        text=texts,
        textposition="middle right",
        name=name,
        line={"width": 2.5, "color": color, "dash": "dash" if color == theme.GREY else "solid"},
        customdata=[theme.exact(row.value, release.unit) for row in closed],
        hovertemplate=f"{name} %{{customdata}}<extra></extra>",
        connectgaps=False,
        cliponaxis=False,
    )
