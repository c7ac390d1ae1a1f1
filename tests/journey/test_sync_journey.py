"""From a key to figures, against a vendor that fails in every way: the totals are the report's."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from functools import cache, partial
from typing import Any

import pytest
from sqlalchemy import func, select

from claude_dash.access.readers import Reader as Asker
from claude_dash.access.readers import Role
from claude_dash.answers import ask
from claude_dash.clock import Grain
from claude_dash.facts import tables as t
from claude_dash.metrics.release import Query, Row
from tests.journey.conftest import FACTS, FIRST, RELEASED, TODAY, Read, Reader
from tests.truth import Truth
from tests.vendor_faults import KINDS

NANO_PER_CENT = 10_000_000
TOMORROW = TODAY + timedelta(days=1)
OTHER = "other"
ASKER = Asker("journey", Role.VIEWER)
ORGANIZATION_METRICS: dict[str, Callable[[Truth], Any]] = {
    "active_users": Truth.active,
    "sessions": Truth.sessions,
    "lines_added": lambda truth: truth.lines("added"),
    "lines_removed": lambda truth: truth.lines("removed"),
    "commits": Truth.commits,
    "pull_requests": Truth.pull_requests,
    "suggestions_accepted": lambda truth: truth.suggestions("accepted").total(),
    "suggestions_rejected": lambda truth: truth.suggestions("rejected").total(),
    "tokens": lambda truth: truth.tokens().total(),
    "input_tokens": lambda truth: truth.tokens()["input"],
    "output_tokens": lambda truth: truth.tokens()["output"],
    "cache_read_tokens": lambda truth: truth.tokens()["cache_read"],
    "cache_write_tokens": lambda truth: truth.tokens()["cache_write"],
    "cost_estimated": lambda truth: truth.cents() / 100,
}
BREAKDOWNS: dict[tuple[str, str], Callable[[Truth], Any]] = {
    ("tokens", "type"): Truth.tokens,
    ("tokens", "model"): Truth.tokens_by_model,
    ("cost_estimated", "model"): lambda truth: {
        model: cents / 100 for model, cents in truth.cents_by_model().items()
    },
    ("suggestions_accepted", "tool"): lambda truth: truth.suggestions("accepted"),
}


def sums(reader: Reader, since: date, until: date) -> dict[str, int]:
    """Return the totals of all facts over the half-open days."""
    found = {}
    with reader.engine.connect() as connection:
        for table in FACTS:
            keys = {column.name for column in table.primary_key}
            columns = [column for column in table.columns if column.name not in keys]
            query = select(*(func.coalesce(func.sum(one), 0) for one in columns)).where(
                table.c.day >= since, table.c.day < until
            )
            names = [column.name for column in columns]
            found |= dict(zip(names, connection.execute(query).one(), strict=True))
    return found


def expected(truth: Truth) -> dict[str, int]:
    """Return the same totals from the vendor's rows."""
    tokens = truth.tokens()
    return {
        "sessions": truth.sessions(),
        "lines_added": truth.lines("added"),
        "lines_removed": truth.lines("removed"),
        "commits": truth.commits(),
        "pull_requests": truth.pull_requests(),
        "suggestions_accepted": truth.suggestions("accepted").total(),
        "suggestions_rejected": truth.suggestions("rejected").total(),
        "cost_estimated": int(truth.cents() * NANO_PER_CENT),
        **{f"{kind}_tokens": tokens[kind] for kind in tokens},
    }


def check_row(row: Row, true: Any) -> bool:
    """Assert that a row is right, or says why it is empty; return whether it is shown."""
    if row.value is None:
        assert row.hidden or row.status == "missing", row
        return False
    exact = Decimal(true) if isinstance(row.value, Decimal) else true
    assert row.value == exact, row
    return True


def check_split(rows: list[Row], by: str, true: dict[str, Any]) -> int:
    """Assert that the technical values of a period are right; return how many are shown.

    Rare ones are united; where that happened in a part of the period only, the same value is
    hidden beside them, and what is shown is no more than there is.
    """
    apart = [row for row in rows if row.groups[by] != OTHER]
    shown = sum(check_row(row, true.get(row.groups[by], 0)) for row in apart)
    rest = sum(true.values()) - sum(true.get(row.groups[by], 0) for row in apart)
    for row in rows:
        if row.groups[by] == OTHER and row.value is not None:
            within = sum(true[one.groups[by]] for one in apart if one.hidden)
            assert rest <= row.value <= rest + within
    return shown


