"""One element of the Console's Claude Code report, in the vendor's field names, checked.

Unknown fields are ignored and unknown values accepted; null is the same as absent.
"""

import datetime as dt
from typing import Annotated, Any

from pydantic import (
    AliasChoices,
    BeforeValidator,
    Field,
    ValidationError,
)

from claude_dash.facts.identity import Identified
from claude_dash.sources.base import Rejected
from claude_dash.sources.record import Block, Cents, Count, Text, utc_day, where


class Actor(Block):
    """Who a row is about: a person by address, or a key by its display name."""

    type: Text = ""
    email_address: Text = Field("", validation_alias=AliasChoices("email_address", "email"))
    api_key_name: Text = ""

    @property
    def identity(self) -> Identified | None:
        """Return who it is; None for a person without an address."""
        if self.email_address and self.type != "api_actor":
            return Identified("email", self.email_address.casefold())
        if self.type == "user_actor":
            return None
        # A kind of actor that we do not know, or a key without a name, is known by its type.
        name = self.api_key_name or self.type
        return Identified("api_key", name) if name else None


class LinesOfCode(Block):
    """Lines changed by Claude Code."""

    added: Count = 0
    removed: Count = 0


class CoreMetrics(Block):
    """What was done."""

    num_sessions: Count = 0
    lines_of_code: LinesOfCode = LinesOfCode()
    commits_by_claude_code: Count = 0
    pull_requests_by_claude_code: Count = 0


class ToolActions(Block):
    """Proposals of one edit tool."""

    accepted: Count = 0
    rejected: Count = 0


class Tokens(Block):
    """Tokens of one model."""

    input: Count = 0
    output: Count = 0
    cache_read: Count = 0
    cache_creation: Count = 0


class EstimatedCost(Block):
    """An amount in cents."""

    amount: Cents | None = None
    currency: Text = "USD"


class ModelBreakdown(Block):
    """Tokens and estimated cost of one model."""

    model: Annotated[Text, Field(min_length=1)]
    tokens: Tokens = Tokens()
    estimated_cost: EstimatedCost = EstimatedCost()


class Record(Block):
    """One element of `data`. What is not kept is not checked."""

    date: Annotated[dt.date, BeforeValidator(utc_day)]
    actor: Actor
    organization_id: Any = None
    customer_type: Text = ""
    subscription_type: Any = None
    terminal_type: Text = ""
    is_remote: Any = None
    core_metrics: CoreMetrics = CoreMetrics()
    tool_actions: dict[Text, ToolActions | None] = Field(default_factory=dict)
    model_breakdown: list[ModelBreakdown] = Field(default_factory=list)

    @property
    def day(self) -> dt.date:
        """Return the UTC day."""
        return self.date


def checked(sent: Any, day: dt.date) -> Record | Rejected:  # noqa: ANN401 - whatever was sent
    """Return a record of a UTC day, or why what was sent is none."""
    try:
        record = Record.model_validate(sent)
    except ValidationError as error:
        return Rejected(where(error), day)
    if record.actor.identity is None:
        return Rejected("actor: names nobody", day)
    if record.date != day:
        return Rejected("date: another day", day)
    return record
