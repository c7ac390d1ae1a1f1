"""`/v1/metrics`, `/v1/logs`, `/v1/traces` (OTLP over HTTP) and `/v1/hooks`, as an ASGI application.

The client drops for good what it is refused with 4xx or 500, and sends again what is answered
503 (contract 2): whatever may pass is 503.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

import orjson
from google.rpc.status_pb2 import Status  # type: ignore[import-untyped] # has no stubs
from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceResponse
from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
    ExportMetricsServiceResponse,
)
from sqlalchemy import Engine

from claude_dash.clock import nanoseconds
from claude_dash.connections.senders import HOOKS as HOOKS_KIND
from claude_dash.connections.senders import Options
from claude_dash.errors import BodyRejected
from claude_dash.facts.parcels import Parcel, packed
from claude_dash.receivers import bodies
from claude_dash.receivers.bodies import BodyUnknown, Receive, Unavailable
from claude_dash.receivers.writing import Writer
from claude_dash.sources import otlp
from claude_dash.sources.hooks import Hooks
from claude_dash.sources.otlp_attributes import Encoding
from claude_dash.sources.telemetry import UNKNOWN, Telemetry, Whose
from claude_dash.store import tokens
from claude_dash.store.tokens import Target
from claude_dash.store.vault import Vault

METRICS, LOGS, TRACES, HOOKS = PATHS = ("/v1/metrics", "/v1/logs", "/v1/traces", "/v1/hooks")
_REFUSED = {
    METRICS: "metrics with a token of hooks",
    LOGS: "events, which are not counted",
    TRACES: "traces, never kept",
}
TOKENS_S = 2  # for so long a token is believed to be good, or not
LARGE_BYTES = 128 * 1024  # what is larger is read beside the others
JSON, PROTOBUF = b"application/json", b"application/x-protobuf"
_ENCODINGS: dict[bytes, Encoding] = {JSON: "json", PROTOBUF: "protobuf"}
_CODES = {400: 3, 401: 16, 403: 7, 405: 12, 413: 8, 415: 3, 503: 14}  # of google.rpc.Code
IGNORED = frozenset({UNKNOWN})  # new names come with any release: no fault of the sender


class Unauthorized(BodyRejected):
    """No token came, or one that is not good."""

    http_status = 401


class Refused(BodyRejected):
    """What is sent is not taken here, whoever sends it."""

    http_status = 403


class Receiver:
    """Takes what clients send and answers when it is durable.

    Args:
        engine: The store.
        vault: Whose keys make pseudonyms and seal identities.
        writer: Of the store's inbox.
    """

    def __init__(self, engine: Engine, vault: Vault, writer: Writer) -> None:
        self._engine = engine
        self._vault = vault
        self._key = vault.pseudonym_key
        self._writer = writer
        self._targets: Mapping[bytes, Target] = {}
        self._read_at = float("-inf")
        self._reading, self._large = asyncio.Lock(), asyncio.Lock()
        self._telemetry: dict[int, Telemetry] = {}
        self._hooks: dict[int, Hooks] = {}
        self.used: set[bytes] = set()  # digests of tokens, since somebody took them from here
        self.refused: Counter[tuple[int, str, str]] = Counter()  # by connection, kind and reason
        self.not_taken: Counter[str] = Counter()  # requests by status, for the log

    async def __call__(self, scope: Mapping[str, Any], receive: Receive, send: Any) -> None:  # noqa: ANN401 - of ASGI
        """Answer one request."""
        headers = dict(scope["headers"])
        kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        encoding = _ENCODINGS.get(kind, "json")
        path = scope["path"].removeprefix(scope.get("root_path", ""))
        extra: list[tuple[bytes, bytes]] = []
        try:
            status, body = 200, await self._take(path, scope["method"], headers, receive)
        except BodyRejected as error:
            status, body = error.http_status, _status(error.http_status, str(error), encoding)
            self.not_taken[str(status)] += 1
            if status == Unavailable.http_status:
                extra.append((b"retry-after", b"1"))
        except Exception as error:  # noqa: BLE001 - never 500: it may pass (contract 2)
            self.not_taken[f"503 ({type(error).__name__})"] += 1
            status, body = 503, _status(503, "It cannot be taken now. Send it again.", encoding)
            extra.append((b"retry-after", b"1"))
        answered = JSON if encoding == "json" else PROTOBUF
        length = str(len(body)).encode()
        head = [(b"content-type", answered), (b"content-length", length), *extra]
        await send({"type": "http.response.start", "status": status, "headers": head})
        await send({"type": "http.response.body", "body": body})

    async def _take(
        self, path: str, method: str, headers: Mapping[bytes, bytes], receive: Receive
    ) -> bytes:
        if method != "POST":
            message = "Only POST is answered here."
            raise _MethodUnknown(message)
        target = await self._target(headers)
        options = Options.load(target.options)
        if not _is_taken(path, target, options):
            await self._refuse(target, path, receive)
        kind = headers.get(b"content-type", b"").partition(b";")[0].strip().lower()
        if kind not in _ENCODINGS or (path == HOOKS and kind != JSON):
            message = "The Content-Type is not understood."
            either = "" if path == HOOKS else " or application/x-protobuf"
            raise BodyUnknown(message, f"Send application/json{either}.")
        if target.status == "paused":
            message = "The connection is paused."
            raise Unavailable(message)
        packing = headers.get(b"content-encoding", b"").strip().lower()
        body = await bodies.read(receive, packing)
        arrived = nanoseconds()
        if path == HOOKS:
            await self._writer.put(packed(self._of_hooks(target, options).parcel(body, arrived)))
            return b"{}"
        reader = self._reader(target, options)
        read = _metrics if path == METRICS else _events
        if len(body) > LARGE_BYTES:
            async with self._large:  # one at a time: it may take a hundred times its size
                parcel = await asyncio.to_thread(read, reader, body, _ENCODINGS[kind], arrived)
        else:
            parcel = read(reader, body, _ENCODINGS[kind], arrived)
        if parcel.points or parcel.rejects:
            await self._writer.put(packed(parcel))
        return _answer(path, _ENCODINGS[kind], parcel.rejects)

    async def _refuse(self, target: Target, path: str, receive: Receive) -> None:
        await bodies.read(receive, b"")  # so that the connection can be used again
        self.refused[target.connection, target.kind, _REFUSED[path]] += 1
        if target.kind == HOOKS_KIND:
            message = f"{path} is not taken with this token: it is of hooks."
            raise Refused(message, "Use a token of a connection of the kind telemetry.")
        message = f"{path} is not taken: only metrics are kept."
        raise Refused(message, "Leave this signal switched off.")

    async def _target(self, headers: Mapping[bytes, bytes]) -> Target:
        scheme, _, token = headers.get(b"authorization", b"").partition(b" ")
        if scheme.lower() != b"bearer" or not token.strip():
            message = "An ingest token is needed."
            raise Unauthorized(message, "Send Authorization: Bearer TOKEN.")
        digest = tokens.digest_of(token.strip().decode("latin-1"))
        if time.monotonic() - self._read_at > TOKENS_S:
            await self._read_tokens()
        target = self._targets.get(digest)
        if target is None:
            message = "The ingest token is not good."
            raise Unauthorized(message, "It was replaced, revoked, or never ours.")
        self.used.add(digest)
        return target

    async def _read_tokens(self) -> None:
        async with self._reading:
            if time.monotonic() - self._read_at > TOKENS_S:
                self._targets = await asyncio.to_thread(self._load)
                self._read_at = time.monotonic()

    def _load(self) -> Mapping[bytes, Target]:
        with self._engine.connect() as connection:
            return tokens.targets(connection)

    def _reader(self, target: Target, options: Options) -> Telemetry:
        whose = Whose(options.person_key, options.person)
        reader = self._telemetry.get(target.connection)
        if reader is None or reader.whose != whose:
            reader = Telemetry(target.connection, whose, self._key, self._vault.seal)
            self._telemetry[target.connection] = reader
        return reader

    def _of_hooks(self, target: Target, options: Options) -> Hooks:
        reader = self._hooks.get(target.connection)
        if reader is None or reader.person != options.person:
            reader = Hooks(target.connection, options.person, self._key, self._vault.seal)
            self._hooks[target.connection] = reader
        return reader


def _is_taken(path: str, target: Target, options: Options) -> bool:
    """Say whether something may be sent with a token: hooks with any, the rest with telemetry's."""
    if path == HOOKS:
        return True
    is_counted = path == METRICS or (path == LOGS and options.counts_events)
    return is_counted and target.kind != HOOKS_KIND


