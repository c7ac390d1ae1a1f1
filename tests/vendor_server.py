"""The vendor's Admin API on this machine: strict about every request, and faulty on demand.

As a library: `with VendorServer(Organization(...), faults=Faults()) as server: server.url`.
To try the program against it: `python -m tests.vendor_server --people 200 --days 60`.
"""

import argparse
import base64
import json
import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Condition, Thread
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from tests.vendor_faults import Faults, spoil
from tests.vendor_organization import Json, Organization

KEY = "sk-ant-" + "admin01-invented-for-the-server"
ORDINARY_KEY = "sk-ant-" + "api03-invented-for-the-server"
ENTERPRISE_KEY = "sk-ant-" + "api01-invented-for-the-server"
VERSIONS = {"2023-06-01", "2026-10-21"}
FLOOR = date(2025, 2, 1)
WINDOW_S = 60.0
ROOT = "/v1/organizations"
REPORT = f"{ROOT}/usage_report/claude_code"
PAGED_BY_ID = {"limit", "after_id", "before_id"}
SPEND = {"starting_at", "ending_at", "time_bucket_width", "group_by[]", "limit", "page"}
KNOWN = {
    f"{ROOT}/me": set[str](),
    REPORT: {"starting_at", "limit", "page"},
    f"{ROOT}/users": {*PAGED_BY_ID, "email", "roles[]"},
    f"{ROOT}/invites": {*PAGED_BY_ID, "email", "roles[]", "statuses[]"},
    f"{ROOT}/workspaces": {*PAGED_BY_ID, "include_archived", "include_default", "ids[]"},
    "members": PAGED_BY_ID,
    **{f"{ROOT}/analytics/{one}": SPEND for one in ("usage", "cost")},
}


@dataclass(frozen=True)
class Answer:
    """Status, body, and headers beyond the usual ones."""

    status: int
    body: Json
    headers: dict[str, str] = field(default_factory=dict)


class Refused(Exception):  # noqa: N818 - an answer, not an accident
    """An answer that is an error; `why` is set where the request should never have been sent."""

    def __init__(self, status: int, kind: str, message: str, why: str = "") -> None:
        super().__init__(message)
        body = {"type": "error", "error": {"type": kind, "message": message}, "request_id": "r"}
        self.answer = Answer(status, body, {"x-should-retry": "false"} if status == 400 else {})
        self.why = why


