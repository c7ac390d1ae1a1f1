"""What is found in a bucket: places, days, a grade of identity, bodies; and no name, ever."""

import json
import logging
import re
from collections.abc import Callable
from typing import Any

import pytest

from claude_dash.sources import bedrock_sample
from claude_dash.sources.aws_session import Access
from claude_dash.sources.bedrock_probe import EMPTY, BucketProbe, probe_bedrock
from claude_dash.sources.bedrock_reading import Reading
from claude_dash.sources.bedrock_rule import Selection
from tests import bedrock_lines as lines
from tests.aws_gate import OUR_ARN, AwsGate, Role, cloud, moto
from tests.bedrock_lines import BUCKET, ONE, PEOPLE, REGION, ROLE, TWO, log, packed, record

__all__ = ["cloud", "moto"]
EXTERNAL_ID = "invented-external-id"
EVERYTHING = {
    "Version": "2012-10-17",
    "Statement": [
        {"Effect": "Allow", "Action": ["s3:ListBucket", "s3:GetObject"], "Resource": "*"}
    ],
}
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
THEIRS = Access(BUCKET, REGION, role_arn=ROLE, external_id=EXTERNAL_ID)


@pytest.fixture
def bucket(cloud: AwsGate) -> AwsGate:
    """Return an AWS with an empty bucket, and a role that may read it."""
    cloud.make_bucket(BUCKET)
    cloud.roles[ROLE] = Role(TRUST, EVERYTHING)
    return cloud


def probed(reading: Reading | None = None, access: Access | None = None) -> BucketProbe:
    """Return what is found in a bucket that can be read."""
    made = probe_bedrock(access or Access(BUCKET, REGION), reading or Reading())
    assert made.status == "ok", made.error
    return made


def says(made: BucketProbe, report: str) -> str:
    """Return the sentence of a finding; empty when there is none."""
    return next((one.sentence for one in made.findings if one.report == report), "")


def is_good(made: BucketProbe, report: str) -> bool:
    """Say whether a finding is a good one."""
    return next(one.is_found for one in made.findings if one.report == report)


# --- where and when ------------------------------------------------------------------------------


def test_accounts_regions_and_their_days_are_told(bucket: AwsGate) -> None:
    """Each account and Region with its first and last day."""
    for hour, account, region in (
        ("2026/09/30/23", ONE, REGION), ("2026/11/17/05", ONE, REGION),
        ("2026/11/16/00", TWO, "eu-west-1"),
    ):  # fmt: skip
        lines.fill(bucket, lines.sso(PEOPLE[0]), hour=hour, account=account, region=region)
    found = probed().found()
    assert found["accounts"] == [ONE, TWO]
    assert found["regions"] == ["eu-west-1", REGION]
    spans = {place: [str(day) for day in span.values()] for place, span in found["days"].items()}
    assert spans == {
        f"{ONE} {REGION}": ["2026-09-30", "2026-11-17"],
        f"{TWO} eu-west-1": ["2026-11-16", "2026-11-16"],
    }
    assert f"{ONE}, {REGION}: 30 Sep 2026 to 17 Nov 2026." in says(probed(), "Logs")


def test_an_empty_prefix_says_where_to_switch_logging_on(bucket: AwsGate) -> None:
    """A bucket without a log under the prefix works, and explains why there is nothing."""
    bucket.put(BUCKET, {"AWSLogs/111122223333/CloudTrail/us-east-1/x.json.gz": b"x"})
    made = probed()
    assert says(made, "Logs") == EMPTY
    assert "Bedrock, Settings, Model invocation logging" in EMPTY
    assert not is_good(made, "Logs")
    assert made.found()["identity"] == ""


def test_logs_that_ended_are_told(bucket: AwsGate) -> None:
    """Without an object for days, logging or replication may have been switched off."""
    lines.fill(bucket, lines.sso(PEOPLE[0]), hour="2026/11/02/05")
    made = probed()
    assert "Nothing since 2 Nov 2026" in says(made, "Logs")
    assert not is_good(made, "Logs")


