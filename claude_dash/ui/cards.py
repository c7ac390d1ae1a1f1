"""Cards and headline figures: the same frame around every chart."""

import re
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import Literal

import plotly.graph_objects as go
import streamlit as st

from claude_dash.charts import theme
from claude_dash.clock import month_of, today
from claude_dash.metrics.catalog.adoption import ADOPTION_RATE, COVERAGE_RATE
from claude_dash.metrics.define import Metric
from claude_dash.metrics.lookup import metric
from claude_dash.metrics.release import Release, Row
from claude_dash.ui import statements
from claude_dash.ui.page import View
from claude_dash.ui.statements import alt, closed
from claude_dash.ui.tables import as_csv

GOOD_UP = frozenset(
    {
        "adoption_rate",
        "coverage_rate",
        "activation_rate",
        "retention_rate",
        "seat_utilization",
        "plugin_install_rate",
        "cache_hit_ratio",
    }
)
GOOD_DOWN = frozenset({"pending_invites"})
FEW = 30
SPARK_POINTS = 52
YEAR_DAYS = 365
WEEK = timedelta(days=7)
LIGHT_TEXT = "#5f6775"
CHART = {"displayModeBar": False}


def headline(release: Release, *, has_comparison: bool = True, name: str = "") -> None:
    """Draw one figure of the last closed period, with its change and the way it came.

    name: in the place of the metric's label.
    """
    rows = closed(release, today())
    last = _last(release)
    label = name or release.label
    if last is None or last.value is None:
        why = (
            f"hidden · {theme.reason(last.hidden)}"
            if last and last.hidden
            else "nothing read yet"
            if is_fed(release)
            else "no source reports it"
        )
        st.metric(
            label,
            "hidden" if last and last.hidden else theme.NOTHING,
            border=True,
            help=release.definition,
            delta=why,
            delta_color="off",
            delta_arrow="off",
            height="stretch",
        )
        return
    before = rows[-2] if len(rows) > 1 and rows[-2].end == last.start else None
    change = (
        theme.change(last.value, before.value, release.unit) if before and has_comparison else ""
    )
    is_provisional = last.status == "provisional"
    points = [float(row.value) for row in rows if row.value is not None][-SPARK_POINTS:]
    st.metric(
        f":material/hourglass_top: {label}" if is_provisional else label,
        theme.number(last.value, release.unit),
        delta=change or None,
        delta_color=_color(release.metric),
        delta_arrow="off" if change in {"", "no change"} else "auto",
        delta_description=f"vs {theme.period(release.grain, before.start)}"
        if before and change
        else None,
        help=_help(release, last, is_provisional=is_provisional),
        border=True,
        chart_data=points if len(points) > 1 else None,
        chart_type="bar"
        if max(points, default=0) < FEW and release.unit.startswith("{") and "/" not in release.unit
        else "area",
        height="stretch",
    )


def is_fed(release: Release) -> bool:
    """Say whether anything that was read feeds a metric."""
    return bool(release.as_of)


def visible(view: View) -> str:
    """Say which share of eligible people sources know, of the last closed week and the filter."""
    week = view.last_week()
    asked = view.ask(COVERAGE_RATE, grain="week", since=week, until=week + WEEK)
    return statements.visible(asked)


def fed(view: View, one: Metric) -> list[Metric]:
    """Return the metric, in a list, where anything that was read feeds it."""
    return [one] if is_fed(view.ask(one, of_all=True)) else []


def _last(release: Release) -> Row | None:
    over = [row for row in release.rows if row.end <= today() and row.status != "missing"]
    return over[-1] if over else None


def _color(name: str) -> Literal["normal", "inverse", "blue"]:
    return "normal" if name in GOOD_UP else "inverse" if name in GOOD_DOWN else "blue"


def _help(release: Release, row: Row, *, is_provisional: bool) -> str:
    at = theme.period(release.grain, row.start)
    may_change = " It may still change: its source may revise it." if is_provisional else ""
    return f"{release.definition} Shown for {at}, the last closed period.{may_change}"


def headlines(view: View, metrics: Sequence[Metric], *, monthly: Sequence[Metric] = ()) -> None:
    """Draw figures side by side, those of the last closed month first; they wrap on a phone."""
    has_comparison = view.filters.has_comparison
    every = [*monthly, *metrics]
    with st.grid(len(every), min_column_width=155, key=f"figures-{every[0].name}"):
        for one in monthly:
            release = view.ask(one, grain="month", since=year_ago())
            headline(release, has_comparison=has_comparison, name=_of_month(release))
        for one in metrics:
            headline(published(view, one), has_comparison=has_comparison)
    if ADOPTION_RATE in metrics:
        _note(visible(view))


