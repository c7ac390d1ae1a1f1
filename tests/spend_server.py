"""What the vendor's usage and cost reports answer, new and legacy, and what they refuse."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

from tests.enterprise_lines import CONSOLE, WORKSPACES, Json, Line
from tests.enterprise_organization import EnterpriseOrganization
from tests.enterprise_query import Pages, Query, refuse
from tests.spend_totals import FANNED, FLOOR, Total, floored, instant, midnight

DAY = timedelta(days=1)
STEPS = {"1d": DAY, "1h": timedelta(hours=1), "1m": timedelta(minutes=1)}
LEGACY_DIMENSIONS = ("product", "model", "context_window", "inference_geo", "speed",
                     "rbac_group_id", "slack_channel_id", "claude_tag_category",
                     "claude_tag_user_id")  # fmt: skip
DIMENSIONS = (*LEGACY_DIMENSIONS, "actor", "actor_type", "agent_id", "api_key_id",
              "deployment_id", "environment_id", "organization_id", "service_tier", "session_id",
              "user_profile_id", "workspace_id")  # fmt: skip
FILTERS = {f"{name}s[]": name for name in DIMENSIONS if name not in {"actor", "organization_id"}}
FILTERS |= {"actor_ids[]": "actor_id", "claude_tag_categories[]": "claude_tag_category"}
del FILTERS["claude_tag_categorys[]"]
COMMON = {"starting_at", "ending_at", "group_by[]", "limit", "page"}
RANKED = {"order_by", "order", "exclude_deleted_users"}
LEGACY = {*COMMON, "bucket_width", "user_ids[]", *(
    name for name, dimension in FILTERS.items() if dimension in LEGACY_DIMENSIONS
)}  # fmt: skip
MESSAGES = ("account_id", "api_key_id", "context_window", "inference_geo", "model",
            "service_account_id", "service_tier", "speed", "workspace_id")  # fmt: skip
KNOWN = {
    "usage": {*COMMON, *RANKED, *FILTERS, "time_bucket_width"},
    "cost": {*COMMON, *RANKED, *FILTERS, "time_bucket_width"},
    "usage_report": LEGACY,
    "cost_report": LEGACY,
    "user_usage_report": LEGACY | RANKED,
    "user_cost_report": LEGACY | RANKED,
    "console usage_report": {*COMMON, "bucket_width", "account_ids[]", "api_key_ids[]",
                             "service_account_ids[]", "workspace_ids[]", "models[]",
                             "context_window[]", "inference_geos[]", "service_tiers[]",
                             "speeds[]"},
    "console cost_report": {*COMMON, "bucket_width"},
}  # fmt: skip
ORDERS = {
    "usage": ("total_tokens", "output_tokens", "uncached_input_tokens", "requests", "time"),
    "cost": ("amount", "list_amount", "time"),
}
MOST_GROUPS = 100  # of a bucket of the older totals


@dataclass
class SpendReports:
    """Usage and cost of an organization. today: the newest day that may be asked for.

    refreshed_at: up to when everything was counted; later lines are partly missing.
    """

    organization: EnterpriseOrganization
    pages: Pages
    today: Callable[[], date]
    refreshed_at: Callable[[], datetime | None]
    _made: dict[str, tuple[Any, list[Total]]] = field(default_factory=dict)

    def report(self, which: str, query: Query) -> Json:
        """Return what `/usage` or `/cost` answers."""
        width = query.choice("time_bucket_width", ("", *STEPS))
        by = query.group_by((*DIMENSIONS, *(FANNED if which == "cost" else ())), most=5)
        asked = {*by, *(name for name, _ in query.pairs)}
        if "claude_tag_user_id" in asked and asked & {"rbac_group_id", "rbac_group_ids[]"}:
            refuse("claude_tag_user_id: not with groups", "group_by")
        if width and not query.one("ending_at"):
            refuse("ending_at: required with time_bucket_width", "range")
        start, end = self._range(query, narrow=width == "1m")
        if not width:
            start, end = floored(start, STEPS["1h"]), floored(end, STEPS["1h"])
        limit = query.limit(20, 1000)
        ranked = self._ranked(query, which, by, self._totals(query, by, start, end, width))
        page, following = self.pages.cut(query, ranked, limit)
        data = []
        empty = dict.fromkeys((*DIMENSIONS, *(FANNED if which == "cost" else ())))
        for total in self._without_deleted(query, page):
            shared = {"starting_at": instant(total.start), "ending_at": instant(total.end)}
            group = {**empty, **total.group}
            if which == "usage":
                data.append({**shared, "group": group, "usage": total.usage()})
            else:
                data += [{**shared, "group": {**group, **told}, "cost": money}
                         for told, money in total.fan(by)]  # fmt: skip
        return self._body(data, following, start)

    def legacy(self, which: str, query: Query, *, old: bool) -> Json:
        """Return what one of the four older reports answers; old: as of `2023-06-01`."""
        kind = "cost" if "cost" in which else "usage"
        allowed = (*LEGACY_DIMENSIONS, *(FANNED if kind == "cost" else ()))
        by = query.group_by(allowed)
        people = which.startswith("user_")
        width = query.choice("bucket_width", ("", *STEPS) if people else STEPS)
        if people and width and not query.one("ending_at"):
            refuse("ending_at: required with bucket_width", "range")
        start, end = self._range(query, narrow=people and width == "1m")
        if people:
            totals = self._totals(query, ["actor", *by], start, end, width)
            page, following = self.pages.cut(
                query, self._ranked(query, kind, ["actor"], totals), query.limit(20, 1000)
            )
            data = [
                {"actor": _actor(total.group["actor"], old=old),
                 "starting_at": instant(total.start) if width else None,
                 "ending_at": instant(total.end) if width else None, **row}
                for total in self._without_deleted(query, page)
                for row in _flat(total, kind, by, people=True)
            ]  # fmt: skip
        else:
            totals = self._totals(query, by, start, end, width)
            sums: defaultdict[datetime, list[Total]] = defaultdict(list)
            for one in sorted(totals, key=lambda total: total.rank(ORDERS[kind][0]), reverse=True):
                sums[one.start].append(one)
            limits = {"1d": (7, 31), "1h": (24, 168), "1m": (60, 256)}
            buckets = _buckets(start, end, STEPS[width])
            page_of, following = self.pages.cut(query, buckets, query.limit(*limits[width]))
            data = [
                _bucket(at, STEPS[width], [
                    row for total in sums[at] for row in _flat(total, kind, by)
                ][:MOST_GROUPS])  # and no remainder
                for at in page_of
            ]  # fmt: skip
        owner = {"organization_id": self.organization.id} if old else {}
        return self._body(data, following, start) | owner

    def console(self, which: str, query: Query) -> Json:
        """Return what the older Console reports of messages and cost answer."""
        is_cost = which == "cost_report"
        limits = {"1d": (7, 31), "1h": (24, 168), "1m": (60, 1440)}
        width = query.choice("bucket_width", ("1d",) if is_cost else limits)
        step = STEPS[width]
        by = query.group_by(("workspace_id", "description") if is_cost else MESSAGES, most=5)
        start = floored(_instant(query, "starting_at"), step)
        end = floored(_instant(query, "ending_at", self._end()), step)
        if end <= start:
            refuse("ending date must be after starting date", "range")
        self._not_ahead(start, end)
        page, following = self.pages.cut(
            query, _buckets(start, end, step), query.limit(*limits[width])
        )
        sums: defaultdict[datetime, dict[str, Total]] = defaultdict(dict)
        for line in self._between(start, end):
            own = _console_group(line, is_cost=is_cost)
            priority = line.dims["service_tier"] == "priority"
            if (priority if is_cost else line.dims["product"] is None) or not _kept(query, own):
                continue
            at = floored(line.at, step)
            group = {name: own.get(name) for name in (*by, *(_DESCRIBED if "description" in by
                                                             else ()))}  # fmt: skip
            key = json.dumps(group)
            sums[at].setdefault(key, Total(group, at, at + step)).add(line)
        data = [
            _bucket(at, step, [
                row for total in sums[at].values()
                for row in (_console_cost(total, by) if is_cost else [
                    {**dict.fromkeys(MESSAGES), **total.group,
                     **total.usage(total=False, requests=False)}
                ])
            ])
            for at in page
        ]  # fmt: skip
        return {"data": data, "has_more": following is not None, "next_page": following}

    def _body(self, data: list[Json], following: str | None, start: datetime) -> Json:
        until = self.refreshed_at()
        told = instant(until) if until is not None and until > start else None
        return {"data": data, "has_more": following is not None, "next_page": following,
                "data_refreshed_at": told}  # fmt: skip

    def _end(self) -> datetime:
        return midnight(self.today()) + DAY

    def _not_ahead(self, start: datetime, end: datetime) -> None:
        if start >= self._end() or end > self._end():
            refuse("starting_at, ending_at: in the future", "future day")

    def _range(self, query: Query, *, narrow: bool) -> tuple[datetime, datetime]:
        start = _instant(query, "starting_at")
        end = _instant(query, "ending_at", min(self._end(), start + 31 * DAY))
        if start < FLOOR or start < self._end() - 366 * DAY:
            refuse("starting_at: too long ago", "day before the first")
        self._not_ahead(start, end)
        if not start < end <= start + (DAY if narrow else 31 * DAY):
            refuse("ending_at: the range is empty or too long", "span")
        return start, end

    def _between(self, start: datetime, end: datetime) -> Iterator[Line]:
        day = start.date()
        while midnight(day) < end:
            yield from (one for one in self.organization.lines(day) if start <= one.at < end)
            day += DAY

    def _totals(
        self, query: Query, by: list[str], start: datetime, end: datetime, width: str
    ) -> list[Total]:
        """Return the sums of a range by group; those of the pages of one walk are made once."""
        until = self.refreshed_at()
        path = query.path.rsplit("/", 1)[-1]
        asked = [pair for pair in query.pairs if pair[0] != "page"]
        wanted = (asked, by, start, end, until, self.organization.revisions)
        if path in self._made and self._made[path][0] == wanted:
            return self._made[path][1]
        found: dict[str, Total] = {}
        for line in self._between(start, end):
            if until is None or until <= start or (line.at >= until and line.requests % 2):
                continue
            if path.endswith("_report") and _is_hidden(line, people=path.startswith("user_")):
                continue
            is_old = path.endswith("_report")
            at = floored(line.at, STEPS[width]) if width else start
            for own in self._groups(line, {*by, *(name for name, _ in query.pairs)}, old=is_old):
                if not _kept(query, own):
                    continue
                group = {name: own.get(name) for name in by if name not in FANNED}
                key = json.dumps([group | {"actor": "actor" in by and line.actor_id}, str(at)])
                until_at = at + STEPS[width] if width else end
                total = found.setdefault(key, Total(group, at, until_at))
                total.group = group  # the newest address
                total.add(line)
        self._made[path] = wanted, list(found.values())
        return self._made[path][1]

    def _groups(self, line: Line, asked: set[str], *, old: bool) -> Iterator[Json]:
        product = line.dims["product"]
        own = {**line.dims, "actor": line.actor, "actor_id": line.actor_id,
               "actor_type": line.actor and line.actor["type"],
               "product": "claude-tag" if old and product == "claude_tag" else product}  # fmt: skip
        groups: list[str | None] = [None]
        if asked & {"rbac_group_id", "rbac_group_ids[]"}:
            groups = [*self.organization.groups_of(line.actor_id)] or groups
        for one in groups:
            yield {**own, "rbac_group_id": one}

    def _ranked(self, query: Query, kind: str, by: list[str], totals: list[Total]) -> list[Total]:
        orders = ORDERS[kind][: -1 if query.path.endswith("_report") else None]
        order_by = query.choice("order_by", orders)
        if query.one("exclude_deleted_users") == "true" and "actor" not in by:
            refuse("exclude_deleted_users: needs group_by[]=actor", "parameter")
        descending = query.choice("order", ("desc", "asc")) == "desc"
        return sorted(totals, key=lambda total: total.rank(order_by), reverse=descending)

    def _without_deleted(self, query: Query, page: list[Total]) -> list[Total]:
        if query.one("exclude_deleted_users") != "true":
            return page
        return [one for one in page if not (one.group["actor"] or {}).get("deleted")]


_DESCRIBED = ("cost_type", "token_type", "model", "context_window", "inference_geo",
              "service_tier")  # fmt: skip
_CONSOLE_FILTERS = {f"{name}s[]": name for name in MESSAGES} | {
    "context_window[]": "context_window", "user_ids[]": "actor_id"
}  # fmt: skip


def _kept(query: Query, own: Json) -> bool:
    for name, dimension in {**_CONSOLE_FILTERS, **FILTERS}.items():
        values = query.many(name)  # an empty entry matches what has none
        if values and (own.get(dimension) or "") not in values:
            return False
    return True


def _is_hidden(line: Line, *, people: bool) -> bool:
    if line.dims["product"] in set(CONSOLE) - {"claude_code"}:
        return True
    return people and (line.actor or {}).get("type") != "user_actor"


def _console_group(line: Line, *, is_cost: bool) -> Json:
    actor = line.actor or {}
    own = {**line.dims, "account_id": actor.get("user_id"),
           "service_account_id": actor.get("service_account_id")}  # fmt: skip
    if own["workspace_id"] == WORKSPACES[-1]:
        own["workspace_id"] = None
    if is_cost:
        own |= {"speed": None}
    return own


def _console_cost(total: Total, by: list[str]) -> Iterator[Json]:
    is_told = "description" in by
    for told, money in total.fan(("cost_type", "token_type") if is_told else ()):
        group = {**dict.fromkeys((*_DESCRIBED, "workspace_id")), **total.group, **told}
        words = f"{group['model']} usage, {told['token_type'] or told['cost_type']}"
        yield {"amount": money["amount"], "currency": "USD", **group,
               "description": words if is_told else None}  # fmt: skip


def _flat(total: Total, kind: str, by: list[str], *, people: bool = False) -> Iterator[Json]:
    own = {name: total.group.get(name) for name in LEGACY_DIMENSIONS}
    if kind == "usage":
        yield {**own, **total.usage(total=people)}
        return
    for told, money in total.fan(by):
        yield {**own, **told, **money}


def _actor(actor: Json, *, old: bool) -> Json:
    if not old:
        return actor
    return {"email" if name == "email_address" else name: value for name, value in actor.items()}


def _bucket(at: datetime, step: timedelta, results: list[Json]) -> Json:
    return {"starting_at": instant(at), "ending_at": instant(at + step), "results": results}


def _buckets(start: datetime, end: datetime, step: timedelta) -> list[datetime]:
    first = floored(start, step)
    return [first + step * n for n in range(-(-(end - first) // step))]


def _instant(query: Query, name: str, default: datetime | None = None) -> datetime:
    text = query.one(name)
    if not text and default is not None:
        return default
    try:
        found = datetime.fromisoformat(text)
    except ValueError:
        refuse(f"{name}: not an instant", "range")
    if found.tzinfo is None:
        refuse(f"{name}: without a zone", "range")
    return found.astimezone(UTC)
