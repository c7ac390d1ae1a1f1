"""Kinds of money side by side, never added, and a month's way to its end."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

import plotly.graph_objects as go

from claude_dash.charts import theme
from claude_dash.charts.trend import bar_marks, finish, mark_hidden, since_first
from claude_dash.clock import ONE_DAY, next_month
from claude_dash.metrics.release import Release

KIND_COLORS = {
    "cost_billed": theme.BLUE,
    "cost_estimated": theme.LILAC,
    "cost_list": theme.GREY,
}
FORECAST = "rgba(58,103,208,0.16)"
CLOSE_DAYS = 5  # of two labels that would lie over each other
Points = Sequence[tuple[date, Decimal | None]]


def kinds(series: Sequence[tuple[str, Release]]) -> go.Figure:
    """Draw kinds of money (name, release) as bars beside each other, a group a period."""
    made = theme.figure()
    x: list[str] = []
    first = min(since_first(release.rows)[0].start for _, release in series if release.rows)
    for name, release in series:
        color = KIND_COLORS[release.metric]
        rows = [row for row in release.rows if row.start >= first]
        x = [theme.period(release.grain, row.start) for row in rows]
        made.add_bar(
            x=x,
            y=[None if row.value is None else float(row.value) for row in rows],
            name=name,
            marker=bar_marks(rows, color),
            customdata=[theme.exact(row.value, release.unit) for row in rows],
            hovertemplate="%{customdata}",
        )
        mark_hidden(made, release.grain, rows)
    made.update_layout(barmode="group")
    finish(made, series[0][1], x)
    return made


def month(
    by_day: Points,
    *,
    first: date,
    through: date,
    spent: Decimal,
    outcome: Sequence[Decimal],
    budget: float | None,
) -> go.Figure:
    """Draw what a month cost so far, its way to the last day with its range, and the budget.

    by_day: every day read; from the first hidden one on the line would be wrong and pauses.
    outcome: low, expected and high end of the month.
    """
    made = theme.figure()
    last = next_month(first) - ONE_DAY
    low, expected, high = (float(one) for one in outcome)
    sums: list[float | None] = []
    for _, value in by_day:
        before = sums[-1] if sums else 0.0
        sums.append(None if value is None or before is None else before + float(value))
    days = [day for day, _ in by_day]
    made.add_scatter(
        x=days,
        y=sums,
        mode="lines",
        line={"width": 2.5, "color": theme.BLUE},
        customdata=[theme.money(one) if one is not None else theme.NOTHING for one in sums],
        hovertemplate="%{customdata} so far<extra></extra>",
        showlegend=False,
    )
    made.add_scatter(
        x=[through, last, last, through],
        y=[float(spent), high, low, float(spent)],
        mode="lines",
        fill="toself",
        fillcolor=FORECAST,
        line={"width": 0},
        hoverinfo="skip",
        showlegend=False,
    )
    now, then = (f"<b>{theme.money(one)}</b>" for one in (float(spent), expected))
    is_close = (last - through).days < CLOSE_DAYS
    made.add_scatter(
        x=[through, last],
        y=[float(spent), expected],
        mode="lines+markers+text",
        line={"width": 2, "color": theme.BLUE, "dash": "dot"},
        marker={"size": [8, 8], "color": theme.BLUE, "symbol": ["circle", "circle-open"]},
        text=["" if is_close else now, then],
        textposition="top left",
        customdata=[now, then],
        hovertemplate="%{customdata}<extra></extra>",
        showlegend=False,
        cliponaxis=False,
    )
    if budget is not None:
        made.add_hline(
            y=budget,
            line={"color": theme.GREY, "dash": "dash", "width": 1.5},
            annotation={"text": f"budget {theme.money(budget)}", "font": {"color": theme.GREY}},
            annotation_position="top left",
        )
    made.update_layout(hovermode="closest")
    theme.scale(made, "USD")
    most = max(high, float(spent), budget or 0.0) or 1.0
    made.update_yaxes(range=[0, most * 1.12])
    made.update_xaxes(range=[first, last], tickformat="%-d %b", nticks=6)
    return made
