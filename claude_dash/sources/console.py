"""Claude Code usage report of the Admin API.

Source:  GET /v1/organizations/usage_report/claude_code
Grain:   actor x UTC day x terminal_type x customer_type (subscription_type and is_remote added up)
Facts:   ActivityDay, ModelUsageDay, ToolDay
"""

from collections.abc import Iterator
from datetime import date, datetime
from decimal import Decimal
from typing import Annotated, Any

from pydantic import AliasChoices, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError
from sqlalchemy import Table

from claude_dash.errors import SourceExpiredError
from claude_dash.facts import tables as t
from claude_dash.facts.batch import DayFacts
from claude_dash.facts.identity import Identified
from claude_dash.sources.base import Source
from claude_dash.sources.client import MAX_RESTARTS, AnthropicClient, Params
from claude_dash.units import nanodollars

PATH = "/v1/organizations/usage_report/claude_code"
PAGE_ROWS = 1000
FLOOR = date(2025, 2, 1)  # nothing of Claude Code is older; ruled for the product, 2026-11-21


def _absent(value: Any) -> Any:  # noqa: ANN401 - pydantic hands over whatever was sent
    """Read null like an absent block."""
    return {} if value is None else value


def _zero(value: Any) -> Any:  # noqa: ANN401 - pydantic hands over whatever was sent
    """Read null like an absent number, and refuse what only looks like one."""
    if isinstance(value, bool):
        message = "not a number"
        raise ValueError(message)  # noqa: TRY004 - pydantic turns ValueError into a reject
    return 0 if value is None else value


Count = Annotated[int, BeforeValidator(_zero), Field(ge=0, lt=2**62, strict=True)]
Text = Annotated[str, BeforeValidator(lambda value: "" if value is None else value)]


class _Block(BaseModel):
    """Part of a record; fields that we do not know are ignored."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


class Actor(_Block):
    """Who a row is about: a person by address, or a key by its name."""

    type: Text = ""
    email_address: Text = Field("", validation_alias=AliasChoices("email_address", "email"))
    api_key_name: Text = ""


class LinesOfCode(_Block):
    """Lines changed by Claude Code."""

    added: Count = 0
    removed: Count = 0


class CoreMetrics(_Block):
    """What was done."""

    num_sessions: Count = 0
    lines_of_code: Annotated[LinesOfCode, BeforeValidator(_absent)] = LinesOfCode()
    commits_by_claude_code: Count = 0
    pull_requests_by_claude_code: Count = 0


class ToolActions(_Block):
    """Proposals of one edit tool."""

    accepted: Count = 0
    rejected: Count = 0


class Tokens(_Block):
    """Tokens of one model."""

    input: Count = 0
    output: Count = 0
    cache_read: Count = 0
    cache_creation: Count = 0


class EstimatedCost(_Block):
    """An amount in cents, as a decimal."""

    amount: Annotated[Decimal, BeforeValidator(_zero), Field(ge=0, lt=10**9)] = Decimal(0)
    currency: Text = "USD"


class ModelBreakdown(_Block):
    """Tokens and estimated cost of one model."""

    model: str
    tokens: Annotated[Tokens, BeforeValidator(_absent)] = Tokens()
    estimated_cost: EstimatedCost | None = None


class Record(_Block):
    """One element of `data`, in the vendor's field names."""

    date: datetime
    actor: Actor
    organization_id: Text = ""
    customer_type: Text = ""
    subscription_type: Text = ""
    terminal_type: Text = ""
    is_remote: bool | None = None
    core_metrics: Annotated[CoreMetrics, BeforeValidator(_absent)] = CoreMetrics()
    tool_actions: Annotated[
        dict[str, Annotated[ToolActions, BeforeValidator(_absent)]], BeforeValidator(_absent)
    ] = {}
    model_breakdown: Annotated[
        list[ModelBreakdown], BeforeValidator(lambda value: [] if value is None else value)
    ] = []

    @property
    def identity(self) -> Identified | None:
        """Return who the row is about; None when it names nobody."""
        if self.actor.email_address.strip():
            return Identified("email", self.actor.email_address)
        name = self.actor.api_key_name.strip()
        return Identified("api_key", name) if name else None


