"""What clients are told: every form can be pasted as it is, and none asks for content."""

import json
import plistlib
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import yaml

from claude_dash.connections import deployments, snippets
from claude_dash.connections.snippets import TOKEN_VARIABLE, Wanted, managed_settings, variables
from claude_dash.connections.telemetry_kit import parts, warnings, written
from claude_dash.errors import ConfigError

TOKEN = "cdash_invented-token_1"
WANTED = Wanted("Clients", "https://dash.example.com", TOKEN)
AWKWARD = {"team.id": "R&D, \"core\"; 'a' \\ b $HOME", "department": "Zürich 100%"}
EVERY = (
    WANTED,
    replace(WANTED, protocol="http/protobuf", interval_ms=60_000, counts_events=True),
    replace(WANTED, base_url="https://example.com/claude/", attributes=AWKWARD),
)
MAY_SEND = re.compile(r"\bOTEL_[A-Z_]+\b|\bCLAUDE_CODE_[A-Z_]+\b")
NO_CONTENT = {
    "CLAUDE_CODE_ENABLE_TELEMETRY",
    "OTEL_METRICS_EXPORTER",
    "OTEL_METRIC_EXPORT_INTERVAL",
    "OTEL_METRICS_INCLUDE_VERSION",
    "OTEL_METRICS_INCLUDE_ENTRYPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL",
    "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT",
    "OTEL_EXPORTER_OTLP_METRICS_HEADERS",
    "OTEL_LOGS_EXPORTER",
    "OTEL_LOGS_EXPORT_INTERVAL",
    "OTEL_EXPORTER_OTLP_LOGS_PROTOCOL",
    "OTEL_EXPORTER_OTLP_LOGS_ENDPOINT",
    "OTEL_EXPORTER_OTLP_LOGS_HEADERS",
    "OTEL_RESOURCE_ATTRIBUTES",
}


def text_of(wanted: Wanted, title: str) -> str:
    """Return what is pasted under a title."""
    (part,) = [one for one in parts(wanted) if one.title == title]
    return part.text


def one_line(text: str) -> str:
    """Return a text without its line breaks."""
    return " ".join(text.split())


def test_the_settings_hold_what_the_vendor_asks_for() -> None:
    """The switch, exporter, protocol, address, token and interval; version and entry point too."""
    assert managed_settings(WANTED) == {
        "env": {
            "CLAUDE_CODE_ENABLE_TELEMETRY": "1",
            "OTEL_METRICS_EXPORTER": "otlp",
            "OTEL_EXPORTER_OTLP_METRICS_PROTOCOL": "http/json",
            "OTEL_EXPORTER_OTLP_METRICS_ENDPOINT": "https://dash.example.com/v1/metrics",
            "OTEL_EXPORTER_OTLP_METRICS_HEADERS": f"Authorization=Bearer {TOKEN}",
            "OTEL_METRIC_EXPORT_INTERVAL": "3600000",
            "OTEL_METRICS_INCLUDE_VERSION": "true",
            "OTEL_METRICS_INCLUDE_ENTRYPOINT": "true",
        }
    }


def test_protocol_interval_and_path_are_as_wanted() -> None:
    """What was chosen stands in the variables; a path before ours is kept."""
    found = variables(EVERY[1])
    assert found["OTEL_EXPORTER_OTLP_METRICS_PROTOCOL"] == "http/protobuf"
    assert found["OTEL_METRIC_EXPORT_INTERVAL"] == "60000"
    where = variables(EVERY[2])["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"]
    assert where == "https://example.com/claude/v1/metrics"


def test_events_are_sent_only_where_they_count() -> None:
    """Without event counts no signal but metrics is switched on."""
    assert not any("LOGS" in name for name in variables(WANTED))
    found = variables(EVERY[1])
    assert found["OTEL_LOGS_EXPORTER"] == "otlp"
    assert found["OTEL_EXPORTER_OTLP_LOGS_ENDPOINT"] == "https://dash.example.com/v1/logs"


