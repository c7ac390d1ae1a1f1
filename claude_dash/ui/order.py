"""The order of sources, in the settings: which of several that see the same use counts."""

import streamlit as st

from claude_dash.rollup.once import LAST_RESORT, ORDER
from claude_dash.rollup.order import order_of, set_order
from claude_dash.ui.page import View
from claude_dash.ui.server import roll_up_in_background

NAME_PX = 180
NAMES = {
    "enterprise": "Claude Enterprise",
    "console": "Claude Console",
    "bedrock": "Amazon Bedrock",
    "telemetry": "Telemetry",
    "sessions": "Session files",
    LAST_RESORT: "Hooks",
}


def order_settings(view: View) -> None:
    """Draw the order that holds, and let an administrator move a source up."""
    with view.store.connect() as connection:
        order = list(order_of(connection))
    with st.container(border=True, key="order"):
        st.markdown("## Which source counts")
        st.write(
            "Where several sources see the same use, the first of this order that has a value "
            "counts, for each person, day and measure. Who was active is told by all of them; use "
            "of different organisations is added."
        )
        for place, kind in enumerate(order, 1):
            with st.container(horizontal=True, vertical_alignment="center", key=f"order-{kind}"):
                st.markdown(f"**{place}** · {NAMES[kind]}", width=NAME_PX)
                can_rise = place > 1 and kind != LAST_RESORT
                if view.may("admin") and can_rise and st.button("Move up", key=f"up-{kind}"):
                    _save(view, _risen(order, kind))
        st.caption(
            "Hooks come last: they count sessions of people alone whom no other source sees on the "
            "day. A change rebuilds the weeks that are open; sealed ones stay as they were told."
        )
        if view.may("admin") and tuple(order) != ORDER and st.button("Restore", key="order-reset"):
            _save(view, list(ORDER))


def _risen(order: list[str], kind: str) -> list[str]:
    """Return an order in which a kind stands one place higher."""
    at = order.index(kind)
    return [*order[: at - 1], kind, order[at - 1], *order[at + 1 :]]


def _save(view: View, order: list[str]) -> None:
    set_order(view.store, order, actor=view.reader.name)
    roll_up_in_background()
    st.rerun()
