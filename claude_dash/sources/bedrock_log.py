"""The records of one log object: who called what, with which counters; never a body.

Source:  newline-delimited JSON, gzip (contract, sections 3, 4 and 7)
Grain:   request

A body has no field in the structs below, so the decoder steps over it: nothing of it becomes an
object. What is read of a record is its head, at its top level; names inside a body mean nothing.
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from hashlib import blake2b
from typing import Annotated, Any

import msgspec
from isal import isal_zlib
from isal.igzip_lib import IsalError

SCHEMA, VERSIONS = "ModelInvocationLog", "1."
MAX_JSON_BYTES = 512 * 2**20  # of one object; the largest that were seen have some megabytes
MAX_CALLS = 250_000  # of one object: what is kept of them stays in memory until it is stored
MAX_LINE_BYTES = 8 * 2**20  # bodies over 100 KB are stored elsewhere
MAX_COUNT = 10**9  # of one request; far above any, and sums of it still fit 64 bits
DIGEST_BYTES = 16
_GZIP, _GZIP_MAGIC = 31, b"\x1f\x8b"
_BLOCK_BYTES = 256 * 2**10
# Half a character, as scripts cut text: only the decoder minds, and it stands in bodies.
_SURROGATE, _REPLACEMENT = re.compile(rb"\\u[dD][89a-fA-F][0-9a-fA-F]{2}"), rb"\\ufffd"
_BODY_FIELDS = (b'BodyJson"', b'BodyS3Path"')
_DAY_CHARS, _UTC_CHARS = 10, 20


class Call(msgspec.Struct, gc=False):
    """One request, as its record says.

    request: a digest of its id. day: UTC. has_counts: some counter is there; is_whole: those of
    input and output both are. metadata: of the agreed keys only.
    """

    request: bytes
    arn: str
    day: str
    model_id: str
    operation: str
    account: str
    region: str
    is_error: bool
    has_counts: bool
    is_whole: bool
    input: int
    cache_read: int
    cache_write: int
    output: int
    metadata: dict[str, str] | None


@dataclass(slots=True)
class ObjectCalls:
    """What an object holds: calls, and how many lines are none.

    foreign: of another schema; other_versions: of a version that is not known. json_bytes: after
    decompression. has_bodies: whether prompts or answers are delivered, here or beside it.
    """

    calls: list[Call] = field(default_factory=list)
    lines: int = 0
    bad_lines: int = 0
    foreign: int = 0
    other_versions: int = 0
    json_bytes: int = 0
    has_bodies: bool = False


class BrokenObject(Exception):  # noqa: N818 - the house's name for it: an answer, not a fault
    """An object that does not count, since its end cannot be trusted."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


_Count = Annotated[int, msgspec.Meta(ge=0, le=MAX_COUNT)] | None


class _Identity(msgspec.Struct, gc=False):
    arn: str | list[str] | None = None


class _Input(msgspec.Struct, gc=False):
    inputTokenCount: _Count = None  # noqa: N815 - the vendor's name, as below
    cacheReadInputTokenCount: _Count = None  # noqa: N815 - same
    cacheWriteInputTokenCount: _Count = None  # noqa: N815 - same


class _Output(msgspec.Struct, gc=False):
    outputTokenCount: _Count = None  # noqa: N815 - same


class _Record(msgspec.Struct, gc=False):
    timestamp: str = ""
    requestId: str = ""  # noqa: N815 - same
    schemaType: str = ""  # noqa: N815 - same
    schemaVersion: str = ""  # noqa: N815 - same
    accountId: str = ""  # noqa: N815 - same
    identity: _Identity | None = None
    region: str | None = None
    operation: str | None = None
    modelId: str | None = None  # noqa: N815 - same
    errorCode: str | None = None  # noqa: N815 - same
    input: _Input | None = None
    output: _Output | None = None


class _Tagged(_Record, gc=False):
    requestMetadata: dict[str, Any] | None = None  # noqa: N815 - same


class _Kind(msgspec.Struct, gc=False):
    schemaType: str = ""  # noqa: N815 - same


