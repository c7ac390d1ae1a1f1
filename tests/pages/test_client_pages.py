"""What pages show of clients: active hours, kinds of features, and what is said of names."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import insert
from streamlit.testing.v1 import AppTest

from claude_dash.access.readers import Role
from claude_dash.facts import tables as t
from claude_dash.store.adding import count_aside
from claude_dash.ui import server
from tests.pages.test_pages import show, store, words
from tests.rolled import MONDAY, Rolled

__all__ = ["show", "store"]
TELEMETRY = 1
PEOPLE = range(1, 13)
HOUR_MS = 3_600_000


@pytest.fixture
def world(store: server.Opened) -> Rolled:
    """Return people of whom telemetry alone tells, two hours each on the Monday of last week."""
    made = Rolled(store.settings, store.engine)
    made.connect(TELEMETRY, "telemetry", "")
    made.read(MONDAY - timedelta(weeks=1), MONDAY)
    made.setup(1)
    key = {"connection_id": TELEMETRY, "product": "claude_code", "uses": None}
    for who in PEOPLE:
        made.somebody(who)
        made.add(t.CLIENT_DAY, who, MONDAY, connection_id=TELEMETRY, setup=1, sessions=1,
                 active_ms=2 * HOUR_MS, terminal_type="")  # fmt: skip
        for kind, name in (("mcp_server", "custom"), ("subagent", "general-purpose")):
            made.add(t.FEATURE_DAY, who, MONDAY, kind=kind, feature=name, **key)
    return made


def test_active_hours_are_told_where_clients_send_them(
    show: Callable[..., AppTest], world: Rolled
) -> None:
    """The page has the hours of the last closed week, in hours."""
    world.roll()
    page = show("sessions")
    assert not page.exception
    values = {one.label: one.value for one in page.metric}
    assert values["Active hours"] == "24.0"


def test_kinds_that_nobody_used_are_not_offered(
    show: Callable[..., AppTest], world: Rolled
) -> None:
    """The choice of kinds is what was seen, and names that clients redact are explained."""
    world.roll()
    page = show("features")
    assert not page.exception
    assert page.radio(key="kind").options == ["MCP servers", "Subagents"]
    assert "custom, custom_skill or third-party in the place of names" in words(page)
    page = page.radio(key="kind").set_value("Subagents").run()
    assert "in the place of names" not in words(page)


def test_data_trust_tells_of_clients(show: Callable[..., AppTest], world: Rolled) -> None:
    """What starts when, what was refused, and numbers of people; the auditor sees no number."""
    with world.engine.begin() as connection:
        for event, number in (("UserPromptSubmit", 1_234), ("PreCompact", 9)):
            row = {"connection_id": TELEMETRY, "day": MONDAY, "event": event, "number": number}
            connection.execute(insert(t.EVENT_DAY), row)
        for report, reason in (("telemetry.left_out", "traces, never kept"),
                               ("telemetry.metrics", "timeUnixNano: none")):  # fmt: skip
            count_aside(connection, TELEMETRY, report, {(MONDAY, reason): 7})
    world.roll()
    page = show("trust")
    assert not page.exception
    said = words(page)
    assert "covers the command line only" in said
    assert "data starts on 9 Nov 2026" not in said  # the first day read is a week earlier
    assert "data starts on 2 Nov 2026" in said
    values = {one.label: one.value for one in page.metric}
    assert values["People whose clients report"] == "12"
    assert values["Installations without a person"] == "0"
    tables = " ".join(str(one.value) for one in page.table)
    assert "traces, never kept" in tables
    assert "timeUnixNano: none" in tables
    assert "1,200" in tables  # in two digits
    assert "PreCompact" not in tables  # too few
    page = show("trust", Role.AUDITOR)
    assert "What clients report of themselves" not in words(page)


def test_features_that_nobody_uses(show: Callable[..., AppTest], world: Rolled) -> None:
    """Where a source tells of features and nobody used one, the page says so."""
    world.rows = [row for row in world.rows if row[0] is not t.FEATURE_DAY]
    world.roll()
    page = show("features")
    assert not page.exception
    assert "Nobody used a feature in this range." in words(page)


def test_a_version_draws_no_link(show: Callable[..., AppTest], world: Rolled) -> None:
    """Whoever has a token can send any text as the version of a client."""
    world.setup(2, version="[2.1](https://example.com)")
    for who in PEOPLE:
        world.add(t.CLIENT_DAY, who, MONDAY, connection_id=TELEMETRY, setup=2, sessions=1,
                  terminal_type="")  # fmt: skip
    world.roll()
    tables = " ".join(str(one.value) for one in show("trust").table)
    assert r"\[2.1\]\(https" in tables
    assert "[2.1](https" not in tables


def test_a_feature_draws_no_picture(show: Callable[..., AppTest], world: Rolled) -> None:
    """Whoever has a token can send any text as a name, of as many people as it takes."""
    name = "![x](https://example.com)"
    for who in PEOPLE:
        world.add(t.FEATURE_DAY, who, MONDAY, kind="tool", feature=name, connection_id=TELEMETRY,
                  product="claude_code", uses=3)  # fmt: skip
    world.roll()
    page = show("features").radio(key="kind").set_value("Tools").run()
    assert r"## !\[x\](https://example.com): 12 people" in words(page)
    assert name not in words(page)


def test_of_session_files_earlier_days_may_come(
    show: Callable[..., AppTest], store: server.Opened
) -> None:
    """They are no stream that begins with the connection: older files may be taken in later."""
    made = Rolled(store.settings, store.engine)
    made.connect(TELEMETRY, "sessions", "")
    made.read(MONDAY)
    count_left = {(MONDAY, "its week is sealed"): 7}
    with made.engine.begin() as connection:
        count_aside(connection, TELEMETRY, "sessions.left_out", count_left)
    made.roll()
    said = words(show("trust"))
    assert "Session files: no commits" in said
    assert "earlier days cannot be had" not in said
    assert "Lines that do not count" in said
