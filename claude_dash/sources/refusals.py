"""What each refusal of the vendor means for whoever pasted the key, in one sentence each."""

import re
import ssl
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import httpx

from claude_dash.errors import (
    SourceAuthError,
    SourceBusyError,
    SourceError,
    SourceExpiredError,
    SourceRequestError,
    SourceShapeError,
)
from claude_dash.log import scrub

NEW_KEY = "Ask a Console admin for an Admin key (Settings, then Admin keys) and paste it."
NEW_SCOPED_KEY = (
    "Ask the primary owner for a key with the scope read:analytics "
    "(claude.ai, Organization settings, then API) and paste it."
)
SWITCHED_OFF = "API access may also be switched off in the organization's settings."
CONSOLE_KEY = "This is a Console Admin key. Claude Enterprise needs a scoped key of its own."
LATER = "The next sync tries again."
ADDRESS = "Check CLAUDE_DASH_ANTHROPIC_BASE_URL and the proxy in between."
NETWORK = "Check the network, the proxy and CLAUDE_DASH_ANTHROPIC_BASE_URL."
STANDARD = "This is a standard API key. It cannot read usage."
SCOPED = "This is a scoped Claude Enterprise key. The Console form needs a Console Admin key."
MAX_SAID_CHARS = 300

KeyKind = Literal["admin", "scoped", "standard", "unknown"]
# How a key begins helps to word a refusal and decides nothing: the vendor does (contract, 2.2).
_PREFIXES: tuple[tuple[str, KeyKind], ...] = (
    ("sk-ant-admin", "admin"),
    ("sk-ant-api01-", "scoped"),
    ("sk-ant-api", "standard"),
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back: status, the JSON of the body (None when it is none), whether it was empty."""

    status: int
    body: Any
    is_empty: bool = False

    @property
    def error(self) -> dict[str, Any]:
        """Return the vendor's error, empty when something else answered."""
        error = self.body.get("error") if isinstance(self.body, dict) else None
        return error if isinstance(error, dict) else {}

    @property
    def said(self) -> str:
        """Return the vendor's words for the operator: one line, no keys, no addresses."""
        words = re.sub(r"\s+", " ", scrub(str(self.error.get("message") or ""))).strip()
        return words[:MAX_SAID_CHARS]

    @property
    def code(self) -> str:
        """Return the vendor's finer code, mostly empty."""
        details = self.error.get("details")
        return str(details.get("error_code") or "") if isinstance(details, dict) else ""


def kind_of(key: str) -> KeyKind:
    """Return what a key looks like."""
    return next((kind for prefix, kind in _PREFIXES if key.startswith(prefix)), "unknown")


def refusal(answer: Answer, kind: KeyKind, form: str = "console") -> SourceError:
    """Return the error for an answer that is not 200 (contract, section 2.6).

    Args:
        answer: What came back.
        kind: What the key looks like.
        form: The kind of connection that the key was pasted for.
    """
    status = answer.status
    by_status = _BY_STATUS
    if form == "enterprise" and answer.body is not None:
        by_status = _BY_STATUS | _SCOPED_BY_STATUS
    if answer.code == "organization_type_not_supported":
        message = "This organization's plan does not have the report."
        return SourceAuthError(message, NEW_KEY, code="wrong_kind")
    if status in by_status:
        return by_status[status](answer, kind)
    if httpx.codes.is_redirect(status):
        return wrong_address("The address leads elsewhere.")
    if httpx.codes.is_client_error(status):
        return SourceRequestError(f"The vendor refused the request ({status}).{_quoted(answer)}")
    if httpx.codes.is_server_error(status):
        return SourceBusyError(f"The vendor is not well ({status}).", LATER)
    return shape(f"it answered with status {status}")


def shape(what: str) -> SourceShapeError:
    """Return the error for an answer that the contract does not describe."""
    message = f"The vendor's report changed: {what}."
    return SourceShapeError(message, "The day is set aside; the others are read.")


def wrong_address(message: str) -> SourceError:
    """Return the error for a place where the vendor's API is not."""
    return SourceError(message, ADDRESS, code="wrong_address")


def unreachable(error: Exception) -> SourceError:
    """Return the error for a request that got no answer; nothing of the request is in it."""
    if isinstance(error, httpx.UnsupportedProtocol | httpx.InvalidURL):
        return wrong_address("The vendor's address is not one.")
    if _is_certificate(error):
        return wrong_address("The certificate of the address could not be verified.")
    match error:
        case httpx.TimeoutException():
            why = "it did not answer in time"
        case httpx.ProxyError():
            why = "the proxy refused"
        case httpx.ConnectError():
            why = "there is no connection to it"
        case _:
            why = "the answer was cut off"
    return SourceBusyError(f"The vendor could not be reached: {why}.", NETWORK, code="network")


def _is_certificate(error: BaseException | None) -> bool:
    while error is not None:
        if isinstance(error, ssl.SSLCertVerificationError):
            return True
        error = error.__cause__ or error.__context__
    return False


def _quoted(answer: Answer) -> str:
    return f' It said: "{answer.said}"' if answer.said else ""


def _unknown_key(_: Answer, kind: KeyKind) -> SourceAuthError:
    if kind == "standard":
        return SourceAuthError(STANDARD, NEW_KEY, code="wrong_kind")
    if kind == "scoped":
        return SourceAuthError(SCOPED, NEW_KEY, code="wrong_kind")
    message = "The key was refused: it was revoked, has expired, or was not pasted whole."
    return SourceAuthError(message, NEW_KEY, code="revoked")


def _forbidden(answer: Answer, kind: KeyKind) -> SourceError:
    """Tell an Enterprise key, an ordinary key and a missing scope apart.

    The scopes that the key got stand only in the words meant for the operator.
    """
    if answer.body is None and not answer.is_empty:
        return wrong_address("Something before the vendor's API refused the request (403).")
    got, _, needed = answer.said.partition("Needed:")
    if "read:" in got or kind == "scoped":
        return SourceAuthError(SCOPED, NEW_KEY, code="wrong_kind")
    if kind == "standard" or "api:admin" in needed:
        return SourceAuthError(STANDARD, NEW_KEY, code="wrong_kind")
    message = f"The key may not read this report.{_quoted(answer)}"
    return SourceAuthError(message, NEW_KEY, code="missing_scope")


def _not_found(answer: Answer, _: KeyKind) -> SourceError:
    if not answer.error:
        return wrong_address("Nothing of the vendor's API answers at this address.")
    message = "The vendor has no such report for this key."
    return SourceAuthError(message, "It may be switched off.", code="not_found")


def _proxy(_: Answer, __: KeyKind) -> SourceError:
    return SourceBusyError("The proxy asks for a sign-in.", NETWORK, code="network")


def _expired(_: Answer, __: KeyKind) -> SourceError:
    return SourceExpiredError("The report was refreshed while it was read.", LATER)


def _limited(_: Answer, __: KeyKind) -> SourceError:
    return SourceBusyError("The vendor's request limit is used up.", LATER)


def _scoped_unknown(answer: Answer, kind: KeyKind) -> SourceAuthError:
    if kind in {"admin", "standard"}:
        return _scoped_forbidden(answer, kind)
    message = f"The key was refused: it was revoked, or was not pasted whole. {SWITCHED_OFF}"
    return SourceAuthError(message, NEW_SCOPED_KEY, code="revoked")


def _scoped_forbidden(answer: Answer, kind: KeyKind) -> SourceAuthError:
    """Tell a Console key, a key without the scope, and access that is switched off apart."""
    got, _, needed = answer.said.partition("Needed:")
    if "api:admin" in got or kind == "admin":
        return SourceAuthError(CONSOLE_KEY, NEW_SCOPED_KEY, code="wrong_kind")
    if kind == "standard":
        return SourceAuthError(STANDARD, NEW_SCOPED_KEY, code="wrong_kind")
    if needed:
        message = f"The key lacks a scope.{_quoted(answer)}"
        return SourceAuthError(message, NEW_SCOPED_KEY, code="missing_scope")
    message = f"The key may not read this.{_quoted(answer)} {SWITCHED_OFF}"
    return SourceAuthError(message, NEW_SCOPED_KEY, code="switched_off")


def _scoped_not_found(answer: Answer, kind: KeyKind) -> SourceError:
    if kind == "admin":
        return _scoped_forbidden(answer, kind)
    if not answer.error:
        return wrong_address("Nothing of the vendor's API answers at this address.")
    message = f"The vendor has no such report for this key: check its scope. {SWITCHED_OFF}"
    return SourceAuthError(message, NEW_SCOPED_KEY, code="not_found")


_SCOPED_BY_STATUS: dict[int, Callable[[Answer, KeyKind], SourceError]] = {
    401: _scoped_unknown,
    403: _scoped_forbidden,
    404: _scoped_not_found,
}
_BY_STATUS: dict[int, Callable[[Answer, KeyKind], SourceError]] = {
    401: _unknown_key,
    403: _forbidden,
    404: _not_found,
    407: _proxy,
    410: _expired,
    429: _limited,
}
