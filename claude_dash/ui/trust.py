"""Sources: how fresh and complete each is, what is missing, and what was set aside or revised."""

from collections.abc import Sequence
from datetime import date, timedelta

import streamlit as st

from claude_dash import trust as reliance
from claude_dash.charts import heat, theme
from claude_dash.clock import days, today
from claude_dash.connections.senders import KINDS as SENT_KINDS
from claude_dash.log import scrub
from claude_dash.rollup.once import CLIENTS
from claude_dash.ui.clients import clients
from claude_dash.ui.coverage import coverage
from claude_dash.ui.page import View
from claude_dash.ui.reconcile import reconcile
from claude_dash.ui.revisions import revised
from claude_dash.ui.server import sync_in_background
from claude_dash.ui.strip import gap
from claude_dash.ui.tables import as_text

STRIP_DAYS = 60
UP_TO_DATE_DAYS = 5  # the longest lag that a report is known to have, and a day
GAP_PERCENT = 10
QUIET_DAYS = 3
CAUSES = (
    "Likely causes: negotiated discounts, people whom only one of the two reports sees, a stale "
    "price table, Priority Tier, or code execution and web searches, which are not estimated."
)

KINDS = {
    "console": "Claude Console",
    "enterprise": "Claude Enterprise",
    "bedrock": "Amazon Bedrock: no sessions, lines, commits or features in its logs",
    "telemetry": "Telemetry of clients: covers the command line only",
    "hooks": "Hooks of clients: features, and sessions of whom nothing else sees",
    "sessions": "Session files: no commits and no accepted edits in them",
}
COUNTED = {"bedrock": "calls", "sessions": "lines"}  # else points
WORDS = {
    "ok": "read regularly",
    "paused": "paused",
    "waiting": "waiting until the role trusts us",
    "listening": "waiting until something is sent",
    "replaced": "changed after it was counted; not counted again",
}


def trust(view: View) -> None:
    """Draw the state of every source, and what was revised."""
    found = reliance.sources(view.store)
    may_see = view.may("figures")
    _figures(view, found, may_see=may_see)
    _strip(found)
    for one in found:
        _source(view, one)
    if may_see:
        coverage(view)
        reconcile(view)
        if any(one.kind in CLIENTS for one in found):
            clients(view)
        revised(view)
        _unpriced(view)
    with st.expander("Why are recent days missing or still changing?"):
        st.write(
            "The Console report withholds the last hour, so a day is complete an hour after "
            "midnight UTC, and it may be corrected for three more days. Claude Enterprise counts a "
            "day on the next morning at the earliest and names the newest day that it has; it may "
            "correct a day for a week. Bedrock delivers logs within 35 minutes, stragglers within "
            "two days. Clients send within minutes, or within two days after they were offline; "
            "what they did before they were told to send is nowhere. Money may be revised for 30 "
            "days. All days are UTC: an evening west of Greenwich counts for the next day. Each "
            "sync reads again what may have changed. Before a source's first day there is "
            "nothing: it is missing, not zero."
        )


def _figures(view: View, found: Sequence[reliance.SourceTrust], *, may_see: bool) -> None:
    complete = [one.last_complete_day for one in found if one.last_complete_day]
    oldest = today() - timedelta(days=UP_TO_DATE_DAYS)
    up_to_date = sum(day >= oldest for day in complete)
    off = gap(view) if may_see else None
    with st.container(horizontal=True, gap="small"):
        st.metric("Sources up to date", f"{up_to_date} of {len(found)}", border=True)
        newest = theme.day(max(complete)) if complete else theme.NOTHING
        st.metric("Newest complete day", newest, border=True)
        st.metric(
            "Records set aside", str(sum(sum(o.rejected.values()) for o in found)), border=True
        )
        if off is not None:
            st.metric(
                "Estimate against invoice",
                f"{off[1]:+.1f}%",
                border=True,
                help=f"Of {off[0]}, the newest month that is final.",
            )
    if off is not None and abs(off[1]) > GAP_PERCENT:
        st.warning(
            f"In {off[0]} the estimate lies {off[1]:+.0f}% from the invoice. {CAUSES}",
            icon=":material/warning:",
        )


def _strip(found: Sequence[reliance.SourceTrust]) -> None:
    with st.container(border=True, key="card-days"):
        st.markdown("## Days read, by source")
        st.caption(
            f"The last {STRIP_DAYS} days, UTC. Light: may still change. Orange: missing. "
            "Grey: the source has it later."
        )
        shown = list(days(today() - timedelta(days=STRIP_DAYS), today()))
        strips = {
            f"{source.name} · {one.label}": _states(one, shown)
            for source in found
            for one in source.reports
            if one.days
        }
        missing = sum(len(one.missing_days) for one in found)
        st.plotly_chart(
            heat.strip(strips, shown),
            key="chart-days",
            config={"displayModeBar": False},
            alt=f"Days read of the last {STRIP_DAYS}, by source; {missing} days are missing.",
        )


