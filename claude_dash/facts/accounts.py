"""The policy, accounts and sessions, and the record of what happened."""

from datetime import date, datetime

from sqlalchemy import Text
from sqlmodel import Field, SQLModel

from claude_dash.facts.types import instant, table_of


class PolicyVersion(SQLModel, table=True):
    """A version of the privacy policy; the newest one holds."""

    __tablename__ = "policy_version"
    version: int | None = Field(default=None, primary_key=True)
    k: int
    made_at: datetime = instant()
    made_by: str = ""
    reason: str = ""


class Account(SQLModel, table=True):
    """Somebody who may sign in, and the role they have."""

    id: int | None = Field(default=None, primary_key=True)
    email: str = Field(unique=True)
    role: str
    password_hash: str = ""
    created_at: datetime = instant()


class SignInToken(SQLModel, table=True):
    """A one-use link to set a password, by the hash of its token."""

    __tablename__ = "sign_in_token"
    token_hash: str = Field(primary_key=True)
    account_id: int | None = None  # none: the first admin, whose account the link makes
    expires_at: datetime = instant()


class SignInSession(SQLModel, table=True):
    """A signed-in browser, by the hash of its cookie."""

    __tablename__ = "sign_in_session"
    session_hash: str = Field(primary_key=True)
    account_id: int = Field(foreign_key="account.id", index=True, ondelete="CASCADE")
    created_at: datetime = instant()
    seen_at: datetime = instant()
    expires_at: datetime = instant()


class SignInAttempt(SQLModel, table=True):
    """A failed sign-in, by the keyed hash of address and origin, for the rate limit."""

    __tablename__ = "sign_in_attempt"
    id: int | None = Field(default=None, primary_key=True)
    subject: str = Field(index=True)
    at: datetime = instant()


class AuditEntry(SQLModel, table=True):
    """Something that an account or the command line did."""

    __tablename__ = "audit_entry"
    id: int | None = Field(default=None, primary_key=True)
    at: datetime = instant(index=True)
    actor: str = ""  # account address, or `command line`
    action: str
    detail: str = Field(default="", sa_type=Text)


class AccessEntry(SQLModel, table=True):
    """That a reader asked for a metric on a UTC day."""

    __tablename__ = "access_entry"
    day: date = Field(primary_key=True)
    reader: str = Field(primary_key=True)
    role: str = Field(primary_key=True)
    metric: str = Field(primary_key=True)
    breakdown: str = Field(default="", primary_key=True)


class ExportEntry(SQLModel, table=True):
    """A file that left through the exports, and when our copy is deleted."""

    __tablename__ = "export_entry"
    id: int | None = Field(default=None, primary_key=True)
    at: datetime = instant(index=True)
    actor: str = ""
    role: str = ""
    what: str
    sha256: str = ""
    path: str = ""  # below DATA_DIR; empty for a download that leaves no copy
    delete_by: date
    deleted: bool = False


class Setting(SQLModel, table=True):
    """A value that the running product keeps, such as the store's revision."""

    name: str = Field(primary_key=True)
    value: str = Field(sa_type=Text)


POLICY_VERSION = table_of(PolicyVersion)
ACCOUNT = table_of(Account)
SIGN_IN_TOKEN = table_of(SignInToken)
SIGN_IN_SESSION = table_of(SignInSession)
SIGN_IN_ATTEMPT = table_of(SignInAttempt)
AUDIT_ENTRY = table_of(AuditEntry)
ACCESS_ENTRY = table_of(AccessEntry)
EXPORT_ENTRY = table_of(ExportEntry)
SETTING = table_of(Setting)
