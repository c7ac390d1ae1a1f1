"""Reading a bucket of invocation logs: list days, newest first, and count what their objects hold.

Several processes may read one bucket into one PostgreSQL store: one of them lists, all of them take
objects that nobody else holds, and whoever is left finishes what another one left behind.
"""

import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Protocol

from sqlalchemy import Connection, Engine, delete, func, insert, select
from sqlalchemy.exc import DBAPIError

from claude_dash.clock import ONE_DAY, days, now, today, week_of
from claude_dash.errors import SourceError
from claude_dash.facts import tables as t
from claude_dash.ingest.bedrock_batch import REPORT, Counting, ReadObject
from claude_dash.ingest.run import Run
from claude_dash.sources.bedrock_log import BrokenObject, read_object
from claude_dash.store import invocations, objects, retention
from claude_dash.store.checkpoints import state
from claude_dash.store.locks import hold
from claude_dash.store.objects import Listed
from claude_dash.store.seals import sealed_weeks

IN_FLIGHT = 24  # requests at a time: a small object takes longer to come than to count
BATCH_OBJECTS, BATCH_BYTES = 256, 16 * 2**20
LATE_DAYS = 3  # for so long after its end an object of a day may still come
KNOWN_DAYS = 7  # for so long after its day a request is recognised, copies of objects included
POLL_S = 0.2  # while others hold what is left
TRIES = 4  # of a batch whose rows another process changed at the same time


class Fetched(Protocol):
    """An object on its way: the ETag that it has now, and its bytes."""

    etag: str
    chunks: Iterable[bytes]


class Bucket(Protocol):
    """A bucket of logs."""

    def folders(self) -> dict[date, list[str]]:
        """Return the folders of each UTC day that there are."""

    def objects(self, folder: str) -> Iterator[Listed]:
        """Yield the log objects of a folder."""

    def get(self, key: str) -> Fetched | None:
        """Return an object; None when it is gone."""

    def account_of(self, key: str) -> str:
        """Return the account that a key names."""


