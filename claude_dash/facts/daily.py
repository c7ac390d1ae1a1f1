"""The typed facts: one table for each open set of a report, one row per identity and UTC day.

Facts carry a pseudonym and nothing that names anybody. None is a value that the vendor did not
measure; a row that is not there is a day without use.
"""

from datetime import date

from sqlalchemy import BigInteger
from sqlmodel import Field, SQLModel

from claude_dash.facts.clients import CLIENT_TABLES, EVENT_DAY
from claude_dash.facts.logs import LOG_TABLES
from claude_dash.facts.sent import SENT_SESSION, SENT_USE
from claude_dash.facts.transcripts import SESSION_TABLES
from claude_dash.facts.types import IdentityDay, by_unpriced_model, table_of


class _PersonDay(IdentityDay):
    """The key of the Claude Code reports: the report's own scalars come with it."""

    terminal_type: str = Field(default="", primary_key=True)
    customer_type: str = Field(default="", primary_key=True)


class ActivityDay(_PersonDay, table=True):
    """What one identity did on one UTC day."""

    __tablename__ = "activity_day"
    __table_args__ = ({"sqlite_with_rowid": False},)
    sessions: int | None = Field(default=None, sa_type=BigInteger)
    lines_added: int = Field(default=0, sa_type=BigInteger)
    lines_removed: int = Field(default=0, sa_type=BigInteger)
    commits: int = Field(default=0, sa_type=BigInteger)
    pull_requests: int = Field(default=0, sa_type=BigInteger)


class ModelUsageDay(_PersonDay, table=True):
    """Tokens and estimated cost of one identity, UTC day and model."""

    __tablename__ = "model_usage_day"
    __table_args__ = (
        by_unpriced_model("model_usage_day_unpriced"),
        {"sqlite_with_rowid": False},
    )
    model: str = Field(primary_key=True)
    input_tokens: int = Field(default=0, sa_type=BigInteger)
    output_tokens: int = Field(default=0, sa_type=BigInteger)
    cache_read_tokens: int = Field(default=0, sa_type=BigInteger)
    cache_write_tokens: int = Field(default=0, sa_type=BigInteger)
    cost_estimated: int | None = Field(default=None, sa_type=BigInteger)  # nanodollars


class ToolDay(_PersonDay, table=True):
    """Suggestions of one edit tool that one identity accepted and rejected on one UTC day."""

    __tablename__ = "tool_day"
    __table_args__ = ({"sqlite_with_rowid": False},)
    tool: str = Field(primary_key=True)
    suggestions_accepted: int = Field(default=0, sa_type=BigInteger)
    suggestions_rejected: int = Field(default=0, sa_type=BigInteger)


class _SpendDay(IdentityDay):
    """The key of the usage and cost reports; empty is a value that the report does not have."""

    product: str = Field(primary_key=True)
    model: str = Field(default="", primary_key=True)
    workspace: str = Field(default="", primary_key=True)
    service_tier: str = Field(default="", primary_key=True)


class UsageDay(_SpendDay, table=True):
    """Tokens and requests of one identity, UTC day, product and model, as they are billed."""

    __tablename__ = "usage_day"
    __table_args__ = ({"sqlite_with_rowid": False},)
    input_tokens: int = Field(default=0, sa_type=BigInteger)
    output_tokens: int = Field(default=0, sa_type=BigInteger)
    cache_read_tokens: int = Field(default=0, sa_type=BigInteger)
    cache_write_tokens: int = Field(default=0, sa_type=BigInteger)
    requests: int | None = Field(default=None, sa_type=BigInteger)
    web_searches: int = Field(default=0, sa_type=BigInteger)


class CostDay(_SpendDay, table=True):
    """Money of one identity, UTC day, product, model and kind of charge; whole nanodollars."""

    __tablename__ = "cost_day"
    __table_args__ = ({"sqlite_with_rowid": False},)
    cost_type: str = Field(default="", primary_key=True)
    cost_billed: int | None = Field(default=None, sa_type=BigInteger)
    cost_list: int | None = Field(default=None, sa_type=BigInteger)


