"""Cost: layout only."""

import streamlit as st

from claude_dash import ui
from claude_dash.metrics.catalog.cost import (
    COST_ESTIMATED,
    COST_PER_ACTIVE_USER,
    COST_PER_COMMIT,
    COST_PER_PULL_REQUEST,
    COST_PER_SESSION,
)
from claude_dash.metrics.catalog.tokens import CACHE_HIT_RATIO

view = ui.open_page("Cost", "What does it cost, and what drives it?")
ui.stop_without_source(view)
ui.notices(view)
cost = view.ask(COST_ESTIMATED)
ui.as_of(cost)
ui.stop_when_hidden(view, cost)
ui.headlines(
    view,
    [
        COST_ESTIMATED,
        COST_PER_ACTIVE_USER,
        COST_PER_SESSION,
        COST_PER_COMMIT,
        COST_PER_PULL_REQUEST,
    ],
)
st.caption(
    "Billed cost needs usage credits or a Console cost report; estimated cost is shown. "
    "It is an estimate at list rates, not an invoice."
)
ui.parts(view, COST_ESTIMATED, by="model", of_what="estimated cost",
         second="Estimated cost by model family")  # fmt: skip
with st.grid(2, min_column_width=400):
    ui.team_bars(view, COST_PER_ACTIVE_USER, second="Estimated cost per active user by team")
    ui.trend(view, CACHE_HIT_RATIO, second="Cache reads over all input")
ui.trend(
    view, COST_ESTIMATED, verb="was the estimated cost", second="Estimated cost", color="money"
)
ui.lock_line(view.teams(COST_PER_ACTIVE_USER))
