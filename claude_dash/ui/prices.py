"""Prices on Amazon Bedrock: the table in force, our own prices, and what an estimate leaves out."""

from collections.abc import Callable, Sequence
from datetime import date

import streamlit as st

from claude_dash import budget, connections, prices, trust
from claude_dash.charts import theme
from claude_dash.clock import today
from claude_dash.errors import ClaudeDashError
from claude_dash.metrics.catalog.tokens import CACHE_WRITE_TOKENS
from claude_dash.prices import Price, Rates
from claude_dash.store.overrides import RATES, SCOPES, overrides
from claude_dash.ui.menu import BEDROCK, has_bedrock
from claude_dash.ui.page import View, in_words
from claude_dash.ui.server import roll_up_in_background
from claude_dash.ui.tables import as_text

SCOPE_WORDS = {
    prices.EVERY: "every scope",
    "global": "global",
    prices.GEO: "geography or Region",
    "us-gov": "GovCloud",
}
RATE_WORDS = dict(
    zip(RATES, ("Input", "Cache write, 5 min", "Cache write, 1 h", "Cache read", "Output"),
        strict=True)
)  # fmt: skip
UNIT = "US dollars per million tokens"


def unpriced(view: View) -> None:
    """Name the models whose tokens are counted and whose cost is not known, if there are any."""
    names = trust.unpriced_models(view.store)
    if names:
        st.warning(
            f"Without a price: {as_text(names)}. Their tokens are counted; their cost is "
            "unknown, not zero, so cost is at least what is shown.",
            icon=":material/warning:",
        )


def bedrock_estimate(view: View) -> None:
    """Say what cost of Bedrock is made of, and how many cache writes have no known lifetime."""
    kinds = {one.kind for one in connections.list_all(view.store)}
    if BEDROCK not in kinds:
        return
    at = f"{prices.READ_ON:%-d %B %Y}"
    st.caption(
        f"Cost on Amazon Bedrock is an estimate at list price as read on {at}, or at prices of our "
        "own; discounts, service tiers and provisioned throughput are not in the logs."
    )
    release = view.ask(CACHE_WRITE_TOKENS, grain="total")
    written = next((row.value for row in release.rows if row.value), None)
    if written is None:
        return
    # How many of them are Bedrock's, where there are other sources, would be a second breakdown
    # of tokens by kind: what few people used elsewhere would follow from it.
    most = "" if kinds == {BEDROCK} else "at most "
    st.caption(
        f"The logs do not tell how long a cache write is kept: {most}"
        f"{theme.number(written, release.unit)} tokens of the range are priced at 5 minutes. One "
        "hour costs more: cost of that part may be understated by up to 37.5%."
    )


def prices_card(view: View) -> None:
    """Draw the prices on the page about cost, for who may change them."""
    if view.may("money") and has_bedrock(view.store):
        with st.expander("Prices on Amazon Bedrock", icon=":material/sell:"):
            price_settings(view)


def price_settings(view: View) -> None:
    """Draw the prices in force and, for who may change money, the form for our own."""
    with view.store.connect() as connection:
        ours = overrides(connection)
    st.markdown("## Prices on Amazon Bedrock")
    st.caption(
        f"{UNIT}, in force today. A call is priced by its own day. Cost in reports of Anthropic "
        "is the vendor's, and not made from them."
    )
    unpriced(view)
    st.dataframe(_table(prices.in_force(today(), ours)), hide_index=True, key="price-table")
    changes = " ".join(f"{day:%-d %b %Y}: {what}" for day, what in prices.CHANGES.items())
    st.caption(f"Changes. {changes}")
    if ours:
        st.markdown("## Our own prices")
        st.table(_table(ours))
    if view.may("money"):
        _form(view, ours)
        if ours:
            _removal(view, ours)


def _table(found: Sequence[Price]) -> list[dict[str, str]]:
    rows = []
    for one in found:
        band = prices.band_of(one.model)
        rows.append(_row(one, one.rates, ""))
        if one.above and band:
            rows.append(_row(one, one.above, f", prompts above {band:,} tokens"))
    return rows


def _row(one: Price, rates: Rates, which: str) -> dict[str, str]:
    spelled = {
        RATE_WORDS[name]: theme.NOTHING if rate is None else f"{rate.normalize():f}"
        for name, rate in rates._asdict().items()
    }
    return {
        "Model": one.model + which,
        "Scope": SCOPE_WORDS[one.scope],
        **spelled,
        "In force since": theme.NOTHING if one.starts == prices.EVER else _full(one.starts),
        "Source": one.source,
        "Read": _full(one.read_on) if one.read_on else theme.NOTHING,
    }


def _form(view: View, ours: Sequence[Price]) -> None:
    names = {*prices.listed(), *trust.unpriced_models(view.store), *(one.model for one in ours)}
    with st.form("price-form"):
        st.markdown("## Set a price of our own")
        st.caption(
            "A negotiated discount, or a model that is not listed. It holds from its first day "
            "until a newer one of ours, in periods that are still open. One for a scope comes "
            "before one for every scope; above a model's band of prompt length the "
            "list's factor holds."
        )
        model = st.selectbox(
            "Model",
            sorted(names),
            index=None,
            placeholder="Choose or enter an id",
            accept_new_options=True,
            key="price-model",
        )
        left, right = st.columns(2)
        scope = left.selectbox(
            "Scope", SCOPES, format_func=lambda one: SCOPE_WORDS[one], key="price-scope"
        )
        starts = right.date_input("First day", today(), key="price-starts")
        places = st.columns(len(RATES))
        typed = {
            name: place.text_input(RATE_WORDS[name], key=f"price-{name}", placeholder="USD")
            for name, place in zip(RATES, places, strict=True)
        }
        st.caption(f"{UNIT}. One hour may stay empty: the logs do not tell it.")
        if st.form_submit_button("Set price", type="primary"):
            row = {"model": model, "scope": scope, "starts": starts, **typed}
            _do(lambda: budget.set_price(view.store, view.reader, row), "The price is set.")


def _removal(view: View, ours: Sequence[Price]) -> None:
    by_name = {
        f"{one.model}, {SCOPE_WORDS[one.scope]}, from {_full(one.starts)}": one for one in ours
    }
    with st.form("price-removal"):
        st.markdown("## Take a price back")
        name = st.selectbox("Price", by_name, key="price-name")
        if st.form_submit_button("Take back"):
            price = by_name[name]
            _do(
                lambda: budget.remove_price(view.store, view.reader, price),
                "The price is taken back.",
            )


def _do(change: Callable[[], object], says: str) -> None:
    """Change our prices, rebuild what that touched, and show the page anew."""
    try:
        with st.spinner("Stored calls are priced anew."):
            change()
    except ClaudeDashError as error:
        in_words(error)
        return
    roll_up_in_background()
    st.toast(f"{says} Figures of open weeks are being rebuilt.")
    st.rerun()


def _full(day: date) -> str:
    return f"{day:%-d %b %Y}"
