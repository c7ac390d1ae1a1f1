"""Source against source: totals of the same people and days, and what may explain a difference."""

from datetime import date, timedelta

import streamlit as st

from claude_dash import reconcile as compared
from claude_dash.charts import theme
from claude_dash.metrics.lookup import metric
from claude_dash.privacy.policy import Policy
from claude_dash.reconcile.sides import WEEKS
from claude_dash.ui.page import CACHE_ENTRIES, CACHE_TTL_S, View
from claude_dash.ui.server import opened
from claude_dash.units import usd

DAY = timedelta(days=1)
AND = " and "
HIDDEN = f"hidden · {theme.REASONS['small group']}"


@st.cache_data(ttl=CACHE_TTL_S, max_entries=CACHE_ENTRIES, show_spinner="Comparing")
def _found(
    policy: Policy, stored: int, day: date, one: str, other: str
) -> compared.Reconciled | None:
    """Return two sources side by side; everything that decides about it is in the arguments."""
    del stored, day
    return compared.reconcile(opened().engine, policy, one, other)


def reconcile(view: View) -> None:
    """Draw a choice of two sources, and both side by side."""
    choices = {AND.join(names): names for names in compared.pairs(view.store)}
    if not choices:
        return
    with st.container(border=True, key="card-reconcile"):
        st.markdown("## Source against source")
        st.caption(
            "What two sources tell of the same people and days, before it is decided which one "
            f"counts: the organisation over the last {WEEKS} closed weeks."
        )
        chosen = st.selectbox(
            "Two sources",
            list(choices),
            index=None,
            key="reconcile",
            placeholder="Choose two sources",
            label_visibility="collapsed",
        )
        if chosen is None:
            return
        found = _found(view.policy, view.revision, view.filters.until, *choices[chosen])
        if found is None:
            st.write("One of them tells of nobody in these weeks.")
        else:
            _side_by_side(view, found)


def _side_by_side(view: View, found: compared.Reconciled) -> None:
    one, other = found.names
    st.caption(f"{theme.day(found.since)} to {theme.day(found.until - DAY)}, UTC.")
    people = {
        f"People in both, {one}{AND}{other}": found.people,
        f"In {one} alone": found.only[0],
        f"In {other} alone": found.only[1],
    }
    st.markdown(" · ".join(f"{name}: {_count(number)}" for name, number in people.items()))
    if found.lines:
        st.table([_row(line, one, other) for line in found.lines])
    else:
        st.write(
            f"Totals start at {view.policy.k} people of whom both tell on the same days; here "
            "there are none to show."
        )
    st.markdown("**What may explain a difference**")
    for says in found.causes or ["Nothing that claude-dash can see speaks for one."]:
        st.markdown(f"- {says}")


def _count(number: int | None) -> str:
    return HIDDEN if number is None else f"{number:,}"


def _row(line: compared.Line, one: str, other: str) -> dict[str, str]:
    asked = metric(line.measure)
    if line.values is None:
        why = f"hidden · {theme.reason(line.hidden)}"
        return {"Measure": asked.label, one: why, other: why, "Difference": theme.NOTHING}
    mine, theirs = line.values
    share = f" ({(theirs - mine) / mine:+.1%})" if mine else ""
    spelled = [_exact(value, asked.unit) for value in (mine, theirs, abs(theirs - mine))]
    sign = "\u2212" if theirs < mine else "+" if theirs > mine else ""
    difference = f"{sign}{spelled[2]}{share}" if sign else "none"
    return {
        "Measure": asked.label,
        one: spelled[0],
        other: spelled[1],
        "Difference": difference.replace("(-", "(\u2212"),
    }


def _exact(value: int, unit: str) -> str:
    return theme.exact(usd(value) if unit.startswith("USD") else value, unit)
