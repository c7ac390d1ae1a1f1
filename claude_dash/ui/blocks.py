"""Whole cards by what they show: a trend, parts of a total, teams compared."""

from dataclasses import replace
from datetime import timedelta

import streamlit as st

from claude_dash import attention
from claude_dash.charts import bars, heat, stack, theme
from claude_dash.charts import trend as lines
from claude_dash.clock import today
from claude_dash.metrics.catalog.adoption import ADOPTION_RATE
from claude_dash.metrics.define import Metric
from claude_dash.metrics.release import Release
from claude_dash.ui import statements
from claude_dash.ui.cards import card, published, visible
from claude_dash.ui.menu import has_enterprise, link
from claude_dash.ui.page import View

COLORS = {"main": theme.BLUE, "output": theme.SAGE, "money": theme.LILAC}


def _per(view: View) -> str:
    scope = view.filters.scope if view.filters.teams else "all teams"
    return f"per {view.filters.shown_grain}, {scope}"


def trend(
    view: View, metric: Metric, *, second: str, verb: str = "", color: str = "main", note: str = ""
) -> None:
    """Draw a card of one measure over time; one line each when several teams are chosen."""
    if len(view.filters.teams) > 1:
        _compared(view, metric, second, note)
        return
    release = view.ask(metric)
    title = (
        statements.level(release, today(), verb)
        if verb
        else statements.rate(release, today(), metric.label)
    )
    chart = lines.line(release, today(), color=COLORS[color])
    card(title, f"{second} {_per(view)}.", chart, [release], key=metric.name, note=note)


def _compared(view: View, metric: Metric, second: str, note: str) -> None:
    release = view.ask(metric, by=("team",), where={"team": view.filters.teams})
    chart = lines.lines(release, "team", today(), all_of=None)
    title = f"{metric.label}: {', '.join(view.filters.teams)}"
    card(title, f"{second} {_per(view)}.", chart, [release], key=metric.name, note=note)


def parts(
    view: View, metric: Metric, *, by: str, of_what: str, second: str, note: str = ""
) -> None:
    """Draw a card of the parts of a total over time."""
    release = view.ask(metric, by=(by,))
    title = statements.mix(release, by, today(), of_what)
    chart = stack.stacked(release, by, today())
    card(title, f"{second} {_per(view)}.", chart, [release], key=f"{metric.name}-{by}", note=note)


def team_bars(view: View, metric: Metric, *, second: str, note: str = "") -> None:
    """Draw a card that compares the groups of the last closed week, alphabetically."""
    release = view.teams(metric)
    organization = view.ask(
        metric,
        grain="week",
        since=release.rows[0].start if release.rows else None,
        until=release.rows[0].end if release.rows else None,
        of_all=True,
    )
    title = (
        statements.teams_above(release, "team")
        if metric.unit == "1"
        else statements.span(release, "team", metric.label)
    )
    at = theme.period("week", release.rows[0].start) if release.rows else "the last week"
    says = f"{second}, {at}, in alphabetical order. Dashed: organisation."
    one = organization.rows[0] if organization.rows else None
    card(
        title,
        says,
        bars.teams(release, "team", one),
        [release],
        key=f"{metric.name}-teams",
        note=note or (visible(view) if metric is ADOPTION_RATE else ""),
    )


def flows(view: View, retained: Metric, returned: Metric, new: Metric, paused: Metric) -> None:
    """Draw who stayed, returned and came above zero, and who paused below it."""
    asked = [published(view, one) for one in (retained, returned, new, paused)]
    title = statements.level(asked[0], today(), "people were retained")
    chart = stack.signed(
        [
            ("Retained", asked[0], theme.BLUE),
            ("Returned", asked[1], theme.LILAC),
            ("New", asked[2], theme.SAGE),
        ],
        ("Paused", asked[3], theme.GREY),
    )
    says = (
        f"Active users per {asked[0].grain}, by what they did in the four weeks before. "
        "Below zero: people who paused."
    )
    card(title, says, chart, asked, key="flows")


def lines_of_code(view: View, added: Metric, removed: Metric, note: str) -> None:
    """Draw lines added above and removed below zero."""
    asked = [view.ask(added), view.ask(removed)]
    chart = stack.signed([("Added", asked[0], theme.SAGE)], ("Removed", asked[1], theme.GREY))
    title = statements.level(asked[0], today(), "lines were added")
    card(
        title,
        f"Lines of code {_per(view)}. Reliability: low.",
        chart,
        asked,
        key="lines",
        note=note,
    )


def retention(view: View, metric: Metric) -> None:
    """Draw which share of each month's newcomers is still active."""
    release = view.ask(metric, grain="month", by=("cohort",), of_all=True)
    title = (
        statements.NOTHING_SHOWN
        if release.is_empty
        else "Of each month's newcomers, this share is still active"
    )
    says = "Share of the people who first used it in a month, active in a later month. Per cent."
    card(title, says, heat.retention(release), [release], key="retention")


def stages(view: View, steps: list[tuple[str, Metric]]) -> None:
    """Draw the stages from eligible to habit, of the last closed week."""
    asked = [
        view.ask(metric, grain="week", since=view.week_before(), of_all=True) for _, metric in steps
    ]
    counts = [_last_count(release) for release in asked]
    known = [count for count in counts if count is not None]
    title = (
        f"{known[-1]} of {known[0]} people made it a habit"
        if len(known) > 1
        else statements.NO_DATA
    )
    chart = bars.stages([label for label, _ in steps], counts)
    card(title, "People at each stage, last closed week.", chart, asked, key="stages")


