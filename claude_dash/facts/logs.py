"""What was read of a bucket of logs: its objects, and the requests in them that were counted."""

from datetime import date
from typing import NamedTuple

from sqlalchemy import BigInteger, Column, Index, LargeBinary
from sqlmodel import Field, SQLModel

from claude_dash.facts.types import table_of


class Listed(NamedTuple):
    """An object as a bucket lists it; day: UTC, of its key; size: bytes as stored."""

    key: str
    day: date
    etag: str
    size: int


class LogObject(SQLModel, table=True):
    """One object of a log bucket, and what came of it.

    day: UTC, of its key. state: found, done, rejected (with the reason) or replaced (it changed
    after its records had been counted, and is not counted again).
    """

    __tablename__ = "log_object"
    connection_id: int = Field(primary_key=True)
    key: str = Field(primary_key=True)
    day: date
    etag: str = ""
    size: int = Field(default=0, sa_type=BigInteger)
    state: str = "found"
    reason: str = ""

    __table_args__ = (
        Index("log_object_by_state", "connection_id", "state", "day"),
        {"sqlite_with_rowid": False},
    )


class LogRequest(SQLModel, table=True):
    """The digest of a request id that was counted, for as long as it may be met again."""

    __tablename__ = "log_request"
    __table_args__ = (Index("log_request_by_day", "day"), {"sqlite_with_rowid": False})
    connection_id: int = Field(primary_key=True)
    request: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    day: date


LOG_OBJECT = table_of(LogObject)
LOG_REQUEST = table_of(LogRequest)
LOG_TABLES = (LOG_OBJECT, LOG_REQUEST)
