"""What must be done at the vendor's side before a connection works, by its kind."""

import textwrap

from claude_dash.sources import letters

CONSOLE = """\
{name}: Claude Console

1  An administrator of the Console organisation opens https://platform.claude.com/settings/admin-keys
   and creates an Admin API key. Only the role admin can; the key begins with sk-ant-admin01-.
   Name it claude-dash, so that everybody knows what it is for.
2  Whoever runs claude-dash enters it: claude-dash connect add console {name}
   It is checked first, encrypted at rest and never shown again. It is sent to {base_url} only.
3  claude-dash reads the Claude Code usage report, API usage and cost, users, invites, workspaces
   and their members. The key itself could do more: keep no copy of it.

Not visible with it: people of a Claude Enterprise, Team, Pro or Max plan, and use through
Amazon Bedrock or Google Vertex AI. To end it, delete the key at the same address.
"""
ENTERPRISE = """\
{name}: Claude Enterprise

1  The primary owner of the organisation opens claude.ai, Organization settings, then API
   (https://claude.ai/admin-settings/api), turns API access on, and creates a key. Nobody else can,
   and the scopes cannot be changed later:
     read:analytics     needed: activity by surface, skills, connectors, plugins, tokens and cost
     read:members       seats and who holds them, invitations
     read:rbac_groups   groups as teams (the key must cover all linked organisations)
     read:spend_limits  limits in force, by what set them
   Give it no other scope, and none that reads content or compliance data.
2  Whoever runs claude-dash enters it: claude-dash connect add enterprise {name}
   It is checked first, encrypted at rest and never shown again. It is sent to {base_url} only.
3  A day appears when the vendor has it, usually on the next one; Data trust shows the lag that is
   observed. Cost appears within a day and may be revised for 30. Under a seat plan, tokens and
   cost cover usage credits only.

Step 1 and step 2 may be done by two people on two days. Not visible with it: API keys and Console
sign-ins, and use through Amazon Bedrock or Google Vertex AI. To end it, delete the key or turn API
access off at the same place.

A letter for the primary owner:

"""
ENTERPRISE += textwrap.indent(letters.ENTERPRISE, "  ")
SESSIONS = """\
{name}: session files

Claude Code keeps a file of each session on the machine where it runs, below ~/.claude/projects (or
below the folder named by CLAUDE_CONFIG_DIR). Read them where nothing else can tell.

1  Of one person, once:   claude-dash import sessions ~/.claude/projects --person EMAIL
   Of one person, again and again:
                          claude-dash connect add sessions {name} --dir DIR --person EMAIL
   Of many people, from a mirror on a disk that claude-dash can read:
                          claude-dash connect add sessions {name} --dir DIR
   Then the first level of folders in DIR says whose they are. Name each by mail address, such as
   DIR/person-1@example.com/projects/..., and people are found on the roster by themselves.
2  Mirror the files *.jsonl below projects, and nothing else: rsync -a --include='*/'
   --include='*.jsonl' --exclude='*' copies them and keeps their times. Leave out tool-results,
   memory, history.jsonl, settings and credentials. Copy often enough: a client deletes files after
   30 days (cleanupPeriodDays), and what was not copied by then is lost.
3  Give claude-dash the right to read DIR, and nobody else: the files hold prompts, code and
   answers in plain text. claude-dash counts answers, tokens, models, sessions, lines, pull requests
   and the names of features; of a path or an id it keeps a digest. Delete the copies when you like:
   what was counted stays.

What to know:
   A mirror is best effort. One that is written by a session store of the Agent SDK does not repeat
   a write that failed, and nobody learns of it. Its retention is yours to set.
   Compaction and titles are requests too, and some of them are in no file: tokens are a little
   lower than in telemetry. Commits, active time and refused edits are in no file either.
   Folders are named by working directory, with every other sign a dash, which cannot be undone;
   they are not read.
   It works forward only: what was deleted before the first copy is not known to anybody. The
   format is the vendor's own and changes without notice; lines that are not known are left out, and
   Data trust says how many could not be read.
   Where a vendor's report, logs or telemetry have a person and a day as well, those count and
   not the files.

To end it: claude-dash connect remove {name}
"""
KITS = {
    "console": CONSOLE,
    "enterprise": ENTERPRISE,
    "bedrock": "",  # made
    "telemetry": "",  # made as well
    "hooks": "",  # the same
    "sessions": SESSIONS,
}
