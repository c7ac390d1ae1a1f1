"""Features of each kind by users, uses and teams, and the edit tools."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from fractions import Fraction

import streamlit as st

from claude_dash.charts import bars, stack, theme
from claude_dash.charts import trend as lines
from claude_dash.clock import today
from claude_dash.facts.dimensions import OTHER
from claude_dash.metrics.catalog.adoption import ACTIVE_USERS, VENDOR_ACTIVE_USERS
from claude_dash.metrics.catalog.code import (
    ACCEPT_RATE,
    SUGGESTIONS_ACCEPTED,
    SUGGESTIONS_REJECTED,
)
from claude_dash.metrics.catalog.features import FEATURE_USERS, FEATURE_USES, PLUGIN_INSTALL_RATE
from claude_dash.metrics.release import Release, Row
from claude_dash.ui import statements
from claude_dash.ui.cards import card, headlines, is_fed, year_ago
from claude_dash.ui.page import View
from claude_dash.ui.tables import as_text

NOUNS = {
    "skill": "skill",
    "connector": "connector",
    "plugin": "plugin",
    "mcp_server": "MCP server",
    "subagent": "subagent",
    "tool": "tool",
}
FEATURE, KIND, TOOL = "feature", "kind", "tool"
WEEK = timedelta(days=7)
NEW_WEEKS = 4
NOT_OFFERED = "The Console does not report skills, connectors and plugins."
NO_BUILT_INS = "Other features: names that too few people used to stand alone."
REDACTED = frozenset({"custom", "custom_skill", "third-party"})  # contract: what clients send
NOT_NAMED = (
    "Clients send custom, custom_skill or third-party in the place of names that are not built in, "
    "so one such name stands for many features, and another source may name them."
)


def features(view: View) -> None:
    """Draw figures, a choice of kind, and everything about the features of that kind."""
    if not is_fed(view.ask(FEATURE_USERS, of_all=True)):
        needs = "They need Claude Enterprise, or clients that send telemetry or hooks."
        st.info(f"{NOT_OFFERED} {needs}", icon=":material/info:")
        headlines(view, [SUGGESTIONS_ACCEPTED, SUGGESTIONS_REJECTED, ACCEPT_RATE])
        return
    headlines(view, [FEATURE_USERS, FEATURE_USES, PLUGIN_INSTALL_RATE])
    kinds = _kinds(view)
    if not kinds:
        st.info("Nobody used a feature in this range.", icon=":material/info:")
        return
    kind = st.radio(
        "Kind",
        kinds,
        horizontal=True,
        key=KIND,
        format_func=lambda kind: _many(kind)[:1].upper() + _many(kind)[1:],
        label_visibility="collapsed",
    )
    users = _users(view, kind)
    with st.grid(2, min_column_width=400, key="grid-features"):
        _by_feature(users, kind)
        _uses(view, kind)
    with st.grid(2, min_column_width=400, key="grid-features-share"):
        _share(view, kind)
        _new(view)
    _teams(view, kind, users)


def _kinds(view: View) -> list[str]:
    """Return the kinds that anybody used in the period; any other may have no name yet."""
    release = view.ask(FEATURE_USERS, by=(KIND,), grain="week", of_all=True)
    seen = {row.groups[KIND] for row in release.rows}
    return [kind for kind in NOUNS if kind in seen]


def _many(kind: str) -> str:
    """Return what several features of a kind are called."""
    return f"{NOUNS[kind]}s"


def _users(view: View, kind: str) -> Release:
    week = view.last_week()
    release = view.ask(
        FEATURE_USERS, by=(FEATURE,), where={KIND: (kind,)}, grain="week", since=week,
        until=week + WEEK,
    )  # fmt: skip
    return replace(release, rows=tuple(sorted(release.rows, key=_place)))


def _place(row: Row) -> tuple[bool, str]:
    """Return the sort key of a feature: by name without case, what stands together last."""
    name = row.groups[FEATURE]
    return name == OTHER, name.casefold()


def _by_feature(users: Release, kind: str) -> None:
    is_redacted = any(row.groups[FEATURE] in REDACTED for row in users.rows)
    card(
        statements.most(users, FEATURE, "people", _many(kind)),
        f"People by {NOUNS[kind]}, last closed week, in alphabetical order. One person may use "
        "several.",
        bars.teams(users, FEATURE, None),
        [users],
        key=f"{FEATURE_USERS.name}-{FEATURE}",
        note=f"{NO_BUILT_INS} {NOT_NAMED}" if is_redacted else NO_BUILT_INS,
    )


def _uses(view: View, kind: str) -> None:
    release = view.ask(FEATURE_USES, by=(FEATURE,), where={KIND: (kind,)})
    card(
        statements.mix(release, FEATURE, today(), f"uses of {_many(kind)}"),
        f"Uses per {view.filters.shown_grain}, by {NOUNS[kind]}.",
        stack.stacked(release, FEATURE, today()),
        [release],
        key=f"{FEATURE_USES.name}-{FEATURE}",
        note=FEATURE_USES.distortions if kind == "connector" else "",
    )


def _share(view: View, kind: str) -> None:
    """Draw which share of the people on any surface used the kind."""
    noun = _many(kind)
    asked = view.ask(FEATURE_USERS, where={KIND: (kind,)}, grain="week", of_all=True)
    active = view.ask(VENDOR_ACTIVE_USERS, grain="week", of_all=True)
    of_whom = "active people of any surface as the vendor counts them"
    if not is_fed(active):
        active = view.ask(ACTIVE_USERS, grain="week", of_all=True)
        of_whom = "active users of Claude Code"
    whole = {row.start: row.value for row in active.rows}
    share = replace(
        asked,
        unit="1",
        rows=tuple(replace(row, value=_over(row, whole.get(row.start))) for row in asked.rows),
    )
    card(
        statements.rate(share, today(), f"The share of active people who used {noun}"),
        f"People who used {noun}, over {of_whom}, per week, of the organisation.",
        lines.line(share, today()),
        [asked, active],
        key="feature-share",
    )


def _over(row: Row, whole: object) -> Fraction | None:
    if not isinstance(row.value, int) or not isinstance(whole, int) or not whole:
        return None
    return min(Fraction(row.value, whole), Fraction(1))


def _new(view: View) -> None:
    """List the features that were shown for the first time in the last four weeks."""
    until = view.last_week() + WEEK
    since = until - NEW_WEEKS * WEEK
    release = view.ask(
        FEATURE_USES, by=(FEATURE,), grain="week", since=year_ago(), until=until, of_all=True
    )
    began = release.data_starts
    found = [] if began is None or began >= since else _first_seen(release, since)
    with st.container(border=True, height="stretch", key="card-new-features"):
        count = statements.spelled(len(found))
        st.markdown(f"## {count} {'feature is' if len(found) == 1 else 'features are'} new")
        st.caption(
            f"Of every kind, shown for the first time since {theme.day(since)}. A name is shown "
            f"from {view.policy.k} people in a week on. Alphabetical."
        )
        if began is not None and began >= since:
            st.markdown(f":gray[Reading began on {theme.day(began)}: all would look new.]")
        elif not found:
            st.markdown(":gray[None in these weeks.]")
        for name, kind, first in found:
            st.markdown(
                f"**{as_text([name])}** · {NOUNS[kind]}, since {theme.period('week', first)}"
            )


def _first_seen(release: Release, since: date) -> Sequence[tuple[str, str, date]]:
    """Return name, kind and first week of the features that were not shown before a day."""
    first: dict[tuple[str, str], date] = {}
    for row in release.rows:
        key = row.groups[FEATURE], row.groups[KIND]
        if row.value and key[0] != OTHER:
            first[key] = min(first.get(key, row.start), row.start)
    found = [(*key, start) for key, start in first.items() if start >= since]
    return sorted(found, key=lambda one: (one[0].casefold(), one[1]))


def _teams(view: View, kind: str, users: Release) -> None:
    """Draw the use by team of one feature that the reader chooses."""
    names = [row.groups[FEATURE] for row in users.rows if row.groups[FEATURE] != OTHER]
    if not names:
        return
    name = st.selectbox(f"By team: which {NOUNS[kind]}?", names, key=f"{FEATURE}-{kind}", width=320)
    where: dict[str, tuple[str, ...]] = {KIND: (kind,), FEATURE: (name,)}
    if view.filters.teams:
        where["team"] = view.filters.teams
    week = view.last_week()
    release = view.ask(
        FEATURE_USERS, by=("team",), where=where, grain="week", since=week, until=week + WEEK
    )
    shown = sum(bool(row.value) for row in release.rows)
    title = (
        statements.NOTHING_SHOWN
        if release.is_all_hidden
        else f"{name} is used in {shown} of {len(release.rows)} groups"
    )
    card(
        title,
        f"People who used {as_text([name])} by team, {theme.period('week', week)}, in alphabetical "
        "order.",
        bars.teams(release, "team", None),
        [release],
        key="feature-teams",
    )


def edit_tools(view: View) -> None:
    """Draw accepted and rejected suggestions by edit tool, of the last closed week."""
    week = view.last_week()
    asked = [
        view.ask(one, by=(TOOL,), grain="week", since=week, until=week + WEEK)
        for one in (SUGGESTIONS_ACCEPTED, SUGGESTIONS_REJECTED)
    ]
    by_tool = [{row.groups[TOOL]: row for row in release.rows} for release in asked]
    tools = sorted(set(by_tool[0]) & set(by_tool[1]))
    chart = bars.halves(
        [theme.label_of(TOOL, tool) for tool in tools],
        ("Accepted", [by_tool[0][tool] for tool in tools]),
        ("Rejected", [by_tool[1][tool] for tool in tools]),
    )
    card(
        statements.most(asked[0], TOOL, "suggestions accepted", "edit tools"),
        f"Suggestions by edit tool, {theme.period('week', week)}, in alphabetical order.",
        chart,
        asked,
        key="edit-tools",
        note="Automatic acceptance counts as acceptance: it does not measure quality.",
    )
