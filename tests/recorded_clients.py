"""Recorded traffic of real clients, and how it is sent to a receiver.

The recordings are `tests/recordings`: one file a request, and `index.json` with
headers, arrival times and what the clients of each run counted. People and accounts are invented.
"""

import json
import threading
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import uvicorn
from sqlalchemy import Engine, select

from claude_dash.connections import senders
from claude_dash.facts import tables as t
from claude_dash.ingest.arrivals import take_all
from claude_dash.receivers.alone import make_app
from claude_dash.store.inbox import Inbox
from claude_dash.store.vault import Vault

PAYLOADS = Path(__file__).parent / "recordings"
INDEX: dict[str, Any] = json.loads((PAYLOADS / "index.json").read_text())
NAME = "Clients"


@dataclass(frozen=True)
class Recorded:
    """One request as a client sent it."""

    run: str
    path: str
    headers: dict[str, str]
    body: bytes
    at: datetime


def requests(run: str = "") -> list[Recorded]:
    """Return the recorded requests with metrics, of one run or of all, in their order."""
    return [_recorded(one) for one in INDEX["requests"] if _is_wanted(one, run, "/v1/metrics")]


def events(run: str) -> list[Recorded]:
    """Return the recorded requests with events of a run."""
    return [_recorded(one) for one in INDEX["requests"] if _is_wanted(one, run, "/v1/logs")]


def hooks(run: str) -> list[Recorded]:
    """Return the recorded hook events of a run."""
    lines = map(json.loads, (PAYLOADS / "hooks" / f"{run}.jsonl").read_text().splitlines())
    headers = {"content-type": "application/json"}
    return [
        Recorded(run, "/v1/hooks", headers, one["body"].encode(),
                 datetime.fromtimestamp(one["received_at"], UTC))
        for one in lines
    ]  # fmt: skip


def _is_wanted(one: dict[str, Any], run: str, path: str) -> bool:
    return str(one["file"]).startswith(run) and one["path"] == path


def _recorded(one: dict[str, Any]) -> Recorded:
    run, _, _ = one["file"].rpartition("-")
    body = (PAYLOADS / one["file"]).read_bytes()
    at = datetime.fromtimestamp(one["received_at"], UTC)
    return Recorded(run.rpartition("-")[0], one["path"], one["headers"], body, at)


@contextmanager
def receiver(engine: Engine, vault: Vault, settings: Any) -> Iterator[httpx.Client]:
    """Yield a client of a receiver that has just begun, on a port of loopback."""
    app = make_app(engine, vault, settings, is_counting=False)
    server = uvicorn.Server(uvicorn.Config(app, port=0, log_config=None, access_log=False))
    thread = threading.Thread(target=server.run, daemon=True)
    thread.start()
    while not server.started:
        thread.join(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    try:
        with httpx.Client(base_url=f"http://127.0.0.1:{port}") as client:
            yield client
    finally:
        server.should_exit = True
        thread.join()


class Sending:
    """Sends to a receiver over a store, and counts what arrived."""

    def __init__(self, engine: Engine, settings: Any, clock: Any, **options: Any) -> None:
        self.engine, self.settings, self.clock = engine, settings, clock
        self.vault = Vault(settings)
        clock.at(datetime(2026, 11, 21, tzinfo=UTC))
        self.token = senders.add(engine, "telemetry", NAME, senders.Options(**options)).token

    def send(self, recorded: Iterable[Recorded], *, counts_each: bool = False) -> None:
        """Send requests at the times of their recording; everything has to be taken."""
        with self.client() as client:
            for one in recorded:
                self.clock.at(one.at)
                answer = self.post(client, one.path, one.body, one.headers)
                assert answer.status_code == 200, answer.text
                assert answer.content in {b"", b"{}"}
                if counts_each:
                    self.count()
        self.count()

    @contextmanager
    def client(self) -> Iterator[httpx.Client]:
        """Yield a client of a receiver that has just begun, on a port of loopback."""
        with receiver(self.engine, self.vault, self.settings) as client:
            yield client

    def post(self, client: httpx.Client, path: str, body: bytes, headers: dict[str, str]) -> Any:
        """Send one request with the token."""
        told = {"authorization": f"Bearer {self.token}", **headers}
        return client.post(path, content=body, headers=told)

    def count(self) -> None:
        """Count what waits."""
        inbox = Inbox(self.engine)
        take_all(self.engine, self.vault, inbox, wait=True)
        inbox.close()


def facts(engine: Engine) -> dict[str, list[tuple[Any, ...]]]:
    """Return everything that is kept of what clients did, by table."""
    tables = (t.CLIENT_DAY, t.CLIENT_MODEL_DAY, t.CLIENT_TOOL_DAY, t.FEATURE_DAY)
    with engine.connect() as connection:
        setup = {row.id: tuple(row)[1:] for row in connection.execute(select(t.CLIENT_SETUP))}
        return {
            table.name: sorted(
                (
                    tuple(setup[v] if k == "setup" else v for k, v in row._mapping.items())
                    for row in connection.execute(select(table))
                ),
                key=repr,
            )
            for table in tables
        }


def totals(engine: Engine) -> dict[str, float]:
    """Return what clients did, under the names of the recordings' truth."""
    made: dict[str, float] = {}

    def add(name: str, value: float | None) -> None:
        made[name] = made.get(name, 0) + (value or 0)

    with engine.connect() as connection:
        for row in connection.execute(select(t.CLIENT_DAY)):
            add("sessions_with_activity", row.sessions)
            add("lines_of_code.count{added}", row.lines_added)
            add("lines_of_code.count{removed}", row.lines_removed)
            add("commit.count", row.commits)
            add("pull_request.count", row.pull_requests)
            add("active_ms", row.active_ms)
        for row in connection.execute(select(t.CLIENT_MODEL_DAY)):
            add("token.usage{input}", row.input_tokens)
            add("token.usage{output}", row.output_tokens)
            add("token.usage{cacheRead}", row.cache_read_tokens)
            add("token.usage{cacheCreation}", row.cache_write_tokens)
            add("cost.usage", row.cost_estimated)
        for row in connection.execute(select(t.CLIENT_TOOL_DAY)):
            add("code_edit_tool.decision{accept}", row.suggestions_accepted)
            add("code_edit_tool.decision{reject}", row.suggestions_rejected)
    return {name: value for name, value in made.items() if value}


def expected(told: dict[str, float]) -> dict[str, float]:
    """Return the truth of a recording in the units of facts, but for what is not counted."""
    made = {
        name: round(value * 10**9) if name == "cost.usage" else round(value)
        for name, value in told.items()
        if not name.startswith(("session.count", "active_time"))
    }
    active = [round(v * 1000) for name, v in told.items() if name.startswith("active_time")]
    return {name: value for name, value in {**made, "active_ms": sum(active)}.items() if value}
