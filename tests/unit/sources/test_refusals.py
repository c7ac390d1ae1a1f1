"""What each refusal says to whoever pasted the key, row by row of the contract's table."""

import ssl
from typing import Any

import httpx
import pytest

from claude_dash import errors
from claude_dash.sources.refusals import (
    Answer,
    KeyKind,
    kind_of,
    refusal,
    unreachable,
)

SCOPES = "Missing required scopes. Got: ['{got}'] Needed: ['{needed}']"


def body(message: str = "no", **details: str) -> dict[str, Any]:
    """Return an error as the vendor words it."""
    return {"type": "error", "error": {"type": "x", "message": message, "details": details}}


def scopes(got: str, needed: str) -> dict[str, Any]:
    """Return a refusal that lists scopes."""
    return body(SCOPES.format(got=got, needed=needed))


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("sk-ant-admin01-abc", "admin"),
        ("sk-ant-api01-abc", "scoped"),
        ("sk-ant-api03-abc", "standard"),
        ("sk-ant-oat01-abc", "unknown"),
        ("something-else", "unknown"),
    ],
)
def test_a_key_looks_like_a_kind(key: str, kind: KeyKind) -> None:
    """The beginning of a key is a hint for the wording."""
    assert kind_of(key) == kind


@pytest.mark.parametrize(
    ("status", "answer", "kind", "error", "code", "words"),
    [
        (400, body("bad date"), "admin", errors.SourceRequestError, "other", "bad date"),
        (
            400,
            body(error_code="organization_type_not_supported"),
            "admin",
            errors.SourceAuthError,
            "wrong_kind",
            "plan does not have",
        ),
        (401, body(), "admin", errors.SourceAuthError, "revoked", "revoked"),
        (401, body(), "unknown", errors.SourceAuthError, "revoked", "revoked"),
        (401, None, "admin", errors.SourceAuthError, "revoked", "revoked"),
        (401, body(), "standard", errors.SourceAuthError, "wrong_kind", "standard API key"),
        (401, body(), "scoped", errors.SourceAuthError, "wrong_kind", "Enterprise key"),
        (
            403,
            scopes("read:analytics", "api:admin"),
            "unknown",
            errors.SourceAuthError,
            "wrong_kind",
            "Enterprise key",
        ),
        (
            403,
            scopes("api:inference", "api:admin"),
            "unknown",
            errors.SourceAuthError,
            "wrong_kind",
            "standard API key",
        ),
        (
            403,
            scopes("api:admin", "read:compliance_activities"),
            "admin",
            errors.SourceAuthError,
            "missing_scope",
            "read:compliance_activities",
        ),
        (403, body(""), "standard", errors.SourceAuthError, "wrong_kind", "standard API key"),
        (403, {}, "admin", errors.SourceAuthError, "missing_scope", "may not read"),
        (404, body(), "admin", errors.SourceAuthError, "not_found", "no such report"),
        (404, None, "admin", errors.SourceError, "wrong_address", "answers at this address"),
        (404, {"detail": "x"}, "admin", errors.SourceError, "wrong_address", "at this address"),
        (307, None, "admin", errors.SourceError, "wrong_address", "leads elsewhere"),
        (403, None, "admin", errors.SourceError, "wrong_address", "before the vendor"),
        (407, None, "admin", errors.SourceBusyError, "network", "proxy"),
        (409, body(), "admin", errors.SourceRequestError, "other", "409"),
        (410, None, "admin", errors.SourceExpiredError, "other", "refreshed"),
        (418, None, "admin", errors.SourceRequestError, "other", "418"),
        (429, body(), "admin", errors.SourceBusyError, "other", "limit"),
        (500, body(), "admin", errors.SourceBusyError, "other", "500"),
        (502, None, "admin", errors.SourceBusyError, "other", "502"),
        (503, None, "admin", errors.SourceBusyError, "other", "503"),
        (504, body(), "admin", errors.SourceBusyError, "other", "504"),
        (529, body(), "admin", errors.SourceBusyError, "other", "529"),
        (206, {}, "admin", errors.SourceShapeError, "other", "206"),
    ],
)
def test_a_status_becomes_a_sentence(  # noqa: PLR0917 - one row of the table
    status: int,
    answer: Any,
    kind: KeyKind,
    error: type[errors.SourceError],
    code: str,
    words: str,
) -> None:
    """Each row becomes its error, with its fixed code, a sentence and a next step where one is."""
    made = refusal(Answer(status, answer), kind)
    assert (type(made), made.code) == (error, code)
    assert words in made.message
    assert made.hint or isinstance(made, errors.SourceRequestError)


def test_a_bare_403_is_the_vendors() -> None:
    """A refusal without a body speaks of the key; one with a page for people does not."""
    assert refusal(Answer(403, None, is_empty=True), "admin").code == "missing_scope"


@pytest.mark.parametrize(
    "answer",
    [None, [], "text", 7, {}, {"error": "x"}, {"error": {"message": None, "details": []}}],
)
@pytest.mark.parametrize("status", [400, 401, 403, 404, 410, 418, 429, 500, 529])
def test_no_form_of_body_is_too_strange(status: int, answer: Any) -> None:
    """Whatever stands in the place of the vendor's error, there is an error of ours."""
    assert isinstance(refusal(Answer(status, answer), "unknown"), errors.SourceError)


def test_the_vendors_words_are_cleaned() -> None:
    """What is shown to the operator is one short line without keys or addresses."""
    words = "key sk-ant-" + "admin01-x of rin@example.org\n\nis bad " + "very " * 200
    said = refusal(Answer(400, body(words)), "admin").message
    assert "sk-ant" not in said
    assert "rin@" not in said
    assert "\n" not in said
    assert len(said) < 400


def _with_cause(cause: Exception) -> httpx.ConnectError:
    error = httpx.ConnectError("x")
    error.__cause__ = cause
    return error


@pytest.mark.parametrize(
    ("error", "code", "words"),
    [
        (httpx.ConnectError("x"), "network", "no connection"),
        (httpx.ConnectTimeout("x"), "network", "in time"),
        (httpx.ReadError("x"), "network", "cut off"),
        (httpx.RemoteProtocolError("x"), "network", "cut off"),
        (httpx.ProxyError("x"), "network", "proxy"),
        (httpx.UnsupportedProtocol("x"), "wrong_address", "address"),
        (httpx.InvalidURL("x"), "wrong_address", "address"),
        (_with_cause(ssl.SSLCertVerificationError("x")), "wrong_address", "certificate"),
    ],
)
def test_no_answer_becomes_a_sentence(error: Exception, code: str, words: str) -> None:
    """No network, a wrong address and a certificate of somebody else are told apart."""
    made = unreachable(error)
    assert made.code == code
    assert words in made.message
    assert made.hint
