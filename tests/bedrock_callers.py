"""Who calls Bedrock, and which model: every form of the contract, and what each of them means."""

import random
from typing import NamedTuple

PEOPLE = 40
FIRST_LOGIN = 34  # from this number on a person's name holds no address
ROLE = "AWSReservedSSO_{}_0f3a9c1d2b4e5f60"
SETS = ("ClaudeCode", "Claude_Code_EU", "Dev_0123456789abcdef")


class Account(NamedTuple):
    """An AWS account, and where its calls are logged."""

    number: str
    partition: str
    regions: tuple[str, ...]


ACCOUNTS = (
    Account("111122223333", "aws", ("us-east-1", "eu-central-1")),
    Account("222233334444", "aws", ("us-east-1",)),
    Account("333344445555", "aws-us-gov", ("us-gov-west-1",)),
    Account("444455556666", "aws-cn", ("cn-north-1",)),
)


class Caller(NamedTuple):
    """Who called: as logged (None: not at all), and who that is.

    kind: principal, unnamed or service. value: what stays the same of it.
    """

    arn: str | list[str] | None
    kind: str
    value: str
    email: str = ""


class Called(NamedTuple):
    """Which model was called: as logged, and its key and scope."""

    id: str
    model: str
    scope: str


def address(number: int) -> str:
    """Return the address of a person."""
    return f"person-{number}@example.com"


def person(rng: random.Random, number: int, account: Account) -> Caller:
    """Return a person as one account names them; another account does it in another way."""
    sts = f"arn:{account.partition}:sts::{account.number}:"
    iam = f"arn:{account.partition}:iam::{account.number}:"
    login = f"login-{number}"
    if number >= FIRST_LOGIN:
        base = (
            f"{sts}assumed-role/{ROLE.format(SETS[1])}/",
            f"{iam}user/engineering/tools/",
            f"{sts}federated-user/",
        )[number % 3]
        return Caller(base + rng.choice((login, login.title())), "principal", base + login)
    mail = address(number)
    written = rng.choice((mail, mail, mail.title(), mail.replace("example.com", "EXAMPLE.com")))
    base, lead = (
        (f"{sts}assumed-role/{ROLE.format(SETS[number % 3])}/", ""),
        (f"{sts}assumed-role/ClaudeCodeUsers/", ""),
        (f"{sts}assumed-role/BedrockCognitoFederatedRole/", "ccwb-"),
        (f"{sts}federated-user/", ""),
        (f"{iam}user/engineering/", ""),
    )[(number + int(account.number[0])) % 5]
    arn = base + lead + written
    return Caller([arn] if rng.random() < 0.03 else arn, "principal", base + mail, mail)


def nobody(rng: random.Random, account: Account) -> Caller:
    """Return a caller that nothing names."""
    sts = f"arn:{account.partition}:sts::{account.number}:assumed-role/"
    iam = f"arn:{account.partition}:iam::{account.number}:"
    session = rng.choice(
        (f"botocore-session-{rng.randrange(10**10)}", f"i-0{rng.randrange(10**9)}")
    )
    key = "user/BedrockAPIKey-k3x9"
    return rng.choice(
        (
            Caller(f"{sts}gateway/{session}", "unnamed", f"{sts}gateway"),
            Caller(f"{sts}nightly/review-lambda", "unnamed", f"{sts}nightly"),
            Caller(iam + key, "unnamed", iam + key),
            Caller(f"{iam}root", "unnamed", f"{iam}root"),
            Caller(None, "unnamed", ""),
        )
    )


def service(account: Account) -> Caller:
    """Return a caller that is known to be a service."""
    arn = f"arn:{account.partition}:sts::{account.number}:assumed-role/"
    arn += "AWSServiceRoleForAmazonBedrock"
    return Caller(f"{arn}/evaluation", "service", arn)


SONNET, OPUS = "anthropic.claude-sonnet-5-5", "anthropic.claude-opus-5-5"
HAIKU, OLDER = "anthropic.claude-haiku-5-5", "anthropic.claude-sonnet-4-5-20250929-v1:0"
UNPRICED = "anthropic.claude-overture-9-v2:0"
MODELS = (SONNET, SONNET, SONNET, OPUS, OPUS, HAIKU, OLDER, UNPRICED)
BANDS = {HAIKU: 100_000, OLDER: 200_000}  # prompt tokens of a request
SCOPES = ("us", "global", "eu", "apac", "au", "jp", "us-gov", "ca2")
OTHERS = (
    "amazon.nova-pro-v1:0",
    "us.meta.llama4-maverick-17b-instruct-v1:0",
    "cohere.embed-multilingual-v3",
    "arn:aws:bedrock:us-east-1:111122223333:inference-profile/us.amazon.nova-lite-v1:0",
    "arn:aws:bedrock:us-east-1:111122223333:imported-model/anthropic.claude-like",
)


def called(rng: random.Random, account: Account, region: str, model: str = "") -> Called:
    """Return a Claude model, or what may be one, in some form."""
    arn = f"arn:{account.partition}:bedrock:{region}:"
    model = model or rng.choice(MODELS)
    scope = rng.choice(SCOPES[:7] if rng.random() < 0.98 else SCOPES)
    profile = f"{scope}.{model}"
    own = rng.choice(("a1b2c3d4e5f6", "zz9x8c7v6b5n"))
    form = rng.random()
    if form < 0.55:  # what Claude Code's calls are logged as
        return Called(f"{arn}{account.number}:inference-profile/{profile}", model, scope)
    if form < 0.8:
        return Called(profile, model, scope)
    if form < 0.86:
        return Called(model, model, "")
    if form < 0.92:
        return Called(f"{arn}:foundation-model/{model}", model, "")
    kind = "application-inference-profile" if form < 0.98 else "provisioned-model"
    return Called(f"{arn}{account.number}:{kind}/{own}", f"{kind}/{own}", "")
