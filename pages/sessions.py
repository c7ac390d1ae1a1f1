"""Sessions: layout only."""

import streamlit as st

from claude_dash import ui
from claude_dash.metrics.catalog.adoption import SEGMENT_USERS
from claude_dash.metrics.catalog.sessions import (
    ACTIVE_DAYS_PER_ACTIVE_USER,
    ACTIVE_HOURS,
    SESSIONS,
    SESSIONS_PER_ACTIVE_USER,
)

view = ui.open_page("Sessions", "Is it a habit or a try-out?")
ui.stop_without_source(view)
ui.notices(view)
sessions = view.ask(SESSIONS)
ui.as_of(view, sessions)
ui.stop_when_hidden(view, sessions)
ui.logs_alone(view)
hours = ui.fed(view, ACTIVE_HOURS)
ui.headlines(view, [SESSIONS, SESSIONS_PER_ACTIVE_USER, *hours, ACTIVE_DAYS_PER_ACTIVE_USER])
ui.parts(view, SESSIONS, by="terminal_type", of_what="sessions", second="Sessions by terminal")
with st.grid(2, min_column_width=400):
    ui.team_bars(view, SESSIONS_PER_ACTIVE_USER, second="Sessions per active user by team")
    ui.trend(view, SESSIONS_PER_ACTIVE_USER, second="Sessions of people over active users")
for one in hours:
    ui.trend(view, one, second="Hours of people and of Claude Code", note=ACTIVE_HOURS.distortions)
ui.segments(view, SEGMENT_USERS)
ui.lock_line(view.teams(SESSIONS))