def test_many_accounts_are_not_all_looked_into(bucket: AwsGate) -> None:
    """The answer comes while somebody waits; how many were looked into is told."""
    for number in range(23):
        bucket.put(BUCKET, {log(account=f"{number:012d}"): packed(record(lines.sso(PEOPLE[0])))})
    made = probed()
    assert "Looked into 20 of 23" in says(made, "Logs")
    assert len(bucket.read()) == 20
    assert len(made.found()["accounts"]) == 23


# --- a sample ------------------------------------------------------------------------------------


def test_the_sample_is_small_new_and_spread(bucket: AwsGate) -> None:
    """About twenty objects: the newest hours of every account and Region, bodies never."""
    hours = [f"2026/11/{day:02d}/{hour:02d}" for day in range(1, 18) for hour in range(0, 24, 6)]
    body = packed(record(lines.sso(PEOPLE[0])))
    for account in (ONE, TWO):
        keys = [log(number, hour=hour, account=account) for hour in hours for number in range(3)]
        bodies = [f"{one.rpartition('/')[0]}/data/x_input.json.gz" for one in keys]
        bucket.put(BUCKET, dict.fromkeys([*keys, *bodies], body))
    probed()
    read = bucket.read()
    assert len(read) == bedrock_sample.SAMPLE_OBJECTS
    assert {sum(one in key for key in read) for one in (ONE, TWO)} == {10}
    days = {key.split(REGION)[1][:11] for key in read}
    assert days == {"/2026/11/17", "/2026/11/16", "/2026/11/15"}
    assert not any("/data/" in key for key in read)


def test_few_objects_are_all_read(bucket: AwsGate) -> None:
    """Logging that was switched on an hour ago is judged by all there is of it."""
    lines.fill(bucket, *map(lines.sso, PEOPLE))
    assert probed().found()["sample"] == {"objects": 5, "calls": 50}


NAMES: list[str] = [lines.sso(one) for one in PEOPLE]
RUNS: list[str] = [lines.session("Dev", f"botocore-session-{number}") for number in range(12)]
TASKS: list[str] = [lines.session("Gateway", f"task-{number}") for number in range(4)]


@pytest.mark.parametrize(
    ("arns", "grade", "remedy"),
    [
        (NAMES, "unique people", "Nearly every call names a person."),
        ([*NAMES * 4, RUNS[0]], "unique people", "Nearly every call"),
        (RUNS, "shared role", "session name of their own"),
        ([*NAMES, *RUNS], "shared role", "enter a pattern"),
        (TASKS, "gateway-collapsed", "X-Amzn-Bedrock-Request-Metadata"),
        ([TASKS[0]], "gateway-collapsed", "for the organisation alone"),
        ([*TASKS * 2, NAMES[0]], "gateway-collapsed", "all its people are one"),
    ],
)
def test_identity_has_a_grade_and_a_remedy(
    bucket: AwsGate, arns: list[str], grade: str, remedy: str
) -> None:
    """Unique names, a role that is shared, or one role for all; and what to do about it."""
    lines.fill(bucket, *arns)
    made = probed()
    assert made.found()["identity"] == grade
    assert remedy in says(made, "Identity")
    assert f"Grade: {grade}." in says(made, "Identity")
    assert is_good(made, "Identity") is (grade == "unique people")


def test_one_name_for_all_is_doubted(bucket: AwsGate) -> None:
    """A single user may be one person, or a gateway that signs as a user."""
    lines.fill(bucket, f"arn:aws:iam::{ONE}:user/gateway")
    assert "a user that several people share" in says(probed(), "Identity")


def test_few_calls_have_no_grade(bucket: AwsGate) -> None:
    """A handful of calls says nothing about everybody."""
    bucket.put(BUCKET, {log(): packed(*(record(NAMES[0]) for _ in range(9)))})
    assert says(probed(), "Identity") == ""


def test_a_pattern_or_a_key_makes_people_unique(bucket: AwsGate) -> None:
    """What the admin says of session names or metadata is heeded in the grade."""
    sent = [record(RUNS[0], requestMetadata={"user": one}) for one in PEOPLE * 4]
    bucket.put(BUCKET, {log(): packed(*sent)})
    assert probed().found()["identity"] == "gateway-collapsed"
    assert probed(Reading(person_key="user")).found()["identity"] == "unique people"
    pattern = re.compile(r"botocore-(?P<name>.+)")
    assert probed(Reading(patterns=(pattern,))).found()["identity"] == "unique people"


