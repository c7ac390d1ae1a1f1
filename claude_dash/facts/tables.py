"""Every table: typed facts, the people behind them, and what was released.

Facts are wide and carry a pseudonym; `Person`, `Identity` and `RosterEntry` alone hold a name or
an address; `ReleaseRow` is tall and is all that a reader is shown.
"""

from datetime import date, datetime

from sqlalchemy import BigInteger, Column, Index, LargeBinary
from sqlmodel import Field, SQLModel

from claude_dash.facts import accounts, clients, daily, logs, moves, sent, told, transcripts
from claude_dash.facts.types import instant, table_of

# --- connections and how far they were read ------------------------------------------------------


class Connection(SQLModel, table=True):
    """One place that is read: a vendor organisation seen with one key."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    kind: str
    status: str = "ok"  # ok, paused or waiting
    organization_id: str = ""
    organization_name: str = ""
    key_tail: str = ""  # the last four characters, all that is ever shown of a key
    options: str = "{}"  # JSON: the options of the kind, without secrets
    created_at: datetime = instant()
    backfill_since: date | None = None
    backfill_done: bool = False
    last_sync: datetime | None = instant(nullable=True)
    error_code: str = ""
    error_message: str = ""
    failing_since: datetime | None = instant(nullable=True)
    progress: str = ""  # JSON: {"day", "read", "of"} while a sync runs, else empty


class Secret(SQLModel, table=True):
    """A credential, encrypted; the vault key is kept outside the database."""

    connection_id: int = Field(primary_key=True, foreign_key="connection.id", ondelete="CASCADE")
    token: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


class DayRead(SQLModel, table=True):
    """The last complete read of one report and UTC day of a connection."""

    __tablename__ = "day_read"
    connection_id: int = Field(primary_key=True)
    report: str = Field(primary_key=True)  # a source's name, for example console.claude_code
    day: date = Field(primary_key=True)
    read_at: datetime = instant()
    records: int = 0
    rejected: int = 0
    facts: int = 0


class ReportState(SQLModel, table=True):
    """How one report of a connection is read: how far back, by which endpoint, or why not."""

    __tablename__ = "report_state"
    connection_id: int = Field(primary_key=True)
    report: str = Field(primary_key=True)
    history_starts: date | None = None  # the first day that the report has, once known
    backfill_done: bool = False
    is_legacy: bool = False  # read from the older endpoint, which splits by less
    error_code: str = ""  # why the key cannot read it; empty while it can
    error_message: str = ""
    covers_until: datetime | None = instant(nullable=True)  # the vendor's `data_refreshed_at`


class Reject(SQLModel, table=True):
    """Records of a read day that were set aside, by reason; never their content."""

    connection_id: int = Field(primary_key=True)
    report: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    reason: str = Field(primary_key=True)  # the field's path and what was wrong with its type
    records: int = 0


class RequestLog(SQLModel, table=True):
    """Requests of the last minute to one vendor organisation, whichever process sent them."""

    __tablename__ = "request_log"
    id: int | None = Field(default=None, primary_key=True)
    budget: str
    at: float  # seconds since the epoch

    __table_args__ = (Index("request_log_by_budget", "budget", "at"),)


# --- people and teams ----------------------------------------------------------------------------


class Person(SQLModel, table=True):
    """Somebody, or a key that is nobody's: what identities are linked to."""

    id: int | None = Field(default=None, primary_key=True)
    automation: bool = False
    name: str = ""  # shown to admins on the people page, never beside a figure


class Identity(SQLModel, table=True):
    """A way in which a source names a person, `email` or `user_id`, or a key or an account."""

    who: int = Field(
        primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False}
    )
    person_id: int = Field(foreign_key="person.id", index=True, ondelete="CASCADE")
    kind: str
    value: str  # the address, case folded, the vendor's id, or the display name of the key
    first_seen: date | None = None
    connection_id: int | None = None  # where a vendor's id was seen first


class ErasedIdentity(SQLModel, table=True):
    """The keyed hash of an erased identity, so that it is dropped at the door from then on."""

    __tablename__ = "erased_identity"
    who: int = Field(
        primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False}
    )


class Department(SQLModel, table=True):
    """A part of the organisation that teams belong to."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)


class Team(SQLModel, table=True):
    """The primary group of a person; `merged_into` names the team that took its place."""

    id: int | None = Field(default=None, primary_key=True)
    name: str = Field(unique=True)
    department_id: int | None = Field(default=None, foreign_key="department.id")
    merged_into: int | None = Field(default=None, foreign_key="team.id")
    workspace_id: str = ""  # the vendor's workspace it was made from, if any
    workspace_name: str = ""  # as the vendor called it last; unlike `name` after a rename of ours
    rank: int = 0  # where a workspace stands in the order that decides for people in several


class Membership(SQLModel, table=True):
    """A person's time in a team; half-open UTC days, unknown ends are open."""

    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True, ondelete="CASCADE")
    team_id: int = Field(foreign_key="team.id")
    origin: str  # csv, workspace, or connection:NUMBER; the first of them that has a team wins
    starts: date | None = None
    ends: date | None = None


