"""What a pasted Enterprise key can read: which scopes answered, and what each one unlocks."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from claude_dash.clock import today
from claude_dash.errors import SourceAuthError, SourceBusyError, SourceError, SourceRequestError
from claude_dash.sources.client import AnthropicClient, Json, Params
from claude_dash.sources.enterprise_days import FLOOR, newest_named
from claude_dash.sources.exchange import ANALYTICS
from claude_dash.sources.findings import Finding, Probe, rows_of
from claude_dash.sources.patience import ASKING
from claude_dash.sources.roster import ROOT

ANALYTICS_SCOPE, MEMBERS_SCOPE = "read:analytics", "read:members"
GROUPS_SCOPE, LIMITS_SCOPE = "read:rbac_groups", "read:spend_limits"
LOOK_BACK_DAYS = 10
LIST_ROWS = 1000
NOT_COVERED = (
    "API keys and Console sign-ins, which the Console reports",
    "Amazon Bedrock",
    "Google Cloud",
    "Microsoft Foundry",
)


def probe_enterprise(client: AnthropicClient) -> Probe:
    """Ask one report of each scope, eight requests at most but for retries."""
    made = Probe(not_covered=NOT_COVERED)
    asks: tuple[tuple[str, str, Callable[[AnthropicClient, Probe], str]], ...] = (
        ("Seats and active users", ANALYTICS_SCOPE, _ask_summaries),
        ("Activity by surface", ANALYTICS_SCOPE, _ask_users),
        ("Tokens and cost", ANALYTICS_SCOPE, _ask_usage),
        ("Members and invitations", MEMBERS_SCOPE, _ask_members),
        ("Groups", GROUPS_SCOPE, _ask_groups),
        ("Spend limits", LIMITS_SCOPE, _ask_limits),
    )
    errors: dict[str, list[SourceError]] = {}
    _ask_organization(client, made)
    for report, scope, ask in asks:
        try:
            made.findings.append(Finding(report, True, ask(client, made), scope))  # noqa: FBT003
        except SourceError as error:
            if isinstance(error, SourceBusyError) or error.code == "wrong_address":
                made.status, made.error = "unreachable", error
                return made
            made.findings.append(Finding(report, False, error.message, scope))  # noqa: FBT003
            errors.setdefault(scope, []).append(error)
    refused = errors.get(ANALYTICS_SCOPE, [])
    if len(refused) == sum(scope == ANALYTICS_SCOPE for _, scope, _ in asks):
        made.status, made.error = "refused", _told_apart(refused[0], made)
    return made


def _told_apart(error: SourceError, made: Probe) -> SourceError:
    """Say that it is the scope when the key is good for something else."""
    answered = sorted({one.scope for one in made.findings if one.is_found})
    if not answered or error.code == "wrong_kind":
        return error
    message = f"The key lacks the scope {ANALYTICS_SCOPE}. It has {', '.join(answered)}."
    return SourceAuthError(message, error.hint, code="missing_scope")


def _ask_organization(client: AnthropicClient, made: Probe) -> None:
    """Learn whose key it is, where its scopes allow to ask that."""
    try:
        body = client.get(f"{ROOT}/me", patience=ASKING)
    except SourceError:
        return
    made.organization_id = str(body.get("id") or "")
    made.organization_name = str(body.get("name") or "")


def _ask_summaries(client: AnthropicClient, made: Probe) -> str:
    first = max(today() - timedelta(days=LOOK_BACK_DAYS), FLOOR)
    body = client.get(f"{ANALYTICS}summaries", {"starting_date": first.isoformat()}, ASKING)
    rows = body.get("data", body.get("summaries"))
    if not isinstance(rows, list) or not rows:
        return "It answers, and has no day yet."
    newest: Any = max(rows, key=lambda row: str(row.get("starting_at", "")))
    made.last_day_seen = date.fromisoformat(str(newest.get("starting_at", ""))[:10])
    seats = newest.get("assigned_seat_count")
    made.seats = seats if isinstance(seats, int) else None
    days = (today() - made.last_day_seen).days
    told = f"Days up to {made.last_day_seen:%a} {made.last_day_seen.day} "
    told += f"{made.last_day_seen:%b %Y}, {days} day{'' if days == 1 else 's'} behind today"
    return f"{told}; {made.seats} seats." if made.seats is not None else f"{told}."


def _ask_users(client: AnthropicClient, made: Probe) -> str:
    day = made.last_day_seen or today() - timedelta(days=1)
    for _ in range(2):
        params: Params = {"date": day.isoformat(), "limit": 1}
        try:
            rows_of(client.get(f"{ANALYTICS}users", params, ASKING))
        except SourceRequestError as error:  # too recent: the refusal names a day
            day = newest_named(str(error), day) or day - timedelta(days=2)
            continue
        made.last_day_seen = made.last_day_seen or day
        return "Chat, Claude Code, Cowork, Office and Design, skills, connectors and plugins."
    return "It answers; the newest day is still to be found."


def _ask_usage(client: AnthropicClient, _: Probe) -> str:
    start = today() - timedelta(days=2)
    span: Params = {"starting_at": f"{start}T00:00:00Z", "ending_at": f"{today()}T00:00:00Z"}
    try:
        rows_of(client.get(f"{ANALYTICS}usage", {**span, "limit": 1}, ASKING))
    except SourceAuthError as error:
        if error.code != "not_found":
            raise
        rows_of(client.get(f"{ANALYTICS}usage_report", {**span, "limit": 1}, ASKING))
        return "By person, model and product, from the older reports."
    return "By person, model and product. Under a seat plan they cover usage credits only."


def _listed(client: AnthropicClient, path: str) -> tuple[list[Any], str]:
    body: Json = client.get(f"{ROOT}/{path}", {"limit": LIST_ROWS}, ASKING)
    return rows_of(body), " or more" if body.get("has_more") else ""


def _ask_members(client: AnthropicClient, made: Probe) -> str:
    rows, more = _listed(client, "users")
    made.people = len(rows)
    return f"{len(rows)}{more} people."


def _ask_groups(client: AnthropicClient, made: Probe) -> str:
    rows, more = _listed(client, "rbac_groups")
    made.workspaces = len(rows)
    return f"{len(rows)}{more}, which can serve as teams." if rows else "None."


def _ask_limits(client: AnthropicClient, _: Probe) -> str:
    body = client.get(f"{ROOT}/spend_limits/effective", {"limit": 1}, ASKING)
    return "They can be shown by what set them." if rows_of(body) else "None is set."
