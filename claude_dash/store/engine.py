"""Open a store from its address: SQLite in WAL mode, or PostgreSQL, with the same behaviour."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, Engine, create_engine, event, insert, select, update
from sqlalchemy.engine import URL, make_url
from sqlalchemy.exc import ArgumentError, SQLAlchemyError
from sqlalchemy.pool import StaticPool

from claude_dash.errors import ConfigError, StoreBehindError, StoreError
from claude_dash.facts import tables as t
from claude_dash.store import migrations
from claude_dash.store.locks import hold

BUSY_TIMEOUT_S = 60
POOL_SIZE = 5
REVISION = "revision"  # setting: counts the roll-ups, so that caches know what is stale


def open_store(url: str) -> Engine:
    """Return an engine for a `sqlite:///` or `postgresql+psycopg://` address.

    On SQLite a transaction of `engine.begin()` takes the write lock at once and waits for it, so
    that two processes never fail with "database is locked"; `engine.connect()` reads without it.

    Raises:
        ConfigError: The address names another kind of database.
        StoreError: The folder of the file cannot be made.
    """
    hint = "Use sqlite:///FILE or postgresql+psycopg://USER@HOST/NAME."
    try:
        address = make_url(url)
    except ArgumentError:
        message = "CLAUDE_DASH_DATABASE_URL cannot be read."
        raise ConfigError(message, hint) from None
    match address.get_backend_name():
        case "sqlite":
            return _open_sqlite(address)
        case "postgresql":
            return create_engine(
                address.set(drivername="postgresql+psycopg"),
                pool_pre_ping=True,
                hide_parameters=True,
                pool_size=POOL_SIZE,
                max_overflow=2 * POOL_SIZE,
            )
    message = "CLAUDE_DASH_DATABASE_URL names a database that is not supported."
    raise ConfigError(message, hint)


def _open_sqlite(address: URL) -> Engine:
    options: dict[str, Any] = {
        "connect_args": {"timeout": BUSY_TIMEOUT_S},
        "hide_parameters": True,  # an error that is logged holds no address
    }
    if address.database in {None, "", ":memory:"}:
        options["poolclass"] = StaticPool
        options["connect_args"]["check_same_thread"] = False
    else:
        file = Path(address.database or "").absolute()
        try:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            if not file.exists():
                file.touch(mode=0o600)  # and with it the files that SQLite puts beside it
        except OSError:
            message = "The file of the store cannot be made."
            raise StoreError(message, "Set CLAUDE_DASH_DATA_DIR to a writable folder.") from None
    engine = create_engine(address, **options)
    event.listen(engine, "connect", _prepare)
    event.listen(engine, "begin", _begin)
    engine.begin = partial(_writing, engine)  # type: ignore[method-assign]
    return engine


def _prepare(connection: sqlite3.Connection, record: object) -> None:
    """Leave transactions to us, and set what holds for every connection."""
    del record
    connection.isolation_level = None
    for pragma in (
        "journal_mode=WAL",
        "synchronous=NORMAL",
        "foreign_keys=ON",
        "cache_size=-65536",
        "temp_store=MEMORY",
    ):
        connection.execute(f"PRAGMA {pragma}").close()


def _begin(connection: Connection) -> None:
    is_writing = connection.get_execution_options().get("writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_writing else "BEGIN")


@contextmanager
def _writing(engine: Engine) -> Iterator[Connection]:
    """Stand in for `Engine.begin`: the write lock is taken when the transaction starts."""
    with engine.connect() as connection, writing(connection):
        yield connection


@contextmanager
def writing(connection: Connection) -> Iterator[None]:
    """Write in one transaction of a connection, as `Engine.begin` does."""
    connection.execution_options(writes=True)
    if connection.dialect.name == "postgresql":
        connection.execution_options(isolation_level="READ COMMITTED")
    with connection.begin():
        yield


@contextmanager
def one_state(connection: Connection) -> Iterator[None]:
    """Read in one transaction of a connection that sees one state of the store, to its end."""
    connection.execution_options(writes=False)
    if connection.dialect.name == "postgresql":
        connection.execution_options(isolation_level="REPEATABLE READ")
    with connection.begin():
        yield


def is_in_memory(engine: Engine) -> bool:
    """Say whether a store ends with its process, and has one connection only."""
    return engine.dialect.name == "sqlite" and engine.url.database in {None, "", ":memory:"}


def migrate(engine: Engine) -> None:
    """Bring the schema up to this program's, one process at a time.

    Raises:
        StoreError: The store cannot be reached or written.
    """
    try:
        with hold(engine, "migrate"):
            migrations.upgrade(engine)
    except SQLAlchemyError as error:
        message = f"The store cannot be used ({type(error).__name__})."
        raise StoreError(message, "Check CLAUDE_DASH_DATABASE_URL and the disk.") from None


def check(engine: Engine) -> None:
    """Raise when the store cannot be reached or its schema is older than this program.

    Raises:
        StoreError: The store cannot be reached.
        StoreBehindError: `claude-dash migrate` has to run first.
    """
    try:
        with engine.connect() as connection:
            found = migrations.version(connection)
    except SQLAlchemyError as error:
        message = f"The store cannot be reached ({type(error).__name__})."
        raise StoreError(message, "Check CLAUDE_DASH_DATABASE_URL and the disk.") from None
    if found != migrations.head():
        message = "The schema of the store is not that of this program."
        raise StoreBehindError(message, "Run claude-dash migrate.")


def revision(connection: Connection) -> int:
    """Return how often releases were rebuilt: what was read at another revision is stale."""
    found = connection.execute(
        select(t.SETTING.c.value).where(t.SETTING.c.name == REVISION)
    ).scalar()
    return int(found or 0)


def bump(connection: Connection) -> None:
    """Count one more roll-up."""
    now = revision(connection) + 1
    changed = update(t.SETTING).where(t.SETTING.c.name == REVISION).values(value=str(now))
    if not connection.execute(changed).rowcount:
        connection.execute(insert(t.SETTING).values(name=REVISION, value=str(now)))
