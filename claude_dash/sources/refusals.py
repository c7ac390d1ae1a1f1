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
    match status:
        case 400 | 405 | 409 | 422:
            return SourceRequestError(f"The vendor refused the request ({status}).{said}")
        case 401:
            message = "The key was refused: it was revoked, has expired, or is not an Admin key."
            return SourceAuthError(message, NEW_KEY, code="revoked")
        case 403:
            return _forbidden(words)
        case 404 if not details:
            message = "Nothing of the vendor's API answers at this address."
            return SourceError(message, ADDRESS, code="wrong_address")
        case 404:
            message = "The vendor has no such report for this key."
            return SourceAuthError(message, "It may be switched off.", code="not_found")
        case 410:
            return SourceExpiredError("The report was refreshed while it was read.", LATER)
        case 429:
            return SourceBusyError("The vendor's request limit is used up.", LATER)
        case _ if httpx.codes.is_redirect(status):
            message = "The address redirects elsewhere."
            return SourceError(message, ADDRESS, code="wrong_address")
    return SourceBusyError(f"The vendor is not well ({status}).", LATER)


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
