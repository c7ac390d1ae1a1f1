"""Recorded clients send to a receiver: facts are what the clients counted, however it arrives."""

import json
import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from claude_dash import connections
from claude_dash.clock import NANO
from claude_dash.facts import tables as t
from claude_dash.facts.parcels import Parcel, Point, Sender, Series, Setup, packed
from claude_dash.ingest import arrived_days
from claude_dash.people.standing import Standings
from claude_dash.store.engine import migrate, open_store
from claude_dash.store.inbox import Inbox
from tests import recorded_clients as clients
from tests.postgres import postgres_server, postgres_url  # noqa: F401 - fixtures
from tests.recorded_clients import INDEX, Sending

RUNS = sorted(INDEX["runs"])
TOTAL = INDEX["total"]


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: Any, settings: Any) -> Iterator[Engine]:
    """Yield an empty store of each kind."""
    url = settings.url
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    engine = open_store(url)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.mark.parametrize("run", RUNS)
def test_a_run_is_counted_as_its_client_did(
    run: str, engine: Any, settings: Any, clock: Any
) -> None:
    """Each recorded run gives the sums that its client told, and its sessions."""
    sending = Sending(engine, settings, clock)
    sending.send(clients.requests(run))
    found = clients.totals(engine)
    sessions = found.pop("sessions_with_activity", 0)
    truth = INDEX["runs"][run]
    assert found == clients.expected(truth["totals"])
    ids = len(truth["sessions"])
    throw_away = run.startswith("21-")  # --continue: an id with a start and nothing else
    assert sessions == max(ids - throw_away, 1)


def test_all_runs_together(store: Engine, settings: Any, clock: Any) -> None:
    """All runs give the truth of all, on both stores; a resumed session is one session."""
    Sending(store, settings, clock).send(clients.requests())
    found = clients.totals(store)
    found.pop("active_ms")
    assert found == clients.expected(TOTAL)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_any_order_twice_and_with_restarts(
    seed: int, engine: Any, settings: Any, clock: Any, tmp_path: Path
) -> None:
    """Shuffled, each batch twice, counted after each or at the end: the same facts."""
    other = open_store(f"sqlite:///{tmp_path / 'other.db'}")
    migrate(other)
    Sending(other, settings, clock).send(clients.requests())
    sent = clients.requests() * 2
    random.Random(seed).shuffle(sent)
    sending = Sending(engine, settings, clock)
    for start in range(0, len(sent), 20):  # a receiver that begins anew each time
        sending.send(sent[start : start + 20], counts_each=bool(seed % 2))
    assert clients.facts(engine) == clients.facts(other)
    other.dispose()


def test_content_is_nowhere(engine: Any, settings: Any, clock: Any, caplog: Any) -> None:
    """With every content switch on nothing of it is kept, in the inbox neither."""
    sending = Sending(engine, settings, clock, counts_events=True)
    run = "20-content-json"
    assert any(b"CANARY-" in one.body for one in clients.events(run))
    sending.send([*clients.requests(run), *clients.events(run)])
    with engine.connect() as connection:
        events = select(func.sum(t.EVENT_DAY.c.number))
        assert connection.execute(events).scalar()
        assert connection.execute(select(func.sum(t.CLIENT_MODEL_DAY.c.requests))).scalar() == 5
    kept = [one for one in settings.data_dir.iterdir() if one.is_file()]
    assert any(one.name.endswith(".inbox") for one in kept)
    assert not [one.name for one in kept if b"CANARY-" in one.read_bytes()]
    assert "CANARY-" not in caplog.text


def test_what_came_again_after_two_days_is_late(engine: Any, settings: Any, clock: Any) -> None:
    """A repeat that cannot be recognised any more is counted as late, not as usage."""
    sending = Sending(engine, settings, clock)
    sent = clients.requests("01-feature-json")
    sending.send(sent)
    before = clients.facts(engine)
    clock.advance(days=3)
    with sending.client() as client:
        for one in sent:
            assert sending.post(client, one.path, one.body, one.headers).status_code == 200
    sending.count()
    assert clients.facts(engine) == before
    with engine.connect() as connection:
        reasons = dict(connection.execute(select(t.REJECT.c.reason, t.REJECT.c.records)).all())
    assert list(reasons) == ["older than 48 hours when it arrived"]