def test_what_the_rule_leaves_out_is_counted(bucket: AwsGate) -> None:
    """By reason, so that a rule which is too narrow is seen before anything is read."""
    calls = [record(NAMES[0]) for _ in range(6)]
    calls += [record(NAMES[0], operation="Converse") for _ in range(3)]
    calls += [record(NAMES[0], modelId="us.amazon.nova-pro-v1:0")]
    bucket.put(BUCKET, {log(): packed(*calls)})
    made = probed()
    assert made.found()["left_out"] == {
        "not Claude Code: another operation": 3, "not Claude Code: another model": 1,
    }  # fmt: skip
    assert says(made, "Calls").startswith("6 of 10 in a sample count as Claude Code. Left out: 3")
    none = probed(Reading(Selection("roles", ("Other",))))
    assert none.found()["sample"]["calls"] == 0
    assert not is_good(none, "Calls")


@pytest.mark.parametrize(
    ("given", "has_bodies"),
    [
        ({}, False),
        ({"input": {"inputTokenCount": 1, "inputBodyJson": {"text": lines.PROMPT}}}, True),
        ({"output": {"outputTokenCount": 1, "outputBodyS3Path": "s3://logs/data/x"}}, True),
    ],
)
def test_bodies_are_found_and_advised_against(
    bucket: AwsGate, given: dict[str, Any], *, has_bodies: bool
) -> None:
    """Where prompts are delivered it says how to end that; what is in them is said nowhere."""
    bucket.put(BUCKET, {log(): packed(record(NAMES[0]), record(NAMES[0], **given))})
    made = probed()
    assert made.found()["bodies"] is has_bodies
    assert ("switch the delivery of text off" in says(made, "Bodies")) is has_bodies
    assert lines.PROMPT not in repr(made)


def test_profiles_that_hide_their_model_are_unpriced(bucket: AwsGate) -> None:
    """Their calls count; that they have no price until one is entered is told."""
    arns = [f"arn:aws:bedrock:us-east-1:{ONE}:application-inference-profile/{x}" for x in "ab"]
    bucket.put(BUCKET, {log(): packed(*(record(NAMES[0], modelId=one) for one in arns * 2))})
    assert says(probed(), "Models").startswith("2 application inference profiles hide their")


def test_what_stays_invisible_is_told(bucket: AwsGate) -> None:
    """No sessions, no lines, no bedrock-mantle, no Region without logging."""
    lines.fill(bucket, NAMES[0])
    said = " ".join(probed().found()["not_covered"])
    assert all(one in said for one in ("sessions", "lines", "commits", "mantle", "Regions"))


# --- privacy -------------------------------------------------------------------------------------


def test_no_name_is_found(bucket: AwsGate, caplog: pytest.LogCaptureFixture) -> None:
    """Neither an address nor an ARN of a caller is in what is found, told or logged."""
    caplog.set_level(logging.DEBUG, logger="claude_dash")
    lines.fill(bucket, *NAMES, *RUNS, f"arn:aws:iam::{ONE}:user/eng/PlantedName")
    made = probed(access=THEIRS)
    whole = json.dumps(made.found(), default=str) + repr(made) + repr(made.sample)
    whole += "".join(one.getMessage() for one in caplog.records if "claude_dash" in one.name)
    for name in (
        *PEOPLE,
        "botocore-session",
        "PlantedName",
        "AWSReservedSSO",
        "assumed-role",
        "arn:",
    ):
        assert name not in whole


# --- the contract's table of errors --------------------------------------------------------------

Break = Callable[[AwsGate], None]


def each(**faults: str) -> Break:
    """Return what lets every request of a kind fail with a code."""
    return lambda gate: [gate.fail(what, code, times=99) for what, code in faults.items()] and None


def closed(gate: AwsGate) -> None:
    """Let the role be gone."""
    gate.roles.clear()


def unlisted(gate: AwsGate) -> None:
    """Let the role read other logs."""
    gate.roles[ROLE].policy["Statement"][0]["Action"] = "s3:GetObject"  # type: ignore[index]


def encrypted(gate: AwsGate) -> None:
    """Let every object be encrypted with a key that the role may not use."""
    gate.encrypted |= {log(number) for number in range(len(PEOPLE))}


