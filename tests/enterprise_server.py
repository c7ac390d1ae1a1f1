"""The vendor's Enterprise Analytics API and Usage and Cost API on this machine: strict, and faulty.

`with EnterpriseServer(EnterpriseOrganization(), faults=Faults()) as server: server.url, server.key`
"""

import contextlib
import time
from collections.abc import Callable, Iterable
from datetime import date, datetime, timedelta
from http.server import BaseHTTPRequestHandler
from threading import Condition, RLock, Thread
from typing import Any, Self
from urllib.parse import parse_qsl, urlsplit

from tests import enterprise_reports as reports
from tests.enterprise_organization import EnterpriseOrganization, Json
from tests.enterprise_query import Pages, Pairs, Query, refuse
from tests.spend_server import KNOWN as SPEND
from tests.spend_server import SpendReports
from tests.spend_totals import midnight
from tests.vendor_faults import Faults
from tests.vendor_server import ENTERPRISE_KEY, KEY, ROOT, VERSIONS, Answer, Refused, _Quiet, _send

BETA = "analytics-usage-cost-2026-08-24"
NEW = "2026-10-21"
FLOOR = date(2026, 1, 1)
DAY = timedelta(days=1)
WINDOW_S = 60.0
ANALYTICS = f"{ROOT}/analytics"
SCOPES = frozenset({"read:analytics", "read:members", "read:rbac_groups", "read:spend_limits"})
ADMIN = "api:admin"
SHARED = {"date", "starting_date", "ending_date", "limit", "page", "filter[]", "group_by[]",
          "order_by", "order"}  # fmt: skip
ENGAGEMENT = {"users": "users", "skills": "skills", "connectors": "connectors",
              "plugins": "plugins", "artifacts": "artifacts",
              "apps/chat/projects": "projects"}  # fmt: skip
GROUPED = {"users": ("rbac_group_id",), "projects": ("user_id", "rbac_group_id")}
FILTERED = {
    "users": {"user_id", "rbac_group_id"},
    "projects": {"project_id", "user_id", "rbac_group_id"},
    "artifacts": {"artifact_type", "is_shared", "product", "user_id", "rbac_group_id"},
} | {
    kind: {reports.NAMES[kind], "share_status", "product", "user_id", "rbac_group_id"}
    for kind in ("skills", "connectors", "plugins")
}
BY_ID = {"limit", "after_id", "before_id"}
BY_PAGE = {"limit", "page"}
TOO_RECENT = {
    "users": "date: {asked} is not available yet. The latest available date is {latest}.",
    "skills": "Data is only available through {latest}T00:00:00Z.",
    "connectors": "The latest available day is {latest}; {asked} was requested.",
    "plugins": "Requested {asked}T00:00:00Z, but data ends with {latest}T00:00:00Z.",
    "artifacts": "No data after {latest}",
    "projects": "{asked}: too recent (latest available day: {latest}).",
    "summaries": "ending_date is too recent: data is available up to and including {latest}.",
}


