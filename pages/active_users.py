"""Active users: layout only."""

import streamlit as st

from claude_dash import ui
from claude_dash.metrics.catalog.adoption import (
    ACTIVATED_USERS,
    ACTIVE_USERS,
    ADOPTION_RATE,
    LAPSED_USERS,
    NEW_USERS,
    PEOPLE,
    RESURRECTED_USERS,
    RETAINED_USERS,
    RETENTION_RATE,
)
from claude_dash.metrics.catalog.sessions import ACTIVE_DAYS_PER_ACTIVE_USER

view = ui.open_page("Active users", "Who uses it, do they come back, and which teams are missing?")
ui.stop_without_source(view)
ui.notices(view)
users = view.ask(ACTIVE_USERS)
ui.as_of(view, users)
ui.stop_when_hidden(view, users)
ui.headlines(
    view,
    [ACTIVE_USERS, ADOPTION_RATE, ACTIVE_DAYS_PER_ACTIVE_USER, NEW_USERS, LAPSED_USERS],
)
ui.flows(view, RETAINED_USERS, RESURRECTED_USERS, NEW_USERS, LAPSED_USERS)
with st.grid(2, min_column_width=400):
    ui.team_bars(view, ADOPTION_RATE, second="Adoption rate by team")
    ui.retention(view, RETENTION_RATE)
with st.grid(2, min_column_width=400):
    ui.stages(
        view,
        [("In scope", PEOPLE), ("Active this week", ACTIVE_USERS), ("Activated", ACTIVATED_USERS)],
    )
    ui.stuck(view)
ui.seats(view)
ui.lock_line(view.teams(ADOPTION_RATE))
