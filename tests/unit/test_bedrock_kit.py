"""The kit of a bucket: every part can be pasted as it is, and names what is its own."""

import json
import re
from dataclasses import replace

import pytest

from claude_dash.connections import bedrock
from claude_dash.connections.bedrock_kit import UNKNOWN_PRINCIPAL, Kit
from claude_dash.connections.bedrock_options import Options
from claude_dash.connections.bedrock_steps import replication_parts, role_parts, written
from claude_dash.errors import ConfigError
from tests.aws_gate import OUR_ACCOUNT, OUR_ARN, AwsGate, cloud, moto
from tests.aws_policy import allows, trusts
from tests.bedrock_lines import BUCKET, REGION, ROLE, TWO, log

__all__ = ["cloud", "moto"]
PULL = Kit("Logs", BUCKET, "team", ROLE, "invented-id", OUR_ARN)
PUSH = Kit("Logs", BUCKET, "team", principal=OUR_ARN, is_ours=True)
GOV = replace(PULL, role_arn=f"arn:aws-us-gov:iam::{TWO}:role/path/reader")


def one_line(text: str) -> str:
    """Return a text without its line breaks."""
    return " ".join(text.split())


@pytest.mark.parametrize("kit", [Kit("bedrock"), PULL, PUSH, GOV])
def test_every_part_is_json(kit: Kit) -> None:
    """What is pasted into AWS parses, in Terraform as well, and stands in the printed kit."""
    text = written(kit)
    parts = replication_parts(kit) | ({} if kit.is_ours else role_parts(kit))
    for title, part in parts.items():
        inner = re.findall(r"<<-JSON\n(.*?)\n  JSON\n", part, re.DOTALL) or [part]
        assert len(inner) == (2 if title == "Terraform" else 1)
        assert all(json.loads(one) for one in inner)
        assert part.rstrip() in text


def test_terraform_holds_the_very_policies() -> None:
    """Both ways of making the role come to the same."""
    found = re.findall(r"<<-JSON\n(.*?)\n  JSON\n", PULL.terraform(), re.DOTALL)
    assert [json.loads(one) for one in found] == [PULL.trust(), PULL.permissions()]
    assert 'name                 = "claude-dash-reader"' in PULL.terraform()


def test_the_trust_is_ours_with_the_id() -> None:
    """Only we, and only with this connection's external id, may assume the role."""
    trust = PULL.trust()
    assert trusts(trust, OUR_ARN, {"sts:ExternalId": "invented-id"})
    assert not trusts(trust, OUR_ARN, {"sts:ExternalId": "another"})
    assert not trusts(trust, OUR_ARN, {})
    assert not trusts(trust, f"arn:aws:iam::{TWO}:role/x", {"sts:ExternalId": "invented-id"})


@pytest.mark.parametrize("prefix", ["", "team", "team/", "a/b", "data"])
def test_the_role_lists_and_reads_logs_alone(prefix: str) -> None:
    """Below the prefix, of every account and Region, and never a body or another kind of log."""
    kit = replace(PULL, prefix=prefix)
    before = f"{prefix.rstrip('/')}/" if prefix else ""
    policy, objects = kit.permissions(), f"arn:aws:s3:::{BUCKET}/"
    own = log(prefix=before, account=TWO, region="eu-west-1")
    assert allows(policy, "s3:GetObject", objects + own, {})
    listed = {"s3:prefix": f"{before}AWSLogs/"}
    assert allows(policy, "s3:ListBucket", f"arn:aws:s3:::{BUCKET}", listed)
    refused = [
        f"{own.rpartition('/')[0]}/data/x_input.json.gz",
        f"{before}AWSLogs/{TWO}/CloudTrail/eu-west-1/x.json.gz",
        f"other/{own}",
    ]
    assert not any(allows(policy, "s3:GetObject", objects + key, {}) for key in refused)
    for action in ("s3:PutObject", "s3:DeleteObject", "s3:GetObjectVersion"):
        assert not allows(policy, action, objects + own, {})
    for prefix_asked in ({}, {"s3:prefix": ""}, {"s3:prefix": "other/"}):
        assert not allows(policy, "s3:ListBucket", f"arn:aws:s3:::{BUCKET}", prefix_asked)


def test_another_partition_has_its_own_arns() -> None:
    """A role of GovCloud gets policies of GovCloud, and the name at the end of its path."""
    assert GOV.role_name == "reader"
    assert "arn:aws-us-gov:s3:::logs" in json.dumps(GOV.permissions())
    assert "arn:aws:s3" not in written(GOV)


