"""The rows of the five feature reports, grouped as they were asked for."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

from claude_dash.demo.features import (
    PROJECTS,
    SKILLS,
    THIRD_PARTY,
    Feature,
    used,
)
from claude_dash.demo.habits import APPS, CHAT, CODE, COWORK, UNIFIED, Days
from claude_dash.demo.organization import Somebody
from claude_dash.demo.spend_rows import cents_text

KINDS = {
    "skills": "skills",
    "connectors": "connectors",
    "plugins": "plugins",
    "artifacts": "artifacts",
    "apps/chat/projects": "projects",
}
GROUPS = dict.fromkeys(KINDS, ("product", "user_id", "rbac_group_id")) | {
    "apps/chat/projects": ("user_id", "rbac_group_id")
}
OVERAGE = 0.3  # the part of the list price that was paid on top of the seats


class _Sum:
    """The sum of the uses that share a row."""

    def __init__(self) -> None:
        self.people: set[int] = set()
        self.installers: set[int] = set()
        self.counts: dict[str, int] = {}
        self.sessions: dict[str, int] = {}
        self.managed: set[int] = set()

    def add(self, one: Feature) -> None:
        self.people.add(one.number)
        if one.counts.get("install_count"):
            self.installers.add(one.number)
        if one.counts.get("managed"):
            self.managed.add(one.number)
        place = one.app or (CHAT if one.product == UNIFIED else one.product)
        self.sessions[place] = self.sessions.get(place, 0) + one.sessions
        for name, count in one.counts.items():
            self.counts[name] = self.counts.get(name, 0) + count


def feature_rows(name: str, days: Days, day: date, by: Iterable[str]) -> list[dict[str, Any]]:
    """Return the rows of a feature report of one day, by name and then by group.

    The simulated organisation has no groups, so `rbac_group_id` is null on every row.
    """
    kind, groups = KINDS[name], sorted(set(by))
    sums: dict[tuple[str, ...], _Sum] = {}
    width = 2 if kind in {"artifacts", "projects"} else 1
    for one in used(kind, days, day):
        told = {"product": one.product, "user_id": f"user_{one.number:05d}", "rbac_group_id": ""}
        sums.setdefault((*one.name, *(told[group] for group in groups)), _Sum()).add(one)
    made = []
    for key, found in sorted(sums.items()):
        row = _ROW[kind](key[:width], found, days)
        row |= {group: value or None for group, value in zip(groups, key[width:], strict=True)}
        if "rbac_group_id" in groups:
            row["rbac_group_name"] = None
        made.append(row)
    return made


def _surfaces(found: _Sum, thing: str) -> dict[str, Any]:
    session = f"distinct_session_{thing}_used_count"
    return {
        "chat_metrics": {f"distinct_conversation_{thing}_used_count": found.sessions.get(CHAT, 0)},
        "claude_code_metrics": {session: found.sessions.get(CODE, 0)},
        "cowork_metrics": {session: found.sessions.get(COWORK, 0)},
        "office_metrics": {app: {session: found.sessions.get(app, 0)} for app in APPS},
    }


def _skill(name: tuple[str, ...], found: _Sum, _: Days) -> dict[str, Any]:
    listed = found.counts["listed"]
    overage = round(listed * OVERAGE)
    return {
        "skill_name": name[0],
        "skill_display_name": None,
        "share_status": SKILLS[name[0]][0],
        "distinct_user_count": len(found.people),
        "invocation_count": found.counts["invocation_count"],
        "enable_count": None,
        "estimated_overage_spend": cents_text(overage) if listed else None,
        "attributed_list_price": cents_text(listed) if listed else None,
        "currency": "USD" if listed else None,
        **_surfaces(found, "skill"),
    }


def _connector(name: tuple[str, ...], found: _Sum, _: Days) -> dict[str, Any]:
    calls = ("read_call_count", "write_call_count", "unclassified_call_count")
    return {
        "connector_name": name[0],
        "connector_display_name": None,
        "distinct_user_count": len(found.people),
        **{call: found.counts[call] for call in calls},
        "managed_auth_distinct_user_count": len(found.managed),
        "individual_auth_distinct_user_count": len(found.people - found.managed),
        **_surfaces(found, "connector"),
    }


def _plugin(name: tuple[str, ...], found: _Sum, _: Days) -> dict[str, Any]:
    session = "distinct_session_plugin_used_count"
    cowork = found.sessions.get(COWORK, 0) + found.sessions.get(CHAT, 0)
    return {
        "plugin_name": name[0],
        "plugin_id": None if name[0] == THIRD_PARTY else f"{name[0]}@demo-market",
        "distinct_user_count": len(found.people),
        "install_count": len(found.installers),
        "invocation_count": found.counts["invocation_count"],
        "claude_code_metrics": {session: found.sessions.get(CODE, 0)},
        "cowork_metrics": {session: cowork},
    }


def _artifact(name: tuple[str, ...], found: _Sum, _: Days) -> dict[str, Any]:
    return {
        "artifact_type": name[0],
        "is_shared": name[1] == "true",
        "artifacts_created_count": found.counts["artifacts_created_count"],
        "published_artifacts_created_count": found.counts["published_artifacts_created_count"],
        "distinct_user_count": len(found.people),
    }


def _project(name: tuple[str, ...], found: _Sum, days: Days) -> dict[str, Any]:
    place = PROJECTS.index(name[1])
    owner: Somebody = days.organization.people[place % len(days.organization.people)]
    created = days.organization.first + timedelta(days=place)
    return {
        "project_id": name[0],
        "project_name": name[1],
        "message_count": found.counts["message_count"],
        "distinct_user_count": len(found.people),
        "distinct_conversation_count": sum(found.sessions.values()),
        "created_at": f"{created}T12:00:00Z",
        "created_by": {"id": owner.id, "type": "user", "email_address": owner.email},
    }


_ROW = {
    "skills": _skill,
    "connectors": _connector,
    "plugins": _plugin,
    "artifacts": _artifact,
    "projects": _project,
}
