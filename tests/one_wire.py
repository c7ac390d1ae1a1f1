"""What the sources of one organization say on the wire: reports, logs, OTLP and files.

The numbers are those of the world; every payload is in the form of its vendor.
"""

import gzip
import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time
from functools import cached_property
from pathlib import Path
from typing import Any

from tests import bedrock_lines, session_lines
from tests.enterprise_lines import MICRO, Line
from tests.enterprise_lines import TOKENS as BILLED_TOKENS
from tests.enterprise_organization import APPS, EnterpriseOrganization, Use
from tests.enterprise_organization import Person as Seat
from tests.one_organization import (
    BEDROCK,
    BILLED,
    CENT,
    CONSOLE,
    COST,
    ENTERPRISE,
    KEYS,
    ORGANIZATIONS,
    REQUESTS,
    SESSIONS,
    TELEMETRY,
    TOKENS,
    Told,
    World,
)
from tests.vendor_organization import Json, Organization

MODEL, CLOUD_MODEL = "claude-sonnet-4-5", "us.anthropic.claude-sonnet-4-6"
NANO = 10**9
ROLE = "AWSReservedSSO_ClaudeCode_0f3a9c1d2b4e5f60"
BODY_ROWS = 400  # of what clients did, in one request
REPORTED = ("input", "output", "cache_read", "cache_creation")
SENT = ("input", "output", "cacheRead", "cacheCreation")
WRITTEN = ("input_tokens", "output_tokens", "cache_read_input_tokens",
           "cache_creation_input_tokens")  # fmt: skip


@dataclass
class ConsoleOrganization(Organization):
    """The Console's organization of a world."""

    world: World = field(kw_only=True)

    @cached_property
    def by_day(self) -> dict[date, list[Json]]:
        """Return the rows of each day."""
        return grouped((one.day, _console_row(one)) for one in self.world.of(CONSOLE))

    def rows(self, day: date) -> list[Json]:
        """Return the rows of a day."""
        return self.by_day.get(day, [])

    def broken(self, day: date) -> list[Any]:
        """Return nothing: every row is good."""
        del day
        return []

    @property
    def addresses(self) -> list[str]:
        """Return whoever works there."""
        return [one.address for one in self.world.persons if CONSOLE in one.places]

    @cached_property
    def workspaces(self) -> list[Json]:
        """Return the default one alone, so that teams are those of the roster."""
        return super().workspaces[-1:]

    def members(self, workspace: str) -> list[Json]:
        """Return nobody: the default workspace lists no members."""
        del workspace
        return []


@dataclass
class EnterpriseSeats(EnterpriseOrganization):
    """The Enterprise organization of a world: Claude Code and nothing else."""

    world: World = field(kw_only=True)

    @cached_property
    def persons(self) -> list[Seat]:
        """Return whoever works there."""
        return [
            Seat(one.number, f"user_01Example{one.number:05}", one.address)
            for one in self.world.persons
            if ENTERPRISE in one.places
        ]

    @cached_property
    def groups(self) -> dict[str, tuple[str, frozenset[str]]]:
        """Return nothing, so that teams are those of the roster."""
        return {}

    @cached_property
    def by_day(self) -> dict[date, list[Told]]:
        """Return what is told of each day."""
        return grouped((one.day, one) for one in self.world.of(ENTERPRISE))

    def _users(self, day: date) -> list[Json]:
        return [_user_row(one) for one in self.by_day.get(day, []) if "sessions" in one.amounts]

    def _uses(self, day: date) -> list[tuple[str, Use]]:
        del day
        return []

    def _lines(self, day: date) -> list[Line]:
        return [_line(one) for one in self.by_day.get(day, []) if BILLED in one.amounts]


def grouped(pairs: Iterable[tuple[Any, Any]]) -> dict[Any, list[Any]]:
    """Return what stands with each key."""
    found: defaultdict[Any, list[Any]] = defaultdict(list)
    for key, one in pairs:
        found[key].append(one)
    return dict(found)


def at(day: date, hour: int = 12) -> datetime:
    """Return an hour of a UTC day."""
    return datetime.combine(day, time(hour), UTC)


