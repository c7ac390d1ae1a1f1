"""Telemetry on the connect page: the form, a token shown once, what is pasted, and tokens later."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import streamlit as st

from claude_dash.charts import theme
from claude_dash.clock import now
from claude_dash.connections import Listed, rollout, senders, telemetry_kit
from claude_dash.connections.senders import Options
from claude_dash.connections.snippets import INTERVAL_MS, PROTOCOLS, Wanted, pairs
from claude_dash.errors import ClaudeDashError
from claude_dash.ui import arrivals
from claude_dash.ui.page import View, in_words

ISSUED = "claude_dash.issued"  # what is shown until the reader has copied the token
INTERVALS = {"every hour": INTERVAL_MS, "every 15 minutes": 900_000, "every minute": 60_000}
OVERLAPS = {
    "in 24 hours": timedelta(hours=24),
    "in 7 days": timedelta(days=7),
    "at once": timedelta(),
}
ATTRIBUTES_HELP = (
    "One a line: KEY=VALUE, such as department=engineering. Everybody who gets the settings sends "
    "them."
)
EVENTS_KEPT = (
    "Events can be counted too. Kept: how many of each a day, requests by model, uses and installs "
    "of skills and plugins. Prompts, answers, commands and paths are dropped on arrival, also when "
    "a client is told to send them. Clients need the settings again, with events in them."
)


def form(view: View) -> None:
    """Draw the form, or what it made until the reader has copied the token."""
    if ISSUED in st.session_state:
        _issued(st.session_state[ISSUED])
        return
    left, right = st.columns(2)
    with left, st.form("telemetry", border=True):
        st.markdown("## Team, Pro, Max: telemetry")
        name = st.text_input("Name of this connection", value="Telemetry", key="telemetry-name")
        person = st.text_input(
            "Address of the person, if it is one person's",
            key="telemetry-person",
            help="Of whoever no account names: a token of their own, for an API key.",
        )
        attributes = st.text_area(
            "Attributes, if you use them", key="telemetry-attributes", help=ATTRIBUTES_HELP
        )
        protocol = st.selectbox("Protocol", PROTOCOLS, key="telemetry-protocol")
        interval = st.selectbox("Clients send", list(INTERVALS), key="telemetry-interval")
        is_saved = st.form_submit_button("Save and show the settings", type="primary")
        st.caption(":material/lock: Only counts are taken. No key is needed.")
    with right, st.container(border=True, key="before-telemetry"):
        st.markdown("## Before you distribute it")
        _warnings(_wanted(view, "Telemetry"))
    if is_saved:
        try:
            told = pairs(filter(None, map(str.strip, attributes.splitlines())))
            wanted = _wanted(
                view, name, protocol=protocol, interval_ms=INTERVALS[interval], attributes=told
            )
            made = senders.add(
                view.store, "telemetry", name, Options(person.strip()), actor=view.reader.name
            )
        except ClaudeDashError as error:
            in_words(error)
            return
        st.session_state[ISSUED] = replace(wanted, name=made.name, token=made.token)
        st.rerun()


def _wanted(view: View, name: str, **values: Any) -> Wanted:  # noqa: ANN401 - fields of it
    return Wanted(name, view.settings.public_url, **values)


def _warnings(wanted: Wanted) -> None:
    said = (" ".join(one.split()) for one in telemetry_kit.warnings(wanted))
    st.markdown("\n".join(f"- {one}" for one in said))


def _issued(wanted: Wanted) -> None:
    with st.container(border=True, key="issued"):
        st.markdown(f"## {wanted.name} is saved")
        st.write("Its token is shown now and never again. It stands in the settings below.")
        st.code(wanted.token, language=None, wrap_lines=True)
        _kit(wanted)
    if st.button("I have copied it; hide the token", type="primary", key="hide-token"):
        del st.session_state[ISSUED]
        st.rerun()


def _kit(wanted: Wanted) -> None:
    """Draw the warnings, what is pasted where, and how it is rolled out."""
    with st.expander("Before you distribute it", icon=":material/warning:"):
        _warnings(wanted)
    found = telemetry_kit.parts(wanted)
    tabs = iter(st.tabs([*(part.title for part in found), "Rollout", "Message"]))
    for part in found:
        with next(tabs):
            st.text(part.where)
            st.code(part.text, language=None, wrap_lines=True)
    with next(tabs):
        st.code(rollout.checklist(wanted.name), language=None, wrap_lines=True)
        st.caption(rollout.appears(wanted))
    with next(tabs):
        st.code(rollout.MESSAGE, language=None, wrap_lines=True)


def waiting(view: View, one: Listed) -> None:
    """Draw how a connection that was never sent anything is tried, and what a test said."""
    if one.status != "waiting" and not arrivals.is_asked(one.name):
        return
    with st.container(border=True, key=f"waiting-{one.name}"):
        if one.status == "waiting":
            st.markdown(f"## {one.name} waits for its first batch")
            st.write(
                "Distribute the settings, start Claude Code anew on one machine, use it, and leave "
                "it: a client sends at its interval and when it ends."
            )
        else:
            st.markdown(f"## {one.name} is sent telemetry")
        arrivals.button(one.name)
        arrivals.outcome(view, one.name)


def manage(view: View, one: Listed) -> None:
    """Draw what arrived, the tokens, whether events count, and the settings once more."""
    name, actor = one.name, view.reader.name
    if one.status != "waiting" and not arrivals.is_asked(name):
        arrivals.button(name)
    options = senders.options_of(view.store, name)
    with st.form(f"rotate-{name}", border=False):
        st.caption(_tokens(view, name))
        overlap = st.selectbox("Older tokens end", list(OVERLAPS), key=f"overlap-{name}")
        if st.form_submit_button("Make a new token"):
            issued = senders.rotate(view.store, name, OVERLAPS[overlap], actor=actor)
            st.write("Shown now and never again:")
            st.code(issued.token, language=None, wrap_lines=True)
    with st.form(f"revoke-{name}", border=False):
        is_meant = st.checkbox("Refuse what clients send from now on", key=f"revoke-of-{name}")
        if st.form_submit_button("End every token") and is_meant:
            senders.revoke(view.store, name, actor=actor)
            st.rerun()
    counts = st.toggle("Count events", value=options.counts_events, key=f"events-{name}")
    st.caption(EVENTS_KEPT)
    if counts != options.counts_events:
        senders.change(view.store, name, actor=actor, counts_events=counts)
    if st.toggle("Show the settings", key=f"kit-{name}"):
        st.caption("INGEST_TOKEN stands for the token.")
        _kit(_wanted(view, name, person_key=options.person_key, counts_events=counts))


def _tokens(view: View, name: str) -> str:
    told = []
    for one in senders.tokens_of(view.store, name):
        used = f"last used {theme.day(one.used_at.date())}" if one.used_at else "never used"
        ends = one.expires_at
        state = (
            ""
            if ends is None
            else " · ended"
            if ends <= now()
            else f" · ends {ends:%d %b %H:%M} UTC"
        )
        told.append(f"Token …{one.tail} · {used}{state}")
    return "  \n".join(told)
