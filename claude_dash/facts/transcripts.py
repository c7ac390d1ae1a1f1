"""What was counted of session files: how far each was read, and each answer and edit once.

Nothing here is content: digests under the installation's key, counters, and names of models and
features. It is kept as long as the facts that it adds up to, since the same line may come again
at any time: in a fork, in a second copy of a folder, in a file that was written anew.
"""

from datetime import date
from typing import Any

from sqlalchemy import BigInteger, Index
from sqlmodel import Field, SQLModel

from claude_dash.facts.types import table_of

FEATURES = ("mcp_server", "skill", "plugin", "subagent")


def _digest() -> Any:  # noqa: ANN401 - a column
    return Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})


class SessionFile(SQLModel, table=True):
    """How far a file was read; file: digest of whose it is and of its path in the folder.

    offset: bytes of whole lines. size, modified_ns: of the file when it was read to its end, else
    0. proof: digest of the start and the end of what was read, which a file that was written anew
    does not have. seen_on: when it was met last.
    """

    __tablename__ = "session_file"
    __table_args__ = ({"sqlite_with_rowid": False},)
    connection_id: int = Field(primary_key=True)
    file: int = Field(primary_key=True, sa_type=BigInteger)
    offset: int = Field(default=0, sa_type=BigInteger)
    size: int = Field(default=0, sa_type=BigInteger)
    modified_ns: int = Field(default=0, sa_type=BigInteger)
    proof: int = Field(default=0, sa_type=BigInteger)
    seen_on: date


class SessionAnswer(SQLModel, table=True):
    """An answer of the API that was counted, by the digest of its ids; of one connection.

    run: of a subagent, or the session. hour_write_tokens: of the cache writes, those kept for an
    hour. is_fast: at another price than the list has. cost_listed: nanodollars by our prices, None
    without one. cost_estimated: what counts, the client's own where it can be told.
    """

    __tablename__ = "session_answer"
    __table_args__ = (
        Index("session_answer_by_day", "day", "connection_id", "who"),
        Index("session_answer_by_session", "session"),
    )
    answer: int = _digest()
    connection_id: int
    day: date
    who: int = Field(sa_type=BigInteger)
    session: int = Field(sa_type=BigInteger)
    run: int = Field(sa_type=BigInteger)
    setup: int
    model: str
    input_tokens: int = Field(default=0, sa_type=BigInteger)
    output_tokens: int = Field(default=0, sa_type=BigInteger)
    cache_read_tokens: int = Field(default=0, sa_type=BigInteger)
    cache_write_tokens: int = Field(default=0, sa_type=BigInteger)
    hour_write_tokens: int = Field(default=0, sa_type=BigInteger)
    is_fast: bool = False
    cost_listed: int | None = Field(default=None, sa_type=BigInteger)
    cost_estimated: int | None = Field(default=None, sa_type=BigInteger)
    mcp_server: str = ""
    skill: str = ""
    plugin: str = ""
    subagent: str = ""


def united(one: Any, other: Any) -> tuple[Any, dict[str, Any]]:  # noqa: ANN401 - lines or rows
    """Return which of two readings of one answer counts, and what of it both tell.

    Of growing snapshots the last is whole. A copy in a fork may name another session; which one
    counts does not depend on the order in which files are read.
    """
    is_first = (one.output_tokens, -one.session) >= (other.output_tokens, -other.session)
    both = {name: max(getattr(one, name), getattr(other, name)) for name in FEATURES}
    return one if is_first else other, {"day": min(one.day, other.day), **both}


class SessionChange(SQLModel, table=True):
    """An edit that was made or a pull request that was opened, by the digest of its id."""

    __tablename__ = "session_change"
    __table_args__ = (Index("session_change_by_day", "day", "connection_id", "who"),)
    change: int = _digest()
    connection_id: int
    day: date
    who: int = Field(sa_type=BigInteger)
    session: int = Field(sa_type=BigInteger)
    setup: int
    lines_added: int = Field(default=0, sa_type=BigInteger)
    lines_removed: int = Field(default=0, sa_type=BigInteger)
    pull_requests: int = Field(default=0, sa_type=BigInteger)


class SessionCost(SQLModel, table=True):
    """What the client said last of a session and model: tokens, and cost in nanodollars.

    cost: None where the client had no price and guessed one.
    """

    __tablename__ = "session_cost"
    __table_args__ = (Index("session_cost_by_day", "day"),)
    session: int = _digest()
    model: str = Field(primary_key=True)
    connection_id: int
    day: date
    who: int = Field(sa_type=BigInteger)
    input_tokens: int = Field(default=0, sa_type=BigInteger)
    output_tokens: int = Field(default=0, sa_type=BigInteger)
    cache_read_tokens: int = Field(default=0, sa_type=BigInteger)
    cache_write_tokens: int = Field(default=0, sa_type=BigInteger)
    cost: int | None = Field(default=None, sa_type=BigInteger)


SESSION_FILE = table_of(SessionFile)
SESSION_ANSWER = table_of(SessionAnswer)
SESSION_CHANGE = table_of(SessionChange)
SESSION_COST = table_of(SessionCost)
SESSION_TABLES = (SESSION_ANSWER, SESSION_CHANGE, SESSION_COST)
