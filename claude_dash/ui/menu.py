"""The pages in the order of the menu, and what a role must be allowed to open each."""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from streamlit.errors import StreamlitPageNotFoundError
from streamlit.navigation.page import StreamlitPage

from claude_dash.access.readers import Capability, Role, may

PAGES = Path(__file__).resolve().parents[2] / "pages"


@dataclass(frozen=True, slots=True)
class Entry:
    """One page of the menu."""

    name: str  # of its file and of its address
    title: str
    icon: str
    needs: Capability
    has_filters: bool = False


MENU: dict[str, tuple[Entry, ...]] = {
    "": (Entry("overview", "Overview", "dashboard", "figures", has_filters=True),),
    "Usage": (
        Entry("active_users", "Active users", "group", "figures", has_filters=True),
        Entry("sessions", "Sessions", "terminal", "figures", has_filters=True),
    ),
    "Output and spend": (
        Entry("code", "Code", "commit", "figures", has_filters=True),
        Entry("tokens", "Tokens", "deployed_code", "figures", has_filters=True),
        Entry("cost", "Cost", "payments", "figures", has_filters=True),
    ),
    "Rollout": (Entry("exports", "Exports", "download", "figures"),),
    "Data": (
        Entry("trust", "Data trust", "verified", "signed_in"),
        Entry("glossary", "Glossary", "menu_book", "signed_in"),
    ),
    "Admin": (
        Entry("connect", "Connect", "cable", "admin"),
        Entry("people", "People and teams", "badge", "admin"),
        Entry("settings", "Settings", "tune", "settings"),
    ),
}
ENTRIES = {entry.name: entry for entries in MENU.values() for entry in entries}


def page_of(entry: Entry) -> StreamlitPage:
    """Return the page of an entry, by the absolute path of its file."""
    return st.Page(
        PAGES / f"{entry.name}.py",
        title=entry.title,
        icon=f":material/{entry.icon}:",
        url_path="" if entry.name == "overview" else entry.name,
        default=entry.name == "overview",
    )


def pages_for(role: Role) -> dict[str, list[StreamlitPage]]:
    """Return the pages that a role may open, by section; the others are not listed."""
    found = {
        section: [page_of(entry) for entry in entries if may(role, entry.needs)]
        for section, entries in MENU.items()
    }
    return {section: pages for section, pages in found.items() if pages}


def link(name: str, label: str, icon: str) -> None:
    """Draw a link to another page; plain text where the menu has not listed it."""
    try:
        st.page_link(PAGES / f"{name}.py", label=label, icon=f":material/{icon}:")
    except StreamlitPageNotFoundError:  # the page ran alone, or the role may not open it
        st.caption(f":material/{icon}: {label}")
