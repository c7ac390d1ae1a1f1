"""Every metric with its meaning, found by a word; what is asked most, and never collected."""

import streamlit as st

from claude_dash.charts import theme
from claude_dash.metrics.lookup import metrics
from claude_dash.ui.page import View
from claude_dash.ui.questions import questions

COLLECTED = """\
**Collected:** counts by person and day: sessions, lines, commits, pull requests, accepted and
rejected suggestions, tokens, requests and money; with Claude Enterprise also messages,
conversations, files, projects, artifacts and web searches by surface, and which skills, connectors
and plugins were used. Members and invitations of the organisation, and teams. Of spend limits only
how many people each holds for. Facts about people are kept under a pseudonym and deleted after a
few months.

**Never collected:** prompts, answers, code, diffs, file names and paths, commands, names of
projects, the content of sessions. Nothing on any page is about a single person, and no ranking of
people exists."""


def glossary(view: View) -> None:
    """Draw the search box and every metric that matches."""
    wanted = st.text_input("Search", placeholder="cost, active, cache ...", key="search").casefold()
    found = [
        one
        for one in metrics().values()
        if wanted in f"{one.name} {one.label} {one.definition}".casefold()
    ]
    st.caption(f"{len(found)} of {len(metrics())} numbers")
    for one in sorted(found, key=lambda metric: metric.label):
        with st.expander(one.label, key=f"glossary-{one.name}"):
            st.markdown(f"`{one.name}` · unit {one.unit} · reliability {one.reliability}")
            st.write(one.definition)
            if one.distortions:
                st.caption(one.distortions)
            st.caption(
                f"By {', '.join(one.grains)}. Breakdowns: {', '.join(one.dimensions) or 'none'}. "
                f"Source: {', '.join(one.sources)}."
            )
    st.markdown("## Questions")
    for asked, answer in questions().items():
        with st.expander(asked):
            st.markdown(answer)
    st.markdown("## What is shown and what is not")
    st.write(
        f"A group is shown from {view.policy.k} people on; a figure needs {view.policy.c} people "
        "behind it, and no single person may stand out. Smaller teams stand together. Reasons: "
        + "; ".join(theme.REASONS.values())
        + "."
    )
    st.markdown(COLLECTED)