class SurfaceDay(IdentityDay, table=True):
    """What one identity did on one surface on one UTC day; None: not measured."""

    __tablename__ = "surface_day"
    __table_args__ = ({"sqlite_with_rowid": False},)
    product: str = Field(primary_key=True)
    messages: int | None = Field(default=None, sa_type=BigInteger)
    actions: int | None = Field(default=None, sa_type=BigInteger)
    conversations: int | None = Field(default=None, sa_type=BigInteger)
    thinking_messages: int | None = Field(default=None, sa_type=BigInteger)
    files_uploaded: int | None = Field(default=None, sa_type=BigInteger)
    projects_created: int | None = Field(default=None, sa_type=BigInteger)
    artifacts_created: int | None = Field(default=None, sa_type=BigInteger)
    web_searches: int | None = Field(default=None, sa_type=BigInteger)


class FeatureDay(IdentityDay, table=True):
    """Use of one feature by one identity on one UTC day; None: not measured.

    kind: skill, connector, plugin, project or artifact. feature: its name, empty for projects,
    the MIME type for artifacts. installs: of plugins; published: of artifacts.
    """

    __tablename__ = "feature_day"
    __table_args__ = ({"sqlite_with_rowid": False},)
    kind: str = Field(primary_key=True)
    feature: str = Field(primary_key=True)
    product: str = Field(default="", primary_key=True)
    uses: int | None = Field(default=None, sa_type=BigInteger)
    installs: int | None = Field(default=None, sa_type=BigInteger)
    published: int | None = Field(default=None, sa_type=BigInteger)


class InvocationDay(IdentityDay, table=True):
    """Calls of one principal to one model on Amazon Bedrock on one UTC day.

    scope: of the inference profile, which decides the price; empty within a Region. band: 1 for
    calls whose prompt was longer than the model's price band, which no daily sum could tell.
    """

    __tablename__ = "invocation_day"
    __table_args__ = (
        by_unpriced_model("invocation_day_unpriced"),
        {"sqlite_with_rowid": False},
    )
    model: str = Field(primary_key=True)
    scope: str = Field(primary_key=True)
    band: int = Field(primary_key=True)
    requests: int = Field(default=0, sa_type=BigInteger)
    input_tokens: int = Field(default=0, sa_type=BigInteger)
    output_tokens: int = Field(default=0, sa_type=BigInteger)
    cache_read_tokens: int = Field(default=0, sa_type=BigInteger)
    cache_write_tokens: int = Field(default=0, sa_type=BigInteger)
    cost_estimated: int | None = Field(default=None, sa_type=BigInteger)  # nanodollars


class SummaryDay(SQLModel, table=True):
    """A number that the vendor itself counted over its organization; None: not measurable.

    name: daily_active, weekly_active, monthly_active (trailing windows that end on the day),
    assigned_seats or pending_invites; product: empty for all. What is absent has no row.
    """

    __tablename__ = "summary_day"
    __table_args__ = ({"sqlite_with_rowid": False},)
    connection_id: int = Field(primary_key=True)
    day: date = Field(primary_key=True)
    name: str = Field(primary_key=True)
    product: str = Field(default="", primary_key=True)
    value: int | None = Field(default=None, sa_type=BigInteger)


ACTIVITY_DAY = table_of(ActivityDay)
MODEL_USAGE_DAY = table_of(ModelUsageDay)
TOOL_DAY = table_of(ToolDay)
USAGE_DAY = table_of(UsageDay)
COST_DAY = table_of(CostDay)
SURFACE_DAY = table_of(SurfaceDay)
FEATURE_DAY = table_of(FeatureDay)
INVOCATION_DAY = table_of(InvocationDay)
SUMMARY_DAY = table_of(SummaryDay)
FACT_TABLES = (
    ACTIVITY_DAY,
    MODEL_USAGE_DAY,
    TOOL_DAY,
    USAGE_DAY,
    COST_DAY,
    SURFACE_DAY,
    FEATURE_DAY,
    INVOCATION_DAY,
    *CLIENT_TABLES,
)
# Everything that is kept by connection and day.
DAY_TABLES = (
    *FACT_TABLES,
    SUMMARY_DAY,
    *LOG_TABLES,
    EVENT_DAY,
    SENT_SESSION,
    SENT_USE,
    *SESSION_TABLES,
)
