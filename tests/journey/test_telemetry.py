"""Recorded clients send to a receiver: facts are what the clients counted, however it arrives."""

import random
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from claude_dash.facts import tables as t
from claude_dash.store.engine import migrate, open_store
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
