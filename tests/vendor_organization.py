"""An invented Console organization: who is in it, and what the report says of each day.

Everything follows from the seed. The rows are the vendor's, with all that the vendor may do to
them; the ones that no reader can use stand apart, in `broken`, so that totals are known.
"""

import random
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from threading import Lock
from typing import Any

Json = dict[str, Any]

TERMINALS = ("vscode", "iTerm.app", "tmux", "windows-terminal", "a terminal of tomorrow")
MODELS = ("claude-opus-4-8", "claude-sonnet-5", "claude-haiku-4-5", "claude-next-preview")
TOOLS = ("edit_tool", "multi_edit_tool", "write_tool", "notebook_edit_tool", "tool_of_tomorrow")
KEYS = ("ci-runner", "nightly-docs", "Release Bot")
TEAM_SIZE = 20
ROSTER_SINCE = "2025-06-01T00:00:00Z"


@dataclass
class Organization:
    """So many people over the days from `first` to `last`, both inclusive."""

    people: int
    first: date
    last: date
    seed: int = 1
    id: str = "5b0c1c52-70c7-4f0e-9f7c-1f1f7a6f2a10"
    name: str = "Example Org"
    _factors: dict[date, int] = field(default_factory=dict)
    _made: dict[date, list[Json]] = field(default_factory=dict)
    _lock: Lock = field(default_factory=Lock)

    @property
    def addresses(self) -> list[str]:
        """Return everybody's address as the roster spells it."""
        return [f"person{number}@example.org" for number in range(self.people)]

    @property
    def days(self) -> list[date]:
        """Return every day, oldest first."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    def revise(self, day: date, factor: int) -> None:
        """Multiply whatever the report says of a day."""
        with self._lock:
            self._factors[day] = self._factors.get(day, 1) * factor
            self._made.pop(day, None)

    def rows(self, day: date) -> list[Json]:
        """Return the usable rows of a day in the vendor's order; none outside the days."""
        if not self.first <= day <= self.last:
            return []
        with self._lock:
            if day not in self._made:
                self._made[day] = self._rows(day)
            return self._made[day]

    def broken(self, day: date) -> list[Any]:
        """Return what else the report holds of a day: elements that are not rows of it."""
        if day.day % 3 or not self.first <= day <= self.last:
            return []
        whole = self._row(random.Random(f"{self.seed} broken {day}"), day, _user("x@example.org"))
        return [
            {**whole, "date": None},
            {**whole, "date": (day - timedelta(days=1)).isoformat()},
            {**whole, "actor": {"type": "user_actor"}},
            {**whole, "core_metrics": {"num_sessions": -1}},
            {**whole, "core_metrics": {"num_sessions": 1.5}},
            {**whole, "core_metrics": {"num_sessions": True}},
            {**whole, "model_breakdown": [{"model": "m", "tokens": {"input": "many"}}]},
            "not a row",
            None,
        ]

    def report(self, day: date) -> list[Any]:
        """Return everything that the report says of a day, the broken among the good."""
        found: list[Any] = [*self.rows(day), *self.broken(day)]
        random.Random(f"{self.seed} order {day}").shuffle(found)
        return found

    def _rows(self, day: date) -> list[Json]:
        dice = random.Random(f"{self.seed} {day}")
        chance = 0.08 if day.weekday() > 4 else 0.55
        rows = []
        for number, address in enumerate(self.addresses):
            if number % 17 == 5 or dice.random() > chance:  # some never use what they have
                continue
            for _ in range(dice.choice((1, 1, 1, 2, 3))):  # another terminal, or in the cloud
                spelled = dice.choice((address, address, address.title(), f" {address.upper()} "))
                rows.append(self._row(dice, day, _user(spelled)))
            if not number % 40:  # there without having done anything
                rows.append(self._empty_row(day, _user(address)))
        if day.day % 5 == 0:  # somebody who is on no list, and did nothing
            rows.append(self._empty_row(day, _user("visitor@example.org")))
        rows += [self._row(dice, day, {"type": "api_actor", "api_key_name": one}) for one in KEYS]
        return rows

    def _row(self, dice: random.Random, day: date, actor: Json) -> Json:
        times = self._factors.get(day, 1)

        def count(most: int) -> int:
            return dice.randint(0, most) * times

        row: Json = {
            "date": f"{day}T00:00:00Z",
            "actor": actor,
            "organization_id": self.id,
            "customer_type": dice.choice(("api", "api", "subscription", "kind of tomorrow")),
            "subscription_type": dice.choice((None, "enterprise", "team")),
            "terminal_type": dice.choice(TERMINALS),
            "is_remote": dice.random() < 0.2,
            "core_metrics": {
                "num_sessions": times * dice.randint(1, 6),
                "lines_of_code": {"added": count(900), "removed": count(300)},
                "commits_by_claude_code": count(4),
                "pull_requests_by_claude_code": count(2),
                "a_metric_of_tomorrow": 5,
            },
            "tool_actions": {
                tool: {"accepted": count(30), "rejected": count(6)}
                for tool in dice.sample(TOOLS, 3)
            },
            "model_breakdown": [
                {
                    "model": model,
                    "tokens": {
                        "input": count(20_000),
                        "output": count(40_000),
                        "cache_read": count(3_000_000),
                        "cache_creation": count(200_000),
                    },
                    "estimated_cost": {
                        "amount": count(50_000) / dice.choice((1, 4, 100, 1000)),
                        "currency": "EUR" if dice.random() < 0.02 else "USD",
                    },
                }
                for model in dice.sample(MODELS, dice.randint(0, 3))
            ],
        }
        if dice.random() < 0.2:
            row["a_field_of_tomorrow"] = {"nested": [1, 2]}
            del row["is_remote"], row["subscription_type"]
        if dice.random() < 0.1:
            row["tool_actions"] = None
        return row

    def _empty_row(self, day: date, actor: Json) -> Json:
        return {
            "date": f"{day}T00:00:00Z",
            "actor": actor,
            "organization_id": self.id,
            "customer_type": "api",
            "terminal_type": "vscode",
            "core_metrics": {"num_sessions": 0, "lines_of_code": None},
            "tool_actions": {"edit_tool": {"accepted": 0, "rejected": 0}},
            "model_breakdown": [],
        }

    @cached_property
    def users(self) -> list[Json]:
        """Return the members, newest first."""
        return [
            {"id": f"user_{n:05}", "type": "user", "email": one, "name": f"Person {n}",
             "role": "claude_code_user" if n % 9 else "role_of_tomorrow", "added_at": ROSTER_SINCE}
            for n, one in reversed(list(enumerate(self.addresses)))
        ]  # fmt: skip

    @cached_property
    def invites(self) -> list[Json]:
        """Return invitations of every status."""
        return [
            {"id": f"invite_{n}", "type": "invite", "email": f"new{n}@example.org",
             "role": "developer", "status": status, "invited_at": "2026-11-10T08:00:00Z",
             "expires_at": "2026-12-01T08:00:00Z", "accepted_at": None, "rbac_group_ids": []}
            for n, status in enumerate(("pending", "pending", "accepted", "expired", "deleted"))
        ]  # fmt: skip

    @cached_property
    def workspaces(self) -> list[Json]:
        """Return a workspace for every twenty people; the last one is the default one."""
        names = [f"Team {n}" for n in range(max(self.people // TEAM_SIZE, 1))]
        return [
            {"id": f"wrkspc_{n}", "type": "workspace", "name": name, "display_color": "#4477AA",
             "created_at": ROSTER_SINCE, "archived_at": None, "tags": {}}
            for n, name in enumerate([*names, "Default"])
        ]  # fmt: skip

    def members(self, workspace: str) -> list[Json] | None:
        """Return the members of a workspace, None of one that does not exist."""
        ids = [one["id"] for one in self.workspaces]
        if workspace not in ids:
            return None
        teams = len(ids) - 1
        return [
            {"type": "workspace_member", "user_id": f"user_{n:05}", "workspace_id": workspace,
             "workspace_role": "workspace_developer"}
            for n in range(self.people)
            if ids[n % teams] == workspace
        ]  # fmt: skip


def _user(email: str) -> Json:
    return {"type": "user_actor", "email_address": email}
