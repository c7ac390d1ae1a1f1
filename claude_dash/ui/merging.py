"""Who is one person: what may be so, for the admin to say; merges, splits, and undoing them."""

from typing import Any

import streamlit as st

from claude_dash.people import identities, moves
from claude_dash.people import suggestions as may_be
from claude_dash.ui.matching import do
from claude_dash.ui.page import View

MOST_RECENT = 10


def merging(view: View, everybody: list[identities.Listed]) -> None:
    """Draw what may be one person, two people to choose, and what can be undone."""
    st.caption(
        "People are one by themselves only where a source says so: the same address, or the same "
        "id at the vendor. Everything else is for you to say. It holds for all weeks that are not "
        "sealed, and can be undone until then."
    )
    _suggested(view)
    left, right = st.columns(2)
    with left:
        _merge(view, everybody)
    with right:
        _split(view, everybody)
    _recent(view)


def _suggested(view: View) -> None:
    found = may_be.suggestions(view.store)
    if not found:
        with st.container(border=True, key="merge-nobody"):
            st.markdown("## May be one person")
            st.write("Nobody looks like somebody else.")
        return
    with st.form("merge-suggested"):
        st.markdown("## May be one person")
        st.caption("Each for a reason that may be chance. Tick, and say what is so.")
        ticked = _table(found)
        with st.container(horizontal=True):
            accept = st.form_submit_button("Are one", type="primary")
            dismiss = st.form_submit_button("Are not, never ask again")
        pairs = [
            (one.who, one.other) for one, is_ticked in zip(found, ticked, strict=True) if is_ticked
        ]
        if (accept or dismiss) and not pairs:
            st.info("Nothing is ticked.", icon=":material/info:")
        elif accept:
            do(lambda: identities.accept(view.store, pairs, actor=view.reader.name))
        elif dismiss:
            do(lambda: may_be.dismiss(view.store, pairs, actor=view.reader.name))


def _table(found: list[may_be.Suggestion]) -> list[bool]:
    said: Any = st.data_editor(  # of the type that it was given
        {
            "tick": [False] * len(found),
            "who": [one.name for one in found],  # first, as phones show few columns
            "may be": [one.address for one in found],
            "because": [one.why for one in found],
        },
        disabled=["who", "may be", "because"],
        hide_index=True,
        # Of these rows alone: a tick must not stay where another row has come to stand.
        key=f"merge-table-{hash(tuple((one.who, one.other) for one in found))}",
    )
    ticked: list[bool] = said["tick"]
    return ticked


def _merge(view: View, everybody: list[identities.Listed]) -> None:
    by_person = {one.names[0].value: one.person_id for one in everybody}
    with st.form("merge-two"):
        st.markdown("## Merge two people")
        one = st.selectbox("Person", by_person, key="merge-person")
        into = st.selectbox("Is the same as", by_person, key="merge-into-person")
        st.caption("Team and seat of the second hold; what the first did counts as theirs.")
        if st.form_submit_button("Merge people") and one is not None and into is not None:
            gone, kept = by_person[one], by_person[into]
            do(lambda: identities.merge(view.store, gone, kept, actor=view.reader.name))


def _split(view: View, everybody: list[identities.Listed]) -> None:
    by_name = {
        f"{name.value} ({name.kind.replace('_', ' ')}) of {one.names[0].value}": name.who
        for one in everybody
        for name in one.names[1:]
    }
    with st.form("split-one"):
        st.markdown("## Split one off")
        if by_name:
            name = st.selectbox("Address or key", by_name, key="split-name")
            st.caption("It is somebody of its own again, or nobody's key, with what it did.")
        else:
            name = None
            st.write("Nobody has a second address or a key.")
        if st.form_submit_button("Split off", disabled=not by_name) and name is not None:
            do(lambda: identities.unmap(view.store, by_name[name], actor=view.reader.name))


def _recent(view: View) -> None:
    found = moves.recent(view.store)
    if not found:
        return
    with st.container(border=True, key="merge-recent"):
        st.markdown("## What can be undone")
        if len(found) > MOST_RECENT:
            st.caption(f"The last {MOST_RECENT} of {len(found)}; each undone shows an earlier one.")
        for one in found[:MOST_RECENT]:
            _moved(view, one)


def _moved(view: View, one: moves.Moved) -> None:
    did = f"became one with {one.into or 'somebody who became one with others'}"
    did = "was split off" if one.is_split else did
    with st.container(horizontal=True, vertical_alignment="center"):
        # As text: an address in a sentence would become a link.
        st.text(f"{', '.join(one.names)} {did}, {one.at:%-d %b %Y}, by {one.actor}")
        if st.button("Undo", key=f"undo-{one.id}"):
            do(lambda: moves.undo(view.store, one.id, actor=view.reader.name))
