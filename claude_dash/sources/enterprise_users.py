"""Activity of each person on every surface: the users report of the Enterprise Analytics API.

Source:  GET /v1/organizations/analytics/users
Grain:   person x UTC day (Claude Code: x edit tool; the rest: x product)
Facts:   ActivityDay, ToolDay, SurfaceDay
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic import AliasChoices, Field, ValidationError

from claude_dash.facts import tables as t
from claude_dash.facts.dimensions import CLAUDE_CODE
from claude_dash.facts.identity import Identified
from claude_dash.sources.base import Fact, Rejected, Source
from claude_dash.sources.client import AnthropicClient
from claude_dash.sources.enterprise_days import FLOOR, rows_by_day
from claude_dash.sources.exchange import ANALYTICS
from claude_dash.sources.record import Block, Count, Text, where

PATH = f"{ANALYTICS}users"
SEARCHES = "chat_and_claude_code"  # the vendor counts web searches of both together
_NOT_MEASURED = {one.name: None for one in t.SURFACE_DAY.columns if not one.primary_key}
Amounts = dict[str, int | None]


class User(Block):
    """Who a row is about; the address is an attribute that may change."""

    id: Text = ""
    email_address: Text = Field("", validation_alias=AliasChoices("email_address", "email"))


class LinesOfCode(Block):
    """Lines changed by Claude Code."""

    added_count: Count = 0
    removed_count: Count = 0


class CoreMetrics(Block):
    """What was done with Claude Code."""

    distinct_session_count: Count | None = None  # which the vendor may not know
    lines_of_code: LinesOfCode = LinesOfCode()
    commit_count: Count = 0
    pull_request_count: Count = 0
    artifacts_created_count: Count | None = None


class ToolActions(Block):
    """Proposals of one edit tool."""

    accepted_count: Count = 0
    rejected_count: Count = 0


class ClaudeCode(Block):
    """Claude Code, with an open map of edit tools."""

    core_metrics: CoreMetrics = CoreMetrics()
    tool_actions: dict[Text, ToolActions | None] = Field(default_factory=dict)


class Chat(Block):
    """Chat."""

    message_count: Count | None = None
    thinking_message_count: Count | None = None
    distinct_conversation_count: Count | None = None
    distinct_files_uploaded_count: Count | None = None
    distinct_projects_created_count: Count | None = None
    distinct_artifacts_created_count: Count | None = None


class Cowork(Block):
    """Cowork."""

    message_count: Count | None = None
    action_count: Count | None = None
    artifacts_created_count: Count | None = None


class OfficeApp(Block):
    """One app of Office."""

    message_count: Count | None = None


class Design(Block):
    """Claude Design."""

    message_count: Count | None = None
    distinct_projects_created_count: Count | None = None


class Science(Block):
    """Claude Science."""

    message_count: Count | None = None
    delegation_count: Count | None = None
    remote_compute_job_count: Count | None = None


class Unified(Block):
    """Chat and Cowork of members who have both in one."""

    chat: Chat = Chat()
    sessions: Cowork = Cowork()


class Tag(Block):
    """Claude in Slack."""

    active_message_count: Count | None = None


class Row(Block):
    """One element of `data`. What is not kept is not checked."""

    user: User = User()
    web_search_count: Count | None = None
    claude_code_metrics: ClaudeCode = ClaudeCode()
    chat_metrics: Chat | None = None
    cowork_metrics: Cowork | None = None
    office_metrics: dict[Text, OfficeApp | None] | None = None
    design_metrics: Design | None = None
    science_metrics: Science | None = None
    chat_cowork_unified_metrics: Unified | None = None
    claude_tag_metrics: Tag | None = None


class Record(NamedTuple):
    """A row and the UTC day that was asked for: the row itself does not tell."""

    day: dt.date
    row: Row


def checked(sent: Any, day: dt.date) -> Record | Rejected:  # noqa: ANN401 - whatever was sent
    """Return a record of a UTC day, or why what was sent is none."""
    try:
        row = Row.model_validate(sent)
    except ValidationError as error:
        return Rejected(where(error), day)
    return Record(day, row) if row.user.id else Rejected("user: names nobody", day)


def read(client: AnthropicClient, since: dt.date, until: dt.date) -> Iterator[Record | Rejected]:
    """Yield every person's row of some UTC days, day by day."""
    for day, sent in rows_by_day(client, PATH, since, until):
        yield checked(sent, day)


