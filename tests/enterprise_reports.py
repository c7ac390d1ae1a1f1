"""What the engagement reports and the roster of an invented organization say."""

from collections import defaultdict
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from typing import Any

from tests.enterprise_organization import APPS, EnterpriseOrganization, Json, Person, Use
from tests.enterprise_query import Query
from tests.enterprise_truth import active, active_on

DAY = timedelta(days=1)
NAMES = {"skills": "skill_name", "connectors": "connector_name", "plugins": "plugin_name",
         "projects": "project_id", "artifacts": "artifact_type"}  # fmt: skip
SESSIONS = {"skills": "skill_used", "connectors": "connector_used", "plugins": "plugin_used"}
PRODUCTS = {"chat": "chat", "claude_code": "claude_code", "cowork": "cowork",
            "claude_design": "claude_design", "office_agent": "office_agent",
            "science": "claude_science", "chat_cowork_unified": "chat_cowork_unified",
            "claude_tag": "claude_tag"}  # fmt: skip
LENGTHS = {"daily": 1, "weekly": 7, "monthly": 30}
ROLES = ("user", "owner", "membership_admin", "role_of_tomorrow")


def filters(query: Query) -> dict[str, set[str]]:
    """Return the values asked for by dimension, in small letters."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for text in query.many("filter[]"):
        dimension, _, value = text.partition(":")
        found[dimension].add(value.lower())
    return dict(found)


def users(org: EnterpriseOrganization, day: date, query: Query) -> list[Json]:
    """Return the rows of the users report that the filters leave."""
    wanted = filters(query)
    return [row for row in org.users(day) if _is_wanted(org, row["user"]["id"], wanted)]


def features(org: EnterpriseOrganization, kind: str, day: date, query: Query) -> list[Json]:
    """Return the rows of a feature report, grouped and filtered as asked for, in its order."""
    by = query.many("group_by[]")
    wanted = filters(query)
    found: defaultdict[tuple[Any, ...], list[Use]] = defaultdict(list)
    for use in org.features(kind, day):
        own = {"product": use.product, NAMES[kind]: use.name, "is_shared": str(use.shared)}
        if not _is_wanted(org, use.user_id, wanted) or any(
            own[name].lower() not in values for name, values in wanted.items() if name in own
        ):
            continue
        for group in org.groups_of(use.user_id) if "rbac_group_id" in by else [None]:
            told = {"product": use.product, "user_id": use.user_id, "rbac_group_id": group}
            key = (use.name, kind == "artifacts" and use.shared, *(told[name] for name in by))
            found[key].append(use)
    return [
        {**_feature(org, kind, day, uses), **_told(org, dict(zip(by, key[2:], strict=True)))}
        for key, uses in sorted(found.items())
    ]


def _is_wanted(org: EnterpriseOrganization, user_id: str, wanted: dict[str, set[str]]) -> bool:
    if "user_id" in wanted and user_id.lower() not in wanted["user_id"]:
        return False
    groups = {one.lower() for one in org.groups_of(user_id)}
    return "rbac_group_id" not in wanted or bool(groups & wanted["rbac_group_id"])


def _told(org: EnterpriseOrganization, group: Json) -> Json:
    if "rbac_group_id" in group:
        group["rbac_group_name"] = org.groups[group["rbac_group_id"]][0]
    return group


def _added(uses: list[Use], name: str) -> int | None:
    values = [use.counts[name] for use in uses if use.counts[name] is not None]
    return sum(value or 0 for value in values) if values else None


def _feature(org: EnterpriseOrganization, kind: str, day: date, uses: list[Use]) -> Json:
    name = uses[0].name
    people = {use.user_id for use in uses}
    row: Json = {NAMES[kind]: name, "distinct_user_count": len(people)}
    row |= {key: _added(uses, key) for key in uses[0].counts if key != "sessions"}
    match kind:
        case "skills":
            is_priced = len(name) % 2 == 0
            row |= {"skill_display_name": None, "share_status": "organization",
                    "enable_count": None, "currency": "USD" if is_priced else None,
                    "estimated_overage_spend": "412.5" if is_priced else None,
                    "attributed_list_price": "2890.25" if is_priced else None}  # fmt: skip
        case "connectors":
            row |= {"connector_display_name": None, "managed_auth_distinct_user_count": None,
                    "individual_auth_distinct_user_count": len(people)}  # fmt: skip
        case "plugins":
            row["plugin_id"] = None if name == "third-party" else f"{name}@example-market"
            installers = {use.user_id for use in uses if use.counts["install_count"]}
            row["install_count"] = len(installers)
        case "artifacts":
            return row | {"is_shared": uses[0].shared}
        case "projects":
            maker = org.by_id[min(people)]
            return row | {"project_name": f"Project {name[-3:]}",
                          "created_at": f"{org.first}T12:00:00Z",
                          "created_by": {"id": maker.user_id, "type": "user",
                                         "email_address": maker.email(day)}}  # fmt: skip

    def block(product: str, unit: str = "session") -> Json:
        number = sum(use.counts["sessions"] or 0 for use in uses if use.product == product)
        return {f"distinct_{unit}_{SESSIONS[kind]}_count": number}

    row |= {f"{one}_metrics": block(one) for one in ("claude_code", "cowork")}
    if kind != "plugins":
        row["chat_metrics"] = block("chat", "conversation")
        row["office_metrics"] = {app: block(f"office_agent {app}") for app in APPS}
    return row


class Summaries:
    """The summaries of an organization, whose sets of people are worked out once for each day."""

    def __init__(self, org: EnterpriseOrganization) -> None:
        self._org = org
        self._sets: dict[date, dict[str, set[str]]] = {}

    def rows(self, first: date, end: date, query: Query, *, breakdown: bool) -> Iterator[Json]:
        """Yield a row of each day, of some groups only where filtered."""
        wanted = filters(query)
        is_part = "rbac_group_id" in wanted
        while first < end:
            yield self._row(first, wanted, is_part=is_part, breakdown=breakdown)
            first += DAY

    def _row(self, day: date, wanted: Any, *, is_part: bool, breakdown: bool) -> Json:
        seats = self._org.seats(day)
        row: Json = {"starting_at": f"{day}T00:00:00Z", "ending_at": f"{day + DAY}T00:00:00Z"}
        row |= {"assigned_seat_count": None if is_part else seats,
                "pending_invite_count": None if is_part else 2}  # fmt: skip
        shown = PRODUCTS if breakdown else {"cowork": "cowork"}
        for prefix, product in {"": "", **shown}.items():
            for name, length in LENGTHS.items():
                is_short = prefix in {"chat_cowork_unified", "claude_tag"} and length == 30
                ids = self._between(day, 28 if is_short else length, product)
                number: int | None = sum(_is_wanted(self._org, one, wanted) for one in ids)
                if prefix == "claude_tag" and is_part:
                    number = None
                row[f"{prefix}_{name}_active_user_count".lstrip("_")] = number
                if not prefix:
                    rate = round(100 * len(ids) / seats, 2)
                    row[f"{name}_adoption_rate"] = None if is_part else rate
        if breakdown:
            row["science_entitled_user_count"] = None
        return row

    def _between(self, last: date, length: int, product: str) -> set[str]:
        found = [self._day(last - n * DAY) for n in range(length)]
        return set().union(*(day.get(product, set()) for day in found))

    def _day(self, day: date) -> dict[str, set[str]]:
        if day not in self._sets:
            found = {
                one: active_on(self._org, one, [day])[day]
                for one in PRODUCTS.values() if one != "claude_code"
            }  # fmt: skip
            found["claude_code"] = active(self._org, [day], spend=False)[day]
            self._sets[day] = found | {"": set().union(*found.values())}
        return self._sets[day]


def roster(org: EnterpriseOrganization) -> list[Json]:
    """Return the members, the newest first."""
    return [
        {"id": one.user_id, "type": "user", "email": one.email(org.last),
         "name": f"Person {one.number}", "role": ROLES[one.number % 9 % len(ROLES)],
         "added_at": f"{max(one.since, date(2026, 1, 1))}T09:12:44Z"}
        for one in reversed(org.members)
    ]  # fmt: skip


def invites() -> list[Json]:
    """Return invitations of every status."""
    return [
        {"id": f"invite_{n}", "type": "invite", "email": f"new{n}@example.org", "role": "user",
         "status": status, "invited_at": "2026-11-10T08:00:00Z", "accepted_at": None,
         "expires_at": "2026-12-01T08:00:00Z", "rbac_group_ids": []}
        for n, status in enumerate(("pending", "pending", "accepted", "expired", "deleted"))
    ]  # fmt: skip


def groups(org: EnterpriseOrganization, *, old: bool) -> list[Json]:
    """Return the groups; old: as of `2023-06-01`."""
    return [
        {"id": one, "type": "rbac_group", "name": name, "source_type": "scim",
         "roles" if old else "role_ids": ["rbac_role_01Example"],
         "created_at": "2026-01-01T00:00:00Z", "updated_at": "2026-09-12T10:00:00Z"}
        for one, (name, _) in org.groups.items()
    ]  # fmt: skip


def group_members(org: EnterpriseOrganization, group: str) -> list[Json | None] | None:
    """Return the members of a group, None for each former one; None when there is no group."""
    if group not in org.groups:
        return None
    current = {one.user_id for one in org.members}
    return [
        {"type": "rbac_group_member", "rbac_group_id": group, "user_id": one,
         "email": org.by_id[one].email(org.last), "created_at": "2026-04-02T10:00:00Z"}
        if one in current else None
        for one in sorted(org.groups[group][1])
    ]  # fmt: skip


def spend_limits(org: EnterpriseOrganization, query: Query) -> list[Json]:
    """Return the effective spend limits, of some people or periods where asked for."""
    ids, periods = query.many("user_ids[]"), query.many("period[]")
    if periods and "monthly" not in periods:
        return []
    return [_limit(org, one) for one in _named(org.members, ids)]


def _named(people: Iterable[Person], ids: list[str]) -> list[Person]:
    return [one for one in people if not ids or one.user_id in ids]


def _limit(org: EnterpriseOrganization, one: Person) -> Json:
    cap = None if one.number % 4 == 0 else "50000"
    spent = "0" if one.number % 10 == 9 else f"{one.number * 100}.5"
    return {"actor": one.actor(org.last), "amount": cap, "currency": "USD", "period": "monthly",
            "period_to_date_spend": spent, "scope": {"type": "user", "user_id": one.user_id},
            "source": {"type": "seat_tier", "seat_tier": "example_tier"},
            "spend_limit_id": f"spl_01Example{one.number:05}"}  # fmt: skip