class _MethodUnknown(BodyRejected):
    """Something else than POST was asked."""

    http_status = 405


def _metrics(reader: Telemetry, body: bytes, encoding: Encoding, arrived: int) -> Parcel:
    read = otlp.metrics_of_json if encoding == "json" else otlp.metrics_of_protobuf
    return reader.parcel(read(body), encoding, arrived)


def _events(reader: Telemetry, body: bytes, encoding: Encoding, arrived: int) -> Parcel:
    read = otlp.events_of_json if encoding == "json" else otlp.events_of_protobuf
    return reader.events(read(body), encoding, arrived)


def _answer(path: str, encoding: Encoding, rejects: Mapping[str, int]) -> bytes:
    """Return the response message: empty, or how much of the request was not taken, and why."""
    rejected = sum(number for reason, number in rejects.items() if reason not in IGNORED)
    if not rejected:
        return b"{}" if encoding == "json" else b""
    why = "; ".join(sorted(reason for reason in rejects if reason not in IGNORED))
    name = "rejectedDataPoints" if path == METRICS else "rejectedLogRecords"
    if encoding == "json":
        return orjson.dumps({"partialSuccess": {name: str(rejected), "errorMessage": why}})
    made: Any = ExportMetricsServiceResponse() if path == METRICS else ExportLogsServiceResponse()
    if path == METRICS:
        made.partial_success.rejected_data_points = rejected
    else:
        made.partial_success.rejected_log_records = rejected
    made.partial_success.error_message = why
    return bytes(made.SerializeToString())


def _status(http_status: int, message: str, encoding: Encoding) -> bytes:
    """Return the `Status` message of an error."""
    code = _CODES.get(http_status, 2)
    if encoding == "json":
        return orjson.dumps({"code": code, "message": message, "details": []})
    return bytes(Status(code=code, message=message).SerializeToString())
