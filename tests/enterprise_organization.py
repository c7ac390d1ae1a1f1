"""An invented Claude Enterprise or Console organization: its people, what they did and spent.

Everything follows from the seed. `users` holds the rows of the users report, `features` what the
feature reports are made of, `lines` what the usage and cost reports are made of.
"""

import random
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property
from threading import RLock
from typing import Any

from tests.enterprise_lines import CONSOLE, MODELS, OTHER_ACTORS, Json, Line, actor_id, make_line

SURFACES = {"claude_code": 0.6, "chat": 0.5, "cowork": 0.2, "office_agent": 0.2,
            "claude_design": 0.1, "claude_science": 0.05}  # fmt: skip
SPEND_ONLY = {"claude_in_chrome": 0.05, "product_of_tomorrow": 0.03}
APPS = ("excel", "powerpoint", "word", "outlook")
TOOLS = ("edit_tool", "multi_edit_tool", "write_tool", "notebook_edit_tool")
SKILLS = ("release-notes", "code-review", "Release-Audit", "sk_0192f3", "skill-of-tomorrow")
CONNECTORS = ("github", "jira", "slack", "mcpsrv_01ab", "connector-of-tomorrow")
PLUGINS = ("deploy-tools", "lint-pack", "third-party", "plugin-of-tomorrow")
TYPES = ("text/html", "text/markdown", "application/vnd.ant.react", "other")
FEATURES = ("skills", "connectors", "plugins", "artifacts", "projects")
OPTIONAL_COWORK = ("distinct_plugins_used_count", "plugins_used_count", "file_edit_count",
                   "edit_tool_count", "write_tool_count", "multi_edit_tool_count",
                   "notebook_edit_tool_count", "sessions_with_file_edits_count")  # fmt: skip
JOINED = "2026-01-01T00:00:00Z"
TEAM_SIZE = 20


@dataclass(frozen=True)
class Person:
    """A user id, and whatever else may change; gone: empty, `left` or `deleted` (no address)."""

    number: int
    user_id: str
    address: str
    since: date = date.min
    until: date = date.max
    renamed: tuple[date, str] | None = None
    gone: str = ""
    unified: bool = False
    tag: bool = False

    def email(self, day: date) -> str | None:
        """Return the address as of a day; a deleted account has none."""
        if self.gone == "deleted":
            return None
        return self.renamed[1] if self.renamed and day >= self.renamed[0] else self.address

    def actor(self, day: date) -> Json:
        """Return the actor of usage and cost, as of a day."""
        name = "Deleted User" if self.gone == "deleted" else f"Person {self.number}"
        return {"type": "user_actor", "user_id": self.user_id, "email_address": self.email(day),
                "name": name, "deleted": bool(self.gone)}  # fmt: skip


@dataclass(frozen=True)
class Use:
    """What one person did with one skill, connector, plugin, artifact type or project in a day."""

    user_id: str
    product: str
    name: str
    counts: dict[str, int | None]
    shared: bool = False


