"""What clients report of themselves: telemetry, session files and hooks, by person and UTC day.

Facts are added, never replaced: whoever writes them remembers what it has taken already.
"""

from datetime import date

from sqlalchemy import BigInteger, UniqueConstraint
from sqlmodel import Field, SQLModel

from claude_dash.facts.types import IdentityDay, by_unpriced_model, table_of


class ClientSetup(SQLModel, table=True):
    """How a client stood: what it was, and where it sent its requests; empty: not reported.

    organization_id: the vendor's. provider: `firstParty`, `bedrock`, ... plan: of the account.
    entry_point: `cli`, `sdk-ts`, ... version: of the client.
    """

    __tablename__ = "client_setup"
    __table_args__ = (
        UniqueConstraint("organization_id", "provider", "plan", "entry_point", "version"),
    )
    id: int | None = Field(default=None, primary_key=True)
    organization_id: str = ""
    provider: str = ""
    plan: str = ""
    entry_point: str = ""
    version: str = ""


class _ClientDay(IdentityDay):
    """The key of what clients report; setup: of `ClientSetup`."""

    terminal_type: str = Field(default="", primary_key=True)
    setup: int = Field(default=0, primary_key=True)


class ClientDay(_ClientDay, table=True):
    """What one identity did on one UTC day; active_ms: milliseconds, of the person and the client.

    sessions: distinct ones that did something on the day.
    """

    __tablename__ = "client_day"
    __table_args__ = ({"sqlite_with_rowid": False},)
    sessions: int = Field(default=0, sa_type=BigInteger)
    lines_added: int = Field(default=0, sa_type=BigInteger)
    lines_removed: int = Field(default=0, sa_type=BigInteger)
    commits: int = Field(default=0, sa_type=BigInteger)
    pull_requests: int = Field(default=0, sa_type=BigInteger)
    active_ms: int = Field(default=0, sa_type=BigInteger)


class ClientModelDay(_ClientDay, table=True):
    """Tokens of one identity, UTC day and model.

    cost_estimated: nanodollars, as the client reported them, or by our prices where it does not;
    None: no price is known. requests: None where they are not reported.
    """

    __tablename__ = "client_model_day"
    __table_args__ = (by_unpriced_model("client_model_day_unpriced"), {"sqlite_with_rowid": False})
    model: str = Field(primary_key=True)
    input_tokens: int = Field(default=0, sa_type=BigInteger)
    output_tokens: int = Field(default=0, sa_type=BigInteger)
    cache_read_tokens: int = Field(default=0, sa_type=BigInteger)
    cache_write_tokens: int = Field(default=0, sa_type=BigInteger)
    cost_estimated: int | None = Field(default=None, sa_type=BigInteger)
    requests: int | None = Field(default=None, sa_type=BigInteger)


class ClientToolDay(_ClientDay, table=True):
    """Edits that were accepted and rejected; decided_by: `config`, `hook`, `user_temporary`, ..."""

    __tablename__ = "client_tool_day"
    __table_args__ = ({"sqlite_with_rowid": False},)
    tool: str = Field(primary_key=True)
    decided_by: str = Field(default="", primary_key=True)
    suggestions_accepted: int = Field(default=0, sa_type=BigInteger)
    suggestions_rejected: int = Field(default=0, sa_type=BigInteger)


class EventDay(SQLModel, table=True):
    """How many events of a name a connection received on one UTC day; about nobody."""

    __tablename__ = "event_day"
    connection_id: int = Field(primary_key=True)
    day: date = Field(primary_key=True)
    event: str = Field(primary_key=True)
    number: int = Field(default=0, sa_type=BigInteger)


CLIENT_SETUP = table_of(ClientSetup)
EVENT_DAY = table_of(EventDay)
CLIENT_DAY = table_of(ClientDay)
CLIENT_MODEL_DAY = table_of(ClientModelDay)
CLIENT_TOOL_DAY = table_of(ClientToolDay)
CLIENT_TABLES = (CLIENT_DAY, CLIENT_MODEL_DAY, CLIENT_TOOL_DAY)
