"""Cost: layout only."""

import streamlit as st

from claude_dash import ui
from claude_dash.metrics.catalog.cost import (
    COST_BILLED,
    COST_ESTIMATED,
    COST_LIST,
    COST_PER_ACTIVE_USER,
    COST_PER_PULL_REQUEST,
)
from claude_dash.metrics.catalog.tokens import CACHE_HIT_RATIO

view = ui.open_page("Cost", "What does it cost, is that the invoice, and where will the month end?")
ui.stop_without_source(view)
ui.notices(view)
cost = view.ask(COST_ESTIMATED)
ui.as_of(view, cost)
ui.stop_when_hidden(view, cost)
ui.cost_notices(view)
ui.headlines(
    view,
    [COST_PER_ACTIVE_USER, COST_PER_PULL_REQUEST],
    monthly=[COST_BILLED, COST_ESTIMATED, COST_LIST],
)
ui.parts(view, COST_ESTIMATED, by="model", of_what="estimated cost",
         second="Estimated cost by model family")  # fmt: skip
with st.grid(2, min_column_width=400):
    ui.outlook(view)
    ui.kinds_of_money(view)
with st.grid(2, min_column_width=400):
    ui.team_bars(view, COST_PER_ACTIVE_USER, second="Cost per active user by team")
    ui.trend(view, CACHE_HIT_RATIO, second="Cache reads over all input")
ui.cost_table(view)
ui.spend(view)
ui.spend_limits(view)
ui.prices_card(view)
ui.lock_line(view.teams(COST_PER_ACTIVE_USER))
