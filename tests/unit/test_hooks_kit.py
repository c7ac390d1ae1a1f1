"""What clients are told so that they send hooks: settings of their own, and no token in a hook."""

import json
import subprocess

from claude_dash.connections import hooks_kit, telemetry_kit
from claude_dash.connections.snippets import Wanted

TOKEN = "cdash_invented-token_1"
WANTED = Wanted("Hooks", "https://dash.example.com", TOKEN)


def test_hooks_are_of_events_that_count() -> None:
    """All by HTTP with the token from a variable, but the one event that has no HTTP hook."""
    settings = hooks_kit.hook_settings(WANTED)
    assert settings["env"] == {"CLAUDE_DASH_INGEST_TOKEN": TOKEN}
    hooks = settings["hooks"]
    assert set(hooks) == {"SessionStart", *hooks_kit.HTTP_EVENTS}
    for event, groups in hooks.items():
        ((hook,),) = [group["hooks"] for group in groups]
        assert TOKEN not in json.dumps(hook)
        assert 0 < hook["timeout"] <= 3
        if event == "SessionStart":
            assert hook["type"] == "command"
            continue
        assert (hook["type"], hook["url"]) == ("http", "https://dash.example.com/v1/hooks")
        assert hook["headers"] == {"Authorization": "Bearer $CLAUDE_DASH_INGEST_TOKEN"}
        assert hook["allowedEnvVars"] == ["CLAUDE_DASH_INGEST_TOKEN"]


def test_every_part_can_be_pasted() -> None:
    """Settings are JSON, the forwarder is a script."""
    found = {one.title: one.text for one in hooks_kit.parts(WANTED)}
    assert json.loads(found["Hooks"]) == hooks_kit.hook_settings(WANTED)
    assert list(json.loads(found["On Windows"])["hooks"]) == ["SessionStart"]
    subprocess.run(["/bin/sh", "-n"], input=found["Forwarder"].encode(), check=True)


def test_telemetry_and_hooks_are_kept_apart() -> None:
    """No hook stands in the settings of telemetry: old clients would drop both."""
    assert all("hooks" not in one.text for one in telemetry_kit.parts(WANTED))
    assert all("OTEL_" not in one.text for one in hooks_kit.parts(WANTED))


def test_what_breaks_old_clients_is_told() -> None:
    """Which versions lose their telemetry too, and what the wire carries."""
    said = " ".join(" ".join(hooks_kit.warnings(WANTED)).split())
    for one in ("2.1.63", "1.0.128 and 2.0.76", "drops the rest before anything is stored"):
        assert one in said
