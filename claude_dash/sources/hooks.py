"""Hook events of Claude Code clients: which sessions, tools and features; never what they hold.

Source:  POST /v1/hooks, one JSON event each
Grain:   event; identity x UTC day x feature
Facts:   FeatureDay, ClientDay (sessions alone), EventDay

Only the fields of the structs below are decoded; prompts, inputs and outputs end here unread. An
event holds no time and nobody's name: it is of its arrival, and of whose token it is or of whom
telemetry of its session names.
"""

from collections.abc import Callable, Iterator

import msgspec

from claude_dash.errors import BodyRejected
from claude_dash.facts.identity import Identified
from claude_dash.facts.parcels import (
    Digest,
    Feature,
    Parcel,
    Point,
    Sender,
    Series,
    Setup,
    pseudonyms,
    session_of,
)
from claude_dash.sources.otlp_events import EVENT
from claude_dash.sources.texts import mended, named

WORK = "work"  # a measure: the session did something, with the features of it
NO_SESSION = "session_id: none"
NAMES = frozenset(
    {
        "ConfigChange",
        "CwdChanged",
        "DirectoryAdded",
        "Elicitation",
        "ElicitationResult",
        "FileChanged",
        "InstructionsLoaded",
        "MessageDisplay",
        "Notification",
        "PermissionDenied",
        "PermissionRequest",
        "PostCompact",
        "PostToolBatch",
        "PostToolUse",
        "PostToolUseFailure",
        "PreCompact",
        "PreToolUse",
        "SessionEnd",
        "SessionStart",
        "Setup",
        "Stop",
        "StopFailure",
        "SubagentStart",
        "SubagentStop",
        "TaskCompleted",
        "TaskCreated",
        "TeammateIdle",
        "UserPromptExpansion",
        "UserPromptSubmit",
        "WorktreeCreate",
        "WorktreeRemove",
    }
)
_NO_WORK = frozenset({"SessionStart", "SessionEnd", "Setup", "InstructionsLoaded", "ConfigChange"})
_CALLS = frozenset({"PreToolUse", "PostToolUse", "PostToolUseFailure"})
_SUBAGENT_TOOLS = frozenset({"Agent", "Task"})
_MCP, _PLUGIN, _TYPED = "mcp__", "plugin_", "slash_command"


class _Input(msgspec.Struct):
    skill: str | None = None
    subagent_type: str | None = None


class _Event(msgspec.Struct):
    hook_event_name: str
    session_id: str | None = None
    tool_name: str | None = None
    tool_use_id: str | None = None
    tool_input: msgspec.Raw = msgspec.Raw(b"{}")  # decoded of two tools, for one name each
    agent_type: str | None = None
    expansion_type: str | None = None
    command_name: str | None = None
    command_source: str | None = None


_EVENT = msgspec.json.Decoder(_Event)
_INPUT = msgspec.json.Decoder(_Input)


class Hooks:
    """Reads what the clients of one connection post.

    Args:
        connection: Its number.
        person: The address of whose token it is; empty: telemetry says whose a session is.
        key: Of the pseudonyms.
        seal: Encrypts an identity.
    """

    def __init__(
        self, connection: int, person: str, key: bytes, seal: Callable[[str], bytes]
    ) -> None:
        self._connection = connection
        self.person = person
        self._digest = Digest(key)
        self._whose = pseudonyms(Identified("email", person), key, seal) if person else (0, 0, b"")

    def parcel(self, body: bytes, arrived: int) -> Parcel:
        """Return what an event counts: itself, and the work that it shows.

        Raises:
            BodyRejected: It is no hook event.
        """
        try:
            event = _event(body)
        except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError, ValueError):
            message = "The body is not a hook event."
            raise BodyRejected(message) from None  # what it holds stays out of every message
        name = event.hook_event_name
        session = session_of(self._digest, event.session_id) if event.session_id else 0
        sender = Sender(*self._whose, session, "", Setup())
        itself = Series(0, EVENT, name if name in NAMES else "other", (), 0)
        once = self._digest.of(b"hook", body)
        made = Parcel(self._connection, arrived, [sender], [itself], [], {})
        made.points.append(Point(0, once, arrived, arrived, 1))
        if name in NAMES and name not in _NO_WORK:
            if not session:
                made.rejects[NO_SESSION] = 1
                return made
            made.series.append(Series(0, WORK, "", tuple(_features(event)), 0))
            # Several events tell of one call of a tool, which counts once.
            call = event.tool_use_id if name in _CALLS else None
            of = [session.to_bytes(8, "big"), call.encode()] if call else [body]
            made.points.append(Point(1, self._digest.of(b"work", *of), arrived, arrived, 1))
        return made


def _event(body: bytes) -> _Event:
    try:
        return _EVENT.decode(body)
    except msgspec.DecodeError:
        return _EVENT.decode(mended(body))


def _features(event: _Event) -> Iterator[Feature]:
    tool = named(event.tool_name)
    if event.hook_event_name in _CALLS and tool:
        yield Feature("tool", tool, 1)
        yield from _of_call(tool, event.tool_input)
    # The call of the tool says how often; that one began says no more than that it was used.
    if event.hook_event_name == "SubagentStart" and (agent := named(event.agent_type)):
        yield Feature("subagent", agent)
    if event.hook_event_name == "UserPromptExpansion" and event.expansion_type == _TYPED:
        command = named(event.command_name)
        if command and event.command_source != "builtin":
            yield Feature("skill", command, 1)
            yield from _of_plugin(command)


def _of_call(tool: str, sent: msgspec.Raw) -> Iterator[Feature]:
    if tool.startswith(_MCP):
        server = tool[len(_MCP) :].partition("__")[0]
        if server:
            yield Feature("mcp_server", server, 1)
        plugin = server[len(_PLUGIN) :].partition("_")[0] if server.startswith(_PLUGIN) else ""
        if plugin:
            yield Feature("plugin", plugin, 1)
    elif tool == "Skill":
        if skill := named(_input(sent).skill):
            yield Feature("skill", skill, 1)
            yield from _of_plugin(skill)
    elif tool in _SUBAGENT_TOOLS and (agent := named(_input(sent).subagent_type)):
        yield Feature("subagent", agent, 1)


def _of_plugin(skill: str) -> Iterator[Feature]:
    plugin, colon, _ = skill.partition(":")
    if colon and plugin:
        yield Feature("plugin", plugin, 1)


def _input(sent: msgspec.Raw) -> _Input:
    try:
        return _INPUT.decode(sent)
    except (msgspec.MsgspecError, RecursionError, ValueError):
        return _Input()