class VendorServer:
    """Answers as the contract says. `forbidden` tells what nobody should have asked.

    Args:
        organization: Who and what is reported.
        faults: What goes wrong; nothing when left out.
        limit: The most requests in any 60 seconds; more are refused, and noted.
        today: The newest day that may be asked for.
        refuses_history: Answer 400 for days before the organization's first, instead of no rows.
        odd_pages: Cut pages at odd places, shorter than the limit.
    """

    def __init__(
        self,
        organization: Organization,
        *,
        faults: Faults | None = None,
        limit: int | None = None,
        today: Callable[[], date] | None = None,
        refuses_history: bool = False,
        odd_pages: bool = False,
        port: int = 0,
    ) -> None:
        self.organization = organization
        self.faults = faults or Faults(chance=0)
        self.limit = limit
        self.today = today or (lambda: organization.last)
        self.refuses_history = refuses_history
        self.odd_pages = odd_pages
        self.revoked = False
        self.forbidden: list[str] = []
        self.requests: list[str] = []
        self._times: list[float] = []
        self._news = Condition()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # head and body are two writes

            def do_GET(self) -> None:
                server.receive(self)

            def do_POST(self) -> None:
                server.forbid(f"{self.command} {self.path}")
                server.receive(self)

            do_PUT = do_DELETE = do_PATCH = do_HEAD = do_POST  # noqa: N815 - names of the library

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._http = _Quiet(("127.0.0.1", port), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> Self:
        """Begin to answer, on a thread."""
        Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """End every conversation."""
        self._http.shutdown()
        self._http.server_close()

    def serve(self) -> None:
        """Answer until interrupted."""
        self._http.serve_forever()

    def revise(self, day: date, factor: int) -> None:
        """Multiply whatever the report says of a day from now on."""
        self.organization.revise(day, factor)

    def wait_for(self, number: int, timeout: float = 60) -> bool:
        """Wait until so many requests came in; return whether they did."""
        with self._news:
            return self._news.wait_for(lambda: len(self.requests) >= number, timeout)

    def forbid(self, why: str) -> None:
        """Note a request that nobody should have sent."""
        self.forbidden.append(why)

    def receive(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request, in good order or not."""
        with self._news:
            self.requests.append(handler.path)
            self._times.append(time.monotonic())
            self._news.notify_all()
        query = dict(parse_qsl(urlsplit(handler.path).query, keep_blank_values=True))
        fault = self.faults.following(handler.path, has_token="page" in query)
        try:
            answer = self._answer(handler, query)
            if planned := self.faults.refusal(fault):
                answer = Answer(planned[0], planned[2], planned[1])
        except Refused as error:
            answer, fault = error.answer, ""
            if error.why:
                self.forbid(f"{error.why}: {handler.path}")
        _send(handler, answer, fault if fault in {"slow", "reset", "truncated"} else "")

    def _answer(self, handler: BaseHTTPRequestHandler, query: dict[str, str]) -> Answer:
        address = urlsplit(handler.path)
        pairs = parse_qsl(address.query, keep_blank_values=True)
        if handler.headers.get("anthropic-version") not in VERSIONS:
            what = "anthropic-version: header is required"
            raise Refused(400, "invalid_request_error", what, why="version")
        self._check_key(handler.headers.get("x-api-key"))
        self._check_limit()
        path = address.path
        is_members = path.startswith(f"{ROOT}/workspaces/") and path.endswith("/members")
        known = KNOWN.get("members" if is_members else path)
        if known is None:
            raise Refused(404, "not_found_error", "Not found", why="path")
        names = [name for name, _ in pairs]
        if set(names) - known or len({*names}) < len([n for n in names if not n.endswith("[]")]):
            raise Refused(400, "invalid_request_error", "Unknown parameter", why="parameters")
        limit = _limit(query.get("limit", "20"))
        if path == REPORT:
            return Answer(200, self._report(query, limit))
        if known is SPEND:  # an organization that never had any
            refreshed = f"{self.today()}T00:00:00Z"
            return Answer(200, {"data": [], "has_more": False, "next_page": None,
                                "data_refreshed_at": refreshed})  # fmt: skip
        if path == f"{ROOT}/me":
            one = self.organization
            return Answer(200, {"id": one.id, "type": "organization", "name": one.name})
        return Answer(200, self._list(path, query, limit))

    def _check_key(self, key: str | None) -> None:
        if key == ENTERPRISE_KEY:
            message = "Missing required scopes. Got: ['read:analytics'] Needed: ['api:admin']"
            raise Refused(403, "permission_error", message)
        if key != KEY or self.revoked:
            raise Refused(401, "authentication_error", "invalid x-api-key")

    def _check_limit(self) -> None:
        if self.limit is None:
            return
        with self._news:
            now = time.monotonic()
            recent = sum(at > now - WINDOW_S for at in self._times)
        if recent > self.limit:
            what = "Too many requests"
            raise Refused(429, "rate_limit_error", what, why=f"{recent} requests in a minute")

    def _report(self, query: dict[str, str], limit: int) -> Json:
        asked = query.get("starting_at", "")
        try:
            day = date.fromisoformat(asked)
        except ValueError:
            what = "starting_at: not a date"
            raise Refused(400, "invalid_request_error", what, why="day") from None
        if not FLOOR <= day <= self.today():
            raise Refused(400, "invalid_request_error", "starting_at: out of range", why="day")
        if self.refuses_history and day < self.organization.first:
            raise Refused(400, "invalid_request_error", "The organization did not exist then")
        rows = self.organization.report(day)
        start = self._place(query, asked, limit)
        size = min(limit, len(rows))
        if self.odd_pages and len(rows) > 1:
            size = min(limit, random.Random(f"{asked} {start}").randint(1, max(len(rows) // 2, 1)))
        end = start + size
        following = _token(asked, limit, end) if end < len(rows) else None
        return {"data": rows[start:end], "has_more": following is not None, "next_page": following}

    def _place(self, query: dict[str, str], asked: str, limit: int) -> int:
        if "page" not in query:
            return 0
        try:
            day, size, start = json.loads(base64.urlsafe_b64decode(query["page"]))
        except ValueError:
            what = "page: not a token"
            raise Refused(400, "invalid_request_error", what, why="token") from None
        if (day, size) != (asked, limit):
            what = "page: parameters changed"
            raise Refused(400, "invalid_request_error", what, why="changed parameters")
        return int(start)

    def _list(self, path: str, query: dict[str, str], limit: int) -> Json:
        one = self.organization
        found: list[Json] | None
        if path.endswith("/members"):
            found = one.members(path.split("/")[-2])
        elif path.endswith("/workspaces"):
            with_default = query.get("include_default") == "true"
            found = one.workspaces if with_default else one.workspaces[:-1]
        else:
            found = one.users if path.endswith("/users") else one.invites
        if found is None:
            raise Refused(404, "not_found_error", "No such workspace", why="workspace")
        if {"after_id", "before_id"} <= query.keys():
            raise Refused(400, "invalid_request_error", "At most one cursor", why="cursors")
        ids = [item.get("user_id") or item["id"] for item in found]
        cursor = query.get("after_id")
        if cursor is not None and cursor not in ids:
            raise Refused(400, "invalid_request_error", "after_id: unknown", why="cursor")
        start = ids.index(cursor) + 1 if cursor else 0
        page, page_ids = found[start : start + limit], ids[start : start + limit]
        return {
            "data": page,
            "has_more": start + limit < len(found),
            "first_id": page_ids[0] if page_ids else None,
            "last_id": page_ids[-1] if page_ids else None,
        }


class _Quiet(ThreadingHTTPServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 128

    def handle_error(self, *_: Any) -> None:
        """Say nothing of readers that went away."""


def _limit(text: str) -> int:
    if not text.isdigit() or not 1 <= int(text) <= 1000:
        raise Refused(400, "invalid_request_error", "limit: 1 to 1000", why="limit")
    return int(text)


def _token(asked: str, limit: int, start: int) -> str:
    return base64.urlsafe_b64encode(json.dumps([asked, limit, start]).encode()).decode()


def _send(handler: BaseHTTPRequestHandler, answer: Answer, fault: str) -> None:
    body = json.dumps(answer.body).encode()
    handler.send_response(answer.status)
    for name, value in {"request-id": "req_1", **answer.headers}.items():
        handler.send_header(name, value)
    handler.send_header("content-type", "application/json")
    handler.send_header("content-length", str(len(body)))
    handler.end_headers()
    if fault:
        spoil(handler, fault, body)
    elif handler.command != "HEAD":
        handler.wfile.write(body)


def main() -> None:
    """Serve an organization that ends today, until interrupted."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port", type=int, default=8900)
    parser.add_argument("--limit", type=int, help="the most requests in any 60 seconds")
    parser.add_argument("--faults", type=float, default=0.0, help="how likely, from 0 to 1")
    chosen = parser.parse_args()
    last = datetime.now(UTC).date()
    first = last - timedelta(days=chosen.days - 1)
    server = VendorServer(
        Organization(chosen.people, first, last, seed=chosen.seed),
        faults=Faults(seed=chosen.seed, chance=chosen.faults),
        limit=chosen.limit,
        today=lambda: datetime.now(UTC).date(),
        port=chosen.port,
    )
    print(f"CLAUDE_DASH_ANTHROPIC_BASE_URL={server.url}  key: {KEY}", flush=True)  # noqa: T201
    server.serve()


if __name__ == "__main__":
    main()