def test_replication_goes_into_a_bucket_of_ours() -> None:
    """S3 alone assumes its role; the rule takes logs alone and gives us the replicas."""
    (statement,) = PUSH.replication_trust()["Statement"]
    assert statement["Principal"] == {"Service": "s3.amazonaws.com"}
    (rule,) = PUSH.replication_rule()["Rules"]
    assert rule["Filter"] == {"Prefix": "team/AWSLogs/"}
    assert rule["Destination"] == {
        "Bucket": f"arn:aws:s3:::{BUCKET}",
        "Account": OUR_ACCOUNT,
        "AccessControlTranslation": {"Owner": "Destination"},
    }
    allowed = {
        action
        for one in PUSH.replication_permissions()["Statement"]
        for action in one["Action"]
        if one["Resource"] == f"arn:aws:s3:::{BUCKET}/*"
    }
    (writes, _) = PUSH.bucket_policy()["Statement"]
    assert allowed == set(writes["Action"])
    assert writes["Principal"]["AWS"] == PUSH.replication_rule()["Role"]


def test_a_bucket_is_source_or_destination() -> None:
    """Where a role reads it is what would be replicated; without one it is where replicas come."""
    assert (PULL.source, PULL.destination) == (BUCKET, "DESTINATION_BUCKET")
    assert (PUSH.source, PUSH.destination) == ("SOURCE_BUCKET", BUCKET)
    assert "sts:ExternalId" not in written(PUSH)
    own = json.loads(replication_parts(PUSH)["The reader's permissions"])
    assert allows(own, "s3:GetObject", f"arn:aws:s3:::{BUCKET}/{log(prefix='team/')}", {})


@pytest.mark.parametrize("kit", [PULL, PUSH])
def test_the_steps_say_what_nobody_must_miss(kit: Kit) -> None:
    """Logging replaces a setting; bodies off; versioning; forward only; backfill; how to end it."""
    text = one_line(written(kit))
    for said in (
        "Bedrock, Settings, Model invocation logging",
        "saving another one replaces it",
        "Switch the delivery of text and other data off",
        "Versioning must be on in both buckets",
        "A rule goes forward only",
        'filter "not replicated", with a completion report; run it',
        "prompts come along where their delivery is on",
        "To end it, delete the rule",
    ):
        assert said in text
    assert ("kms:Decrypt" in text) is (not kit.is_ours)


def test_what_is_not_known_is_told() -> None:
    """A specimen says that the id is made later; without credentials, who has to be put in."""
    assert "add the connection first" in one_line(written(Kit("bedrock")))
    text = one_line(written(replace(PULL, principal=UNKNOWN_PRINCIPAL)))
    assert "aws sts get-caller-identity" in text
    assert "stands for" not in one_line(written(PULL)).partition("Into arn")[0]


@pytest.mark.usefixtures("cloud")
def test_the_principal_is_a_role_and_not_its_session() -> None:
    """We name ourselves by the role that the owner can trust for long, never by who signed in."""
    kit = bedrock.kit_of("Logs", Options(BUCKET, REGION, role_arn=ROLE, external_id="x"))
    assert kit.principal == OUR_ARN
    assert "rin.sato" not in written(kit)


def test_without_credentials_the_kit_is_printed_all_the_same(
    cloud: AwsGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The principal stays a placeholder; nothing fails."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    monkeypatch.delenv("AWS_SECRET_ACCESS_KEY")
    assert bedrock.kit_of("Logs", Options(BUCKET, REGION)).principal == UNKNOWN_PRINCIPAL
    assert cloud.asked == []


# --- options -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"bucket": ""}, "without s3://"),
        ({"bucket": "s3://logs"}, "without s3://"),
        ({"bucket": "logs/AWSLogs"}, "without a path"),
        ({"region": "Frankfurt"}, "like us-east-1"),
        ({"region": ""}, "like us-east-1"),
        ({"role_arn": "claude-dash"}, "like arn:aws:iam::"),
        ({"role_arn": f"arn:aws:iam::{TWO}:user/x"}, "like arn:aws:iam::"),
        ({"role_arn": f"arn:aws:sts::{TWO}:assumed-role/x/y"}, "like arn:aws:iam::"),
        ({"prefix": "team/AWSLogs/"}, "before AWSLogs"),
        ({"prefix": "team/*"}, "before AWSLogs"),
        ({"prefix": "${aws:username}"}, "before AWSLogs"),
        ({"prefix": "s3://logs/team\n"}, "before AWSLogs"),
        ({"rule": "all"}, "Choose one of people, roles"),
        ({"rule": "profiles"}, "needs names"),
        ({"patterns": ["("]}, r"\(\?P<name>"),
        ({"patterns": ["dev-.+"]}, r"\(\?P<name>"),
    ],
)
def test_what_aws_would_not_take_is_refused(wrong: dict[str, str], says: str) -> None:
    """Each part is named, with how to enter it."""
    with pytest.raises(ConfigError, match=says):
        Options(**{"bucket": BUCKET, "region": REGION, **wrong})


@pytest.mark.parametrize(
    ("region", "role"),
    [
        ("us-gov-west-1", f"arn:aws-us-gov:iam::{TWO}:role/a/b/reader"),
        ("cn-north-1", f"arn:aws-cn:iam::{TWO}:role/reader+x=1,2.3@4"),
        ("ap-southeast-4", ""),
    ],
)
def test_every_partition_will_do(region: str, role: str) -> None:
    """Regions and roles of every partition are taken."""
    assert Options(BUCKET, region, role_arn=role).access().region == region
