"""The decoder of log objects: what counts in every form, what does not, and nothing of a body."""

import gzip
import json
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

import pytest

from claude_dash.sources import bedrock_log
from claude_dash.sources.bedrock_log import BrokenObject, ObjectCalls, read_object
from tests.bedrock_bucket import Stored, Tree
from tests.bedrock_records import (
    BAD_LINE,
    FAILED,
    FOREIGN,
    OTHER_ACCOUNT,
    OTHER_VERSION,
    UNCOUNTED,
    Line,
    planted_objects,
)

RECORD: dict[str, Any] = {
    "timestamp": "2026-11-14T10:00:00Z",
    "accountId": "111122223333",
    "region": "us-east-1",
    "requestId": "6d0c2f0e-5c7e-4f0e-a1b2-0123456789ab",
    "operation": "InvokeModel",
    "modelId": "us.anthropic.claude-sonnet-5-5",
    "input": {"inputTokenCount": 3, "cacheReadInputTokenCount": 5, "cacheWriteInputTokenCount": 7},
    "output": {"outputTokenCount": 11},
    "identity": {"arn": "arn:aws:iam::111122223333:user/kim"},
    "schemaType": "ModelInvocationLog",
    "schemaVersion": "1.0",
}
MEGABYTE = 2**20


def text(*without: str, **changed: Any) -> bytes:
    """Return the record as a line, some fields changed or left out."""
    made = {name: one for name, one in (RECORD | changed).items() if name not in without}
    return json.dumps(made).encode() + b"\n"


def read(body: bytes, **options: Any) -> ObjectCalls:
    """Return what a plain object holds."""
    return read_object([body], is_gzip=False, **options)


def pieces(body: bytes, size: int) -> Iterator[bytes]:
    """Yield bytes as a slow network would."""
    return (body[at : at + size] for at in range(0, len(body), size))


def refusal(body: bytes, **options: Any) -> str:
    """Return why an object does not count."""
    with pytest.raises(BrokenObject) as caught:
        read_object([body], **{"is_gzip": True, **options})
    return caught.value.reason


def assert_true(found: ObjectCalls, lines: Iterable[Line], day: date) -> None:
    """Compare the calls of an object with what is true of its lines, in their order."""
    lines = list(lines)
    real = [line for line in lines if line.request]
    reasons = Counter(line.reason for line in lines)
    assert found.lines == len(lines)
    assert (found.bad_lines, found.foreign, found.other_versions) == (
        reasons[BAD_LINE],
        reasons[FOREIGN],
        reasons[OTHER_VERSION],
    )
    assert [one.request.hex() for one in found.calls] == [
        line.request.replace("-", "") for line in real
    ]
    for one, line in zip(found.calls, real, strict=True):
        assert date.fromisoformat(one.day) == (line.day or day)
        assert (one.input, one.output, one.cache_read, one.cache_write) == line.numbers
        assert one.is_whole or line.reason
        assert one.has_counts or line.reason in {FAILED, UNCOUNTED, OTHER_ACCOUNT}
        assert line.reason != FAILED or (one.is_error and not one.has_counts)


# --- against the truth -----------------------------------------------------------------------


def rejects(one: Stored, key: str, size: int) -> bool:
    """Read an object in pieces, compare it, and say whether it was rejected."""
    try:
        found = read_object(pieces(one.body, size), is_gzip=key.endswith(".gz"))
    except BrokenObject:
        return True
    assert one.lines is not None
    assert_true(found, one.lines, one.day)
    return False


@pytest.mark.parametrize("seed", range(1, 9))
def test_every_object_is_the_truth(seed: int) -> None:
    """Each call of a bucket is read as it was made; broken objects are rejected, and only those."""
    tree = Tree(seed, a_day=25)
    size = (MEGABYTE, 4096, 7)[seed % 3]
    rejected = {key for key, one in tree.logs.items() if rejects(one, key, size)}
    assert rejected == {key for key, one in tree.logs.items() if one.lines is None}


# --- bytes -----------------------------------------------------------------------------------


def test_members_are_read_to_the_last() -> None:
    """Concatenated members and zeros behind them are legal, in whatever pieces they come."""
    body = b"".join(gzip.compress(text(requestId=f"{at:032x}")) for at in range(5)) + b"\0" * 9
    for size in (1, 2, 10, 100, 10_000):
        assert len(read_object(pieces(body, size), is_gzip=True).calls) == 5


@pytest.mark.parametrize("at", range(1, 260, 7))
def test_a_cut_object_is_rejected_as_a_whole(at: int) -> None:
    """Wherever it was cut, nothing of it counts."""
    body = gzip.compress(text() * 3)
    assert refusal(body[:-at]) in {"it is cut off", "it is not gzip"}
    assert refusal(body + body[:-at]) in {"it is cut off", "it is damaged"}


def test_a_turned_bit_is_found() -> None:
    """A bit that makes other text of a valid stream is found by the checksum, wherever it is."""
    packer = zlib.compressobj(0, zlib.DEFLATED, 31)
    body = packer.compress(text()) + packer.flush()
    for at in range(15, len(body)):
        flipped = body[:at] + bytes([body[at] ^ 1]) + body[at + 1 :]
        assert refusal(flipped) in {"it is damaged", "it is cut off"}


