"""The month's end, the budget, the seat price and the limits in force."""

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine, select

from claude_dash import budget
from claude_dash.access.readers import Reader, Role
from claude_dash.errors import ConfigError, RefusedError
from claude_dash.facts import tables as t
from claude_dash.metrics.release import Query, Release, Row
from claude_dash.people.limits import take_limits
from claude_dash.store.overrides import overrides

FINANCE, VIEWER = Reader("fin", Role.FINANCE), Reader("viewer", Role.VIEWER)
TODAY, THROUGH = date(2026, 11, 18), date(2026, 11, 17)  # a Wednesday and the day before
Values = dict[date, Decimal | None]
Told = Callable[..., None]


def release(query: Query, values: Values, *, total: Decimal | None) -> Release:
    """Return the answer of an organisation that costs so much on each day."""
    shown = [(day, one) for day, one in values.items() if (query.since or day) <= day]
    if query.grain != "day":
        shown = [(query.since or TODAY, total)]
    rows = tuple(
        Row(str(day), day, day + timedelta(days=1), {}, one, "final",
            "" if one is not None else "small group")
        for day, one in shown
    )  # fmt: skip
    return Release(
        query.metric, "", "USD", "", query.grain, (), 1, {"a": THROUGH} if values else {}, rows
    )


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> Told:
    """Return what sets the cost of each day, by metric."""

    def put(total: Decimal | None = None, **kinds: Values) -> None:
        monkeypatch.setattr(budget, "today", lambda: TODAY)
        monkeypatch.setattr(
            budget, "ask", lambda _, query, __: release(query, kinds.get(query.metric, {}),
                                                        total=total)
        )  # fmt: skip

    return put


def each_day(amount: str, since: date = date(2026, 10, 1)) -> Values:
    """Return the same cost for every day up to today."""
    return {since + timedelta(days=n): Decimal(amount) for n in range((TODAY - since).days + 1)}


def test_the_month_ends_at_what_was_spent_and_the_mean_of_workdays(
    engine: Engine, told: Told
) -> None:
    """Seventeen days at 10 and nine workdays left at 10 make 260, with no width."""
    told(cost_estimated=each_day("10"))
    found = budget.month_outlook(engine, VIEWER)
    assert found is not None
    assert (found.kind, found.through, found.workdays_left) == ("cost_estimated", THROUGH, 9)
    assert (found.spent, found.expected, found.low, found.high) == (170, 260, 260, 260)
    assert len(found.by_day) == 17


def test_billed_cost_is_used_where_there_is_any(engine: Engine, told: Told) -> None:
    """Estimated cost stands only where nothing was billed."""
    told(cost_billed=each_day("4"), cost_estimated=each_day("10"))
    found = budget.month_outlook(engine, VIEWER)
    assert found is not None
    assert found.kind == "cost_billed"
    told(cost_billed=each_day("0"), cost_estimated=each_day("10"))
    found = budget.month_outlook(engine, VIEWER)
    assert found is not None
    assert found.kind == "cost_estimated"


def test_the_range_is_the_same_for_the_same_facts(engine: Engine, told: Told) -> None:
    """Days that differ give a range around the mean, and asking twice gives it twice."""
    values = {day: Decimal(5 + 10 * (day.day % 2)) for day in each_day("1")}
    told(cost_estimated=values)
    one, two = budget.month_outlook(engine, VIEWER), budget.month_outlook(engine, VIEWER)
    assert one == two
    assert one is not None
    assert one.spent < one.low < one.expected < one.high
    assert one.high - one.low < 9 * 10


def test_nine_workdays_are_too_few(engine: Engine, told: Told) -> None:
    """There is no outlook before ten complete workdays have a value, and none without a source."""
    told(cost_estimated=each_day("10", since=date(2026, 11, 5)))
    assert budget.month_outlook(engine, VIEWER) is None
    told(cost_estimated=each_day("10", since=date(2026, 11, 4)))
    assert budget.month_outlook(engine, VIEWER) is not None
    told()
    assert budget.month_outlook(engine, VIEWER) is None


