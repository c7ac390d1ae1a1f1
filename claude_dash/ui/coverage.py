"""The coverage map: which eligible people are visible, by source, and which share of each team."""

from datetime import date, timedelta

import streamlit as st

from claude_dash import coverage as known
from claude_dash.charts import bars, theme
from claude_dash.metrics.catalog.adoption import COVERAGE_RATE
from claude_dash.metrics.release import Release
from claude_dash.privacy.policy import Policy
from claude_dash.ui import statements
from claude_dash.ui.cards import card, visible
from claude_dash.ui.order import NAMES
from claude_dash.ui.page import CACHE_ENTRIES, CACHE_TTL_S, View
from claude_dash.ui.server import opened

DAY = timedelta(days=1)
HIDDEN = f"hidden · {theme.REASONS['small group']}"
GRADES: dict[known.Grade, str] = {
    "people": "nearly every call on Amazon Bedrock names a person",
    "roles": "many calls on Amazon Bedrock come from roles that several people share",
    "one role": "most calls on Amazon Bedrock come from one role, as behind a gateway",
}


@st.cache_data(ttl=CACHE_TTL_S, max_entries=CACHE_ENTRIES, show_spinner=False)
def _found(policy: Policy, stored: int, day: date) -> known.Coverage | None:
    """Return the map; everything that decides about it is in the arguments."""
    del stored, day
    return known.coverage(opened().engine, policy)


def coverage(view: View) -> None:
    """Draw who is visible to which sources, and the share of each team."""
    found = _found(view.policy, view.revision, view.filters.until)
    with st.grid(2, min_column_width=400, key="grid-coverage"):
        with st.container(border=True, height="stretch", key="card-coverage"):
            st.markdown("## Who is visible to the sources")
            if found is None:
                st.write(
                    f"Nobody is known to be eligible, or too few: numbers start at "
                    f"{view.policy.k} people of a roster or of a vendor's list."
                )
            else:
                _map(view, found)
        _teams(view.teams(COVERAGE_RATE))


def _map(view: View, found: known.Coverage) -> None:
    st.caption(
        f"Eligible people of the organisation, {theme.day(found.since)} to "
        f"{theme.day(found.until - DAY)}. A source knows whom it lists as a member and of whom it "
        "has any record. One person may be known to several, so they are not added."
    )
    st.markdown(visible(view))
    rows = [(NAMES.get(kind, kind), number) for kind, number in found.sources]
    rows += [("Several of them", found.several), ("None", found.none), ("All", found.eligible)]
    st.table(
        {
            "Known to": [name for name, _ in rows],
            "people": [HIDDEN if number is None else f"{number:,}" for _, number in rows],
            "share": [
                "" if number is None else f"{number / found.eligible:.0%}" for _, number in rows
            ],
        }
    )
    if not found.has_roster:
        st.caption("The roster is the vendor's own list: who is on no list is not missed here.")
    if found.names:
        st.caption(f":material/badge: Identity: {GRADES[found.names]}.")


def _teams(release: Release) -> None:
    rows = [row for row in release.rows if row.value is not None]
    below = sum(float(row.value or 0) < statements.ENOUGH for row in rows)
    count, of = statements.spelled(below), statements.spelled(len(rows)).lower()
    title = (
        "No team is under 90%"
        if rows and not below
        else f"{count} of {of} teams {'is' if below == 1 else 'are'} under 90%"
        if rows
        else statements.nothing(release)
    )
    at = theme.period("week", release.rows[0].start) if release.rows else "the last week"
    card(
        title,
        f"Eligible people who are visible, by team, {at}, in alphabetical order. One share, "
        "whichever source knows them.",
        bars.teams(release, "team", None),
        [release],
        key="coverage-teams",
    )
