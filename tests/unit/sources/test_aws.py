"""A bucket of logs: what is listed, what is read, and that credentials last as long as needed."""

from collections.abc import Callable
from datetime import date

import pytest

from claude_dash.errors import SourceBusyError, SourceError, SourceObjectError
from claude_dash.sources import aws
from claude_dash.sources.aws import Access, LogBucket
from claude_dash.sources.aws_session import is_open, our_principal
from tests.aws_gate import OUR_ARN, OUR_KEY, RESET, AwsGate, Role, cloud, moto
from tests.conftest import FrozenClock

__all__ = ["cloud", "moto"]
ONE, TWO = "111122223333", "444455556666"
ROLE = f"arn:aws:iam::{ONE}:role/claude-dash-reader"
EXTERNAL_ID = "invented-external-id"
DAY = date(2026, 11, 17)
TRUST = {
    "Version": "2012-10-17",
    "Statement": [
        {
            "Effect": "Allow",
            "Principal": {"AWS": OUR_ARN},
            "Action": "sts:AssumeRole",
            "Condition": {"StringEquals": {"sts:ExternalId": EXTERNAL_ID}},
        }
    ],
}
READ_ALL = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetObject"], "Resource": "*"}
    ],
}
BODY = bytes(range(256)) * 40
Fill = Callable[..., list[str]]


def hour(day: str = "2026/11/17/05", account: str = ONE, region: str = "us-east-1") -> str:
    """Return the prefix of an hour."""
    return f"AWSLogs/{account}/BedrockModelInvocationLogs/{region}/{day}/"


@pytest.fixture
def bucket(cloud: AwsGate) -> AwsGate:
    """Return an AWS with an empty bucket `logs`, and a role that may read all of it."""
    cloud.make_bucket("logs")
    cloud.roles[ROLE] = Role(TRUST, READ_ALL)
    return cloud


def log(number: int = 0, at: str = "") -> str:
    """Return the key of a log."""
    return f"{at or hour()}20261117T050000{number:03d}Z_9b86bf4994c4ab1c.json.gz"


def assuming(**more: str) -> Access:
    """Return the access through the role."""
    return Access(**{"bucket": "logs", "region": "us-east-1", "role_arn": ROLE,
                     "external_id": EXTERNAL_ID, **more})  # fmt: skip


def content(found: aws.Fetched | None) -> bytes:
    """Return the bytes of an object that is there."""
    assert found is not None
    return b"".join(found.chunks)


# --- the key rule --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("key", "is_log"),
    [
        (log(), True),
        (f"logs/2026/{log()}", True),
        (f"logs//{log()}", True),
        (f"{hour()}20261117T050000Z_9b86.json", True),
        (f"{hour()}another-name.json.gz", True),
        (f"{hour()}data/6d0c_input.json.gz", False),
        (f"{hour()}data/20261117T050000000Z_9b86.json.gz", False),
        (f"{hour()}amazon-bedrock-logs-permission-check", False),
        (f"{hour()}amazon-bedrock-logs-permission-check.json.gz", False),
        (f"AWSLogs/{ONE}/CloudTrail/us-east-1/2026/11/17/05/x.json.gz", False),
        (f"x{log()}", False),
        (f"{hour()}notes.txt", False),
    ],
)
def test_a_key_is_a_log_or_not(key: str, *, is_log: bool) -> None:
    """Logs are known by their path; a body beside them or the marker is not one."""
    assert bool(aws.KEY.search(key)) is is_log


def test_nothing_but_a_log_is_opened(bucket: AwsGate) -> None:
    """A key under `data/` is refused before anything is asked for."""
    reader = LogBucket(assuming())
    with pytest.raises(ValueError, match="only logs"):
        reader.get(f"{hour()}data/6d0c_input.json.gz")
    assert bucket.asked == []


# --- listing -------------------------------------------------------------------------------------


