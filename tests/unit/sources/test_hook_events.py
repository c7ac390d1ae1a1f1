"""Promises about single hook events; recorded ones are posted by the journey tests."""

import json

import pytest

from claude_dash.facts.parcels import Feature
from claude_dash.sources.hooks import WORK, Hooks


@pytest.mark.parametrize(
    ("tool", "expected"),
    [
        ("mcp__plugin_pack_docs__find", {("mcp_server", "plugin_pack_docs"), ("plugin", "pack")}),
        ("mcp__plugin_", {("mcp_server", "plugin_")}),
        ("mcp__", set()),
    ],
)
def test_no_feature_is_without_a_name(tool: str, expected: set[tuple[str, str]]) -> None:
    """A tool names a server and a plugin only where their names are in it."""
    event = {"hook_event_name": "PreToolUse", "session_id": "a", "tool_name": tool}
    made = Hooks(1, "", b"k" * 32, str.encode).parcel(json.dumps(event).encode(), 10)
    (work,) = (one for one in made.series if one.measure == WORK)
    named: set[Feature] = {Feature(kind, name, 1) for kind, name in expected}
    assert set(work.features) == named | {Feature("tool", tool, 1)}
