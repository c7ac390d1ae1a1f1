"""What was taken of the things that clients send, so that nothing counts twice; never content."""

from datetime import date, datetime

from sqlalchemy import BigInteger, Column, Index, LargeBinary
from sqlmodel import Field, SQLModel

from claude_dash.facts.types import instant, table_of


class IngestToken(SQLModel, table=True):
    """A token with which clients send to a connection, by its hash; it was shown once.

    tail: its last characters, by which an admin knows it. expires_at: None while it is the newest.
    """

    __tablename__ = "ingest_token"
    digest: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    connection_id: int = Field(foreign_key="connection.id", index=True, ondelete="CASCADE")
    tail: str = ""
    created_at: datetime = instant()
    expires_at: datetime | None = instant(nullable=True)
    used_at: datetime | None = instant(nullable=True)


class SentPoint(SQLModel, table=True):
    """The digest of a data point or event that was counted, for as long as it may come again."""

    __tablename__ = "sent_point"
    __table_args__ = (Index("sent_point_by_hour", "hour"),)
    point: int = Field(
        primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False}
    )
    hour: int  # of arrival, since the epoch


class SentSeries(SQLModel, table=True):
    """A cumulative series of one start time, and the points of it that still matter.

    points: JSON [[nanoseconds, value], ...] by time; values are whole units of the fact's column.
    """

    __tablename__ = "sent_series"
    __table_args__ = (Index("sent_series_by_hour", "hour"),)
    series: int = Field(
        primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False}
    )
    points: str = "[]"
    hour: int = 0  # of the last arrival, since the epoch


class SentSession(SQLModel, table=True):
    """A session that was seen on a UTC day, by the digest of its id, for as long as it is needed.

    starts: of sessions without an id, how many began. is_active: it did something that day.
    """

    __tablename__ = "sent_session"
    __table_args__ = (
        Index("sent_session_by_id", "session"),
        Index("sent_session_by_day", "day"),
        {"sqlite_with_rowid": False},
    )
    connection_id: int = Field(primary_key=True)
    day: date = Field(primary_key=True)
    session: int = Field(primary_key=True, sa_type=BigInteger)
    who: int = Field(sa_type=BigInteger)
    starts: int = 0
    is_active: bool = False


class SentUse(SQLModel, table=True):
    """What hooks said of a session that nobody has named yet; it waits until telemetry names it.

    kind, feature: empty for the session itself, which did something. uses: None: how often is not
    said.
    """

    __tablename__ = "sent_use"
    __table_args__ = (Index("sent_use_by_session", "session"), {"sqlite_with_rowid": False})
    connection_id: int = Field(primary_key=True)
    day: date = Field(primary_key=True)
    session: int = Field(primary_key=True, sa_type=BigInteger)
    kind: str = Field(primary_key=True)
    feature: str = Field(primary_key=True)
    uses: int | None = None


INGEST_TOKEN = table_of(IngestToken)
SENT_POINT = table_of(SentPoint)
SENT_SERIES = table_of(SentSeries)
SENT_SESSION = table_of(SentSession)
SENT_USE = table_of(SentUse)
