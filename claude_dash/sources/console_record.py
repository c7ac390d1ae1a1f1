"""One element of the Console's Claude Code report, in the vendor's field names, checked.

Unknown fields are ignored and unknown values accepted; null is the same as absent.
"""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from typing import Annotated, Any

from pydantic import (
    AliasChoices,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

from claude_dash.facts.identity import Identified
from claude_dash.sources.base import Rejected

MAX_COUNT = 10**15  # of one person and day; far above any, and sums of it still fit 64 bits
MAX_CENTS = 10**8
_PLAIN = r"^[^\x00-\x1f\x7f]*$"  # a store takes no control characters
_MIDNIGHT = "T00:00:00Z"


def _utc_day(sent: Any) -> dt.date:  # noqa: ANN401 - whatever the vendor sent
    """Return the UTC day of a bare date or of an instant."""
    if not isinstance(sent, str):
        message = "not a date"
        raise ValueError(message)  # noqa: TRY004 - pydantic turns ValueError into a reject
    text = sent.strip().removesuffix(_MIDNIGHT)
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        at = dt.datetime.fromisoformat(text)
        return (at if at.tzinfo is None else at.astimezone(dt.UTC)).date()


def _number(sent: Any) -> Any:  # noqa: ANN401 - whatever the vendor sent
    """Refuse what only counts as a number in Python."""
    if isinstance(sent, bool):
        message = "not a number"
        raise ValueError(message)  # noqa: TRY004 - pydantic turns ValueError into a reject
    return sent


Count = Annotated[int, Field(strict=True, ge=0, lt=MAX_COUNT)]
Cents = Annotated[Decimal, BeforeValidator(_number), Field(ge=0, lt=MAX_CENTS)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=320, pattern=_PLAIN)]


class Block(BaseModel):
    """Part of a record."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, sent: Any) -> Any:  # noqa: ANN401 - whatever the vendor sent
        if isinstance(sent, dict) and None in sent.values():
            return {name: value for name, value in sent.items() if value is not None}
        return sent


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

    date: Annotated[dt.date, BeforeValidator(_utc_day)]
    actor: Actor
    organization_id: Any = None
    customer_type: Text = ""
    subscription_type: Any = None
    terminal_type: Text = ""
    is_remote: Any = None
    core_metrics: CoreMetrics = CoreMetrics()
    tool_actions: dict[Text, ToolActions | None] = {}
    model_breakdown: list[ModelBreakdown] = []


def _blocks(model: type[Block]) -> Iterator[type[Block]]:
    for block in model.__subclasses__():
        yield block
        yield from _blocks(block)


_FIELDS = frozenset(name for block in _blocks(Block) for name in block.model_fields)


def checked(sent: Any, day: dt.date) -> Record | Rejected:  # noqa: ANN401 - whatever was sent
    """Return a record of a UTC day, or why what was sent is none."""
    try:
        record = Record.model_validate(sent)
    except ValidationError as error:
        return Rejected(_where(error))
    if record.actor.identity is None:
        return Rejected("actor: names nobody")
    if record.date != day:
        return Rejected("date: another day")
    return record


def _where(error: ValidationError) -> str:
    """Return where a record is wrong and in what way, never what it holds."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    # Names inside open maps are the vendor's own, and numbers are places: a star for both.
    steps = [str(step) if step in _FIELDS else "*" for step in first["loc"]]
    return f"{'.'.join(steps) or 'record'}: {first['type']}"
