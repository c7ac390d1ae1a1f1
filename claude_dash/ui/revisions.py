"""Figures that were shown and are others now, and weeks whose teams keep the ones they had."""

import streamlit as st

from claude_dash import revisions
from claude_dash.charts import theme
from claude_dash.ui.page import View
from claude_dash.ui.tables import as_text

MAX_WEEKS = 6


def revised(view: View) -> None:
    """Draw the ledger."""
    found = revisions.revisions(view.store, view.policy)
    with st.container(border=True, key="card-revisions"):
        st.markdown("## Revised figures")
        st.caption(
            "What was shown of a day's money or of a final week, and what is shown now. A change "
            "that concerns too few people has no line here: the organisation's figure is the new "
            "one, a team keeps the one that it had."
        )
        _held(view)
        if not found:
            st.write("Nothing that was shown has changed so far.")
            return
        st.table(
            [
                {
                    "Period": _period(one),
                    "Whose": as_text([one.whose or "Organisation"]),
                    "Figure": one.metric.label,
                    "Was": theme.exact(one.before, one.metric.unit),
                    "Is": theme.exact(one.after, one.metric.unit),
                    "Changed": theme.full_day(one.on.date()),
                    "Why": one.reason,
                }
                for one in found
            ]
        )


def _period(one: revisions.Revised) -> str:
    if one.grain == "day":
        return theme.full_day(one.start)
    return f"{theme.period(one.grain, one.start)} {one.start.isocalendar().year}"


def _held(view: View) -> None:
    weeks = [theme.period("week", monday) for monday in revisions.held_weeks(view.store)]
    if weeks:
        more = len(weeks) - MAX_WEEKS
        told = as_text([*weeks[-MAX_WEEKS:], *([f"{more} earlier"] if more > 0 else [])])
        st.info(
            f"Departments and teams keep their earlier figures of {told}: what changed since "
            "concerns too few people to be told by group.",
            icon=":material/lock_clock:",
        )
