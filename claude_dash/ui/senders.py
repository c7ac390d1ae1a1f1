"""What clients send, on the connect page: telemetry's form, a token shown once, what is pasted."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import streamlit as st

from claude_dash.charts import theme
from claude_dash.clock import now
from claude_dash.connections import Listed, hooks_kit, rollout, senders, telemetry_kit
from claude_dash.connections.senders import HOOKS, TELEMETRY, Options
from claude_dash.connections.snippets import INTERVAL_MS, PROTOCOLS, Wanted, pairs
from claude_dash.errors import ClaudeDashError
from claude_dash.ui import arrivals
from claude_dash.ui.page import View, in_words

KITS = {TELEMETRY: telemetry_kit, HOOKS: hooks_kit}
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
    """Draw the form of telemetry."""
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
        warnings(TELEMETRY, wanted(view, "Telemetry"))
    if is_saved:
        try:
            told = pairs(filter(None, map(str.strip, attributes.splitlines())))
            asked = wanted(
                view, name, protocol=protocol, interval_ms=INTERVALS[interval], attributes=told
            )
        except ClaudeDashError as error:
            in_words(error)
            return
        save(view, TELEMETRY, asked, Options(person.strip()))


def save(view: View, kind: str, asked: Wanted, options: Options) -> None:
    """Save a connection, and let its token be shown until the reader has copied it."""
    try:
        made = senders.add(view.store, kind, asked.name, options, actor=view.reader.name)
    except ClaudeDashError as error:
        in_words(error)
        return
    st.session_state[ISSUED] = kind, replace(asked, name=made.name, token=made.token)
    st.rerun()


def wanted(view: View, name: str, **values: Any) -> Wanted:  # noqa: ANN401 - fields of it
    """Return what the settings of a connection are made for."""
    return Wanted(name, view.settings.public_url, **values)


def warnings(kind: str, asked: Wanted) -> None:
    """Draw what must be known before settings are distributed."""
    said = (" ".join(one.split()) for one in KITS[kind].warnings(asked))
    st.markdown("\n".join(f"- {one}" for one in said))


def issued() -> bool:
    """Draw a token that was made, until the reader has copied it; say whether there is one."""
    if ISSUED not in st.session_state:
        return False
    kind, asked = st.session_state[ISSUED]
    with st.container(border=True, key="issued"):
        st.markdown(f"## {asked.name} is saved")
        st.write("Its token is shown now and never again. It stands in the settings below.")
        st.code(asked.token, language=None, wrap_lines=True)
        _kit(kind, asked)
    if st.button("I have copied it; hide the token", type="primary", key="hide-token"):
        del st.session_state[ISSUED]
        st.rerun()
    return True


def _kit(kind: str, asked: Wanted) -> None:
    """Draw the warnings, what is pasted where, and how telemetry is rolled out."""
    with st.expander("Before you distribute it", icon=":material/warning:"):
        warnings(kind, asked)
    found = KITS[kind].parts(asked)
    is_rolled_out = kind == TELEMETRY
    also = ("Rollout", "Message") if is_rolled_out else ()
    tabs = iter(st.tabs([*(part.title for part in found), *also]))
    for part in found:
        with next(tabs):
            st.text(part.where)
            st.code(part.text, language=None, wrap_lines=True)
    if is_rolled_out:
        with next(tabs):
            st.code(rollout.checklist(asked.name), language=None, wrap_lines=True)
            st.caption(rollout.appears(asked))
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
                "it: telemetry comes at its interval and when a client ends, hooks at once."
            )
        else:
            st.markdown(f"## {one.name} is sent {one.kind}")
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
    counts = options.counts_events
    if one.kind == TELEMETRY:
        counts = st.toggle("Count events", value=counts, key=f"events-{name}")
        st.caption(EVENTS_KEPT)
    if counts != options.counts_events:
        senders.change(view.store, name, actor=actor, counts_events=counts)
    if st.toggle("Show the settings", key=f"kit-{name}"):
        st.caption("INGEST_TOKEN stands for the token.")
        asked = wanted(view, name, person_key=options.person_key, counts_events=counts)
        _kit(one.kind, asked)


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
