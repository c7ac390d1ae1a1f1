"""What the receiver answers: 401, 403, 405, 413, 415, 400, 503, never 500; and it goes on."""

import gzip
import json
import random
from copy import deepcopy
from datetime import timedelta
from typing import Any

import pytest
from google.rpc.status_pb2 import Status
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceResponse,
)
from sqlalchemy import Engine, select
from sqlalchemy.exc import OperationalError

from claude_dash.connections import senders
from claude_dash.facts import tables as t
from claude_dash.receivers import bodies, otlp
from claude_dash.receivers.receiving import Receiving
from claude_dash.sources import telemetry
from claude_dash.store import tokens
from claude_dash.store.vault import Vault
from tests import recorded_clients as clients
from tests.recorded_clients import NAME, Sending

JSON, PROTOBUF = "application/json", "application/x-protobuf"
RUN = "01-feature-json"
ODD = (None, True, -1, 0, 2**64, 10**400, 1e308, 0.5, "", "x", "9" * 400, "NaN", [], {}, [[]])


@pytest.fixture
def sending(engine: Any, settings: Any, clock: Any, monkeypatch: Any) -> Sending:
    """Return somebody who sends; tokens are looked up anew each time."""
    monkeypatch.setattr(otlp, "TOKENS_S", 0)
    return Sending(engine, settings, clock)


def _status(sending: Sending, body: bytes, path: str = "/v1/metrics", **headers: str) -> int:
    told = {"content-type": JSON} | {k.replace("_", "-"): v for k, v in headers.items()}
    with sending.client() as client:
        return int(sending.post(client, path, body, told).status_code)


def test_a_token_is_needed_and_told_in_the_senders_type(sending: Sending) -> None:
    """No token, or a wrong one, is 401 with a `Status`, in JSON or protobuf."""
    with sending.client() as client:
        said = client.post("/v1/metrics", content=b"{}", headers={"content-type": JSON})
        assert said.status_code == 401
        assert said.json()["code"] == 16
        wrong = {"content-type": PROTOBUF, "authorization": "Bearer cdash_wrong"}
        said = client.post("/v1/metrics", content=b"", headers=wrong)
    assert said.status_code == 401
    assert Status.FromString(said.content).code == 16


@pytest.mark.parametrize(
    ("body", "headers", "expected"),
    [
        (b"{}", {}, 200),
        (b"{", {}, 400),
        (b"\xff\xfe", {}, 400),
        (b'{"resourceMetrics": 5}', {}, 400),
        (b"[" * 100_000, {}, 400),
        (b'{"resourceMetrics":' + b"[" * 100_000, {}, 400),
        (b"\x0a\xff", {"content_type": PROTOBUF}, 400),
        (b"", {"content_type": PROTOBUF}, 200),
        (b"{}", {"content_type": "text/plain"}, 415),
        (b"{}", {"content_encoding": "br"}, 415),
        (b"no gzip", {"content_encoding": "gzip"}, 400),
        (gzip.compress(b"{}")[:-9], {"content_encoding": "gzip"}, 400),
        (gzip.compress(b"{}") + gzip.compress(b" "), {"content_encoding": "gzip"}, 200),
        (gzip.compress(b"0" * (bodies.MAX_BYTES + 1)), {"content_encoding": "gzip"}, 413),
        (b"0" * (bodies.MAX_SENT_BYTES + 1), {}, 413),
    ],
    ids=range(15),
)
def test_what_cannot_be_read_is_told(
    sending: Sending, body: bytes, headers: dict[str, str], expected: int
) -> None:
    """Broken, nested, packed wrongly and oversized bodies have an answer of their own."""
    assert _status(sending, body, **headers) == expected


def test_only_post_is_answered(sending: Sending) -> None:
    """Looking at the address with a browser is 405."""
    with sending.client() as client:
        assert client.get("/v1/metrics").status_code == 405


def test_traces_never_and_events_only_where_wanted(sending: Sending, engine: Any) -> None:
    """Traces are refused always, events until they are switched on; both are counted."""
    assert _status(sending, b"{}", "/v1/traces") == 403
    assert _status(sending, b"{}", "/v1/logs") == 403
    senders.change(engine, NAME, counts_events=True)
    assert _status(sending, b"{}", "/v1/logs") == 200
    assert _status(sending, b"{}", "/v1/traces") == 403


