"""Exporters of OpenTelemetry's own SDK send to `claude-dash receive`: facts are what was recorded.

Both encodings and both temporalities, packed with gzip: a counter that goes on over two exports,
one that ends after the first, one that begins before the last, which the shutdown sends.
"""

import time
from typing import Any, NamedTuple

import pytest
from opentelemetry._logs import LogRecord
from opentelemetry.exporter.otlp.common.http import Compression as JsonCompression
from opentelemetry.exporter.otlp.json.http._log_exporter import OTLPLogExporter as JsonEvents
from opentelemetry.exporter.otlp.json.http.metric_exporter import OTLPMetricExporter as JsonMetrics
from opentelemetry.exporter.otlp.proto.http import Compression
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import BatchLogRecordProcessor
from opentelemetry.sdk.metrics import Counter, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from sqlalchemy import Engine, Table, select

from claude_dash.config import Settings
from claude_dash.connections import senders
from claude_dash.facts import tables as t
from tests.receiving import receiving

pytestmark = pytest.mark.real_clock
PROMPT = "CANARY-PROMPT-1"
SCOPE = "com.anthropic.claude_code"
RESOURCE = {"service.name": "claude-code", "service.version": "2.1.329", "department": "research"}
CLIENT = {
    "user.id": "0f" * 32,
    "user.email": "person-1@example.com",
    "organization.id": "00000000-0000-4000-8000-000000000001",
    "session.id": "11111111-1111-4111-8111-111111111111",
    "terminal.type": "vscode",
}
SONNET, HAIKU = "claude-sonnet-4-5", "claude-haiku-4-5"
EVENTS = (
    {"event.name": "user_prompt", "prompt": PROMPT, "prompt_length": "15"},
    {"event.name": "api_request", "model": SONNET, "input_tokens": 12, "cost_usd": 0.25},
    {"event.name": "api_request", "model": HAIKU, "input_tokens": 1, "cost_usd": 0.01},
)
MEASURES = (
    "input_tokens",
    "output_tokens",
    "cache_read_tokens",
    "cache_write_tokens",
    "cost_estimated",
    "requests",
)
ACTIVITY = (
    "sessions", "lines_added", "lines_removed", "commits", "pull_requests", "active_ms"
)  # fmt: skip
DECISIONS = ("suggestions_accepted", "suggestions_rejected")
EXPECTED = (
    [(HAIKU, 7, 0, 0, 0, 1_000_000, 1), (SONNET, 1203, 45, 100_000, 2_000, 350_267_000, 1)],
    [("vscode", 1, 22, 3, 1, 1, 2_500)],
    [("Edit", "config", 2, 0), ("Write", "user_reject", 0, 1)],
    [("skill", "review"), ("tool", "Edit"), ("tool", "Write")],
    [("api_request", 2), ("user_prompt", 1)],
    [("name or type: not known",)],
)


class Way(NamedTuple):
    """How somebody exports."""

    encoding: str
    temporality: AggregationTemporality

    @property
    def name(self) -> str:
        """Return the name of its connection."""
        return f"{self.encoding} {self.temporality.name}"


WAYS = [
    Way(encoding, temporality)
    for encoding in ("protobuf", "json")
    for temporality in (AggregationTemporality.DELTA, AggregationTemporality.CUMULATIVE)
]


def record(provider: MeterProvider, exports: int) -> None:
    """Count what a client does before one of its exports."""
    meter = provider.get_meter(SCOPE, "2.1.329")
    counters = {
        name: meter.create_counter(f"claude_code.{name}", unit)
        for name, unit in (
            ("session.count", ""),
            ("token.usage", "tokens"),
            ("cost.usage", "USD"),
            ("lines_of_code.count", ""),
            ("commit.count", ""),
            ("pull_request.count", ""),
            ("active_time.total", "s"),
            ("code_edit_tool.decision", ""),
            ("not.yet.known", ""),
        )
    }

    def add(counter: str, amount: float, **attributes: str) -> None:
        dotted = {key.replace("__", "."): value for key, value in attributes.items()}
        counters[counter].add(amount, {**CLIENT, **dotted})

    if exports == 0:
        add("session.count", 1, start_type="fresh")
        add("token.usage", 1200, type="input", model=SONNET)
        add("token.usage", 45, type="output", model=SONNET)
        add("token.usage", 100_000, type="cacheRead", model=SONNET)
        add("token.usage", 0, type="cacheRead", model=HAIKU)
        add("cost.usage", 0.10026600000000001, model=SONNET)
        add("lines_of_code.count", 20, type="added", model=SONNET)
        add("code_edit_tool.decision", 1, tool_name="Edit", decision="accept", source="config")
        add("active_time.total", 0.5, type="user")
    elif exports == 1:
        add("token.usage", 3, type="input", model=SONNET)
        add("token.usage", 2_000, type="cacheCreation", model=SONNET)
        add("cost.usage", 0.250001, model=SONNET)
        add("lines_of_code.count", 2, type="added", model=SONNET)
        add("lines_of_code.count", 3, type="removed", model=SONNET)
        add("code_edit_tool.decision", 1, tool_name="Edit", decision="accept", source="config")
        add("active_time.total", 2, type="user")
        add("not.yet.known", 5, prompt=PROMPT)
    else:
        add("token.usage", 7, type="input", model=HAIKU, skill__name="review")
        add("cost.usage", 0.001, model=HAIKU)
        add("commit.count", 1)
        add("pull_request.count", 1)
        add(
            "code_edit_tool.decision", 1, tool_name="Write", decision="reject", source="user_reject"
        )