_DECODER, _TAGGED = msgspec.json.Decoder(_Record), msgspec.json.Decoder(_Tagged)
_EXPORT = (  # written by hand: counts may be text, and a line a list
    msgspec.json.Decoder(_Record, strict=False),
    msgspec.json.Decoder(list[_Record], strict=False),
)
_TAGGED_EXPORT = (
    msgspec.json.Decoder(_Tagged, strict=False),
    msgspec.json.Decoder(list[_Tagged], strict=False),
)
_KIND = msgspec.json.Decoder(_Kind)
_NOT_JSON = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)
_NOBODY, _NO_INPUT, _NO_OUTPUT = _Identity(), _Input(), _Output()


def read_object(
    chunks: Iterable[bytes],
    *,
    is_gzip: bool,
    keys: Collection[str] = (),
    max_json_bytes: int = MAX_JSON_BYTES,
) -> ObjectCalls:
    """Return every call of an object; nothing counts before its last byte was seen.

    Args:
        chunks: Its bytes as stored.
        is_gzip: What its name says; compressed it may be all the same.
        keys: Of request metadata that may be kept.
        max_json_bytes: The most that it may hold.

    Raises:
        BrokenObject: It is cut off, damaged, or holds more than it may.
    """
    found, names = ObjectCalls(), dict[str, str]()
    for block in _lines(_plain(chunks, is_gzip=is_gzip), found, max_json_bytes):
        if not found.has_bodies:
            found.has_bodies = any(name in block for name in _BODY_FIELDS)
        _take(_records(block, found, is_tagged=bool(keys)), found, keys, names)
        if len(found.calls) > MAX_CALLS:
            reason = f"it holds more than {MAX_CALLS:,} calls"
            raise BrokenObject(reason)
    return found


# --- bytes -----------------------------------------------------------------------------------


def _plain(chunks: Iterable[bytes], *, is_gzip: bool) -> Iterator[bytes]:
    """Yield the bytes of an object, decompressed where they are compressed."""
    start, rest = b"", iter(chunks)
    for chunk in rest:
        start += chunk
        if len(start) >= len(_GZIP_MAGIC):
            break
    if start.startswith(_GZIP_MAGIC):
        yield from _inflated(start, rest)
    elif start and is_gzip:
        reason = "it is not gzip"
        raise BrokenObject(reason)
    else:
        yield start
        yield from rest


