"""Answers recorded from a vendor, served again to whoever asks exactly what was asked then.

A recording is `payloads/<kind>/<report>/*.json`: `path` and `params` of the request (a list for a
name that ends in `[]`), `body` of the answer. Names and addresses in it are invented.

- `<report>-legacy` is what the older endpoint answers, read where the newer one is missing.
- `<report>-<version>` is the same report in the words of another `anthropic-version`.
"""

import copy
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from claude_dash.sources.base import Read, Source, found
from claude_dash.sources.client import AnthropicClient

PAYLOADS = Path(__file__).parent / "payloads"
KEYS = {
    "console": "sk-ant-" + "admin01-recorded-and-worthless",
    "enterprise": "sk-ant-" + "api01-recorded-and-worthless",
}
DAY = date(2026, 11, 17)
SPAN_DAYS = 3  # of a report that is asked for several days at once; nothing happened on the second
PSEUDONYM_KEY = b"contract" * 4
IDENTIFYING = frozenset(
    {
        "account_id",
        "api_key_id",
        "api_key_name",
        "email",
        "email_address",
        "id",
        "issuer",
        "name",
        "organization_id",
        "project_id",
        "project_name",
        "project_number",
        "service_account_id",
        "signed_principal",
        "subject",
        "subscription_id",
        "user_id",
    }
)
Exchange = dict[str, Any]
Step = httpx.Response | Exception


@dataclass(frozen=True)
class Case:
    """A source and one recording for it: of its own endpoint, or of the older one."""

    source: Source
    name: str
    is_legacy: bool = False

    @property
    def is_other_version(self) -> bool:
        """Say whether it is a further recording, of another version of the same endpoint."""
        return not self.is_legacy and self.name != self.source.name

    @property
    def span(self) -> tuple[date, date]:
        """Return the recorded UTC days, half-open."""
        length = min(self.source.max_days, SPAN_DAYS)
        return DAY - timedelta(days=length - 1), DAY + timedelta(days=1)

    def read(self, recording: "Recording | None" = None) -> Read:
        """Return what the source makes of the recorded days."""
        client = (recording or Recording(self.name)).client()
        return self.source.read_span(client, self.span, 1, PSEUDONYM_KEY, is_legacy=self.is_legacy)


def cases() -> list[Case]:
    """Return every source with its recording, the older endpoint's, and those of other versions."""
    made = []
    for source in found().values():
        made.append(Case(source, source.name))
        older = f"{source.name}-legacy"
        if source.legacy:
            made.append(Case(source, older, is_legacy=True))
        others = [name for name in folders() if name.startswith(f"{source.name}-")]
        made += [Case(source, name) for name in others if name != older]
    return made


def folders() -> list[str]:
    """Return the names of all recordings."""
    return sorted(f"{one.parent.name}.{one.name}" for one in PAYLOADS.glob("*/*"))


@cache
def _exchanges(name: str) -> list[Exchange]:
    kind, _, report = name.partition(".")
    return [json.loads(path.read_text()) for path in sorted((PAYLOADS / kind / report).iterdir())]


def asked_of(request: httpx.Request) -> Exchange:
    """Return path and parameters of a request, in the form in which they are recorded."""
    params: dict[str, str | list[str]] = {}
    for name in request.url.params:
        values = request.url.params.get_list(name)
        params[name] = values if name.endswith("[]") or len(values) > 1 else values[0]
    return {"path": request.url.path, "params": params}


def lists_of(body: dict[str, Any]) -> list[list[Any]]:
    """Return every list of records on a page: its rows, and those of its buckets."""
    rows = body["data"] if "data" in body else body["summaries"]
    return [one["results"] for one in rows if "results" in one] + [rows]


@dataclass
class Recording:
    """The recorded answers of one report; `spoil` may put another answer in the place of one.

    It is told which recorded request was sent, counted from 0; -1 is one that never was.
    """

    name: str
    asked: list[httpx.Request] = field(default_factory=list)
    spoil: Callable[[int, httpx.Response], httpx.Response] | None = None
    waited: float = 0.0

    @property
    def exchanges(self) -> list[Exchange]:
        """Return the recorded requests and answers, in order."""
        return _exchanges(self.name)

    @property
    def walks(self) -> list[list[int]]:
        """Return which requests are pages of one walk, for each walk."""
        walks: list[list[int]] = []
        for at, exchange in enumerate(self.exchanges):
            if "page" in exchange["params"]:
                walks[-1].append(at)
            else:
                walks.append([at])
        return walks

    @property
    def identities(self) -> set[str]:
        """Return everything in the recording that names somebody."""
        return {one for exchange in self.exchanges for one in _names(exchange["body"])}

    @property
    def key(self) -> str:
        """Return the key that is sent."""
        return KEYS[self.kind]

    @property
    def kind(self) -> str:
        """Return the kind of connection."""
        return self.name.partition(".")[0]

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Return what was recorded for a request; what was never asked is refused."""
        self.asked.append(request)
        sent, at = asked_of(request), -1
        good = httpx.Response(400, json={"error": {"type": "invalid_request_error"}})
        for place, exchange in enumerate(self.exchanges):
            if sent == {"path": exchange["path"], "params": exchange["params"]}:
                at, good = place, httpx.Response(200, json=exchange["body"])
        return self.spoil(at, good) if self.spoil else good

    def fail(self, at: int, step: Step, times: float = math.inf) -> None:
        """Let one recorded request fail for good, or some times."""
        failed = 0

        def spoil(asked: int, good: httpx.Response) -> httpx.Response:
            nonlocal failed
            if asked != at or failed >= times:
                return good
            failed += 1
            if isinstance(step, Exception):
                raise step
            return httpx.Response(step.status_code, headers=step.headers, content=step.content)

        self.spoil = spoil

    def rewrite(self, change: Callable[[Any], Any]) -> None:
        """Let every recorded answer say something else."""

        def spoil(at: int, good: httpx.Response) -> httpx.Response:
            if at < 0:
                return good
            return httpx.Response(200, json=change(copy.deepcopy(self.exchanges[at]["body"])))

        self.spoil = spoil

    def client(self) -> AnthropicClient:
        """Return a client that hears the recording and never really waits."""
        return AnthropicClient(
            "https://vendor.example",
            SecretStr(self.key),
            lambda: None,
            form=self.kind,
            transport=httpx.MockTransport(self.answer),
            sleep=self._sleep,
            elapsed=lambda: self.waited,
        )

    def _sleep(self, seconds: float) -> None:
        self.waited += seconds


def _names(body: Any) -> Iterator[str]:
    if isinstance(body, list):
        for one in body:
            yield from _names(one)
    elif isinstance(body, dict):
        for name, value in body.items():
            if name in IDENTIFYING and isinstance(value, str):
                yield value
                yield value.partition("@")[0].lower()
            else:
                yield from _names(value)
