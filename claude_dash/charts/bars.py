"""Teams of one period as horizontal bars, alphabetically; stages and segments alike."""

from collections.abc import Sequence
from fractions import Fraction

import plotly.graph_objects as go

from claude_dash.charts import theme
from claude_dash.metrics.release import Release, Row

ROW_PX = 26
SHORT = 0.2  # of the longest bar: a shorter one has its value beside it
_CLEAR = "rgba(0,0,0,0)"
HIDDEN_SHARE = 0.16  # the fixed length of a hidden box, as a share of the axis


def teams(release: Release, dimension: str, organization: Row | None) -> go.Figure:
    """Draw one bar per group, its value inside the end; a hidden one is a hatched grey box."""
    rows = [row for row in release.rows if row.groups.get(dimension) != "Automation"]
    made = theme.figure(max(len(rows) * ROW_PX + 60, 180))
    names = [theme.label_of(dimension, row.groups[dimension]) for row in rows]
    values = [None if row.value is None else float(row.value) for row in rows]
    of_all = (
        None if organization is None or organization.value is None else float(organization.value)
    )
    most = max([value for value in values if value is not None] + [of_all or 0.0, 0.0]) or 1.0
    made.add_bar(
        y=names,
        x=values,
        orientation="h",
        marker={"color": theme.BLUE},
        text=[
            theme.number(row.value, release.unit) if row.value is not None else "" for row in rows
        ],
        textposition=["inside" if (value or 0) > most * SHORT else "outside" for value in values],
        constraintext="none",
        insidetextanchor="end",
        textangle=0,
        customdata=[theme.exact(row.value, release.unit) for row in rows],
        hovertemplate="%{y}: %{customdata}<extra></extra>",
        showlegend=False,
    )
    hidden = [row for row in rows if row.hidden]
    if hidden:
        made.add_bar(
            y=[theme.label_of(dimension, row.groups[dimension]) for row in hidden],
            x=[most * HIDDEN_SHARE] * len(hidden),
            orientation="h",
            marker={
                "color": _CLEAR,
                "line": {"color": theme.GREY, "width": 1},
                "pattern": {"shape": "/", "fgcolor": theme.GREY, "size": 5, "solidity": 0.2},
            },
            text=[f"hidden · {theme.reason(row.hidden)}" for row in hidden],
            textposition="outside",
            constraintext="none",
            hoverinfo="skip",
            showlegend=False,
        )
    empty = [row for row in rows if row.value is None and not row.hidden]
    made.add_scatter(
        y=[theme.label_of(dimension, row.groups[dimension]) for row in empty],
        x=[0] * len(empty),
        mode="text",
        text=["not read" if row.status == "missing" else theme.NOTHING for row in empty],
        textposition="middle right",
        textfont={"color": theme.GREY},
        hoverinfo="skip",
        showlegend=False,
    )
    if of_all is not None:
        made.add_vline(
            x=of_all, line={"color": theme.GREY, "dash": "dash", "width": 1.5}, layer="below"
        )
        made.add_annotation(
            x=of_all, y=1.0, yref="paper", yanchor="bottom", showarrow=False,
            text=theme.number(organization.value if organization else None, release.unit),
            font={"color": theme.GREY},
        )  # fmt: skip
    made.update_layout(hovermode="closest", barmode="overlay")
    made.update_yaxes(type="category", autorange="reversed", showgrid=False, nticks=len(names) + 1)
    made.update_xaxes(visible=False, rangemode="tozero", range=[0, most * 1.12])
    return made


def halves(
    names: Sequence[str], above: tuple[str, Sequence[Row]], below: tuple[str, Sequence[Row]]
) -> go.Figure:
    """Draw two counts a name end to end, each (label, a row per name); hidden ones are words."""
    made = theme.figure(max(len(names) * ROW_PX + 80, 180))
    for (label, rows), color in zip((above, below), (theme.BLUE, theme.ORANGE), strict=True):
        made.add_bar(
            y=list(names),
            x=[None if row.value is None else float(row.value) for row in rows],
            orientation="h",
            name=label,
            marker={"color": color},
            customdata=[theme.exact(row.value, "") for row in rows],
            hovertemplate="%{y}: %{customdata}",
        )
    hidden = [
        (name, theme.reason(one.hidden or two.hidden))
        for name, one, two in zip(names, above[1], below[1], strict=True)
        if one.hidden or two.hidden
    ]
    made.add_scatter(
        y=[name for name, _ in hidden],
        x=[0] * len(hidden),
        mode="text",
        text=[f"hidden · {why}" for _, why in hidden],
        textposition="middle right",
        textfont={"color": theme.GREY},
        hoverinfo="skip",
        showlegend=False,
    )
    made.update_layout(hovermode="closest")
    made.update_yaxes(type="category", autorange="reversed", showgrid=False, nticks=len(names) + 1)
    made.update_xaxes(rangemode="tozero", tickformat="~s")
    return made


def stages(
    labels: Sequence[str], counts: Sequence[int | None], hidden: Sequence[str] = ()
) -> go.Figure:
    """Draw stages as bars with count and share of the first; hidden: why one is not shown."""
    return _counted(labels, counts, next((count for count in counts if count), 1), hidden)


def shares(labels: Sequence[str], counts: Sequence[int | None]) -> go.Figure:
    """Draw parts of a whole as bars with count and share."""
    return _counted(labels, counts, sum(count or 0 for count in counts) or 1)


def _counted(
    labels: Sequence[str], counts: Sequence[int | None], whole: int, hidden: Sequence[str] = ()
) -> go.Figure:
    made = theme.figure(len(labels) * 40 + 40)
    texts = [
        theme.NOTHING if count is None else f"{count} · {round(Fraction(count * 100, whole))}%"
        for count in counts
    ]
    boxed = [bool(why) for why in hidden] or [False] * len(labels)
    texts = [
        f"hidden · {theme.reason(hidden[n])}" if is_hidden else texts[n]
        for n, is_hidden in enumerate(boxed)
    ]
    made.add_bar(
        y=list(labels),
        x=[
            whole * HIDDEN_SHARE if is_hidden else count
            for count, is_hidden in zip(counts, boxed, strict=True)
        ],
        orientation="h",
        marker={
            "color": [_CLEAR if is_hidden else theme.BLUE for is_hidden in boxed],
            "line": {"color": theme.GREY, "width": [int(is_hidden) for is_hidden in boxed]},
            "pattern": {
                "shape": ["/" if is_hidden else "" for is_hidden in boxed],
                "fgcolor": theme.GREY,
                "size": 5,
                "solidity": 0.2,
            },
        },
        text=texts,
        textposition="outside",
        constraintext="none",
        hovertemplate="%{y}: %{text}<extra></extra>",
        cliponaxis=False,
        showlegend=False,
    )
    made.update_layout(hovermode="closest", margin={"r": 80})
    made.update_yaxes(type="category", autorange="reversed", showgrid=False)
    made.update_xaxes(visible=False)
    return made