def _inflated(start: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    """Yield what gzip members hold, one after the other, each proved by its checksum."""
    member, left = isal_zlib.decompressobj(wbits=_GZIP), start
    try:
        while True:
            text = member.decompress(left, _BLOCK_BYTES)
            if text:
                yield text
            left = member.unused_data if member.eof else member.unconsumed_tail
            if member.eof:
                left = left.lstrip(b"\0") or next(rest, b"").lstrip(b"\0")
                if not left:
                    return
                member = isal_zlib.decompressobj(wbits=_GZIP)
            elif not left and not text:
                left = next(rest)
            elif not left:
                left = next(rest, b"")
    except StopIteration:
        reason = "it is cut off"
    except IsalError:  # type: ignore[misc]  # the stub has an instance
        reason = "it is damaged"
    raise BrokenObject(reason)


def _lines(texts: Iterable[bytes], found: ObjectCalls, most: int) -> Iterator[bytes]:
    """Yield blocks of whole lines; a line that is too long for a record is counted as bad."""
    begun, is_skipping, is_list = b"", False, None
    for text in texts:
        if is_list is None and text.strip():
            is_list = text.lstrip().startswith(b"[")  # an export, over as many lines as it likes
        found.json_bytes += len(text)
        if found.json_bytes > most:
            reason = f"it holds more than {most // 2**20} MiB"
            raise BrokenObject(reason)
        end = 0 if is_list else text.rfind(b"\n") + 1
        if is_skipping:
            first = 0 if is_list else text.find(b"\n") + 1
            if not first:
                continue
            is_skipping, text, end = False, text[first:], end - first  # noqa: PLW2901 - what is left of it
        if end:
            yield begun + text[:end]
            begun = text[end:]
        else:
            begun += text
        if len(begun) > MAX_LINE_BYTES:
            begun, is_skipping = b"", True
            found.lines += 1
            found.bad_lines += 1
    if begun:
        yield begun


# --- records ---------------------------------------------------------------------------------


def _records(block: bytes, found: ObjectCalls, *, is_tagged: bool) -> Iterable[_Record]:
    decoder = _TAGGED if is_tagged else _DECODER
    try:
        return decoder.decode_lines(block)
    except _NOT_JSON:
        return _one_by_one(block, found, is_tagged=is_tagged)


def _one_by_one(block: bytes, found: ObjectCalls, *, is_tagged: bool) -> Iterator[_Record]:
    """Yield the records of a block of which something is none, and count what is none."""
    one, export = _TAGGED_EXPORT if is_tagged else _EXPORT
    block = _SURROGATE.sub(_REPLACEMENT, block)
    if block.lstrip().startswith(b"["):
        try:
            yield from export.decode(block)
        except _NOT_JSON:
            pass
        else:
            return
    for line in block.split(b"\n"):
        if not line.strip():
            continue
        try:
            is_export = line.lstrip().startswith(b"[")
            yield from export.decode(line) if is_export else one.decode_lines(line)
        except _NOT_JSON:
            found.lines += 1
            if _is_foreign(line):
                found.foreign += 1
            else:
                found.bad_lines += 1


def _is_foreign(line: bytes) -> bool:
    try:
        return _KIND.decode(line).schemaType not in {"", SCHEMA}
    except _NOT_JSON:
        return False


def _take(
    records: Iterable[_Record], found: ObjectCalls, keys: Collection[str], names: dict[str, str]
) -> None:
    """Add the calls of some records, and count those that are none.

    One loop without calls of its own: every record of a large organisation goes through it.
    `names` holds each name once, however many records have it.
    """
    add, once = found.calls.append, names.setdefault
    for record in records:
        found.lines += 1
        if record.schemaType != SCHEMA:
            found.foreign += 1
            continue
        if not record.schemaVersion.startswith(VERSIONS):
            found.other_versions += 1
            continue
        at = record.timestamp
        try:
            is_plain = len(at) == _UTC_CHARS and at[-1] == "Z"
            day = _checked(at[:_DAY_CHARS]) if is_plain else _day(at)
            request = _digest(record.requestId)
        except ValueError:
            found.bad_lines += 1
            continue
        who = record.identity or _NOBODY
        put, out = record.input or _NO_INPUT, record.output or _NO_OUTPUT
        arn = who.arn or ""
        arn = arn if isinstance(arn, str) else arn[0]
        model, operation = record.modelId or "", record.operation or ""
        account, region = record.accountId, record.region or ""
        fresh, read = put.inputTokenCount, put.cacheReadInputTokenCount
        written, answered = put.cacheWriteInputTokenCount, out.outputTokenCount
        add(
            Call(
                request,
                once(arn, arn),
                day,
                once(model, model),
                once(operation, operation),
                once(account, account),
                once(region, region),
                bool(record.errorCode),
                not (fresh is read is written is answered is None),
                fresh is not None and answered is not None,
                fresh or 0,
                read or 0,
                written or 0,
                answered or 0,
                _agreed(record, keys) if keys else None,
            )
        )


def _day(timestamp: str) -> str:
    """Return the UTC day of a time of RFC 3339; one without an offset is UTC.

    Raises:
        ValueError: It is no time.
    """
    found = datetime.fromisoformat(timestamp)
    try:
        return (found.astimezone(UTC) if found.tzinfo else found).date().isoformat()
    except OverflowError:  # at the ends of the calendar
        raise ValueError from None


@lru_cache
def _checked(day: str) -> str:
    """Return a day that the calendar has.

    Raises:
        ValueError: It has none of this name.
    """
    return date.fromisoformat(day).isoformat()


def _digest(request_id: str) -> bytes:
    """Return the 16 bytes of a UUID, or of the digest of an id that is none.

    Raises:
        ValueError: There is none: it could be counted twice.
    """
    try:
        found = bytes.fromhex(request_id.replace("-", ""))
    except ValueError:
        found = b""
    if len(found) == DIGEST_BYTES:
        return found
    if not request_id:
        message = "no request id"
        raise ValueError(message)
    return blake2b(request_id.encode(), digest_size=DIGEST_BYTES).digest()


def _agreed(record: _Record, keys: Collection[str]) -> dict[str, str] | None:
    sent = (record.requestMetadata if isinstance(record, _Tagged) else None) or {}
    return {key: sent[key] for key in keys if isinstance(sent.get(key), str)} or None
