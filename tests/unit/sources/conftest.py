"""What the tests of sources stand on: a vendor that says what it is told, and time that is told."""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from claude_dash.sources.client import AnthropicClient

START = datetime(2026, 11, 18, 12, tzinfo=UTC)
KEY = "sk-ant-" + "admin01-invented-for-a-test"
Step = httpx.Response | Exception


class Vendor:
    """Gives the answers in `script`, the last one for ever; remembers what it was asked.

    Instead of a script there may be `answer`, a function of the request. `naps` are the waits of
    the client in seconds, `turns` the number of times that it asked its budget.
    """

    def __init__(self) -> None:
        self.script: list[Step] = [httpx.Response(200, json={})]
        self.answer: Callable[[httpx.Request], Step] = self._next
        self.asked: list[httpx.Request] = []
        self.naps: list[float] = []
        self.turns = 0

    def _next(self, _: httpx.Request) -> Step:
        return self.script[min(len(self.asked), len(self.script)) - 1]

    def hear(self, request: httpx.Request) -> httpx.Response:
        """Answer a request."""
        self.asked.append(request)
        step = self.answer(request)
        if isinstance(step, Exception):
            raise step
        return httpx.Response(step.status_code, headers=step.headers, content=step.content)

    @property
    def elapsed(self) -> float:
        """Return the seconds that were waited."""
        return sum(self.naps)

    @property
    def paths(self) -> list[str]:
        """Return the paths that were asked for, without what they have in common."""
        return [request.url.path.removeprefix("/v1/organizations/") for request in self.asked]

    def _turn(self) -> None:
        self.turns += 1

    def client(self, key: str = KEY, base_url: str = "https://vendor.example") -> AnthropicClient:
        """Return a client of this vendor."""
        return AnthropicClient(
            base_url,
            SecretStr(key),
            self._turn,
            transport=httpx.MockTransport(self.hear),
            sleep=self.naps.append,
            now=lambda: START + timedelta(seconds=self.elapsed),
            elapsed=lambda: self.elapsed,
        )


def refused(status: int, message: str = "", kind: str = "x", **details: Any) -> httpx.Response:
    """Return an error in the vendor's shape."""
    error: dict[str, Any] = {"type": kind, "message": message}
    if details:
        error["details"] = details
    return httpx.Response(status, json={"type": "error", "error": error, "request_id": "req_01"})


def report_row(email: str = "rin@example.org", **changes: Any) -> dict[str, Any]:
    """Return one row of the Claude Code report, as the contract shows it, with changes."""
    row = {
        "date": "2026-11-17T00:00:00Z",
        "actor": {"type": "user_actor", "email_address": email},
        "organization_id": "5b0c1c52-70c7-4f0e-9f7c-1f1f7a6f2a10",
        "customer_type": "api",
        "subscription_type": None,
        "terminal_type": "vscode",
        "is_remote": False,
        "core_metrics": {
            "num_sessions": 4,
            "lines_of_code": {"added": 611, "removed": 207},
            "commits_by_claude_code": 3,
            "pull_requests_by_claude_code": 1,
        },
        "tool_actions": {
            "edit_tool": {"accepted": 31, "rejected": 2},
            "multi_edit_tool": {"accepted": 0, "rejected": 0},
        },
        "model_breakdown": [
            {
                "model": "claude-opus-5",
                "tokens": {"input": 11, "output": 40, "cache_read": 290, "cache_creation": 21},
                "estimated_cost": {"amount": 417.25, "currency": "USD"},
            }
        ],
    }
    return json.loads(json.dumps({**row, **changes}))


def page(*rows: Any, following: str | None = None) -> httpx.Response:
    """Return a page of a report."""
    body = {"data": list(rows), "has_more": following is not None, "next_page": following}
    return httpx.Response(200, json=body)


def listed(*items: Any, has_more: bool = False, last: str | None = None) -> httpx.Response:
    """Return a page of a list by ids."""
    body = {"data": list(items), "has_more": has_more, "first_id": None, "last_id": last}
    return httpx.Response(200, json=body)


@pytest.fixture
def vendor() -> Vendor:
    """Return a vendor to be told what to say."""
    return Vendor()
