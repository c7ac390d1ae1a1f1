"""The demo's bucket: what is logged adds up to what was simulated, and it answers as S3 does."""

import gzip
import json
import zlib
from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest

from claude_dash.demo import cloud
from claude_dash.demo.cloud import BUCKET
from claude_dash.demo.invocations import ACCOUNT, FOLDER, HOURS, REGION
from claude_dash.demo.organization import BEDROCK_TEAMS, Organization
from claude_dash.demo.transport import DemoTransport
from claude_dash.sources.aws import Access, LogBucket
from claude_dash.sources.bedrock_probe import probe_bedrock
from claude_dash.sources.bedrock_reading import Reading
from claude_dash.sources.bedrock_sample import UNIQUE

TODAY = date(2026, 11, 18)  # where the clock of the tests stands
DAYS = 90
ORGANIZATION = Organization.simulate(120, DAYS, 7, TODAY)
SPAN = [TODAY - timedelta(days=back) for back in reversed(range(DAYS))]
DAMAGED = TODAY - timedelta(days=5)


@pytest.fixture(scope="module")
def vendor() -> DemoTransport:
    return DemoTransport(ORGANIZATION)


@pytest.fixture
def bucket(vendor: DemoTransport) -> LogBucket:
    return LogBucket(Access(BUCKET, REGION, transport=vendor))


def bodies(bucket: LogBucket, day: date) -> Iterator[bytes]:
    """Yield the objects of a day as they are stored."""
    for one in bucket.objects(bucket.folder_of(ACCOUNT, REGION, day)):
        found = bucket.get(one.key)
        assert found is not None
        assert found.etag == one.etag
        body = b"".join(found.chunks)
        assert len(body) == one.size
        yield body


def records(bucket: LogBucket, day: date) -> list[dict[str, Any]]:
    """Return the records of a day, read without the product; a damaged object has none."""
    found = []
    for body in bodies(bucket, day):
        try:
            found += [json.loads(line) for line in gzip.decompress(body).splitlines()]
        except (EOFError, zlib.error):
            assert day == DAMAGED
    return found


def session(record: dict[str, Any]) -> str:
    """Return the session of a developer; empty for whoever else calls."""
    role, _, name = record["identity"]["arn"].rpartition("/")
    return name.partition("@")[0] if "AWSReservedSSO_" in role else ""


def test_every_token_that_was_simulated_is_logged(vendor: DemoTransport, bucket: LogBucket) -> None:
    """The calls of each developer add up to the tokens of their day, each kind for itself."""
    days = vendor._days
    for day in SPAN[-12:]:
        logged, simulated = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
        for one in filter(session, records(bucket, day)):
            who, put, out = session(one), one["input"], one["output"]
            logged[who, "input"] += put["inputTokenCount"]
            logged[who, "cache_read"] += put["cacheReadInputTokenCount"]
            logged[who, "cache_creation"] += put["cacheWriteInputTokenCount"]
            logged[who, "output"] += out["outputTokenCount"]
        for person, part in days.invoked(day):
            for name, number in part["tokens"].items():
                simulated[person.email.partition("@")[0], name] += number
        assert logged == simulated
    assert simulated


def test_nobodys_day_is_both_logged_and_reported(vendor: DemoTransport) -> None:
    """Two teams work through the bucket; some of them are seen by the Console on other days."""
    days, logged, reported = vendor._days, set(), set()
    for day in SPAN[-30:]:
        here = {one.number for one, _ in days.invoked(day)}
        there = {one.number for one, _ in days.console(day) if one}
        assert not here & there
        logged |= here
        reported |= there
    assert {one.team for one in ORGANIZATION.people if one.number in logged} == BEDROCK_TEAMS
    assert logged & reported
    assert logged - reported


def test_there_is_something_to_leave_out(bucket: LogBucket) -> None:
    """Some calls failed, some are of other models or operations, some callers name nobody."""
    found = [one for day in SPAN[-10:] for one in records(bucket, day)]
    assert any("errorCode" in one for one in found)
    assert any(one["modelId"].startswith("amazon.") for one in found)
    assert any(one["operation"].startswith("Converse") for one in found)
    assert any("application-inference-profile" in one["modelId"] for one in found)
    names = {one["identity"]["arn"].rpartition("/")[2] for one in found if session(one)}
    assert 0 < sum("@" not in name for name in names) < len(names) / 2
    assert len({one["requestId"] for one in found}) == len(found)


def test_listings_lead_to_every_day(bucket: LogBucket, monkeypatch: pytest.MonkeyPatch) -> None:
    """Folders are found however short the pages of a listing are."""
    monkeypatch.setattr(cloud, "PAGE", 3)
    assert bucket.list_accounts() == [ACCOUNT]
    assert bucket.list_regions(ACCOUNT) == [REGION]
    assert bucket.list_days(ACCOUNT, REGION) == SPAN
    assert len(bucket.list_hours(ACCOUNT, REGION, TODAY)) == len(HOURS)
    assert len(list(bodies(bucket, DAMAGED))) == len(HOURS) + 1


def test_the_connection_test_finds_it_readable(vendor: DemoTransport) -> None:
    """The probe names account, Region and days, and has no prompt to warn of."""
    found = probe_bedrock(Access(BUCKET, REGION, transport=vendor), Reading())
    assert found.status == "ok"
    assert found.spans == {(ACCOUNT, REGION): (SPAN[0], TODAY)}
    assert found.sample.grade == UNIQUE
    assert not found.sample.has_bodies


def test_whatever_else_is_entered_is_refused(vendor: DemoTransport) -> None:
    """There is no other bucket, no object that was not listed, and no role that trusts us."""
    role = f"arn:aws:iam::{ACCOUNT}:role/anything"
    other = probe_bedrock(Access("some-bucket", REGION, transport=vendor), Reading())
    theirs = Access(BUCKET, REGION, "", role, "invented-external-id", vendor)
    waits = probe_bedrock(theirs, Reading())
    assert (other.status, waits.status) == ("refused", "waiting")
    key = f"{FOLDER}{TODAY:%Y/%m/%d}/08/none.json.gz"
    assert LogBucket(Access(BUCKET, REGION, transport=vendor)).get(key) is None


def test_the_same_seed_logs_the_same(bucket: LogBucket) -> None:
    """A demo that is started again finds objects with the ETags that it knows."""
    again = LogBucket(Access(BUCKET, REGION, transport=DemoTransport(ORGANIZATION)))
    folder = bucket.folder_of(ACCOUNT, REGION, TODAY)
    assert list(again.objects(folder)) == list(bucket.objects(folder))
