"""The strip at each page's head: how far each source can be relied on, one line each."""

from collections.abc import Iterator, Sequence
from datetime import timedelta

import streamlit as st

from claude_dash import trust
from claude_dash.charts import theme
from claude_dash.clock import today
from claude_dash.metrics.lookup import metric
from claude_dash.metrics.release import Release
from claude_dash.trust import SourceTrust
from claude_dash.ui.menu import link
from claude_dash.ui.page import CORNER, View

MAX_DAYS = 3
GAP_LOOKBACK = timedelta(days=400)


def as_of(view: View, release: Release | None = None) -> None:
    """Draw the popover at the page's head.

    Args:
        view: The page.
        release: What the page is about: sources that do not feed it are left out, and so are
            reports of the others. None: a page about nothing in particular has all of them.
    """
    found = trust.sources(view.store)
    if release is not None:
        names = {name for term in metric(release.metric).terms for name in term.fed_by}
        found = [one for one in (each.feeding(names) for each in found) if one.reports]
    if not found and release is None:
        return
    with (
        st.session_state[CORNER],
        st.popover(_words(found, release), icon=":material/schedule:", type="tertiary"),
    ):
        for one in found:
            st.markdown(line(one))
        for says in _money(view):
            st.markdown(says)
        st.caption("Days are UTC. What may still change is revised by the source.")
        link("trust", "Data trust", "verified")


def _words(found: Sequence[SourceTrust], release: Release | None) -> str:
    """Return what stands at the right of the title."""
    if not found:
        return "No source reports this"
    ends = [one.last_complete_day for one in found] if release is None else release.as_of.values()
    newest = [day for day in ends if day]
    words = f"Complete to {theme.day(min(newest))}" if newest else "Nothing complete yet"
    paused = sum(one.status == "paused" for one in found)
    if paused:
        return f":orange[{words} · {paused} source{'' if paused == 1 else 's'} paused]"
    return words


def line(one: SourceTrust) -> str:
    """Say of a source how far it is complete and final, how far behind, and what is missing."""
    return " · ".join([f"**{one.name}**", *_parts(one)])


def _parts(one: SourceTrust) -> Iterator[str]:
    if one.status == "paused":
        yield ":orange[:material/pause_circle: paused]"
    last, final = one.last_complete_day, one.last_final_day
    if last is None or one.lag_days is None:
        yield "nothing complete yet"
        return
    yield f"complete to {theme.day(last)}"
    if final is None:
        yield "all of it may still change"
    elif final < last:
        yield f"may still change after {theme.day(final)}"
    else:
        yield "final"
    lag = f"{one.lag_days} day{'' if one.lag_days == 1 else 's'} behind, "
    lag += f"usually {one.promised_lag_days}"
    yield f":orange[:material/warning: {lag}]" if one.lag_days > one.promised_lag_days else lag
    if missing := one.missing_days:
        shown = ", ".join(theme.day(day) for day in missing[:MAX_DAYS])
        more = ", \u2026" if len(missing) > MAX_DAYS else ""
        count = f"{len(missing)} day{' is' if len(missing) == 1 else 's are'} missing"
        yield f":orange[:material/warning: {count}: {shown}{more}; {one.why_missing}]"


def _money(view: View) -> Iterator[str]:
    """Yield what is wrong with money, for who may see figures."""
    if not view.may("figures"):
        return
    if number := len(trust.unpriced_models(view.store)):
        yield f"{number} model{' has' if number == 1 else 's have'} no price"
    if found := gap(view):
        yield f"The estimate lies {found[1]:+.1f}% from the invoice in {found[0]}"


def gap(view: View) -> tuple[str, float] | None:
    """Return the newest final month whose estimate and invoice can be compared, and their gap."""
    since = today() - GAP_LOOKBACK
    release = view.ask("reconciliation_gap", grain="month", since=since, of_all=True)
    rows = [row for row in release.rows if row.value is not None and row.status == "final"]
    return (rows[-1].period, float(rows[-1].value or 0) * 100) if rows else None
