"""How clients stood: who is known, what they were, who decided, and what they put a price on."""

from datetime import timedelta

import streamlit as st

from claude_dash import clients as seen
from claude_dash.charts import theme
from claude_dash.ui.page import View
from claude_dash.ui.tables import as_text

DAY = timedelta(days=1)
HIDDEN = "hidden"


def clients(view: View) -> None:
    """Draw how clients stood in the last closed weeks, as numbers of the whole organisation."""
    with st.container(border=True, key="card-clients"):
        st.markdown("## What clients report of themselves")
        found = seen.clients(view.store, view.policy)
        if found is None:
            st.write(
                f"Nothing yet, or of too few people: figures start at {view.policy.k} people, "
                f"over the last {seen.WEEKS} closed weeks."
            )
        else:
            _stood(found)
        names = seen.priced_by_clients(view.store)
        if names:
            st.write(
                f"Priced by the client: {as_text(names)}. Our price list has no such model; a "
                "client puts a price of its own on names that it does not know."
            )


def _stood(found: seen.Clients) -> None:
    st.caption(
        f"{theme.day(found.since)} to {theme.day(found.until - DAY)}, whole weeks of the "
        "organisation. Whoever had several versions or plans counts for each; values of too few "
        "people stand together as other, and a number is hidden that tells of too few."
    )
    with st.container(horizontal=True, gap="small"):
        st.metric("People whose clients report", f"{found.people:,}", border=True)
        st.metric(
            "Installations without a person",
            _count(found.installations),
            border=True,
            help="Clients without an account: one person may have several. They fill up no group.",
        )
        st.metric(
            "Without an address",
            HIDDEN
            if found.without_address is None
            else f"{found.without_address / found.people:.0%}",
            border=True,
            help="Of those whose clients report, the installations among them.",
        )
        st.metric(
            "Clients too old to report",
            _count(found.too_old),
            border=True,
            help="People with a client before 2.1: it sends neither sessions nor active time, so "
            "these are missing.",
        )
        if found.automatic is not None:
            st.metric(
                "Decided by settings or hooks",
                theme.number(found.automatic, "1"),
                border=True,
                help="Of the decisions on edits of which clients say who took them. The accept "
                "rate rises with it, and says nothing of quality then.",
            )
    with st.grid(2, min_column_width=300, key="grid-clients"):
        for name, values in found.values.items():
            if values:
                names = [as_text([one]) for one, _ in values]
                st.table({name: names, "people": [n for _, n in values]})
        if found.events:
            events, numbers = zip(*found.events, strict=True)
            st.table({"Event": events, "sent, about": [f"{n:,}" for n in numbers]})


def _count(number: int | None) -> str:
    return HIDDEN if number is None else f"{number:,}"
