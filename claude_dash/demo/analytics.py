"""Answers the paths under `analytics/`, for either organization, as the vendor does."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import Any

import httpx

from claude_dash import clock
from claude_dash.demo.answers import by_token, invalid, refused
from claude_dash.demo.enterprise import summary_rows, user_rows
from claude_dash.demo.feature_rows import GROUPS, feature_rows
from claude_dash.demo.habits import Days
from claude_dash.demo.spend import Use, console_uses, seat_uses
from claude_dash.demo.spend_rows import DIMENSIONS, OF_COST, early_factors, person, rows

FLOOR = date(2026, 1, 1)  # neither family has anything older
LAG_DAYS = 2  # between today and the newest day of the engagement reports
REFRESHED_BEFORE = timedelta(hours=3)
MAX_SPAN, MAX_SUMMARY_DAYS, MAX_DIMENSIONS = timedelta(days=31), 366, 5
ENGAGEMENT_LIMIT = 100
BETA = "analytics-usage-cost-2026-08-24"
SPEND = frozenset({"usage", "cost"})
WALKS = 4  # whose rows are kept until their last page
MONTHLY_CENTS = ("15000", "30000", "50000")


class Analytics:
    """The reports of one simulated organisation; `early` is before its money was revised."""

    def __init__(self, days: Days, *, early: bool) -> None:
        self._days = days
        self._factors = early_factors(days.organization) if early else {}
        self._newest = days.organization.last - timedelta(days=LAG_DAYS)
        self._uses = lru_cache(maxsize=None)(self._used)  # both reports are made of them
        self._walk = lru_cache(maxsize=WALKS)(self._spent)

    def answer(self, name: str, request: httpx.Request, *, is_enterprise: bool) -> httpx.Response:
        """Answer one request.

        Raises:
            ValueError: A parameter is not what the vendor takes; the text says which.
        """
        query = request.url.params
        if name in SPEND:
            if BETA not in request.headers.get("anthropic-beta", ""):
                return refused(404, "not_found_error", "no such path without its beta header")
            return self._spend(name, query, is_enterprise=is_enterprise)
        if not is_enterprise:
            message = "Missing required scopes. Got: ['api:admin'] Needed: ['read:analytics']"
            return refused(403, "permission_error", message)
        if name == "summaries":
            return self._summaries(query)
        if name == "users" or name in GROUPS:
            return self._daily(name, query)
        return refused(404, "not_found_error", "no such path")

    def _summaries(self, query: httpx.QueryParams) -> httpx.Response:
        since = _day(query, "starting_date")
        until = self._newest + timedelta(days=1)
        if query.get("ending_date"):
            asked = _day(query, "ending_date")
            if asked > self._days.organization.last:
                return invalid("ending_date is at most today")
            until = min(asked, until)
        if since > self._newest:
            return self._too_recent(since)
        if since < FLOOR or (until - since).days > MAX_SUMMARY_DAYS:
            return invalid(f"the earliest day is {FLOOR}, and the longest span 366 days")
        found = summary_rows(self._days, since, until)
        return by_token(found, httpx.QueryParams(limit=1000), tells_more=False)

    def _daily(self, name: str, query: httpx.QueryParams) -> httpx.Response:
        day, by = _day(query, "date"), query.get_list("group_by[]")
        if day > self._newest:
            return self._too_recent(day)
        if day < FLOOR:
            return invalid(f"the earliest day is {FLOOR}")
        unknown = sorted(set(by) - set(GROUPS.get(name, ())))
        if unknown:
            return invalid(f"group_by[]: {unknown[0]} is not a dimension of this report")
        is_users = name == "users"
        found = user_rows(self._days, day) if is_users else feature_rows(name, self._days, day, by)
        return by_token(found, query, default=ENGAGEMENT_LIMIT, tells_more=False)

    def _too_recent(self, day: date) -> httpx.Response:
        message = f"Data for {day} is not available yet. The latest available day is {self._newest}"
        return invalid(f"{message}.")

    def _spend(
        self, report: str, query: httpx.QueryParams, *, is_enterprise: bool
    ) -> httpx.Response:
        since, width = _instant(query, "starting_at"), query.get("time_bucket_width")
        if width and not query.get("ending_at"):
            return invalid("ending_at is required with time_bucket_width")
        if width not in {None, "1d"}:
            return invalid("this organization has buckets of 1d alone")
        now = clock.now()
        until = min(now, since + MAX_SPAN)
        if query.get("ending_at"):
            until = _instant(query, "ending_at")
        if not timedelta() < until - since <= MAX_SPAN:
            return invalid("ending_at must come after starting_at, by 31 days at most")
        if since.date() < FLOOR or since < now - timedelta(days=365):
            return invalid(f"starting_at lies within 365 days and not before {FLOOR}")
        by = tuple(sorted(set(query.get_list("group_by[]"))))
        known = set(DIMENSIONS) - (OF_COST if report == "usage" else set())
        if set(by) - known or len(set(by) - OF_COST) > MAX_DIMENSIONS:
            return invalid(f"group_by[] takes at most {MAX_DIMENSIONS} of {sorted(known)}")
        refreshed = now - REFRESHED_BEFORE
        span = None if width else (_hour(since), _hour(until))
        days = (since.date(), min(until, refreshed), span)
        found = self._walk(report, days, by, is_enterprise)
        told = None if refreshed <= since else f"{refreshed:%Y-%m-%dT%H:%M:%SZ}"
        return by_token(found, query, data_refreshed_at=told)

    def _used(self, day: date, is_enterprise: bool) -> list[Use]:  # noqa: FBT001 - as below
        """Return what one organization bills of a day."""
        return list((seat_uses if is_enterprise else console_uses)(self._days, day))

    def _spent(
        self,
        report: str,
        over: tuple[date, datetime, tuple[str, str] | None],
        by: tuple[str, ...],
        is_enterprise: bool,  # noqa: FBT001 - the cache knows it by its place
    ) -> list[dict[str, Any]]:
        """Return every row of a walk."""
        since, until, span = over
        found = []
        while clock.midnight(since) < until:
            found.append((since, self._uses(since, is_enterprise)))
            since += clock.ONE_DAY
        factors = self._factors if report == "cost" else {}
        return rows(report, found, by, span, factors)

    def limits(self, query: httpx.QueryParams) -> httpx.Response:
        """Answer what everybody with a seat may spend this month, and has spent."""
        last = self._days.organization.last
        over = (clock.month_of(last), clock.end_of(last), ("", ""))
        spent = {
            row["group"]["actor"]["user_id"]: row["cost"]["amount"]
            for row in self._walk("cost", over, ("actor",), True)  # noqa: FBT003
        }
        found = []
        for one in self._days.organization.people:
            if one.left:
                continue
            scope: dict[str, str] = {"type": "user", "user_id": one.id}
            tier = {"type": "seat_tier", "seat_tier": ("standard", "premium")[one.number % 3 == 0]}
            row = {
                "actor": person(one),
                "amount": None if one.number % 25 == 0 else MONTHLY_CENTS[one.number % 3],
                "currency": "USD",
                "period": "monthly",
                "period_to_date_spend": f"{float(spent.get(one.id, '0')):.3f}",
                "scope": scope,
                "source": scope if one.number % 11 == 0 else tier,
                "spend_limit_id": f"spl_demo_{one.number:05d}",
            }
            found.append(row)
        return by_token(found, query, tells_more=False)


def _hour(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H}:00:00Z"


def _parsed(query: httpx.QueryParams, name: str, parse: Callable[[str], Any]) -> Any:  # noqa: ANN401
    try:
        return parse(query.get(name, ""))
    except ValueError:
        message = f"{name} is missing or malformed"
        raise ValueError(message) from None


def _day(query: httpx.QueryParams, name: str) -> date:
    found: date = _parsed(query, name, date.fromisoformat)
    return found


def _instant(query: httpx.QueryParams, name: str) -> datetime:
    found: datetime = _parsed(query, name, datetime.fromisoformat)
    if found.tzinfo is None:
        message = f"{name} needs a zone"
        raise ValueError(message)
    return found.astimezone(UTC)