def test_a_fast_clock_is_bounded_by_arrival(engine: Any, settings: Any, clock: Any) -> None:
    """A client whose clock is ahead is counted on the day on which it arrived."""
    sending = Sending(engine, settings, clock)
    early = clients.requests("01-feature-json")[-1]
    clock.at(early.at - timedelta(days=2))
    with sending.client() as client:
        assert sending.post(client, early.path, early.body, early.headers).status_code == 200
    sending.count()
    with engine.connect() as connection:
        days = set(connection.execute(select(t.CLIENT_DAY.c.day)).scalars())
    assert days == {(early.at - timedelta(days=2)).date()}


def test_what_cannot_be_counted_holds_up_no_other(engine: Any, settings: Any, clock: Any) -> None:
    """A parcel that no fact can be made of is set aside; the others of its batch are counted."""
    sending = Sending(engine, settings, clock)
    inbox = Inbox(engine)
    sender = Sender(5, 0, sending.vault.seal('["installation", "a", ""]'), 0, "", Setup())
    points = [Point(0, 7, 0, NANO * 1_795_229_330, 2**64 - 1)]  # fits a parcel, and no column
    series = [Series(0, "commits", "", (), 0)]
    broken = Parcel(1, NANO * 1_795_229_330, [sender], series, points, {})
    inbox.put([b"no parcel", packed(broken)])
    inbox.close()
    sending.send(clients.requests("01-feature-json"))
    assert clients.totals(engine)["commit.count"] == 1
    with engine.connect() as connection:
        reasons = connection.execute(select(t.REJECT.c.reason)).scalars().all()
    assert reasons == ["it could not be counted"]


def test_a_cumulative_series_is_known_after_a_long_sleep(
    engine: Any, settings: Any, clock: Any
) -> None:
    """A laptop that slept for a week and then repeats its totals adds nothing."""
    sending = Sending(engine, settings, clock)
    run = "10-slow-cumulative-json"
    sent = clients.requests(run)
    sending.send(sent)
    before = clients.totals(engine)
    clock.advance(days=7)
    with engine.begin() as connection:
        arrived_days.awaited(connection)
    at = int(clock.now().timestamp() * NANO)
    body = json.loads(sent[-1].body)
    for scope in body["resourceMetrics"][0]["scopeMetrics"]:
        for metric in scope["metrics"]:
            for point in metric["sum"]["dataPoints"]:
                point["timeUnixNano"] = str(at)
    with sending.client() as client:
        again = json.dumps(body).encode()
        assert sending.post(client, sent[-1].path, again, sent[-1].headers).status_code == 200
    sending.count()
    assert clients.totals(engine) == before


def test_a_fast_clocks_point_is_known_until_it_is_old(
    engine: Any, settings: Any, clock: Any
) -> None:
    """A point from a clock that is a day ahead, sent again after two days, counts once."""
    sending = Sending(engine, settings, clock)
    one = clients.requests("01-feature-json")[-1]
    for when in (one.at - timedelta(hours=30), one.at + timedelta(hours=30)):
        clock.at(when)
        with engine.begin() as connection:
            arrived_days.awaited(connection)
        with sending.client() as client:
            assert sending.post(client, one.path, one.body, one.headers).status_code == 200
        sending.count()
    with engine.connect() as connection:
        days = set(connection.execute(select(t.CLIENT_DAY.c.day)).scalars())
    assert days == {(one.at - timedelta(hours=30)).date()}


def test_to_a_paused_connection_nobody_listens(engine: Any, settings: Any, clock: Any) -> None:
    """A day on which a connection was paused is missing, not a day without use."""
    sending = Sending(engine, settings, clock)
    sending.send(clients.requests("01-feature-json"))
    connections.pause(engine, clients.NAME)
    clock.advance(days=1)
    with engine.begin() as connection:
        arrived_days.awaited(connection)
        days = set(connection.execute(select(t.DAY_READ.c.day)).scalars())
    assert len(days) == 1


def test_whoever_is_seen_stands_in_the_team_of_the_token(
    engine: Any, settings: Any, clock: Any
) -> None:
    """A connection that was given a team puts whoever it sees into it, sent once or twice."""
    sending = Sending(engine, settings, clock, team="Platform")
    sending.send(clients.requests("23-account-json"))
    sending.send(clients.requests("23-account-json"))
    with engine.connect() as connection:
        standings = Standings.load(connection)
        seen = set(connection.execute(select(t.PERSON.c.id)).scalars())
    placed = standings.on(clients.requests("23-account-json")[-1].at.date())
    assert set(placed) == seen
    assert {standings.teams[one.team_id][0] for one in placed.values()} == {"Platform"}
