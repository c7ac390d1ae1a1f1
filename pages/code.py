"""Code: layout only."""

import streamlit as st

from claude_dash import ui
from claude_dash.metrics.catalog.code import (
    ACCEPT_RATE,
    COMMITS,
    COMMITS_PER_ACTIVE_USER,
    LINES_ADDED,
    LINES_REMOVED,
    PULL_REQUESTS,
    PULL_REQUESTS_PER_ACTIVE_USER,
    SUGGESTIONS_ACCEPTED,
    SUGGESTIONS_REJECTED,
)

view = ui.open_page("Code", "What comes out, and how much of it was kept?")
ui.stop_without_source(view)
ui.notices(view)
pulls = view.ask(PULL_REQUESTS)
ui.as_of(view, pulls)
ui.stop_when_hidden(view, pulls)
ui.logs_alone(view)
ui.headlines(view, [PULL_REQUESTS, COMMITS, ACCEPT_RATE, LINES_ADDED, LINES_REMOVED])
st.caption("Output is not quality. Automatic acceptance raises the rate.")
with st.grid(2, min_column_width=400):
    ui.trend(
        view,
        PULL_REQUESTS_PER_ACTIVE_USER,
        second="Pull requests over active users",
        color="output",
    )
    ui.trend(view, COMMITS_PER_ACTIVE_USER, second="Commits over active users", color="output")
with st.grid(2, min_column_width=400):
    ui.by_value(view, ACCEPT_RATE, by="tool", second="Accepted over all suggestions, by tool")
    ui.pair(
        view,
        ("Accepted", SUGGESTIONS_ACCEPTED),
        ("Rejected", SUGGESTIONS_REJECTED),
        second="Suggestions",
    )
ui.lines_of_code(view, LINES_ADDED, LINES_REMOVED, "Generated files count like any other.")
ui.lock_line(view.teams(PULL_REQUESTS))
