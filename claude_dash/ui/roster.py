"""People and teams for the admin: counts, a roster from a file, identities, teams; no figure."""

import streamlit as st

from claude_dash.clock import today
from claude_dash.errors import ClaudeDashError
from claude_dash.people import identities, teams
from claude_dash.people import roster as rosters
from claude_dash.ui.matching import do, matching
from claude_dash.ui.merging import merging
from claude_dash.ui.page import View, in_words
from claude_dash.ui.server import roll_up_in_background

SECTIONS = ("People", "Same person", "Teams", "Keys", "Unmatched")
TEMPLATE = b"email,team,department,eligible,joined,left\r\n"


def roster(view: View) -> None:
    """Draw who is who and who belongs where."""
    everybody = identities.people(view.store, today())
    found = teams.listing(view.store)
    with st.container(horizontal=True, gap="small"):
        st.metric("People", str(len(everybody)), border=True)
        st.metric("Teams", str(len(found)), border=True)
        st.metric("Without a team", str(sum(not one.team for one in everybody)), border=True)
        seen_only = sum(not one.roster for one in everybody)
        st.metric("Seen, on no roster", str(seen_only), border=True)
    _import(view)
    section = st.radio(
        "Show", SECTIONS, horizontal=True, key="people-section", label_visibility="collapsed"
    )
    if section == "People":
        _people(everybody)
    elif section == "Same person":
        merging(view, everybody)
    elif section == "Teams":
        _teams(view, found)
    elif section == "Keys":
        _keys(view, everybody)
    else:
        matching(view, everybody)


def _import(view: View) -> None:
    with st.container(border=True, key="roster-import"):
        st.markdown("## Roster from a file")
        st.caption(
            "Columns: email, team, department, eligible, joined, left. A row of the file wins "
            "over workspaces. What it says of somebody new holds for all days; a move holds "
            "from today on."
        )
        file = st.file_uploader("CSV file", type=["csv", "txt"], key="roster-file")
        is_whole = st.checkbox(
            "Whoever is not in the file leaves the roster today", key="roster-whole"
        )
        again = st.checkbox("Attribute closed weeks anew too", key="roster-again")
        if file is None:
            st.download_button(
                "Empty template",
                TEMPLATE,
                "roster.csv",
                "text/csv",
                type="tertiary",
                icon=":material/download:",
                on_click="ignore",
            )
            return
        content = file.getvalue()
        vault = view.opened.vault
        try:
            seen = rosters.preview(
                view.store, vault, content, today=today(), reattribute=again, is_whole=is_whole
            )
        except ClaudeDashError as error:
            in_words(error)
            return
        st.write(
            f"{seen.accepted} rows would be taken: {seen.added} new people, {seen.changed} changed,"
            f" {len(seen.teams)} new teams. {seen.absent} people of the last file are not in it."
        )
        _rejected(seen.rejected)
        if st.button("Take in the roster", type="primary", key="roster-take"):
            made = rosters.import_csv(
                view.store,
                vault,
                content,
                today=today(),
                actor=view.reader.name,
                reattribute=again,
                is_whole=is_whole,
            )
            roll_up_in_background()
            st.success(
                f"{made.accepted} rows taken, {len(made.rejected)} set aside. "
                "Figures of open weeks are being rebuilt."
            )


def _rejected(rows: list[tuple[int, str]]) -> None:
    if rows:
        st.warning(f"{len(rows)} rows are set aside:", icon=":material/warning:")
        st.table({"line": [str(line) for line, _ in rows], "reason": [why for _, why in rows]})


