"""Reading a bucket of invocation logs: list days, newest first, and count what their objects hold.

Several processes may read one bucket into one PostgreSQL store: one of them lists, all of them take
objects that nobody else holds, and whoever is left finishes what another one left behind.
"""

import time
from collections.abc import Collection, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from itertools import islice

from sqlalchemy import Connection, Engine
from sqlalchemy.exc import DBAPIError

from claude_dash.clock import ONE_DAY, days, now, today, week_of
from claude_dash.connections.bedrock import learn
from claude_dash.connections.bedrock_options import Options
from claude_dash.errors import SourceAuthError, SourceError, SourceObjectError
from claude_dash.facts.logs import Listed
from claude_dash.ingest import bedrock_days
from claude_dash.ingest.bedrock_batch import Counting, ReadObject
from claude_dash.ingest.bedrock_days import REPORT
from claude_dash.ingest.run import Run
from claude_dash.sources.aws import LogBucket
from claude_dash.sources.bedrock_log import BrokenObject, read_object
from claude_dash.sources.client import Transport
from claude_dash.store import invocations, objects, retention
from claude_dash.store.checkpoints import reads, state
from claude_dash.store.locks import hold
from claude_dash.store.overrides import follow_list
from claude_dash.store.seals import sealed_weeks

IN_FLIGHT = 32  # requests at a time: a small object takes longer to come than to count
BATCH_OBJECTS, BATCH_BYTES = 256, 4 * 2**20  # stored; without bodies thirty times so much text
LISTED_AT_ONCE = 5_000  # objects: a day may have some hundred thousand, or a few
KNOWN_DAYS = 7  # for so long after its day a request is recognised, copies of objects included
POLL_S = 0.2  # while others hold what is left
TRIES = 4  # of a batch whose rows another process changed at the same time


def read_bucket(
    run: Run, since: date | None, until: date | None, transport: Transport | None = None
) -> None:
    """Read what is new in the bucket of a connection.

    Raises:
        SourceError: It could not be read.
        ConfigError: What is stored of the connection cannot be used.
    """
    options = Options.load(run.row.options)
    follow_list(run.engine)
    counting = Counting(run, options)
    bucket = LogBucket(options.access(transport), connections=IN_FLIGHT)
    try:
        if run.row.status == "waiting":
            bucket.list_accounts()
            learn(run.engine, run.row.name, bucket.region)
        LogReader(run, bucket, counting, since, until).read()
    finally:
        bucket.close()
        run.outcome.requests, run.outcome.retries = bucket.requests, bucket.retries
        if bucket.region != options.region:
            learn(run.engine, run.row.name, bucket.region)


@dataclass(frozen=True, slots=True)
class _Batch:
    """Objects that are being fetched, and the connection that holds them."""

    connection: Connection
    taken: list[Listed]
    reads: list[Future[ReadObject | SourceError]]

    def drop(self, other: "_Batch | None") -> None:
        """Give the objects back, and those of another batch."""
        for one in (self, other):
            if one is not None:
                for read in one.reads:
                    read.cancel()
                one.connection.close()