def archived(gate: AwsGate) -> None:
    """Let every object be in Glacier."""
    gate.archived |= {log(number) for number in range(len(PEOPLE))}


@pytest.mark.parametrize(
    ("broken", "status", "code", "sentence"),
    [
        (closed, "waiting", "missing_scope", "claude-dash connect kit"),
        (each(AssumeRole="ValidationError"), "refused", "other", "session duration is one hour"),
        (each(AssumeRole="InvalidClientTokenId"), "refused", "revoked", "AWS_PROFILE"),
        (each(ListObjectsV2="AccessDenied"), "refused", "missing_scope", "same prefix"),
        (each(ListObjectsV2="NoSuchBucket"), "refused", "not_found", "spelling and its account"),
        (
            each(ListObjectsV2="IllegalLocationConstraintException"),
            "refused", "wrong_address", "Enter the Region of the bucket",
        ),
        (each(ListObjectsV2="SignatureDoesNotMatch"), "refused", "revoked", "credentials"),
        (each(ListObjectsV2="RequestTimeTooSkewed"), "refused", "other", "time server"),
        (each(ListObjectsV2="SlowDown"), "unreachable", "other", "The next sync tries again"),
        (each(ListObjectsV2="InternalError"), "unreachable", "other", "The next sync tries again"),
        (each(ListObjectsV2="ExpiredToken"), "refused", "revoked", "expired"),
        (each(GetObject="AccessDenied"), "refused", "missing_scope", "s3:GetObject"),
        (encrypted, "refused", "missing_scope", "kms:Decrypt in the role's policy and in the"),
        (archived, "refused", "other", "restore it from Glacier"),
    ],
)  # fmt: skip
def test_every_refusal_says_what_to_do(
    bucket: AwsGate, broken: Break, status: str, code: str, sentence: str
) -> None:
    """Each row of the contract's table ends as one sentence; nothing else is told then."""
    policy = json.loads(json.dumps(EVERYTHING))
    bucket.roles[ROLE] = Role(TRUST, policy)
    lines.fill(bucket, *NAMES)
    broken(bucket)
    made = probe_bedrock(THEIRS, Reading())
    assert made.error is not None
    assert (made.status, made.error.code) == (status, code)
    assert sentence in str(made.error)
    assert "rin.sato" not in str(made.error)
    assert made.found() == {}


def test_a_denied_list_is_refused(bucket: AwsGate) -> None:
    """Without s3:ListBucket nothing can be found, and the permission is named."""
    policy = json.loads(json.dumps(EVERYTHING))
    bucket.roles[ROLE] = Role(TRUST, policy)
    unlisted(bucket)
    made = probe_bedrock(THEIRS, Reading())
    assert made.status == "refused"
    assert "s3:ListBucket" in str(made.error)


@pytest.mark.parametrize("code", ["PermanentRedirect", "AuthorizationHeaderMalformed"])
def test_a_wrong_region_is_learned(bucket: AwsGate, code: str) -> None:
    """However AWS says so, the bucket is found where it is."""
    bucket.make_bucket("far-logs", "eu-west-1")
    bucket.redirects = code
    made = probed(access=Access("far-logs", REGION))
    assert made.region == "eu-west-1"


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("AccessDenied", "An object may not be read"),
        ("InvalidObjectState", "An object is archived"),
    ],
)
def test_a_single_object_does_not_stop_the_others(bucket: AwsGate, code: str, reason: str) -> None:
    """One that is refused, archived or broken is counted with its reason."""
    lines.fill(bucket, *NAMES)
    bucket.put(BUCKET, {log(98): packed(record(NAMES[0]))[:-4], log(99): b"no gzip"})
    bucket.fail("GetObject", code, key=log(1), times=9)
    made = probed()
    assert made.sample.objects == len(PEOPLE) - 1
    said = says(made, "Objects")
    assert said.startswith("3 of 7 in a sample cannot be counted")
    assert all(one in said for one in (reason, "it is cut off", "it is not gzip"))


def test_an_object_that_is_gone_is_skipped(bucket: AwsGate) -> None:
    """What was deleted between list and get is no trouble."""
    lines.fill(bucket, *NAMES)
    bucket.gone.add(log(1))
    made = probed()
    assert made.sample.objects == len(PEOPLE) - 1
    assert says(made, "Objects") == ""
