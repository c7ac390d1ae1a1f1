"""Events of Claude Code clients: which are counted, and what they count; never a text.

Taken where an admin wants it. Tokens and cost are those of the metrics (contract 12, trap 20):
of events only their number is kept, requests by model, and uses and installs of features.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from claude_dash.facts.parcels import Feature
from claude_dash.sources.otlp_attributes import Value
from claude_dash.sources.texts import named

EVENT, REQUESTS, USE = "event", "requests", "use"
NAMES = frozenset(
    {
        "api_error",
        "api_refusal",
        "api_request",
        "api_retries_exhausted",
        "assistant_response",
        "at_mention",
        "auth",
        "compaction",
        "feedback_survey",
        "internal_error",
        "managed_settings_resolved",
        "mcp_server_connection",
        "permission_mode_changed",
        "plugin_installed",
        "plugin_loaded",
        "skill_activated",
        "subagent_completed",
        "tool_decision",
        "tool_result",
        "user_prompt",
    }
)
BUNDLED = "default-bundle"  # plugins of the client itself


class Counted(NamedTuple):
    """What an event counts: a measure, its item, and features."""

    measure: str
    item: str = ""
    features: tuple[Feature, ...] = ()


def counted(found: Mapping[str, Value]) -> Iterator[Counted]:
    """Yield what an event counts: first itself, under its name or among the others."""
    name = named(found.get("event.name"))
    yield Counted(EVENT, name if name in NAMES else "other")
    if name == "api_request":
        yield Counted(REQUESTS, named(found.get("model")))
    features = tuple(_features(name, found))
    if features:
        yield Counted(USE, "", features)


def _features(name: str, found: Mapping[str, Value]) -> Iterator[Feature]:
    if name == "skill_activated" and (skill := named(found.get("skill.name"))):
        yield Feature("skill", skill, 1)
    if name == "tool_result" and (tool := named(found.get("tool_name"))):
        yield Feature("tool", tool, 1)
    if name == "subagent_completed" and (agent := named(found.get("agent_type"))):
        yield Feature("subagent", agent, 1)
    plugin = named(found.get("plugin.name"))
    if name == "plugin_installed" and plugin:
        yield Feature("plugin", plugin, None, 1)