def _last_count(release: Release) -> int | None:
    rows = statements.closed(release, today())
    return int(rows[-1].value) if rows and rows[-1].value is not None else None


def pair(view: View, above: tuple[str, Metric], below: tuple[str, Metric], *, second: str) -> None:
    """Draw one measure above zero and its opposite below."""
    asked = [view.ask(above[1]), view.ask(below[1])]
    chart = stack.signed([(above[0], asked[0], theme.BLUE)], (below[0], asked[1], theme.ORANGE))
    title = statements.level(asked[0], today(), above[0].lower())
    card(title, f"{second} {_per(view)}.", chart, asked, key=f"{above[1].name}-pair")


def by_value(view: View, metric: Metric, *, by: str, second: str) -> None:
    """Draw a rate by technical value, of the last closed week."""
    week = view.last_week()
    until = week + timedelta(days=7)
    release = view.ask(metric, by=(by,), grain="week", since=week, until=until)
    rows = [row for row in release.rows if row.value is not None]
    title = (
        f"{len(rows)} {by}s were used in {theme.period('week', week)}"
        if rows
        else statements.nothing(release)
    )
    card(
        title,
        f"{second}, last closed week.",
        bars.teams(release, by, None),
        [release],
        key=f"{metric.name}-{by}",
    )


def stop_without_enterprise(view: View) -> None:
    """Stop a page about Claude Enterprise where none is connected, and say how to connect it."""
    if has_enterprise(view.store):
        return
    _, middle, _ = st.columns([1, 2, 1])
    with middle, st.container(border=True, key="no-enterprise"):
        st.markdown("## Engagement needs Claude Enterprise")
        st.write(
            "The Console reports Claude Code and the API alone. Claude Enterprise also reports "
            "chat, Cowork and the other surfaces. The primary owner makes a key with "
            "`read:analytics` on claude.ai under Organization settings, API."
        )
        if view.may("admin"):
            link("connect", "Connect Claude Enterprise", "cable")
        else:
            st.caption("An administrator connects sources on the page Connect.")
    st.stop()


def surfaces(view: View, code: Metric, others: Metric) -> None:
    """Draw people by product: overlapping, so beside each other and never added."""
    week = view.last_week()
    until = week + timedelta(days=7)
    release = view.ask(code, by=("product",), grain="week", since=week, until=until)
    by_name = sorted(release.rows, key=lambda row: theme.label_of("product", row.groups["product"]))
    release = replace(release, rows=tuple(by_name))
    card(
        statements.most(release, "product", "people", "surfaces"),
        f"People by product, {theme.period('week', week)}, in alphabetical order. Overlapping: one "
        "person may use several, so they are not added.",
        bars.teams(release, "product", None),
        [release],
        key="surfaces",
    )
    ours, elsewhere = view.ask(code), view.ask(others)
    chart = lines.named(
        [("Claude Code", ours, theme.BLUE), ("Any other surface", elsewhere, theme.ORANGE)], today()
    )
    card(
        statements.level(elsewhere, today(), "people used another surface"),
        f"People {_per(view)}. Who used both is in both lines.",
        chart,
        [elsewhere, ours],
        key="surface-users",
    )


def segments(view: View, metric: Metric) -> None:
    """Draw people by how they used it over twelve weeks, as shares."""
    week = view.last_week()
    until = week + timedelta(days=7)
    release = view.ask(metric, by=("segment",), grain="week", since=week, until=until, of_all=True)
    names = ("power", "habitual", "novice", "low", "none")
    by_name = {row.groups["segment"]: row.value for row in release.rows}
    counts = [None if by_name.get(name) is None else int(by_name[name] or 0) for name in names]
    whole = sum(count or 0 for count in counts)
    share = f"{100 * ((counts[0] or 0) + (counts[1] or 0)) // whole}%" if whole else ""
    title = f"{share} of people have made it a habit" if whole else statements.nothing(release)
    card(
        title,
        "People by their last twelve weeks; it takes twelve weeks of reading.",
        bars.shares([name.capitalize() for name in names], counts),
        [release],
        key="segments",
    )


def stuck(view: View) -> None:
    """List teams at or near zero, alphabetically; after a sudden drop look at the source first."""
    found = attention.stuck_teams(view.store, view.reader)
    with st.container(border=True, height="stretch", key="card-stuck"):
        count = statements.spelled(len(found.teams))
        plural = "team is" if len(found.teams) == 1 else "teams are"
        st.markdown(f"## {count} {plural} at or near zero")
        st.caption("Under 10% of eligible people, two closed weeks running. Alphabetical.")
        if found.is_sudden_drop:
            st.warning(
                "Use fell everywhere at once. Check the connection first: a paused key or a "
                "missing day looks like this.",
                icon=":material/cable:",
            )
        for team in found.teams:
            st.markdown(
                f"**{team.team}** · {theme.number(team.week_before, '1')}, then "
                f"{theme.number(team.last_week, '1')}"
            )
        if found.teams:
            st.caption(
                "Ask what stands in the way: seats, invitations, sign-in, permissions. "
                "A low number is no judgement."
            )
