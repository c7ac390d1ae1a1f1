"""What AWS says when it refuses, in words: every row of the contract's table (section 8).

Nothing that AWS wrote is quoted but its fixed code: its sentences name the caller.
"""

import re
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

from botocore import exceptions as aws
from botocore.parsers import ResponseParserError

from claude_dash.errors import (
    SourceAuthError,
    SourceBusyError,
    SourceError,
    SourceObjectError,
    SourceRequestError,
    SourceUntrustedError,
)

Asked = TypeVar("Asked")
EXPIRED = frozenset({"ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired"})
GONE = frozenset({"NoSuchKey", "NoSuchVersion"})
REPLACED = frozenset({"PreconditionFailed", "MethodNotAllowed"})
BROKEN_OFF = (aws.HTTPClientError, aws.IncompleteReadError)  # in the middle of a body
LATER = "The next sync tries again."
NETWORK = "Check the network, the proxy and AWS_ENDPOINT_URL."
KEYS = "Check the AWS credentials of this machine: its role, AWS_PROFILE or AWS_ACCESS_KEY_ID."
OTHER_REGION = "Enter the Region of the bucket."
_FIXED_CODE = re.compile(r"[A-Za-z.]{1,60}|\d{3}")
_DENIED = frozenset({"AccessDenied", "AccessDeniedException", "403", "Forbidden"})
_BAD_KEYS = frozenset(
    {
        "InvalidAccessKeyId",
        "InvalidClientTokenId",
        "InvalidSecurity",
        "InvalidToken",
        "SignatureDoesNotMatch",
        "UnrecognizedClientException",
        *EXPIRED,
    }
)
_SKEWED = frozenset({"RequestTimeTooSkewed", "RequestExpired", "RequestInTheFuture"})
_OTHER_REGION = frozenset(
    {
        "PermanentRedirect",
        "TemporaryRedirect",
        "AuthorizationHeaderMalformed",
        "IllegalLocationConstraintException",
        "301",
        "307",
    }
)
_BUSY = frozenset(
    {
        "SlowDown",
        "InternalError",
        "ServiceUnavailable",
        "RequestTimeout",
        "Throttling",
        "ThrottlingException",
        "RequestLimitExceeded",
    }
)
_OFF = frozenset({"AllAccessDisabled", "AccountProblem", "RegionDisabledException"})
_FIRST_SERVER_ERROR = 500
_OF_THE_SDK = (aws.ClientError, aws.BotoCoreError, ResponseParserError)


class Refused(NamedTuple):
    """Why there was no answer: AWS's fixed code, empty when it gave none, and our error."""

    code: str
    error: SourceError


def asked(ask: Callable[[], Asked], role_arn: str = "") -> Asked | Refused:
    """Return what AWS answered, or why it did not.

    It is returned and not raised, so that no exception that holds the request comes along.
    """
    try:
        return ask()
    except (*_OF_THE_SDK, ValueError, LookupError) as error:  # it looks for what must be there
        return Refused(_code(error), refusal(error, role_arn))


def _code(error: Exception) -> str:
    found = str(_answer(error).get("Code", ""))
    return found if _FIXED_CODE.fullmatch(found) else ""


def _answer(error: Exception) -> dict[str, Any]:
    answer = error.response.get("Error") if isinstance(error, aws.ClientError) else None
    return answer if isinstance(answer, dict) else {}


def refusal(error: Exception, role_arn: str = "") -> SourceError:
    """Return our error for what AWS, or the way to it, refused.

    Args:
        error: Of the library.
        role_arn: The role that is assumed, for the sentence; empty when there is none.
    """
    if not isinstance(error, aws.ClientError):
        return unreachable(error)
    code, asks = _code(error), error.operation_name
    status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
    known = _by_code(code, asks) or (_of_role(code, role_arn) if asks == "AssumeRole" else None)
    if known is None and asks == "GetObject":
        known = _of_object(code, str(_answer(error).get("Message", "")))
    if known is not None:
        return known
    if code in _DENIED:
        return SourceAuthError(
            "The bucket may not be listed under this prefix.",
            "Check the prefix, the bucket policy, and s3:ListBucket in the role's policy: "
            "its condition must name the same prefix.",
            code="missing_scope",
        )
    if code in _BUSY or status >= _FIRST_SERVER_ERROR:
        return SourceBusyError(f"AWS is busy or not well ({code or status}).", LATER)
    return SourceRequestError(f"AWS refused the request ({code or status}).")