def published(view: View, one: Metric, *, of_all: bool = False) -> Release:
    """Return a metric within the filters: weeks where days, and all teams where one is not told."""
    is_by_day = view.filters.shown_grain == "day" and "day" not in one.grains
    of_all = of_all or "team" not in one.levels
    return view.ask(one, grain="week" if is_by_day else None, of_all=of_all)


def _of_month(release: Release) -> str:
    """Return a short label that names the month: `Billed, Oct`."""
    last, short = _last(release), release.label.removeprefix("Cost, ")
    short = short[:1].upper() + short[1:]
    return f"{short}, {last.start:%b}" if last else short


def year_ago() -> date:
    """Return the first day from which figures by month are shown, whatever the period says."""
    return month_of(today() - timedelta(days=YEAR_DAYS))


def card(
    title: str,
    second: str,
    chart: go.Figure | None,
    releases: Sequence[Release],
    *,
    key: str,
    note: str = "",
    foot: Callable[[], None] | None = None,
) -> None:
    """Draw a card: what the chart states, what is plotted, the chart, how it is calculated, CSV.

    foot: draws what else stands beside the download.
    """
    with st.container(border=True, height="stretch", key=f"card-{key}"):
        # It may hold a name that a client sent, which draws no link and no picture.
        st.markdown("## " + re.sub(r"[\[\]<]", r"\\\g<0>", title))
        st.caption(_marks(second, releases))
        if chart is not None and any(
            not release.is_empty or release.is_all_hidden for release in releases
        ):
            _colored(chart)
            st.plotly_chart(
                chart, theme="streamlit", config=CHART, key=f"chart-{key}", alt=alt(title, releases)
            )
        else:
            st.markdown(":gray[Nothing to draw for this range.]")
        if note:
            _note(note)
        with st.container(horizontal=True, gap="small", vertical_alignment="center"):
            with st.popover("How this is calculated", icon=":material/info:", type="tertiary"):
                for release in releases:
                    calculated(release)
            st.download_button(
                "CSV",
                lambda: as_csv(releases),
                file_name=f"claude-dash-{key}.csv",
                mime="text/csv",
                icon=":material/download:",
                type="tertiary",
                key=f"csv-{key}",
                on_click="ignore",
            )
            if foot is not None:
                foot()


def _note(says: str) -> None:
    """Draw a caption, and what is amber in full: at 60 % it is too pale to be read."""
    (st.markdown if says.startswith(":orange[") else st.caption)(says)


def _marks(second: str, releases: Sequence[Release]) -> str:
    """Say what is plotted, and what about it is unusual."""
    rows = [row for release in releases for row in release.rows]
    words = [second]
    if any(row.start <= today() < row.end for row in rows):
        words.append("The last period is still running.")
    if any(row.status == "provisional" and row.end <= today() for row in rows):
        words.append("Hatched: may still change.")
    starts = next((release.data_starts for release in releases if release.data_starts), None)
    if starts and any(row.status == "missing" and row.end <= starts for row in rows):
        words.append(f"Data starts on {theme.day(starts)} {starts.year}.")
    if any(row.hidden for row in rows):
        reasons = sorted({theme.reason(row.hidden) for row in rows if row.hidden})
        words.append(f"Some values are hidden: {', '.join(reasons)}.")
    return " ".join(words)


def _colored(chart: go.Figure) -> None:
    """Darken ticks and legend on a light ground, where Streamlit's grey is too pale."""
    if st.context.theme.type == "light":
        color = {"color": LIGHT_TEXT}
        chart.update_layout(font=color, legend={"font": color})
        chart.update_xaxes(tickfont=color)
        chart.update_yaxes(tickfont=color)


def calculated(release: Release) -> None:
    """Say how a number is made: definition, unit, source, freshness, reliability, policy."""
    found = metric(release.metric)
    st.markdown(f"**{release.label}** · `{release.metric}`")
    st.write(release.definition)
    newest = [day for day in release.as_of.values() if day]
    facts = [
        f"Unit: {release.unit}",
        f"Source: {', '.join(release.sources)}",
        f"Complete to: {theme.day(max(newest))}" if newest else "Nothing complete yet",
        f"Reliability: {release.reliability}. {found.distortions}".strip(),
        f"Policy version {release.policy}: groups of {release.k} people and more",
    ]
    st.caption(" · ".join(facts))
