"""Promises about what several sources tell of the same people."""

import pytest
from sqlalchemy import delete

from claude_dash.facts import tables as t
from claude_dash.store.succession import leave
from tests.rolled import ALL, CONSOLE, MONDAY, Rolled

BUCKET, TELEMETRY, HOOKS = 3, 4, 5
PEOPLE = range(1, 13)


@pytest.fixture(autouse=True)
def _clients(store: Rolled) -> None:
    store.connect(BUCKET, "bedrock", "123456789012")
    store.connect(TELEMETRY, "telemetry", "")
    store.connect(HOOKS, "hooks", "")
    store.read(MONDAY)
    store.people(PEOPLE)
    store.setup(1, provider="bedrock")
    store.setup(2, organization_id="a stranger")
    store.setup(3)


def _client(store: Rolled, who: int, setup: int, connection: int = TELEMETRY, **of: int) -> None:
    store.add(t.CLIENT_DAY, who, MONDAY, connection_id=connection, setup=setup, **of)


def test_a_log_has_the_tokens_and_a_client_the_commits(store: Rolled) -> None:
    """Of use that a log and a client both see, each tells what the other cannot."""
    for who in PEOPLE:
        store.add(t.INVOCATION_DAY, who, MONDAY, connection_id=BUCKET, model="m", input_tokens=7)
        _client(store, who, 1, sessions=2, commits=3)
        store.add(t.CLIENT_MODEL_DAY, who, MONDAY, connection_id=TELEMETRY, setup=1, model="m",
                  input_tokens=5, cost_estimated=9)  # fmt: skip
    store.roll()
    assert store.released("tokens")[ALL, ""] == 7 * len(PEOPLE)
    assert store.released("commits", "source")[ALL, "telemetry"] == 3 * len(PEOPLE)
    assert store.released("sessions")[ALL, ""] == 2 * len(PEOPLE)
    assert not store.released("cost_estimated")  # the log knows no price: not known, not the other


def test_use_of_an_organization_that_is_not_connected_is_added(store: Rolled) -> None:
    """Who works for another organization too has sessions in both."""
    for who in PEOPLE:
        store.code(who, sessions=2)
        _client(store, who, 2, sessions=3)
    store.roll()
    assert store.released("sessions")[ALL, ""] == 5 * len(PEOPLE)


def test_a_client_that_says_nothing_yields_to_a_report(store: Rolled) -> None:
    """Sessions of a client that names no organization are taken for the vendor's, on that day."""
    for who in PEOPLE:
        if who < 7:
            store.code(who, sessions=2)
        _client(store, who, 3, sessions=3)
    store.roll()
    assert store.released("sessions")[ALL, ""] == 2 * 6 + 3 * 6


def test_sessions_that_a_report_does_not_know_are_those_of_clients(store: Rolled) -> None:
    """The report tells the commits; who has no client has commits in sessions nobody counted."""
    for who in PEOPLE:
        store.add(t.ACTIVITY_DAY, who, MONDAY, sessions=None, commits=2)
        _client(store, who, 3, sessions=3, commits=1)
    store.roll()
    assert store.released("sessions")[ALL, ""] == 3 * len(PEOPLE)
    assert store.released("commits")[ALL, ""] == 2 * len(PEOPLE)


def test_sessions_that_nobody_knows_are_missing(store: Rolled) -> None:
    """A figure of 0 sessions beside 24 commits would be made up."""
    for who in PEOPLE:
        store.add(t.ACTIVITY_DAY, who, MONDAY, sessions=None, commits=2)
    store.roll()
    assert not store.released("sessions")
    assert store.released("active")[ALL, ""] == len(PEOPLE)
    assert store.released("commits")[ALL, ""] == 2 * len(PEOPLE)


def test_hooks_count_sessions_of_people_nobody_else_sees(store: Rolled) -> None:
    """A log has no sessions, and still the sessions of hooks do not count beside it."""
    for who in PEOPLE:
        if who < 7:
            store.add(t.INVOCATION_DAY, who, MONDAY, connection_id=BUCKET, model="m", requests=1)
        _client(store, who, 3, HOOKS, sessions=1)
    store.roll()
    assert store.released("sessions")[ALL, ""] == 6
    assert store.released("active")[ALL, ""] == len(PEOPLE)


def test_uses_of_a_kind_of_feature_count_once(store: Rolled) -> None:
    """Names differ by source: a skill is told by the first that counts skills, tools by hooks."""
    for who in PEOPLE:
        store.use(who, "skill:release-notes", 2, product="claude_code")
        for feature in ("skill:custom_skill", "tool:Bash"):
            store.use(who, feature, 5, product="claude_code", connection_id=HOOKS)
        store.add(t.FEATURE_DAY, who, MONDAY, connection_id=TELEMETRY, kind="skill",
                  feature="custom", product="claude_code")  # fmt: skip
    store.roll()
    uses = store.released("feature_uses", "kind")
    assert (uses[ALL, "skill"], uses[ALL, "tool"]) == (2 * len(PEOPLE), 5 * len(PEOPLE))
    assert store.released("feature_users")[ALL, ""] == len(PEOPLE)


def test_a_removed_connection_counts_as_it_did(store: Rolled) -> None:
    """Facts that a removed connection leaves are not counted again from what clients send."""
    store.setup(4, organization_id=f"organization {CONSOLE}")
    for who in PEOPLE:
        store.code(who, sessions=2)
        _client(store, who, 4, sessions=3)
    with store.engine.begin() as connection:
        leave(connection, CONSOLE, f"organization {CONSOLE}", "console")
        connection.execute(delete(t.CONNECTION).where(t.CONNECTION.c.id == CONSOLE))
    store.roll()
    assert store.released("sessions")[ALL, ""] == 2 * len(PEOPLE)


def test_an_edit_tool_has_one_spelling(store: Rolled) -> None:
    """What clients call Edit is the edit tool of reports."""
    for who in PEOPLE:
        if who < 7:
            store.add(t.TOOL_DAY, who, MONDAY, connection_id=CONSOLE, tool="edit_tool",
                      suggestions_accepted=2)  # fmt: skip
        else:
            store.add(t.CLIENT_TOOL_DAY, who, MONDAY, connection_id=TELEMETRY, setup=3, tool="Edit",
                      suggestions_accepted=3)  # fmt: skip
    store.roll()
    found = store.released("suggestions_accepted", "tool")
    assert found[ALL, "edit_tool"] == 6 * 2 + 6 * 3
    assert (ALL, "Edit") not in found
