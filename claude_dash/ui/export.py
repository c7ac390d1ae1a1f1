"""The weekly set: which week, what it holds, one click to take it, and what left before."""

from datetime import date, timedelta

import streamlit as st

from claude_dash import clock
from claude_dash.charts import theme
from claude_dash.exports import log, weekly
from claude_dash.ui.page import View

WEEKS = 26


def exports(view: View) -> None:
    """Draw the week picker, a preview, the download and the log."""
    last = weekly.last_complete_week()
    weeks = [last - timedelta(weeks=number) for number in range(WEEKS)]
    week = st.selectbox("Week", weeks, format_func=_named, key="week", width=280)
    if not view.may("exports"):
        st.info(
            "The weekly set is for champions, finance and administrators.", icon=":material/lock:"
        )
        return
    made = weekly.build(view.store, view.reader, week)
    st.caption(
        f"{made.label} is {made.status}. Our copy is deleted on {log.delete_by():%-d %b %Y}; "
        "delete yours by then too. No name, address or account is in any file."
    )
    st.download_button(
        "Download the weekly set",
        lambda: weekly.record(view.store, view.reader, made, view.settings.data_dir),
        file_name=f"claude-dash-{made.label}.zip",
        mime="application/zip",
        icon=":material/download:",
        type="primary",
        key="download-weekly",
        on_click="ignore",
    )
    for name, rows in made.tables.items():
        with st.expander(name, expanded=name == "summary.csv"):
            _preview(rows)
    if made.hidden:
        reasons = "; ".join(theme.reason(why) for why in made.hidden)
        st.caption(f"Hidden in this set: {reasons}.")
    if made.without_source:
        st.caption("No connected source feeds: " + ", ".join(made.without_source) + ".")
    st.markdown("## Earlier exports")
    earlier = log.earlier(view.store)
    if not earlier:
        st.caption("Nothing was exported yet.")
        return
    st.table(
        {
            "when": [f"{one.at:%-d %b %Y %H:%M}" for one in earlier],
            "what": [one.what for one in earlier],
            "role": [one.role for one in earlier],
            "delete by": [f"{one.delete_by:%-d %b %Y}" for one in earlier],
            "SHA-256": [one.sha256[:12] for one in earlier],
        }
    )


def _named(week: date) -> str:
    return f"{clock.label('week', week)} · {week:%-d %b} to {week + timedelta(days=6):%-d %b %Y}"


def _preview(rows: list[tuple[str, ...]]) -> None:
    header, *body = rows
    if not body:
        st.caption("No rows: no connected source feeds this table.")
        return
    columns = {name: [row[at] for row in body] for at, name in enumerate(header)}
    st.dataframe(columns, hide_index=True)
