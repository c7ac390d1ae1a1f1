"""Engagement: layout only."""

import streamlit as st

from claude_dash import ui
from claude_dash.metrics.catalog.adoption import ACTIVE_USERS
from claude_dash.metrics.catalog.engagement import (
    ARTIFACTS_CREATED,
    ARTIFACTS_PUBLISHED,
    CONVERSATIONS,
    FILES_UPLOADED,
    MESSAGES,
    PROJECT_USERS,
    PROJECTS_CREATED,
    SURFACE_USERS,
    THINKING_MESSAGES,
    WEB_SEARCHES,
)

view = ui.open_page("Engagement", "How is Claude used outside Claude Code?")
ui.stop_without_source(view)
ui.stop_without_enterprise(view)
ui.notices(view)
messages = view.ask(MESSAGES)
ui.as_of(view, messages)
ui.stop_when_hidden(view, messages)
ui.headlines(view, [CONVERSATIONS, MESSAGES, PROJECTS_CREATED, ARTIFACTS_CREATED, WEB_SEARCHES])
ui.parts(view, MESSAGES, by="product", of_what="messages", second="Messages by product")
with st.grid(2, min_column_width=400):
    ui.surfaces(view, ACTIVE_USERS, SURFACE_USERS)
ui.headlines(view, [THINKING_MESSAGES, FILES_UPLOADED, ARTIFACTS_PUBLISHED, PROJECT_USERS])
st.caption(
    "Members with Chat and Cowork unified move from two surfaces to one: a fall of Chat and "
    "Cowork may be the move and no fall of use."
)
ui.lock_line(view.teams(MESSAGES))
