"""One HTTP client for all Anthropic sources: budgeted, patient, and silent about its key."""

import re
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Self, TypeAlias

import httpx
from pydantic import SecretStr
from tenacity import RetryCallState, Retrying, retry_if_result

from claude_dash import clock
from claude_dash.errors import SourceAuthError, SourceBusyError, SourceError
from claude_dash.sources.exchange import body_of, headers_for, http_client, json_of
from claude_dash.sources.patience import (
    MALFORMED_TRIES,
    READING,
    Patience,
    Persistence,
    Setback,
    advice_s,
    may_pass,
)
from claude_dash.sources.refusals import (
    LATER,
    NEW_KEY,
    Answer,
    kind_of,
    refusal,
    shape,
    unreachable,
    wrong_address,
)

MAX_PAGES = 10_000
TOKEN = "next_page"  # noqa: S105 - where a page names the next one
NOT_A_LIST = "data is not a list"
NO_END = "paging does not come to an end"
_SENDABLE = re.compile(r"[\x21-\x7e]+")

Transport: TypeAlias = httpx.BaseTransport  # stands in for the network
Params = Mapping[str, str | int | bool | Sequence[str] | None]
Json = dict[str, Any]


class AnthropicClient:
    """Reads JSON from the vendor with one key; several threads may share it.

    `requests` and `retries` count what was sent.

    Args:
        base_url: Where the vendor answers.
        key: The credential; it is sent and never shown.
        acquire: Called before every request, retries included; waits until one may be sent.
        form: The kind of connection, for the words of a refusal.
        transport: Stands in for the network, for the demo and for tests.
        sleep: Waits some seconds.
        now: The current instant, for advice that is a date.
        elapsed: Seconds that only ever grow.
    """

    def __init__(
        self,
        base_url: str,
        key: SecretStr,
        acquire: Callable[[], None],
        *,
        form: str = "console",
        transport: Transport | None = None,
        sleep: Callable[[float], None] = time.sleep,
        now: Callable[[], datetime] = clock.now,
        elapsed: Callable[[], float] = time.monotonic,
    ) -> None:
        self._key = key
        self._acquire = acquire
        self._form = form
        self._sleep = sleep
        self._now = now
        self._elapsed = elapsed
        self._lock = threading.Lock()
        self._free_at = 0.0  # until then the vendor asked everybody to wait
        self.key_kind = kind_of(key.get_secret_value())
        self.requests = 0
        self.retries = 0
        self._http = http_client(base_url, transport)

    def __enter__(self) -> Self:
        """Return the client, to be closed at the end of the block."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close every connection."""
        self._http.close()

    def get(self, path: str, params: Params | None = None, patience: Patience = READING) -> Json:
        """Return the JSON object at a path; amounts are decimals, exactly as they were written.

        Raises:
            SourceAuthError: The key was refused.
            SourceRequestError: The request was refused: a day or parameter the vendor rejects.
            SourceExpiredError: The page token is no longer valid; the walk starts again.
            SourceBusyError: The vendor could not be reached or stayed busy.
            SourceShapeError: The answer is not what the contract describes.
        """
        persistence = Persistence(patience)
        retrying = Retrying(
            retry=retry_if_result(lambda tried: isinstance(tried, Setback)),
            wait=persistence.wait,
            stop=persistence.is_over,
            sleep=self._sleep,
            before_sleep=self._count_retry,
            retry_error_callback=lambda state: state.outcome and state.outcome.result(),
        )
        tried: Json | Setback = retrying(self._try, path, params or {}, patience)
        # Raised here, outside every `except`: no exception that holds the request comes along.
        if isinstance(tried, Setback):
            if tried.may_pass and (tried.advice_s or 0) > patience.longest_wait_s:
                raise self._until(tried.advice_s or 0)
            raise tried.error
        return tried

    def pages(self, path: str, params: Params) -> Iterator[Json]:
        """Yield each page of a report that hands out page tokens.

        Raises:
            SourceShapeError: A token was handed out twice, or is missing.
        """
        yield from self._walk(path, params, "page", TOKEN)

    def cursor_pages(self, path: str, params: Params) -> Iterator[Json]:
        """Yield each page of a list that is walked by the last id.

        Raises:
            SourceShapeError: An id was handed out twice, or is missing.
        """
        yield from self._walk(path, params, "after_id", "last_id")

    def _walk(self, path: str, params: Params, name: str, token_field: str) -> Iterator[Json]:
        seen: set[str] = set()
        token: str | None = None
        for _ in range(MAX_PAGES):
            body = self.get(path, {**params, name: token})
            if not isinstance(body.get("data"), list):
                raise shape(NOT_A_LIST)
            yield body
            token = body.get(token_field)
            has_more = body.get("has_more")
            if not (_may_have_more(body, params, token_field) if has_more is None else has_more):
                return
            if not isinstance(token, str) or not token or token in seen:
                break
            seen.add(token)
        raise shape(NO_END)

    def _count_retry(self, _: RetryCallState) -> None:
        with self._lock:
            self.retries += 1

    def _try(self, path: str, params: Params, patience: Patience) -> Json | Setback:
        """Send one request; return what it brought."""
        if not _SENDABLE.fullmatch(self._key.get_secret_value()):
            message = "This is not a key: it holds spaces or characters that no key has."
            return Setback(SourceAuthError(message, NEW_KEY, code="wrong_kind"), may_pass=False)
        self._take_turn(patience)
        query = {name: value for name, value in params.items() if value is not None}
        try:
            headers = headers_for(path)
            with self._http.stream(
                "GET", path, params=query, headers=headers, auth=self._sign
            ) as response:
                body = body_of(response, self._elapsed)
        except (httpx.RequestError, httpx.InvalidURL, httpx.StreamError) as error:
            found = unreachable(error)
            return Setback(found, may_pass=found.code != "wrong_address")
        if isinstance(body, SourceError):
            return Setback(body, may_pass=isinstance(body, SourceBusyError))
        if response.status_code == httpx.codes.OK:
            return _parsed(response, json_of(body))
        return self._refused(response, body)

    def _sign(self, request: httpx.Request) -> httpx.Request:
        request.headers["x-api-key"] = self._key.get_secret_value()
        return request

    def _take_turn(self, patience: Patience) -> None:
        """Wait until the vendor and the budget allow one more request, and count it.

        Raises:
            SourceBusyError: The vendor asked, on another thread, to wait for too long.
        """
        waited_for = 0.0
        while True:
            free_at = self._free_at
            left = free_at - self._elapsed()
            if free_at > waited_for and left > 0:
                if left > patience.longest_wait_s:
                    raise self._until(left)
                self._sleep(left)
                waited_for = free_at
                continue
            self._acquire()  # may take a minute, in which another thread may be told to wait
            if self._free_at <= max(waited_for, self._elapsed()):
                break
        with self._lock:
            self.requests += 1

    def _refused(self, response: httpx.Response, body: bytes) -> Setback:
        answer = Answer(response.status_code, json_of(body), is_empty=not body.strip())
        is_limit = response.status_code == httpx.codes.TOO_MANY_REQUESTS
        advice = advice_s(response.headers, self._now())
        can_pass = may_pass(response.status_code, response.headers)
        if advice and can_pass:
            with self._lock:
                self._free_at = max(self._free_at, self._elapsed() + advice)
        return Setback(refusal(answer, self.key_kind, self._form), can_pass, advice, is_limit)

    def _until(self, seconds: float) -> SourceBusyError:
        at = self._now() + timedelta(seconds=min(seconds, timedelta(days=365).total_seconds()))
        return SourceBusyError(f"The vendor asks to wait until {at:%Y-%m-%d %H:%M} UTC.", LATER)


def _may_have_more(body: Json, params: Params, token_field: str) -> bool:
    """Say whether a page that does not tell is followed by another: by its token, or if it is full.

    A list by ids names a last id on every page, so there only a full page counts.
    """
    if token_field == TOKEN:
        return body.get(token_field) is not None
    limit = params.get("limit")
    return bool(body["data"]) and len(body["data"]) >= (limit if isinstance(limit, int) else 1)


def _parsed(response: httpx.Response, found: object) -> Json | Setback:
    if isinstance(found, dict):
        return found
    if "json" in response.headers.get("content-type", "json").lower():
        return Setback(shape("an answer is not a JSON object"), tries=MALFORMED_TRIES)
    foreign = wrong_address("Something other than the vendor's API answered.")
    return Setback(foreign, tries=MALFORMED_TRIES)