def test_what_is_no_gzip_is_rejected() -> None:
    """A name that promises gzip is believed; no bytes at all are no records."""
    assert refusal(text()) == "it is not gzip"
    assert read_object([], is_gzip=True).calls == []
    assert read_object([b"", b""], is_gzip=True).calls == []
    assert len(read_object([gzip.compress(text())], is_gzip=False).calls) == 1


def test_a_bomb_is_given_up() -> None:
    """An object that holds more than it may is rejected before it is all there."""
    given = 0

    def chunks() -> Iterator[bytes]:
        nonlocal given
        for chunk in pieces(gzip.compress(b" " * (40 * MEGABYTE), 1), 1024):
            given += 1
            yield chunk

    with pytest.raises(BrokenObject, match="it holds more than 2 MiB"):
        read_object(chunks(), is_gzip=True, max_json_bytes=2 * MEGABYTE)
    assert given < 30


def test_more_calls_than_fit_are_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    """What is kept of an object stays within bounds, however well it was compressed."""
    monkeypatch.setattr(bedrock_log, "MAX_CALLS", 3)
    body = gzip.compress(text() * 4)
    with pytest.raises(BrokenObject, match="it holds more than 3 calls"):
        read_object([body], is_gzip=True)
    assert len(read_object([gzip.compress(text() * 3)], is_gzip=True).calls) == 3


# --- lines -----------------------------------------------------------------------------------


def test_long_lines_are_records() -> None:
    """A record of megabytes counts; what is longer than any record is one bad line."""
    long, longer = (b"x" * (size * MEGABYTE) for size in (3, 17))
    body = text(padding=long.decode()) + text(padding=longer.decode()) + text()
    found = read_object(pieces(body, MEGABYTE), is_gzip=False)
    assert (len(found.calls), found.lines, found.bad_lines) == (2, 3, 1)


@pytest.mark.parametrize("indent", [None, 1])
def test_an_export_is_a_list(indent: int | None) -> None:
    """A list of records counts on one line, on many, and beside other lines."""
    records = [RECORD | {"requestId": f"{at:032x}"} for at in range(4)]
    body = json.dumps(records, indent=indent).encode()
    for size in (50, MEGABYTE):
        found = read_object(pieces(body, size), is_gzip=False)
        assert (len(found.calls), found.lines, found.bad_lines) == (4, 4, 0)
    on_one = json.dumps(records).encode()
    assert len(read(text() + on_one + b"\n" + text()).calls) == 6
    assert len(read(on_one + b"\n" + text() + on_one).calls) == 9
    assert read(b"[" + b" " * (9 * MEGABYTE) + b"\n" + text() + b"]").bad_lines == 1


def test_records_need_no_line_end() -> None:
    """Records that follow each other at once all count, also beside a bad line."""
    assert len(read(text().strip() * 3).calls) == 3
    found = read(text().strip() * 3 + b"\nnot a record\r\n\r\n" + text())
    assert (len(found.calls), found.lines, found.bad_lines) == (4, 5, 1)


@pytest.mark.parametrize(
    ("value", "number"),
    [(12, 12), ("12", 12), (3.0, 3), (None, 0), (10**9, 10**9)],
)
def test_counts_may_be_written_in_other_ways(value: object, number: int) -> None:
    """A whole number counts as such; null is a counter that is missing."""
    (call,) = read(text(input={"inputTokenCount": value})).calls
    assert (call.input, call.is_whole) == (number, value is not None)


@pytest.mark.parametrize("value", [-1, 3.5, 1e30, 10**9 + 1, "many", True, [1], {"n": 1}])
def test_what_is_no_count_is_no_record(value: object) -> None:
    """A line whose counter cannot be right is skipped and counted; its neighbours count."""
    found = read(text() + text(output={"outputTokenCount": value}) + text())
    assert (len(found.calls), found.bad_lines) == (2, 1)


@pytest.mark.parametrize(
    ("written", "day"),
    [
        ("2026-11-14T00:00:00Z", "2026-11-14"),
        ("2026-11-14T23:59:59.999999Z", "2026-11-14"),
        ("2026-11-14T23:59:59.9999999999Z", "2026-11-14"),
        ("2026-11-14T00:30:00+01:00", "2026-11-13"),
        ("2026-11-14T23:30:00-00:45", "2026-11-15"),
        ("2026-11-14T10:00:00", "2026-11-14"),
        ("2026-02-30T10:00:00Z", None),
        ("0001-01-01T00:00:00+14:00", None),
        ("9999-12-31T23:00:00-14:00", None),
        ("yesterday", None),
        ("", None),
    ],
)
def test_the_day_is_utc(written: str, day: str | None) -> None:
    """The record's own time decides its day, in UTC; without one it is no record."""
    found = read(text(timestamp=written))
    assert [one.day for one in found.calls] == ([] if day is None else [day])
    assert found.bad_lines == (day is None)


