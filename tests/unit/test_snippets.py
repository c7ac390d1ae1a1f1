"""What clients are told: valid settings, no switch for content, and nothing that breaks a shell."""

import json
import plistlib
import subprocess

import pytest

from claude_dash.connections import deployments, telemetry_kit
from claude_dash.connections.snippets import Wanted, managed_settings, pairs, spelled
from claude_dash.errors import ConfigError

WANTED = Wanted(
    "Clients",
    "https://dash.example.com",
    token="cdash_invented",
    attributes={"team.id": "platform", "department": "R & D, Berlin"},
)


def test_managed_settings_have_the_six_variables() -> None:
    """Switch, exporter, protocol, address, token and interval, as valid JSON."""
    env = json.loads(spelled(managed_settings(WANTED)))["env"]
    assert env["CLAUDE_CODE_ENABLE_TELEMETRY"] == "1"
    assert env["OTEL_METRICS_EXPORTER"] == "otlp"
    assert env["OTEL_EXPORTER_OTLP_METRICS_PROTOCOL"] == "http/json"
    assert env["OTEL_EXPORTER_OTLP_METRICS_ENDPOINT"] == "https://dash.example.com/v1/metrics"
    assert env["OTEL_EXPORTER_OTLP_METRICS_HEADERS"] == "Authorization=Bearer cdash_invented"
    assert env["OTEL_METRIC_EXPORT_INTERVAL"] == "3600000"
    assert env["OTEL_RESOURCE_ATTRIBUTES"] == "team.id=platform,department=R%20%26%20D%2C%20Berlin"


def test_no_text_is_asked_for() -> None:
    """No form of the settings switches content or traces on."""
    said = telemetry_kit.written(WANTED)
    for switch in ("OTEL_LOG_USER", "OTEL_LOG_TOOL", "OTEL_LOG_RAW", "OTEL_LOG_ASS", "TRACES"):
        assert switch not in said


def test_other_forms_can_be_read() -> None:
    """The profile is a property list, the shell's lines are a script."""
    settings = managed_settings(WANTED)
    profile = plistlib.loads(deployments.configuration_profile(WANTED, settings).encode())
    assert profile["PayloadContent"][0]["env"] == settings["env"]
    for script in (deployments.shell_profile(WANTED), deployments.headers_helper()):
        subprocess.run(["/bin/sh", "-n"], input=script.encode(), check=True)


@pytest.mark.parametrize(
    "values",
    [
        {"base_url": "ftp://dash.example.com"},
        {"base_url": "https://dash.example.com/$(id)"},
        {"protocol": "grpc"},
        {"interval_ms": 1},
        {"token": "two words"},
        {"attributes": {"a b": "c"}},
    ],
    ids=lambda values: next(iter(values)),
)
def test_what_would_break_a_snippet_is_refused(values: dict[str, object]) -> None:
    """A wrong address, protocol, interval, token or name is told before anything is made."""
    with pytest.raises(ConfigError):
        Wanted(**{"name": "Clients", "base_url": "https://dash.example.com", **values})  # type: ignore[arg-type]


def test_attributes_are_written_as_pairs() -> None:
    """KEY=VALUE is taken, anything else refused."""
    assert pairs(["team.id = platform"]) == {"team.id": "platform"}
    with pytest.raises(ConfigError):
        pairs(["platform"])
