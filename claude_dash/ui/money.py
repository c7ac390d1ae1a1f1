"""Cost: three kinds of money beside each other, the month's end, budgets, spend and limits."""

from datetime import date

import streamlit as st

from claude_dash import budget
from claude_dash.access.readers import Role
from claude_dash.budget import Outlook
from claude_dash.charts import money, theme
from claude_dash.clock import ONE_DAY, today
from claude_dash.errors import ClaudeDashError
from claude_dash.metrics.catalog.cost import (
    COST_BILLED,
    COST_ESTIMATED,
    COST_LIST,
    COST_PER_COMMIT,
    COST_PER_SESSION,
    RECONCILIATION_GAP,
    SPEND_BILLED,
)
from claude_dash.metrics.define import Metric
from claude_dash.metrics.lookup import metric
from claude_dash.trust import has_priority_tier
from claude_dash.ui import statements
from claude_dash.ui.blocks import parts
from claude_dash.ui.cards import card, is_fed, year_ago
from claude_dash.ui.menu import has_bedrock, has_enterprise
from claude_dash.ui.page import CACHE_TTL_S, View, in_words
from claude_dash.ui.prices import bedrock_estimate, unpriced
from claude_dash.ui.server import opened

KINDS = (("Billed", COST_BILLED), ("Estimated", COST_ESTIMATED), ("List", COST_LIST))
SPLITS = {
    "product": "product",
    "cost_type": "kind of cost",
    "workspace": "workspace",
    "service_tier": "service tier",
}
WHOLES = {
    "workspace": "API spend in a workspace",
    "service_tier": "API spend with a service tier",
}
SOURCES = {
    "user": "a person's own limit",
    "seat_tier": "the seat tier",
    "rbac_group": "a group",
    "organization": "the organisation",
}
GAP = 0.1  # of the invoice: from here on it is a notice
PRIORITY = "Priority Tier was used: its cost is in no report, so cost is understated."
NOT_BILLED = (
    "Billed cost needs usage credits or a Console cost report; estimated cost is shown. "
    "It is an estimate at list rates, not an invoice."
)
SEAT_PLAN = "Under a seat plan billed and list cost cover usage credits only."
BY_AWS = "Amazon Bedrock, which AWS bills, is estimated too; the comparison leaves it out."
NOT_TOLD = "not told by the source"


def cost_notices(view: View) -> None:
    """Say what the figures of money leave out, and where estimate and invoice part."""
    if has_priority_tier(view.store):
        st.warning(PRIORITY, icon=":material/warning:")
    gap = view.ask(RECONCILIATION_GAP, grain="month", since=year_ago(), of_all=True)
    final = [row for row in gap.rows if row.value is not None and row.status == "final"]
    if final and abs(float(final[-1].value or 0)) > GAP:
        at = theme.period("month", final[-1].start)
        st.warning(
            f"In {at} the estimate lies {float(final[-1].value or 0):+.0%} from the invoice. "
            "Data trust names the likely causes.",
            icon=":material/warning:",
        )
    words = []
    if not _bills(view):
        words.append(NOT_BILLED)
    if has_enterprise(view.store):
        words.append(SEAT_PLAN)
    if words:
        st.caption(" ".join(words))
    bedrock_estimate(view)
    unpriced(view)


def _bills(view: View) -> bool:
    """Say whether anything was ever billed for Claude Code."""
    release = view.ask(COST_BILLED, grain="month", since=year_ago(), of_all=True)
    return any(row.value or row.hidden for row in release.rows)


@st.cache_data(ttl=CACHE_TTL_S, max_entries=100, show_spinner=False)
def _outlook(_view: View, revision: int, policy: int, role: Role, day: date) -> Outlook | None:
    """Return the month's outlook; everything that decides about it is in the arguments."""
    del revision, policy, role, day
    return budget.month_outlook(opened().engine, _view.reader)


def outlook(view: View) -> None:
    """Draw the month so far, where it is heading, and the budget."""
    version = view.policy.version * 100 + view.policy.k
    found = _outlook(view, view.revision, version, view.role, today())
    with st.container():
        if found is None:
            _no_outlook(view)
        else:
            _heading(view, found)


def _edit(view: View) -> None:
    """Draw what opens the form, for who may change money."""
    if view.may("money"):
        with st.popover("Edit budget", icon=":material/edit:", type="tertiary"):
            money_form(view)


def _no_outlook(view: View) -> None:
    with st.container(border=True, height="stretch", key="card-outlook"):
        st.markdown("## The month's end cannot be told yet")
        st.caption(f"It takes {budget.WORKDAYS} complete workdays whose cost may be shown.")
        _edit(view)


def _heading(view: View, found: Outlook) -> None:
    limit = budget.monthly_budget(view.store)
    kind, until = metric(found.kind), max(found.through, found.month) + ONE_DAY
    asked = view.ask(kind, grain="day", since=found.month, until=until, of_all=True)
    chart = money.month(
        found.by_day,
        first=found.month,
        through=max(found.through, found.month),
        spent=found.spent,
        outcome=(found.low, found.expected, found.high),
        budget=None if limit is None else float(limit),
    )
    mean = f"The mean of the last {budget.WORKDAYS} workdays"
    words = [f"{mean} stands for each of the {found.workdays_left} workdays left."]
    if found.is_at_least:
        words.append("A hidden day is not in it: it will be more.")
    if limit is None:
        words.append("No budget is set.")
    card(
        statements.outlook(f"{found.month:%B}", found.low, found.high, limit),
        f"{kind.label}, of the organisation, to {theme.day(found.through)}. "
        "Dotted: projection. Band: 8 in 10 outcomes.",
        chart,
        [asked],
        key="outlook",
        note=" ".join(words),
        foot=lambda: _edit(view),
    )


