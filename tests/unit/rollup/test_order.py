"""Promises about the order of sources: chosen by an administrator, and put back without a trace."""

from typing import Any

import pytest
from sqlalchemy import select

from claude_dash.errors import ConfigError
from claude_dash.facts import tables as t
from claude_dash.rollup import roll_up
from claude_dash.rollup.once import ORDER
from claude_dash.rollup.order import order_of, set_order
from tests.rolled import ALL, MONDAY, Rolled

TELEMETRY = 3
CLIENTS_FIRST = ("telemetry", "enterprise", "console", "bedrock", "sessions", "hooks")


@pytest.fixture
def world(store: Rolled) -> Rolled:
    """Return people whom a Console and telemetry see, each with numbers of its own."""
    store.connect(TELEMETRY, "telemetry", "")
    store.setup(1)
    store.people(range(1, 13))
    store.read(MONDAY)
    for who in range(1, 13):
        store.code(who, sessions=2)
        store.add(t.CLIENT_DAY, who, MONDAY, connection_id=TELEMETRY, setup=1, sessions=3)
    store.roll()
    return store


def released(world: Rolled) -> list[Any]:
    """Return everything that is released, but for when it was."""
    rows = world.rows_of(t.RELEASE_ROW)
    return sorted((tuple(row) for row in rows), key=repr)


def roll(world: Rolled, kinds: tuple[str, ...]) -> None:
    """Set an order and rebuild what it touches, and nothing else."""
    set_order(world.engine, kinds, actor="admin@example.com")
    roll_up(world.engine, world.settings)


def test_the_first_of_the_order_counts_and_back_again(world: Rolled) -> None:
    """Telemetry before the Console: its sessions count; put back, every figure is as it was."""
    before = released(world)
    assert world.released("sessions")[ALL, ""] == 2 * 12
    roll(world, CLIENTS_FIRST)
    assert world.released("sessions", "source")[ALL, "telemetry"] == 3 * 12
    assert world.released("sessions")[ALL, ""] == 3 * 12
    roll(world, ORDER)
    assert released(world) == before


def test_a_change_touches_open_weeks_and_is_written_down(world: Rolled) -> None:
    """Who changed it, from what to what; the same order again is no change."""
    set_order(world.engine, CLIENTS_FIRST, actor="admin@example.com")
    set_order(world.engine, CLIENTS_FIRST, actor="admin@example.com")
    with world.engine.connect() as connection:
        rows = connection.execute(select(t.AUDIT_ENTRY.c.actor, t.AUDIT_ENTRY.c.action)).all()
        assert order_of(connection) == CLIENTS_FIRST
    assert [tuple(row) for row in rows] == [("admin@example.com", "sources.order")]
    assert [row.week for row in world.rows_of(t.TOUCHED_WEEK)] == [MONDAY]


@pytest.mark.parametrize(
    "kinds",
    [(), ORDER[:-1], (*ORDER, "hooks"), ("hooks", *ORDER[:-1]), (*ORDER[1:-1], "x", "hooks")],
)
def test_an_order_names_each_kind_once(world: Rolled, kinds: tuple[str, ...]) -> None:
    """What misses a kind, names one twice or lets hooks stand before others is refused."""
    with pytest.raises(ConfigError, match="each kind once, and hooks last"):
        set_order(world.engine, kinds, actor="admin@example.com")