class RosterEntry(SQLModel, table=True):
    """A person on a roster: the vendor's user list of a connection (`vendor`) or a file (`csv`)."""

    __tablename__ = "roster_entry"
    id: int | None = Field(default=None, primary_key=True)
    person_id: int = Field(foreign_key="person.id", index=True, ondelete="CASCADE")
    origin: str  # vendor or csv
    connection_id: int | None = Field(default=None, index=True)
    vendor_user_id: str = ""  # the vendor's `user_...` id, to join workspace members
    address: int | None = Field(default=None, sa_type=BigInteger)  # listed with it last
    role: str = ""
    eligible: bool = True
    starts: date | None = None  # half-open UTC days, unknown ends are open
    ends: date | None = None


class Invite(SQLModel, table=True):
    """An invitation of the vendor, without its address: only its dates are counted."""

    connection_id: int = Field(primary_key=True)
    invite_id: str = Field(primary_key=True)
    status: str
    invited_at: datetime = instant()
    expires_at: datetime | None = instant(nullable=True)
    accepted_at: datetime | None = instant(nullable=True)


class SpendLimit(SQLModel, table=True):
    """How many people a spend limit holds for, by what set it; who they are is not kept."""

    __tablename__ = "spend_limit"
    id: int | None = Field(default=None, primary_key=True)
    connection_id: int = Field(index=True)
    source: str  # user, seat_tier, rbac_group or organization
    period: str  # daily, weekly or monthly
    amount: int | None = Field(default=None, sa_type=BigInteger)  # nanodollars; None: no cap
    people: int = 0


# --- what the roll-up keeps ----------------------------------------------------------------------


class PersonWeek(SQLModel, table=True):
    """The days of one ISO week on which a person was active, and the sessions of that week.

    Without days it is somebody who was seen on other surfaces alone. It lives as long as facts do.
    """

    __tablename__ = "person_week"
    __table_args__ = {"sqlite_with_rowid": False}
    week: date = Field(primary_key=True)  # Monday
    person_id: int = Field(primary_key=True)
    days: int = 0  # bit 0 is Monday
    sessions: int = Field(default=0, sa_type=BigInteger)


class PersonSpan(SQLModel, table=True):
    """The first and last active day of a person, and when a habit began; kept until erasure."""

    __tablename__ = "person_span"
    person_id: int = Field(primary_key=True)
    first_day: date
    last_day: date
    activated_on: date | None = None


class PersonUse(SQLModel, table=True):
    """The first and last day on which a person used any surface, and installed a plugin."""

    __tablename__ = "person_use"
    person_id: int = Field(primary_key=True)
    first_used: date | None = None
    last_used: date | None = None
    installed_on: date | None = None


class TouchedWeek(SQLModel, table=True):
    """An ISO week whose facts, people or teams changed since it was rolled up last, and why."""

    __tablename__ = "touched_week"
    week: date = Field(primary_key=True)
    reason: str = told.LATE_DATA
    marks: int = 1  # how often it was marked: once more while it is rolled up keeps it marked


class Seal(SQLModel, table=True):
    """A week or month whose facts are purged: its releases never change again."""

    grain: str = Field(primary_key=True)
    start: date = Field(primary_key=True)
    sealed_at: datetime = instant()


class ChangedDay(SQLModel, table=True):
    """A day whose money was read again with another outcome, until its week is rolled up.

    people: how many changed, the fewest of any read; is_dominated: whether one of them stands out.
    """

    __tablename__ = "changed_day"
    measure: str = Field(primary_key=True)
    day: date = Field(primary_key=True)
    people: int = 0
    is_dominated: bool = False


class Revision(SQLModel, table=True):
    """What a figure of a day or a final week was, what it is now, and since when."""

    id: int | None = Field(default=None, primary_key=True)
    at: datetime = instant(index=True)
    measure: str
    grain: str = "day"  # or week
    level: str = "organization"
    key: str = "all"  # of GroupRow
    k: int = 5  # of how many people at least the change is
    start: date
    before: int = Field(sa_type=BigInteger)
    after: int = Field(sa_type=BigInteger)
    reason: str


