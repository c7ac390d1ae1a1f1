"""`connect` and `sync` for telemetry: one JSON document, a token told once, and figures after."""

import json
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import Engine
from typer.testing import CliRunner

from claude_dash.cli import app
from claude_dash.connections import senders
from claude_dash.errors import ConfigError, UnknownNameError
from claude_dash.facts.parcels import Parcel, packed
from claude_dash.store import tokens
from claude_dash.store.inbox import Inbox
from claude_dash.store.vault import Vault
from tests import recorded_clients as clients
from tests.recorded_clients import Sending


def run(*args: str) -> Result:
    """Run `claude-dash`."""
    return CliRunner().invoke(app, list(args))


def document(*args: str, code: int = 0) -> dict[str, Any]:
    """Return the one JSON document that a command prints."""
    result = run(*args, "--json")
    assert result.exit_code == code, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def test_adding_tells_the_token_once(engine: Engine) -> None:
    """`connect add` waits, exit 0, with the token; no later command tells it."""
    made = document("connect", "add", "telemetry", "Clients")
    assert (made["status"], made["error"]) == ("waiting", None)
    assert made["token"].startswith("cdash_")
    later = [
        run("connect", "list", "--json"),
        run("connect", "test", "Clients", "--json"),
        run("connect", "kit", "Clients"),
        run("doctor", "--json"),
    ]
    assert not [one.output for one in later if made["token"] in one.output]
    assert document("connect", "list")["connections"][0]["status"] == "waiting"
    assert engine is not None


def test_a_key_and_options_of_others_are_refused() -> None:
    """A key, or a bucket's option, is wrong use."""
    for words in (
        ("telemetry", "Clients", "--bucket", "logs"),
        ("telemetry", "Clients", "--key-stdin"),
        ("bedrock", "Logs", "--person-key", "enduser.id"),
    ):
        assert isinstance(run("connect", "add", *words).exception, ConfigError)


def test_nothing_came_yet(engine: Engine) -> None:
    """A sync of a connection that waits is no failure, and it goes on waiting."""
    document("connect", "add", "telemetry", "Clients")
    synced = document("sync", "Clients")["connections"][0]
    assert (synced["status"], synced["last_day"]) == ("ok", None)
    assert document("connect", "list")["connections"][0]["status"] == "waiting"
    assert engine is not None


def test_what_came_is_listed_and_asked(engine: Engine, settings: Any, clock: Any) -> None:
    """After a batch the connection is ok; sync counts and rolls up; figures can be asked."""
    sending = Sending(engine, settings, clock)
    sending.send(clients.requests())
    synced = document("sync")["connections"][0]
    assert (synced["status"], synced["last_day"]) == ("ok", "2026-11-21")
    tested = document("connect", "test", clients.NAME)
    assert tested["found"]["client_versions"] == ["1.0.128", "2.0.76", "2.1.329"]
    assert "email" in tested["found"]["missing"]
    asked = run("query", "sessions", "--since", "2026-11-16", "--format", "json")
    rows = json.loads(asked.stdout)["rows"]
    assert [row["value"] for row in rows if row["period"] == "2026-W47"] == [26]


def test_the_token_can_be_replaced_and_ended(engine: Engine) -> None:
    """`rotate` tells a new one, `revoke` ends all; neither works for a source with a key."""
    first = document("connect", "add", "telemetry", "Clients")["token"]
    second = document("connect", "rotate", "Clients")["token"]
    assert second != first
    assert run("connect", "revoke", "Clients").exit_code == 0
    assert isinstance(run("connect", "rotate", "Nobody").exception, UnknownNameError)
    assert engine is not None


def test_removing_drops_what_waits(engine: Engine, settings: Any) -> None:
    """What waits in the inbox for a removed connection is dropped, and nothing fails."""
    document("connect", "add", "telemetry", "Clients")
    inbox = Inbox(engine)
    inbox.put([packed(Parcel(1, 1_795_229_330 * 10**9, [], [], [], {"value": 1}))])
    assert inbox.waiting() == 1
    inbox.close()
    assert run("connect", "remove", "Clients", "--purge").exit_code == 0
    document("connect", "add", "telemetry", "Others")
    assert document("sync")["connections"][0]["status"] == "ok"
    again = Inbox(engine)
    assert again.waiting() == 0
    again.close()
    assert Vault(settings) is not None


@pytest.mark.parametrize("word", ["OTEL_METRICS_EXPORTER", "CLAUDE_CODE_ENABLE_TELEMETRY", "4318"])
def test_the_kit_has_what_clients_need(word: str, engine: Engine) -> None:
    """The kit names the variables, and no switch for content."""
    said = run("connect", "kit", "telemetry").stdout
    assert word in said
    assert "OTEL_LOG_USER_PROMPTS" not in said
    assert engine is not None