def test_accounts_regions_and_days_are_found(bucket: AwsGate) -> None:
    """Each account's Regions and days are told, and folders of other things are not."""
    places = [
        (ONE, "us-east-1", "2026/11/17/05"), (ONE, "us-east-1", "2026/09/30/23"),
        (ONE, "eu-west-1", "2025/12/31/00"), (TWO, "us-east-1", "2026/11/17/06"),
    ]  # fmt: skip
    bucket.put("logs", {log(at=hour(day, one, region)): b"x" for one, region, day in places})
    strange = (hour("2026/13/45/05"), hour(account="shared"), "AWSLogs/readme/")
    bucket.put("logs", {log(at=one): b"x" for one in strange})
    reader = LogBucket(assuming())
    assert reader.list_accounts() == [ONE, TWO]
    assert reader.list_regions(ONE) == ["eu-west-1", "us-east-1"]
    assert reader.list_days(ONE, "us-east-1") == [date(2026, 9, 30), DAY]
    assert reader.folders() == {
        date(2025, 12, 31): [hour("2025/12/31", region="eu-west-1")],
        date(2026, 9, 30): [hour("2026/09/30")],
        DAY: [hour("2026/11/17"), hour("2026/11/17", TWO)],
    }


@pytest.mark.parametrize("prefix", ["", "logs", "logs/", "a/b/c", "logs//", "/logs", "data/x"])
def test_any_prefix_will_do(bucket: AwsGate, prefix: str) -> None:
    """What stands before `AWSLogs/` may have any number of slashes, and be named like bodies."""
    before = f"{prefix}/" if prefix and not prefix.endswith("/") else prefix
    bucket.put("logs", {f"{before}{log()}": BODY})
    reader = LogBucket(assuming(prefix=prefix))
    ((folder,),) = reader.folders().values()
    (found,) = reader.objects(folder)
    assert (found.key, found.day, found.size) == (before + log(), DAY, len(BODY))
    assert reader.account_of(found.key) == ONE
    fetched = reader.get(found.key)
    assert fetched is not None
    assert fetched.etag == found.etag


def test_bodies_are_skipped_unseen(bucket: AwsGate) -> None:
    """Thousands of bodies beside the logs cost one more request an hour, not one a thousand."""
    hours = [hour(f"2026/11/17/{one:02d}") for one in range(3)]
    logs = {log(number, at) for at in hours for number in range(2)}
    bodies = {f"{at}data/{one:05d}_input.json.gz" for at in hours for one in range(2500)}
    bucket.put("logs", dict.fromkeys(logs | bodies, b"x"))
    reader = LogBucket(assuming())
    assert {one.key for one in reader.objects(hour("2026/11/17"))} == logs
    assert reader.requests == 4
    assert bucket.read() == []


def test_long_lists_are_walked_to_their_end(bucket: AwsGate) -> None:
    """Every log of a day is told once, however many pages they fill."""
    names = {f"{hour()}{number:05d}.json.gz" for number in range(2300)}
    bucket.put("logs", dict.fromkeys(names, b"x"))
    found = [one.key for one in LogBucket(assuming()).objects(hour("2026/11/17"))]
    assert found == sorted(names)


# --- reading -------------------------------------------------------------------------------------


def test_without_a_role_the_own_credentials_serve(bucket: AwsGate) -> None:
    """A bucket of ours is read as whoever the SDK says we are."""
    bucket.put("logs", {log(): BODY})
    assert content(LogBucket(Access("logs", "us-east-1")).get(log())) == BODY
    assert "AssumeRole ok" not in bucket.counts()


def test_an_answer_that_breaks_off_goes_on(bucket: AwsGate) -> None:
    """After a reset the rest is asked for, of the same object, and no byte comes twice."""
    bucket.put("logs", {log(): BODY})
    bucket.fail("GetObject", RESET, times=3)
    reader = LogBucket(assuming())
    assert content(reader.get(log())) == BODY
    assert reader.retries == 3


def test_a_line_that_never_holds_is_told(bucket: AwsGate) -> None:
    """An object that breaks off again and again is an error that may pass."""
    bucket.put("logs", {log(): BODY})
    bucket.fail("GetObject", RESET, times=50)
    with pytest.raises(SourceBusyError, match="cut off") as caught:
        content(LogBucket(assuming()).get(log()))
    assert caught.value.code == "network"


def test_another_object_is_never_mixed_in(bucket: AwsGate) -> None:
    """When the object is replaced between two parts of it, nothing of it counts."""
    bucket.put("logs", {log(): BODY})
    bucket.fail("GetObject", RESET)
    found = LogBucket(assuming()).get(log())
    assert found is not None
    bucket.put("logs", {log(): BODY[::-1]})
    with pytest.raises(SourceBusyError, match="replaced"):
        content(found)


