"""A bucket whose owner writes what he likes: nothing stops, hangs or is believed."""

import json
import re
from collections import Counter
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, Table, select

from claude_dash.connections.bedrock_options import Options
from claude_dash.errors import ConfigError
from claude_dash.facts import tables as t
from claude_dash.ingest.bedrock_batch import BAD_LINE, TO_COME, TOO_OLD
from claude_dash.sources.bedrock_log import MAX_COUNT
from claude_dash.sources.bedrock_names import principal_of
from claude_dash.sources.bedrock_reading import MAX_LETTERS, NO_NAME
from claude_dash.store import retention
from tests import bedrock_lines as lines
from tests.aws_gate import cloud, moto
from tests.bedrock_lines import BUCKET, REGION
from tests.unit.test_buckets import OURS, Desk, desk

__all__ = ["cloud", "desk", "moto"]
DEEP = 100_000
ROLE = lines.session("build", "one")


def stored(engine: Engine, table: Table) -> list[Any]:
    """Return the rows of a table."""
    with engine.connect() as connection:
        return list(connection.execute(select(table)))


def left_out(engine: Engine) -> Counter[str]:
    """Return how many calls were set aside, by reason."""
    found: Counter[str] = Counter()
    for row in stored(engine, t.REJECT):
        found[row.reason] += row.records
    return found


def synced(desk: Desk, *records: dict[str, Any], **objects: bytes) -> list[Any]:
    """Return the facts of a role after a bucket with some records was read."""
    desk.gate.put(BUCKET, {lines.log(99): lines.packed(*records), **objects})
    desk.add(options=OURS)
    assert desk.sync()["Logs"].status == "ok"
    (who,) = (one.who for one in stored(desk.engine, t.IDENTITY) if one.kind == "unnamed")
    return [row for row in stored(desk.engine, t.INVOCATION_DAY) if row.who == who]


@pytest.mark.parametrize(
    "given",
    [
        {"identity": {"arn": lines.session("build", "x" * 2**20)}},
        {"identity": {"arn": lines.session("build\0", "x")}},
        {"modelId": "anthropic.claude-" + "x" * MAX_LETTERS},
        {"modelId": "anthropic.claude-\0"},
        {"modelId": "anthropic.claude-a\r\n=1+1"},
    ],
    ids=["long caller", "zero in a caller", "long model", "zero in a model", "lines in a model"],
)
def test_a_name_that_cannot_be_one_is_left_out(desk: Desk, given: dict[str, Any]) -> None:
    """No store has to take it and no page to show it; what stands beside it counts."""
    (row,) = synced(desk, lines.record(ROLE, **given), lines.record(ROLE))
    assert row.requests == 1
    assert left_out(desk.engine) == {NO_NAME: 1}


def test_a_deep_body_is_counted_as_a_bad_line(desk: Desk) -> None:
    """A record that cannot be read for its body's depth is told of; its neighbours count."""
    body = json.dumps(lines.record(ROLE, output={"outputBodyJson": 0}))
    deep = body.replace('"outputBodyJson": 0', '"outputBodyJson": ' + "[" * DEEP + "]" * DEEP)
    text = f"{json.dumps(lines.record(ROLE))}\n{deep}\n{json.dumps(lines.record(ROLE))}\n"
    name = lines.log(98).removesuffix(".gz")
    (row,) = synced(desk, lines.record(ROLE), **{name: text.encode()})
    assert row.requests == 3
    assert left_out(desk.engine) == {BAD_LINE: 1}


def test_counts_that_cannot_be_true_have_no_cost(desk: Desk) -> None:
    """Sums stay within what stores hold; a cost that nobody pays is unknown."""
    huge = {"inputTokenCount": MAX_COUNT}
    most = {"output": {"outputTokenCount": MAX_COUNT}, "input": huge}
    (row,) = synced(desk, *(lines.record(ROLE, **most) for _ in range(1_000)))
    assert (row.requests, row.input_tokens) == (1_000, 1_000 * MAX_COUNT)
    assert row.cost_estimated is None


def test_days_far_away_are_left_alone(desk: Desk) -> None:
    """Neither a record nor a key brings a day on which there were no logs."""
    far = [lines.record(ROLE, timestamp=f"{day}T00:00:00Z") for day in ("0001-01-01", "9999-12-31")]
    keys = (lines.log(1, hour=f"{day}/00") for day in ("0001/01/01", "9999/12/31"))
    objects = {key: lines.packed(lines.record(ROLE)) for key in keys}
    (row,) = synced(desk, *far, lines.record(ROLE), **objects)
    assert row.requests == 1
    assert left_out(desk.engine) == {TO_COME: 1, TOO_OLD: 1}
    read = [one.day for one in stored(desk.engine, t.DAY_READ)]
    assert date(2023, 1, 1) <= min(read)
    assert max(read) <= date(2026, 11, 19)


@pytest.mark.parametrize(
    "pattern", [r"(?P<name>(\w+)+)!", r"(?P<name>(a|a)*)!", r"(?P<name>\w*\w*\w*\w*\w*\w*)!"]
)
def test_a_pattern_that_may_take_ages_is_refused(pattern: str) -> None:
    """Session names are the callers' own: none is made to keep a pattern busy."""
    with pytest.raises(ConfigError, match="repeats a group, or has too many repetitions"):
        Options(BUCKET, REGION, patterns=(pattern,))


def test_a_session_that_is_too_long_meets_no_pattern() -> None:
    """AWS has none of more than 64 letters."""
    pattern = re.compile(r"(?P<name>\w+)")
    assert principal_of(lines.session("build", "x" * 64), [pattern]).kind == "person"
    assert principal_of(lines.session("build", "x" * 65), [pattern]).kind == "unnamed"


def test_whoever_was_erased_does_not_come_back_in_a_log(desk: Desk) -> None:
    """All principals of a person go, and further ones with the address are dropped later."""
    kim = "kim@example.com"
    desk.gate.put(BUCKET, {lines.log(90): lines.packed(
        lines.record(lines.sso(kim)), lines.record(lines.session("dev", f"ccwb-{kim}"))
    )})  # fmt: skip
    desk.add(options=OURS)
    desk.sync()
    before = {row.who for row in stored(desk.engine, t.IDENTITY) if kim in row.value}
    assert len(before) == 3
    assert retention.erase(desk.engine, desk.vault, "Kim@Example.com")
    again = (lines.sso(kim), lines.session("dev", f"ccwb-{kim}"), lines.session("new", kim))
    desk.gate.put(BUCKET, {lines.log(91): lines.packed(*map(lines.record, again))})
    assert desk.sync()["Logs"].status == "ok"
    assert not [row for row in stored(desk.engine, t.IDENTITY) if kim in row.value]
    assert before.isdisjoint(row.who for row in stored(desk.engine, t.INVOCATION_DAY))
    assert len(stored(desk.engine, t.ERASED_IDENTITY)) == len(before)
