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
)
ORGANIZATION_DIMENSIONS = ("cohort", "segment")
OTHER = "other"  # where names that too few people use stand together

_FAMILY = re.compile(
    r"claude-(?:\d[\d.-]*-)?(fable|mythos|opus|sonnet|haiku|instant)(?:-(\d+)(?:[.-](\d{1,2}))?(?!\d))?"
)


def model_family(model: str) -> str:
    """Return `Opus 4.7` for `claude-opus-4-7`, or the id itself when its form is unknown."""
    match = _FAMILY.search(model)
    if not match:
        return model
    name, major, minor = match.groups()
    version = ".".join(part for part in (major, minor) if part)
    return f"{name.capitalize()} {version}".strip()
