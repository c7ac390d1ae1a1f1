"""One line of the usage and cost reports, in the vendor's field names, checked.

The older reports are brought into the same shape before they are checked.
"""

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import AliasChoices, BeforeValidator, Field, ValidationError

from claude_dash.facts.dimensions import UNATTRIBUTED, product_named
from claude_dash.facts.identity import Identified
from claude_dash.sources.base import Covers, Rejected
from claude_dash.sources.record import Block, Cents, Count, Text, utc_day, where

CURRENCY = "USD"
NOBODY = Identified("unattributed", UNATTRIBUTED)
MAX_NAME_CHARS = 320


def _words(value: Any) -> Iterator[str]:  # noqa: ANN401 - whatever the vendor sent
    if isinstance(value, Mapping):
        for name in sorted(value):
            yield from _words(value[name])
    elif isinstance(value, str):
        yield value.strip()


class Actor(Block):
    """Who used it: a person, a service account, an account of another cloud, or a key."""

    type: Text = ""
    user_id: Text = ""
    email_address: Text = Field("", validation_alias=AliasChoices("email_address", "email"))
    service_account_id: Text = ""
    api_key_id: Text = ""
    provider: Any = None
    subject: Text = ""

    @property
    def identity(self) -> Identified:
        """Return who it is; an actor that we cannot tell is nobody in particular."""
        if self.user_id:
            return Identified("user_id", self.user_id, self.email_address.casefold())
        if self.email_address:
            return Identified("email", self.email_address.casefold())
        if self.service_account_id:
            return Identified("service_account", self.service_account_id)
        if self.api_key_id:
            return Identified("api_key", self.api_key_id)
        name = " ".join(word for word in (*_words(self.provider), self.subject) if word)
        return Identified("federated", name[:MAX_NAME_CHARS]) if name else NOBODY


class Group(Block):
    """What a line is about; null is "not asked for" or "no value"."""

    actor: Actor | None = None
    product: Text = ""
    model: Text = ""
    workspace_id: Text = ""
    service_tier: Text = ""
    cost_type: Text = ""

    def key(self) -> dict[str, str]:
        """Return the columns that every table of spend has."""
        return {
            "product": product_named(self.product),
            "model": self.model or UNATTRIBUTED,
            "workspace": self.workspace_id,
            "service_tier": self.service_tier,
        }


class CacheCreation(Block):
    """Input tokens that were written to the cache, by its lifetime."""

    ephemeral_5m_input_tokens: Count = 0
    ephemeral_1h_input_tokens: Count = 0


class ServerToolUse(Block):
    """Tools that run at the vendor's."""

    web_search_requests: Count = 0


class Usage(Block):
    """Tokens and requests."""

    uncached_input_tokens: Count = 0
    cache_read_input_tokens: Count = 0
    output_tokens: Count = 0
    cache_creation: CacheCreation = CacheCreation()
    server_tool_use: ServerToolUse = ServerToolUse()
    requests: Count | None = None

    def amounts(self) -> dict[str, int | None]:
        """Return the columns of the fact."""
        written = self.cache_creation
        return {
            "input_tokens": self.uncached_input_tokens,
            "output_tokens": self.output_tokens,
            "cache_read_tokens": self.cache_read_input_tokens,
            "cache_write_tokens": written.ephemeral_5m_input_tokens
            + written.ephemeral_1h_input_tokens,
            "requests": self.requests,
            "web_searches": self.server_tool_use.web_search_requests,
        }


class Cost(Block):
    """Amounts in cents; `list_amount` is missing from the Console's older report."""

    amount: Cents | None = None
    list_amount: Cents | None = None
    currency: Text = CURRENCY


class Line(Block):
    """One row of either report."""

    day: Annotated[dt.date, BeforeValidator(utc_day), Field(validation_alias="starting_at")]
    group: Group
    usage: Usage | None = None
    cost: Cost | None = None


def checked(sent: Any, day: dt.date | None = None) -> Line | Rejected:  # noqa: ANN401
    """Return a line, or why what was sent is none; `day` is that of its bucket, if known."""
    try:
        line = Line.model_validate(sent)
    except ValidationError as error:
        return Rejected(where(error), day)
    if line.cost is not None and line.cost.currency.upper() != CURRENCY:
        return Rejected("cost.currency: not USD, the line is left out", line.day)
    part = line.usage or line.cost
    if part is None or not part.model_fields_set:
        return Rejected("record: nothing that is counted", line.day)
    return line


def covers(page: Mapping[str, Any]) -> Covers:
    """Return up to when a page's export had counted; an export that covers nothing says null."""
    said: Any = page.get("data_refreshed_at")
    try:
        at = dt.datetime.fromisoformat(said) if isinstance(said, str) else None
    except ValueError:
        at = None
    return Covers(at.replace(tzinfo=at.tzinfo or dt.UTC).astimezone(dt.UTC) if at else None)
