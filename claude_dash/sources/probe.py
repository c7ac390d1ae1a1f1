"""What a pasted key can read, found by asking, in words for whoever pasted it."""

from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal

from claude_dash.clock import today
from claude_dash.errors import SourceAuthError, SourceBusyError, SourceError, SourceRequestError
from claude_dash.sources.client import AnthropicClient
from claude_dash.sources.console import PATH
from claude_dash.sources.roster import ROOT

LOOK_BACK_DAYS = (1, 2, 7)  # a weekend or a holiday is not an empty organization
SAMPLE_ROWS = 1000
NOT_COVERED = ("people who sign in with a claude.ai seat", "Amazon Bedrock", "Google Vertex AI")


@dataclass(frozen=True, slots=True)
class Finding:
    """One report: whether the key reads it, and one sentence about what was found or why not."""

    report: str
    is_found: bool
    sentence: str


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
    not_covered: tuple[str, ...] = NOT_COVERED


def probe(client: AnthropicClient) -> Probe:
    """Ask each report that the Console source needs, a handful of requests in all."""
    made = Probe()
    try:
        _ask_organization(client, made)
        _ask_usage(client, made)
    except SourceBusyError as error:
        made.status, made.error = "unreachable", error
        return made
    except SourceError as error:
        is_address = error.code == "wrong_address"
        made.status, made.error = "unreachable" if is_address else "refused", error
        return made
    for report, ask in (
        ("Members", _ask_members),
        ("Invitations", _ask_invites),
        ("Workspaces", _ask_workspaces),
    ):
        try:
            made.findings.append(Finding(report, is_found=True, sentence=ask(client, made)))
        except SourceBusyError:
            made.findings.append(Finding(report, is_found=False, sentence="Did not answer."))
        except SourceError as error:
            made.findings.append(Finding(report, is_found=False, sentence=error.message))
    return made


def _ask_organization(client: AnthropicClient, made: Probe) -> None:
    body = client.get(f"{ROOT}/me")
    made.organization_id = str(body.get("id") or "")
    made.organization_name = str(body.get("name") or "")


def _ask_usage(client: AnthropicClient, made: Probe) -> None:
    """Look for the newest day with any row; a key that cannot read this is of no use here."""
    rows = 0
    for back in LOOK_BACK_DAYS:
        day = today() - timedelta(days=back)
        try:
            body = client.get(PATH, {"starting_at": day.isoformat(), "limit": 1})
        except SourceAuthError as error:
            raise _told_apart(error) from None
        except SourceRequestError as error:
            made.findings.append(Finding("Claude Code usage", is_found=False, sentence=str(error)))
            return
        if rows := len(body.get("data") or []):
            made.last_day_seen = day
            break
    found = (
        f"Rows up to {made.last_day_seen:%a} {made.last_day_seen.day} {made.last_day_seen:%b %Y}."
        if rows and made.last_day_seen
        else "The report answers and is empty. People who sign in with a claude.ai seat are "
        "usually absent from it."
    )
    made.findings.append(Finding("Claude Code usage", is_found=True, sentence=found))


def _told_apart(error: SourceAuthError) -> SourceAuthError:
    """A key that knows its organization but not this report is of the wrong kind."""
    if error.code != "not_found":
        return error
    message = "This key belongs to an organization without the Console's Claude Code report."
    hint = "A Claude Enterprise key is one such; ask a Console admin for an Admin key."
    return SourceAuthError(message, hint, code="wrong_kind")


def _listed(client: AnthropicClient, path: str, **params: Any) -> tuple[list[Any], str]:  # noqa: ANN401
    body = client.get(f"{ROOT}/{path}", {"limit": SAMPLE_ROWS, **params})
    data = body.get("data")
    return (data if isinstance(data, list) else []), " or more" if body.get("has_more") else ""


def _ask_members(client: AnthropicClient, made: Probe) -> str:
    data, more = _listed(client, "users")
    made.people = len(data)
    return f"{len(data)}{more} people."


def _ask_invites(client: AnthropicClient, made: Probe) -> str:
    data, more = _listed(client, "invites")
    pending = [one for one in data if isinstance(one, dict) and one.get("status") == "pending"]
    made.open_invites = len(pending)
    return f"{len(pending)}{more} open."


def _ask_workspaces(client: AnthropicClient, made: Probe) -> str:
    data, more = _listed(client, "workspaces")
    made.workspaces = len(data)
    return f"{len(data)}{more}, which can serve as teams."
