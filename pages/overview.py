"""Overview: layout only."""

import streamlit as st

from claude_dash import ui
from claude_dash.metrics.catalog.adoption import ACTIVE_USERS, ADOPTION_RATE
from claude_dash.metrics.catalog.code import PULL_REQUESTS
from claude_dash.metrics.catalog.cost import COST_ESTIMATED
from claude_dash.metrics.catalog.sessions import SESSIONS_PER_ACTIVE_USER

view = ui.open_page("Overview", "How is Claude Code used across engineering, and what changed?")
ui.stop_without_source(view)
ui.notices(view)
users = view.ask(ACTIVE_USERS)
ui.as_of(view, users)
ui.stop_when_hidden(view, users)
ui.headlines(
    view,
    [ACTIVE_USERS, ADOPTION_RATE, SESSIONS_PER_ACTIVE_USER, PULL_REQUESTS, COST_ESTIMATED],
)
with st.grid(2, min_column_width=400):
    ui.trend(view, ACTIVE_USERS, verb="people used it", second="Active users")
    ui.team_bars(view, ADOPTION_RATE, second="Adoption rate by team")
with st.grid(2, min_column_width=400):
    ui.parts(view, COST_ESTIMATED, by="model", of_what="estimated cost",
             second="Estimated cost by model family")  # fmt: skip
    ui.trend(view, PULL_REQUESTS, verb="pull requests", color="output",
             second="Pull requests created through Claude Code")  # fmt: skip
ui.lock_line(view.teams(ADOPTION_RATE))
