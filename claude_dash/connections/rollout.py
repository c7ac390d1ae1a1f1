"""How telemetry is rolled out: the steps, what developers are told, and what comes when."""

import shlex

from claude_dash.connections.snippets import Wanted

CHECKLIST = """\
1  Choose one way to distribute it. Device management is the most reliable; the vendor's console is
   the quickest and needs an Owner.
2  Ask whether anybody sends telemetry to another backend already (warnings above).
3  Try it on one machine: claude --version, paste, restart, accept, use it, leave it. Metrics are
   sent at the interval and at the end. Then: claude-dash connect test {name}
4  Tell developers (below), then distribute.
5  After a day compare people who send with seats or the roster: who is missing did not accept,
   did not restart, or uses another surface.
6  Change the token now and then: claude-dash connect rotate {name} --overlap 7d
   When it leaks, at once: claude-dash connect rotate {name} --overlap 0

Accepting stores the settings below ~/.claude of the developer; nothing else on the machine changes.
"""
MESSAGE = """\
Subject: Claude Code will report how much it is used, by team

Hello,

from DATE on Claude Code sends numbers about its use to our own claude-dash, so that we see whether
it helps, team by team.

What you do: leave every running session and start Claude Code again. When it shows "Managed
settings require approval", please accept.
What is sent: counts (sessions, lines, commits, tokens, estimated cost, accepted edits), models, the
version, and your account or address. Prompts, answers, code and file names are not.
What is shown: figures about groups. Small groups are hidden, and nobody, in no role, sees a figure
about another person.

Questions: CONTACT
"""


def checklist(name: str) -> str:
    """Return the steps of a rollout."""
    return CHECKLIST.format(name=shlex.quote(name))


def appears(wanted: Wanted) -> str:
    """Return when the first figures can be seen."""
    minutes = wanted.interval_ms / 60_000
    return (
        f"The first batch arrives {minutes:g} minutes after a client starts, or when it ends; "
        "figures follow within minutes. Days are UTC days and may change for two more days."
    )
