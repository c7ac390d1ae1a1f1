"""Who a principal of a cloud is: suggestions to accept together, and the rest one by one."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from claude_dash.errors import ClaudeDashError
from claude_dash.people import identities, suggestions
from claude_dash.people.matching import Unmatched, unmatched
from claude_dash.ui.page import View, in_words
from claude_dash.ui.server import roll_up_in_background


def matching(view: View, everybody: list[identities.Listed]) -> None:
    """Draw the queue of principals that no address goes with."""
    found = unmatched(view.store)
    people = sum(one.is_person for one in found)
    st.caption(
        f"{people} names of AWS principals without a mail address, {len(found) - people} roles, "
        "keys and services. Until a name is matched it counts as somebody without a team; a role "
        "or key that nobody is named by counts as Automation. Nothing they do is dropped."
    )
    if not found:
        st.write("Every principal that was seen is matched.")
        return
    suggested = [one for one in found if one.person_id is not None]
    if suggested:
        _suggested(view, suggested)
    _one(view, list(found), everybody)


def _suggested(view: View, suggested: list[Unmatched]) -> None:
    with st.form("match-suggested"):
        st.markdown("## Suggested")
        st.caption("The login is the first part of exactly one address. Untick what is wrong.")
        said: Any = st.data_editor(  # of the type that it was given
            {
                "accept": [True] * len(suggested),
                "count as": [one.address for one in suggested],  # first, as phones show two columns
                "principal": [one.value for one in suggested],
            },
            disabled=["principal", "count as"],
            hide_index=True,
            key="match-table",
        )
        with st.container(horizontal=True):
            accept = st.form_submit_button("Accept what is ticked", type="primary")
            dismiss = st.form_submit_button("Never suggest what is not")
        if dismiss:
            wrong = [
                (one.who, one.other)
                for one, is_accepted in zip(suggested, said["accept"], strict=True)
                if not is_accepted and one.other is not None
            ]
            do(lambda: suggestions.dismiss(view.store, wrong, actor=view.reader.name))
        if accept:
            chosen = {
                one.who: one.person_id
                for one, is_accepted in zip(suggested, said["accept"], strict=True)
                if is_accepted and one.person_id is not None
            }
            do(lambda: identities.map_all(view.store, chosen, actor=view.reader.name))


def _one(view: View, found: list[Unmatched], everybody: list[identities.Listed]) -> None:
    waiting = {one.who for one in found}
    by_value = {one.value or "calls that name nobody": one.who for one in found}
    by_person = {
        one.names[0].value: one.person_id
        for one in everybody
        if not waiting.intersection(name.who for name in one.names)
    }
    with st.form("match-one"):
        st.markdown("## One by one")
        principal = st.selectbox("Principal", by_value, key="match-principal")
        person = st.selectbox("Person", by_person, key="match-person")
        if st.form_submit_button("Count as this person") and person is not None:
            chosen = {by_value[principal]: by_person[person]}
            do(lambda: identities.map_all(view.store, chosen, actor=view.reader.name))


def do(change: Callable[[], object]) -> None:
    """Make a change, rebuild what it touched, and show the page anew."""
    try:
        change()
    except ClaudeDashError as error:
        in_words(error)
        return
    roll_up_in_background()
    st.rerun()