def _states(one: reliance.ReportTrust, shown: Sequence[date]) -> dict[date, str]:
    """Return how each day of a report is, those left out before its first one."""
    newest, lag = one.last_complete_day, one.lag_days
    is_usual = lag is not None and lag <= UP_TO_DATE_DAYS
    made: dict[date, str] = {}
    for day in shown:
        if one.first_day and day >= one.first_day:
            is_early = is_usual and newest is not None and day > newest
            made[day] = one.days.get(day, "early" if is_early else "missing")
    return made


def _source(view: View, one: reliance.SourceTrust) -> None:
    with st.container(border=True, key=f"source-{one.name}"):
        st.markdown(f"## {one.name}")
        sends = one.kind in SENT_KINDS
        status = "listening" if sends and one.status == "waiting" else one.status
        facts = [KINDS.get(one.kind, one.kind), WORDS.get(status, status)]
        if sends and one.first_day:
            facts.append(
                f"data starts on {theme.full_day(one.first_day)}, earlier days cannot be had"
            )
        elif one.first_day and one.last_complete_day:
            facts.append(
                f"{theme.full_day(one.first_day)} to {theme.full_day(one.last_complete_day)}"
            )
        if one.last_sync:
            facts.append(
                f"last sync {one.last_sync:%H:%M} UTC on {theme.day(one.last_sync.date())}"
            )
        st.caption(" · ".join(facts))
        if one.error:
            says = one.error if view.may("admin") else scrub(one.error)
            st.warning(says, icon=":material/warning:")
        if one.reports:
            st.table([_row(report) for report in one.reports])
        gaps = one.missing_days
        if gaps:
            shown = ", ".join(theme.day(day) for day in gaps[:8])
            st.write(f"{len(gaps)} days are missing: {shown}; {one.why_missing}.")
        if one.rejected:
            st.write("Records set aside, by the field that could not be read:")
            st.table(
                {"field": list(one.rejected), "records": [str(n) for n in one.rejected.values()]}
            )
        if view.may("admin"):
            _bucket(one)
        if view.may("admin") and st.button(
            "Read now", key=f"read-{one.name}", icon=":material/sync:"
        ):
            sync_in_background(one.name)
            st.toast(f"Reading {one.name}.")


def _bucket(one: reliance.SourceTrust) -> None:
    """Show which objects a bucket of logs has lately, what of them is not counted, and why."""
    if one.objects_by_day:
        newest = max(one.objects_by_day)
        if (today() - newest).days > QUIET_DAYS:
            st.info(
                f"No new objects since {theme.day(newest)}: nobody called, logging was switched "
                "off, or a replication rule was deleted.",
                icon=":material/info:",
            )
        listed = sorted(one.objects_by_day.items(), reverse=True)
        st.caption(
            "Objects by day of their key: "
            + ", ".join(f"{theme.day(day)} {number:,}" for day, number in listed)
        )
    if one.left_out:
        what = COUNTED.get(one.kind, "points")
        st.write(f"{what.capitalize()} that do not count, or not fully, by reason:")
        st.table({"reason": list(one.left_out), what: [f"{n:,}" for n in one.left_out.values()]})
    if one.objects:
        st.write(
            f"The newest objects that were set aside, {reliance.MAX_OBJECTS} at most. They are "
            "read again when they change, or once access to them is allowed."
        )
        st.table(
            {
                "day": [theme.full_day(each.day) for each in one.objects],
                "why": [each.reason or WORDS[each.state] for each in one.objects],
                "object": [each.key for each in one.objects],
            }
        )


def _row(one: reliance.ReportTrust) -> dict[str, str]:
    lag, newest = one.lag_days, one.last_complete_day
    note = scrub(one.error) or ("from the older report" if one.is_legacy else "")
    if not note and one.covers_until:
        at = one.covers_until
        note = f"counted up to {at:%H:%M} UTC on {theme.day(at.date())}"
    return {
        "Report": one.label,
        "First day": theme.full_day(one.first_day) if one.first_day else theme.NOTHING,
        "Newest complete day": theme.full_day(newest) if newest else theme.NOTHING,
        "Observed lag": theme.NOTHING if lag is None else f"{lag} day{'' if lag == 1 else 's'}",
        "Usual lag": f"{one.promised_lag_days} day{'' if one.promised_lag_days == 1 else 's'}",
        "Note": note,
    }


def _unpriced(view: View) -> None:
    names = reliance.unpriced_models(view.store)
    if names:
        with st.container(border=True, key="card-unpriced"):
            st.markdown("## Models without a price")
            st.write(
                f"{as_text(names)}. Their tokens are counted; their cost is unknown, not zero. "
                "Finance can enter a price for calls on Amazon Bedrock on Cost."
            )
    if reliance.has_priority_tier(view.store):
        st.warning(
            "Priority Tier was used. Its cost is in no report: cost is understated.",
            icon=":material/warning:",
        )
