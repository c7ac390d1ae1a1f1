"""The shared filters: period, grain, teams and comparison, kept in the address."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta

import streamlit as st
from sqlalchemy import Engine

from claude_dash import clock
from claude_dash.clock import Grain, week_of
from claude_dash.metrics.release import Query
from claude_dash.ui.teams import published_teams

PERIODS = {
    "last 4 weeks": 4,
    "last 12 weeks": 12,
    "last 26 weeks": 26,
    "last 52 weeks": 52,
}
CUSTOM = "custom"
GRAINS: tuple[Grain, ...] = ("day", "week", "month")
COMPARISONS = ("vs period before", "no comparison")
DEFAULT_PERIOD, DEFAULT_COMPARISON = "last 26 weeks", COMPARISONS[0]
DEFAULT_GRAIN: Grain = "week"
MAX_TEAMS = 5
CURRENT = "claude_dash.filters"  # what the bar of this run says, for the page below it
WEEK = timedelta(days=7)


def today() -> date:
    """Return the current UTC day."""
    return clock.today()


def last_closed_week() -> date:
    """Return the Monday of the last week that is over."""
    return week_of(clock.today()) - WEEK


@dataclass(frozen=True, slots=True)
class Filters:
    """What the filter bar says; `teams` are labels of published groups."""

    since: date = field(default_factory=lambda: _weeks(PERIODS[DEFAULT_PERIOD])[0])
    until: date = field(default_factory=lambda: _weeks(PERIODS[DEFAULT_PERIOD])[1])
    grain: Grain = DEFAULT_GRAIN
    teams: tuple[str, ...] = ()
    has_comparison: bool = True

    @property
    def team(self) -> str | None:
        """Return the one team that is chosen; None for all or several."""
        return self.teams[0] if len(self.teams) == 1 else None

    @property
    def shown_grain(self) -> Grain:
        """Return the grain of figures by team: days exist for the organisation alone (R9)."""
        return "week" if self.teams and self.grain == "day" else self.grain

    @property
    def scope(self) -> str:
        """Say whom the figures are about."""
        return "All teams" if not self.teams else ", ".join(self.teams)

    def query(
        self,
        metric: str,
        *,
        by: tuple[str, ...],
        where: Mapping[str, tuple[str, ...]],
        of_all: bool,
    ) -> Query:
        """Return a question within these filters."""
        wanted = dict(where)
        is_by_people = bool({"team", "department"} & {*by, *wanted})
        if self.team and not of_all and not is_by_people:
            wanted["team"] = (self.team,)
        below = is_by_people or bool(wanted.get("team"))
        return Query(
            metric,
            grain="week" if below and self.grain == "day" else self.grain,
            by=by,
            where=wanted,
            since=self.since,
            until=self.until,
        )


def bar(engine: Engine, *, is_slide: bool = False) -> Filters:
    """Draw the filter bar and return what it says; on a slide it is one line of text."""
    labels = published_teams(engine)
    if is_slide:
        return _line()
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        period = st.selectbox(
            "Period",
            [*PERIODS, CUSTOM],
            index=list(PERIODS).index(DEFAULT_PERIOD),
            key="period",
            bind="query-params",
            label_visibility="collapsed",
            width=165,
        )
        grain = st.selectbox(
            "Grain",
            GRAINS,
            index=GRAINS.index(DEFAULT_GRAIN),
            key="grain",
            bind="query-params",
            label_visibility="collapsed",
            width=110,
        )
        teams = st.multiselect(
            "Teams",
            labels,
            key="team",
            bind="query-params",
            max_selections=MAX_TEAMS,
            placeholder="All teams",
            label_visibility="collapsed",
            width=185,
        )
        comparison = st.selectbox(
            "Comparison",
            COMPARISONS,
            key="compare",
            bind="query-params",
            label_visibility="collapsed",
            width=180,
        )
    since, until = _interval(period)
    made = Filters(since, until, grain, tuple(teams), comparison == DEFAULT_COMPARISON)
    if made.grain != made.shown_grain:
        st.caption("Daily figures exist for the organisation; teams are shown by week.")
    return made


def _line() -> Filters:
    """Return the filters of the address, and say them in words."""
    period = st.query_params.get("period", DEFAULT_PERIOD)
    since, until = _weeks(PERIODS.get(period, PERIODS[DEFAULT_PERIOD]))
    teams = tuple(st.query_params.get_all("team"))[:MAX_TEAMS]
    grain = st.query_params.get("grain", DEFAULT_GRAIN)
    made = Filters(since, until, grain if grain in GRAINS else DEFAULT_GRAIN, teams)
    last = until - timedelta(days=1)
    st.caption(f"{period} to {last.day} {last:%b %Y} · {made.scope} · by {made.shown_grain}")
    return made


def _weeks(number: int) -> tuple[date, date]:
    return week_of(clock.today()) - (number - 1) * WEEK, clock.today() + timedelta(days=1)


def _interval(period: str) -> tuple[date, date]:
    until = clock.today() + timedelta(days=1)
    if period != CUSTOM:
        return _weeks(PERIODS[period])
    with st.container(horizontal=True, gap="small"):
        first = st.date_input(
            "From",
            value=week_of(clock.today()) - 12 * WEEK,
            key="since",
            bind="query-params",
            width=165,
        )
        last = st.date_input(
            "Up to and including", value=clock.today(), key="until", bind="query-params", width=165
        )
    if not isinstance(first, date) or not isinstance(last, date) or first > last:
        st.info("Choose a first day that is not after the last one.", icon=":material/info:")
        return week_of(clock.today()) - 12 * WEEK, until
    return first, min(last + timedelta(days=1), until)