def send(url: str, token: str, way: Way) -> None:
    """Do what a client does: two exports, and what is left when it ends."""
    where: dict[str, Any] = {"headers": {"authorization": f"Bearer {token}"}}
    preferred: dict[type, AggregationTemporality] = {Counter: way.temporality}
    metrics, events = f"{url}/v1/metrics", f"{url}/v1/logs"
    if way.encoding == "json":
        where["compression"] = JsonCompression.GZIP
        exporter: Any = JsonMetrics(metrics, preferred_temporality=preferred, **where)
        teller: Any = JsonEvents(events, **where)
    else:
        where["compression"] = Compression.Gzip
        exporter = OTLPMetricExporter(metrics, preferred_temporality=preferred, **where)
        teller = OTLPLogExporter(events, **where)
    reader = PeriodicExportingMetricReader(exporter, export_interval_millis=3_600_000)
    provider = MeterProvider([reader], Resource(RESOURCE))
    logs = LoggerProvider(Resource(RESOURCE))
    logs.add_log_record_processor(BatchLogRecordProcessor(teller))
    logger = logs.get_logger(f"{SCOPE}.events")
    for event in EVENTS:
        told = LogRecord(
            timestamp=time.time_ns(),
            body=f"claude_code.{event['event.name']}",
            attributes={**CLIENT, **event},
        )
        logger.emit(told)
    for exports in range(2):
        record(provider, exports)
        assert provider.force_flush()
    record(provider, 2)
    provider.shutdown()
    logs.shutdown()


def kept(engine: Engine, name: str) -> tuple[Any, ...]:
    """Return what a connection was told, whoever told it on whichever day."""
    with engine.connect() as connection:
        number = connection.execute(
            select(t.CONNECTION.c.id).where(t.CONNECTION.c.name == name)
        ).scalar_one()

        def rows(table: Table, *names: str) -> list[tuple[Any, ...]]:
            query = select(*(table.c[one] for one in names))
            found = connection.execute(query.where(table.c.connection_id == number))
            return sorted(map(tuple, found))

        return (
            rows(t.CLIENT_MODEL_DAY, "model", *MEASURES),
            rows(t.CLIENT_DAY, "terminal_type", *ACTIVITY),
            rows(t.CLIENT_TOOL_DAY, "tool", "decided_by", *DECISIONS),
            rows(t.FEATURE_DAY, "kind", "feature"),
            rows(t.EVENT_DAY, "event", "number"),
            sorted(set(rows(t.REJECT, "reason"))),
        )


def test_facts_are_what_was_recorded(engine: Engine, settings: Settings) -> None:
    """Whichever encoding and temporality, to the token and the nanodollar; no content is kept."""
    options = senders.Options(counts_events=True)
    tokens = {way: senders.add(engine, "telemetry", way.name, options).token for way in WAYS}
    with receiving() as receiver:
        for way, token in tokens.items():
            send(receiver.url, token, way)
    assert PROMPT.encode() not in receiver.said
    assert b"warning" not in receiver.said.lower()
    found = {way.name: kept(engine, way.name) for way in WAYS}
    assert found == dict.fromkeys(found, EXPECTED)
    files = [one for one in settings.data_dir.iterdir() if one.is_file()]
    assert not [one.name for one in files if PROMPT.encode() in one.read_bytes()]