def _by_code(code: str, asks: str) -> SourceError | None:
    """Return what a code means whatever was asked for."""
    if code == "NoSuchBucket":
        message = "There is no bucket of this name."
        return SourceAuthError(message, "Check its spelling and its account.", code="not_found")
    if code in _OTHER_REGION:
        message = "The bucket is in another Region, which AWS did not name."
        return SourceError(message, OTHER_REGION, code="wrong_address")
    if code in _SKEWED:
        message = "The clock of this machine is wrong by more than AWS accepts."
        return SourceAuthError(message, "Set it by a time server.")
    if code in _BAD_KEYS:
        what = "The AWS credentials of this machine" if asks == "AssumeRole" else "The credentials"
        message = f"{what} were refused ({code}): unknown, expired or not complete."
        return SourceAuthError(message, KEYS, code="revoked")
    if code in _OFF:
        message = f"AWS has switched off access for the account or its Region ({code})."
        return SourceAuthError(message, "Its owner must ask AWS.", code="switched_off")
    return None


def _of_role(code: str, role_arn: str) -> SourceError | None:
    if code in _DENIED:
        return SourceUntrustedError(
            f"The role {role_arn} could not be assumed.",
            "AWS gives one answer for three causes: the role does not exist, its trust policy "
            "names another principal than ours, or another external id. Compare it with "
            "the output of claude-dash connect kit.",
            code="missing_scope",
        )
    if code == "ValidationError":
        return SourceRequestError(
            f"AWS does not take the request to assume {role_arn}.",
            "Check the ARN, and that the role's maximum session duration is one hour or more.",
        )
    return None


def _of_object(code: str, said: str) -> SourceError | None:
    """Return what it means that one object could not be had; the others may be readable."""
    if code in _DENIED and "kms:" in said.lower():
        return SourceObjectError(
            "An object is encrypted with a KMS key that may not be used.",
            "Allow kms:Decrypt in the role's policy and in the policy of the key.",
            code="missing_scope",
        )
    if code in _DENIED:
        return SourceObjectError(
            "An object may not be read.",
            "Allow s3:GetObject in the role's policy; check that the bucket's owner owns its "
            "objects.",
            code="missing_scope",
        )
    if code == "InvalidObjectState":
        message = "An object is archived."
        return SourceObjectError(message, "Its owner must restore it from Glacier to have it read.")
    if code in GONE:
        message = "An object was deleted before it was read."
        return SourceObjectError(message, code="not_found")
    if code in REPLACED:
        return SourceBusyError("An object was replaced while it was read.", LATER)
    return None


def unreachable(error: Exception) -> SourceError:
    """Return our error for a request that got no answer, or was never sent."""
    why = next((words for kinds, words in _UNREACHABLE if isinstance(error, kinds)), "")
    if why:
        return SourceBusyError(f"AWS could not be reached: {why}.", NETWORK, code="network")
    for kinds, code, message in _UNSENT:
        if isinstance(error, kinds):
            return SourceAuthError(message, KEYS, code=code)
    message = "The request could not be made or its answer could not be understood."
    if isinstance(error, aws.ParamValidationError):
        message = "The bucket, the prefix or the role has a form that AWS does not take."
        return SourceRequestError(message, "Enter it again.")
    if isinstance(error, aws.SSLError):
        message = "The certificate of the address could not be verified."
    return SourceError(message, NETWORK, code="wrong_address")


_UNREACHABLE: tuple[tuple[tuple[type[Exception], ...], str], ...] = (
    ((aws.ProxyConnectionError,), "the proxy refused"),
    ((aws.ConnectTimeoutError, aws.ReadTimeoutError), "it did not answer in time"),
    ((aws.EndpointConnectionError,), "there is no connection to it"),
    (
        (aws.ConnectionClosedError, aws.ResponseStreamingError, aws.IncompleteReadError),
        "the answer was cut off",
    ),
)
_UNSENT: tuple[tuple[tuple[type[Exception], ...], str, str], ...] = (
    (
        (aws.ProfileNotFound,),
        "other",
        "There is no AWS profile of the name that AWS_PROFILE holds.",
    ),
    (
        (aws.NoCredentialsError, aws.PartialCredentialsError),
        "other",
        "This machine has no AWS credentials, or only a part of them.",
    ),
    (
        (aws.CredentialRetrievalError, aws.TokenRetrievalError, aws.SSOError),
        "revoked",
        "The AWS credentials of this machine could not be had or renewed.",
    ),
)
