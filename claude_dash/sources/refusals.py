"""What each refusal of the vendor means for whoever pasted the key, in one sentence each."""

from collections.abc import Callable
from typing import Any

import httpx

from claude_dash.errors import (
    SourceAuthError,
    SourceBusyError,
    SourceError,
    SourceExpiredError,
    SourceRequestError,
)

NEW_KEY = "Ask a Console admin for an Admin key (Settings, then Admin keys) and paste it."
LATER = "The next sync tries again."
ADDRESS = "Check CLAUDE_DASH_ANTHROPIC_BASE_URL."
REQUEST_REFUSED = frozenset({400, 405, 409, 422})
# Status -> our error, its sentence, the next step and its fixed code (contract, section 2.6).
KNOWN: dict[int, tuple[type[SourceError], str, str, str]] = {
    401: (
        SourceAuthError,
        "The key was refused: it was revoked, has expired, or is not an Admin key.",
        NEW_KEY,
        "revoked",
    ),
    404: (
        SourceAuthError,
        "The vendor has no such report for this key.",
        "It may be switched off.",
        "not_found",
    ),
    410: (SourceExpiredError, "The report was refreshed while it was read.", LATER, "other"),
    429: (SourceBusyError, "The vendor's request limit is used up.", LATER, "other"),
}


def refusal(status: int, body: Any, clean: Callable[[object], str]) -> SourceError:  # noqa: ANN401
    """Return the error for an answer that is not 200.

    Args:
        status: The HTTP status.
        body: The JSON of the answer, None when it is none.
        clean: Takes keys and addresses out of the vendor's words.
    """
    error = body.get("error") if isinstance(body, dict) else None
    details = error if isinstance(error, dict) else {}
    words = clean(details.get("message", ""))
    said = f' It said: "{words}"' if words else ""
    if status == httpx.codes.FORBIDDEN:
        return _forbidden(words)
    if status in REQUEST_REFUSED:
        return SourceRequestError(f"The vendor refused the request ({status}).{said}")
    if httpx.codes.is_redirect(status) or (status == httpx.codes.NOT_FOUND and not details):
        message = "Nothing of the vendor's API answers at this address."
        return SourceError(message, ADDRESS, code="wrong_address")
    kind, message, hint, code = KNOWN.get(
        status, (SourceBusyError, f"The vendor is not well ({status}).", LATER, "other")
    )
    return kind(message, hint, code=code)


def _forbidden(words: str) -> SourceAuthError:
    """Tell an Enterprise key, an ordinary key and a missing scope apart by the scopes it got."""
    got, _, needed = words.partition("Needed:")
    if "read:" in got:
        message = (
            "This is a scoped Claude Enterprise key. The Console form needs a Console Admin key."
        )
        return SourceAuthError(message, NEW_KEY, code="wrong_kind")
    if needed and "api:admin" in needed:
        message = "This is a standard API key. It cannot read usage."
        return SourceAuthError(message, NEW_KEY, code="wrong_kind")
    said = f' The vendor said: "{words}"' if words else ""
    message = f"The key may not read this report.{said}"
    return SourceAuthError(message, NEW_KEY, code="missing_scope")
