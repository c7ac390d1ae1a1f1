"""A bucket of logs that fails in every way that AWS does: nothing is lost, doubled or hidden."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, select

from claude_dash import connections
from claude_dash.connections import bedrock
from claude_dash.facts import tables as t
from claude_dash.ingest import Progress
from claude_dash.ingest import bedrock as reading
from claude_dash.store import objects
from tests.aws_gate import RESET, Asked, cloud, moto
from tests.bedrock_bucket import Tree, Truth
from tests.bedrock_callers import ACCOUNTS
from tests.conftest import FrozenClock
from tests.journey.bedrock_reader import (
    NAME,
    ROLE,
    STORED,
    Begin,
    Heard,
    LogReader,
    begin,
)

__all__ = ["begin", "cloud", "moto"]
HOME = "eu-central-1"


@pytest.fixture
def reader(engine: Engine, begin: Begin) -> LogReader:
    """Return the program, connected to a bucket of some thirty objects."""
    made = begin(engine, Tree(6, accounts=ACCOUNTS[:1], a_day=30, is_odd=False))
    made.connect(test=False)
    connections.resume(engine, NAME)
    assert len(made.tree.logs) > 20
    return made


def without(tree: Tree, keys: Any) -> Truth:
    """Return what a bucket comes to without some objects."""
    truth = Truth()
    truth.add({key: one for key, one in tree.logs.items() if key not in keys})
    return truth


def once_read(number: int, reader: LogReader, act: Callable[[], None]) -> Callable[[Asked], None]:
    """Return what does something, once, when so many objects were read."""
    done: list[bool] = []

    def heard(_: Asked) -> None:
        if not done and len(reader.gate.read()) >= number:
            done.append(True)
            act()

    return heard


def row_of(reader: LogReader) -> Any:
    """Return the stored row of the connection."""
    with reader.engine.connect() as connection:
        return connection.execute(select(t.CONNECTION)).one()


@pytest.mark.parametrize(
    ("what", "code", "times"),
    [
        ("GetObject", "SlowDown", 5),
        ("GetObject", "InternalError", 5),
        ("GetObject", RESET, 5),
        ("GetObject", "ExpiredToken", 1),
        ("ListObjectsV2", "SlowDown", 3),
        ("ListObjectsV2", RESET, 2),
        ("ListObjectsV2", "ExpiredToken", 1),
        ("AssumeRole", "InternalError", 2),
    ],
)
def test_what_passes_is_waited_for(reader: LogReader, what: str, code: str, times: int) -> None:
    """Throttling, faults, broken connections and an early end of a session cost a try each."""
    reader.gate.fail(what, code, times=times)
    outcome = reader.sync_well()
    reader.assert_true()
    assert code == RESET or reader.gate.counts()[f"{what} {code}"] == times
    assert outcome.retries or what == "AssumeRole" or code == "ExpiredToken"


def test_a_body_that_breaks_off_goes_on_where_it_broke_off(reader: LogReader) -> None:
    """Each object breaks off once, in the middle of its bytes, and counts once all the same."""
    for key in reader.tree.logs:
        reader.gate.fail("GetObject", RESET, key=key)
    reader.sync_well()
    reader.assert_true()
    assert len(reader.gate.read()) >= 2 * len(reader.tree.logs)


def test_trouble_that_lasts_leaves_everything_to_the_next_sync(reader: LogReader) -> None:
    """A bucket that stays busy fails the sync, keeps the connection going, and loses nothing."""
    reader.gate.fail("GetObject", "SlowDown", times=10_000)
    outcome = reader.sync()
    assert outcome.status == "failed"
    assert row_of(reader).status == "ok"
    assert reader.facts() == {}
    reader.gate.stop_failing()
    reader.sync_well()
    reader.assert_true()


def test_an_hour_with_credentials_of_fifteen_minutes(
    reader: LogReader, clock: FrozenClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Credentials end four times while a bucket is read, and are made anew each time."""
    monkeypatch.setattr(reading, "IN_FLIGHT", 2)  # a request does not last for minutes
    reader.gate.session_s = 900
    began = clock.now()
    reader.gate.asked = Heard(
        lambda one: clock.advance(seconds=160) if one.what == "GetObject" else None
    )
    reader.sync_well()
    assert clock.now() - began > timedelta(hours=1)
    reader.assert_true()
    assert reader.gate.counts()["AssumeRole ok"] >= 4