class GroupRow(SQLModel, table=True):
    """One row of the partition of a period: who stands together, and how many they are."""

    __tablename__ = "group_row"
    grain: str = Field(primary_key=True)
    start: date = Field(primary_key=True)
    level: str = Field(primary_key=True)  # organization, department or team
    key: str = Field(primary_key=True)
    parent: str = ""
    members: str = ""  # the keys of the groups inside, comma separated
    population: int = 0
    policy: int = 0  # the version of the policy that decided


class ReleaseRow(SQLModel, table=True):
    """One released value; what is hidden is stored as null with its reason."""

    __tablename__ = "release"
    measure: str = Field(primary_key=True)
    grain: str = Field(primary_key=True)  # day, week, month, or part (of a week cut by a month)
    level: str = Field(primary_key=True)
    dimension: str = Field(default="", primary_key=True)  # technical dimension, empty for totals
    start: date = Field(primary_key=True)
    key: str = Field(primary_key=True)  # of GroupRow
    item: str = Field(default="", primary_key=True)  # the technical value
    value: int | None = Field(default=None, sa_type=BigInteger)
    hidden: str = ""

    __table_args__ = (
        Index("release_by_period", "grain", "start"),
        {"sqlite_with_rowid": False},
    )


# The tables behind the models, for statements over many rows: `t.DAY_READ.c.day`.
CONNECTION = table_of(Connection)
SECRET = table_of(Secret)
DAY_READ = table_of(DayRead)
REPORT_STATE = table_of(ReportState)
REJECT = table_of(Reject)
REQUEST_LOG = table_of(RequestLog)
ACTIVITY_DAY = daily.ACTIVITY_DAY
MODEL_USAGE_DAY = daily.MODEL_USAGE_DAY
TOOL_DAY = daily.TOOL_DAY
USAGE_DAY = daily.USAGE_DAY
COST_DAY = daily.COST_DAY
SURFACE_DAY = daily.SURFACE_DAY
FEATURE_DAY = daily.FEATURE_DAY
INVOCATION_DAY = daily.INVOCATION_DAY
SUMMARY_DAY = daily.SUMMARY_DAY
CLIENT_SETUP = clients.CLIENT_SETUP
CLIENT_DAY = clients.CLIENT_DAY
CLIENT_MODEL_DAY = clients.CLIENT_MODEL_DAY
CLIENT_TOOL_DAY = clients.CLIENT_TOOL_DAY
EVENT_DAY = clients.EVENT_DAY
INGEST_TOKEN = sent.INGEST_TOKEN
SENT_POINT = sent.SENT_POINT
SENT_SERIES = sent.SENT_SERIES
SENT_SESSION = sent.SENT_SESSION
SENT_USE = sent.SENT_USE
SESSION_FILE = transcripts.SESSION_FILE
SESSION_ANSWER = transcripts.SESSION_ANSWER
SESSION_CHANGE = transcripts.SESSION_CHANGE
SESSION_COST = transcripts.SESSION_COST
SESSION_TABLES = transcripts.SESSION_TABLES
LOG_OBJECT = logs.LOG_OBJECT
LOG_REQUEST = logs.LOG_REQUEST
FACT_TABLES = daily.FACT_TABLES
DAY_TABLES = daily.DAY_TABLES
PERSON = table_of(Person)
IDENTITY = table_of(Identity)
ERASED_IDENTITY = table_of(ErasedIdentity)
IDENTITY_MOVE = moves.IDENTITY_MOVE
DISMISSED_PAIR = moves.DISMISSED_PAIR
DEPARTMENT = table_of(Department)
TEAM = table_of(Team)
MEMBERSHIP = table_of(Membership)
ROSTER_ENTRY = table_of(RosterEntry)
INVITE = table_of(Invite)
SPEND_LIMIT = table_of(SpendLimit)
PERSON_WEEK = table_of(PersonWeek)
PERSON_SPAN = table_of(PersonSpan)
PERSON_USE = table_of(PersonUse)
TOUCHED_WEEK = table_of(TouchedWeek)
TOLD_WEEK = told.TOLD_WEEK
SEAL = table_of(Seal)
CHANGED_DAY = table_of(ChangedDay)
REVISION = table_of(Revision)
GROUP_ROW = table_of(GroupRow)
RELEASE_ROW = table_of(ReleaseRow)
ACCESS_ENTRY = accounts.ACCESS_ENTRY
ACCOUNT = accounts.ACCOUNT
AUDIT_ENTRY = accounts.AUDIT_ENTRY
EXPORT_ENTRY = accounts.EXPORT_ENTRY
POLICY_VERSION = accounts.POLICY_VERSION
SETTING = accounts.SETTING
SIGN_IN_ATTEMPT = accounts.SIGN_IN_ATTEMPT
SIGN_IN_SESSION = accounts.SIGN_IN_SESSION
SIGN_IN_TOKEN = accounts.SIGN_IN_TOKEN
