"""What goes wrong between the vendor and a reader: planned by a seed, and always passing."""

import random
import socket
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from http.server import BaseHTTPRequestHandler
from threading import Lock
from typing import Any

BUSY = {
    429: "rate_limit_error",
    500: "api_error",
    502: "bad_gateway",
    503: "unavailable",
    504: "timeout_error",
    529: "overloaded_error",
}
KINDS = (
    "429 ms",
    "429 s",
    "429 date",
    "429",
    "400 should-retry",
    "500",
    "502",
    "503",
    "504",
    "529",
    "reset",
    "truncated",
    "slow",
    "expired",
)


@dataclass
class Faults:
    """A plan: each request, told by what it asks, meets up to `most` faults before it is answered.

    chance: how likely a request meets any. kinds: of `KINDS`, which ones. said: how often each was
    met so far. now: for advice that is a date.
    """

    seed: int = 1
    chance: float = 0.4
    most: int = 2
    kinds: tuple[str, ...] = KINDS
    now: Callable[[], datetime] = lambda: datetime.now(UTC)
    said: Counter[str] = field(default_factory=Counter)
    _met: Counter[str] = field(default_factory=Counter)
    _lock: Lock = field(default_factory=Lock)

    def following(self, asked: str, *, has_token: bool) -> str:
        """Return the fault that a request meets this time, empty when none."""
        dice = random.Random(f"{self.seed} {asked}")
        planned: list[str] = []
        if dice.random() < self.chance:
            planned = dice.choices(self.kinds, k=dice.randint(1, self.most))
        with self._lock:
            number = self._met[asked]
            self._met[asked] += 1
            found = planned[number] if number < len(planned) else ""
            if found == "expired" and not has_token:
                found = "503"  # only a token can run out
            if found:
                self.said[found] += 1
        return found

    def refusal(self, kind: str) -> tuple[int, dict[str, str], dict[str, Any]] | None:
        """Return status, headers and body of a fault that is an answer; None of the others."""
        words = kind.split()
        if kind == "expired":
            return 410, {}, _body("expired", "The page token has expired.")
        if not words or not words[0].isdigit():
            return None
        status = int(words[0])
        headers = {}
        match words[1:]:
            case ["ms"]:
                headers = {"retry-after-ms": "7", "retry-after": "300"}
            case ["s"]:
                headers = {"retry-after": "0"}
            case ["date"]:
                headers = {
                    "retry-after": format_datetime(self.now() + timedelta(seconds=1), usegmt=True)
                }
            case ["should-retry"]:
                headers = {"x-should-retry": "true", "retry-after-ms": "1"}
        return status, headers, _body(BUSY.get(status, "invalid_request_error"), "Try again.")


def _body(kind: str, message: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": kind, "message": message}, "request_id": "req_1"}


def spoil(handler: BaseHTTPRequestHandler, kind: str, body: bytes) -> bool:
    """Send a body in a bad way; return whether it is whole."""
    handler.wfile.flush()
    if kind == "slow":
        for start in range(0, len(body), max(len(body) // 4, 1)):
            handler.wfile.write(body[start : start + max(len(body) // 4, 1)])
            handler.wfile.flush()
            time.sleep(0.003)
        return True
    handler.wfile.write(body[: len(body) // 2])
    handler.wfile.flush()
    if kind == "reset":  # the connection ends without a word
        linger = b"\x01\x00\x00\x00\x00\x00\x00\x00"
        handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
    handler.close_connection = True
    return False