def test_a_session_that_ends_early_is_replaced(
    reader: LogReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When AWS ends a session before its time, another one is made, and each object read."""
    monkeypatch.setattr(reading, "IN_FLIGHT", 2)
    reader.gate.asked = Heard(once_read(10, reader, reader.gate.end_sessions))
    reader.sync_well()
    reader.assert_true()
    assert reader.gate.counts()["GetObject ExpiredToken"] >= 1
    assert reader.gate.counts()["AssumeRole ok"] == 2


def test_an_object_that_is_gone_is_left_out(reader: LogReader) -> None:
    """One that was deleted between the list and the read is named, and the rest counts."""
    gone = sorted(reader.tree.logs)[::7]
    reader.gate.gone.update(gone)
    reader.sync_well()
    truth = without(reader.tree, gone)
    truth.rejected = set(gone)
    reader.assert_true(truth)
    with reader.engine.connect() as connection:
        aside = objects.set_aside(connection, row_of(reader).id, 100)
    assert {(one.key, one.reason) for one in aside} == {(key, objects.GONE) for key in gone}


@pytest.mark.parametrize("why", ["archived", "encrypted"])
def test_objects_that_cannot_be_had_are_named(reader: LogReader, why: str) -> None:
    """Single objects in Glacier, or under another key, are named, and read once they can be."""
    closed = sorted(reader.tree.logs)[::6]
    getattr(reader.gate, why).update(closed)
    reader.sync_well()
    truth = without(reader.tree, closed)
    truth.rejected = set(closed)
    reader.assert_true(truth)
    with reader.engine.connect() as connection:
        aside = objects.set_aside(connection, row_of(reader).id, 100)
    assert {one.key for one in aside} == set(closed)
    assert {one.state for one in aside} == {objects.REFUSED}
    getattr(reader.gate, why).clear()
    reader.forget()
    reader.sync_well()
    assert sorted(reader.gate.read()) == closed
    reader.assert_true()


def test_a_key_that_opens_nothing_stops_everything(reader: LogReader) -> None:
    """When every object is refused the connection pauses and names the grant that is missing."""
    reader.gate.encrypted.update(reader.tree.logs)
    outcome = reader.sync()
    assert outcome.status == "failed"
    assert outcome.error is not None
    assert "kms:Decrypt" in str(row_of(reader).error_message)
    assert row_of(reader).status == "paused"
    assert reader.facts() == {}
    assert set(reader.states().values()) == {"found"}
    reader.gate.encrypted.clear()
    connections.resume(reader.engine, NAME)
    reader.sync_well()
    reader.assert_true()


@pytest.mark.parametrize(
    ("break_it", "says"),
    [
        (lambda gate: gate.roles.clear(), "could not be assumed"),
        (lambda gate: gate.regions.clear(), "no bucket of this name"),
        (lambda gate: gate.keys.clear(), "refused"),
        (lambda gate: gate.fail("ListObjectsV2", "AccessDenied", times=99), "may not be listed"),
        (lambda gate: gate.fail("GetObject", "RequestTimeTooSkewed", times=99), "clock"),
    ],
)
def test_what_does_not_pass_pauses(
    reader: LogReader, break_it: Callable[[Any], None], says: str
) -> None:
    """What only a person can mend pauses the connection, in words that name the cause."""
    kept = dict(reader.gate.roles), dict(reader.gate.regions), dict(reader.gate.keys)
    break_it(reader.gate)
    outcome = reader.sync()
    assert outcome.status == "failed"
    assert outcome.error is not None
    assert says in outcome.error["message"]
    assert row_of(reader).status == "paused"
    asked = len(reader.gate.asked)
    assert reader.sync().status == "paused"
    assert len(reader.gate.asked) == asked
    reader.gate.stop_failing()
    reader.gate.roles, reader.gate.regions, reader.gate.keys = kept
    connections.resume(reader.engine, NAME)
    reader.sync_well()
    reader.assert_true()


@pytest.mark.parametrize("redirects", ["PermanentRedirect", "AuthorizationHeaderMalformed"])
def test_the_region_is_learned(engine: Engine, begin: Begin, redirects: str) -> None:
    """A bucket that is elsewhere is read, and from then on asked for where it is."""
    tree = Tree(6, days=1, accounts=ACCOUNTS[:1], a_day=12, is_odd=False)
    reader = begin(engine, tree, home=HOME)
    reader.gate.redirects = redirects
    reader.connect(test=False)
    reader.sync_well()
    reader.assert_true()
    assert reader.gate.counts()[f"ListObjectsV2 {redirects}"]
    assert bedrock.options_of(engine, NAME).region == HOME
    reader.forget()
    reader.sync_well()
    assert not any(redirects in one for one in reader.gate.counts())


def test_a_pause_stops_reading(reader: LogReader, monkeypatch: pytest.MonkeyPatch) -> None:
    """Paused in the middle, a sync ends early; resumed, the next one reads the rest, once."""
    monkeypatch.setattr(reading, "BATCH_OBJECTS", 4)

    def pause(step: Progress) -> None:
        assert step.size
        connections.pause(reader.engine, NAME)

    assert reader.sync(progress=pause).status == "paused"
    first = reader.gate.read()
    assert 4 <= len(first) <= 8
    assert reader.sync().status == "paused"
    assert reader.gate.read() == first
    connections.resume(reader.engine, NAME)
    reader.sync_well()
    reader.assert_true()
    counted = reader.stored(*STORED)
    assert len(reader.gate.read()) <= len(reader.tree.logs) + 4
    reader.sync_well()
    assert reader.stored(*STORED) == counted


def test_a_role_that_was_taken_away_loses_nothing(
    reader: LogReader, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A role that is taken away in the middle of a sync stops it; what was stored stays right."""
    role = reader.gate.roles[ROLE]
    monkeypatch.setattr(reading, "IN_FLIGHT", 2)
    monkeypatch.setattr(reading, "BATCH_OBJECTS", 5)
    reader.gate.asked = Heard(once_read(12, reader, reader.gate.roles.clear))
    assert reader.sync().status == "failed"
    assert row_of(reader).status == "paused"
    reader.gate.roles[ROLE] = role
    connections.resume(reader.engine, NAME)
    reader.sync_well()
    reader.assert_true()
