"""Bodies of OTLP/HTTP to data points: JSON and protobuf, with attributes left as they came.

Source: OpenTelemetry Protocol 1.9, ExportMetricsServiceRequest and ExportLogsServiceRequest.
Attributes are many and repeat from one export to the next: they stay bytes here, so that whoever
has met them before need not read them again.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, Generic, NamedTuple, TypeVar

import msgspec
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError
from opentelemetry.proto.collector.logs.v1 import logs_service_pb2
from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2
from opentelemetry.proto.common.v1 import common_pb2
from opentelemetry.proto.logs.v1 import logs_pb2
from opentelemetry.proto.metrics.v1 import metrics_pb2
from opentelemetry.proto.resource.v1 import resource_pb2

from claude_dash.errors import BodyRejected
from claude_dash.sources.otlp_attributes import Unread
from claude_dash.sources.texts import mended

DELTA, CUMULATIVE = 1, 2
MOST = 2**63
NO_VALUE = 1  # flag of a point that says that there is none
_Item = TypeVar("_Item")
_Request = TypeVar("_Request")


class RawPoint(NamedTuple):
    """A data point as it was sent.

    value: None where it is no finite number. start, time: nanoseconds since the epoch.
    """

    name: str
    temporality: int
    attributes: Unread
    start: int
    time: int
    value: float | None


class RawEvent(NamedTuple):
    """A log record as it was sent; time: nanoseconds since the epoch."""

    attributes: Unread
    time: int


@dataclass(frozen=True, slots=True)
class Sent(Generic[_Item]):
    """What one resource sent."""

    resource: bytes
    items: list[_Item]


# --- JSON ----------------------------------------------------------------------------------------

_Number = int | float | str | None  # 64-bit integers are text, and a decoder takes numbers (3)


class _Point(msgspec.Struct):
    attributes: msgspec.Raw = msgspec.Raw(b"[]")
    start: _Number = msgspec.field(name="startTimeUnixNano", default=0)
    time: _Number = msgspec.field(name="timeUnixNano", default=0)
    as_double: _Number = msgspec.field(name="asDouble", default=None)
    as_int: _Number = msgspec.field(name="asInt", default=None)
    flags: _Number = 0


class _Sum(msgspec.Struct):
    points: list[_Point] | None = msgspec.field(name="dataPoints", default=None)
    temporality: int | None = msgspec.field(name="aggregationTemporality", default=0)


class _Metric(msgspec.Struct):
    name: str | None = ""
    sum: _Sum | None = None


class _ScopeMetrics(msgspec.Struct):
    metrics: list[_Metric] | None = None


class _ResourceMetrics(msgspec.Struct):
    resource: msgspec.Raw = msgspec.Raw(b"{}")
    scopes: list[_ScopeMetrics] | None = msgspec.field(name="scopeMetrics", default=None)


class _MetricsRequest(msgspec.Struct):
    resources: list[_ResourceMetrics] | None = msgspec.field(name="resourceMetrics", default=None)


class _Record(msgspec.Struct):
    attributes: msgspec.Raw = msgspec.Raw(b"[]")
    time: _Number = msgspec.field(name="timeUnixNano", default=0)
    observed: _Number = msgspec.field(name="observedTimeUnixNano", default=0)


class _ScopeLogs(msgspec.Struct):
    records: list[_Record] | None = msgspec.field(name="logRecords", default=None)


class _ResourceLogs(msgspec.Struct):
    resource: msgspec.Raw = msgspec.Raw(b"{}")
    scopes: list[_ScopeLogs] | None = msgspec.field(name="scopeLogs", default=None)


class _LogsRequest(msgspec.Struct):
    resources: list[_ResourceLogs] | None = msgspec.field(name="resourceLogs", default=None)


_METRICS = msgspec.json.Decoder(_MetricsRequest)
_LOGS = msgspec.json.Decoder(_LogsRequest)


def metrics_of_json(body: bytes) -> list[Sent[RawPoint]]:
    """Return what a JSON body of metrics holds.

    Raises:
        BodyRejected: It is not a request of OTLP.
    """
    return [
        Sent(
            bytes(of.resource),
            [
                RawPoint(
                    metric.name or "",
                    metric.sum.temporality or 0,
                    bytes(point.attributes),
                    _whole(point.start),
                    _whole(point.time),
                    None if _whole(point.flags) & NO_VALUE else _either(point),
                )
                for scope in of.scopes or ()
                for metric in scope.metrics or ()
                if metric.sum is not None
                for point in metric.sum.points or ()
            ],
        )
        for of in _decoded(_METRICS, body).resources or ()
        if of.scopes
    ]


def events_of_json(body: bytes) -> list[Sent[RawEvent]]:
    """Return what a JSON body of logs holds.

    Raises:
        BodyRejected: It is not a request of OTLP.
    """
    return [
        Sent(
            bytes(of.resource),
            [
                RawEvent(bytes(one.attributes), _whole(one.time) or _whole(one.observed))
                for scope in of.scopes or ()
                for one in scope.records or ()
            ],
        )
        for of in _decoded(_LOGS, body).resources or ()
        if of.scopes
    ]


def _decoded(decoder: msgspec.json.Decoder[_Request], body: bytes) -> _Request:
    try:
        try:
            return decoder.decode(body)
        except msgspec.DecodeError:
            return decoder.decode(mended(body))
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError, ValueError):
        message = "The body is not a request of OTLP in JSON."
        raise BodyRejected(message) from None  # what it holds stays out of every message


def _either(point: _Point) -> float | None:
    return _finite(point.as_int if point.as_double is None else point.as_double)


def _finite(sent: _Number) -> float | None:
    try:
        value = float(0 if sent is None else sent)
    except (ValueError, OverflowError):
        return None
    return value if math.isfinite(value) else None


def _whole(sent: _Number) -> int:
    """Return an integer that may be text; what is none of 64 bits is 0, which no time is."""
    try:
        whole = int(sent or 0)
    except (ValueError, OverflowError):
        return 0
    return whole if 0 <= whole < MOST else 0


# --- protobuf ------------------------------------------------------------------------------------

_AS_BYTES = {  # message -> fields that are left as they came
    "NumberDataPoint": ("attributes",),
    "LogRecord": ("attributes", "body"),
    "ResourceMetrics": ("resource",),
    "ResourceLogs": ("resource",),
}


def _requests() -> tuple[Any, Any]:
    """Return the messages of the two requests, of which some parts stay bytes.

    On the wire a part that is a message and one that is bytes look alike.
    """
    pool = descriptor_pool.DescriptorPool()
    for module in (
        common_pb2,
        resource_pb2,
        metrics_pb2,
        logs_pb2,
        metrics_service_pb2,
        logs_service_pb2,
    ):
        file = descriptor_pb2.FileDescriptorProto()
        module.DESCRIPTOR.CopyToProto(file)
        for message in file.message_type:
            for field in message.field:
                if field.name in _AS_BYTES.get(message.name, ()):
                    field.type = descriptor_pb2.FieldDescriptorProto.TYPE_BYTES
                    field.ClearField("type_name")
        pool.Add(file)
    found = pool.FindMessageTypeByName
    place = "opentelemetry.proto.collector"
    return (
        message_factory.GetMessageClass(found(f"{place}.metrics.v1.ExportMetricsServiceRequest")),
        message_factory.GetMessageClass(found(f"{place}.logs.v1.ExportLogsServiceRequest")),
    )


_METRICS_MESSAGE, _LOGS_MESSAGE = _requests()


def metrics_of_protobuf(body: bytes) -> list[Sent[RawPoint]]:
    """Return what a protobuf body of metrics holds.

    Raises:
        BodyRejected: It is not a request of OTLP.
    """
    return [
        Sent(of.resource, [*_points(of.scope_metrics)])
        for of in _parsed(_METRICS_MESSAGE, body).resource_metrics
        if of.scope_metrics
    ]


def _points(scopes: Iterable[Any]) -> Iterator[RawPoint]:
    for scope in scopes:
        for metric in scope.metrics:
            if not metric.HasField("sum"):
                continue
            name, temporality = metric.name, metric.sum.aggregation_temporality
            for point in metric.sum.data_points:
                value = None if point.flags & NO_VALUE else (point.as_double or point.as_int)
                yield RawPoint(
                    name,
                    temporality,
                    tuple(point.attributes),
                    point.start_time_unix_nano,
                    point.time_unix_nano,
                    value if value is None else _finite(value),
                )


def events_of_protobuf(body: bytes) -> list[Sent[RawEvent]]:
    """Return what a protobuf body of logs holds.

    Raises:
        BodyRejected: It is not a request of OTLP.
    """
    return [
        Sent(
            of.resource,
            [
                RawEvent(tuple(one.attributes), one.time_unix_nano or one.observed_time_unix_nano)
                for scope in of.scope_logs
                for one in scope.log_records
            ],
        )
        for of in _parsed(_LOGS_MESSAGE, body).resource_logs
        if of.scope_logs
    ]


def _parsed(message: Any, body: bytes) -> Any:  # noqa: ANN401 - made while we run
    try:
        return message.FromString(body)
    except (DecodeError, ValueError):
        text = "The body is not a request of OTLP in protobuf."
        raise BodyRejected(text) from None
