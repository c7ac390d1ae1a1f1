"""Every row of the contract's table of errors: a sentence, what to do, and a fixed code."""

from collections.abc import Callable
from typing import Any

import pytest
from botocore import exceptions as library

from claude_dash.errors import (
    SourceAuthError,
    SourceBusyError,
    SourceError,
    SourceObjectError,
    SourceRequestError,
    SourceUntrustedError,
)
from claude_dash.sources.aws import Access, LogBucket
from claude_dash.sources.aws_refusals import Refused, asked, refusal
from tests.aws_gate import OUR_KEY, OUR_SECRET, OUR_SESSION, AwsGate, Role, cloud, moto
from tests.unit.sources.test_aws import READ_ALL, ROLE, TRUST, assuming, bucket, hour, log

__all__ = ["bucket", "cloud", "moto"]
NOTHING: dict[str, Any] = {"Version": "2012-10-17", "Statement": []}
KEY_OF_A_TEST = "AKIA" + "INVENTED00000002"


def told(ask: Callable[[], object]) -> SourceError:
    """Return the error that asking comes to; nothing secret or personal is in it."""
    with pytest.raises(SourceError) as caught:
        ask()
    error = caught.value
    assert error.__context__ is None
    for secret in (OUR_KEY, OUR_SECRET, OUR_SESSION, KEY_OF_A_TEST, "rin.sato", "assumed-role"):
        assert secret not in str(error)
    return error


def listing(access: Access) -> Callable[[], object]:
    """Return what lists the accounts, in three tries at most."""
    return lambda: LogBucket(access, tries=3).list_accounts()


def reading(access: Access) -> Callable[[], object]:
    """Return what reads a log, in three tries at most."""
    return lambda: LogBucket(access, tries=3).get(log())


def kind(error: SourceError) -> tuple[type[SourceError], str]:
    """Return what floors above tell errors apart by."""
    return type(error), error.code


@pytest.mark.parametrize("case", ["no role", "another external id", "no trust in us"])
def test_a_role_that_does_not_trust_us(bucket: AwsGate, case: str) -> None:
    """The three causes, which AWS does not tell apart, are named, and the role's ARN is shown."""
    access = assuming(external_id="another") if case == "another external id" else assuming()
    if case == "no role":
        bucket.roles.clear()
    if case == "no trust in us":
        bucket.roles[ROLE] = Role(NOTHING, READ_ALL)
    error = told(listing(access))
    assert kind(error) == (SourceUntrustedError, "missing_scope")
    assert ROLE in error.message
    assert "external id" in error.hint


def test_a_session_that_is_too_long(bucket: AwsGate) -> None:
    """`ValidationError` names the role's session duration."""
    bucket.fail("AssumeRole", "ValidationError")
    error = told(listing(assuming()))
    assert kind(error) == (SourceRequestError, "other")
    assert "session duration" in error.hint


def test_a_list_that_is_denied(bucket: AwsGate) -> None:
    """A policy or prefix that forbids the list says where to look."""
    bucket.roles[ROLE] = Role(TRUST, NOTHING)
    error = told(listing(assuming()))
    assert kind(error) == (SourceAuthError, "missing_scope")
    assert "s3:ListBucket" in error.hint


def test_an_object_that_is_denied(bucket: AwsGate) -> None:
    """One object that is refused is not the end of the source."""
    bucket.roles[ROLE] = Role(TRUST, NOTHING)
    error = told(reading(assuming()))
    assert kind(error) == (SourceObjectError, "missing_scope")
    assert "s3:GetObject" in error.hint


def test_an_object_whose_key_is_kept(bucket: AwsGate) -> None:
    """A refusal of KMS is told apart from one of S3."""
    bucket.put("logs", {log(): b"x"})
    bucket.encrypted.add(log())
    error = told(reading(assuming()))
    assert kind(error) == (SourceObjectError, "missing_scope")
    assert "kms:Decrypt" in error.hint


def test_an_object_that_is_archived(bucket: AwsGate) -> None:
    """An object in Glacier needs its owner."""
    bucket.put("logs", {log(): b"x"})
    bucket.archived.add(log())
    error = told(reading(assuming()))
    assert kind(error) == (SourceObjectError, "other")
    assert "restore" in error.hint


def test_a_bucket_that_does_not_exist(bucket: AwsGate) -> None:
    """A bucket's name that is not one is told as such."""
    assert kind(told(listing(assuming(bucket="lost")))) == (SourceAuthError, "not_found")
    assert bucket.counts()["ListObjectsV2 NoSuchBucket"] == 1


def test_a_region_that_nobody_names(bucket: AwsGate) -> None:
    """A redirect without a Region is told, not followed for ever."""
    bucket.fail("ListObjectsV2", "AuthorizationHeaderMalformed", times=9)
    bucket.regions.clear()
    error = told(listing(assuming()))
    assert kind(error) == (SourceError, "wrong_address")
    assert "Region" in error.hint


@pytest.mark.parametrize("code", ["InvalidAccessKeyId", "SignatureDoesNotMatch", "ExpiredToken",
                                  "InvalidToken"])  # fmt: skip
def test_credentials_that_are_refused(bucket: AwsGate, code: str) -> None:
    """Unknown, wrong and outlived credentials stop the source."""
    bucket.fail("ListObjectsV2", code, times=2)
    assert kind(told(listing(assuming()))) == (SourceAuthError, "revoked")


