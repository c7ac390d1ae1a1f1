"""Telemetry on the connect page: a token shown once, what clients are told, and what arrived."""

import streamlit as st

from claude_dash import connections
from claude_dash.connections import deployments, senders
from claude_dash.connections.listing import Listed
from claude_dash.connections.snippets import Wanted, managed_settings, pairs, spelled
from claude_dash.errors import ClaudeDashError
from claude_dash.ui.page import View, in_words

ISSUED = "claude_dash.issued"  # what snippets are made for, until the browser leaves
POLL_S = 3


def form(view: View) -> None:
    """Ask for a name and attributes, make a token, and show it with the snippets."""
    left, right = st.columns(2)
    with left, st.form("telemetry", border=True):
        st.markdown("## Team, Pro and Max, or any plan: telemetry")
        name = st.text_input("Name of this connection", value="Telemetry", key="telemetry-name")
        lines = st.text_area(
            "Attributes of everybody who gets the settings, one a line",
            placeholder="team.id=platform",
            key="telemetry-attributes",
        )
        is_asked = st.form_submit_button("Make a token", type="primary", icon=":material/key:")
        st.caption(
            "Covers the command line, from the day on which it is switched on. Managed settings "
            "take the place of a collector that exists; each developer has to approve them once."
        )
    with right:
        if is_asked:
            _make(view, name, lines)
        if ISSUED in st.session_state:
            _snippets(st.session_state[ISSUED])


def _make(view: View, name: str, lines: str) -> None:
    found = view.opened
    try:
        attributes = pairs(line for line in lines.splitlines() if line.strip())
        Wanted(name, found.settings.public_url, attributes=attributes)  # refused before it is saved
        made = senders.add(
            found.engine, "telemetry", name, senders.Options(), actor=view.reader.name
        )
        wanted = Wanted(
            made.name, found.settings.public_url, token=made.token, attributes=attributes
        )
    except ClaudeDashError as error:
        in_words(error)
        return
    st.session_state[ISSUED] = wanted


def _snippets(wanted: Wanted) -> None:
    with st.container(border=True, key="issued"):
        st.markdown(f"## {wanted.name}: what clients are told")
        st.caption("The token is in these settings and is not shown again once you leave.")
        if wanted.is_local:
            st.warning(
                "This address is reached from this machine alone. Set CLAUDE_DASH_PUBLIC_URL to "
                "the address that developers reach, and make a new token.",
                icon=":material/warning:",
            )
        elif wanted.is_plain:
            st.warning("The token would travel unencrypted: use https.", icon=":material/warning:")
        settings = managed_settings(wanted)
        texts = {
            "Managed settings": (spelled(settings), "json"),
            "macOS": (deployments.configuration_profile(wanted, settings), "xml"),
            "Windows": (deployments.registry_script(settings), "powershell"),
            "Shell": (deployments.shell_profile(wanted), "bash"),
            "Container": (deployments.compose(wanted), "yaml"),
            "Collector": (deployments.collector(wanted), "yaml"),
        }
        for tab, (text, language) in zip(st.tabs(list(texts)), texts.values(), strict=True):
            with tab:
                st.code(text, language=language)


def waiting(view: View, one: Listed) -> None:
    """Wait for the first batch, and say what it was."""
    st.fragment(_arrived, run_every=POLL_S)(view, one.name)


def _arrived(view: View, name: str) -> None:
    found = view.opened
    said = connections.test(found.engine, found.vault, found.settings, name)
    if said.status == "waiting":
        st.caption(f":material/hourglass_empty: {name}: nothing has arrived yet.")
        return
    versions = ", ".join(said.found["client_versions"]) or "not reported"
    st.success(f"{name} receives. Client versions: {versions}.", icon=":material/check:")
    if said.found["some_without_address"]:
        st.info(
            "Some clients name no address: they use API keys or a cloud. Set "
            f"{senders.PERSON_KEY} in OTEL_RESOURCE_ATTRIBUTES.",
            icon=":material/info:",
        )


def manage(view: View, name: str) -> None:
    """Rotate and revoke the token."""
    found, actor = view.opened, view.reader.name
    with st.container(horizontal=True):
        if st.button("New token", key=f"rotate-{name}", help="The old one is good for a day."):
            made = senders.rotate(found.engine, name, senders.OVERLAP, actor=actor)
            st.code(made.token, language=None)
            st.caption("Shown once.")
        if st.button("Revoke all tokens", key=f"revoke-{name}"):
            senders.revoke(found.engine, name, actor=actor)
            st.toast("What clients send is refused from now on.")
