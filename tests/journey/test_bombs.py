"""Bodies made to break a receiver: each has an answer, none fills the memory, the next counts."""

import gzip
import json
import struct
import zlib
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, func, select

from claude_dash.clock import now
from claude_dash.connections import senders
from claude_dash.facts import tables as t
from tests.receiving import receiving

pytestmark = pytest.mark.real_clock
JSON, PROTOBUF = "application/json", "application/x-protobuf"
NAME = b"claude_code.token.usage"
FULL_BYTES = 4 * 2**20 - 1_000  # nearly as much as is read of a body
DEEP = 100_000
PEAK_BYTES = 2**30  # a body may take a hundred times its size, and the program has its own
VALUES: tuple[Any, ...] = (
    "NaN", "Infinity", "-Infinity", -1, True, "", "x", "1e400", 1e308, 10**400, [], {}, None
)  # fmt: skip
TIMES: tuple[Any, ...] = (0, -1, "0", 2**63, 2**64, "9" * 5_000, 10**30, True, None, "x", 1.5)
FLOATS = (float("nan"), float("inf"), float("-inf"), -1.0, 1e308, -0.0)


def json_of(*points: Any) -> bytes:
    """Return a request of JSON with points: the usual one, but for what is given."""
    usual = {
        "attributes": [
            {"key": name, "value": {"stringValue": value}}
            for name, value in (("user.id", "one"), ("type", "input"), ("model", "a"))
        ],
        "timeUnixNano": str(int(now().timestamp()) * 10**9),
    }
    made = {"aggregationTemporality": 1, "dataPoints": [{**usual, **one} for one in points]}
    metric = {"name": NAME.decode(), "sum": made}
    return json.dumps({"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]}).encode()


def around(text: bytes) -> bytes:
    """Return a request of JSON whose points are a text."""
    return json_of({"Q": 1}).partition(b'{"attributes"')[0] + text + b"]}}]}]}]}"


def field(number: int, of: bytes) -> bytes:
    """Return a field of protobuf that is bytes or a message."""
    return varint(number << 3 | 2) + varint(len(of)) + of


def varint(number: int) -> bytes:
    """Return a number as protobuf writes it."""
    made = bytearray()
    while number > 0x7F:
        made.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*made, number])


def protobuf_of(points: bytes) -> bytes:
    """Return a request of protobuf with points."""
    return field(1, field(2, field(2, field(1, NAME) + field(7, points + b"\x10\x01"))))


def point(value: float, attributes: bytes = b"") -> bytes:
    """Return a point of protobuf; what is added to its attributes is their end."""
    pairs = ((b"user.id", b"one"), (b"type", b"input"))
    usual = b"".join(field(7, field(1, key) + field(2, field(1, text))) for key, text in pairs)
    at = struct.pack("<Q", int(now().timestamp()) * 10**9)
    return field(1, usual + attributes + b"\x19" + at + b"\x21" + struct.pack("<d", value))


def nested(depth: int) -> bytes:
    """Return an attribute of protobuf that is a list in a list in a list."""
    made = field(1, b"x")
    for _ in range(depth):
        made = field(5, field(1, made))
    return field(7, field(1, b"model") + field(2, made))


def bodies() -> list[tuple[str, str, bytes]]:
    """Return types, packings and bodies."""
    pairs = [{"key": f"k{n}", "value": {"stringValue": "v"}} for n in range(10_000)]
    many = b",".join([b"{}"] * (FULL_BYTES // 3))
    long = {"attributes": [{"key": "x", "value": {"stringValue": "x" * FULL_BYTES}}]}
    of_json = [
        b'{"resourceMetrics":null}',
        b'{"resourceMetrics":[{"resource":null,"scopeMetrics":[{"metrics":[{"sum":null}]}]}]}',
        b'{"resourceMetrics":[' + many + b"]}",
        around(many),
        around(b'{"asDouble":' + b"9" * FULL_BYTES + b"}"),
        around(b'{"attributes":' + b"[" * DEEP + b"]" * DEEP + b"}"),
        around(b'{"attributes":' + b'[{"value":{"arrayValue":{"values":' * DEEP),
        b'{"unknown":' + b'{"a":' * DEEP + b"1" + b"}" * DEEP + b"}",
        json_of({"attributes": pairs}),
        json_of({"asDouble": float("nan")}),
        protobuf_of(point(1)),
        *([json_of(long)] * 3),
        *(json_of({name: value}) for name in ("asDouble", "asInt") for value in VALUES),
        *(json_of({"startTimeUnixNano": at, "timeUnixNano": at, "asInt": "1"}) for at in TIMES),
    ]
    of_protobuf = [
        b"{}",
        b"\x0a\x7f\x00",
        b"\x0a" + b"\xff" * 9 + b"\x01",
        b"\x08" + b"\xff" * 11 + b"\x01",
        b"\x0b" * DEEP,
        b"\x00" * 100,
        field(1, b"") * (FULL_BYTES // 2),
        protobuf_of(point(1, nested(2_000))),
        protobuf_of(point(1, field(7, field(1, b"\xff\xfe")))),
        protobuf_of(point(1, field(7, b"\xff\xff\xff"))),
        protobuf_of(point(1, field(7, field(1, b"k")) * DEEP)),
        *(protobuf_of(point(value)) for value in FLOATS),
    ]
    packed = [
        ("gzip", gzip.compress(b"0" * 2**26)),
        ("gzip", gzip.compress(gzip.compress(b"0" * 2**24))),
        ("gzip", gzip.compress(b"") * (FULL_BYTES // 20)),
        ("gzip", gzip.compress(b" " * 10**6) * 60),
        ("gzip", gzip.compress(b"{}")[:-8] + bytes(8)),
        ("gzip", gzip.compress(b"{}") + b"more"),
        ("gzip", zlib.compress(b"{}")),
        ("gzip, gzip", gzip.compress(gzip.compress(b"{}"))),
        ("deflate", zlib.compress(b"{}")),
    ]
    return [
        *((JSON, "", one) for one in of_json),
        *((PROTOBUF, "", one) for one in of_protobuf),
        *((JSON, packing, one) for packing, one in packed),
    ]


def test_each_has_an_answer_and_the_next_batch_counts(engine: Engine) -> None:
    """200, 400, 413 or 415, whatever comes; memory is bounded, and so are the figures."""
    token = senders.add(engine, "telemetry", "Clients", senders.Options()).token
    sent = {"authorization": f"Bearer {token}"}
    with receiving() as receiver, httpx.Client(base_url=receiver.url, timeout=60) as client:

        def status(kind: str, packing: str, body: bytes) -> int:
            told = {**sent, "content-type": kind}
            told |= {"content-encoding": packing} if packing else {}
            return client.post("/v1/metrics", content=body, headers=told).status_code

        for number, (kind, packing, body) in enumerate(bodies()):
            assert status(kind, packing, body) in {200, 400, 413, 415}, number
        good = json_of({"asDouble": 5.0, "startTimeUnixNano": "1"})
        assert status(JSON, "", good) == 200
        peak = receiver.peak_bytes
    assert peak is None or peak < PEAK_BYTES
    assert b"Traceback" not in receiver.said
    with engine.connect() as connection:
        (counted,) = connection.execute(select(func.sum(t.CLIENT_MODEL_DAY.c.input_tokens))).one()
    assert counted == 1 + 5  # the one with a great many attributes is fine, and so is the last
