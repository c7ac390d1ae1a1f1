"""Connecting folders of session files: one that is read again and again, or what was imported."""

from collections import Counter
from collections.abc import Collection
from dataclasses import asdict, dataclass, field
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, Row, select

from claude_dash.config import Settings
from claude_dash.connections.rows import (
    ADDED,
    COMMAND_LINE,
    Tested,
    refuse_taken,
    row_of,
    save_new,
    take_over,
)
from claude_dash.errors import ConfigError
from claude_dash.facts import tables as t
from claude_dash.sources.session_folder import UNREADABLE, walk
from claude_dash.store.audit import note

KIND = "sessions"
IMPORTED = "Session files"
MAX_ADDRESS_CHARS = 254
_CONNECTION = t.CONNECTION


@dataclass(frozen=True, slots=True)
class Options:
    """What a connection is told.

    folder: absolute; empty for what was imported once. person: the address of whose it is; without
    one each folder in it is one identity, by its name.
    """

    folder: str = field(default="", repr=False)
    person: str = field(default="", repr=False)

    def dump(self) -> str:
        """Return the options as they are stored."""
        return orjson.dumps(asdict(self)).decode()

    @classmethod
    def load(cls, stored: str) -> "Options":
        """Return stored options."""
        return cls(**orjson.loads(stored or "{}"))


def options_for(folder: Path, person: str = "") -> Options:
    """Return what a connection to a folder is told.

    Raises:
        ConfigError: The person is not given by address.
    """
    person = person.strip()
    if person and not is_address(person):
        message = "The person is given by address."
        raise ConfigError(message, "For example: --person person-1@example.com.")
    return Options(str(folder.expanduser().resolve()), person)


def is_address(name: str) -> bool:
    """Say whether a name can be a mail address."""
    local, at, domain = name.partition("@")
    is_plain = name.isprintable() and not any(map(str.isspace, name))
    return bool(local and at and "." in domain) and is_plain and len(name) <= MAX_ADDRESS_CHARS


def try_folder(name: str, options: Options) -> Tested:
    """Look at what a folder holds; no file is opened."""
    folder = Path(options.folder)
    if not folder.is_dir():
        error = {"code": "not_found", "message": "The folder is not there, or cannot be read."}
        return Tested(name, KIND, "unreachable", error=error)
    aside, files, owners = Counter[str](), 0, set[str]()
    for entry in walk(folder, aside):
        files += 1
        if len(entry.parts) > 1:
            owners.add(entry.parts[0])
    if not files and aside[UNREADABLE]:
        error = {"code": "missing_scope", "message": "Nothing in the folder can be read."}
        return Tested(name, KIND, "refused", error=error)
    found: dict[str, Any] = {"files": files}
    if not options.person:
        found["identities"] = len(owners)
        found["by_address"] = sum(map(is_address, owners))
    if aside:
        found["aside"] = dict(aside)
    return Tested(name, KIND, "ok", found)


def add(
    engine: Engine,
    settings: Settings,
    name: str,
    options: Options,
    *,
    test: bool = True,
    backfill_since: date | None = None,
    actor: str = COMMAND_LINE,
) -> Tested:
    """Look at a folder and save it under a name; what cannot be read is not saved.

    Raises:
        ConfigError: The name is taken or empty, or the folder is connected already.
    """
    name = " ".join(name.split())
    refuse_taken(engine, name)
    with engine.connect() as connection:
        _refuse_connected(connection, options)
    says = try_folder(name, options) if test else Tested(name, KIND, "ok")
    if says.status != "ok":
        return says
    with engine.begin() as connection:
        _refuse_connected(connection, options)
        _save(connection, name, options, backfill_since=backfill_since or settings.backfill_since)
        note(connection, actor, ADDED, f"{KIND} {name}")
    return says


def _save(connection: Connection, name: str, options: Options, **values: object) -> None:
    """Store a connection, and give it what one to the same folder left."""
    place = f"folder:{sha256(options.folder.encode()).hexdigest()}"  # its path may name somebody
    values |= {"organization_id": place, "options": options.dump()}
    take_over(connection, save_new(connection, KIND, name, **values), place)


def _refuse_connected(connection: Connection, options: Options) -> None:
    for row in _rows(connection):
        if Options.load(row.options).folder == options.folder:
            message = f"This folder is connected already, as {row.name}."
            raise ConfigError(message, "Remove that connection first.")


def _rows(connection: Connection) -> Collection[Row[Any]]:
    return connection.execute(
        select(_CONNECTION).where(_CONNECTION.c.kind == KIND).order_by(_CONNECTION.c.id)
    ).all()


def test(engine: Engine, name: str) -> Tested:
    """Look at a folder as it is stored.

    Raises:
        UnknownNameError: There is no such connection.
    """
    with engine.connect() as connection:
        options = Options.load(row_of(connection, name).options)
    return try_folder(name, options) if options.folder else Tested(name, KIND, "ok")


def imported(engine: Engine) -> Row[Any]:
    """Return the connection that what was imported belongs to; it is made when there is none."""
    with engine.begin() as connection:
        names = connection.execute(select(_CONNECTION.c.name)).scalars().all()
        for row in _rows(connection):
            if not Options.load(row.options).folder:
                return row
        taken, name, number = {one.casefold() for one in names}, IMPORTED, 1
        while name.casefold() in taken:
            number += 1
            name = f"{IMPORTED} {number}"
        _save(connection, name, Options(), backfill_done=True)
        note(connection, COMMAND_LINE, ADDED, f"{KIND} {name}")
        return row_of(connection, name)
