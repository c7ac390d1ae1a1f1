"""What was found by asking with a key, in words for whoever pasted it."""

from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from claude_dash.errors import SourceError
from claude_dash.sources.client import Json
from claude_dash.sources.refusals import shape

NOT_COVERED = (
    "people who sign in with a claude.ai seat",
    "Amazon Bedrock",
    "Google Cloud",
    "Microsoft Foundry",
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One report: whether the key reads it, and one sentence about what was found or why not.

    scope: what a scoped key needs for it; empty where there are no scopes.
    """

    report: str
    is_found: bool
    sentence: str
    scope: str = ""


@dataclass(slots=True)
class Probe:
    """The outcome of asking: `ok`, `refused` or `unreachable`, and what each report said."""

    status: Literal["ok", "refused", "unreachable"] = "ok"
    organization_id: str = ""
    organization_name: str = ""
    findings: list[Finding] = field(default_factory=list)
    error: SourceError | None = None
    last_day_seen: date | None = None
    people: int | None = None
    open_invites: int | None = None
    workspaces: int | None = None
    seats: int | None = None
    not_covered: tuple[str, ...] = NOT_COVERED


def rows_of(body: Json) -> list[Any]:
    """Return the elements of a page; a page without a list is not one."""
    data = body.get("data")
    if not isinstance(data, list):
        what = "data is not a list"
        raise shape(what)
    return data