class LogReader:
    """Reads one bucket for one run.

    Args:
        run: Over the connection.
        bucket: Where the objects are.
        counting: What they come to.
        since: The first day to list, by key; None for what is new.
        until: The day before which to stop.
    """

    def __init__(
        self,
        run: Run,
        bucket: LogBucket,
        counting: Counting,
        since: date | None = None,
        until: date | None = None,
    ) -> None:
        self._run = run
        self._bucket = bucket
        self._counting = counting
        self._since, self._until = since, until
        self._is_whole = since is None and until is None
        self._began = now()
        self._listed_at: datetime | None = None  # by ourselves
        self._engine: Engine = run.engine
        self._number = int(run.row.id)
        self._bytes = 0

    def read(self) -> None:
        """Read every object that is new; return when none is left, whoever read it.

        Raises:
            SourceError: The bucket could not be read.
        """
        if self._since is not None:
            retention.reopen(self._engine, self._since, self._until or today() + ONE_DAY)
        with ThreadPoolExecutor(IN_FLIGHT) as pool:
            while self._run.is_wanted():
                self._list(pool)
                self._count_all(pool)
                if self._is_over():
                    break
                time.sleep(POLL_S)  # others hold what is left, and may leave it
        if not self._run.is_stopped:
            self._finish()

    # --- listing ---------------------------------------------------------------------------------

    def _list(self, pool: ThreadPoolExecutor) -> None:
        """List what is new, unless another process does or did since we began."""
        with hold(self._engine, f"list:{self._number}", wait=False) as got:
            if not got or self._listing() is not None:
                return
            began, listed = now(), list[date]()
            self._run.is_listed = False
            for day, folders in self._folders():
                for folder in folders:
                    self._keep(folder)
                listed.append(day)
                if self._left() >= LISTED_AT_ONCE:
                    self._count_all(pool)
                    self._note_days(listed, began)
                    self._run.show_early()
                    listed = []
                if not self._run.is_wanted():
                    return
            self._run.is_listed = True
            self._count_all(pool)
            self._note_days(listed, began)
            self._listed_at = began
            if self._is_whole:
                self._run.note_report(REPORT, covers_until=began)

    def _keep(self, folder: str) -> None:
        """Keep which objects a folder has, some at a time."""
        recounts = today() - timedelta(days=KNOWN_DAYS - 1)  # it may hold records of a day before
        listed = self._bucket.objects(folder)
        while some := [*islice(listed, LISTED_AT_ONCE)]:
            with self._engine.begin() as connection:
                self._run.of += objects.take(connection, self._number, some, recounts)

    def _folders(self) -> Iterator[tuple[date, list[str]]]:
        """Yield the days to list, newest first.

        Once history was read these are the ones that may still grow, those with objects that were
        set aside, and those never seen: replication may bring older days later.
        """
        found = self._bucket.folders()
        with self._engine.connect() as connection:
            sealed = sealed_weeks(connection)
            # Keys may name any day, and every day between two of them is noted as read.
            first = max(self._first(), bedrock_days.FIRST_DAY)
            until = min(self._until or date.max, today() + 2 * ONE_DAY)
            inside = [day for day in found if first <= day < until]
            if self._is_whole:
                inside = bedrock_days.growing(connection, self._number, inside)
        for day in sorted(inside, reverse=True):
            if week_of(day) not in sealed:
                yield day, found[day]

    def _first(self) -> date:
        row, settings = self._run.row, self._run.settings
        return self._since or row.backfill_since or settings.backfill_since or date.min

    def _listing(self) -> datetime | None:
        """Return when what is there was listed, by us, or since we began by anybody."""
        if self._listed_at is not None or not self._is_whole:
            return self._listed_at
        with self._engine.connect() as connection:
            until = state(connection, self._number, REPORT).covers_until
        return until if until is not None and until >= self._began else None

    def _is_over(self) -> bool:
        return self._listing() is not None and not self._left()

    def _left(self) -> int:
        with self._engine.connect() as connection:
            return objects.waiting(connection, self._number)

    # --- counting --------------------------------------------------------------------------------

    def _count_all(self, pool: ThreadPoolExecutor) -> None:
        """Read and count every object that nobody else holds; one batch comes while one is stored.

        Raises:
            SourceError: The bucket could not be read.
        """
        failed, ahead = 0, self._claim(pool, ()) if self._run.is_wanted() else None
        while ahead is not None:
            batch, ahead = ahead, None
            try:
                if self._run.is_wanted():
                    ahead = self._claim(pool, [one.key for one in batch.taken])
                self._store(batch)
            except DBAPIError:  # another process counted the same person or request meanwhile
                failed += 1
                if failed >= TRIES:
                    batch.drop(ahead)
                    raise
            except BaseException:
                batch.drop(ahead)
                raise
            if ahead is None and self._run.is_wanted():
                ahead = self._claim(pool, ())

    def _claim(self, pool: ThreadPoolExecutor, held: Collection[str]) -> _Batch | None:
        """Take some objects, and have them fetched; None when there are none to take.

        Where rows can be locked they stay so until what they hold is stored; elsewhere one process
        reads, and `held` are the keys that it has taken already.
        """
        connection = self._engine.connect()
        taken = objects.claim(connection, self._number, BATCH_OBJECTS, BATCH_BYTES, held)
        if not taken or self._engine.dialect.name != "postgresql":
            connection.close()
        return (
            _Batch(connection, taken, [pool.submit(self._fetch, one) for one in taken])
            if taken
            else None
        )

    def _store(self, batch: _Batch) -> None:
        read = [one.result() for one in batch.reads]
        _refuse_all(read)
        whole = [one for one in read if isinstance(one, ReadObject)]
        with _storing(self._engine, batch.connection) as connection:
            self._counting.store(connection, whole)
            self._forget(connection, batch.taken[-1].day)
        self._tell(batch.taken)

    def _fetch(self, listed: Listed) -> ReadObject | SourceError:
        """Return what an object holds; every trouble is an answer, so that no other is lost."""
        account = self._bucket.account_of(listed.key)
        gone = ReadObject(listed, listed.etag, account, None, objects.REJECTED, objects.GONE)
        try:
            found = self._bucket.get(listed.key)
            if found is None:
                return gone
            calls = read_object(
                found.chunks, is_gzip=listed.key.endswith(".gz"), keys=self._counting.keys
            )
        except BrokenObject as error:
            return replace(gone, reason=error.reason)
        except SourceObjectError as error:
            is_denied = error.code == "missing_scope"
            return replace(
                gone,
                state=objects.REFUSED,
                reason=error.message,
                hint=error.hint,
                is_denied=is_denied,
            )
        except SourceError as error:
            return error
        return ReadObject(listed, found.etag, account, calls)

    def _forget(self, connection: Connection, day: date) -> None:
        """Drop requests that are not met again: neither lately nor where anybody still reads."""
        recent = today() - timedelta(days=KNOWN_DAYS)
        reached = max(day, objects.last_waiting(connection, self._number) or day)
        past = reached + timedelta(days=KNOWN_DAYS)
        invocations.forget(connection, self._number, recent, past)

    def _tell(self, taken: list[Listed]) -> None:
        self._run.read += len(taken)
        self._run.of = max(self._run.of, self._run.read)
        self._bytes += sum(one.size for one in taken)
        self._run.told(taken[-1].day, self._bytes)

    # --- what is known then ----------------------------------------------------------------------

    def _note_days(self, when: Iterable[date], began: datetime) -> None:
        """Keep that days are read, once no object of them or of a later day is left."""
        with self._engine.begin() as connection:
            first = min(when, default=None)
            if first is not None and not objects.waiting(connection, self._number, first):
                bedrock_days.note_read(connection, self._number, when, began)

    def _finish(self) -> None:
        """Keep that every day up to today is read, those without an object too."""
        listed = self._listing() or self._began
        with self._engine.begin() as connection:
            invocations.forget(connection, self._number, today() - timedelta(days=KNOWN_DAYS))
            read = reads(connection, self._number, REPORT)
            oldest = bedrock_days.oldest(connection, self._number)
        if oldest is not None:
            late = listed.date() - bedrock_days.LATE
            inside = days(max(oldest, self._first()), self._until or today() + ONE_DAY)
            again = [day for day in inside if not self._is_whole or day >= late or day not in read]
            self._note_days(again, listed)
        if self._is_whole:
            self._run.note_report(
                REPORT, backfill_done=True, error_code="", error_message="", history_starts=oldest
            )
            self._run.note(backfill_done=True)


def _refuse_all(read: list[ReadObject | SourceError]) -> None:
    """Raise when nothing can be read: a failure of the whole source, or objects that all refuse.

    Raises:
        SourceError: The source's, or that of the objects.
    """
    for one in read:
        if isinstance(one, SourceError):
            raise one
    denied = [one for one in read if isinstance(one, ReadObject) and one.is_denied]
    if len(denied) == len(read) > 1:
        raise SourceAuthError(denied[0].reason, denied[0].hint, code="missing_scope")


@contextmanager
def _storing(engine: Engine, claiming: Connection) -> Iterator[Connection]:
    """Yield the transaction in which a batch is stored: that of the claim, where it holds rows."""
    if engine.dialect.name == "postgresql":
        with claiming:  # what is not committed is undone, and others may take the objects
            yield claiming
            claiming.commit()
    else:
        with engine.begin() as connection:
            yield connection
