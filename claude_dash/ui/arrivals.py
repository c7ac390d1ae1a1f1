"""What clients sent, on the connect page: a test that waits for a batch, and what came of it."""

from datetime import datetime, timedelta

import streamlit as st

from claude_dash import connections
from claude_dash.charts import theme
from claude_dash.clock import now
from claude_dash.connections import clients
from claude_dash.connections.clients import Arrived
from claude_dash.ui.page import View
from claude_dash.ui.tables import as_text

LISTENING = "claude_dash.listening-"  # since when a test waits
POLL_S, PATIENCE = 2, timedelta(minutes=2)
MISSING = {
    "person": "Hooks of some sessions wait until their telemetry says whose they are.",
    "email": "Some clients name nobody: their people use an API key. Set the attribute that names "
    "them, or give them a token of their own.",
    "team": "Some people are in no team: import a roster.",
    "version": "Some clients do not say their version: `OTEL_METRICS_INCLUDE_VERSION` is not set.",
    "entry point": "Some clients do not say how they were started: "
    "`OTEL_METRICS_INCLUDE_ENTRYPOINT` is not set.",
}


def button(name: str) -> None:
    """Draw the button that begins a test."""
    if st.button("Test", type="primary", key=f"listen-{name}", icon=":material/network_check:"):
        st.session_state[LISTENING + name] = now()
        st.rerun()


def is_asked(name: str) -> bool:
    """Say whether a test was begun in this session."""
    return LISTENING + name in st.session_state


def outcome(view: View, name: str) -> None:
    """Draw that a test waits, or what arrived."""
    since: datetime | None = st.session_state.get(LISTENING + name)
    if since is None:
        return
    found = clients.arrived(view.store, name, view.settings.min_group_size)
    if found.points:
        _arrived(found)
    elif now() - since > PATIENCE:
        st.warning(
            "Nothing arrived in two minutes. Was Claude Code started anew, and were the settings "
            "accepted? It sends at its interval; leaving it sends at once.",
            icon=":material/warning:",
        )
    else:
        st.fragment(_listening, run_every=POLL_S)(view, name, since)


def _listening(view: View, name: str, since: datetime) -> None:
    with view.store.connect() as connection:
        has_any = clients.has_any(connection, connections.row_of(connection, name).id)
    if has_any or now() - since > PATIENCE:
        st.rerun()
    st.info("Waiting for a batch, two minutes at most.", icon=":material/hourglass_empty:")


def _arrived(found: Arrived) -> None:
    if found.last_day is not None:
        st.success(f"It arrives. The newest day is {theme.day(found.last_day)}.")
    for label, told in (
        ("Client versions", found.versions),
        ("Started as", found.entry_points),
        ("Provider", found.providers),
    ):
        if told:
            each = (
                f"{as_text([one])} ({people} people)" if people else as_text([one])
                for one, people in told.items()
            )
            st.markdown(f"**{label}** · {', '.join(each)}")
    for one in found.missing:
        st.markdown(f":orange[:material/remove_circle:] {MISSING[one]}")
