"""Tokens: layout only."""

import streamlit as st

from claude_dash import ui
from claude_dash.metrics.catalog.tokens import (
    CACHE_HIT_RATIO,
    OUTPUT_TOKENS,
    TOKENS,
    TOKENS_PER_ACTIVE_USER,
)

view = ui.open_page("Tokens", "Which models and which kinds of tokens?")
ui.stop_without_source(view)
ui.notices(view)
tokens = view.ask(TOKENS)
ui.as_of(view, tokens)
ui.stop_when_hidden(view, tokens)
ui.headlines(view, [TOKENS, OUTPUT_TOKENS, CACHE_HIT_RATIO, TOKENS_PER_ACTIVE_USER])
ui.unpriced(view)
ui.parts(view, TOKENS, by="model", of_what="tokens", second="Tokens by model family")
with st.grid(2, min_column_width=400):
    ui.parts(view, TOKENS, by="type", of_what="tokens", second="Tokens by type")
    ui.trend(view, CACHE_HIT_RATIO, second="Cache reads over all input")
ui.parts(view, TOKENS, by="source", of_what="tokens", second="Tokens by source")
ui.lock_line(view.teams(TOKENS))
