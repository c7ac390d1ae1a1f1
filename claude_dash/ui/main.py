"""The Streamlit script: who is signed in, navigation, shared filters, and the page."""

from pathlib import Path

import streamlit as st

from claude_dash.access.readers import Reader, Role
from claude_dash.ui import filters, menu
from claude_dash.ui.page import DEMO_ROLE, HEAD, current_policy, current_reader, has_connection
from claude_dash.ui.server import opened

MARK = Path(__file__).with_name("assets") / "mark.svg"


def sign_in_page() -> None:
    """Say what this is, and lead to the sign-in form; nothing else is on it."""
    with st.container(horizontal_alignment="center"), st.container(border=True, width=440):
        st.image(MARK, width=40)
        st.markdown("## Sign in to claude-dash")
        st.write("Claude Code usage, by team, never by person.")
        # A link that stays in this tab: the form answers with a redirect.
        st.markdown(
            '<a href="auth/local" target="_self">Sign in with mail address and password</a>',
            unsafe_allow_html=True,
        )
        st.caption(
            f"Policy version {current_policy().version}. Figures are about groups of "
            f"{current_policy().k} people and more. Prompts, code and file names are never kept."
        )


def _foot(reader: Reader) -> None:
    """Draw the foot of the sidebar: the demo's switch, the role, the policy, signing out."""
    with st.sidebar:
        if opened().is_demo:
            st.markdown(":violet-badge[:material/science: Demo organisation]")
            st.selectbox(
                "Look at it as",
                [str(role) for role in Role],
                index=[str(role) for role in Role].index(Role.ADMIN),
                key=DEMO_ROLE,
                format_func=str.capitalize,
            )
        else:
            st.markdown(
                '<a href="auth/signout" target="_self">Sign out</a>', unsafe_allow_html=True
            )
        st.caption(f"Signed in as {reader.role} · policy v{current_policy().version}")


def main() -> None:
    """Draw one page for whoever is signed in."""
    st.set_page_config(
        page_title="claude-dash", page_icon=str(MARK), layout="wide", initial_sidebar_state=232
    )
    reader = current_reader()
    if reader is None:
        st.navigation([st.Page(sign_in_page, title="Sign in")], position="hidden").run()
        return
    is_slide = st.query_params.get("view") == "slide"
    st.logo(MARK, size="medium")
    pages = menu.pages_for(reader.role, has_enterprise=menu.has_enterprise(opened().engine))
    chosen = st.navigation(pages, position="hidden" if is_slide else "sidebar", expanded=True)
    entry = menu.ENTRIES.get(chosen.url_path or "overview")
    st.session_state[HEAD] = st.container()
    if entry and entry.has_filters and has_connection():
        st.session_state[filters.CURRENT] = filters.bar(opened().engine, is_slide=is_slide)
    if not is_slide:
        _foot(reader)
    chosen.run()


main()
