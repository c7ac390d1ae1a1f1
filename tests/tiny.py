"""A tiny Console organisation behind a transport: four teams of fifteen, two keys, no faults."""

import random
from datetime import date
from typing import Any

import httpx

PEOPLE, TEAMS, KEYS = 60, 4, ("ci-runner", "nightly-docs", "release-bot")
NAMES = [f"Planted Name{number}" for number in range(PEOPLE)]
ADDRESSES = [f"planted{number}@example.org" for number in range(PEOPLE)]
KEY = "sk-ant-admin01-planted-secret-9xQZ"


def _row(day: str, actor: dict[str, str], rng: random.Random) -> dict[str, Any]:
    amount = rng.randint(1, 6)
    return {
        "date": f"{day}T00:00:00Z",
        "actor": actor,
        "organization_id": "tiny",
        "customer_type": "api",
        "terminal_type": rng.choice(["vscode", "tmux"]),
        "core_metrics": {
            "num_sessions": amount,
            "lines_of_code": {"added": 40 * amount, "removed": 9 * amount},
            "commits_by_claude_code": amount % 3,
            "pull_requests_by_claude_code": amount % 2,
        },
        "tool_actions": {"edit_tool": {"accepted": 3 * amount, "rejected": amount % 2}},
        "model_breakdown": [
            {
                "model": model,
                "tokens": {"input": 9, "output": 20, "cache_read": 900, "cache_creation": 70},
                "estimated_cost": {"amount": 12.345, "currency": "USD"},
            }
            for model in ("claude-opus-4-8", "claude-sonnet-5")
        ],
    }


def rows(day: str) -> list[dict[str, Any]]:
    """Return the report of one day, the same every time."""
    rng = random.Random(day)
    weekend = date.fromisoformat(day).weekday() > 4
    people = [
        _row(day, {"type": "user_actor", "email_address": address}, rng)
        for address in ADDRESSES
        if rng.random() < (0.1 if weekend else 0.6)
    ]
    keys = [_row(day, {"type": "api_actor", "api_key_name": name}, rng) for name in KEYS]
    return people + keys


def _listed(name: str, query: dict[str, str], path: str) -> list[dict[str, Any]]:
    if name == "users":
        return [
            {"id": f"user_{n}", "email": ADDRESSES[n], "name": NAMES[n], "role": "developer",
             "added_at": "2025-06-01T00:00:00Z"}
            for n in range(PEOPLE)
        ]  # fmt: skip
    if name == "workspaces":
        found = [{"id": f"w{n}", "name": f"Team {n}"} for n in range(TEAMS)]
        with_default = query.get("include_default") == "true"
        return [*found, {"id": "wd", "name": "Default"}] if with_default else found
    if name == "members":
        workspace = path.split("/")[-2]
        return [
            {"user_id": f"user_{n}", "workspace_id": workspace}
            for n in range(PEOPLE)
            if f"w{n % TEAMS}" == workspace
        ]
    return [{"id": "invite_1", "status": "pending", "invited_at": "2026-11-10T08:00:00Z",
             "expires_at": "2026-12-01T08:00:00Z"}]  # fmt: skip


def answer(request: httpx.Request) -> httpx.Response:
    """Answer as the contract says, for the key that is known."""
    if request.headers.get("x-api-key") != KEY:
        body = {"type": "error", "error": {"type": "authentication_error", "message": "invalid"}}
        return httpx.Response(401, json=body)
    query, path = dict(request.url.params), request.url.path
    name = path.rsplit("/", 1)[-1]
    if name == "me":
        return httpx.Response(200, json={"id": "tiny", "type": "organization", "name": "Tiny"})
    if name == "claude_code":
        return httpx.Response(
            200, json={"data": rows(query["starting_at"]), "has_more": False, "next_page": None}
        )
    if name in {"usage", "cost"}:  # an organisation that never had any spend
        return httpx.Response(
            200,
            json={"data": [], "has_more": False, "next_page": None,
                  "data_refreshed_at": query["ending_at"]},
        )  # fmt: skip
    data = _listed(name, query, path)
    return httpx.Response(200, json={"data": data, "has_more": False, "last_id": "last"})


def transport() -> httpx.MockTransport:
    """Return the organisation as a transport."""
    return httpx.MockTransport(answer)