def test_a_hidden_day_is_never_taken_for_zero(engine: Engine, told: Told) -> None:
    """What was spent is the released total; where that is hidden too, it is called a least."""
    values: Values = {**each_day("10"), date(2026, 11, 7): None}
    told(Decimal(170), cost_estimated=values)
    found = budget.month_outlook(engine, VIEWER)
    assert found is not None
    assert (found.spent, found.is_at_least) == (170, False)
    assert found.by_day[6] == (date(2026, 11, 7), None)
    told(cost_estimated=values)
    found = budget.month_outlook(engine, VIEWER)
    assert found is not None
    assert (found.spent, found.is_at_least) == (160, True)


def test_who_may_change_money_sets_a_budget(engine: Engine) -> None:
    """Finance sets and takes back both amounts, each with an entry in the log; others are refused.

    The log holds no amount.
    """
    assert budget.monthly_budget(engine) is None
    budget.set_monthly_budget(engine, FINANCE, "30000")
    budget.set_seat_price(engine, FINANCE, 60.5)
    assert (budget.monthly_budget(engine), budget.seat_price(engine)) == (30000, Decimal("60.50"))
    budget.set_monthly_budget(engine, FINANCE, None)
    assert budget.monthly_budget(engine) is None
    with pytest.raises(RefusedError):
        budget.set_monthly_budget(engine, VIEWER, 1)
    with engine.connect() as connection:
        entries = connection.execute(select(t.AUDIT_ENTRY)).all()
    assert [(one.actor, one.action, one.detail) for one in entries] == [
        ("fin", "budget.monthly_usd", "set"),
        ("fin", "seat.price_usd", "set"),
        ("fin", "budget.monthly_usd", "taken back"),
    ]


def test_only_who_may_change_money_changes_prices(engine: Engine) -> None:
    """A viewer and an auditor are refused; finance sets a price, in the place of the same one."""
    row = {"model": "m", "starts": "2026-11-01", "input": 1, "cache_write_5m": 1, "cache_read": 1}
    for number in (1, 2):
        budget.set_price(engine, FINANCE, {**row, "output": number})
    with engine.connect() as connection:
        (kept,) = overrides(connection)
    assert kept.rates.output == 2
    for role in (Role.VIEWER, Role.CHAMPION, Role.AUDITOR):
        reader = Reader("somebody", role)
        with pytest.raises(RefusedError, match="does not change prices"):
            budget.set_price(engine, reader, {**row, "output": 3})
        with pytest.raises(RefusedError, match="does not change prices"):
            budget.remove_price(engine, reader, kept)
    budget.remove_price(engine, FINANCE, kept)
    with engine.connect() as connection:
        assert overrides(connection) == []


@pytest.mark.parametrize(
    ("amount", "says"),
    [("-1", "negative"), ("much", "not a number"), ("inf", "not a number"),
     ("nan", "not a number"), ("1e12", "above"), ("", "not a number")],
)  # fmt: skip
def test_an_amount_that_is_none_is_refused(engine: Engine, amount: str, says: str) -> None:
    """Negative, absurd and unreadable amounts are refused, and the old one holds."""
    budget.set_monthly_budget(engine, FINANCE, 5)
    with pytest.raises(ConfigError, match=says):
        budget.set_monthly_budget(engine, FINANCE, amount)
    assert budget.monthly_budget(engine) == 5


def test_idle_seats_times_the_price(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    """The estimate needs a price and a released count of the last closed month."""
    monkeypatch.setattr(budget, "today", lambda: TODAY)
    rows = {date(2026, 10, 1): Decimal(7)}
    monkeypatch.setattr(
        budget, "ask", lambda _, query, __: release(query, rows, total=rows[query.since])
    )
    assert budget.reclaim(engine, VIEWER) is None
    budget.set_seat_price(engine, FINANCE, 60)
    found = budget.reclaim(engine, VIEWER)
    assert found == budget.Reclaim(date(2026, 10, 1), 7, Decimal(420))
    monkeypatch.setattr(budget, "ask", lambda _, query, __: release(query, rows, total=None))
    assert budget.reclaim(engine, VIEWER) is None


def test_limits_tell_numbers_of_people_from_k_on(engine: Engine) -> None:
    """A limit that fewer than k people have is listed without their number."""
    take_limits(
        engine, 1, {("user", "monthly", 50_000_000_000): 4, ("organization", "monthly", None): 40}
    )
    found = budget.limits_in_force(engine, 5)
    assert found == [
        budget.Limit("organization", "monthly", None, 40),
        budget.Limit("user", "monthly", Decimal(50), None),
    ]
