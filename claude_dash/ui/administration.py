"""Settings: privacy, roles, retention, money, prices, schedule and the log."""

import streamlit as st
from sqlalchemy import Engine

from claude_dash.access import local
from claude_dash.access.readers import Role
from claude_dash.errors import ClaudeDashError
from claude_dash.privacy.policy import MAX_K, raise_k
from claude_dash.privacy.preview import hidden_by
from claude_dash.store.audit import latest
from claude_dash.store.seals import sealed
from claude_dash.ui.money import money_settings
from claude_dash.ui.order import order_settings
from claude_dash.ui.page import View, in_words
from claude_dash.ui.prices import price_settings
from claude_dash.ui.server import roll_up_in_background

SECTIONS = (
    "Privacy", "Roles", "Sources", "Retention", "Money and budgets", "Prices", "Schedule", "Log"
)  # fmt: skip
LOG_ROWS = 200


def administration(view: View) -> None:
    """Draw one section of the settings."""
    section = st.radio(
        "Section", SECTIONS, horizontal=True, key="settings-section", label_visibility="collapsed"
    )
    can_change = view.may("admin")
    match section:
        case "Privacy":
            _privacy(view, can_change=can_change)
        case "Roles":
            _roles(view, can_change=can_change)
        case "Sources":
            order_settings(view)
        case "Retention":
            _retention(view)
        case "Money and budgets":
            money_settings(view)
        case "Prices":
            price_settings(view)
        case "Schedule":
            _schedule(view)
        case _:
            _log(view.store)


def _privacy(view: View, *, can_change: bool) -> None:
    left, right = st.columns(2)
    with left, st.container(border=True, height="stretch", key="privacy-form"):
        st.markdown("## Smallest group")
        st.caption(
            f"Policy version {view.policy.version}. A group is shown from this many people "
            "on. It can be raised, never lowered."
        )
        k = st.number_input(
            "People", view.policy.k, MAX_K, view.policy.k, key="k", disabled=not can_change
        )
        reason = st.text_input("Reason", key="k-reason", disabled=not can_change)
        st.write(
            f"A figure needs {view.policy.c} people behind it, and the second largest "
            f"contributor must not come within {view.policy.p}% of knowing the largest."
        )
        if can_change and st.button("Save as a new version", type="primary", key="k-save"):
            if k == view.policy.k:
                st.info("Nothing is changed: this is the size that holds.", icon=":material/info:")
            else:
                _save(view, int(k), reason)
    with right, st.container(border=True, height="stretch", key="privacy-preview"):
        st.markdown(f"## What {k} people would hide")
        with view.store.connect() as connection:
            seen = hidden_by(connection, int(k))
        st.caption("On the last 12 weeks, by week on average.")
        st.metric("Teams standing alone", f"{seen.alone:.1f} of {seen.teams:.1f}")
        st.metric("People in teams standing alone", f"{seen.share * 100:.0f}%")
        st.caption("Teams below the size stand together as Other small teams; totals stay.")


def _save(view: View, k: int, reason: str) -> None:
    with view.store.begin() as connection:
        raise_k(connection, k, made_by=view.reader.name, reason=reason, smallest=view.policy.k)
    roll_up_in_background()
    st.success(f"Groups are shown from {k} people on. Figures are being rebuilt.")


def _roles(view: View, *, can_change: bool) -> None:
    accounts = local.accounts(view.store)
    st.table(
        {
            "account": [one.email for one in accounts],
            "role": [one.role for one in accounts],
            "password": ["chosen" if one.has_password else "not yet" for one in accounts],
            "since": [f"{one.created_at:%-d %b %Y}" for one in accounts],
        }
    )
    if not can_change:
        return
    left, right = st.columns(2)
    actor, base = view.reader.name, view.settings.public_url
    with left, st.form("account-add"):
        st.markdown("## Add an account")
        email = st.text_input("Mail address", key="account-email")
        role = st.selectbox("Role", [str(one) for one in Role], key="account-role")
        if st.form_submit_button("Add account"):
            try:
                link = local.add(view.store, email, role, base_url=base, actor=actor)
            except ClaudeDashError as error:
                in_words(error)
            else:
                st.success("The account is made. Hand over this link; it works once, for 24 hours.")
                st.code(link, language=None)
    with right, st.form("account-change"):
        st.markdown("## Change an account")
        email = st.selectbox("Account", [one.email for one in accounts], key="change-email")
        role = st.selectbox("New role", [str(one) for one in Role], key="change-role")
        with st.container(horizontal=True):
            change = st.form_submit_button("Set role")
            renew = st.form_submit_button("New link")
            end = st.form_submit_button("Sign out everywhere")
            remove = st.form_submit_button("Remove")
        if email and (change or renew or end or remove):
            _change(
                view,
                email,
                role,
                "role" if change else "link" if renew else "end" if end else "remove",
            )


def _change(view: View, email: str, role: str, what: str) -> None:
    actor = view.reader.name
    try:
        if what == "role":
            local.set_role(view.store, email, role, actor=actor)
        elif what == "end":
            local.end_sessions(view.store, email, actor=actor)
        elif what == "remove":
            local.remove(view.store, email, actor=actor)
        else:
            made = local.link_for(view.store, email, base_url=view.settings.public_url, actor=actor)
            st.code(made, language=None)
            return
    except ClaudeDashError as error:
        in_words(error)
        return
    st.rerun()


def _retention(view: View) -> None:
    s = view.settings
    st.table(
        {
            "what": [
                "Facts about people, under a pseudonym",
                "Released figures",
                "Our copies of exports",
                "Audit log",
                "Payloads of the vendor",
            ],
            "kept": [
                f"{s.retention_person_days} days, then deleted by whole months",
                f"{s.retention_release_months} months",
                "90 days",
                "24 months",
                "never kept",
            ],
        }
    )
    with view.store.connect() as connection:
        months = [f"{start:%b %Y}" for start in sorted(sealed(connection, "month"))]
    st.caption(
        f"Sealed months: {', '.join(months) or 'none yet'}. Their figures never change again."
    )
    st.caption(
        "A person is erased with claude-dash erase EMAIL; figures stay, they hold no person."
    )


def _schedule(view: View) -> None:
    hours = view.settings.sync_every.total_seconds() / 3600
    every = f"every {hours:g} hours" if hours else "never; run claude-dash sync"
    st.table(
        {
            "what": ["Sources are read", "Requests to one vendor organisation"],
            "how often": [every, f"{view.settings.requests_per_minute} in any minute at most"],
        }
    )
    st.caption("Set in the environment: CLAUDE_DASH_SYNC_EVERY, CLAUDE_DASH_REQUESTS_PER_MINUTE.")


def _log(store: Engine) -> None:
    rows = latest(store, LOG_ROWS)
    st.caption(f"The last {LOG_ROWS} entries. No figure and no secret is in the log.")
    st.dataframe(
        {
            "when": [f"{row.at:%Y-%m-%d %H:%M}" for row in rows],
            "who": [row.actor for row in rows],
            "what": [row.action for row in rows],
            "detail": [row.detail for row in rows],
        },
        hide_index=True,
        key="audit-table",
    )
