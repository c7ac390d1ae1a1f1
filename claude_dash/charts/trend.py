"""One measure over time as a line, several teams as lines, and parts of a total as bars."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import plotly.graph_objects as go

from claude_dash.charts import theme
from claude_dash.metrics.release import Release, Row

HATCH = {"shape": "/", "fillmode": "replace", "size": 6, "solidity": 0.35}


def since_first(rows: Sequence[Row]) -> list[Row]:
    """Leave out the periods before the first one that was read; later gaps stay gaps."""
    first = next((n for n, row in enumerate(rows) if row.status != "missing"), 0)
    return list(rows[first:])


def _running(rows: Sequence[Row], today: date) -> Row | None:
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


def mark_hidden(made: go.Figure, grain: str, rows: Sequence[Row]) -> None:
    """Put a grey cross on the axis where a value is hidden: never zero, never absent."""
    hidden = [row for row in rows if row.hidden]
    if hidden:
        made.add_scatter(
            x=[theme.period(grain, row.start) for row in hidden],
            y=[0] * len(hidden),
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
    running = _running(rows, today)
    closed = [None if row is running or row.value is None else float(row.value) for row in rows]
    hover = [theme.exact(row.value, release.unit) for row in rows]
    last = next((n for n in range(len(rows) - 1, -1, -1) if closed[n] is not None), -1)
    made.add_scatter(
        x=x,
        y=closed,
        mode="lines",
        line={"width": 2.5, "color": color},
        # An area over a gap would draw a value that is hidden or missing.
        fill=None if None in closed[: last + 1] else "tozeroy",
        fillcolor=theme.AREA if color == theme.BLUE else _light(color),
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
    if running is not None and running.value is not None and last >= 0:
        made.add_scatter(
            x=[x[last], theme.period(grain, running.start)],
            y=[closed[last], float(running.value)],
            mode="lines+markers",
            line={"width": 2, "color": color, "dash": "dot"},
            marker={"size": [0, 8], "color": color, "symbol": "circle-open"},
            hovertemplate=f"{theme.exact(running.value, release.unit)} so far<extra></extra>",
            showlegend=False,
        )
    if running is not None:
        _band(made, grain, running)
    mark_hidden(made, grain, rows)
    finish(made, release, x)
    return made


def _light(color: str) -> str:
    red, green, blue = (int(color[n : n + 2], 16) for n in (1, 3, 5))
    return f"rgba({red},{green},{blue},0.10)"


def finish(made: go.Figure, release: Release, x: Sequence[str]) -> None:
    """Give a figure over time the order of its periods and the format of its unit."""
    theme.scale(made, release.unit)
    made.update_xaxes(type="category", categoryorder="array", categoryarray=list(dict.fromkeys(x)))
    known = [float(row.value) for row in release.rows if row.value is not None]
    if not known:  # an axis without values has no scale
        made.update_yaxes(showticklabels=False)
    if release.unit == "1" and max(known, default=1) > 0.1:  # noqa: PLR2004 - under 10 % zoomed in
        made.update_yaxes(range=[0, 1.02])


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


def stacked(release: Release, dimension: str, today: date) -> go.Figure:
    """Draw parts of a total over time, largest at the bottom; what may still change is hatched."""
    made = theme.figure()
    release = replace(release, rows=tuple(since_first(release.rows)))
    x = list(dict.fromkeys(theme.period(release.grain, row.start) for row in release.rows))
    by_item = _by_label(release, dimension)
    order = sorted(by_item, key=lambda item: -sum(by_item[item][0].values()))
    if theme.REST in by_item:
        order = [*(item for item in order if item != theme.REST), theme.REST]
    for place, item in enumerate(order):
        values, provisional, color_item = by_item[item]
        is_rest = item == theme.REST
        color = theme.GREY if is_rest else theme.color_of(dimension, color_item, place)
        made.add_bar(
            x=x,
            y=[values.get(at) for at in x],
            name=item,
            marker={
                "color": color,
                "pattern": {
                    **HATCH,
                    "shape": ["/" if at in provisional else "" for at in x],
                    "fgcolor": color,
                },
            },
            customdata=[theme.exact(_exact(values.get(at)), release.unit) for at in x],
            hovertemplate="%{customdata}",
        )
    running = _running(release.rows, today)
    if running is not None:
        made.add_annotation(
            x=theme.period(release.grain, running.start), y=1, yref="paper", yanchor="bottom",
            text="running", showarrow=False, xanchor="right", font={"color": theme.GREY},
        )  # fmt: skip
    hidden = [row for row in release.rows if row.hidden]
    if hidden:
        mark_hidden(made, release.grain, hidden)
    finish(made, release, x)
    return made


def _exact(value: float | None) -> int | None:
    return None if value is None else round(value)


def _by_label(
    release: Release, dimension: str
) -> dict[str, tuple[dict[str, float], set[str], str]]:
    """Return values and provisional periods by label; values of one label are added up.

    What has no colour of its own, or comes after the sixth series, stands together as the rest.
    """
    found: dict[str, tuple[dict[str, float], set[str], str]] = {}
    for row in release.rows:
        item = row.groups[dimension]
        values, provisional, _ = found.setdefault(
            theme.label_of(dimension, item), ({}, set(), item)
        )
        at = theme.period(release.grain, row.start)
        if row.value is not None:
            values[at] = values.get(at, 0.0) + float(row.value)
        if row.status == "provisional":
            provisional.add(at)
    largest = sorted(found, key=lambda label: -sum(found[label][0].values()))
    if dimension == "product":
        largest = [label for label in largest if label in theme.PRODUCT_COLORS]
    kept = {label: found[label] for label in largest[: theme.MAX_SERIES]}
    for values, provisional, item in (found[label] for label in found if label not in kept):
        rest, open_periods, _ = kept.setdefault(theme.REST, ({}, set(), item))
        for at, value in values.items():
            rest[at] = rest.get(at, 0.0) + value
        open_periods |= provisional
    return {label: one for label, one in kept.items() if _is_seen(label, one[0])}


def _is_seen(label: str, values: Mapping[str, float]) -> bool:
    """Say whether a series belongs into the legend: it has a value, or is hidden throughout."""
    return any(values.values()) or (not values and label != theme.REST)


def signed(above: Sequence[tuple[str, Release, str]], below: tuple[str, Release, str]) -> go.Figure:
    """Draw measures stacked above zero and one below it."""
    made = theme.figure(320)
    x: list[str] = []
    for name, release, color in (*above, below):
        x = [theme.period(release.grain, row.start) for row in release.rows]
        sign = -1 if name == below[0] else 1
        made.add_bar(
            x=x,
            y=[None if row.value is None else sign * float(row.value) for row in release.rows],
            name=name,
            marker={
                "color": color,
                "pattern": {
                    **HATCH,
                    "shape": ["/" if row.status == "provisional" else "" for row in release.rows],
                    "fgcolor": color,
                },
            },
            customdata=[theme.exact(row.value, release.unit) for row in release.rows],
            hovertemplate="%{customdata}",
        )
    made.update_layout(barmode="relative")
    finish(made, below[1], x)
    made.update_yaxes(rangemode="normal", zeroline=True, zerolinecolor=theme.GRID)
    return made