def kinds_of_money(view: View) -> None:
    """Draw billed, estimated and list cost by month beside each other."""
    since = year_ago()
    asked = [(name, view.ask(one, grain="month", since=since)) for name, one in KINDS]
    seen = [(name, release) for name, release in asked if is_fed(release)] or asked
    gap = view.ask(RECONCILIATION_GAP, grain="month", since=since, of_all=True)
    names = ", ".join(name for name, _ in seen)
    elsewhere = f" {BY_AWS}" if has_bedrock(view.store) else ""
    card(
        statements.against_invoice(gap, today()),
        f"Kinds of money by month: {names}. They are never added to each other.{elsewhere}",
        money.kinds(seen),
        [release for _, release in seen],
        key="kinds",
    )


def spend(view: View) -> None:
    """Draw all API spend by whatever the sources tell it apart by."""
    whole = view.ask(SPEND_BILLED)
    if not is_fed(whole):
        return
    st.markdown("## All API spend, not only Claude Code")
    st.caption(
        "Billed cost of every product and key. Cost of Claude Code per person is never derived "
        "from API keys: a key is not a person."
    )
    told = [by for by in SPLITS if _tells(view, by)]
    with st.grid(2, min_column_width=400, key="grid-spend"):
        for by in told:
            parts(
                view,
                _whole_by(by),
                by=by,
                of_what=WHOLES.get(by, "all API spend"),
                second=f"All API spend by {SPLITS[by]}",
            )
    if not told:
        st.caption(f":gray[By product, workspace and tier: {NOT_TOLD}.]")


def _whole_by(by: str) -> Metric:
    """Return what is all API spend by a dimension: cost, told by product, is of every product."""
    return COST_BILLED if by == "product" else SPEND_BILLED


def _tells(view: View, by: str) -> bool:
    """Say whether a source tells spend apart by a dimension."""
    release = view.ask(_whole_by(by), by=(by,))
    names = {theme.label_of(by, row.groups[by]) for row in release.rows if row.value or row.hidden}
    return bool(names - {theme.NOT_TOLD})


def cost_table(view: View) -> None:
    """Draw cost per session and per commit as a table, with what to think of them."""
    rows = [_per(view, one) for one in (COST_PER_SESSION, COST_PER_COMMIT)]
    with st.container(border=True, key="card-cost-table"):
        st.markdown("## Cost per session and per commit")
        st.caption("The last closed period. They measure neither value nor quality.")
        st.table(rows)


def _per(view: View, one: Metric) -> dict[str, str]:
    release = view.ask(one)
    over = [row for row in release.rows if row.end <= today() and row.status != "missing"]
    last = over[-1] if over else None
    if last is None:
        value = theme.NOTHING
    elif last.hidden:
        value = f"hidden · {theme.reason(last.hidden)}"
    else:
        value = theme.number(last.value, release.unit) if last.value is not None else "too few"
    return {
        "Figure": release.label,
        "Period": theme.period(release.grain, last.start) if last else theme.NOTHING,
        "Value": value,
        "Reliability": release.reliability,
        "Meaning": release.definition,
    }


def spend_limits(view: View) -> None:
    """Draw the spend limits in force as a table: what set them, and how many people they hold."""
    found = budget.limits_in_force(view.store, view.policy.k)
    if not found:
        return
    with st.container(border=True, key="card-limits"):
        st.markdown("## Spend limits in force")
        st.caption(f"Numbers of people, from {view.policy.k} on; who they are is not kept.")
        st.table(
            [
                {
                    "Set by": SOURCES.get(one.source, one.source.replace("_", " ")),
                    "Period": one.period,
                    "Limit": "no cap" if one.amount is None else theme.exact(one.amount, "USD"),
                    "People": "hidden" if one.people is None else f"{one.people:,}",
                }
                for one in found
            ]
        )


def money_form(view: View) -> None:
    """Draw the form for the budget of a month and the price of a seat."""
    limit, price = budget.monthly_budget(view.store), budget.seat_price(view.store)
    with st.form("money-form", border=False):
        new_limit = st.number_input(
            "Budget of a month, US dollars",
            value=None if limit is None else float(limit),
            step=100.0,
            placeholder="no budget",
            key="money-budget",
        )
        new_price = st.number_input(
            "Price of a seat a month, US dollars",
            value=None if price is None else float(price),
            step=1.0,
            placeholder="no price",
            help="For the estimate of what idle seats cost.",
            key="money-price",
        )
        if not st.form_submit_button("Save budget and price", type="primary"):
            return
    try:
        if new_limit != (None if limit is None else float(limit)):
            budget.set_monthly_budget(view.store, view.reader, new_limit)
        if new_price != (None if price is None else float(price)):
            budget.set_seat_price(view.store, view.reader, new_price)
    except ClaudeDashError as error:
        in_words(error)
        return
    st.toast("Budget and seat price are saved.")
    st.rerun()


def money_settings(view: View) -> None:
    """Draw the section of the settings about money."""
    with st.container(border=True, key="money-settings", width=520):
        st.markdown("## Money and budgets")
        st.caption("Used on Cost and Active users. An empty field takes the amount back.")
        if view.may("money"):
            money_form(view)
            return
        limit, price = budget.monthly_budget(view.store), budget.seat_price(view.store)
        for label, value in (("Budget of a month", limit), ("Price of a seat a month", price)):
            said = "not set" if value is None else theme.exact(value, "USD")
            st.write(f"{label}: {said}")