def test_a_failed_call_tells_whether_it_has_counts() -> None:
    """Counters of a failed call are usage; without any it is only a failure."""
    failed = {"errorCode": "ThrottlingException"}
    (none,) = read(text(input={}, output={}, **failed)).calls
    (some,) = read(text(**failed)).calls
    assert (none.is_error, none.has_counts, none.is_whole) == (True, False, False)
    assert (some.is_error, some.has_counts, some.is_whole) == (True, True, True)


@pytest.mark.parametrize(
    ("identity", "arn"),
    [({"arn": "a"}, "a"), ({"arn": ["a"]}, "a"), ({"arn": []}, ""), ({"arn": None}, ""),
     ({}, ""), (None, "")],
)  # fmt: skip
def test_the_caller_may_be_missing_or_a_list(identity: object, arn: str) -> None:
    """Without a caller the call stays, unattributed."""
    (call,) = read(text(identity=identity)).calls
    assert call.arn == arn
    assert read(text("identity")).calls[0].arn == ""


def test_a_request_without_an_id_is_no_record() -> None:
    """It could be counted twice; ids that are no UUID are kept as digests of 16 bytes."""
    assert read(text("requestId")).bad_lines == 1
    ids = (RECORD["requestId"], RECORD["requestId"].upper(), "an-id-of-its-own", "a" * 200)
    requests = [one.request for one in read(b"".join(text(requestId=one) for one in ids)).calls]
    assert {len(one) for one in requests} == {16}
    assert len(set(requests)) == 3


def test_other_kinds_and_versions_are_told_apart() -> None:
    """Another schema is not ours, and a version to come is flagged; both leave the rest alone."""
    body = text(schemaType="Other") + text("schemaType") + text(schemaVersion="2.0")
    found = read(body + b'{"schemaType": "Other", "input": [1]}\n' + text(schemaVersion="1.9"))
    assert (len(found.calls), found.foreign, found.other_versions, found.bad_lines) == (1, 3, 1, 0)


def test_only_agreed_metadata_is_kept() -> None:
    """Of request metadata only texts under the keys asked for are kept; else none is decoded."""
    sent = {"person": "kim", "note": "CANARY-1", "number": 5}
    line = text(requestMetadata=sent)
    assert read(line).calls[0].metadata is None
    assert read(line, keys={"person", "number", "none"}).calls[0].metadata == {"person": "kim"}


# --- bodies ----------------------------------------------------------------------------------

BODIES = [
    b'{"inputTokenCount": 99, "identity": {"arn": "decoy"}, "requestId": "decoy"}',
    b'[{"type": "message_start", "message": {"usage": {"input_tokens": 99}}}]',
    b'"\\ud83d half a character"',
    b'"\\\\ud83d none at all \xff\xfe\xc3"',
    b"[" * 500 + b"]" * 500,
    b"-1.5e999",
    json.dumps("\0\x1f\u2028 \U0001f600").encode(),
    json.dumps('"}, {"inputTokenCount": 99, "requestId": "decoy"}\n{}').encode(),
]


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
@pytest.mark.parametrize("place", ["inputBodyJson", "outputBodyJson", "top"])
def test_a_body_means_nothing(body: bytes, place: str) -> None:
    """Whatever a body is, the record says what its head says."""
    whole = text()
    before = {"inputBodyJson": b'"inputTokenCount"', "outputBodyJson": b'"outputTokenCount"'}
    mark = before.get(place, b'"accountId"')
    line = whole.replace(mark, b'"' + place.encode() + b'": ' + body + b", " + mark)
    assert read(line + whole).calls == read(whole + whole).calls


def test_a_bottomless_body_ends_no_reading() -> None:
    """A body nested deeper than anything is one bad line."""
    deep = text().replace(b'"accountId"', b'"b": ' + b"[" * 200_000 + b', "accountId"')
    found = read(text() + deep + text())
    assert (len(found.calls), found.bad_lines) == (2, 1)


def test_nothing_of_a_body_outlives_the_decoder() -> None:
    """No string or bytes that anything holds has a planted word, once objects were read."""
    bodies = [
        one.body if key.endswith(".gz") else gzip.compress(one.body)
        for key, one in Tree(5, days=1, a_day=30).logs.items()
        if one.lines
    ]
    found = [read_object([body], is_gzip=True) for body in bodies]
    assert sum(one.has_bodies for one in found) > 9
    assert planted_objects() == 0
    kept = [one for each in Tree(5, days=1).logs.values() for one in each.lines or ()]
    assert kept
    assert planted_objects() > 9


def test_bodies_are_noticed() -> None:
    """That prompts are delivered is told, here or beside the log; without them it is not."""
    assert read(text(input={"inputTokenCount": 1, "inputBodyJson": {}})).has_bodies
    assert read(text(output={"outputBodyS3Path": "s3://logs/data/1"})).has_bodies
    assert not read(text()).has_bodies
    assert bedrock_log.MAX_LINE_BYTES == 8 * MEGABYTE