def test_a_giant_is_not_read(bucket: AwsGate, monkeypatch: pytest.MonkeyPatch) -> None:
    """An object beyond the bound is refused by its size, before its bytes."""
    monkeypatch.setattr(aws, "MAX_OBJECT_BYTES", len(BODY) - 1)
    bucket.put("logs", {log(): BODY})
    with pytest.raises(SourceObjectError, match="larger"):
        content(LogBucket(assuming()).get(log()))


def test_what_is_gone_is_none(bucket: AwsGate) -> None:
    """An object that expired between the list and the read is no error."""
    bucket.put("logs", {log(): BODY})
    bucket.gone.add(log())
    assert LogBucket(assuming()).get(log()) is None


def test_a_throttled_request_is_tried_again(bucket: AwsGate) -> None:
    """`SlowDown` and faults of the server are waited out, adaptively, and counted."""
    bucket.put("logs", {log(): BODY})
    bucket.fail("GetObject", "SlowDown", times=4)
    bucket.fail("GetObject", "InternalError", times=2)
    reader = LogBucket(assuming())
    assert content(reader.get(log())) == BODY
    assert (reader.requests, reader.retries) == (7, 6)
    assert reader._client.meta.config.retries["mode"] == "adaptive"


# --- credentials ---------------------------------------------------------------------------------


def test_short_credentials_last_through_a_long_read(bucket: AwsGate, clock: FrozenClock) -> None:
    """With credentials of 15 minutes a read of two hours goes on, without one refusal."""
    bucket.session_s = 900
    bucket.put("logs", {log(number): BODY for number in range(24)})
    reader = LogBucket(assuming())
    for number in range(24):
        assert content(reader.get(log(number))) == BODY
        clock.advance(minutes=5)
    counts = bucket.counts()
    assert counts["GetObject ok"] == 24
    assert counts["GetObject ExpiredToken"] == 0


def test_an_hour_takes_few_credentials(bucket: AwsGate, clock: FrozenClock) -> None:
    """Sessions of an hour are asked for, and renewed before they end, not at every request."""
    bucket.put("logs", {log(): BODY})
    reader = LogBucket(assuming())
    for _ in range(60):
        content(reader.get(log()))
        clock.advance(minutes=2)
    assert bucket.counts()["AssumeRole ok"] == 3


def test_credentials_that_end_early_are_made_anew(bucket: AwsGate) -> None:
    """`ExpiredToken` is answered with a new session and the same request, once."""
    bucket.put("logs", {log(): BODY})
    reader = LogBucket(assuming())
    content(reader.get(log()))
    bucket.end_sessions()
    assert content(reader.get(log())) == BODY
    bucket.session_s = 0
    bucket.end_sessions()
    with pytest.raises(SourceError, match="could not be had or renewed"):
        reader.get(log())


def test_the_session_is_recognised(bucket: AwsGate) -> None:
    """The owner's trail shows our name, and never a person's."""
    LogBucket(assuming()).list_accounts()
    assert bucket.asked[-1].who == f"arn:aws:sts::{ONE}:assumed-role/claude-dash-reader/claude-dash"


@pytest.mark.parametrize("answer", ["PermanentRedirect", "AuthorizationHeaderMalformed",
                                    "IllegalLocationConstraintException"])  # fmt: skip
def test_the_region_is_learnt(bucket: AwsGate, answer: str) -> None:
    """A wrong Region costs one request, whichever way AWS says so, and the right one is told."""
    bucket.make_bucket("logs", "eu-central-1")
    bucket.put("logs", {log(): BODY})
    bucket.redirects = answer
    reader = LogBucket(assuming())
    assert reader.list_accounts() == [ONE]
    assert content(reader.get(log())) == BODY
    assert reader.region == "eu-central-1"
    assert bucket.counts()[f"ListObjectsV2 {answer}"] == 1
    assert bucket.counts()[f"GetObject {answer}"] == 0


def test_a_role_that_takes_anybody_is_found_out(bucket: AwsGate) -> None:
    """A role that insists on the external id refuses a call without it; an open one does not."""
    assert not is_open(assuming())
    anybody = {**TRUST, "Statement": [{**TRUST["Statement"][0], "Condition": {}}]}
    bucket.roles[ROLE] = Role(anybody, READ_ALL)
    assert is_open(assuming())


def test_our_principal_is_the_role_and_not_its_session(
    bucket: AwsGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trust policy names our role, without whoever runs it; unknown when AWS does not tell."""
    assert our_principal("us-east-1") == OUR_ARN
    del bucket.keys[OUR_KEY]
    assert our_principal("us-east-1") == ""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    assert our_principal("us-east-1") == ""
