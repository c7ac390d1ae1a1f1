"""The older usage and cost reports, in the shape of the newer ones.

Source:  Console: GET /v1/organizations/usage_report/messages and /cost_report
         Enterprise: GET /v1/organizations/analytics/{user_usage,usage,user_cost,cost}_report
Grain:   as the newer ones; the Console's name no product, and its costs no actor
"""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from claude_dash.clock import midnight, now
from claude_dash.sources.base import Covers, Rejected
from claude_dash.sources.client import AnthropicClient, Json, Params
from claude_dash.sources.exchange import ANALYTICS
from claude_dash.sources.spend_record import Line, checked, covers

ROOT = "/v1/organizations/"
MAX_BUCKETS = 31
PAGE_ROWS = 1000
BY_MESSAGES = ("account_id", "api_key_id", "model", "service_tier", "workspace_id")  # five at most
DEFAULT_WORKSPACE = "default"  # null is the default workspace where it is grouped by workspace
BY_PERSON = ("product", "model")


def _span(since: date, until: date) -> dict[str, str]:
    """Return the days, the running one left out: these reports floor the end to a whole day."""
    end = min(midnight(until), midnight(now().date()))
    return {
        "starting_at": f"{midnight(since):%Y-%m-%dT%H:%M:%SZ}",
        "ending_at": f"{end:%Y-%m-%dT%H:%M:%SZ}",
    }


def _buckets(client: AnthropicClient, path: str, params: Params) -> Iterator[tuple[str, Any, Json]]:
    """Yield the first instant of each bucket, one of its rows, and the page it stood on."""
    for page in client.pages(path, params):
        for bucket in page["data"]:
            rows = bucket.get("results") if isinstance(bucket, Mapping) else None
            for row in rows if isinstance(rows, list) else [None]:
                yield str(bucket.get("starting_at", "")) if rows is not None else "", row, page


def _line(starting_at: str, row: Any, part: str, **group: object) -> Line | Rejected:  # noqa: ANN401
    """Return a flat row as a line, or why it is none."""
    if not isinstance(row, Mapping):
        return Rejected("record: not an object")
    return checked({"starting_at": starting_at, "group": {**row, **group}, part: row})


def read_messages(
    client: AnthropicClient, since: date, until: date
) -> Iterator[Line | Rejected | Covers]:
    """Yield the Console's tokens of whole UTC days; none of them has a product or requests."""
    span = _span(since, until)
    yield Covers(_whole(span))
    if _is_empty(span):
        return
    params: Params = {**span, "bucket_width": "1d", "limit": MAX_BUCKETS, "group_by[]": BY_MESSAGES}
    for start, row, _ in _buckets(client, f"{ROOT}usage_report/messages", params):
        sent = row if isinstance(row, Mapping) else {}
        workspace = sent.get("workspace_id") or DEFAULT_WORKSPACE
        yield _line(start, row, "usage", actor=_actor(sent), workspace_id=workspace)


def _actor(row: Mapping[str, Any]) -> dict[str, Any] | None:
    found = {
        "user_id": row.get("account_id"),
        "service_account_id": row.get("service_account_id"),
        "api_key_id": row.get("api_key_id"),
    }
    named = {name: value for name, value in found.items() if value}
    return dict([next(iter(named.items()))]) if named else None


def read_costs(
    client: AnthropicClient, since: date, until: date
) -> Iterator[Line | Rejected | Covers]:
    """Yield the Console's billed money of whole UTC days, by workspace and kind of charge."""
    span = _span(since, until)
    yield Covers(_whole(span))
    if _is_empty(span):
        return
    by = ("workspace_id", "description")
    params: Params = {**span, "bucket_width": "1d", "limit": MAX_BUCKETS, "group_by[]": by}
    for start, row, _ in _buckets(client, f"{ROOT}cost_report", params):
        sent = row if isinstance(row, Mapping) else {}
        workspace = sent.get("workspace_id") or DEFAULT_WORKSPACE
        yield _line(start, row, "cost", workspace_id=workspace)


def _whole(span: Mapping[str, str]) -> datetime:
    """Return the end of the days, up to which these reports are taken as counted."""
    return datetime.fromisoformat(span["ending_at"]).astimezone(UTC)


def _is_empty(span: Mapping[str, str]) -> bool:
    return span["starting_at"] >= span["ending_at"]


def read_people(
    report: str, client: AnthropicClient, since: date, until: date
) -> Iterator[Line | Rejected | Covers]:
    """Yield each person's lines of whole UTC days, and what is left of the organization's total.

    The reports by person leave out what is nobody's (Code Review, Slack channels); the totals name
    the hundred largest groups of a day at most, so what is left is never below zero.
    """
    span = _span(since, until)
    if _is_empty(span):
        yield Covers(_whole(span))
        return
    by = BY_PERSON if report == "usage" else (*BY_PERSON, "cost_type")
    shared: dict[str, Any] = {**span, "bucket_width": "1d", "group_by[]": by}
    taken: dict[tuple[str, ...], dict[str, Decimal]] = {}
    path = f"{ANALYTICS}user_{report}_report"
    for page in client.pages(path, {**shared, "limit": PAGE_ROWS}):
        yield covers(page)
        for row in page["data"]:
            start = row.get("starting_at") if isinstance(row, Mapping) else None
            line = _line(str(start), row, report)
            yield line
            if isinstance(line, Line):
                _add(taken.setdefault(_key(line.day, row, by), {}), line)
    path = f"{ANALYTICS}{report}_report"
    for start, row, page in _buckets(client, path, {**shared, "limit": MAX_BUCKETS}):
        yield covers(page)
        line = _line(start, row, report)
        if isinstance(line, Line):
            rest = _rest(line, taken.get(_key(line.day, row, by), {}))
            yield _line(start, {**row, **rest}, report, actor=None)
        else:
            yield line


def _key(day: date, row: Mapping[str, Any], by: tuple[str, ...]) -> tuple[str, ...]:
    return (day.isoformat(), *(str(row.get(name) or "") for name in by))


def _flat(line: Line) -> dict[str, Decimal]:
    """Return every number of a line by its path."""
    part = line.usage or line.cost
    sent = part.model_dump(exclude={"currency"}, exclude_none=True) if part else {}
    found: dict[str, Decimal] = {}
    for name, value in sent.items():
        inside = value if isinstance(value, Mapping) else {"": value}
        found |= {f"{name}.{inner}": Decimal(number) for inner, number in inside.items()}
    return found


def _add(taken: dict[str, Decimal], line: Line) -> None:
    for path, value in _flat(line).items():
        taken[path] = taken.get(path, Decimal(0)) + value


def _rest(line: Line, taken: Mapping[str, Decimal]) -> dict[str, Any]:
    """Return a line's numbers less what people have of them, as the vendor sends them."""
    rest: dict[str, Any] = {}
    for path, value in _flat(line).items():
        left = max(value - taken.get(path, Decimal(0)), Decimal(0))
        name, _, inner = path.partition(".")
        if inner:
            rest.setdefault(name, {})[inner] = int(left)
        else:
            rest[name] = str(left) if line.cost else int(left)
    return rest