def normalize(record: Record, connection_id: int, key: bytes) -> Iterator[Identified | Fact]:
    """Turn one row into an identity and facts; what is nothing but zeros leaves none."""
    user = record.row.user
    who = Identified("user_id", user.id, user.email_address.casefold())
    day: dict[str, Any] = {
        "connection_id": connection_id,
        "day": record.day,
        "who": who.who(key),
    }
    facts = [*_claude_code(record.row.claude_code_metrics, day), *_surfaces(record.row, day)]
    made = [fact for fact in facts if any(fact.amounts.values())]
    if made:
        yield who
        yield from made


def _claude_code(block: ClaudeCode, day: dict[str, Any]) -> Iterator[Fact]:
    core = block.core_metrics
    shared = {**day, "terminal_type": "", "customer_type": ""}
    activity: Amounts = {
        "sessions": core.distinct_session_count,
        "lines_added": core.lines_of_code.added_count,
        "lines_removed": core.lines_of_code.removed_count,
        "commits": core.commit_count,
        "pull_requests": core.pull_request_count,
    }
    yield Fact(t.ACTIVITY_DAY, shared, activity)
    for tool, actions in block.tool_actions.items():
        if actions:
            counts: Amounts = {
                "suggestions_accepted": actions.accepted_count,
                "suggestions_rejected": actions.rejected_count,
            }
            yield Fact(t.TOOL_DAY, {**shared, "tool": tool}, counts)


def _surfaces(row: Row, day: dict[str, Any]) -> Iterator[Fact]:
    for product, amounts in _by_product(row):
        yield Fact(t.SURFACE_DAY, {**day, "product": product}, {**_NOT_MEASURED, **amounts})


def _by_product(row: Row) -> Iterator[tuple[str, Amounts]]:
    core = row.claude_code_metrics.core_metrics
    yield CLAUDE_CODE, {"artifacts_created": core.artifacts_created_count}
    yield SEARCHES, {"web_searches": row.web_search_count}
    if row.chat_metrics:
        yield "chat", _chat(row.chat_metrics)
    if row.cowork_metrics:
        yield "cowork", _cowork(row.cowork_metrics)
    if row.office_metrics:
        apps = [app.message_count for app in row.office_metrics.values() if app]
        yield "office_agent", {"messages": added(*apps)}
    if row.design_metrics:
        design = row.design_metrics
        projects = design.distinct_projects_created_count
        yield "claude_design", {"messages": design.message_count, "projects_created": projects}
    if row.science_metrics:
        science = row.science_metrics
        actions = added(science.delegation_count, science.remote_compute_job_count)
        yield "claude_science", {"messages": science.message_count, "actions": actions}
    if row.chat_cowork_unified_metrics:
        both = row.chat_cowork_unified_metrics
        chat, sessions = _chat(both.chat), _cowork(both.sessions)
        names = dict.fromkeys((*chat, *sessions))
        yield "chat_cowork_unified", {one: added(chat.get(one), sessions.get(one)) for one in names}
    if row.claude_tag_metrics:
        yield "claude_tag", {"messages": row.claude_tag_metrics.active_message_count}


def _chat(block: Chat) -> Amounts:
    return {
        "messages": block.message_count,
        "conversations": block.distinct_conversation_count,
        "thinking_messages": block.thinking_message_count,
        "files_uploaded": block.distinct_files_uploaded_count,
        "projects_created": block.distinct_projects_created_count,
        "artifacts_created": block.distinct_artifacts_created_count,
    }


def _cowork(block: Cowork) -> Amounts:
    return {
        "messages": block.message_count,
        "actions": block.action_count,
        "artifacts_created": block.artifacts_created_count,
    }


def added(*counts: int | None) -> int | None:
    """Return the sum of what was measured; None when nothing was."""
    known = [count for count in counts if count is not None]
    return sum(known) if known else None


SOURCE = Source(
    "enterprise.users",
    FLOOR,
    (t.ACTIVITY_DAY, t.TOOL_DAY, t.SURFACE_DAY),
    read,
    normalize,
    is_lagging=True,
)
