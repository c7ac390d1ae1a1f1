"""One HTTP client for all Anthropic sources: budgeted, patient, and silent about its key."""

import json
import random
import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import Any, Self

import httpx
from pydantic import SecretStr

from claude_dash import __version__
from claude_dash.errors import SourceBusyError, SourceError, SourceShapeError
from claude_dash.log import scrub
from claude_dash.sources.refusals import refusal

VERSION = "2023-06-01"  # sent deliberately; readers accept the newer shapes too (contract, 2.7)
TIMEOUT = httpx.Timeout(connect=10, read=60, write=10, pool=120)
MAX_CONNECTIONS = 16
MAX_BODY_BYTES = 64 * 1024 * 1024
MAX_TRIES = 9
MAX_WAIT_S = 300.0
FIRST_BACKOFF_S = 0.5
LAST_BACKOFF_S = 30.0
MAX_RESTARTS = 5
RETRIED = frozenset({408, 429, 500, 502, 503, 504, 529})

NOT_A_LIST = "data is not a list"
NO_PROGRESS = "paging does not move on"
TOO_LARGE = "an answer is larger than 64 MiB"

Params = Mapping[str, str | int | bool | None]


class AnthropicClient:
    """Reads JSON from the vendor with one key.

    Args:
        base_url: Where the vendor answers.
        key: The credential; it is sent and never shown.
        acquire: Called before every request, retries included; waits until one may be sent.
        transport: Stands in for the network, for the demo and for tests.
        sleep, now: The clock, for tests.
    """

    def __init__(
        self,
        base_url: str,
        key: SecretStr,
        acquire: Callable[[], None],
        *,
        transport: httpx.BaseTransport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._key = key
        self._acquire = acquire
        self._sleep = sleep
        self._now = now
        self._count = threading.Lock()
        self.requests = 0
        self.retries = 0
        self._http = httpx.Client(
            base_url=base_url,
            timeout=TIMEOUT,
            transport=transport,
            follow_redirects=False,
            limits=httpx.Limits(
                max_connections=MAX_CONNECTIONS, max_keepalive_connections=MAX_CONNECTIONS
            ),
            headers={
                "accept": "application/json",
                "anthropic-version": VERSION,
                "user-agent": f"claude-dash/{__version__}",
            },
        )

    def __enter__(self) -> Self:
        """Return the client, to be closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close every connection."""
        self._http.close()

    def get(self, path: str, params: Params | None = None) -> dict[str, Any]:
        """Return the JSON object at a path; amounts are decimals, exactly as they were written.

        Raises:
            SourceAuthError: The key was refused.
            SourceRequestError: The request was refused: a day or parameter the vendor rejects.
            SourceExpiredError: The page token is no longer valid; the walk starts again.
            SourceBusyError: The vendor could not be reached or stayed busy.
            SourceShapeError: The answer is not what the contract describes.
        """
        tries = 0
        while True:
            tries += 1
            self._acquire()
            with self._count:
                self.requests += 1
            problem, wait = self._try(path, params or {})
            if not isinstance(problem, SourceError):
                return problem
            if wait is None or tries >= MAX_TRIES:
                raise problem
            if wait > MAX_WAIT_S:
                message = f"The vendor asks to wait {wait:.0f} seconds."
                raise SourceBusyError(message, "The next sync tries again.", code="other")
            with self._count:
                self.retries += 1
            self._sleep(wait or _backoff(tries))

    def _try(self, path: str, params: Params) -> tuple[dict[str, Any] | SourceError, float | None]:
        """Return the answer, or an error and how long to wait before trying again.

        A wait of 0 leaves it to the backoff; None means that trying again does not help.
        """
        try:
            query = {name: value for name, value in params.items() if value is not None}
            headers = {"x-api-key": self._key.get_secret_value()}
            with self._http.stream("GET", path, params=query, headers=headers) as response:
                body = _body(response)
        except SourceShapeError as error:
            return error, None
        except httpx.TransportError as error:
            return _unreachable(error), 0.0
        except (httpx.DecodingError, httpx.InvalidURL, httpx.StreamError):
            message = "The vendor's answer was cut off or cannot be decoded."
            return SourceBusyError(message, "The next sync tries again.", code="network"), 0.0
        if response.status_code == httpx.codes.OK:
            return _parsed(response, body)
        found = refusal(response.status_code, _json(body), scrub_message)
        return found, self._advice(response)

    def _advice(self, response: httpx.Response) -> float | None:
        """Return what the vendor says about trying again, in its order of precedence."""
        advice = response.headers.get("x-should-retry", "").lower()
        if advice == "false" or (advice != "true" and response.status_code not in RETRIED):
            return None
        if milliseconds := _number(response.headers.get("retry-after-ms")):
            return milliseconds / 1000
        after = response.headers.get("retry-after", "")
        if seconds := _number(after):
            return seconds
        try:
            at = parsedate_to_datetime(after)
        except ValueError:
            return 0.0
        at = at if at.tzinfo else at.replace(tzinfo=UTC)
        return max((at - self._now()).total_seconds(), 0.0)

    def pages(self, path: str, params: Params) -> Iterator[dict[str, Any]]:
        """Yield each page of a report that hands out page tokens.

        Raises:
            SourceShapeError: A token was handed out twice, or is missing.
        """
        yield from self._walk(path, params, "page", lambda body: body.get("next_page"))

    def cursor_pages(self, path: str, params: Params) -> Iterator[dict[str, Any]]:
        """Yield each page of a list that is walked by the last id.

        Raises:
            SourceShapeError: An id was handed out twice, or is missing.
        """
        yield from self._walk(path, params, "after_id", lambda body: body.get("last_id"))

    def _walk(
        self, path: str, params: Params, name: str, token_of: Callable[[dict[str, Any]], Any]
    ) -> Iterator[dict[str, Any]]:
        seen: set[str] = set()
        token: str | None = None
        while True:
            body = self.get(path, {**params, name: token})
            if not isinstance(body.get("data"), list):
                raise shape(NOT_A_LIST)
            yield body
            following = token_of(body)
            has_more = body.get("has_more", name == "page" and following is not None)
            if not has_more:
                return
            if not isinstance(following, str) or not following or following in seen:
                raise shape(NO_PROGRESS)
            seen.add(following)
            token = following


def shape(what: str) -> SourceShapeError:
    """Return the error for an answer that the contract does not describe."""
    message = f"The vendor's report changed: {what}."
    return SourceShapeError(message, "The day is set aside; the others are read.")


def scrub_message(text: object) -> str:
    """Return a vendor's words for the operator, without keys or addresses, on one line."""
    return re.sub(r"\s+", " ", scrub(str(text)))[:300]


def _backoff(tries: int) -> float:
    """Return a random wait up to a bound that doubles with each try (full jitter)."""
    bound = min(LAST_BACKOFF_S, FIRST_BACKOFF_S * 2**tries)
    return random.uniform(FIRST_BACKOFF_S / 10, bound)  # noqa: S311 - a wait, not a secret


def _number(text: str | None) -> float | None:
    try:
        return max(float(text or ""), 0.0)
    except ValueError:
        return None


def _body(response: httpx.Response) -> bytes:
    """Return a body, refusing one that is too large to be a report."""
    size, chunks = 0, []
    for chunk in response.iter_bytes():
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            raise shape(TOO_LARGE)
        chunks.append(chunk)
    return b"".join(chunks)


def _json(body: bytes) -> Any:  # noqa: ANN401 - whatever the vendor sent
    try:
        return json.loads(body, parse_float=Decimal)
    except (ValueError, RecursionError):
        return None


def _parsed(
    response: httpx.Response, body: bytes
) -> tuple[dict[str, Any] | SourceError, float | None]:
    found = _json(body)
    if isinstance(found, dict):
        return found, None
    if "json" in response.headers.get("content-type", "json"):
        return shape("an answer is not a JSON object"), 0.0
    message = "Something other than the vendor's API answered."
    hint = "Check CLAUDE_DASH_ANTHROPIC_BASE_URL and the proxy in between."
    return SourceError(message, hint, code="wrong_address"), None


def _unreachable(error: httpx.TransportError) -> SourceError:
    if isinstance(error, httpx.UnsupportedProtocol):
        message = "The vendor's address is not one."
        return SourceError(message, "Check CLAUDE_DASH_ANTHROPIC_BASE_URL.", code="wrong_address")
    message = f"The vendor could not be reached ({type(error).__name__})."
    hint = "Check the network, the proxy and CLAUDE_DASH_ANTHROPIC_BASE_URL."
    return SourceBusyError(message, hint, code="network")
