"""The dimensions we keep, and the families that models belong to."""

import re

PEOPLE_DIMENSIONS = ("team", "department")
TECHNICAL_DIMENSIONS = (
    "model",
    "type",
    "product",
    "source",
    "connection",
    "terminal_type",
    "customer_type",
    "tool",
    "feature",
    "kind",
    "workspace",
    "cost_type",
    "service_tier",
)
CLAUDE_CODE = "claude_code"
UNATTRIBUTED = "unattributed"  # where a report leaves a value open that every row must have
_SPELLINGS = {"claude-tag": "claude_tag"}  # one product, two endpoints
ORGANIZATION_DIMENSIONS = ("cohort", "segment")
OTHER = "other"  # where names that too few people use stand together

FIRST_WITH_SESSIONS = (2, 1)  # older clients send no sessions in print mode (contract 13)

_NAMES = "fable|mythos|opus|sonnet|haiku|instant"
_VERSION = r"(\d{1,2})(?:[.-](\d{1,2}))?(?!\d)"
_FAMILY = re.compile(rf"claude-(?:{_VERSION}-)?({_NAMES})(?:-{_VERSION})?")


def product_named(sent: str | None) -> str:
    """Return one spelling of a product for all endpoints."""
    return _SPELLINGS.get(sent, sent) if sent else UNATTRIBUTED


def model_family(model: str) -> str:
    """Return `Opus 4.7` for `claude-opus-4-7`, or the id itself when its form is unknown."""
    match = _FAMILY.search(model)
    if not match:
        return model
    old_major, old_minor, name, major, minor = match.groups()
    version = ".".join(part for part in (major or old_major, minor or old_minor) if part)
    return f"{name.capitalize()} {version}".strip()


def sends_sessions(version: str) -> bool:
    """Say whether clients of a version send sessions; those that tell no number are taken to."""
    found = re.match(r"(\d+)\.(\d+)", version)
    return found is None or (int(found[1]), int(found[2])) >= FIRST_WITH_SESSIONS