def test_an_overlap_is_a_length_of_time(engine: Engine) -> None:
    """The old token is good for a day unless told otherwise; 0 ends it at once."""
    document("connect", "add", "telemetry", "Clients")
    assert "Older ones end in 24h." in run("connect", "rotate", "Clients").output
    assert "Older ones end in 7d." in run("connect", "rotate", "Clients", "--overlap", "7d").output
    last = document("connect", "rotate", "Clients", "--overlap", "0")
    assert (last["name"], last["status"]) == ("Clients", "waiting")
    with engine.connect() as connection:
        assert list(tokens.targets(connection)) == [tokens.digest_of(last["token"])]
    error = run("connect", "rotate", "Clients", "--overlap", "soon").exception
    assert isinstance(error, ConfigError)
    assert "7d, 24h or 0" in str(error)


def test_the_kit_follows_the_connection(engine: Engine) -> None:
    """Whether events count, and which attribute names a person, stand in what clients get."""
    document("connect", "add", "telemetry", "Clients", "--person-key", "employee.id")
    assert "employee.id=ADDRESS" in run("connect", "kit", "Clients").output
    assert "OTEL_LOGS_EXPORTER" not in run("connect", "kit", "Clients").output
    assert run("connect", "events", "Clients", "on").exit_code == 0
    assert senders.options_of(engine, "Clients").counts_events
    assert "OTEL_LOGS_EXPORTER" in run("connect", "kit", "Clients").output
    assert "refused" in run("connect", "events", "Clients", "off").output
    assert "OTEL_LOGS_EXPORTER" not in run("connect", "kit", "Clients").output


def test_the_kit_holds_what_was_asked() -> None:
    """Attributes, protocol, interval and address."""
    args = ("--team-attribute", "team.id=R&D one", "--team-attribute", "department=core")
    args += ("--protocol", "http/protobuf", "--interval-ms", "60000")
    text = run(
        "connect", "kit", "telemetry", *args, "--endpoint", "https://dash.example.com"
    ).output
    assert '"team.id=R%26D%20one,department=core"' in text
    assert '"http/protobuf"' in text
    assert '"60000"' in text
    assert '"https://dash.example.com/v1/metrics"' in text


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("console", "--endpoint", "https://dash.example.com"), "--endpoint"),
        (("bedrock", "--team-attribute", "team.id=x"), "--team-attribute"),
        (("telemetry", "--team-attribute", "team"), "KEY=VALUE"),
        (("telemetry", "--protocol", "grpc"), "http/protobuf"),
    ],
)
def test_a_kit_refuses_what_it_cannot_hold(args: tuple[str, ...], says: str) -> None:
    """An option of another kind, and what a client would not take, are wrong use."""
    error = run("connect", "kit", *args).exception
    assert isinstance(error, ConfigError)
    assert says in str(error)


def test_hooks_have_a_token_and_a_kit(engine: Engine) -> None:
    """`connect add hooks` waits with a token; the kit holds settings, and no option of others."""
    made = document("connect", "add", "hooks", "Hooks", "--team", "Platform")
    assert (made["status"], made["token"][:6]) == ("waiting", "cdash_")
    told = run("connect", "kit", "Hooks", "--endpoint", "https://dash.example.com").output
    assert "https://dash.example.com/v1/hooks" in told
    assert "Clients 1.0.128 and 2.0.76 drop a whole settings file" in " ".join(told.split())
    assert made["token"] not in told
    for words in (
        ("kit", "Hooks", "--protocol", "http/json"),
        ("events", "Hooks", "on"),
        ("add", "hooks", "Others", "--person-key", "enduser.id"),
    ):
        assert isinstance(run("connect", *words).exception, ConfigError)
    assert document("connect", "test", "Hooks")["status"] == "waiting"
    assert engine is not None


def test_hooks_that_came_are_asked(engine: Engine, settings: Any, clock: Any) -> None:
    """A test says that they arrive, and that somebody is missing who names their sessions."""
    sending = Sending(engine, settings, clock)
    sending.token = senders.add(engine, "hooks", "Hooks", senders.Options()).token
    sending.send(clients.hooks("02-mcp-json"))
    said = document("connect", "test", "Hooks")
    assert (said["status"], said["found"]["missing"]) == ("ok", ["person"])
    synced = document("sync", "Hooks")["connections"][0]
    assert (synced["status"], synced["last_day"]) == ("ok", "2026-11-21")
