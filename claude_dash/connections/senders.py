"""Connections that clients send to. A token takes the place of a key."""

from dataclasses import asdict, dataclass, field, replace
from datetime import timedelta
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, Row, update

from claude_dash.connections.rows import (
    ADDED,
    COMMAND_LINE,
    Tested,
    refuse_taken,
    row_of,
    save_new,
)
from claude_dash.errors import ConfigError, UnknownNameError
from claude_dash.facts import tables as t
from claude_dash.people.names import fault
from claude_dash.store import tokens
from claude_dash.store.audit import note

TELEMETRY, HOOKS = KINDS = ("telemetry", "hooks")
PERSON_KEY = "enduser.id"  # contract 11: the documented way for fleets without accounts
_CONNECTION = t.CONNECTION


@dataclass(frozen=True, slots=True)
class Options:
    """What a connection is told.

    person: the address of whose token it is, if it is one person's. person_key: the attribute that
    names a person where no account does. counts_events: whether events are counted, by whitelisted
    names and numbers. team: of whoever is seen through it and has no other.
    """

    person: str = field(default="", repr=False)
    person_key: str = PERSON_KEY
    counts_events: bool = False
    team: str = ""

    def dump(self) -> str:
        """Return the options as they are stored."""
        return orjson.dumps(asdict(self)).decode()

    @classmethod
    def load(cls, stored: str) -> "Options":
        """Return stored options."""
        return cls(**orjson.loads(stored or "{}"))


@dataclass(frozen=True, slots=True)
class Issued(Tested):
    """A new connection, or a new token of one; the token is told here and never again."""

    token: str = field(default="", repr=False)


def add(
    engine: Engine, kind: str, name: str, options: Options, *, actor: str = COMMAND_LINE
) -> Issued:
    """Save a connection and return its token; it waits until something arrives.

    Raises:
        UnknownNameError: The kind is not one that clients send to.
        ConfigError: The name is taken or empty, or an option cannot be used.
    """
    if kind not in KINDS:
        what = "kind of connection"
        raise UnknownNameError.of(what, kind, KINDS)
    name = " ".join(name.split())
    refuse_taken(engine, name)
    _check(options)
    with engine.begin() as connection:
        number = save_new(
            connection, kind, name, status="waiting", options=options.dump(), backfill_done=True
        )
        token = tokens.issue(connection, number)
        note(connection, actor, ADDED, f"{kind} {name}")
    return Issued(name, kind, "waiting", token=token)


def rotate(
    engine: Engine, name: str, overlap: timedelta = timedelta(), *, actor: str = COMMAND_LINE
) -> Issued:
    """Return a new token of a connection; older ones end after the overlap, without one at once.

    Raises:
        UnknownNameError: There is no such connection.
        ConfigError: Nobody sends to it.
    """
    with engine.begin() as connection:
        row = _sender(connection, name)
        token = tokens.issue(connection, row.id, overlap)
        note(connection, actor, "token rotated", name)
    return Issued(name, row.kind, row.status, token=token)


def revoke(engine: Engine, name: str, *, actor: str = COMMAND_LINE) -> None:
    """End every token of a connection now; what is sent with one is refused from then on.

    Raises:
        UnknownNameError: There is no such connection.
        ConfigError: Nobody sends to it.
    """
    with engine.begin() as connection:
        row = _sender(connection, name)
        tokens.revoke(connection, row.id)
        note(connection, actor, "tokens revoked", name)


def change(engine: Engine, name: str, *, actor: str = COMMAND_LINE, **values: Any) -> None:  # noqa: ANN401 - fields of Options
    """Change what a connection is told, for what arrives from then on.

    Raises:
        UnknownNameError: There is no such connection.
        ConfigError: Nobody sends to it, or an option cannot be used.
    """
    with engine.begin() as connection:
        row = _sender(connection, name)
        if row.kind == HOOKS and "counts_events" in values:
            message = f"{name} is sent hooks: their events are always counted by name."
            raise ConfigError(message, "Count events of a connection of the kind telemetry.")
        options = replace(Options.load(row.options), **values)
        _check(options)
        changed = update(_CONNECTION).where(_CONNECTION.c.id == row.id)
        connection.execute(changed.values(options=options.dump()))
        note(connection, actor, "connection changed", f"{name}: {', '.join(sorted(values))}")


def options_of(engine: Engine, name: str) -> Options:
    """Return what a connection is told.

    Raises:
        UnknownNameError: There is no such connection.
        ConfigError: Nobody sends to it.
    """
    with engine.connect() as connection:
        return Options.load(_sender(connection, name).options)


def tokens_of(engine: Engine, name: str) -> list[tokens.Token]:
    """Return the tokens of a connection, newest first, by their last characters.

    Raises:
        UnknownNameError: There is no such connection.
        ConfigError: Nobody sends to it.
    """
    with engine.connect() as connection:
        return tokens.of(connection, _sender(connection, name).id)


def _sender(connection: Connection, name: str) -> Row[Any]:
    row = row_of(connection, name)
    if row.kind not in KINDS:
        message = f"{name} is read with a key: nobody sends to it."
        raise ConfigError(message, "Telemetry and hooks have ingest tokens.")
    return row


def _check(options: Options) -> None:
    if options.person and "@" not in options.person:
        message = "The person of a token is given by address."
        raise ConfigError(message, "For example: person-1@example.com.")
    if wrong := fault(options.team):
        message = f"The name of the team {wrong}."
        raise ConfigError(message, "Choose another name.")
    if not options.person_key.strip():
        message = "The attribute that names a person is empty."
        raise ConfigError(message, f"Leave it out for {PERSON_KEY}.")
