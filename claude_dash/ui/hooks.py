"""Hooks on the connect page: the form, and what to know before they are distributed."""

import streamlit as st

from claude_dash.connections.senders import HOOKS, Options
from claude_dash.ui import senders
from claude_dash.ui.page import View


def form(view: View) -> None:
    """Draw the form."""
    left, right = st.columns(2)
    with left, st.form("hooks", border=True):
        st.markdown("## Hooks")
        name = st.text_input("Name of this connection", value="Hooks", key="hooks-name")
        person = st.text_input(
            "Address of the person, if it is one person's",
            key="hooks-person",
            help="Without it, telemetry of the same session says whose it is.",
        )
        is_saved = st.form_submit_button("Save and show the settings", type="primary")
        st.caption(":material/lock: Only names and counts are kept. No key is needed.")
    with right, st.container(border=True, key="before-hooks"):
        st.markdown("## Before you distribute it")
        senders.warnings(HOOKS, senders.wanted(view, "Hooks"))
    if is_saved:
        senders.save(view, HOOKS, senders.wanted(view, name), Options(person.strip()))