@dataclass
class EnterpriseOrganization:
    """So many people over the days from `first` to `last`, both inclusive.

    kind: `enterprise` or `console`. optional_blocks: False leaves out what is not switched on.
    revisions: how often something was revised.
    """

    people: int = 120
    first: date = date(2026, 9, 1)
    last: date = date(2026, 11, 19)
    seed: int = 1
    kind: str = "enterprise"
    optional_blocks: bool = True
    id: str = "5b0c1c52-70c7-4f0e-9f7c-1f1f7a6f2a10"
    name: str = "Example Org"
    revisions: int = 0
    _factors: dict[tuple[date, str], Fraction] = field(default_factory=dict)
    _kept: dict[tuple[str, date], Any] = field(default_factory=dict)
    _lock: RLock = field(default_factory=RLock)

    @property
    def days(self) -> list[date]:
        """Return every day, oldest first."""
        return [self.first + timedelta(days=n) for n in range((self.last - self.first).days + 1)]

    @cached_property
    def persons(self) -> list[Person]:
        """Return everybody who ever was: 3 is renamed halfway, the last one takes 5's address."""
        middle = self.first + (self.last - self.first) / 2
        found = [
            Person(
                n,
                f"user_01Example{n:05}",
                f"person{n}@example.org",
                until=middle if n == 5 else date.max,
                renamed=(middle, "renamed3@example.org") if n == 3 else None,
                gone="deleted" if n % 29 == 7 else "left" if n % 31 == 11 else "",
                unified=n % 11 == 4,
                tag=n % 9 == 2,
            )
            for n in range(self.people)
        ]
        if self.people > 5:
            n = self.people
            found.append(Person(n, f"user_01Example{n:05}", "person5@example.org", since=middle))
        return found

    @cached_property
    def by_id(self) -> dict[str, Person]:
        """Return people by user id."""
        return {one.user_id: one for one in self.persons}

    @property
    def members(self) -> list[Person]:
        """Return who is on the roster at the end."""
        return [one for one in self.persons if not one.gone and one.until > self.last]

    @cached_property
    def groups(self) -> dict[str, tuple[str, frozenset[str]]]:
        """Return groups: id to name and user ids. The guild overlaps the teams."""
        teams = max(self.people // TEAM_SIZE, 1)
        found = {
            f"rbac_group_01Team{g:03}": (f"Team {g}", frozenset(
                one.user_id for one in self.persons
                if one.number % teams == g and one.number % 13
            ))
            for g in range(teams)
        }  # fmt: skip
        guild = frozenset(one.user_id for one in self.persons if one.number % 7 == 1)
        return found | {"rbac_group_01Guild": ("Guild", guild)}

    def groups_of(self, user_id: str) -> list[str]:
        """Return the ids of somebody's groups."""
        return [one for one, (_, members) in self.groups.items() if user_id in members]

    def seats(self, day: date) -> int:
        """Return the assigned seats of a day."""
        return self.people + 20 + (day - self.first).days // 7

    def revise(self, day: date, users: Sequence[str], factor: float | Fraction) -> None:
        """Multiply the cost of some user ids on a day; the tokens stay."""
        with self._lock:
            self.revisions += 1
            for one in users:
                known = self._factors.get((day, one), Fraction(1))
                self._factors[day, one] = known * Fraction(str(factor))
            self._kept.pop(("lines", day), None)

    def users(self, day: date) -> list[Json]:
        """Return the rows of the users report, by address."""
        return self._once("users", day, self._users)

    def features(self, kind: str, day: date) -> list[Use]:
        """Return who used what on a day; kind: one of `FEATURES`."""
        return [one for which, one in self._once("uses", day, self._uses) if which == kind]

    def lines(self, day: date) -> list[Line]:
        """Return usage and money of a day."""
        return self._once("lines", day, self._lines)

    def _once(self, what: str, day: date, make: Any) -> Any:
        if self.kind == "console" and what != "lines":
            return []
        if not self.first <= day <= self.last:
            return []
        with self._lock:
            if (what, day) not in self._kept:
                self._kept[what, day] = make(day)
            return self._kept[what, day]

    def _surfaces(self, one: Person, day: date) -> set[str]:
        dice = random.Random(f"{self.seed} surfaces {day} {one.number}")
        chance = 0.08 if day.weekday() > 4 else 0.6
        if not one.since <= day < one.until or one.number % 17 == 6 or dice.random() > chance:
            return set()
        found = {name for name, likely in SURFACES.items() if dice.random() < likely}
        if one.unified:
            found = {"chat_cowork_unified"} | found - {"chat", "cowork"}
        return found | {"claude_tag"} if one.tag and dice.random() < 0.5 else found

    def _users(self, day: date) -> list[Json]:
        rows = []
        for one in self.persons:
            used = self._surfaces(one, day)
            idle = one.number % 40 == 1 and one.since <= day < one.until  # a row of zeros
            if not one.gone and (used or idle):
                rows.append(self._user(one, day, used))
        return sorted(rows, key=lambda row: row["user"]["email_address"])

    def _user(self, one: Person, day: date, used: set[str]) -> Json:
        dice = random.Random(f"{self.seed} user {day} {one.number}")

        def counts(surface: str, first: str, *others: str) -> Json:
            on = surface in used
            more = {name: dice.randint(0, 9) if on else 0 for name in others}
            return {first: dice.randint(1, 20) if on else 0, **more}

        def chat(surface: str) -> Json:
            distinct = ("conversation", "projects_created", "projects_used", "files_uploaded",
                        "artifacts_created", "skills_used", "connectors_used")  # fmt: skip
            found = counts(surface, "message_count", "thinking_message_count",
                           "connectors_used_count", "shared_conversations_viewed_count",
                           *(f"distinct_{name}_count" for name in distinct))  # fmt: skip
            seen = None if dice.random() < 0.3 else 0
            return {**found, "distinct_shared_artifacts_viewed_count": seen}

        def cowork(surface: str) -> Json:
            distinct = (f"distinct_{name}_count"
                        for name in ("session", "skills_used", "connectors_used"))  # fmt: skip
            found = counts(surface, "message_count", "action_count", "dispatch_turn_count",
                           "skills_used_count", "connectors_used_count",
                           "artifacts_created_count", *distinct, *OPTIONAL_COWORK)  # fmt: skip
            off = () if self.optional_blocks else OPTIONAL_COWORK
            return {**found, **dict.fromkeys(off)}

        core = counts("claude_code", "distinct_session_count", "commit_count",
                      "pull_request_count", "artifacts_created_count")  # fmt: skip
        if dice.random() < 0.03:
            core["distinct_session_count"] = None
        lines = counts("claude_code", "added_count", "removed_count")
        tools = {tool: counts("claude_code", "accepted_count", "rejected_count") for tool in TOOLS}
        app = ("message_count", "skills_used_count", "connectors_used_count",
               "distinct_session_count", "distinct_skills_used_count",
               "distinct_connectors_used_count")  # fmt: skip
        row: Json = {
            "user": {"id": one.user_id, "type": "user", "email_address": one.email(day)},
            "distinct_user_count": None,
            "web_search_count": dice.randint(0, 5) if used & {"chat", "claude_code"} else 0,
            "claude_code_metrics": {
                "core_metrics": {**core, "lines_of_code": lines},
                "tool_actions": tools,
            },
            "chat_metrics": chat("chat"),
            "cowork_metrics": cowork("cowork"),
            "office_metrics": {name: counts("office_agent", *app) for name in APPS},
            "design_metrics": counts("claude_design", "message_count", "distinct_session_count",
                                     "distinct_projects_created_count",
                                     "distinct_projects_used_count"),
            "science_metrics": counts("claude_science", "message_count", "delegation_count",
                                      "remote_compute_job_count", "skills_used_count",
                                      "distinct_session_count"),
        }  # fmt: skip
        if self.optional_blocks:
            both = {"chat": chat("chat_cowork_unified"), "sessions": cowork("chat_cowork_unified")}
            days = 1 if "claude_tag" in used else 0
            tag = {"active_day_count": days, **counts("claude_tag", "active_message_count")}
            row["last_activity_date"] = day.isoformat() if used else None
            row["chat_cowork_unified_metrics"] = both if one.unified else None
            row["claude_tag_metrics"] = tag if one.tag else None
            row["a_field_of_tomorrow"] = {"nested": [1, None]}
        return row

    def _uses(self, day: date) -> list[tuple[str, Use]]:
        found: list[tuple[str, Use]] = []
        for one in self.persons:
            dice = random.Random(f"{self.seed} uses {day} {one.number}")
            for product in sorted(set() if one.gone else self._surfaces(one, day)):
                if product in {"claude_design", "claude_science", "claude_tag"}:
                    continue
                for kind in FEATURES:
                    if dice.random() < 0.3:
                        found += [(kind, use) for use in _use(dice, kind, one.user_id, product)]
        return found

    def _lines(self, day: date) -> list[Line]:
        found = []
        for one in self.persons:
            dice = random.Random(f"{self.seed} spend {day} {one.number}")
            actor = one.actor(day)
            products = self._products(dice, one, day)
            for product in sorted(products):
                for model in dice.sample(MODELS, dice.choice((1, 1, 2))):
                    found += [self._line(dice, day, actor, product, model)]
            if dice.random() < 0.15 and products & {"chat", "cowork", "messages_api"}:
                found += [self._line(dice, day, actor, None, None)]
        others = CONSOLE if self.kind == "console" else ("claude_code", "managed_agents_api")
        for actor in (*OTHER_ACTORS, None):
            dice = random.Random(f"{self.seed} spend {day} {actor_id(actor)}")
            for product in others:
                found += [self._line(dice, day, actor, product, dice.choice(MODELS))]
        return found

    def _line(self, dice: random.Random, day: date, actor: Json | None, *what: str | None) -> Line:
        factor = self._factors.get((day, actor_id(actor)), Fraction(1))
        return make_line(dice, day, actor, *what, factor=factor, console=self.kind == "console")

    def _products(self, dice: random.Random, one: Person, day: date) -> set[str]:
        products = set(self._surfaces(one, day)) - {"claude_science"}
        if self.kind == "console":
            return {dice.choice(CONSOLE) for _ in products}
        if products:
            return products | {name for name, odds in SPEND_ONLY.items() if dice.random() < odds}
        there = one.since <= day < one.until
        return {"claude_code"} if there and dice.random() < 0.02 else set()  # and no row of users


def _use(dice: random.Random, kind: str, user_id: str, product: str) -> list[Use]:
    n: Counter[str] = Counter(calls=dice.randint(1, 9), sessions=dice.randint(1, 3))
    match kind:
        case "skills":
            names = dice.sample(SKILLS, 2)
            return [
                Use(user_id, product, name, {"invocation_count": None if name == SKILLS[3]
                                             else n["calls"], "sessions": n["sessions"]})
                for name in names
            ]  # fmt: skip
        case "connectors":
            counts = {"read_call_count": n["calls"], "write_call_count": dice.randint(0, 4),
                      "unclassified_call_count": dice.choice((None, 0, 3))}  # fmt: skip
            name = dice.choice(CONNECTORS)
            return [Use(user_id, product, name, {**counts, "sessions": n["sessions"]})]
        case "plugins" if product in {"claude_code", "cowork"}:
            installs = dice.choice((0, 0, 1))
            calls = 0 if installs and dice.random() < 0.5 else n["calls"]
            counts = {"install_count": installs, "invocation_count": calls, "sessions": calls}
            return [Use(user_id, product, dice.choice(PLUGINS), counts)]
        case "artifacts" if product != "office_agent":
            name = dice.choice(TYPES) if product == "chat" else "text/html"
            made = {"artifacts_created_count": n["calls"],
                    "published_artifacts_created_count": dice.randint(0, 1)}  # fmt: skip
            return [Use(user_id, product, name, made, shared=dice.random() < 0.3)]
        case "projects" if product == "chat":
            name = f"claude_proj_01Example{dice.randint(0, 30):03}"
            return [
                Use(
                    user_id,
                    product,
                    name,
                    {"message_count": n["calls"], "distinct_conversation_count": n["sessions"]},
                )
            ]
    return []  # fmt: skip
