"""Recorded clients post hooks: what they used is counted once, of whoever telemetry names."""

import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from claude_dash.connections import senders
from claude_dash.facts import tables as t
from claude_dash.ingest import arrived_days
from claude_dash.rollup import roll_up
from tests import recorded_clients as clients
from tests.recorded_clients import Recorded, Sending

RUNS = sorted(path.stem for path in (clients.PAYLOADS / "hooks").glob("*.jsonl"))
UNNAMED = "19-nosession-json"  # its telemetry tells no session
PERSON = "person-1@example.com"


class Posting(Sending):
    """Sends telemetry to one connection, and hooks to another."""

    def __init__(self, engine: Engine, settings: Any, clock: Any, **options: Any) -> None:
        super().__init__(engine, settings, clock)
        told = senders.Options(**options)
        self.hooks_token = senders.add(engine, "hooks", "Hooks", told).token

    def post(self, client: Any, path: str, body: bytes, headers: dict[str, str]) -> Any:
        """Send one request with the token of its kind."""
        if path == "/v1/hooks":
            headers = headers | {"authorization": f"Bearer {self.hooks_token}"}
        return super().post(client, path, body, headers)


def used(engine: Engine) -> dict[tuple[str, str], int | None]:
    """Return how often hooks' connection saw what, by kind and feature."""
    found: dict[tuple[str, str], int | None] = {}
    with engine.connect() as connection:
        for row in connection.execute(
            select(t.FEATURE_DAY).where(t.FEATURE_DAY.c.connection_id == 2)
        ):
            key = row.kind, row.feature
            both = (found.get(key), row.uses)
            found[key] = (
                sum(one or 0 for one in both) if any(one is not None for one in both) else None
            )
    return found


def truth(runs: list[str]) -> Counter[tuple[str, str]]:
    """Return what the events of some runs say, read with nothing of ours."""
    found: Counter[tuple[str, str]] = Counter()
    calls = {}
    for one in (one for run in runs for one in clients.hooks(run)):
        event = json.loads(one.body)
        if event["hook_event_name"] in {"PreToolUse", "PostToolUse"}:
            calls[event["tool_use_id"]] = event
        if event["hook_event_name"] == "UserPromptExpansion":
            found["skill", event["command_name"]] += 1
    for event in calls.values():
        tool, given = event["tool_name"], event["tool_input"]
        found["tool", tool] += 1
        if tool.startswith("mcp__"):
            found["mcp_server", tool.split("__")[1]] += 1
        if tool == "Agent":
            found["subagent", given["subagent_type"]] += 1
        if tool == "Skill":
            found["skill", given["skill"]] += 1
            if ":" in given["skill"]:
                found["plugin", given["skill"].split(":")[0]] += 1
    return found


def everything() -> list[Recorded]:
    """Return all requests with metrics and all hooks, by their time."""
    sent = clients.requests() + [one for run in RUNS for one in clients.hooks(run)]
    return sorted(sent, key=lambda one: one.at)


def test_hooks_count_uses_of_whom_telemetry_names(engine: Any, settings: Any, clock: Any) -> None:
    """All runs as they came: uses are those of the events, and of the people of the sessions."""
    Posting(engine, settings, clock).send(everything())
    assert used(engine) == truth([run for run in RUNS if run != UNNAMED])
    with engine.connect() as connection:
        rows = connection.execute(select(t.FEATURE_DAY)).all()
        sent = connection.execute(select(t.CLIENT_DAY)).all()
    by_hooks, by_telemetry = ({row.who for row in rows if row.connection_id == n} for n in (2, 1))
    assert by_hooks <= {row.who for row in sent if row.connection_id == 1} | by_telemetry
    sessions = {
        json.loads(one.body)["session_id"] for run in RUNS for one in clients.hooks(run)
        if run != UNNAMED
    }  # fmt: skip
    assert sum(row.sessions for row in sent if row.connection_id == 2) == len(sessions)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_hooks_count_the_same_in_any_order_and_twice(
    seed: int, engine: Any, settings: Any, clock: Any
) -> None:
    """Before their telemetry or after it, each event twice, counted after each or at the end."""
    sent = everything() * 2
    random.Random(seed).shuffle(sent)
    Posting(engine, settings, clock).send(sent, counts_each=seed == 1)
    assert used(engine) == truth([run for run in RUNS if run != UNNAMED])


