"""A letter that asks whoever can make a key for one, to be printed or copied."""

ENTERPRISE = """\
Subject: a read-only key of Claude Enterprise for claude-dash

Hello,

we would like to see how Claude is used, by team and never by person, and how our seats are used.
claude-dash runs on our own machines and needs a key that only you, as the primary owner, can make.

Please, at https://claude.ai/admin-settings/api (Organization settings, API; for some accounts it
is https://claude.ai/analytics/api-keys):
  1  turn API access on
  2  create a key named claude-dash with these scopes and no other; they cannot be changed later
       read:analytics     activity by surface, features, tokens and cost
       read:members       members and open invitations
       read:rbac_groups   groups as teams (the key must cover all linked organisations)
       read:spend_limits  spend limits in force
  3  hand it over through our password manager, not by mail or chat. It is shown once

What is read: counts by person and day, the names and addresses of members, groups, limits.
What is not: prompts, answers, files and code. None of these scopes gives them.
What is shown: figures about groups; small groups are hidden, and nobody sees a figure about
another person.
How it ends: delete the key or turn API access off at the same place, and reading stops at once.

Thank you
"""
