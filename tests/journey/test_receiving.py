"""`kill -9` while clients send: what was acknowledged is counted, once, on both stores."""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from socket import socket
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, func, select

from claude_dash.config import PREFIX, settings
from claude_dash.connections import senders
from claude_dash.facts import tables as t
from claude_dash.store.engine import migrate, open_store
from tests.postgres import postgres_server, postgres_url  # noqa: F401 - fixtures

SENDERS, KILLS, TOGETHER = 4, 10, 150
START_S = 30
pytestmark = pytest.mark.real_clock


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: Any, monkeypatch: Any) -> Iterator[Engine]:
    """Yield an empty store of each kind, the one that commands use."""
    if request.param == "postgresql":
        monkeypatch.setenv(f"{PREFIX}DATABASE_URL", request.getfixturevalue("postgres_url"))
        settings.cache_clear()
    engine = open_store(settings().url)
    migrate(engine)
    yield engine
    engine.dispose()


class Receive:
    """`claude-dash receive` over the store, and clients that send until they are acknowledged."""

    def __init__(self, engine: Engine) -> None:
        self._token = senders.add(engine, "telemetry", "Clients", senders.Options()).token
        self._began_ns = time.time_ns() - 3600 * 10**9
        with socket() as free:
            free.bind(("127.0.0.1", 0))
            self._port = free.getsockname()[1]
        self.start()

    def start(self) -> None:
        """Start it and wait until it is ready."""
        command = [sys.executable, "-m", "claude_dash", "receive", "--port", str(self._port)]
        self.process = subprocess.Popen(
            command, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True
        )
        with self._client() as client:
            assert client.get("/readyz").status_code == 200

    def child(self, but: int = 0) -> int:
        """Wait for the process that counts, another one than `but`; return its number."""
        while True:
            listed = subprocess.run(
                ("ps", "-A", "-o", "pid=,ppid="),  # noqa: S607 - wherever the machine has it
                capture_output=True,
                text=True,
                check=True,
            )
            pairs = (line.split() for line in listed.stdout.splitlines())
            for pid, parent in pairs:
                if int(parent) == self.process.pid and int(pid) != but:
                    return int(pid)

    def end(self, number: int) -> str:
        """Send it a signal; return what it logged, once both of its processes have ended."""
        self.process.send_signal(number)
        logged = self.process.communicate()[1]  # both hold the other end
        return str(logged)

    def send(self, batches: range) -> None:
        """Send batches of one commit each, again and again until each is acknowledged."""
        with self._client() as client:
            for number in batches:
                while not self._is_taken(client, number):
                    pass

    def refused(self) -> int:
        """Send something without a token; return the answer's status."""
        with self._client() as client:
            return client.post("/v1/metrics").status_code

    def _client(self) -> httpx.Client:
        transport = httpx.HTTPTransport(retries=8)  # with pauses, while nobody listens
        url = f"http://127.0.0.1:{self._port}"
        return httpx.Client(base_url=url, transport=transport, timeout=START_S)

    def _is_taken(self, client: httpx.Client, number: int) -> bool:
        headers = {
            "authorization": f"Bearer {self._token}",
            "content-type": "application/json",
        }
        try:
            said = client.post("/v1/metrics", content=self._body(number), headers=headers)
        except httpx.TransportError:
            return False
        return said.status_code == 200

    def _body(self, number: int) -> bytes:
        at = str(self._began_ns + number)
        address = {
            "key": "user.email",
            "value": {"stringValue": f"person-{number % 9}@example.com"},
        }
        point = {
            "startTimeUnixNano": at, "timeUnixNano": at, "asInt": "1", "attributes": [address],
        }  # fmt: skip
        total = {"aggregationTemporality": 1, "dataPoints": [point]}
        metric = {"name": "claude_code.commit.count", "sum": total}
        return json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]}).encode()


def commits(engine: Engine) -> int:
    """Return how many commits were counted, one for each batch."""
    with engine.connect() as connection:
        return int(connection.execute(select(func.sum(t.CLIENT_DAY.c.commits))).scalar() or 0)


@pytest.mark.parametrize("store", ["postgresql"], indirect=True)
def test_a_kill_loses_nothing_and_doubles_nothing(store: Engine) -> None:
    """Counting is started again when it is killed, ends with whoever receives, and counts once."""
    receive = Receive(store)
    first = receive.child()
    receive.send(range(20))
    os.kill(first, signal.SIGKILL)
    receive.send(range(20, 40))
    receive.child(but=first)
    receive.send(range(40, 60))
    assert "is started again" in receive.end(signal.SIGKILL)
    receive.start()
    receive.send(range(80))
    for _ in range(5):
        assert receive.refused() == 401
    told = [line for line in receive.end(signal.SIGTERM).splitlines() if "not taken" in line]
    assert 1 <= len(told) <= 2  # what came in the first second, and at the end the rest
    assert sum(int(line.rpartition(": ")[2].removesuffix(" x 401")) for line in told) == 5
    assert commits(store) == 80


@pytest.mark.load
@pytest.mark.parametrize("store", ["sqlite"], indirect=True)
def test_ten_kills_during_the_load(store: Engine) -> None:
    """Whoever is killed, receiver or counting, each acknowledged batch is counted once."""
    receive, chance = Receive(store), random.Random(7)
    is_over, sent = threading.Event(), [0] * SENDERS

    def send(sender: int) -> None:
        while not is_over.is_set():
            first = (sent[sender] * SENDERS + sender) * TOGETHER
            receive.send(range(first, first + TOGETHER))
            sent[sender] += 1

    with ThreadPoolExecutor(SENDERS) as pool:
        done = [pool.submit(send, sender) for sender in range(SENDERS)]
        for kill in range(KILLS):
            child = receive.child()
            is_over.wait(chance.random())
            if kill % 3 == 0:
                os.kill(child, signal.SIGKILL)
                receive.child(but=child)
            else:
                receive.end(signal.SIGKILL)
                receive.start()
        is_over.set()
        for one in done:
            one.result()
    receive.end(signal.SIGTERM)
    assert commits(store) == sum(sent) * TOGETHER