class EnterpriseServer:
    """Answers as the contract says. `forbidden` tells what nobody should have asked.

    Args:
        organization: Who and what is reported; its kind decides the key and who answers.
        lag_days: How many days before `today` the newest engagement day is.
        lags: The same for single reports, `summaries` among them.
        shapes: Which version's spellings are answered.
        beta: Whether `/usage` and `/cost` exist.
        scopes: What the key may read.
        breakdown: Whether summaries tell products apart.
        faults: What goes wrong; nothing when left out.
        today: The day it is; when left out, the one after the organization's last.
        limit: The most requests in any 60 seconds; more are refused, and noted.
        expire_tokens: Which page token asked for, counted from 1, is answered with 410 once.
        page_rows: The most rows of a page of engagement, whatever its limit.
        refuse_with: 401 or 404 in place of 403 for a missing scope.
    """

    def __init__(
        self,
        organization: EnterpriseOrganization,
        *,
        lag_days: int = 1,
        lags: dict[str, int] | None = None,
        shapes: str = NEW,
        beta: bool = True,
        scopes: Iterable[str] = SCOPES,
        breakdown: bool = True,
        faults: Faults | None = None,
        today: Callable[[], date] | None = None,
        limit: int | None = None,
        expire_tokens: int = 0,
        page_rows: int = 1000,
        refuse_with: int = 403,
        port: int = 0,
    ) -> None:
        self.organization = organization
        self.is_console = organization.kind == "console"
        self.key = KEY if self.is_console else ENTERPRISE_KEY
        self.lag_days, self.lags = lag_days, lags or {}
        self.is_old, self.beta, self.breakdown = shapes != NEW, beta, breakdown
        self.scopes = {ADMIN} if self.is_console else set(scopes)
        self.faults = faults or Faults(chance=0)
        self.today = today or (lambda: organization.last + DAY)
        self.limit, self.page_rows, self.refuse_with = limit, page_rows, refuse_with
        self.revoked = False
        self.data_refreshed_at: datetime | str | None = "midnight"  # the last one
        self.forbidden: list[str] = []
        self.rollups: list[str] = []
        self.requests: list[tuple[float, str, Pairs]] = []
        self._pages = Pages(expire_tokens)
        self._spend = SpendReports(organization, self._pages, self.today, self._refreshed)
        self._summaries = reports.Summaries(organization)
        self._news, self._lock = Condition(), RLock()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True  # head and body are two writes

            def do_GET(self) -> None:
                server.receive(self)

            def do_POST(self) -> None:
                server.forbidden.append(f"{self.command} {self.path}")
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

    def latest(self, report: str) -> date:
        """Return the newest day that an engagement report has; report: `users`, `skills`, ..."""
        return self.today() - self.lags.get(report, self.lag_days) * DAY

    def wait_for(self, number: int, timeout: float = 60) -> bool:
        """Wait until so many requests came in; return whether they did."""
        with self._news:
            return self._news.wait_for(lambda: len(self.requests) >= number, timeout)

    def receive(self, handler: BaseHTTPRequestHandler) -> None:
        """Answer one request, in good order or not."""
        address = urlsplit(handler.path)
        pairs = parse_qsl(address.query, keep_blank_values=True)
        with self._news:
            self.requests.append((time.monotonic(), address.path, pairs))
            self._news.notify_all()
        fault = self.faults.following(handler.path, has_token="page" in dict(pairs))
        try:
            with self._lock:
                answer = Answer(200, self._answer(handler, Query(address.path, pairs)))
                if planned := self.faults.refusal(fault):
                    answer = Answer(planned[0], planned[2], planned[1])
                    if fault == "expired":
                        self._pages.expire(dict(pairs)["page"])
        except Refused as error:
            answer, fault = error.answer, ""
            if error.why:
                self.forbidden.append(f"{error.why}: {handler.path}")
        with contextlib.suppress(ConnectionError):  # a reader that went away
            _send(handler, answer, fault if fault in {"slow", "reset", "truncated"} else "")

    def _refreshed(self) -> datetime | None:
        told = self.data_refreshed_at
        return midnight(self.today()) if isinstance(told, str) else told

    def _answer(self, handler: BaseHTTPRequestHandler, query: Query) -> Json:
        if handler.headers.get("anthropic-version") not in VERSIONS:
            refuse("anthropic-version: header is required", "version")
        if handler.headers.get("x-api-key") != self.key or self.revoked:
            raise Refused(401, "authentication_error", "invalid x-api-key")
        self._check_limit()
        path = query.path
        if path.startswith(f"{ANALYTICS}/"):
            betas = handler.headers.get("anthropic-beta", "").replace(" ", "").split(",")
            return self._analytics(path.removeprefix(f"{ANALYTICS}/"), query, betas)
        legacy = {f"{ROOT}/usage_report/messages": "usage_report",
                  f"{ROOT}/cost_report": "cost_report"}  # fmt: skip
        if path in legacy:
            self._need(ADMIN)
            query.check(SPEND[f"console {legacy[path]}"])
            return self._spend.console(legacy[path], query)
        if not path.startswith(f"{ROOT}/"):
            raise Refused(404, "not_found_error", "Not found", why="path")
        return self._roster(path.removeprefix(f"{ROOT}/"), query)

    def _check_limit(self) -> None:
        with self._news:
            now = time.monotonic()
            recent = sum(at > now - WINDOW_S for at, _, _ in self.requests)
        if self.limit is not None and recent > self.limit:
            what = "Too many requests"
            raise Refused(429, "rate_limit_error", what, why=f"{recent} requests in a minute")

    def _need(self, scope: str) -> None:
        if scope in self.scopes:
            return
        if self.refuse_with == 404:
            raise Refused(404, "not_found_error", "Not found")
        if self.refuse_with == 401:
            raise Refused(401, "authentication_error", "invalid x-api-key")
        message = f"Missing required scopes. Got: {sorted(self.scopes)} Needed: ['{scope}']"
        raise Refused(403, "permission_error", message)

    def _analytics(self, which: str, query: Query, betas: list[str]) -> Json:
        if which not in {"summaries", *ENGAGEMENT, *SPEND} or which.startswith("console"):
            raise Refused(404, "not_found_error", "Not found", why="path")
        is_beta = which in {"usage", "cost"}
        self._need(ADMIN if is_beta and self.is_console else "read:analytics")
        if is_beta and BETA not in betas:
            raise Refused(404, "not_found_error", "Not found", why="beta header")
        if is_beta and not self.beta:
            raise Refused(404, "not_found_error", "Not found")
        if which in SPEND:
            query.check(SPEND[which])
            if is_beta:
                return self._spend.report(which, query)
            return self._spend.legacy(which, query, old=self.is_old)
        if which == "summaries":
            return self._summary(query)
        return self._engagement(ENGAGEMENT[which], query)

    def _summary(self, query: Query) -> Json:
        query.check({"starting_date", "ending_date", "filter[]"})
        latest = self.latest("summaries")
        first = _day(query, "starting_date")
        end = _day(query, "ending_date") if query.one("ending_date") else latest + DAY
        if set(reports.filters(query)) - {"rbac_group_id"}:
            refuse("filter[]: unsupported dimension", "filter")
        if first < FLOOR:
            refuse(f"starting_date: not before {FLOOR}", "day before the first")
        if max(first, end) > self.today():
            refuse("ending_date: in the future", "future day")
        if end > latest + DAY or first > latest:
            raise self._too_recent(max(end - DAY, first), "summaries")
        if not first < end <= first + 366 * DAY:
            refuse("ending_date: the range is empty or too long", "span")
        rows = [*self._summaries.rows(first, end, query, breakdown=self.breakdown)]
        return {"summaries": rows} if self.is_old else {"data": rows, "next_page": None}

    def _too_recent(self, asked: date, report: str) -> Refused:
        words = TOO_RECENT[report].format(asked=asked, latest=self.latest(report))
        return Refused(400, "invalid_request_error", words)

    def _engagement(self, kind: str, query: Query) -> Json:
        query.check(SHARED - {"starting_date", "ending_date"} if kind == "artifacts" else SHARED)
        by = query.group_by(GROUPED.get(kind, ("product", "user_id", "rbac_group_id")))
        if set(reports.filters(query)) - FILTERED[kind]:
            refuse("filter[]: unsupported dimension", "filter")
        if query.one("date") and query.one("starting_date"):
            refuse("date: not with starting_date", "both date and starting_date")
        limit = query.limit(100, 1000)
        if query.one("starting_date") or (kind == "users" and by):
            self.rollups.append(f"{query.path} {query.pairs}")
            what = "Neither ranges nor people by group are served here"
            raise Refused(400, "invalid_request_error", what)
        day = _day(query, "date")
        if day < FLOOR:
            refuse(f"date: not before {FLOOR}", "day before the first")
        if day > self.today():
            refuse("date: in the future", "future day")
        if day > self.latest(kind):
            raise self._too_recent(day, kind)
        if kind == "users":
            rows = reports.users(self.organization, day, query)
        else:
            rows = reports.features(self.organization, kind, day, query)
        is_whole = kind == "artifacts" and not by
        size = len(rows) + 1 if is_whole else min(limit, self.page_rows)
        page, following = self._pages.cut(query, rows, size)
        return {"data": page, "next_page": following}

    def _roster(self, path: str, query: Query) -> Json:
        one = self.organization
        match path.split("/"):
            case ["me"]:
                self._need_members()
                query.check(())
                return {"id": one.id, "type": "organization", "name": one.name}
            case ["users"]:
                self._need_members()
                return _by_id(query, reports.roster(one), {"email", "roles[]"})
            case ["invites"]:
                self._need_members()
                return _by_id(query, reports.invites(), {"email", "roles[]", "statuses[]"})
            case ["rbac_groups", *rest] if not self.is_console and len(rest) in {0, 2}:
                self._need("read:rbac_groups")
                query.check(BY_PAGE)
                found: list[Any] | None = reports.groups(one, old=self.is_old)
                if rest:
                    found = reports.group_members(one, rest[0]) if rest[1] == "members" else None
                return self._by_page(query, found)
            case ["spend_limits", "effective"]:
                if self.is_console:
                    what = "organization_type_not_supported"
                    raise Refused(400, "invalid_request_error", what)
                self._need("read:spend_limits")
                query.check({*BY_PAGE, "period[]", "user_ids[]"})
                return self._by_page(query, reports.spend_limits(one, query))
        raise Refused(404, "not_found_error", "Not found", why="path")

    def _need_members(self) -> None:
        self._need(ADMIN if self.is_console else "read:members")

    def _by_page(self, query: Query, found: list[Any] | None) -> Json:
        if found is None:
            raise Refused(404, "not_found_error", "Not found", why="group")
        page, following = self._pages.cut(query, found, query.limit(20, 1000))
        data = [one for one in page if one is not None]  # former members leave gaps
        return {"data": data, "has_more": following is not None, "next_page": following}


def _day(query: Query, name: str) -> date:
    text = query.one(name)
    if len(text) != 10:
        refuse(f"{name}: a day is required", "day")
    try:
        return date.fromisoformat(text)
    except ValueError:
        refuse(f"{name}: not a day", "day")


def _by_id(query: Query, found: list[Json], known: set[str]) -> Json:
    query.check(BY_ID | known)
    limit, cursor = query.limit(20, 1000), query.one("after_id")
    ids = [one["id"] for one in found]
    if query.one("before_id") or (cursor and cursor not in ids):
        refuse("after_id: unknown, or with before_id", "cursor")
    start = ids.index(cursor) + 1 if cursor else 0
    page = found[start : start + limit]
    return {"data": page, "has_more": start + limit < len(found),
            "first_id": page[0]["id"] if page else None,
            "last_id": page[-1]["id"] if page else None}  # fmt: skip
