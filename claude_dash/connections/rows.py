"""The stored row of a connection: found, made, and never made twice."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from sqlalchemy import Connection, Engine, Row, insert, select

from claude_dash.clock import now
from claude_dash.errors import ConfigError, UnknownNameError
from claude_dash.facts import tables as t
from claude_dash.facts.told import SOURCE
from claude_dash.people.changes import touch_open_weeks
from claude_dash.store import succession
from claude_dash.store.write import refuse_duplicates

ADDED = "connection added"
COMMAND_LINE = "command line"
Status = Literal["ok", "refused", "unreachable", "waiting"]
_CONNECTION = t.CONNECTION


@dataclass(frozen=True, slots=True)
class Tested:
    """What a test said, as scripts read it."""

    name: str
    kind: str
    status: Status
    found: Mapping[str, Any] = field(default_factory=dict)
    error: Mapping[str, str] | None = None


def row_of(connection: Connection, name: str) -> Row[Any]:
    """Return the stored row of a connection.

    Raises:
        UnknownNameError: There is no such connection.
    """
    rows = {row.name: row for row in connection.execute(select(_CONNECTION))}
    if name not in rows and not rows:
        message = f"There is no connection named {name!r}: nothing is connected yet."
        raise UnknownNameError(message, "Add one: claude-dash connect add console NAME.")
    if name not in rows:
        what = "connection"
        raise UnknownNameError.of(what, name, rows)
    return rows[name]


def save_new(connection: Connection, kind: str, name: str, **values: Any) -> int:  # noqa: ANN401 - columns of the table
    """Store a new connection and return its number, which nothing was ever kept under.

    Raises:
        ConfigError: The name is taken.
    """
    names = connection.execute(select(_CONNECTION.c.name)).scalars().all()
    refuse_duplicates(name, names, "connection")
    number = succession.unused_number(connection)
    row = {
        **({} if number is None else {"id": number}),
        "name": name,
        "kind": kind,
        "status": "ok",
        "organization_name": "",
        "key_tail": "",
        "options": "{}",
        "created_at": now(),
        "backfill_done": False,
        "error_code": "",
        "error_message": "",
        "progress": "",
        **values,
    }
    made = connection.execute(insert(_CONNECTION).values(**row).returning(_CONNECTION.c.id))
    return int(made.scalar_one())


def take_over(connection: Connection, number: int, organization_id: str) -> None:
    """Give a connection what removed ones of its organization left, and mark it for the roll-up."""
    if succession.inherit(connection, number, organization_id):
        touch_open_weeks(connection, SOURCE)


def refuse_connected(connection: Connection, organization_id: str, but: int = 0) -> None:
    """Raise when another connection reads the organization already.

    Raises:
        ConfigError: Naming that connection.
    """
    c = _CONNECTION.c
    query = select(c.name).where(c.organization_id == organization_id, c.id != but).limit(1)
    same = connection.execute(query).scalar() if organization_id else None
    if same is not None:
        message = f"This organization is connected already, as {same}."
        raise ConfigError(message, "Replace its key instead, so that nothing counts twice.")


def refuse_taken(engine: Engine, name: str) -> None:
    """Raise when a name is empty or taken.

    Raises:
        ConfigError: It is.
    """
    if not name:
        message = "A connection needs a name."
        raise ConfigError(message, "For example: Main organisation.")
    with engine.connect() as connection:
        names = connection.execute(select(_CONNECTION.c.name)).scalars().all()
    refuse_duplicates(name, names, "connection")
