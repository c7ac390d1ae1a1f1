"""Who an ARN is, and which model an id means, in every form of the contract."""

import random
import re

import pytest

from claude_dash.sources.bedrock_names import (
    ModelName,
    is_claude,
    model_of,
    principal_named,
    principal_of,
)
from tests.bedrock_callers import ACCOUNTS, PEOPLE, Caller, called, nobody, person, service

KINDS = {"principal": "person", "unnamed": "unnamed", "service": "service"}
A, HEX = "111122223333", "0f3a9c1d2b4e5f60"
ROLE = f"arn:aws:sts::{A}:assumed-role"
SSO = f"{ROLE}/AWSReservedSSO_Claude_Code_{HEX}"
MAIL = "kim.lee@example.com"
SONNET = "anthropic.claude-sonnet-5-5"
PROFILE = f"arn:aws:bedrock:us-east-1:{A}:inference-profile"


def assert_named(caller: Caller) -> None:
    """Compare who an ARN is with who made the call."""
    arn = caller.arn[0] if isinstance(caller.arn, list) else caller.arn or ""
    found = principal_of(arn)
    assert (found.kind, found.value, found.email) == (
        KINDS[caller.kind],
        caller.value,
        caller.email,
    )


@pytest.mark.parametrize("account", ACCOUNTS, ids=lambda account: account.partition)
def test_everybody_is_who_they_are(account: object) -> None:
    """Each person and each nobody of a bucket, in every partition and letter case."""
    rng = random.Random(3)
    for _ in range(20):
        for number in range(PEOPLE):
            assert_named(person(rng, number, account))
        assert_named(nobody(rng, account))
        assert_named(service(account))


@pytest.mark.parametrize(
    ("arn", "kind", "value", "email", "role"),
    [
        (f"{SSO}/Kim.Lee@Example.com", "person", f"{SSO}/{MAIL}", MAIL, "Claude_Code"),
        (f"{SSO}/KLee", "person", f"{SSO}/klee", "", "Claude_Code"),
        (f"{ROLE}/Dev/{MAIL}", "person", f"{ROLE}/Dev/{MAIL}", MAIL, "Dev"),
        (f"{ROLE}/Dev/ccwb-{MAIL}", "person", f"{ROLE}/Dev/{MAIL}", MAIL, "Dev"),
        (f"{ROLE}/Dev/botocore-session-1763", "unnamed", f"{ROLE}/Dev", "", "Dev"),
        (f"{ROLE}/Dev/i-0abc", "unnamed", f"{ROLE}/Dev", "", "Dev"),
        (f"{ROLE}/Dev/kim", "unnamed", f"{ROLE}/Dev", "", "Dev"),
        # A look-alike of a permission set is a role like any other.
        (f"{ROLE}/AWSReservedSSO_Dev/kim", "unnamed", f"{ROLE}/AWSReservedSSO_Dev", "",
         "AWSReservedSSO_Dev"),
        (f"arn:aws:iam::{A}:user/a/b/Kim", "person", f"arn:aws:iam::{A}:user/a/b/kim", "", "Kim"),
        (f"arn:aws:iam::{A}:user/Kim", "person", f"arn:aws:iam::{A}:user/kim", "", "Kim"),
        (f"arn:aws:iam::{A}:user/a/BedrockAPIKey-x", "unnamed",
         f"arn:aws:iam::{A}:user/a/BedrockAPIKey-x", "", "BedrockAPIKey-x"),
        (f"arn:aws-cn:sts::{A}:federated-user/kim", "person",
         f"arn:aws-cn:sts::{A}:federated-user/kim", "", "kim"),
        (f"arn:aws-us-gov:iam::{A}:root", "unnamed", f"arn:aws-us-gov:iam::{A}:root", "", "root"),
        ("", "unnamed", "", "", ""),
        ("no ARN", "unnamed", "no ARN", "", ""),
        ("bedrock.amazonaws.com", "service", "bedrock.amazonaws.com", "", ""),
    ],
)  # fmt: skip
def test_an_arn_is_somebody(arn: str, kind: str, value: str, email: str, role: str) -> None:
    """Each row of the contract's table; what changes on every run is not part of anybody."""
    assert tuple(principal_of(arn)) == (kind, value, email, role)


def test_patterns_name_people() -> None:
    """A configured pattern names a person by address or by name, whole and before our own."""
    patterns = [re.compile(r"dev-(?P<name>\w+)"), re.compile(r"t-(?P<email>.+@example\.com)-\d+")]
    found = principal_of(f"{ROLE}/Dev/dev-Kim", patterns)
    assert (found.kind, found.value, found.email) == ("person", f"{ROLE}/Dev/kim", "")
    assert principal_of(f"{ROLE}/Dev/t-{MAIL}-7", patterns).email == MAIL
    assert principal_of(f"{ROLE}/Dev/xdev-kim", patterns).kind == "unnamed"
    assert principal_of(f"{ROLE}/Dev/dev-kim", []).kind == "unnamed"
    assert principal_named("Kim@Example.com", "gateway").email == "kim@example.com"


def test_every_form_of_a_model_is_one_key() -> None:
    """The profile's ARN and the short id of one model land on one key and scope."""
    rng = random.Random(4)
    for account in ACCOUNTS:
        for _ in range(400):
            one = called(rng, account, account.regions[0])
            assert tuple(model_of(one.id)) == (one.model, one.scope)
            assert is_claude(one.model)


@pytest.mark.parametrize(
    ("model_id", "model", "scope"),
    [
        (f"{PROFILE}/us.{SONNET}", SONNET, "us"),
        (f"us-gov.{SONNET}", SONNET, "us-gov"),
        (f"ap2.{SONNET}", SONNET, "ap2"),  # the list of geographies is open
        (SONNET, SONNET, ""),
        ("arn:aws:bedrock:eu-west-1::foundation-model/anthropic.claude-3-haiku-20240307-v1:0",
         "anthropic.claude-3-haiku-20240307-v1:0", ""),
        ("amazon.nova-pro-v1:0", "amazon.nova-pro-v1:0", ""),
        ("us.amazon.nova-pro-v1:0", "amazon.nova-pro-v1:0", "us"),
        ("", "", ""),
    ],
)  # fmt: skip
def test_a_model_is_known_by_its_id(model_id: str, model: str, scope: str) -> None:
    """The id is kept as it is but for the geography before it."""
    assert model_of(model_id) == ModelName(model, scope)


@pytest.mark.parametrize(
    ("kind", "may_be"),
    [
        ("application-inference-profile", True),
        ("provisioned-model", True),
        ("custom-model", False),
        ("imported-model", False),
    ],
)
def test_an_opaque_id_is_its_own_name(kind: str, may_be: bool) -> None:  # noqa: FBT001 - a case
    """A profile or a reservation may hold a Claude model; an imported one is somebody else's."""
    found = model_of(f"arn:aws:bedrock:us-east-1:{A}:{kind}/abc123")
    assert found == ModelName(f"{kind}/abc123", "")
    assert is_claude(found.model) is may_be
    assert not is_claude("meta.llama3-1-70b-instruct-v1:0")