def test_a_session_that_nobody_names_is_left_out_and_counted(
    engine: Any, settings: Any, clock: Any
) -> None:
    """Without telemetry of a session nothing is guessed: it waits for two days, then it is told."""
    posting = Posting(engine, settings, clock)
    posting.send(clients.hooks("02-mcp-json"))
    assert not used(engine)
    clock.advance(days=3)
    with engine.begin() as connection:
        arrived_days.awaited(connection)
        left = connection.execute(select(t.SENT_USE)).all()
        aside = connection.execute(select(t.REJECT)).all()
    assert not left
    assert [(row.report, row.reason, row.records) for row in aside] == [
        ("hooks.left_out", arrived_days.UNNAMED, 1)
    ]
    assert not used(engine)


def test_a_token_of_a_person_names_its_sessions(engine: Any, settings: Any, clock: Any) -> None:
    """Hooks that are sent with somebody's own token are theirs, without telemetry."""
    Posting(engine, settings, clock, person=PERSON).send(clients.hooks("03-subagent-json"))
    assert used(engine) == truth(["03-subagent-json"])
    with engine.connect() as connection:
        assert connection.execute(select(t.IDENTITY.c.kind)).scalars().all() == ["email"]


def test_a_token_of_telemetry_is_good_for_hooks(engine: Any, settings: Any, clock: Any) -> None:
    """One token serves both; a session that both tell of is one."""
    sending = Sending(engine, settings, clock)
    sending.send(clients.hooks("04-skill-json") + clients.requests("04-skill-json"))
    with engine.connect() as connection:
        skills = connection.execute(
            select(t.FEATURE_DAY.c.uses).where(t.FEATURE_DAY.c.feature == "release-notes")
        ).scalars()
        assert list(skills) == [1]
        assert connection.execute(select(t.CLIENT_DAY.c.sessions)).scalars().all().count(1) == 1


def test_metrics_are_refused_with_a_token_of_hooks(engine: Any, settings: Any, clock: Any) -> None:
    """What would be counted under the wrong source is refused, and told on Data trust."""
    posting = Posting(engine, settings, clock)
    posting.token = posting.hooks_token
    one = clients.requests("01-feature-json")[0]
    with posting.client() as client:
        answer = posting.post(client, one.path, one.body, one.headers)
    assert answer.status_code == 403
    assert "of hooks" in answer.json()["message"]


@pytest.mark.parametrize(
    "body",
    [b"", b"[]", b"null", b"{}", b'{"hook_event_name": 7}', b"{" * 100_000, b"\xff", b'{"a": NaN}'],
)
def test_what_is_no_event_is_refused(body: bytes, engine: Any, settings: Any, clock: Any) -> None:
    """A body that is none is 400 and decides nothing; the next good one is counted."""
    posting = Posting(engine, settings, clock)
    headers = {"content-type": "application/json"}
    with posting.client() as client:
        answer = posting.post(client, "/v1/hooks", body, headers)
        assert answer.status_code == 400
        assert not answer.json().keys() & {"decision", "continue", "hookSpecificOutput"}
        good = clients.hooks("01-feature-json")[0]
        assert posting.post(client, good.path, good.body, good.headers).content == b"{}"


def test_half_a_character_is_no_fault(engine: Any, settings: Any, clock: Any) -> None:
    """Content that a client cut in the middle of a character does not lose the event."""
    one = clients.hooks("04-skill-json")[2]
    cut = one.body.replace(b'"cwd":"', b'"cwd":"\\ud83d')
    assert cut != one.body
    posting = Posting(engine, settings, clock, person=PERSON)
    posting.send([Recorded(one.run, one.path, one.headers, cut, one.at)])
    assert used(engine)["skill", "release-notes"] == 1


def test_no_content_of_hooks_is_kept(
    engine: Any, settings: Any, clock: Any, tmp_path: Path, caplog: Any
) -> None:
    """No prompt, input, output or path of any event is in the store, in the inbox or in a log."""
    Posting(engine, settings, clock).send(everything())
    roll_up(engine, settings)
    kept = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    secrets = (b"CANARY", b"/srv/", b".jsonl", b"transcript_path")
    assert len(kept) > 10_000
    assert not [one for one in secrets if one in kept]
    assert "CANARY" not in caplog.text
