"""What the Enterprise Analytics API says of people: their activity, and the seats in summary."""

from datetime import date, timedelta
from typing import Any

from claude_dash.demo.habits import (
    APPS,
    CHAT,
    CODE,
    COWORK,
    DESIGN,
    OFFICE,
    UNIFIED,
    UNIFIED_DAYS,
    Days,
    Did,
)
from claude_dash.demo.spend import searched

OPEN_INVITES = 6
PREFIX = {
    "": "", CHAT: "chat_", CODE: "claude_code_", COWORK: "cowork_", OFFICE: "office_agent_",
    DESIGN: "claude_design_", UNIFIED: "chat_cowork_unified_",
}  # fmt: skip
WINDOWS = (("daily", 1), ("weekly", 7), ("monthly", 30))
UNIFIED_MONTH = 28
TOOLS = ("edit_tool", "multi_edit_tool", "write_tool", "notebook_edit_tool")
COWORK_UNKNOWN = (
    "plugins_used_count", "distinct_plugins_used_count", "file_edit_count", "edit_tool_count",
    "write_tool_count", "multi_edit_tool_count", "notebook_edit_tool_count",
    "sessions_with_file_edits_count",
)  # fmt: skip


def user_rows(days: Days, day: date) -> list[dict[str, Any]]:
    """Return one row for each member who was active on a day, by address; who left has none."""
    has_unified = (days.organization.last - day).days <= UNIFIED_DAYS
    found = [_user_row(did, day, has_unified) for did in days.did(day) if not did.one.left]
    return sorted(found, key=lambda row: str(row["user"]["email_address"]))


def _user_row(did: Did, day: date, has_unified: bool) -> dict[str, Any]:  # noqa: FBT001
    apart = 0 if did.is_unified else 1
    chat = _chat(did.chat, did.luck) if did.chat else NO_CHAT
    cowork = _cowork(did.cowork, did.luck) if did.cowork else NO_COWORK
    made = {
        "user": {"id": did.one.id, "type": "user", "email_address": did.one.email},
        "distinct_user_count": None,
        "last_activity_date": day.isoformat(),
        "web_search_count": searched(did),
        "claude_code_metrics": _code(did.coded) if did.coded else NO_CODE,
        "chat_metrics": chat if apart else NO_CHAT,
        "cowork_metrics": cowork if apart else NO_COWORK,
        "office_metrics": {
            app: _office(did.apps[app]) if app in did.apps else NO_OFFICE for app in APPS
        },
        "design_metrics": {
            "message_count": did.design,
            "distinct_session_count": _some(did.design, 6),
            "distinct_projects_created_count": int(did.design > 0 and did.luck < 0.3),  # noqa: PLR2004
            "distinct_projects_used_count": _some(did.design, 12),
        },
        "science_metrics": {
            "message_count": 0,
            "delegation_count": 0,
            "remote_compute_job_count": 0,
            "skills_used_count": 0,
            "distinct_session_count": 0,
        },
    }
    if has_unified:  # absent before that, and null for those who are not on it
        block = {"chat": chat, "sessions": cowork}
        made["chat_cowork_unified_metrics"] = block if did.is_unified else None
    return made


def _some(count: int, each: int) -> int:
    """Return how many of something so many messages make; a part counts as one."""
    return -(-count // each)


def _code(rows: list[dict[str, Any]]) -> dict[str, Any]:
    cores = [row["core_metrics"] for row in rows]
    lines = [core["lines_of_code"] for core in cores]
    tools = {name: [row["tool_actions"][name] for row in rows] for name in TOOLS}
    return {
        "core_metrics": {
            "distinct_session_count": sum(core["num_sessions"] for core in cores),
            "commit_count": sum(core["commits_by_claude_code"] for core in cores),
            "pull_request_count": sum(core["pull_requests_by_claude_code"] for core in cores),
            "artifacts_created_count": 0,
            "lines_of_code": {
                "added_count": sum(one["added"] for one in lines),
                "removed_count": sum(one["removed"] for one in lines),
            },
        },
        "tool_actions": {
            name: {
                "accepted_count": sum(one["accepted"] for one in told),
                "rejected_count": sum(one["rejected"] for one in told),
            }
            for name, told in tools.items()
        },
    }


def _chat(messages: int, luck: float) -> dict[str, int | None]:
    connectors = round(messages * luck / 4)
    return {
        "message_count": messages,
        "thinking_message_count": messages // 3,
        "connectors_used_count": connectors,
        "shared_conversations_viewed_count": 0,
        "distinct_conversation_count": _some(messages, 5),
        "distinct_projects_created_count": 0,
        "distinct_projects_used_count": int(messages > 0 and luck < 0.25),  # noqa: PLR2004
        "distinct_files_uploaded_count": messages // 6,
        "distinct_artifacts_created_count": messages // 9,
        "distinct_shared_artifacts_viewed_count": None,
        "distinct_skills_used_count": int(messages > 0 and luck > 0.7),  # noqa: PLR2004
        "distinct_connectors_used_count": _some(connectors, 3),
    }


def _cowork(messages: int, luck: float) -> dict[str, int | None]:
    connectors = round(messages * luck / 2)
    made: dict[str, int | None] = {
        "message_count": messages,
        "action_count": messages * 7,
        "dispatch_turn_count": messages // 4,
        "skills_used_count": messages // 5,
        "connectors_used_count": connectors,
        "artifacts_created_count": messages // 8,
        "distinct_session_count": _some(messages, 4),
        "distinct_skills_used_count": min(messages // 5, 2),
        "distinct_connectors_used_count": _some(connectors, 4),
    }
    return made | dict.fromkeys(COWORK_UNKNOWN)


def _office(messages: int) -> dict[str, int]:
    return {
        "message_count": messages,
        "skills_used_count": messages // 4,
        "connectors_used_count": 0,
        "distinct_session_count": _some(messages, 3),
        "distinct_skills_used_count": min(messages // 4, 1),
        "distinct_connectors_used_count": 0,
    }


# Sent for what was not used.
NO_CODE, NO_CHAT, NO_COWORK, NO_OFFICE = _code([]), _chat(0, 0), _cowork(0, 0), _office(0)


def seats(days: Days) -> int:
    """Return how many seats are assigned: one to everybody who has not left."""
    return sum(one.left is None for one in days.organization.people)


def summary_rows(days: Days, since: date, until: date) -> list[dict[str, Any]]:
    """Return one row for each simulated UTC day of a half-open interval, oldest first."""
    first, last = days.organization.first, days.organization.last
    since, until = max(since, first), min(until, last + timedelta(days=1))
    found = [since + timedelta(days=number) for number in range((until - since).days)]
    return [_summary(days, day) for day in found]


def _summary(days: Days, day: date) -> dict[str, Any]:
    made: dict[str, Any] = {
        "starting_at": f"{day}T00:00:00Z",
        "ending_at": f"{day + timedelta(days=1)}T00:00:00Z",
        "assigned_seat_count": seats(days),
        "pending_invite_count": OPEN_INVITES,
    }
    trailing = [days.active(day - timedelta(days=back)) for back in range(30)]
    for surface, prefix in PREFIX.items():
        for window, count in WINDOWS:
            long = UNIFIED_MONTH if surface == UNIFIED and window == "monthly" else count
            people = frozenset[int]().union(*(one[surface] for one in trailing[:long]))
            made[f"{prefix}{window}_active_user_count"] = len(people)
            if not surface:
                rate = round(100 * len(people) / max(seats(days), 1), 2)
                made[f"{window}_adoption_rate"] = rate
    return made
