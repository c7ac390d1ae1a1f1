"""Whether and when a request is sent again: the vendor's advice first, then backoff with jitter."""

import math
import random
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from tenacity import RetryCallState

from claude_dash.errors import SourceError

RETRIED = frozenset({408, 429, 500, 502, 503, 504, 529})
MALFORMED_TRIES = 4  # what answers with something else is seldom better a minute later
FIRST_BACKOFF_S = 0.5
LAST_BACKOFF_S = 30.0


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a caller waits.

    tries: of one request, those left out that met the request limit. longest_wait_s: that is
    waited because the vendor asks for it. total_wait_s: between the tries of one request.
    """

    tries: int
    longest_wait_s: float
    total_wait_s: float


READING = Patience(tries=9, longest_wait_s=300, total_wait_s=900)
ASKING = Patience(tries=3, longest_wait_s=20, total_wait_s=40)  # somebody looks at the form


@dataclass(frozen=True, slots=True)
class Setback:
    """A try that brought nothing.

    may_pass: whether trying again can help. advice_s: how long the vendor asks to wait, None when
    it does not say. is_limit: whether the request limit was met. tries: the most that are worth it.
    """

    error: SourceError
    may_pass: bool = True
    advice_s: float | None = None
    is_limit: bool = False
    tries: int = READING.tries


def may_pass(status: int, headers: Mapping[str, str]) -> bool:
    """Say whether trying again can help; what the vendor says about it comes first."""
    said = headers.get("x-should-retry", "").strip().lower()
    if said in {"true", "false"}:
        return said == "true"
    return status in RETRIED


def advice_s(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return how many seconds the vendor asks to wait: milliseconds, seconds or a date."""
    milliseconds = _number(headers.get("retry-after-ms"))
    if milliseconds is not None:
        return milliseconds / 1000
    after = headers.get("retry-after", "")
    seconds = _number(after)
    if seconds is not None:
        return seconds
    try:
        at = parsedate_to_datetime(after)
    except (ValueError, OverflowError):
        return None
    at = at if at.tzinfo else at.replace(tzinfo=UTC)
    return max((at - now).total_seconds(), 0.0)


def _number(text: str | None) -> float | None:
    try:
        number = float(text or "")
    except ValueError:
        return None
    return max(number, 0.0) if math.isfinite(number) else None


class Persistence:
    """Follows the tries of one request; `wait` and `is_over` are asked after each setback."""

    def __init__(self, patience: Patience) -> None:
        self._patience = patience
        self._tries = 0

    def wait(self, state: RetryCallState) -> float:
        """Return how long to wait: as advised, else a random part of a bound that doubles."""
        advice = _setback(state).advice_s
        if advice:
            return advice
        bound = min(LAST_BACKOFF_S, FIRST_BACKOFF_S * 2 ** min(state.attempt_number, 10))
        return random.uniform(FIRST_BACKOFF_S / 10, bound)  # noqa: S311 - a wait, not a secret

    def is_over(self, state: RetryCallState) -> bool:
        """Say whether to give up."""
        setback = _setback(state)
        self._tries += not setback.is_limit
        return (
            not setback.may_pass
            or self._tries >= min(self._patience.tries, setback.tries)
            or state.upcoming_sleep > self._patience.longest_wait_s
            or state.idle_for + state.upcoming_sleep > self._patience.total_wait_s
        )


def _setback(state: RetryCallState) -> Setback:
    setback = state.outcome.result() if state.outcome else None
    assert isinstance(setback, Setback)  # noqa: S101 - only setbacks are tried again
    return setback
