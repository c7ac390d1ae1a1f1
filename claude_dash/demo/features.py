"""What of skills, connectors, plugins, artifacts and projects somebody used on a day by seat."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from claude_dash.demo.habits import CHAT, CODE, COWORK, IDLE_EVERY, OFFICE, UNIFIED, Days, Did
from claude_dash.demo.organization import Organization
from claude_dash.demo.spend import MICRO, OF_MESSAGE, list_cents

TALK = (CHAT, COWORK, UNIFIED)
PRIVATE = "okr-draft"  # used by one person alone
# Skill: who it is shared with, the products it serves, how likely a day with them uses it.
SKILLS = {
    "code-review": ("organization", (CODE,), 0.30),
    "release-notes": ("organization", (CODE, *TALK), 0.10),
    "incident-report": ("organization", TALK, 0.07),
    "brand-voice": ("organization", (*TALK, OFFICE), 0.12),
    "sql-style": ("organization", (CODE, CHAT, UNIFIED), 0.09),
    "xlsx": ("public", (OFFICE, *TALK), 0.22),
    "pptx": ("public", (OFFICE, *TALK), 0.08),
    PRIVATE: ("private", TALK, 0.50),
}
# Connector: products, likelihood, and its calls that read, write and were never classified.
CONNECTORS = {
    "github": ((CODE, *TALK), 0.20, (6.0, 1.2, 1.5)),
    "slack": (TALK, 0.16, (4.0, 0.8, 0.2)),
    "jira": ((CODE, *TALK), 0.13, (3.0, 1.0, 0.4)),
    "google-drive": ((*TALK, OFFICE), 0.15, (5.0, 0.5, 0.0)),
    "notion": (TALK, 0.08, (3.0, 0.9, 0.0)),
    "warehouse": ((CODE, CHAT, UNIFIED), 0.05, (7.0, 0.0, 2.5)),
}
THIRD_PARTY = "third-party"  # the bucket of the unnamed ones
PLUGINS = {
    "deploy-tools": ((CODE,), 0.18),
    "test-pilot": ((CODE,), 0.14),
    "research-kit": ((COWORK, UNIFIED), 0.16),
    "meeting-notes": ((COWORK, UNIFIED), 0.10),
    THIRD_PARTY: ((CODE, COWORK, UNIFIED), 0.07),
}
INSTALLS = 0.02  # of a day, of what the products somebody uses could take
TYPES = (
    "text/html", "application/vnd.ant.react", "text/markdown", "image/svg+xml", "other",
)  # fmt: skip
HTML_SINCE = date(2026, 8, 17)  # when artifacts of Claude Code and Cowork began to count
PROJECTS = (
    "Quarterly review", "Hiring plan", "Onboarding guide", "Pricing study", "Support answers",
    "Roadmap", "Security questionnaire", "Release calendar", "Brand refresh", "Data dictionary",
    "Incident reviews", "Team handbook",
)  # fmt: skip
STREAMS = {"skills": 1, "connectors": 2, "plugins": 3, "artifacts": 4, "projects": 5}


@dataclass(slots=True)
class Feature:
    """One person's use of one thing on one product; `sessions` are conversations in a chat."""

    name: tuple[str, ...]
    number: int
    product: str
    app: str = ""
    sessions: int = 0
    counts: dict[str, int] = field(default_factory=dict)


def used(kind: str, days: Days, day: date) -> Iterator[Feature]:
    """Yield every use of one kind of feature on a day."""
    did = days.did(day)
    if not did:
        return
    organization = days.organization
    key = [organization.seed, day.toordinal(), STREAMS[kind]]
    owner = private_owner(organization) if kind == "skills" else 0
    draws = np.random.default_rng(key).random((len(did), 12)).tolist()
    for one, drawn in zip(did, draws, strict=True):
        for product, messages in one.messages():
            if kind == "skills":
                yield from _skills(owner, one, product, messages, drawn)
            elif kind == "connectors":
                yield from _connectors(one, product, messages, drawn)
            elif kind == "plugins":
                yield from _plugins(one, product, messages, drawn)
            elif kind == "artifacts":
                yield from _artifacts(one, product, messages, drawn, day)
            elif product in {CHAT, UNIFIED}:
                yield from _projects(one, product, messages, drawn)


