"""Answers recorded from a vendor, served again to whoever asks exactly what was asked then.

A recording is `payloads/<kind>/<report>/*.json`: `path` and `params` of the request, `body` of the
answer. Names and addresses in it are invented.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
from pydantic import SecretStr

from claude_dash.sources.client import AnthropicClient

PAYLOADS = Path(__file__).parent / "payloads"
KEY = "sk-ant-" + "admin01-recorded-and-worthless"
IDENTIFYING = frozenset({"email_address", "email", "api_key_name", "organization_id", "name"})


@dataclass
class Recording:
    """The recorded answers of one report; `spoil` may put another answer in the place of one."""

    name: str
    asked: list[httpx.Request] = field(default_factory=list)
    spoil: Callable[[int, httpx.Response], httpx.Response] | None = None
    waited: float = 0.0

    @property
    def exchanges(self) -> list[dict[str, Any]]:
        """Return the recorded requests and answers, in order."""
        folder = PAYLOADS.joinpath(*self.name.split("."))
        return [json.loads(path.read_text()) for path in sorted(folder.glob("*.json"))]

    @property
    def identities(self) -> set[str]:
        """Return everything in the recording that names somebody."""
        return {one for exchange in self.exchanges for one in _names(exchange["body"])}

    def answer(self, request: httpx.Request) -> httpx.Response:
        """Return what was recorded for a request; what was never asked is refused."""
        self.asked.append(request)
        found = httpx.Response(400, json={"error": {"type": "invalid_request_error"}})
        for exchange in self.exchanges:
            is_same = dict(request.url.params.multi_items()) == exchange["params"]
            if is_same and request.url.path == exchange["path"]:
                found = httpx.Response(200, json=exchange["body"])
        return self.spoil(len(self.asked), found) if self.spoil else found

    def client(self) -> AnthropicClient:
        """Return a client that hears the recording and never really waits."""
        return AnthropicClient(
            "https://vendor.example",
            SecretStr(KEY),
            lambda: None,
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
