"""From a plan to a source that works: choose, enter, check, save, and watch it being read."""

from dataclasses import dataclass
from datetime import date, timedelta

import streamlit as st

from claude_dash import connections, trust
from claude_dash.charts import theme
from claude_dash.clock import today
from claude_dash.connections import bedrock
from claude_dash.connections.senders import KINDS
from claude_dash.errors import ClaudeDashError
from claude_dash.sources.findings import Probe
from claude_dash.ui import buckets, findings, hooks, plans, senders
from claude_dash.ui.page import View, in_words
from claude_dash.ui.server import sync_in_background

STEPS = ("1 Choose your plan", "2 Enter key or bucket", "3 Read")
BEDROCK, TELEMETRY, HOOKS = "Bedrock", "Telemetry", "Hooks"
BACK = {"Everything the source has": None, "90 days": 90, "30 days": 30}
STATES = {
    "ok": ":green-badge[Connected]",
    "paused": ":orange-badge[Paused]",
}
WAITING = ":orange-badge[Waiting for its {}]"
FAST_S, SLOW_S = 5, 30
CHECKED = "claude_dash.checked"  # what the last check said; never the key


def connecting(view: View) -> None:
    """Draw the steps, and the connections that exist."""
    step = st.radio(
        "Step",
        STEPS,
        horizontal=True,
        key="step",
        label_visibility="collapsed",
        index=2 if view.has_connection else 0,
    )
    if step == STEPS[0]:
        plans.plans()
    elif step == STEPS[1]:
        _form(view)
    _existing(view)


@dataclass(frozen=True, slots=True)
class _Checked:
    """A key that was checked and waits to be saved: encrypted, and never sent to the browser."""

    kind: str
    name: str
    since: date | None
    sealed: bytes
    probe: Probe


def _form(view: View) -> None:
    kinds = (*plans.FORMS, BEDROCK, TELEMETRY, HOOKS)
    kind = st.radio("Plan", kinds, horizontal=True, key="connect-kind")
    if senders.issued():
        return
    if kind == BEDROCK:
        buckets.form(view, list(BACK), {back: _since(back) for back in BACK})
        return
    if kind in {TELEMETRY, HOOKS}:
        (senders if kind == TELEMETRY else hooks).form(view)
        return
    form = plans.FORMS[kind]
    left, right = st.columns(2)
    with left, st.form(form.kind, border=True, clear_on_submit=True):
        st.markdown(f"## Claude {kind}")
        name = st.text_input("Name of this connection", value=kind, key=f"{form.kind}-name")
        key = st.text_input(
            form.key, type="password", key=f"{form.kind}-key", autocomplete="off", help=form.help
        )
        back = st.radio("Read back to", list(BACK), horizontal=True, key=f"{form.kind}-back")
        is_asked = st.form_submit_button("Check", type="primary", icon=":material/network_check:")
        st.caption(
            ":material/lock: Only counts are read; no key that could read prompts is asked for."
        )
    with right:
        if is_asked and not key.strip():
            st.info("Paste a key first.", icon=":material/info:")
        elif is_asked:
            _check(view, form.kind, name, key.strip(), _since(back))
        if CHECKED in st.session_state:
            _found(view, st.session_state[CHECKED])


def _since(back: str) -> date | None:
    days = BACK[back]
    return today() - timedelta(days=days) if days else None


def _check(view: View, kind: str, name: str, key: str, since: date | None) -> None:
    found = view.opened
    try:
        probe = connections.try_key(
            found.engine, found.vault, found.settings, kind, key, transport=found.transport
        )
    except ClaudeDashError as error:
        st.session_state.pop(CHECKED, None)
        in_words(error)
        return
    st.session_state[CHECKED] = _Checked(kind, name, since, found.vault.seal(key), probe)


def _save(view: View, checked: _Checked, *, test: bool) -> None:
    found = view.opened
    try:
        made = connections.add(
            found.engine,
            found.vault,
            found.settings,
            checked.kind,
            checked.name,
            found.vault.unseal(checked.sealed),
            test=test,
            backfill_since=checked.since,
            actor=view.reader.name,
            transport=found.transport,
        )
    except ClaudeDashError as error:
        in_words(error)
        return
    if made.error:
        st.error(made.error["message"], icon=":material/error:")
        return
    # Before anything is drawn: a reader who leaves now stops the script, not the reading.
    sync_in_background(made.name)
    st.session_state.pop(CHECKED, None)
    st.success(f"{checked.name} is saved. Reading has begun, newest day first.")