def test_our_own_credentials_that_are_unknown(
    bucket: AwsGate, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When the role cannot even be asked for, it is our own side that must be looked at."""
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", KEY_OF_A_TEST)
    error = told(listing(assuming()))
    assert kind(error) == (SourceAuthError, "revoked")
    assert "this machine" in error.message
    assert bucket.counts() == {"AssumeRole InvalidClientTokenId": 1}


def test_a_clock_that_is_wrong(bucket: AwsGate) -> None:
    """A skewed clock is told as such and not as a wrong key."""
    bucket.fail("ListObjectsV2", "RequestTimeTooSkewed", times=9)
    error = told(listing(assuming()))
    assert kind(error) == (SourceAuthError, "other")
    assert "clock" in error.message


@pytest.mark.parametrize("code", ["SlowDown", "InternalError", "ServiceUnavailable"])
def test_aws_that_stays_busy(bucket: AwsGate, code: str) -> None:
    """What outlasts every try may pass later."""
    bucket.fail("ListObjectsV2", code, times=3)
    assert kind(told(listing(assuming()))) == (SourceBusyError, "other")
    assert bucket.counts()[f"ListObjectsV2 {code}"] == 3


def test_accounts_that_are_switched_off(bucket: AwsGate) -> None:
    """An account that AWS closed is no matter of keys."""
    bucket.fail("ListObjectsV2", "AllAccessDisabled")
    assert kind(told(listing(assuming()))) == (SourceAuthError, "switched_off")


def test_what_is_unknown_is_told_by_its_code(bucket: AwsGate) -> None:
    """A refusal that nobody foresaw shows AWS's fixed code and nothing else of the answer."""
    bucket.fail("ListObjectsV2", "MetadataTooLarge")
    error = told(listing(assuming()))
    assert error.message == "AWS refused the request (MetadataTooLarge)."


def test_no_credentials_at_all(bucket: AwsGate, monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine without credentials is told so, and AWS is not asked."""
    monkeypatch.delenv("AWS_ACCESS_KEY_ID")
    error = told(listing(assuming()))
    assert isinstance(error, SourceAuthError)
    assert "no AWS credentials" in error.message
    monkeypatch.setenv("AWS_PROFILE", "lost")
    assert "AWS_PROFILE" in told(listing(assuming())).message
    assert not bucket.asked


@pytest.mark.parametrize(
    ("address", "expected"),
    [
        ("http://127.0.0.1:9", (SourceBusyError, "network")),
        ("no-address", (SourceError, "wrong_address")),
    ],
)
def test_nobody_answers(
    monkeypatch: pytest.MonkeyPatch, bucket: AwsGate, address: str, expected: tuple[object, str]
) -> None:
    """A network that is down may pass; an address that is none does not."""
    monkeypatch.setenv("AWS_ENDPOINT_URL", address)
    assert kind(told(listing(Access("logs", "us-east-1")))) == expected
    assert not bucket.asked


def test_something_else_answers(bucket: AwsGate) -> None:
    """A page where S3 should be is a wrong address."""
    bucket.put("logs", {log(): b"x"})
    strange = Access("logs", "us-east-1")
    reader = LogBucket(strange)
    reader._client.meta.events.register(
        "before-parse.s3", lambda response_dict, **_: response_dict.update(body=b"<html>")
    )
    assert kind(told(reader.list_accounts)) == (SourceError, "wrong_address")


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (library.SSLError(endpoint_url="https://x", error="y"), "wrong_address", "certificate"),
        (library.ProxyConnectionError(proxy_url="http://u:p@x"), "network", "proxy"),
        (library.ConnectTimeoutError(endpoint_url="https://x"), "network", "in time"),
        (library.ReadTimeoutError(endpoint_url="https://x"), "network", "in time"),
        (library.ConnectionClosedError(endpoint_url="https://x"), "network", "cut off"),
        (library.IncompleteReadError(actual_bytes=1, expected_bytes=2), "network", "cut off"),
        (library.TokenRetrievalError(provider="sso", error_msg="z"), "revoked", "renewed"),
        (library.ParamValidationError(report="z"), "other", "form"),
        (ValueError("z"), "wrong_address", "understood"),
        (KeyError("GetCallerIdentityResult"), "wrong_address", "understood"),
    ],
)
def test_errors_of_the_library_become_ours(error: Exception, code: str, words: str) -> None:
    """Whatever the library raises has a sentence of ours, without its own words."""

    def fail() -> None:
        raise error

    found = asked(fail)
    assert isinstance(found, Refused)
    assert (found.code, found.error.code) == ("", code)
    assert words in found.error.message
    assert "u:p" not in str(found.error)


@pytest.mark.parametrize(
    ("what", "code", "expected"),
    [
        ("GetObject", "PreconditionFailed", SourceBusyError),
        ("GetObject", "MethodNotAllowed", SourceBusyError),
        ("GetObject", "NoSuchKey", SourceObjectError),
        ("GetObject", "<b>rin.sato</b>", SourceRequestError),
        ("ListObjectsV2", "403", SourceAuthError),
    ],
)
def test_the_rest_of_the_table(what: str, code: str, expected: type[SourceError]) -> None:
    """A replaced object is read again, a deleted one is skipped, and a code is never made up."""
    answer = {"Error": {"Code": code}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    error = refusal(library.ClientError(answer, what), hour())
    assert type(error) is expected
    assert "rin.sato" not in str(error)