def private_owner(organization: Organization) -> int:
    """Return the number of the one person who uses the private skill."""
    fit = [
        one for one in organization.people if one.keen and not one.left and one.number % IDLE_EVERY
    ]
    return max(fit, key=lambda one: one.keen).number if fit else 0


def _app(did: Did, product: str) -> str:
    return max(did.apps, key=lambda app: did.apps[app]) if product == OFFICE else ""


def _skills(
    owner: int, did: Did, product: str, messages: int, drawn: list[float]
) -> Iterator[Feature]:
    for place, (name, (share, products, chance)) in enumerate(SKILLS.items()):
        if product not in products or drawn[place] >= chance:
            continue
        if share == "private" and did.one.number != owner:
            continue
        times = 1 + round(drawn[8] * messages / 3)
        listed = 0  # chat is left out of it
        if product != CHAT:
            size = OF_MESSAGE.get(product, (9_000, 4_000, 400_000, 30_000))
            listed = round(list_cents("claude-sonnet-5", size) * times * MICRO)
        counts = {"invocation_count": times, "listed": listed}
        sessions = 1 + times // 3
        yield Feature((name,), did.one.number, product, _app(did, product), sessions, counts)


def _connectors(did: Did, product: str, messages: int, drawn: list[float]) -> Iterator[Feature]:
    for place, (name, (products, chance, each)) in enumerate(CONNECTORS.items()):
        if product not in products or drawn[place] >= chance:
            continue
        size = 0.4 + drawn[7] * messages / 6
        read, write, other = (round(size * count) for count in each)
        counts = {
            "read_call_count": max(read, 1),
            "write_call_count": write,
            "unclassified_call_count": other,
            "managed": int(name == "github"),
        }
        sessions = 1 + round(size / 4)
        yield Feature((name,), did.one.number, product, _app(did, product), sessions, counts)


def _plugins(did: Did, product: str, messages: int, drawn: list[float]) -> Iterator[Feature]:
    for place, (name, (products, chance)) in enumerate(PLUGINS.items()):
        if product not in products:
            continue
        installs = int(drawn[place + 6] < INSTALLS)
        times = 1 + round(drawn[11] * messages / 3) if drawn[place] < chance else 0
        if installs or times:
            counts = {"install_count": installs, "invocation_count": times}
            sessions = 1 + times // 4 if times else 0
            yield Feature((name,), did.one.number, product, "", sessions, counts)


def _artifacts(
    did: Did, product: str, messages: int, drawn: list[float], day: date
) -> Iterator[Feature]:
    if product in {CODE, COWORK}:
        chance, kind = 0.15 if day >= HTML_SINCE else 0.0, TYPES[0]
    elif product in {CHAT, UNIFIED}:
        chance, kind = 0.30, TYPES[min(int(drawn[1] * drawn[2] * 8), len(TYPES) - 1)]
    else:
        return
    if drawn[0] < chance:
        is_shared = drawn[3] < 0.2  # noqa: PLR2004 - one in five is shared
        made = 1 + round(drawn[4] * messages / 8)
        published = int(is_shared and drawn[5] < 0.5)  # noqa: PLR2004 - half of those
        counts = {"artifacts_created_count": made, "published_artifacts_created_count": published}
        share = "true" if is_shared else "false"
        yield Feature((kind, share), did.one.number, product, "", 1, counts)


def _projects(did: Did, product: str, messages: int, drawn: list[float]) -> Iterator[Feature]:
    if drawn[0] < 0.3:  # noqa: PLR2004 - of the days with a chat
        mine = (did.one.number, did.one.number * 5 + 3)[drawn[1] < 0.4]  # noqa: PLR2004
        name = (f"claude_proj_demo_{mine % len(PROJECTS):02d}", PROJECTS[mine % len(PROJECTS)])
        conversations = 1 + messages // 6
        counts = {"message_count": messages}
        yield Feature(name, did.one.number, product, "", conversations, counts)