@pytest.mark.parametrize("wanted", EVERY)
def test_no_kit_asks_for_content(wanted: Wanted) -> None:
    """No switch for prompts, answers, tools, bodies or traces stands anywhere in a kit."""
    text = written(wanted)
    assert set(MAY_SEND.findall(text)) <= NO_CONTENT
    assert not re.search(r"OTEL_LOG_|TRACE|BETA|USER_PROMPTS|TOOL_DETAILS", text.upper())
    assert "/v1/traces" not in text


def test_attributes_are_percent_encoded() -> None:
    """No space, quote, comma, semicolon or backslash is left in a value; addresses stay legible."""
    said = snippets.attributes_of(AWKWARD)
    assert not re.search(r"[\s\"',;\\$]", said.replace(",department", ""))
    assert "Z%C3%BCrich%20100%25" in said
    assert snippets.attributes_of({"enduser.id": "a@example.com"}) == "enduser.id=a@example.com"


@pytest.mark.parametrize("wanted", EVERY)
def test_every_form_says_the_same(wanted: Wanted, tmp_path: Path) -> None:
    """File, profile, registry, shell, image and compose come to the same variables."""
    env = variables(wanted)
    for title in ("Vendor's console", "File"):
        assert json.loads(text_of(wanted, title)) == {"env": env}
    profile = plistlib.loads(text_of(wanted, "macOS profile").encode())
    (payload,) = profile["PayloadContent"]
    assert (payload["PayloadType"], payload["env"]) == (deployments.DOMAIN, env)
    registry = text_of(wanted, "Windows policy")
    (value,) = re.findall(r"-Value '(.*)'$", registry, re.MULTILINE)
    assert json.loads(value.replace("''", "'")) == {"env": env}
    assert exported(text_of(wanted, "Shell profile"), tmp_path) == env
    lines = text_of(wanted, "Image").splitlines()
    of_image = {name: json.loads(told) for name, told in (one[4:].split("=", 1) for one in lines)}
    assert of_image == {name: told for name, told in env.items() if "_HEADERS" not in name}
    compose = yaml.safe_load(text_of(wanted, "Compose"))
    of_service = compose["services"]["developer"]["environment"]
    filled = {
        name: told.replace(f"${{{TOKEN_VARIABLE}}}", TOKEN) for name, told in of_service.items()
    }
    assert filled == env


def exported(profile: str, folder: Path) -> dict[str, Any]:
    """Return what a shell has in its environment after a profile."""
    (folder / "profile").write_text(profile)
    told = "import json, os; print(json.dumps(dict(os.environ)))"
    args = ["/bin/sh", "-c", f'. ./profile; exec "{sys.executable}" -c "{told}"']
    done = subprocess.run(args, cwd=folder, env={}, capture_output=True, check=True)
    found: dict[str, Any] = json.loads(done.stdout)
    return {name: told for name, told in found.items() if MAY_SEND.fullmatch(name)}


@pytest.mark.parametrize("wanted", EVERY)
def test_shell_texts_parse(wanted: Wanted) -> None:
    """A POSIX shell takes whatever is told in shell."""
    shells = ("Shell profile", "Headers helper")
    texts = [one.text for one in parts(wanted) if one.title in shells]
    assert len(texts) == len(shells)
    for text in texts:
        subprocess.run(["/bin/sh", "-n"], input=text.encode(), check=True)


def test_the_helper_tells_a_header(tmp_path: Path) -> None:
    """The client reads JSON with the token of the moment."""
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    script = deployments.headers_helper().replace(deployments.TOKEN_PATH, str(tmp_path / "token"))
    done = subprocess.run(["/bin/sh", "-c", script], capture_output=True, check=True)
    assert json.loads(done.stdout) == {"Authorization": f"Bearer {TOKEN}"}