def _people(everybody: list[identities.Listed]) -> None:
    wanted = st.text_input("Search people", key="people-search").casefold()
    shown = [
        one
        for one in everybody
        if wanted in f"{one.name} {one.team} {' '.join(n.value for n in one.names)}".casefold()
    ]
    st.caption(f"{len(shown)} of {len(everybody)}. No figure stands beside a name.")
    st.dataframe(
        {
            "address": [", ".join(name.value for name in one.names) for one in shown],
            "name": [one.name for one in shown],
            "team": [one.team or "Unassigned" for one in shown],
            "department": [one.department for one in shown],
            "roster": [one.roster or "seen only" for one in shown],
            "in scope": ["yes" if one.eligible else "no" for one in shown],
            "seat": ["yes" if one.has_seat else "no" for one in shown],
        },
        hide_index=True,
        key="people-table",
    )


def _teams(view: View, found: list[teams.Team]) -> None:
    st.dataframe(
        {
            "team": [one.name for one in found],
            "department": [one.department for one in found],
            "from": ["workspace" if one.is_workspace else "file" for one in found],
            "stands for": [", ".join(one.merged) for one in found],
        },
        hide_index=True,
        key="teams-table",
    )
    if not found:
        return
    by_name = {one.name: one.id for one in found}
    left, middle, right = st.columns(3)
    actor = view.reader.name
    with left, st.form("team-rename"):
        st.markdown("## Rename")
        name = st.selectbox("Team", by_name, key="rename-team")
        new = st.text_input("New name", key="rename-to")
        if st.form_submit_button("Rename team"):
            do(lambda: teams.rename(view.store, by_name[name], new, actor=actor))
    with middle, st.form("team-merge"):
        st.markdown("## Merge")
        name = st.selectbox("Team", by_name, key="merge-team")
        into = st.selectbox("Into", by_name, key="merge-into")
        if st.form_submit_button("Merge teams"):
            do(lambda: teams.merge(view.store, by_name[name], by_name[into], actor=actor))
    with right, st.form("team-department"):
        st.markdown("## Department")
        name = st.selectbox("Team", by_name, key="department-team")
        department = st.text_input("Department, empty for none", key="department-name")
        if st.form_submit_button("Set department"):
            do(lambda: teams.set_department(view.store, by_name[name], department, actor=actor))
    workspaces = [one.name for one in found if one.is_workspace]
    if workspaces:
        _workspaces(view, workspaces, by_name)


def _workspaces(view: View, workspaces: list[str], by_name: dict[str, int]) -> None:
    actor = view.reader.name
    left, right = st.columns(2)
    with left, st.form("team-order"):
        st.markdown("## Order of workspaces")
        st.caption("A person in several workspaces is in the first of this order.")
        order = st.multiselect("First to last", workspaces, default=workspaces, key="order")
        if st.form_submit_button("Save order"):
            rest = [name for name in workspaces if name not in order]
            ids = [by_name[name] for name in [*order, *rest]]
            do(lambda: teams.set_order(view.store, ids, actor=actor))
    with right, st.form("team-again"):
        st.markdown("## Earlier weeks")
        st.caption(
            "A move between workspaces holds from the week in which it was seen. Weeks before it "
            "keep the team that they had, unless you ask: then the newest team of everybody holds "
            "in all weeks that are not sealed. For teams of a file, import it so."
        )
        if st.form_submit_button("Attribute closed weeks anew"):
            do(lambda: teams.reattribute(view.store, actor=actor))


def _keys(view: View, everybody: list[identities.Listed]) -> None:
    found = identities.keys(view.store)
    st.caption(
        "API keys are nobody's: together they are Automation. A key that is one person's own "
        "can be counted as that person."
    )
    if not found:
        st.write("No API key was seen.")
        return
    by_key = {name.value: name.who for name in found}
    by_person = {one.names[0].value: one.person_id for one in everybody}
    with st.form("map-key"):
        key = st.selectbox("Key", by_key, key="map-key-name")
        person = st.selectbox("Person", by_person, key="map-key-person")
        if st.form_submit_button("Count as this person"):
            do(
                lambda: identities.map_key(
                    view.store, by_key[key], by_person[person], actor=view.reader.name
                )
            )
