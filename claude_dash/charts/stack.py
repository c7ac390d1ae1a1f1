"""Parts of a total over time as bars, one on another, and opposites on either side of zero."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date

import plotly.graph_objects as go

from claude_dash.charts import theme
from claude_dash.charts.trend import bar_marks, finish, light, mark_hidden, running, since_first
from claude_dash.metrics.release import Release


def stacked(release: Release, dimension: str, today: date) -> go.Figure:
    """Draw parts of a total over time, largest at the bottom; what may still change is hatched."""
    made = theme.figure()
    release = replace(release, rows=tuple(since_first(release.rows)))
    periods = list({row.start: row for row in release.rows}.values())
    x = [theme.period(release.grain, row.start) for row in periods]
    by_item = _by_label(release, dimension)
    order = sorted(by_item, key=lambda item: -sum(by_item[item][0].values()))
    if theme.REST in by_item:
        order = [*(item for item in order if item != theme.REST), theme.REST]
    tops: Counter[str] = Counter()
    taken: set[str] = set()
    for place, item in enumerate(order):
        values, color_item = by_item[item]
        is_rest = item == theme.REST
        color = theme.GREY if is_rest else theme.color_of(dimension, color_item, place)
        marks = bar_marks(periods, color)
        if color in taken and color != theme.GREY:  # another version of the same family
            marks |= {"color": light(color, 0.4), "line": {"color": color, "width": 1}}
        taken.add(color)
        made.add_bar(
            x=x,
            y=[values.get(at) for at in x],
            name=item if values else f"{item} · hidden",
            marker=marks,
            customdata=[theme.exact(_exact(values.get(at)), release.unit) for at in x],
            hovertemplate="%{customdata}",
        )
        tops.update(values)
    open_now = running(release.rows, today)
    if open_now is not None:
        made.add_annotation(
            x=theme.period(release.grain, open_now.start), y=1, yref="paper", yanchor="bottom",
            text="running", showarrow=False, xanchor="right", font={"color": theme.GREY},
        )  # fmt: skip
    hidden = [row for row in release.rows if row.hidden]
    if hidden:
        mark_hidden(made, release.grain, hidden, tops)
    finish(made, release, x)
    return made


def _exact(value: float | None) -> int | None:
    return None if value is None else round(value)


def _by_label(release: Release, dimension: str) -> dict[str, tuple[dict[str, float], str]]:
    """Return values by label, and an item of it; values of one label are added up.

    What has no colour of its own, or comes after the sixth series, stands together as the rest.
    """
    found: dict[str, tuple[dict[str, float], str]] = {}
    for row in release.rows:
        item = row.groups[dimension]
        values, _ = found.setdefault(theme.label_of(dimension, item), ({}, item))
        at = theme.period(release.grain, row.start)
        if row.value is not None:
            values[at] = values.get(at, 0.0) + float(row.value)
    largest = sorted(found, key=lambda label: -sum(found[label][0].values()))
    if dimension == "product":
        largest = [label for label in largest if label in theme.PRODUCT_COLORS]
    kept = {label: found[label] for label in largest[: theme.MAX_SERIES]}
    for values, item in (found[label] for label in found if label not in kept):
        rest, _ = kept.setdefault(theme.REST, ({}, item))
        for at, value in values.items():
            rest[at] = rest.get(at, 0.0) + value
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
            marker=bar_marks(release.rows, color),
            customdata=[theme.exact(row.value, release.unit) for row in release.rows],
            hovertemplate="%{customdata}",
        )
    made.update_layout(barmode="relative")
    finish(made, below[1], x)
    made.update_yaxes(rangemode="normal", zeroline=True, zerolinecolor=theme.GRID)
    return made