@pytest.mark.parametrize("wanted", EVERY)
def test_the_collector_sends_to_both(wanted: Wanted) -> None:
    """The existing backend keeps all; we get metrics of Claude Code, and events if counted."""
    made = yaml.safe_load(deployments.collector(wanted))
    exporters, pipelines = made["exporters"], made["service"]["pipelines"]
    assert exporters["otlphttp/existing"] == {"endpoint": deployments.EXISTING}
    ours = exporters["otlphttp/usage"]
    assert ours["metrics_endpoint"] == wanted.address("metrics")
    assert ours["headers"] == {"Authorization": f"Bearer ${{env:{TOKEN_VARIABLE}}}"}
    assert pipelines["metrics/existing"]["exporters"] == ["otlphttp/existing"]
    assert pipelines["metrics/usage"]["processors"] == ["filter/usage"]
    assert ("otlphttp/usage" in pipelines["logs"]["exporters"]) is wanted.counts_events
    assert ("logs_endpoint" in ours) is wanted.counts_events
    assert "traces" not in pipelines
    used = {name for one in pipelines.values() for name in one["exporters"]}
    assert used == set(exporters)


def test_a_kit_holds_every_part() -> None:
    """Each stands under its heading, with where it goes; without a token a placeholder is told."""
    text = written(WANTED)
    for part in parts(WANTED):
        assert f"--- {part.title} ---\n\n{part.where}\n\n{part.text.rstrip()}" in text
    assert "INGEST_TOKEN stands for" not in text
    assert "INGEST_TOKEN stands for the token" in written(replace(WANTED, token="INGEST_TOKEN"))


def test_a_kit_warns_before_anything_is_pasted() -> None:
    """What breaks a collector, what developers must do, and what is not covered."""
    text = one_line(written(WANTED))
    for said in (
        "takes the place of a collector",
        "2.1.217",
        "Managed settings require approval",
        "full restart",
        "command line alone",
        "forward only",
        "An Owner opens",
        "Update settings: https://claude.ai/admin-settings/claude-code",
        "Subject: Claude Code will report",
        "60 minutes after a client starts",
        "/etc/claude-code/managed-settings.json",
    ):
        assert said in text


@pytest.mark.parametrize(
    ("base_url", "says"),
    [
        ("http://dash.example.com", "plain http"),
        ("http://127.0.0.1:8501", "this machine's own"),
        ("http://localhost:8501", "this machine's own"),
        ("https://dash.example.com", "takes the place"),
    ],
)
def test_an_address_that_others_cannot_use_is_told(base_url: str, says: str) -> None:
    """Plain http over a network exposes the token; loopback reaches nobody else."""
    assert says in warnings(replace(WANTED, base_url=base_url))[0]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"base_url": "dash.example.com"}, "https://dash.example.com"),
        ({"base_url": "ftp://dash.example.com"}, "https://dash.example.com"),
        ({"base_url": "https://dash.example.com/'$(id)"}, "https://dash.example.com"),
        ({"base_url": "https://dash.example.com/?a=b"}, "https://dash.example.com"),
        ({"protocol": "grpc"}, "http/json and http/protobuf"),
        ({"interval_ms": 10}, "milliseconds"),
        ({"attributes": {"team id": "x"}}, "name of an attribute"),
        ({"person_key": ""}, "name of an attribute"),
        ({"token": 'a" b'}, "one word"),
    ],
)
def test_what_would_break_a_snippet_is_refused(wrong: dict[str, Any], says: str) -> None:
    """Nothing that a shell, JSON or a client would read otherwise gets into a snippet."""
    with pytest.raises(ConfigError, match=re.escape(says)):
        replace(WANTED, **wrong)


@pytest.mark.parametrize("line", ["team.id", "team.id=", "=x "])
def test_an_attribute_is_a_pair(line: str) -> None:
    """One without a name or a value is refused."""
    with pytest.raises(ConfigError):
        replace(WANTED, attributes=snippets.pairs([line]))


def test_a_token_is_not_printed_with_what_it_is_for() -> None:
    """An error or a log line that holds the wish does not hold the token."""
    assert TOKEN not in repr(WANTED)
