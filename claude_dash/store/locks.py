"""Locks between processes that end with the process that holds them, however it ends."""

import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock

from filelock import FileLock, Timeout
from sqlalchemy import Connection, Engine, func, select

_IN_MEMORY: dict[str, Lock] = {}


@contextmanager
def hold(
    engine: Engine, name: str, *, wait: bool = True, is_shared: bool = False
) -> Iterator[bool]:
    """Hold a named lock of a store; yields whether it was got.

    A file beside a SQLite database, an advisory lock on PostgreSQL: the system frees both when
    a process is killed, so nothing stale is ever left.

    Args:
        engine: The store.
        name: What is locked, for example `sync:3`.
        wait: Wait for whoever holds it; else yield False at once.
        is_shared: Others may share it, on PostgreSQL; nobody holds it alone meanwhile.
    """
    if engine.dialect.name == "postgresql":
        with _advisory(engine, name, wait=wait, is_shared=is_shared) as got:
            yield got
    elif engine.url.database in {None, "", ":memory:"}:
        lock = _IN_MEMORY.setdefault(f"{id(engine)}:{name}", Lock())
        got = lock.acquire(blocking=wait)
        try:
            yield got
        finally:
            if got:
                lock.release()
    else:
        with _file(Path(str(engine.url.database)), name, wait=wait) as got:
            yield got


def take_turns(connection: Connection, name: str) -> None:
    """Let one transaction at a time pass here, until it ends; on SQLite one at a time writes."""
    if connection.dialect.name == "postgresql":
        connection.execute(select(func.pg_advisory_xact_lock(_number(name))))


def _number(name: str) -> int:
    return zlib.crc32(f"claude-dash:{name}".encode())


@contextmanager
def _file(database: Path, name: str, *, wait: bool) -> Iterator[bool]:
    folder = database.absolute().with_name(f"{database.name}.locks")
    folder.mkdir(mode=0o700, exist_ok=True)
    lock = FileLock(folder / f"{name.replace(':', '-')}.lock", timeout=-1 if wait else 0)
    try:
        lock.acquire(poll_interval=0.02)
    except Timeout:
        yield False
        return
    try:
        yield True
    finally:
        lock.release()


@contextmanager
def _advisory(engine: Engine, name: str, *, wait: bool, is_shared: bool) -> Iterator[bool]:
    lock = func.pg_advisory_lock_shared if is_shared else func.pg_advisory_lock
    trying = func.pg_try_advisory_lock_shared if is_shared else func.pg_try_advisory_lock
    unlock = func.pg_advisory_unlock_shared if is_shared else func.pg_advisory_unlock
    number = _number(name)
    # A transaction of its own would keep old row versions alive for as long as the lock is held.
    with engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        if wait:
            connection.execute(select(lock(number)))
            got = True
        else:
            got = bool(connection.execute(select(trying(number))).scalar())
        try:
            yield got
        finally:
            if got:
                connection.execute(select(unlock(number)))