class LogReader:
    """Reads one bucket for one run."""

    def __init__(self, run: Run, bucket: Bucket, counting: Counting) -> None:
        self._run = run
        self._bucket = bucket
        self._counting = counting
        self._began = now()
        self._engine: Engine = run.engine
        self._number = int(run.row.id)
        self._bytes = 0

    def read(self, since: date | None, until: date | None) -> None:
        """Read every object that is new; return when none is left, whoever read it.

        Raises:
            SourceError: The bucket could not be read.
        """
        if since is not None:
            retention.reopen(self._engine, since, until or today() + ONE_DAY)
        with ThreadPoolExecutor(IN_FLIGHT) as pool:
            while self._run.is_wanted():
                self._list(pool, since, until)
                while self._take(pool):
                    pass
                if self._is_over():
                    break
                time.sleep(POLL_S)
        if not self._run.is_stopped:
            self._finish(is_whole=since is None and until is None)

    # --- listing ---------------------------------------------------------------------------------

    def _list(self, pool: ThreadPoolExecutor, since: date | None, until: date | None) -> None:
        """List what is new, unless another process does or did since we began."""
        with hold(self._engine, f"list:{self._number}", wait=False) as got:
            if not got or self._was_listed():
                return
            began = now()
            for day, folders in self._folders(since, until):
                with self._engine.begin() as connection:
                    recounts = today() - timedelta(days=KNOWN_DAYS)
                    for folder in folders:
                        listed = self._bucket.objects(folder)
                        self._run.of += objects.take(connection, self._number, listed, recounts)
                while self._take(pool):
                    pass
                if not self._run.is_wanted():
                    return
                self._note_days(day, began)
                if day == week_of(day):
                    self._run.show_early()
            self._run.note_report(REPORT, covers_until=began)

    def _folders(self, since: date | None, until: date | None) -> Iterator[tuple[date, list[str]]]:
        """Yield the days to list, newest first; once history was read, those that may grow."""
        with self._engine.connect() as connection:
            known = state(connection, self._number, REPORT)
            sealed = sealed_weeks(connection)
        first = since or self._run.row.backfill_since or self._run.settings.backfill_since
        if since is None and known.backfill_done and known.covers_until:
            first = known.covers_until.date() - timedelta(days=LATE_DAYS)
        found = self._bucket.folders()
        for day in sorted(found, reverse=True):
            is_inside = (first is None or day >= first) and (until is None or day < until)
            if is_inside and week_of(day) not in sealed:
                yield day, found[day]

    def _was_listed(self) -> bool:
        with self._engine.connect() as connection:
            until = state(connection, self._number, REPORT).covers_until
        return until is not None and until >= self._began

    def _is_over(self) -> bool:
        with self._engine.connect() as connection:
            left = objects.waiting(connection, self._number)
        return self._was_listed() and not left

    # --- counting --------------------------------------------------------------------------------

    def _take(self, pool: ThreadPoolExecutor) -> bool:
        """Read and count one batch; return whether there was one."""
        for number in range(1, TRIES + 1):
            try:
                return self._take_once(pool)
            except DBAPIError:  # another process counted the same person or request meanwhile
                if number == TRIES:
                    raise
        return False

    def _take_once(self, pool: ThreadPoolExecutor) -> bool:
        with _claiming(self._engine) as connection:
            taken = objects.claim(connection, self._number, BATCH_OBJECTS, BATCH_BYTES)
            if not taken:
                return False
            read = list(pool.map(self._fetch, taken))
            refused = [one for one in read if isinstance(one, SourceError)]
            if len(refused) == len(read) or any(one.retry for one in refused):
                raise refused[0]
            whole = [
                _unreadable(listed, one) if isinstance(one, SourceError) else one
                for listed, one in zip(taken, read, strict=True)
            ]
            with _storing(self._engine, connection) as writing:
                self._counting.store(writing, whole)
                self._forget(writing, taken[-1].day)
        self._tell(taken)
        return True

    def _fetch(self, listed: Listed) -> ReadObject | SourceError:
        """Return what an object holds; every trouble is an answer, so that no other is lost."""
        account = self._bucket.account_of(listed.key)
        try:
            found = self._bucket.get(listed.key)
            if found is None:
                return ReadObject(listed, listed.etag, account, None, objects.GONE)
            calls = read_object(found.chunks, is_gzip=listed.key.endswith(".gz"))
        except BrokenObject as error:
            return ReadObject(listed, listed.etag, account, None, error.reason)
        except SourceError as error:
            return error
        return ReadObject(listed, found.etag, account, calls)

    def _forget(self, connection: Connection, reached: date) -> None:
        """Drop requests that are not met again: neither lately nor where reading has got to."""
        recent = today() - timedelta(days=KNOWN_DAYS)
        invocations.forget(connection, self._number, recent, reached + timedelta(days=KNOWN_DAYS))

    def _tell(self, taken: list[Listed]) -> None:
        self._run.read += len(taken)
        self._run.of = max(self._run.of, self._run.read)
        self._bytes += sum(one.size for one in taken)
        self._run.told(taken[-1].day, self._bytes)

    # --- what is known then ----------------------------------------------------------------------

    def _note_days(self, day: date, began: datetime) -> None:
        """Keep that a day is read, once no object of it or of a later day is left."""
        with self._engine.begin() as connection:
            if not objects.waiting(connection, self._number, day):
                note_read(connection, self._number, [day], began)

    def _finish(self, *, is_whole: bool) -> None:
        """Keep that every day up to today is read, those without an object too."""
        with self._engine.begin() as connection:
            first = objects.first_day(connection, self._number)
            known = state(connection, self._number, REPORT)
            if first is not None and known.covers_until is not None:
                late = known.covers_until.date() - timedelta(days=LATE_DAYS)
                unread = _unread(connection, self._number, days(first, today() + ONE_DAY))
                lately = days(max(first, late), today() + ONE_DAY)
                note_read(connection, self._number, {*unread, *lately}, known.covers_until)
            invocations.forget(connection, self._number, today() - timedelta(days=KNOWN_DAYS))
        if is_whole:
            starts = {"history_starts": first} if first else {}
            self._run.note_report(
                REPORT, backfill_done=True, error_code="", error_message="", **starts
            )
            self._run.note(backfill_done=True)


def note_read(connection: Connection, number: int, when: Iterable[date], read_at: datetime) -> None:
    """Keep that some days are read, and how much they hold; sealed days stay as they are."""
    read, fact, sealed = t.DAY_READ, t.INVOCATION_DAY.c, sealed_weeks(connection)
    for day in sorted(when):
        if week_of(day) in sealed:
            continue
        where = (read.c.connection_id == number, read.c.report == REPORT, read.c.day == day)
        held = select(func.count(), func.coalesce(func.sum(fact.requests), 0)).where(
            fact.connection_id == number, fact.day == day
        )
        facts, requests = connection.execute(held).one()
        connection.execute(delete(read).where(*where))
        connection.execute(
            insert(read).values(
                connection_id=number, report=REPORT, day=day, read_at=read_at,
                records=int(requests), rejected=0, facts=facts,
            )
        )  # fmt: skip


def _unread(connection: Connection, number: int, when: Iterable[date]) -> list[date]:
    c = t.DAY_READ.c
    query = select(c.day).where(c.connection_id == number, c.report == REPORT)
    known = set(connection.execute(query).scalars())
    return [day for day in when if day not in known]


def _unreadable(listed: Listed, error: SourceError) -> ReadObject:
    """Return a single object that is refused; when all are, the source is."""
    return ReadObject(listed, listed.etag, "", None, error.message)


@contextmanager
def _claiming(engine: Engine) -> Iterator[Connection]:
    """Yield a transaction that holds what it claims; on SQLite one that only reads."""
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            yield connection
    else:
        with engine.connect() as connection:
            yield connection


@contextmanager
def _storing(engine: Engine, claiming: Connection) -> Iterator[Connection]:
    """Yield the transaction in which a batch is stored: that of the claim, where it holds rows."""
    if engine.dialect.name == "postgresql":
        yield claiming
    else:
        claiming.rollback()  # it saw the store as it was, and would keep old pages alive
        with engine.begin() as connection:
            yield connection
