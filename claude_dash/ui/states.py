"""What a page says when there is little or nothing to show, and what to do next."""

from datetime import timedelta

import streamlit as st

from claude_dash import trust
from claude_dash.charts import theme
from claude_dash.clock import now
from claude_dash.log import scrub
from claude_dash.metrics.catalog.adoption import LOGS_ALONE
from claude_dash.metrics.release import Release
from claude_dash.rollup.progress import rebuilding
from claude_dash.ui.menu import has_bedrock, link
from claude_dash.ui.page import View

STALE, WEEK = timedelta(days=3), timedelta(days=7)


def stop_without_source(view: View) -> None:
    """Stop the page with a card that leads to the first source, when there is none."""
    if view.has_connection:
        return
    _, middle, _ = st.columns([1, 2, 1])
    with middle, st.container(border=True, key="no-source"):
        st.markdown("## No source is connected yet")
        st.write(
            "Connect Claude Enterprise with a scoped key, the Claude Console with an Admin key, or "
            "the logs of Amazon Bedrock, and the last weeks are here within minutes. Nothing on "
            "any page is about a single person."
        )
        if view.may("admin"):
            link("connect", "Connect a source", "cable")
        else:
            st.caption("An administrator connects sources on the page Connect.")
    st.stop()


def notices(view: View) -> None:
    """Show what is wrong with the sources, how far a first reading got, and a rebuild."""
    if weeks := rebuilding(view.store):
        done, of = weeks
        st.info(
            f"Rebuilding: {done} of {of} weeks. Until all are done, figures are as they were.",
            icon=":material/sync:",
        )
    for one in trust.sources(view.store):
        error = scrub(one.error)  # with the role's ARN it stands on pages for the admin
        if one.status == "paused" and error:
            st.warning(f"{one.name} is paused: {error}", icon=":material/pause_circle:")
        elif one.progress:
            day, says = one.progress.get("day", ""), one.progress.get("says", "")
            st.info(f"{one.name}: {says}, newest first, at {day}.", icon=":material/sync:")
        elif error:
            st.warning(f"{one.name}: {error}", icon=":material/warning:")
        elif one.last_sync and now() - one.last_sync > STALE:
            at = theme.day(one.last_sync.date())
            st.warning(f"{one.name} was read last on {at}.", icon=":material/schedule:")


def logs_alone(view: View) -> None:
    """Say which part of the active users Bedrock's logs alone tell of, where that is so."""
    if not has_bedrock(view.store):
        return
    week = view.last_week()
    release = view.ask(LOGS_ALONE, grain="week", since=week, until=week + WEEK, of_all=True)
    share = release.rows[0].value if release.rows else None
    if share:
        st.caption(
            f":material/info: Bedrock's logs have no sessions, lines, commits or features: "
            f"{theme.number(share, '1')} of the active users of {theme.period('week', week)} "
            "were seen in them alone, and are missing here."
        )


def stop_when_hidden(view: View, release: Release) -> None:
    """Stop the page when nothing at all may be shown, and say why in plain words."""
    if not release.rows or not release.is_all_hidden:
        return
    is_small = all(row.hidden == "small group" for row in release.rows if row.status != "missing")
    with st.container(border=True, key="all-hidden"):
        st.markdown(
            "## :material/lock: Figures start at " + str(view.policy.k) + " people"
            if is_small and not view.filters.teams
            else "## :material/lock: Nothing can be shown here"
        )
        st.write(
            "Every group here has too few people to be shown."
            if is_small
            else "Every figure here would tell about one person or protects another figure."
        )
        for one in trust.sources(view.store):
            last = one.last_complete_day
            done = f"complete to {theme.day(last)}" if last else "nothing complete yet"
            st.caption(f"Connected: {one.name}, {done}.")
    st.stop()


def lock_line(release: Release) -> None:
    """Say at the foot of a page what stands together there."""
    merged = (
        f"{release.merged} small teams are shown together, so the teams add up to the total. "
        if release.merged
        else ""
    )
    st.caption(f":material/lock: {merged}Nothing on this page is about a single person.")
