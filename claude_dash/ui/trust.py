"""Sources: how fresh and complete each is, what is missing, and what was set aside."""

from datetime import timedelta

import streamlit as st

from claude_dash import attention
from claude_dash.charts import heat, theme
from claude_dash.clock import days, today
from claude_dash.ui.page import View
from claude_dash.ui.server import sync_in_background

STRIP_DAYS = 60


def trust(view: View) -> None:
    """Draw the state of every source."""
    found = attention.sources(view.store)
    complete = [one.last_complete_day for one in found if one.last_complete_day]
    up_to_date = sum(day >= today() - timedelta(days=2) for day in complete)
    with st.container(horizontal=True, gap="small"):
        st.metric("Sources up to date", f"{up_to_date} of {len(found)}", border=True)
        newest = theme.day(max(complete)) if complete else theme.NOTHING
        st.metric("Newest complete day", newest, border=True)
        st.metric(
            "Records set aside", str(sum(sum(o.rejected.values()) for o in found)), border=True
        )
    with st.container(border=True, key="card-days"):
        st.markdown("## Days read, by source")
        st.caption(f"The last {STRIP_DAYS} days, UTC. Light: may still change. Orange: missing.")
        since = today() - timedelta(days=STRIP_DAYS)
        chart = heat.strip({one.name: one.days for one in found}, list(days(since, today())))
        missing = sum(len(one.missing_days) for one in found)
        st.plotly_chart(
            chart,
            key="chart-days",
            config={"displayModeBar": False},
            alt=f"Days read of the last {STRIP_DAYS}, by source; {missing} days are missing.",
        )
    for one in found:
        _source(view, one)
    with st.expander("Why are recent days missing or still changing?"):
        st.write(
            "The Console report withholds the last hour, so a day is complete an hour after "
            "midnight UTC, and it may be corrected for three more days. All days are UTC: an "
            "evening west of Greenwich counts for the next day. Each sync reads the last three "
            "days again. Before a source's first day there is nothing: it is missing, not zero."
        )


def _source(view: View, one: attention.SourceTrust) -> None:
    with st.container(border=True, key=f"source-{one.name}"):
        st.markdown(f"## {one.name}")
        words = {"ok": "read regularly", "paused": "paused"}
        facts = [f"Claude {one.kind.capitalize()}", words.get(one.status, one.status)]
        if one.first_day and one.last_complete_day:
            facts.append(f"{_full(one.first_day)} to {_full(one.last_complete_day)}")
        if one.last_sync:
            facts.append(
                f"last sync {one.last_sync:%H:%M} UTC on {theme.day(one.last_sync.date())}"
            )
        st.caption(" · ".join(facts))
        if one.error:
            st.warning(one.error, icon=":material/warning:")
        gaps = one.missing_days
        if gaps:
            shown = ", ".join(theme.day(day) for day in gaps[:8])
            st.write(f"{len(gaps)} days are missing: {shown}. The next sync reads them.")
        if one.rejected:
            st.write("Records set aside, by the field that could not be read:")
            st.table(
                {"field": list(one.rejected), "records": [str(n) for n in one.rejected.values()]}
            )
        if view.may("admin") and st.button(
            "Read now", key=f"read-{one.name}", icon=":material/sync:"
        ):
            sync_in_background(one.name)
            st.toast(f"Reading {one.name}.")


def _full(day: object) -> str:
    return f"{day:%-d %b %Y}"