def read(client: AnthropicClient, day: date) -> Iterator[dict[str, Any]]:
    """Yield every record of one UTC day as it was sent, following `next_page`."""
    params: Params = {"starting_at": day.isoformat(), "limit": PAGE_ROWS}
    for page in client.pages(PATH, params):
        yield from page["data"]


def _path(error: ValidationError) -> str:
    """Return where a record is wrong and in what way, never what it holds."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    # The keys of open maps are the vendor's data: a number or a name stands as a star.
    known = {name for model in _Block.__subclasses__() for name in model.model_fields}
    steps = [str(step) if step in known else "*" for step in first["loc"]]
    return f"{'.'.join(steps)}: {first['type']}"


class _Day:
    """Adds up the records of one day by the keys of the facts."""

    def __init__(self, day: date, connection_id: int, key: bytes) -> None:
        self.day = day
        self.connection_id = connection_id
        self.key = key
        self.made = DayFacts()
        self.rows: dict[tuple[Any, ...], dict[str, Any]] = {}

    def take(self, sent: object) -> None:
        """Add one record, or count why it was set aside."""
        self.made.records += 1
        try:
            record = Record.model_validate(sent)
        except ValidationError as error:
            self._reject(_path(error))
            return
        identity = record.identity
        if identity is None:
            self._reject("actor: names nobody")
        elif record.date.date() != self.day:
            self._reject("date: another day")
        else:
            self._add(record, identity)

    def _reject(self, why: str) -> None:
        self.made.rejects[why] = self.made.rejects.get(why, 0) + 1

    def _add(self, record: Record, identity: Identified) -> None:
        who = identity.who(self.key)
        self.made.identities.setdefault(who, identity)
        self._row(who, record, t.ACTIVITY_DAY, "", "", **_activity(record.core_metrics))
        for usage in record.model_breakdown:
            self._row(who, record, t.MODEL_USAGE_DAY, "model", usage.model, **_usage(usage))
        for tool, actions in record.tool_actions.items():
            if actions.accepted or actions.rejected:
                self._row(
                    who,
                    record,
                    t.TOOL_DAY,
                    "tool",
                    tool,
                    suggestions_accepted=actions.accepted,
                    suggestions_rejected=actions.rejected,
                )

    def _row(
        self, who: int, record: Record, table: Table, name: str, item: str, **amounts: int | None
    ) -> None:
        """Add amounts to the fact of a key; several records of one key become one fact."""
        key = (table, who, record.terminal_type, record.customer_type, item)
        row = self.rows.get(key)
        if row is not None:
            for column, amount in amounts.items():
                if amount is not None:
                    row[column] = (row[column] or 0) + amount
            return
        row = {
            "connection_id": self.connection_id,
            "day": self.day,
            "who": who,
            "terminal_type": record.terminal_type,
            "customer_type": record.customer_type,
            **({name: item} if name else {}),
            **amounts,
        }
        self.rows[key] = row
        self.made.rows[table].append(row)


def _activity(core: CoreMetrics) -> dict[str, int]:
    return {
        "sessions": core.num_sessions,
        "lines_added": core.lines_of_code.added,
        "lines_removed": core.lines_of_code.removed,
        "commits": core.commits_by_claude_code,
        "pull_requests": core.pull_requests_by_claude_code,
    }


def _usage(usage: ModelBreakdown) -> dict[str, int | None]:
    cost = usage.estimated_cost
    is_known = cost is not None and cost.currency.upper() == "USD"
    return {
        "input_tokens": usage.tokens.input,
        "output_tokens": usage.tokens.output,
        "cache_read_tokens": usage.tokens.cache_read,
        "cache_write_tokens": usage.tokens.cache_creation,
        # Another currency is not converted: the cost of the row is unknown.
        "cost_estimated": nanodollars(cost.amount) if cost and is_known else None,
    }


def read_day(client: AnthropicClient, day: date, connection_id: int, key: bytes) -> DayFacts:
    """Return the facts of one UTC day, starting the walk again when a page token runs out.

    Raises:
        SourceError: The report could not be read; nothing of the day is returned.
    """
    restarts = 0
    while True:
        made = _Day(day, connection_id, key)
        try:
            for sent in read(client, day):
                made.take(sent)
        except SourceExpiredError:
            restarts += 1
            if restarts > MAX_RESTARTS:
                raise
            continue
        return made.made


SOURCE = Source("console.claude_code", FLOOR, read_day)