def test_what_was_refused_is_kept_until_it_can_be_written(
    engine: Engine, settings: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """While the store is away nothing of what was refused is forgotten, nor which tokens came."""
    made = Receiving(engine, Vault(settings), is_counting=False)
    token = senders.add(engine, "telemetry", NAME, senders.Options()).token
    made.receiver.refused[1, "telemetry", "traces, never kept"] = 3
    made.receiver.used.add(tokens.digest_of(token))

    def fail(*_: object) -> None:
        message = "away"
        raise OperationalError(message, {}, OSError(message))

    with monkeypatch.context() as away:
        away.setattr("claude_dash.receivers.receiving.count_aside", fail)
        made._try_note()
    made.start()
    made.stop()  # it tries once more
    with engine.connect() as connection:
        assert connection.execute(select(t.REJECT.c.records)).scalars().all() == [3]
        assert connection.execute(select(t.INGEST_TOKEN.c.used_at)).scalar() is not None


def test_a_rotated_token_is_good_for_the_overlap(sending: Sending, engine: Any, clock: Any) -> None:
    """The old token works until the overlap ends, the new one at once; revoked, none does."""
    new = senders.rotate(engine, NAME, timedelta(hours=2)).token
    assert _status(sending, b"{}") == 200
    assert _status(sending, b"{}", authorization=f"Bearer {new}") == 200
    clock.advance(hours=3)
    assert _status(sending, b"{}") == 401
    assert _status(sending, b"{}", authorization=f"Bearer {new}") == 200
    senders.revoke(engine, NAME)
    assert _status(sending, b"{}", authorization=f"Bearer {new}") == 401


def test_tokens_are_kept_as_hashes(sending: Sending, engine: Any) -> None:
    """What is stored of a token is its hash and its last characters."""
    with engine.connect() as connection:
        rows = connection.execute(select(t.INGEST_TOKEN)).all()
    assert sending.token not in repr(rows)
    assert sending.token.encode() not in b"".join(bytes(row.digest) for row in rows)


def test_a_store_that_cannot_be_written_is_503(sending: Sending, monkeypatch: Any) -> None:
    """While the store is away the sender is asked to come again, and nothing is acknowledged."""

    def fail(*_: object) -> None:
        message = "away"
        raise OperationalError(message, {}, OSError(message))

    monkeypatch.setattr("claude_dash.store.inbox.Inbox.put", fail)
    one = clients.requests(RUN)[0]
    with sending.client() as client:
        said = sending.post(client, one.path, one.body, one.headers)
    assert said.status_code == 503
    assert said.headers["retry-after"] == "1"


def test_points_that_cannot_be_counted_are_a_partial_success(sending: Sending) -> None:
    """A point without a number is left out and told; the others of its request count."""
    one = clients.requests(RUN)[0]
    body = json.loads(one.body)
    metric = body["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][0]
    metric["sum"]["dataPoints"][0]["asDouble"] = "NaN"
    with sending.client() as client:
        said = sending.post(client, one.path, json.dumps(body).encode(), one.headers)
    assert said.status_code == 200
    assert said.json()["partialSuccess"]["rejectedDataPoints"] == "1"


@pytest.mark.parametrize("time", ["9" * 40, -1, "soon", 2**63, 1.5e300, None])
def test_a_time_that_is_none_is_a_partial_success(sending: Sending, time: Any) -> None:
    """A point whose time is no time is left out; it does not make the client send again."""
    one = clients.requests(RUN)[0]
    body = json.loads(one.body)
    metric = body["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][0]
    metric["sum"]["dataPoints"][0] |= {"timeUnixNano": time, "startTimeUnixNano": time}
    with sending.client() as client:
        said = sending.post(client, one.path, json.dumps(body).encode(), one.headers)
    assert said.status_code == 200
    assert said.json()["partialSuccess"]["rejectedDataPoints"] == "1"


def test_a_partial_success_in_protobuf() -> None:
    """The answer is a message in the request's own type."""
    said = otlp._answer("/v1/metrics", "protobuf", {"value: not a number": 2})
    assert ExportMetricsServiceResponse.FromString(said).partial_success.rejected_data_points == 2


def test_ten_thousand_bad_bodies_and_a_good_one(sending: Sending, engine: Any) -> None:
    """Mutations of real bodies are answered with 200, 400 or 413; then a good one is counted."""
    chance = random.Random(5)
    recorded = clients.requests()
    with sending.client() as client:
        for _ in range(10_000):
            one = chance.choice(recorded)
            answer = sending.post(client, one.path, _broken(one.body, chance), one.headers)
            assert answer.status_code in {200, 400, 413, 503}, answer.text
        good = clients.requests("02-mcp-json")
        for one in good:
            sending.clock.at(one.at)
            assert sending.post(client, one.path, one.body, one.headers).status_code == 200
    sending.count()
    assert clients.totals(engine)["cost.usage"] > 0


def _broken(body: bytes, chance: random.Random) -> bytes:
    made = bytearray(body)
    match chance.randrange(5):
        case 4:
            return _warped(body, chance)
        case 0:
            for _ in range(chance.randint(1, 30)):
                made[chance.randrange(len(made))] = chance.randrange(256)
        case 1:
            del made[chance.randrange(len(made)) :]
        case 2:
            at = chance.randrange(len(made))
            made[at:at] = chance.randbytes(chance.randint(1, 60))
        case _:
            start = chance.randrange(len(made))
            made[start : start + chance.randint(1, 200)] = b""
    return bytes(made)


def _warped(body: bytes, chance: random.Random) -> bytes:
    """Return JSON in which some values are others; what is no JSON stays as it is."""
    try:
        made = json.loads(body)
    except ValueError:
        return body
    for _ in range(chance.randint(1, 3)):
        at: Any = made
        while isinstance(at, dict | list) and at:
            key = chance.choice(list(at)) if isinstance(at, dict) else chance.randrange(len(at))
            if not isinstance(at[key], dict | list) or chance.random() < 1 / 8:
                at[key] = deepcopy(chance.choice(ODD))
                break
            at = at[key]
    return json.dumps(made).encode()


def test_half_a_character_does_not_cost_the_batch(sending: Sending, engine: Any) -> None:
    """Clients cut texts anywhere: what stands beside such a text counts, whole ones as sent."""
    one = clients.requests(RUN)[-1]
    text = one.body.replace(b'"claude-sonnet', b'"\\ud83d\\ude00 claude-sonnet')
    body = json.loads(text)
    for cut in ("\ud83d", "\ude00 cut", "\ud83d\ud83d\ude00", "\\\ud83d"):
        told = {"key": "prompt", "value": {"stringValue": cut}}
        body["resourceMetrics"][0]["resource"]["attributes"].append(told)
    sending.clock.at(one.at)
    assert _status(sending, json.dumps(body).encode()) == 200
    sending.count()
    with engine.connect() as connection:
        models = set(connection.execute(select(t.CLIENT_MODEL_DAY.c.model)).scalars())
    assert models == {"\U0001f600 claude-sonnet-4-5"}


def test_series_are_told_apart_when_those_that_were_met_are_forgotten(
    sending: Sending, engine: Any, monkeypatch: Any
) -> None:
    """A body with more series than are remembered counts each under its own name."""
    monkeypatch.setattr(telemetry, "MAX_KNOWN", 3)
    sending.send(clients.requests(RUN))
    found = clients.totals(engine)
    found.pop("sessions_with_activity")
    assert found == clients.expected(clients.INDEX["runs"][RUN]["totals"])


def test_a_value_beyond_measure_is_left_out(sending: Sending) -> None:
    """A point of more than any client can use is told as rejected, and holds up nothing."""
    one = clients.requests(RUN)[0]
    body = json.loads(one.body)
    metric = body["resourceMetrics"][0]["scopeMetrics"][0]["metrics"][0]
    metric["sum"]["dataPoints"][0]["asDouble"] = 1e15
    with sending.client() as client:
        said = sending.post(client, one.path, json.dumps(body).encode(), one.headers)
    assert said.status_code == 200
    assert said.json()["partialSuccess"]["rejectedDataPoints"] == "1"
