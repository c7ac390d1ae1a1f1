"""What the clients of three teams on a Team plan send: OTLP metrics, a day in one request."""

from collections.abc import Iterator
from datetime import date, timedelta
from hashlib import sha256
from typing import Any
from uuid import UUID

import orjson
from sqlalchemy import Engine

from claude_dash.clock import end_of, midnight, today
from claude_dash.connections import list_all, senders
from claude_dash.connections.rows import row_of
from claude_dash.demo.habits import Days
from claude_dash.demo.organization import Somebody
from claude_dash.facts.parcels import packed
from claude_dash.sources.otlp import DELTA, metrics_of_json
from claude_dash.sources.telemetry import REPORT, Telemetry, Whose
from claude_dash.store import checkpoints
from claude_dash.store.inbox import Inbox
from claude_dash.store.vault import Vault

NAME = "Demo Telemetry"
TEAM_PLAN = "5c1e0b7e-7c3a-4b7c-8a52-3f0f5e0c9a44"
VERSIONS, OLD_EVERY = ("2.1.329", "2.1.298"), 4
EDITORS_EVERY, UNNAMED_EVERY = 3, 13  # who works in an editor, and whose client has no account
TOKENS = {"input": "input", "output": "output", "cache_read": "cacheRead",
          "cache_creation": "cacheCreation"}  # fmt: skip
TOOLS = {"edit_tool": "Edit", "write_tool": "Write", "notebook_edit_tool": "NotebookEdit"}
AGENT, SERVER, SKILLS = "general-purpose", "custom", ("commit-notes", "third-party")
PERSON_S, CLIENT_S = 1_100, 2_300  # a session's active seconds
NANO = 10**9
Point = tuple[dict[str, str], float]  # attributes besides the sender's, and the value


def send(engine: Engine, vault: Vault, days: Days, actor: str) -> None:
    """Lay what clients sent into the inbox, by the way that a receiver takes: new days alone.

    Of the last two days everything is sent again, as after an answer that was lost.
    """
    if NAME not in {one.name for one in list_all(engine)}:
        senders.add(engine, "telemetry", NAME, senders.Options(), actor=actor)
    with engine.connect() as connection:
        number = row_of(connection, NAME).id
        known = checkpoints.reads(connection, number, REPORT)
    reader = Telemetry(number, Whose(senders.PERSON_KEY, ""), vault.pseudonym_key, vault.seal)
    inbox, parcels = Inbox(engine), []
    day, last = days.sent_since, days.organization.last
    while day <= last:
        if day not in known or day >= today() - timedelta(days=1):
            arrived = round(end_of(day).timestamp()) * NANO - NANO
            parcel = reader.parcel(metrics_of_json(body(days, day)), "json", arrived)
            parcels.append(packed(parcel))
        day += timedelta(days=1)
    inbox.put(parcels)
    inbox.close()


def body(days: Days, day: date) -> bytes:
    """Return what everybody's client sent on one day, as one request."""
    at = midnight(day).timestamp()
    found = []
    for order, (one, row) in enumerate(days.sent(day)):
        start = round(at + 6 * 3_600 + order) * NANO
        for name, points in _metrics(one, row):
            sent = [
                {"attributes": _pairs(_sender(one, row, day) | more), "asDouble": value,
                 "startTimeUnixNano": str(start), "timeUnixNano": str(start + 60 * NANO)}
                for more, value in points
            ]  # fmt: skip
            total = {"aggregationTemporality": DELTA, "isMonotonic": True, "dataPoints": sent}
            found.append({"name": f"claude_code.{name}", "sum": total})
    scope = {"scope": {"name": "com.anthropic.claude_code"}, "metrics": found}
    resource = {"attributes": _pairs({"service.name": "claude-code"})}
    return orjson.dumps({"resourceMetrics": [{"resource": resource, "scopeMetrics": [scope]}]})


def _metrics(one: Somebody, row: dict[str, Any]) -> Iterator[tuple[str, list[Point]]]:
    """Yield the metrics of one client's day; the sessions are told by ids of their own."""
    core, sessions = row["core_metrics"], row["core_metrics"]["num_sessions"]
    of = f"{one.number} {row['date']} {row['is_remote']}"  # a day may go on in the cloud
    ids = [{"session.id": _id(f"{of} {number}")} for number in range(sessions)]
    yield "session.count", [({**own, "start_type": "fresh"}, 1) for own in ids]
    for kind, seconds in (("user", PERSON_S), ("cli", CLIENT_S)):
        yield "active_time.total", [({**own, "type": kind}, seconds) for own in ids]
    lines = core["lines_of_code"].items()
    yield "lines_of_code.count", [({**ids[0], "type": kind}, n) for kind, n in lines]
    yield "commit.count", [(ids[0], core["commits_by_claude_code"])]
    yield "pull_request.count", [(ids[0], core["pull_requests_by_claude_code"])]
    for name, tool in TOOLS.items():
        edits, own = row["tool_actions"][name], {**ids[0], "tool_name": tool}
        asked = edits["accepted"] // 4
        yield (
            "code_edit_tool.decision",
            [
                ({**own, "decision": "accept", "source": "config"}, edits["accepted"] - asked),
                ({**own, "decision": "accept", "source": "user_temporary"}, asked),
                ({**own, "decision": "reject", "source": "user_reject"}, edits["rejected"]),
            ],
        )
    for part in row["model_breakdown"]:
        own = {**ids[0], "model": part["model"], **_features(one, part["model"])}
        tokens = part["tokens"].items()
        yield "token.usage", [({**own, "type": TOKENS[kind]}, n) for kind, n in tokens]
        yield "cost.usage", [(own, part["estimated_cost"]["amount"] / 100)]


def _features(one: Somebody, model: str) -> dict[str, str]:
    """Return what the requests to a model were made for: small ones by subagents, and so on."""
    if "haiku" in model:
        return {"query_source": "subagent", "agent.name": AGENT}
    if "opus" in model and one.number % 2:
        return {"query_source": "main", "mcp_server.name": SERVER}
    return {"query_source": "main", "skill.name": SKILLS[one.number % len(SKILLS)]}


def _sender(one: Somebody, row: dict[str, Any], day: date) -> dict[str, str]:
    is_old = one.number % OLD_EVERY == 0 and day < today() - timedelta(days=20)
    is_editor = one.number % EDITORS_EVERY == 0
    found = {
        "user.id": sha256(f"client {one.number}".encode()).hexdigest(),
        "terminal.type": row["terminal_type"],
        "app.version": VERSIONS[is_old],
        "app.entrypoint": "claude-vscode" if is_editor else "cli",
        "anthropic.provider": "firstParty",
    }
    if one.number % UNNAMED_EVERY == 0:  # signed in with a key: nobody is named
        return found
    return found | {
        "user.email": one.email,
        "user.account_uuid": _id(f"account {one.number}"),
        "organization.id": TEAM_PLAN,
        "anthropic.plan": "team",
    }


def _id(of: str) -> str:
    return str(UUID(bytes=sha256(of.encode()).digest()[:16]))


def _pairs(attributes: dict[str, str]) -> list[dict[str, Any]]:
    return [{"key": key, "value": {"stringValue": value}} for key, value in attributes.items()]
