"""Cards of what clients themselves tell: telemetry, hooks, session files."""

import streamlit as st

from claude_dash.connections.telemetry_kit import VENDOR_CONSOLE


def telemetry() -> None:
    """Draw what telemetry shows, and who switches it on."""
    st.markdown("## :material/sensors: Team, Pro, Max (telemetry)")
    st.write(
        "Plans without a report. The command line itself sends counts: sessions, lines, commits, "
        "tokens, estimated cost, accepted edits."
    )
    st.markdown(
        "1. You name it in step 2 and get a token, and settings to paste. No key is needed.\n"
        "2. An **Owner** pastes them into **Organization settings, Claude Code** and chooses "
        "**Update settings**; or device management distributes a file, which is more reliable. On "
        "Pro and Max each person uses a shell profile.\n"
        "3. Developers start Claude Code anew and accept once."
    )
    st.link_button("Open managed settings", VENDOR_CONSOLE, icon=":material/open_in_new:")
    st.caption(
        "It takes the place of a collector that sends elsewhere, covers the command line alone, "
        "and goes forward only."
    )


def hooks() -> None:
    """Draw what hooks show beside telemetry, and who switches them on."""
    st.markdown("## :material/webhook: Hooks")
    st.write(
        "Beside telemetry: how often tools, skills, subagents, plugins and MCP servers are used, "
        "by their real names, where telemetry says `custom`."
    )
    st.markdown(
        "1. You name it in step 2 and get a token and settings to paste.\n"
        "2. Device management distributes them as a **file of its own**, to clients from 2.1.63 "
        "on: older ones drop the whole file, and the telemetry in it.\n"
        "3. Developers start Claude Code anew. Telemetry of a session says whose it is."
    )
    st.caption(
        "A hook holds prompts and what tools read. Names and counts are kept; the rest is dropped "
        "before anything is stored."
    )


def session_files() -> None:
    """Draw what session files show, and how they are read."""
    st.markdown("## :material/folder_open: Session files")
    st.write(
        "What Claude Code leaves on a machine for 30 days: the one source for days before anything "
        "was switched on, and where nothing else can be."
    )
    st.markdown(
        "1. Somebody hands over `~/.claude/projects`, by their own decision, or a mirror copies "
        "the folders of many.\n"
        "2. On the machine of claude-dash: `claude-dash import sessions DIR --person EMAIL`, or "
        "`claude-dash connect add sessions NAME --dir DIR` for a folder that is read on."
    )
    st.caption(
        "Off unless you use it. Answers, tokens, lines and names of features are counted; texts "
        "are never kept."
    )
