"""What clients report beside what a vendor reports: the same use is counted once."""

from typing import Any

from sqlalchemy import Table

from claude_dash.facts import tables as t
from tests.rolled import ALL, MONDAY, Rolled

TELEMETRY, FILES = 3, 4


def _released(world: Rolled, measure: str) -> int | None:
    rows = world.rows_of(
        t.RELEASE_ROW, measure=measure, grain="week", start=MONDAY, key=ALL, dimension=""
    )
    return rows[0].value if rows else None


def _sent(world: Rolled, table: Table, who: int, **values: Any) -> None:
    world.add(table, who, MONDAY, connection_id=TELEMETRY, setup=1, **values)


def _world(settings: Any) -> Rolled:
    world = Rolled(settings)
    world.connect(TELEMETRY, "telemetry")
    world.connect(FILES, "sessions")
    world.people(range(1, 13))
    world.read(MONDAY)
    return world


def test_a_report_stands_and_telemetry_fills_in_the_rest(settings: Any) -> None:
    """Of people whom the Console tells of, the Console's figures count; of others, the client's."""
    world = _world(settings)
    for who in range(1, 7):
        world.code(who, sessions=2)
    for who in range(4, 13):
        _sent(world, t.CLIENT_DAY, who, sessions=5, commits=1)
    world.roll()
    assert _released(world, "sessions") == 6 * 2 + 6 * 5
    assert _released(world, "commits") == 6
    assert _released(world, "active") == 12


def test_files_stand_in_where_nothing_was_sent(settings: Any) -> None:
    """What a client sent and what its files hold is counted once, person by person."""
    world = _world(settings)
    for who in range(1, 7):
        _sent(world, t.CLIENT_DAY, who, sessions=2)
    for who in range(4, 13):
        world.add(t.CLIENT_DAY, who, MONDAY, connection_id=FILES, setup=1, sessions=5)
    world.code(12, sessions=7)
    world.roll()
    assert _released(world, "sessions") == 6 * 2 + 5 * 5 + 7


def test_tokens_and_decisions_of_clients_count(settings: Any) -> None:
    """Tokens, the client's cost and edits are figures like any other, by source as well."""
    world = _world(settings)
    for who in range(1, 13):
        model = {"model": "claude-sonnet-4-5", "input_tokens": 10, "cost_estimated": 5 * 10**9}
        _sent(world, t.CLIENT_MODEL_DAY, who, **model)
        _sent(world, t.CLIENT_TOOL_DAY, who, tool="Edit", suggestions_accepted=3)
    world.roll()
    assert _released(world, "tokens") == 120
    assert _released(world, "cost_estimated") == 60 * 10**9
    assert _released(world, "suggestions_accepted") == 36
    by_source = world.rows_of(
        t.RELEASE_ROW, measure="tokens", grain="week", start=MONDAY, key=ALL, dimension="source"
    )
    assert {row.item: row.value for row in by_source} == {"telemetry": 120}


def test_active_time_alone_is_activity(settings: Any) -> None:
    """Somebody of whom nothing but active time is told was active."""
    world = _world(settings)
    for who in range(1, 8):
        _sent(world, t.CLIENT_DAY, who, active_ms=1_000)
    world.roll()
    assert _released(world, "active") == 7


def test_uses_that_no_source_counts_are_unknown_and_not_none(settings: Any) -> None:
    """Telemetry tells that a feature was used and not how often; who used it is known."""
    world = _world(settings)
    for who in range(1, 13):
        key = {"connection_id": TELEMETRY, "product": "claude_code"}
        world.add(t.FEATURE_DAY, who, MONDAY, kind="subagent", feature="reviewer", uses=None, **key)
        world.add(t.FEATURE_DAY, who, MONDAY, kind="tool", feature="Bash", uses=3, **key)
    world.roll()
    found = {
        (row.dimension, row.item): row.value
        for row in world.rows_of(t.RELEASE_ROW, measure="feature_uses", grain="week", start=MONDAY)
        if row.dimension in {"", "kind"} and row.key == ALL
    }
    assert found == {("", ""): 36, ("kind", "tool"): 36}
    users = world.rows_of(t.RELEASE_ROW, measure="feature_users", grain="week", start=MONDAY)
    assert ("subagent", 12) in {(row.item, row.value) for row in users if row.dimension == "kind"}
