"""The kit of hooks as text: settings of their own, forwarders, and what to know before."""

import json
from typing import Any

from claude_dash.connections.forwarding import (
    POWERSHELL_COMMAND,
    POWERSHELL_PATH,
    posix,
    powershell,
)
from claude_dash.connections.snippets import TOKEN_VARIABLE, Settings, Wanted
from claude_dash.connections.telemetry_kit import LOCAL, PLAIN, Part, pasted

TIMEOUT_S = 2  # the client waits for the answer; contract 8
# What counts sessions, tools, MCP servers, skills and subagents. SessionStart has no HTTP hook.
HTTP_EVENTS = (
    "UserPromptSubmit",
    "UserPromptExpansion",
    "PreToolUse",
    "PostToolUse",
    "PostToolUseFailure",
    "SubagentStart",
    "SubagentStop",
    "Stop",
    "SessionEnd",
)
OF_TOOLS = frozenset({"PreToolUse", "PostToolUse", "PostToolUseFailure"})
DROP_IN = "managed-settings.d/claude-usage-hooks.json"
WHERE_HOOKS = f"""\
A file of its own beside the managed settings, {DROP_IN}.
In the vendor's console, which holds one document, add both keys to it. Where allowedHttpHookUrls or
httpHookAllowedEnvVars narrow hooks, add the address and {TOKEN_VARIABLE} to them."""
WHERE_FORWARDER = """\
What SessionStart runs, which has no HTTP hook; it is in the settings already. It waits two seconds
at most, prints nothing and never fails."""
WHERE_WINDOWS = "The same file, with this in the place of its SessionStart."
ALWAYS = (
    """\
HTTP hooks exist since client 2.1.63. Clients 1.0.128 and 2.0.76 drop a whole settings file that
holds one, its telemetry too, without a word: keep hooks in a file of their own, or raise the
minimum version first.""",
    """\
A hook's body holds prompts and what tools read. claude-dash keeps names and counts and drops the
rest before anything is stored. Use https all the same.""",
    """\
Hooks name nobody: people come from telemetry of the same session, or from a token of their own
(--person EMAIL). Sessions that nobody names in two days are left out; Data trust counts them.""",
    """\
Each developer is asked once, and restarts Claude Code. It covers the command line alone, and goes
forward only.""",
)


def session_start(command: str) -> list[Settings]:
    """Return the hook that forwards the one event without an HTTP hook, by a command."""
    return [{"hooks": [{"type": "command", "command": command, "timeout": TIMEOUT_S + 1}]}]


def hook_settings(wanted: Wanted) -> Settings:
    """Return the settings that send hooks."""
    post = {
        "type": "http",
        "url": wanted.address("hooks"),
        "timeout": TIMEOUT_S,
        "headers": {"Authorization": f"Bearer ${TOKEN_VARIABLE}"},
        "allowedEnvVars": [TOKEN_VARIABLE],
    }
    hooks: Settings = {"SessionStart": session_start(posix(wanted.address("hooks")))}
    for event in HTTP_EVENTS:
        matcher = {"matcher": "*"} if event in OF_TOOLS else {}
        hooks[event] = [{**matcher, "hooks": [post]}]
    return {"env": {TOKEN_VARIABLE: wanted.token}, "hooks": hooks}


def parts(wanted: Wanted) -> tuple[Part, ...]:
    """Return what can be pasted."""
    url = wanted.address("hooks")
    windows = {"hooks": {"SessionStart": session_start(POWERSHELL_COMMAND)}}
    return (
        Part("Hooks", WHERE_HOOKS, _spelled(hook_settings(wanted))),
        Part("Forwarder", WHERE_FORWARDER, posix(url)),
        Part("On Windows", WHERE_WINDOWS, _spelled(windows)),
        Part("Windows script", f"Saved as {POWERSHELL_PATH}.", powershell(url)),
    )


def warnings(wanted: Wanted) -> tuple[str, ...]:
    """Return what must be known before anything is pasted."""
    of_address = (PLAIN,) if wanted.is_plain else (LOCAL,) if wanted.is_local else ()
    return (*of_address, *ALWAYS)


def written(wanted: Wanted) -> str:
    """Return the whole kit as text."""
    return "\n".join([*pasted(wanted, "hooks", warnings(wanted), parts(wanted)), ""])


def _spelled(settings: Settings) -> str:
    """Return settings as JSON, with a line for each variable and each event."""
    return "{\n" + ",\n".join(_section(*one) for one in settings.items()) + "\n}"


def _section(name: str, of: Settings) -> str:
    lines = ",\n".join(f"    {_json(key)}: {_json(value)}" for key, value in of.items())
    return f"  {_json(name)}: {{\n{lines}\n  }}"


def _json(value: Any) -> str:  # noqa: ANN401 - whatever settings hold
    return json.dumps(value, ensure_ascii=False)
