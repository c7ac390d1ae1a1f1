"""Prices of our own: what may be entered, and what a change prices anew."""

from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select

from claude_dash.clock import now
from claude_dash.errors import ConfigError
from claude_dash.facts import tables as t
from claude_dash.prices import EVERY
from claude_dash.store import invocations
from claude_dash.store.audit import latest
from claude_dash.store.overrides import overrides, price_from, save

SONNET, PROFILE = "anthropic.claude-sonnet-5-5", "application-inference-profile/abc123def456"
DAY, WEEK = date(2026, 11, 10), timedelta(days=7)
MILLION = 10**6
DISCOUNT = {
    "model": SONNET,
    "scope": EVERY,
    "starts": "2026-11-01",
    "input": "1.5",
    "cache_write_5m": "2",
    "cache_write_1h": "",
    "cache_read": "0.08",
    "output": "8",
}


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"model": " "}, "needs a model"),
        ({"model": "x" * 300}, "needs a model"),
        ({"model": "eu.anthropic.claude-opus-5"}, "Leave out what stands before anthropic"),
        ({"scope": "mars"}, "no scope of a price"),
        ({"starts": "tomorrow"}, "has no first day"),
        ({"starts": None}, "has no first day"),
        ({"input": "cheap"}, "input is not a number"),
        ({"input": None}, "input is not a number"),
        ({"output": "NaN"}, "output is not a number"),
        ({"output": "-1"}, "output must be from 0"),
        ({"cache_read": "1e9"}, "cache read must be from 0"),
        ({"cache_write_5m": "0.0000001"}, "cache write 5m has more than 6 decimals"),
        ({"cache_write_1h": "later"}, "cache write 1h is not a number"),
    ],
)
def test_what_cannot_be_a_price_is_refused(change: dict[str, Any], says: str) -> None:
    """Each error names the part that is wrong and says how to enter it."""
    with pytest.raises(ConfigError, match=says):
        price_from({**DISCOUNT, **change})


def test_a_price_is_kept_as_it_was_entered(engine: Engine) -> None:
    """What was saved is read again, exactly."""
    kept = [price_from(DISCOUNT), price_from({**DISCOUNT, "scope": "us-gov", "input": "0.123456"})]
    save(engine, kept, actor="finance@example.com")
    with engine.connect() as connection:
        assert overrides(connection) == kept
    save(engine, [], actor="finance@example.com")
    with engine.connect() as connection:
        assert overrides(connection) == []


def test_two_prices_for_the_same_are_refused(engine: Engine) -> None:
    """Model, scope and first day name one price."""
    twice = [price_from(DISCOUNT), price_from({**DISCOUNT, "input": "1"})]
    with pytest.raises(ConfigError, match="same day"):
        save(engine, twice, actor="finance@example.com")


def test_a_change_is_audited_without_a_figure(engine: Engine) -> None:
    """The log names who set or removed which price, and what did not change is not in it."""
    other = price_from({**DISCOUNT, "scope": "global"})
    save(engine, [other], actor="one@example.com")
    save(engine, [other, price_from(DISCOUNT)], actor="two@example.com")
    save(engine, [other], actor="three@example.com")
    assert {(row.actor, row.action, row.detail) for row in latest(engine, 9)} == {
        ("one@example.com", "price set", f"{SONNET}, global, from 2026-11-01"),
        ("two@example.com", "price set", f"{SONNET}, any, from 2026-11-01"),
        ("three@example.com", "price removed", f"{SONNET}, any, from 2026-11-01"),
    }


def fact(day: date, model: str = SONNET, **values: Any) -> dict[str, Any]:
    """Return a day of calls by somebody: a million input tokens."""
    counters = {**dict.fromkeys(invocations.COUNTERS, 0), "requests": 1, "input_tokens": MILLION}
    key = {"connection_id": 1, "day": day, "who": 7, "model": model, "scope": "us", "band": 0}
    return {**key, **counters, **values}


def costs(engine: Engine) -> dict[tuple[date, str], int | None]:
    """Return the cost of each row in cents."""
    c = t.INVOCATION_DAY.c
    with engine.connect() as connection:
        found = connection.execute(select(c.day, c.model, c.cost_estimated)).all()
    return {(day, model): cost and cost // 10_000_000 for day, model, cost in found}


def test_a_change_prices_open_weeks_anew(engine: Engine) -> None:
    """Rows from the first day on cost what we pay, sealed and older ones keep their cost."""
    days = (DAY - 2 * WEEK, DAY - WEEK, DAY)
    with engine.begin() as connection:
        rows = [fact(day) for day in days] + [fact(DAY, PROFILE)]
        invocations.add(connection, rows, [])
        sealed = {"grain": "week", "start": date(2026, 11, 2), "sealed_at": now()}
        connection.execute(insert(t.SEAL), sealed)
    old, shut, here = days
    listed = {(old, SONNET): 220, (shut, SONNET): 220, (here, SONNET): 220, (DAY, PROFILE): None}
    assert costs(engine) == listed
    save(engine, [price_from(DISCOUNT)], actor="finance@example.com")
    assert costs(engine) == {**listed, (here, SONNET): 150}
    with engine.connect() as connection:
        touched = set(connection.execute(select(t.TOUCHED_WEEK.c.week)).scalars())
    assert touched == {date(2026, 11, 9)}
    profile = price_from({**DISCOUNT, "model": PROFILE, "starts": "2026-01-01", "input": "3"})
    save(engine, [profile], actor="finance@example.com")
    assert costs(engine) == {**listed, (DAY, PROFILE): 300}


def test_what_is_added_later_costs_what_the_whole_does(engine: Engine) -> None:
    """Cost is told from the row's totals: two halves of a nanodollar are one, not two of none."""
    tiny = {**DISCOUNT, "input": "0.0005"}
    with engine.begin() as connection:
        for _ in range(2):
            row = fact(DAY, input_tokens=1)
            invocations.add(connection, [row], [price_from(tiny)])
        cost = connection.execute(select(t.INVOCATION_DAY.c.cost_estimated)).scalar_one()
    assert cost == 1
