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
KITS = {"console": CONSOLE, "enterprise": ENTERPRISE, "bedrock": "", "telemetry": ""}  # made
