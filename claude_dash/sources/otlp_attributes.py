"""Attributes of OTLP, in JSON or protobuf, to plain values."""

import math
from collections.abc import Iterable
from typing import Any, Literal

import msgspec
from google.protobuf.message import DecodeError
from opentelemetry.proto.common.v1.common_pb2 import KeyValue
from opentelemetry.proto.resource.v1.resource_pb2 import Resource

Encoding = Literal["json", "protobuf"]
Value = str | int | float | bool | tuple[Any, ...]
Unread = bytes | tuple[bytes, ...]  # attributes as they came: text, or a message each
MAX_DEPTH = 8  # of values inside values; the client nests none


class _Any(msgspec.Struct):
    string: str | None = msgspec.field(name="stringValue", default=None)
    integer: int | str | None = msgspec.field(name="intValue", default=None)
    double: int | float | str | None = msgspec.field(name="doubleValue", default=None)
    boolean: bool | None = msgspec.field(name="boolValue", default=None)
    array: "_Values | None" = msgspec.field(name="arrayValue", default=None)


class _Values(msgspec.Struct):
    values: list[_Any] | None = None


class _KeyValue(msgspec.Struct):
    key: str | None = ""
    value: _Any | None = None


class _Resource(msgspec.Struct):
    attributes: list[_KeyValue] | None = None


_LIST = msgspec.json.Decoder(list[_KeyValue] | None)
_RESOURCE = msgspec.json.Decoder(_Resource | None)


def of_point(sent: Unread) -> dict[str, Value] | None:
    """Return the attributes of a data point or event; None where they are none of OTLP."""
    try:
        if isinstance(sent, tuple):
            return _of_messages(map(KeyValue.FromString, sent))
        return _plain(_LIST.decode(sent) or ())
    except (DecodeError, msgspec.MsgspecError, RecursionError, ValueError, OverflowError):
        return None


def of_resource(sent: bytes, encoding: Encoding) -> dict[str, Value] | None:
    """Return the attributes of a resource; None where they are none of OTLP."""
    try:
        if encoding == "protobuf":
            return _of_messages(Resource.FromString(sent).attributes)
        found = _RESOURCE.decode(sent)
        return _plain((found.attributes if found else None) or ())
    except (DecodeError, msgspec.MsgspecError, RecursionError, ValueError, OverflowError):
        return None


def _plain(pairs: Iterable[_KeyValue]) -> dict[str, Value]:
    return {
        pair.key or "": value
        for pair in pairs
        if pair.value is not None and (value := _value(pair.value)) is not None
    }


def _value(sent: _Any, depth: int = 0) -> Value | None:
    if sent.string is not None:
        return sent.string
    if sent.boolean is not None:
        return sent.boolean
    if sent.integer is not None:
        return int(sent.integer)
    if sent.double is not None:
        double = float(sent.double)
        return double if math.isfinite(double) else str(double)
    if sent.array is not None and depth < MAX_DEPTH:
        return tuple(_value(one, depth + 1) for one in sent.array.values or ())
    return None


def _of_messages(pairs: Iterable[KeyValue]) -> dict[str, Value]:
    return {pair.key: value for pair in pairs if (value := _of_message(pair.value)) is not None}


def _of_message(sent: Any, depth: int = 0) -> Value | None:  # noqa: ANN401 - made by protobuf
    match sent.WhichOneof("value"):
        case "string_value":
            return str(sent.string_value)
        case "bool_value":
            return bool(sent.bool_value)
        case "int_value":
            return int(sent.int_value)
        case "double_value":
            double = float(sent.double_value)
            return double if math.isfinite(double) else str(double)
        case "array_value" if depth < MAX_DEPTH:
            return tuple(_of_message(one, depth + 1) for one in sent.array_value.values)
    return None