def _span(row: Row) -> tuple[date, date]:
    return row.start, row.end


def test_every_fact_is_the_reports(read_once: Read, reader: Reader) -> None:
    """Facts add up to the report, what is no row is set aside, and every fault was met.

    Nothing was asked that the vendor forbids.
    """
    outcome, server = read_once.outcome, read_once.server
    assert (outcome.status, outcome.error) == ("ok", None)
    assert server.forbidden == []
    assert set(server.faults.said) >= set(KINDS)
    organization, whole = server.organization, Truth(server.organization, FIRST, TOMORROW)
    assert outcome.records == sum(len(organization.report(day)) for day in organization.days)
    broken = sum(len(organization.broken(day)) for day in organization.days)
    euros = sum(usage["estimated_cost"]["currency"] == "EUR" for usage in whole.usages())
    assert outcome.rejected == broken + euros
    assert sums(reader, FIRST, TOMORROW) == expected(whole)


@pytest.mark.parametrize(
    ("grain", "since"), [("day", date(2026, 11, 9)), ("week", FIRST), ("month", FIRST)]
)
def test_every_figure_is_the_reports(reader: Reader, grain: Grain, since: date) -> None:
    """Each figure of the organization that is shown is exact; an empty one says why."""
    truth = cache(partial(Truth, reader.server.organization))
    shown = 0
    for name, of in ORGANIZATION_METRICS.items():
        for row in ask(reader.engine, Query(name, grain, since=since, until=TOMORROW), ASKER).rows:
            shown += check_row(row, of(truth(row.start, row.end)))
    for (name, by), split in BREAKDOWNS.items():
        query = Query(name, grain, (by,), since=since, until=TOMORROW)
        rows = ask(reader.engine, query, ASKER).rows
        for period in {row.period for row in rows}:
            of_period = [row for row in rows if row.period == period]
            shown += check_split(of_period, by, dict(split(truth(*_span(of_period[0])))))
    assert shown > 40


def test_the_same_sync_again_changes_nothing(reader: Reader) -> None:
    """A second sync, and one that reads a week again, leave every fact and figure as it was."""
    before = reader.stored(*FACTS, *RELEASED)
    assert reader.sync().status == "ok"
    assert reader.sync(since=TODAY - timedelta(days=9)).status == "ok"
    assert reader.stored(*FACTS, *RELEASED) == before
    assert reader.server.forbidden == []


def test_revised_days_are_corrected(reader: Reader) -> None:
    """A day revised within three days is right after the next sync; an older one by `since`."""
    recent, old = TODAY - timedelta(days=2), TODAY - timedelta(days=31)
    reader.server.revise(recent, 3)
    reader.server.revise(old, 5)
    organization = reader.server.organization
    reader.sync()
    late = sums(reader, recent, TOMORROW)
    assert late == expected(Truth(organization, recent, TOMORROW))
    assert sums(reader, old, TOMORROW) != expected(Truth(organization, old, TOMORROW))
    reader.sync(since=old, until=old + timedelta(days=1))
    assert sums(reader, FIRST, TOMORROW) == expected(Truth(organization, FIRST, TOMORROW))
    for day in (recent, old):
        query = Query("sessions", "week", since=day, until=day + timedelta(days=1))
        (row,) = ask(reader.engine, query, ASKER).rows
        assert check_row(row, Truth(organization, row.start, row.end).sessions())


def test_history_ends_where_the_vendor_says(reader: Reader) -> None:
    """Days before the organization are asked for once, and not again by the next sync."""
    is_usage = t.REPORT_STATE.c.report == "console.claude_code"
    with reader.engine.connect() as connection:
        row = connection.execute(select(t.REPORT_STATE).where(is_usage)).one()
    assert (row.history_starts, row.backfill_done) == (FIRST, True)
    reader.sync()
    days = [one for one in reader.server.requests if "claude_code?starting_at" in one]
    assert days
    assert not any("=2026-09" in one or "=2026-10" in one for one in days)


def test_a_revoked_key_stops_everything(reader: Reader) -> None:
    """After a 401 nothing more is sent, what was read stays, and the connection says so."""
    before = reader.stored(*FACTS)
    reader.server.revoked = True
    outcome = reader.sync()
    assert outcome.status == "failed"
    assert outcome.error is not None
    assert outcome.error["code"] == "revoked"
    asked = len(reader.server.requests)
    assert reader.sync().status == "paused"
    assert len(reader.server.requests) == asked
    assert reader.stored(*FACTS) == before
