"""Models without a price, on SQLite and on PostgreSQL."""

from datetime import date, timedelta
from typing import Any

from sqlalchemy import Engine, Table, event, insert

from claude_dash import trust
from claude_dash.facts import tables as t
from claude_dash.store import overrides
from claude_dash.store.overrides import price_from

DAY = date(2026, 11, 10)


def add(engine: Engine, table: Table, model: str, cost: int | None, tokens: int = 1) -> None:
    """Let somebody use a model on two days."""
    zeros: dict[str, Any] = {
        column.name: "" if column.type.python_type is str else 0 for column in table.columns
    }
    rows = [
        {**zeros, "connection_id": 1, "who": 7, "day": DAY + timedelta(days=day), "model": model,
         "output_tokens": tokens, "cost_estimated": cost}
        for day in range(2)
    ]  # fmt: skip
    with engine.begin() as connection:
        connection.execute(insert(table), rows)


def test_models_without_a_cost_are_named_once(store: Engine) -> None:
    """Of a report or of our prices; what has a cost, or no tokens, is not among them."""
    assert trust.unpriced_models(store) == []
    for table in (t.MODEL_USAGE_DAY, t.INVOCATION_DAY, t.CLIENT_MODEL_DAY):
        add(store, table, "claude-next", None)
        add(store, table, "claude-priced", 5)
        add(store, table, "claude-free", 0)
        add(store, table, "claude-unused", None, tokens=0)
    add(store, t.MODEL_USAGE_DAY, "claude-of-a-report", None)
    add(store, t.CLIENT_MODEL_DAY, "claude-of-a-client", None)
    add(store, t.INVOCATION_DAY, "application-inference-profile/abc123", None)
    assert trust.unpriced_models(store) == [
        "application-inference-profile/abc123",
        "claude-next",
        "claude-of-a-client",
        "claude-of-a-report",
    ]


def test_a_price_reaches_stored_calls(store: Engine) -> None:
    """A model that got a price is no longer without one: from our own, and from a new list."""
    add(store, t.INVOCATION_DAY, "claude-next", None)
    add(store, t.INVOCATION_DAY, "anthropic.claude-opus-5", None)
    rates = dict.fromkeys(("input", "cache_write_5m", "cache_read", "output"), "1")
    ours = price_from({**rates, "model": "claude-next", "starts": "2026-11-01"})
    overrides.save(store, [ours], actor="finance@example.com")
    assert trust.unpriced_models(store) == ["anthropic.claude-opus-5"]
    overrides.follow_list(store)
    assert trust.unpriced_models(store) == []


def test_no_view_reads_every_fact(engine: Engine) -> None:
    """Each question about models without a price goes through the index of rows without a cost."""
    add(engine, t.MODEL_USAGE_DAY, "claude-next", None)
    asked: list[tuple[str, Any]] = []

    def hear(*heard: Any) -> None:
        if "SELECT" in heard[2]:
            asked.append((heard[2], heard[3]))

    event.listen(engine, "before_cursor_execute", hear)
    trust.unpriced_models(engine)
    event.remove(engine, "before_cursor_execute", hear)
    with engine.connect() as connection:
        for statement, values in asked:
            plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", values).all()
            steps = [row[3] for row in plan if "_day" in row[3]]
            assert steps
            assert all("_day_unpriced" in step for step in steps), steps