def _found(view: View, checked: _Checked) -> None:
    probe = checked.probe
    with st.container(border=True, key="checked"):
        if probe.error is not None:
            is_refused = probe.status == "refused"
            st.markdown("## The key was not taken" if is_refused else "## No answer")
            st.error(str(probe.error), icon=":material/error:")
            findings.table(probe.findings)
            st.caption("Nothing was saved.")
            if not is_refused and st.button("Save anyway", key="save-anyway"):
                _save(view, checked, test=False)
            return
        missing = sum(not one.is_found for one in probe.findings)
        works = "## The key works"
        st.markdown(works if not missing else f"{works}; not every report answers")
        organization = probe.organization_name or "not named"
        st.caption(f"Organisation: {organization}. Nothing is saved yet.")
        findings.table(probe.findings)
        findings.not_covered(probe.not_covered)
        if st.button("Save and start reading", type="primary", key="save"):
            _save(view, checked, test=True)


def _existing(view: View) -> None:
    if not connections.list_all(view.store):
        return
    st.markdown("## Connections")
    is_reading = any(one.progress for one in trust.sources(view.store))
    st.fragment(_progress, run_every=FAST_S if is_reading else SLOW_S)(view)
    for one in connections.list_all(view.store):
        if one.kind in KINDS:
            senders.waiting(view, one)
        elif one.status == "waiting":
            buckets.waiting(view, one)
        _manage(view, one)


def _state(one: trust.SourceTrust) -> str:
    if one.status == "waiting":
        return WAITING.format("first batch" if one.kind in KINDS else "role")
    return STATES.get(one.status, one.status)


def _progress(view: View) -> None:
    for one in trust.sources(view.store):
        with st.container(border=True, key=f"reading-{one.name}"):
            st.markdown(f"**{one.name}** {_state(one)}")
            if one.error:
                st.warning(one.error, icon=":material/warning:")
            if one.progress:
                read, of = int(str(one.progress["read"])), max(int(str(one.progress["of"])), 1)
                said = one.progress.get("says", f"{read} of at most {of} days read")
                st.progress(min(read / of, 1.0), f"{said} · at {one.progress['day']}")
                newest = "Newest days first, so this week is already on the pages. "
                goes_on = "You can leave; reading goes on."
                st.caption(goes_on if one.kind == "sessions" else newest + goes_on)
            elif one.last_complete_day and one.first_day:
                st.caption(
                    f"{theme.day(one.first_day)} {one.first_day.year} to "
                    f"{theme.day(one.last_complete_day)} {one.last_complete_day.year}"
                )
            elif one.first_day:
                st.caption(
                    f"Since {theme.day(one.first_day)} {one.first_day.year}; no day is whole yet."
                )
            else:
                st.caption("Nothing arrived yet." if one.kind in KINDS else "Nothing read yet.")


def _manage(view: View, one: connections.Listed) -> None:
    found, name, actor = view.opened, one.name, view.reader.name
    with st.expander(f"Manage {name}", key=f"manage-{name}"):
        is_read = one.kind not in KINDS
        with st.container(horizontal=True):
            if is_read and st.button("Test", key=f"test-{name}", icon=":material/network_check:"):
                said = connections.test(
                    found.engine, found.vault, found.settings, name, transport=found.transport
                )
                st.toast(said.error["message"] if said.error else f"{name} answers.")
            if is_read and st.button("Read now", key=f"sync-{name}", icon=":material/sync:"):
                sync_in_background(name)
            if one.status == "paused":
                if st.button("Resume", key=f"resume-{name}"):
                    connections.resume(found.engine, name, actor=actor)
                    st.rerun()
            elif st.button("Pause", key=f"pause-{name}"):
                connections.pause(found.engine, name, actor=actor)
                st.rerun()
        _own(view, one)
        with st.form(f"remove-{name}", border=False):
            choice = st.radio(
                "What was read through it", ("keep", "purge"), horizontal=True, key=f"purge-{name}"
            )
            typed = st.text_input(f"Type {name} to remove it", key=f"typed-{name}")
            if st.form_submit_button("Remove connection"):
                if typed.strip() != name:
                    st.info("The name does not match; nothing was removed.", icon=":material/info:")
                else:
                    connections.remove(
                        found.engine, found.settings, name, purge=choice == "purge", actor=actor
                    )
                    st.rerun()


def _own(view: View, one: connections.Listed) -> None:
    """Draw what can be changed of a connection of its kind; of a folder nothing."""
    if one.kind == bedrock.KIND:
        buckets.manage(view, one.name)
    elif one.kind in KINDS:
        senders.manage(view, one)
    elif one.kind in connections.KEYED:
        _new_key(view, one.name)


def _new_key(view: View, name: str) -> None:
    with st.form(f"replace-{name}", border=False, clear_on_submit=True):
        key = st.text_input("New key", type="password", key=f"new-key-{name}", autocomplete="off")
        if st.form_submit_button("Replace key") and key.strip():
            _replace(view, name, key)


def _replace(view: View, name: str, key: str) -> None:
    found = view.opened
    try:
        said = connections.replace_key(
            found.engine,
            found.vault,
            found.settings,
            name,
            key,
            actor=view.reader.name,
            transport=found.transport,
        )
    except ClaudeDashError as error:
        in_words(error)
        return
    if said.error:
        st.error(said.error["message"], icon=":material/error:")
    else:
        st.success("The key is replaced.")
        sync_in_background(name)