def _console_row(one: Told) -> Json:
    n, usage = one.amounts, []
    actor = {"type": "user_actor", "email_address": one.spelled()}
    if one.who in KEYS:
        actor = {"type": "api_actor", "api_key_name": one.who}
    if COST in n:
        tokens = {theirs: n[ours] for theirs, ours in zip(REPORTED, TOKENS, strict=True)}
        cost = {"amount": n[COST] // CENT, "currency": "USD"}
        usage = [{"model": MODEL, "tokens": tokens, "estimated_cost": cost}]
    return {
        "date": f"{one.day}T00:00:00Z",
        "actor": actor,
        "organization_id": one.organization,
        "customer_type": "subscription" if one.is_seat else "api",
        "terminal_type": "vscode",
        "core_metrics": {
            "num_sessions": n["sessions"],
            "lines_of_code": {"added": n["lines_added"], "removed": n["lines_removed"]},
            "commits_by_claude_code": n["commits"],
            "pull_requests_by_claude_code": n["pull_requests"],
        },
        "tool_actions": {
            "edit_tool": {
                "accepted": n["suggestions_accepted"],
                "rejected": n["suggestions_rejected"],
            }
        },
        "model_breakdown": usage,
    }


def _user_id(one: Told) -> str:
    assert one.person is not None
    return f"user_01Example{one.person.number:05}"


def _user_row(one: Told) -> Json:
    n = one.amounts
    core = {
        "distinct_session_count": n["sessions"],
        "commit_count": n["commits"],
        "pull_request_count": n["pull_requests"],
        "lines_of_code": {"added_count": n["lines_added"], "removed_count": n["lines_removed"]},
    }
    edits = {"accepted_count": n["suggestions_accepted"],
             "rejected_count": n["suggestions_rejected"]}  # fmt: skip
    return {
        "user": {"id": _user_id(one), "type": "user", "email_address": one.spelled()},
        "claude_code_metrics": {"core_metrics": core, "tool_actions": {"edit_tool": edits}},
        **{f"{name}_metrics": {} for name in ("chat", "cowork", "design", "science")},
        "office_metrics": {app: {} for app in APPS},
    }


def _line(one: Told) -> Line:
    n = one.amounts
    ours = ("input_tokens", "cache_read_tokens", "output_tokens", "cache_write_tokens")
    tokens = dict(zip(BILLED_TOKENS, (*(n[name] for name in ours), 0), strict=True))
    micro = n[BILLED] // CENT * MICRO
    dims = {"product": "claude_code", "model": MODEL}
    unsaid = ("context_window", "inference_geo", "speed", "workspace_id", "service_tier",
              "api_key_id")  # fmt: skip
    return Line(
        at=at(one.day),
        actor={"type": "user_actor", "user_id": _user_id(one), "email_address": one.spelled(),
               "name": "Somebody", "deleted": False},
        actor_id=_user_id(one),
        dims={**dict.fromkeys(unsaid), **dims},
        tokens=tokens,
        searches=0,
        requests=n[REQUESTS],
        costs={("tokens", "output_tokens"): (micro, micro)},
    )  # fmt: skip


# --- logs ------------------------------------------------------------------------------------


def log_objects(world: World) -> dict[str, bytes]:
    """Return the log objects of a bucket: one of each day, a record for each request."""
    days = grouped((one.day, one) for one in world.of(BEDROCK))
    return {
        bedrock_lines.log(hour=f"{day:%Y/%m/%d}/12"): gzip.compress(
            "\n".join(json.dumps(one) for row in rows for one in _records(row)).encode(), 1
        )
        for day, rows in days.items()
    }


def _records(one: Told) -> Iterator[Json]:
    """Yield a record of each request; all tokens are those of the first."""
    name = one.spelled()
    if one.who.startswith("login"):
        name = one.who.replace(" ", "-")
    arn = f"arn:aws:sts::{bedrock_lines.ONE}:assumed-role/{ROLE}/{name}"
    tokens = dict(zip(TOKENS, (one.amounts[name] for name in TOKENS), strict=True))
    for at_ in range(one.amounts[REQUESTS]):
        n = dict.fromkeys(tokens, 0) if at_ else tokens
        yield bedrock_lines.record(
            arn,
            timestamp=f"{one.day}T11:{at_:02}:00Z",
            requestId=f"{one.day}-{name}-{at_}".casefold(),
            modelId=CLOUD_MODEL,
            input={"inputTokenCount": n["input_tokens"],
                   "cacheReadInputTokenCount": n["cache_read_tokens"],
                   "cacheWriteInputTokenCount": n["cache_write_tokens"]},
            output={"outputTokenCount": n["output_tokens"]},
        )  # fmt: skip


# --- clients -----------------------------------------------------------------------------------


def otlp_bodies(world: World) -> Iterator[bytes]:
    """Yield requests of OTLP with everything that clients sent, oldest first."""
    rows = sorted(world.of(TELEMETRY), key=lambda one: (one.day, one.who))
    for start in range(0, len(rows), BODY_ROWS):
        points = grouped(pair for one in rows[start : start + BODY_ROWS] for pair in _points(one))
        metrics = [
            {"name": f"claude_code.{name}",
             "sum": {"aggregationTemporality": 1, "isMonotonic": True, "dataPoints": of}}
            for name, of in points.items()
        ]  # fmt: skip
        resource = {"attributes": [_attribute("service.name", "claude-code")]}
        sent = {"resource": resource, "scopeMetrics": [{"metrics": metrics}]}
        yield json.dumps({"resourceMetrics": [sent]}).encode()


def _points(one: Told) -> Iterator[tuple[str, Json]]:
    """Yield the points of a use, by metric: one line of each session, all else of the first."""
    n, who = one.amounts, _whose(one)
    until = int(at(one.day).timestamp()) * NANO

    def point(number: int, value: float, **more: str) -> Json:
        session = f"{one.who} {one.day} {one.place} {number}"
        told = {**who, "session.id": session, **more}
        attributes = [_attribute(name, one) for name, one in told.items()]
        return {"attributes": attributes, "startTimeUnixNano": str(until - NANO),
                "timeUnixNano": str(until), "asDouble": value}  # fmt: skip

    others = n["sessions"] - 1
    yield "session.count", point(0, 1, start_type="fresh")
    for number in range(1, n["sessions"]):
        yield "lines_of_code.count", point(number, 1, type="added")
    yield "lines_of_code.count", point(0, n["lines_added"] - others, type="added")
    yield "lines_of_code.count", point(0, n["lines_removed"], type="removed")
    yield "commit.count", point(0, n["commits"])
    yield "pull_request.count", point(0, n["pull_requests"])
    yield "cost.usage", point(0, n[COST] / NANO, model=MODEL)
    for kind, name in zip(SENT, TOKENS, strict=True):
        yield "token.usage", point(0, n[name], type=kind, model=MODEL)
    for decision in ("accept", "reject"):
        value = n[f"suggestions_{decision}ed"]
        what = {"decision": decision, "tool_name": "Edit", "source": "user_temporary"}
        yield "code_edit_tool.decision", point(0, value, **what)


def _whose(one: Told) -> dict[str, str]:
    """Return how a client says whose it is and whom it bills; each has two installations."""
    person = one.person
    assert person is not None
    at_ = f"installation {person.number} {one.day.toordinal() % 2}"
    named = {
        "account": {"user.account_uuid": f"account-{person.number}", "user.email": one.spelled()},
        "email": {"user.email": one.spelled()},
        "enduser": {"enduser.id": one.spelled()},
        "nameless": {},
    }[person.client]
    bills = {"organization.id": one.organization, "anthropic.provider": one.provider}
    return {"user.id": at_, **named, **{name: value for name, value in bills.items() if value}}


def _attribute(name: str, value: str) -> Json:
    return {"key": name, "value": {"stringValue": value}}


# --- files ---------------------------------------------------------------------------------------


def write_files(world: World, folder: Path) -> Path:
    """Write the session files, a folder for each person, and return the folder of them all."""
    for who, rows in grouped((one.who, one) for one in world.of(SESSIONS)).items():
        lines = (line for one in rows for line in _file_lines(one))
        session_lines.write(folder / who / "projects" / "one" / "session.jsonl", lines)
    return folder


def _file_lines(one: Told) -> Iterator[Json]:
    """Yield an answer for each request and the changes; every session has an answer at least."""
    n = one.amounts
    name = f"{one.who}-{one.day}"
    assert n["sessions"] <= n[REQUESTS], one

    def of(number: int) -> Json:
        return {"timestamp": f"{one.day}T10:00:00.000Z",
                "sessionId": f"{name}-{min(number, n['sessions'] - 1)}"}  # fmt: skip

    for number in range(n[REQUESTS]):
        usage = {theirs: n[ours] if not number else 0
                 for theirs, ours in zip(WRITTEN, TOKENS, strict=True)}  # fmt: skip
        yield session_lines.answer(f"{name}-{number}", usage, model=MODEL, **of(number))
    marks = "+" * n["lines_added"] + "-" * n["lines_removed"]
    yield session_lines.edit(f"{name}-edit", *marks, **of(0))
    for number in range(n["pull_requests"]):
        link = f"https://example.com/{name}/pull/{number}"
        yield session_lines.line("pr-link", f"{name}-link-{number}", prUrl=link, **of(0))


def organizations(world: World) -> tuple[ConsoleOrganization, EnterpriseSeats]:
    """Return the two organizations of a world that a vendor reports about."""
    return (
        ConsoleOrganization(world.people, world.first, world.today, world=world,
                            id=ORGANIZATIONS[CONSOLE], name="Console"),
        EnterpriseSeats(world.people, world.first, world.today, world=world,
                        id=ORGANIZATIONS[ENTERPRISE], name="Enterprise"),
    )  # fmt: skip
