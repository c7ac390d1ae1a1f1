"""The plans that can be connected: what each shows, what it hides, and whose key it takes."""

from dataclasses import dataclass

import streamlit as st

from claude_dash.sources import letters
from claude_dash.ui import client_plans


@dataclass(frozen=True, slots=True)
class Form:
    """What the form of a plan says: the kind of connection, the name of its key, and help."""

    kind: str
    key: str
    help: str


FORMS = {
    "Enterprise": Form(
        "enterprise",
        "Scoped key",
        "Made by the primary owner, with read:analytics. The check decides, not the prefix.",
    ),
    "Console": Form(
        "console",
        "Admin key",
        "Starts with sk-ant-admin, but the check decides, not the prefix.",
    ),
}

NO, YES = "no", "yes"
MATRIX = {
    "Plan": ("Enterprise", "Console (API)", "Amazon Bedrock", "Team", "Pro and Max"),
    "Claude's own dashboard": (YES, YES, NO, YES, NO),
    "Reports for claude-dash": (YES, YES, "logs in S3", "telemetry", "telemetry"),
    "Claude Code": (YES, YES, "people, tokens and requests", "command line", "command line"),
    "Other surfaces, features, seats": (YES, NO, NO, NO, NO),
    "Money": (
        "billed and list; by seat usage credits only",
        "estimated, billed and list",
        "estimated at list prices",
        "estimated by the client",
        "estimated by the client",
    ),
    "Who lets claude-dash read": (
        "the primary owner",
        "a Console admin",
        "the owner of the bucket",
        "an owner, who delivers settings",
        "each developer",
    ),
}


def plans() -> None:
    """Draw a card for each plan, what all of them offer, and what stays invisible with either."""
    left, right = st.columns(2)
    with left, st.container(border=True, height="stretch", key="plan-enterprise"):
        st.markdown("## :material/corporate_fare: Claude Enterprise")
        st.write(
            "Seats on claude.ai. Reads activity on every surface, skills, connectors and plugins, "
            "seats, groups, tokens and cost."
        )
        st.markdown(
            "1. The **primary owner** opens **Organization settings, API** on claude.ai and turns "
            "API access on. Nobody else can.\n"
            "2. They create a key with `read:analytics`, and better `read:members`, "
            "`read:rbac_groups` and `read:spend_limits`: scopes cannot be added later.\n"
            "3. You paste it in step 2; it may be you on another day."
        )
        st.link_button(
            "Open Organization settings",
            "https://claude.ai/admin-settings/api",
            icon=":material/open_in_new:",
        )
        st.caption("For some accounts the page is https://claude.ai/analytics/api-keys.")
        with st.expander("A letter for the primary owner", icon=":material/mail:"):
            st.code(letters.ENTERPRISE, language=None, wrap_lines=True)
    with right, st.container(border=True, height="stretch", key="plan-console"):
        st.markdown("## :material/key: Claude Console")
        st.write(
            "Pay as you go, with API keys and workspaces. Reads Claude Code usage by person "
            "and day, all API usage and cost, members, invitations and workspaces."
        )
        st.markdown(
            "1. A Console admin opens **Settings, Admin keys** on platform.claude.com. Only the "
            "role admin can make such a key.\n"
            "2. They create a key named `claude-dash`. It is shown there once.\n"
            "3. You paste it in step 2. It is checked, encrypted and never shown again."
        )
        st.link_button(
            "Open Admin keys",
            "https://platform.claude.com/settings/admin-keys",
            icon=":material/open_in_new:",
        )
    left, right = st.columns(2)
    with left, st.container(border=True, height="stretch", key="plan-bedrock"):
        _bedrock()
    with right, st.container(border=True, height="stretch", key="plan-telemetry"):
        client_plans.telemetry()
    left, right = st.columns(2)
    with left, st.container(border=True, height="stretch", key="plan-hooks"):
        client_plans.hooks()
    with right, st.container(border=True, height="stretch", key="plan-sessions"):
        client_plans.session_files()
    with st.container(border=True, key="plan-matrix"):
        st.markdown("## What each plan offers")
        st.table({name: list(cells) for name, cells in MATRIX.items()})
        st.caption(
            "Team, Pro and Max plans have no report that can be read: there the clients send "
            "telemetry, from the day on which it is switched on. It works with any plan."
        )
    with st.container(border=True, key="plan-missing"):
        st.markdown("## What stays invisible")
        st.markdown(
            "- With the Console alone: people who sign in with a claude.ai seat.\n"
            "- With Enterprise alone: API keys and Console sign-ins. Under a seat plan, tokens and "
            "cost cover usage credits only.\n"
            "- With Bedrock alone: seats and keys of Anthropic; sessions, lines, commits and "
            "features; calls to bedrock-mantle and in Regions without logging.\n"
            "- With telemetry alone: editor extensions, the desktop, seats, whoever did not accept "
            "the settings, and days before it was switched on.\n"
            "- With all of them: use through Google Vertex AI or Microsoft Foundry; days before "
            "1 January 2026 of Enterprise.\n"
            "- Always: prompts, answers, code and file names. They are never asked for."
        )


def _bedrock() -> None:
    st.markdown("## :material/cloud: Amazon Bedrock")
    st.write(
        "Claude Code on an AWS account. Reads who called which model with how many tokens from "
        "the invocation logs in a bucket of S3."
    )
    st.markdown(
        "1. Whoever runs the account opens **Bedrock, Settings, Model invocation logging** in each "
        "Region and sends logs to S3. Saving replaces a setting that is there. The delivery of "
        "text may be off.\n"
        "2. You enter bucket, Region and role in step 2, and get an external id and both policies "
        "of the role, also as Terraform.\n"
        "3. They make the role; or they replicate the logs into a bucket of yours."
    )
    st.link_button(
        "Open Bedrock settings",
        "https://console.aws.amazon.com/bedrock/home#/settings",
        icon=":material/open_in_new:",
    )
    st.caption(
        "Needed: an AWS account with logging to S3, rights in IAM, and AWS credentials on the "
        "machine of claude-dash. Claude Code stays as it is."
    )
