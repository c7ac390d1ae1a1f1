"""The pages in the order of the menu, and what a role must be allowed to open each."""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st
from sqlalchemy import Engine
from streamlit.errors import StreamlitPageNotFoundError
from streamlit.navigation.page import StreamlitPage

from claude_dash import connections
from claude_dash.access.readers import Capability, Role, may

ENTERPRISE = "enterprise"
BEDROCK = "bedrock"
PAGES = Path(__file__).resolve().parents[2] / "pages"


@dataclass(frozen=True, slots=True)
class Entry:
    """One page of the menu."""

    name: str  # of its file and of its address
    title: str
    icon: str
    needs: Capability
    has_filters: bool = False
    is_enterprise: bool = False  # listed only while Claude Enterprise is connected


MENU: dict[str, tuple[Entry, ...]] = {
    "": (Entry("overview", "Overview", "dashboard", "figures", has_filters=True),),
    "Usage": (
        Entry("active_users", "Active users", "group", "figures", has_filters=True),
        Entry("sessions", "Sessions", "terminal", "figures", has_filters=True),
        Entry("features", "Features", "extension", "figures", has_filters=True),
        Entry("engagement", "Engagement", "forum", "figures", has_filters=True, is_enterprise=True),
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


def has_enterprise(engine: Engine) -> bool:
    """Say whether Claude Enterprise is connected."""
    return any(one.kind == ENTERPRISE for one in connections.list_all(engine))


def has_bedrock(engine: Engine) -> bool:
    """Say whether a bucket of Amazon Bedrock's logs is connected."""
    return any(one.kind == BEDROCK for one in connections.list_all(engine))


def page_of(entry: Entry, *, is_listed: bool = True) -> StreamlitPage:
    """Return the page of an entry, by the absolute path of its file."""
    return st.Page(
        PAGES / f"{entry.name}.py",
        title=entry.title,
        icon=f":material/{entry.icon}:",
        url_path="" if entry.name == "overview" else entry.name,
        default=entry.name == "overview",
        visibility="visible" if is_listed else "hidden",
    )


def pages_for(role: Role, *, has_enterprise: bool = True) -> dict[str, list[StreamlitPage]]:
    """Return the pages that a role may open, by section; the others are not listed.

    A page about Claude Enterprise opens by its address where none is connected, and says so.
    """
    found = {
        section: [
            page_of(entry, is_listed=has_enterprise or not entry.is_enterprise)
            for entry in entries
            if may(role, entry.needs)
        ]
        for section, entries in MENU.items()
    }
    return {section: pages for section, pages in found.items() if pages}


def link(name: str, label: str, icon: str) -> None:
    """Draw a link to another page; plain text where the menu has not listed it."""
    try:
        st.page_link(PAGES / f"{name}.py", label=label, icon=f":material/{icon}:")
    except StreamlitPageNotFoundError:  # the page ran alone, or the role may not open it
        st.caption(f":material/{icon}: {label}")
