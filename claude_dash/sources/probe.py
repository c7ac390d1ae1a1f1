"""What a pasted Console key can read, found by asking, in words for whoever pasted it."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from claude_dash.clock import today
from claude_dash.errors import SourceAuthError, SourceBusyError, SourceError, SourceRequestError
from claude_dash.sources.client import AnthropicClient, Params
from claude_dash.sources.console import PATH
from claude_dash.sources.findings import Finding, Probe, rows_of
from claude_dash.sources.patience import ASKING
from claude_dash.sources.refusals import NEW_KEY, wrong_address
from claude_dash.sources.roster import ROOT

LOOK_BACK_DAYS = (1, 4)  # one of the two is a working day
SAMPLE_ROWS = 100
LIST_ROWS = 1000
USAGE = "Claude Code usage"
SEATS_ABSENT = "People who sign in with a claude.ai seat are usually absent from it."


def probe(client: AnthropicClient) -> Probe:
    """Ask each report that the Console source needs, six requests at most but for retries."""
    made = Probe()
    try:
        _ask_organization(client, made)
        _ask_usage(client, made)
    except SourceBusyError as error:
        made.status, made.error = "unreachable", error
        return made
    except SourceError as error:
        is_elsewhere = error.code == "wrong_address"
        made.status, made.error = "unreachable" if is_elsewhere else "refused", error
        made.findings.append(Finding(USAGE, is_found=False, sentence=error.message))
        if is_elsewhere or not made.organization_id:
            return made
    asks: dict[str, Callable[[AnthropicClient, Probe], str]] = {
        "Members": _ask_members,
        "Invitations": _ask_invites,
        "Workspaces": _ask_workspaces,
    }
    for report, ask in asks.items():
        try:
            made.findings.append(Finding(report, is_found=True, sentence=ask(client, made)))
        except SourceBusyError:
            made.findings.append(Finding(report, is_found=False, sentence="It did not answer."))
        except SourceError as error:
            made.findings.append(Finding(report, is_found=False, sentence=error.message))
    return made


def _ask_organization(client: AnthropicClient, made: Probe) -> None:
    """Learn whose key it is; a key that may not ask that may still read the report."""
    try:
        body = client.get(f"{ROOT}/me", patience=ASKING)
    except SourceAuthError as error:
        if error.code in {"missing_scope", "not_found"}:
            return
        raise
    made.organization_id = str(body.get("id") or "")
    made.organization_name = str(body.get("name") or "")
    if not made.organization_id:
        message = "Something other than the vendor's API answered."
        raise wrong_address(message)


def _ask_usage(client: AnthropicClient, made: Probe) -> None:
    """Look for the newest day with any row; a key that cannot read this is of no use here."""
    refused: SourceRequestError | None = None
    is_read = False
    for back in LOOK_BACK_DAYS:
        day = today() - timedelta(days=back)
        params: Params = {"starting_at": day.isoformat(), "limit": SAMPLE_ROWS}
        try:
            rows = rows_of(client.get(PATH, params, ASKING))
        except SourceAuthError as error:
            raise _told_apart(error, client, made) from None
        except SourceRequestError as error:
            refused = error  # a day before the organization existed
            continue
        is_read = True
        if rows:
            made.last_day_seen = day
            made.findings.append(Finding(USAGE, is_found=True, sentence=_seen(day, rows)))
            return
    if is_read or refused is None:
        sentence = f"The report answers and is empty. {SEATS_ABSENT}"
        made.findings.append(Finding(USAGE, is_found=True, sentence=sentence))
    else:
        made.findings.append(Finding(USAGE, is_found=False, sentence=str(refused)))


def _seen(day: date, rows: list[Any]) -> str:
    kinds = {row.get("customer_type") for row in rows if isinstance(row, dict)}
    newest = f"Rows up to {day:%a} {day.day} {day:%b %Y}."
    return newest if "subscription" in kinds else f"{newest} {SEATS_ABSENT}"


def _told_apart(error: SourceAuthError, client: AnthropicClient, made: Probe) -> SourceAuthError:
    """Say what it means when a key knows its organization but not this report."""
    if error.code != "not_found" or not made.organization_id:
        return error
    if client.key_kind == "admin":
        message = "The Claude Code report is switched off for this organization."
        hint = "Ask a Console admin whether Claude Code is in use there."
        return SourceAuthError(message, hint, code="switched_off")
    message = "This key belongs to an organization without the Console's Claude Code report."
    hint = f"A Claude Enterprise key is one such. {NEW_KEY}"
    return SourceAuthError(message, hint, code="wrong_kind")


def _listed(client: AnthropicClient, path: str) -> tuple[list[Any], str]:
    body = client.get(f"{ROOT}/{path}", {"limit": LIST_ROWS}, ASKING)
    return rows_of(body), " or more" if body.get("has_more") else ""


def _ask_members(client: AnthropicClient, made: Probe) -> str:
    rows, more = _listed(client, "users")
    made.people = len(rows)
    return f"{len(rows)}{more} people."


def _ask_invites(client: AnthropicClient, made: Probe) -> str:
    rows, more = _listed(client, "invites")
    pending = [one for one in rows if isinstance(one, dict) and one.get("status") == "pending"]
    made.open_invites = len(pending)
    return f"{len(pending)}{more} open."


def _ask_workspaces(client: AnthropicClient, made: Probe) -> str:
    rows, more = _listed(client, "workspaces")
    made.workspaces = len(rows)
    if not rows:
        return "None; teams come from a file."
    return f"{len(rows)}{more}, which can serve as teams."
