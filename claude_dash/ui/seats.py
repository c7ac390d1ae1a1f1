"""Seats as counts, never as a list of names, and the vendor's count of people beside ours."""

import streamlit as st

from claude_dash import budget
from claude_dash.charts import bars, theme
from claude_dash.charts import trend as lines
from claude_dash.clock import today
from claude_dash.metrics.catalog.adoption import (
    ACTIVE_USERS,
    IDLE_SEATS,
    NEVER_USED_SEATS,
    PENDING_INVITES,
    SEAT_UTILIZATION,
    SEATS,
    VENDOR_ACTIVE_USERS,
)
from claude_dash.metrics.release import Release, Row
from claude_dash.ui import statements
from claude_dash.ui.cards import card, headline, is_fed, published, year_ago
from claude_dash.ui.page import View

DEFINITIONS = (
    "The vendor counts token use on any surface; ours counts work in Claude Code on UTC days."
)


def seats(view: View) -> None:
    """Draw the organisation's seats: how many are used, and what the idle ones may cost."""
    asked = [
        published(view, one, of_all=True) for one in (SEATS, SEAT_UTILIZATION, PENDING_INVITES)
    ]
    with st.grid(4, min_column_width=155, key="figures-seats"):
        for release in asked:
            headline(release, has_comparison=view.filters.has_comparison)
        _reclaim(view)
    vendor = view.ask(VENDOR_ACTIVE_USERS, grain="week", of_all=True)
    is_told = is_fed(vendor) and not vendor.is_empty
    with st.grid(2 if is_told else 1, min_column_width=400, key="grid-seats"):
        _stages(view, asked[0])
        if is_told:
            _vendor(view, vendor)


def _reclaim(view: View) -> None:
    found = budget.reclaim(view.store, view.reader)
    if found is not None:
        at = theme.period("month", found.month)
        st.metric(
            "Reclaim estimate, a month",
            theme.money(float(found.monthly)),
            delta=f"{found.seats} idle seats in {at}",
            delta_color="off",
            delta_arrow="off",
            border=True,
            height="stretch",
            help="An estimate: the seat price of the settings, for every seat that nobody used on "
            f"any surface in {at}.",
        )
        return
    price = budget.seat_price(view.store)
    idle = view.ask(IDLE_SEATS, grain="month", since=year_ago(), of_all=True)
    over = [row for row in idle.rows if row.end <= today() and row.hidden]
    st.metric(
        "Reclaim estimate, a month",
        "hidden" if price is not None and over else theme.NOTHING,
        delta="needs a seat price" if price is None else "needs a closed month",
        delta_color="off",
        delta_arrow="off",
        border=True,
        height="stretch",
        help="Seat price times idle seats of the last closed month. The price is set under "
        "Settings, Money and budgets, or on Cost.",
    )


def _stages(view: View, held: Release) -> None:
    active = view.ask(ACTIVE_USERS, grain=held.grain, of_all=True)
    never = published(view, NEVER_USED_SEATS, of_all=True)
    idle = view.ask(IDLE_SEATS, grain="month", since=year_ago(), of_all=True)
    labelled = [
        ("Seats", held),
        ("Active in Claude Code", active),
        ("Idle for a month", idle),
        ("Never used", never),
    ]
    rows = [_newest(release) for _, release in labelled]
    counts = [statements.count_of(row) for row in rows]
    names = [
        f"{label}, {theme.period(release.grain, row.start)}" if row else label
        for (label, release), row in zip(labelled, rows, strict=True)
    ]
    whys = [row.hidden if row else "" for row in rows]
    card(
        statements.seats(counts[3], counts[2]),
        "Seats of the organisation as counts, overlapping; there is no list of names. "
        "Used and idle count every surface.",
        bars.stages(names, counts, whys),
        [release for _, release in labelled],
        key="seats",
    )


def _newest(release: Release) -> Row | None:
    over = [row for row in release.rows if row.end <= today() and row.status != "missing"]
    return over[-1] if over else None


def _vendor(view: View, vendor: Release) -> None:
    ours = view.ask(ACTIVE_USERS, grain="week", of_all=True)
    chart = lines.named(
        [("Ours, Claude Code", ours, theme.BLUE), ("Vendor's, any surface", vendor, theme.LILAC)],
        today(),
    )
    card(
        statements.level(vendor, today(), "people by the vendor's count"),
        "Active users per week, of the organisation, counted in two ways.",
        chart,
        [vendor, ours],
        key="vendor",
        note=DEFINITIONS,
    )
