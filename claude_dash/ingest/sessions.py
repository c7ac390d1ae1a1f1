"""Reading folders of session files: what each file has gained since it was read last."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Engine, Row

from claude_dash.clock import ONE_DAY, now, today
from claude_dash.config import Settings
from claude_dash.connections import session_files
from claude_dash.connections.session_files import Options
from claude_dash.errors import SourceError
from claude_dash.facts.identity import Identified
from claude_dash.facts.told import LATE_DATA, SOURCE
from claude_dash.ingest import session_days
from claude_dash.ingest.run import Outcome, Progress, Run
from claude_dash.ingest.session_batch import Batch, Counting
from claude_dash.ingest.session_days import REPORT
from claude_dash.rollup import roll_up
from claude_dash.sources.session_files import Found, Reader, blocks, digest, proof
from claude_dash.sources.session_folder import UNREADABLE, Entry, walk
from claude_dash.sources.texts import named
from claude_dash.store import retention, transcripts
from claude_dash.store.locks import hold
from claude_dash.store.vault import Vault

# Facts are told anew with each batch; of what is read only what is counted is held, 1 KB an item.
BATCH_ITEMS, BATCH_BYTES = 60_000, 512 * 2**20
FORGET = timedelta(days=30)  # after which a file that is gone is no longer known
NOBODYS = "a file that lies in nobody's folder"


@dataclass(slots=True)
class Taken:
    """What came of an import: lines that were taken, and why others were not, by reason."""

    accepted: int
    rejected: Counter[str] = field(default_factory=Counter)


def read_files(run: Run, since: date | None, until: date | None) -> None:
    """Read what is new in the folder of a connection; what was imported once is left alone.

    Files hold days in any order, so with `since` all of them are read again from their start.

    Raises:
        SourceError: The folder is not there.
    """
    options = Options.load(run.row.options)
    if not options.folder:
        return
    if since is not None:
        retention.reopen(run.engine, since, until or today() + ONE_DAY)
        with run.engine.begin() as connection:
            transcripts.forget_files(connection, run.row.id, date.max)
    folder = FolderReader(run, Path(options.folder), _naming(options.person))
    folder.read()
    if aside := folder.aside:
        run.outcome.rejected += aside.total()
        said = ", ".join(f"{reason} ({n})" for reason, n in sorted(aside.items()))
        run.outcome.error = {"code": "other", "message": f"Left out: {said}."}
    if not run.is_stopped:
        run.note(backfill_done=True)


def import_folder(
    engine: Engine,
    vault: Vault,
    settings: Settings,
    folder: Path,
    person: str,
    *,
    tell: Callable[[Progress], None] = lambda _: None,
) -> Taken:
    """Take in the session files of one person, once; what was taken before does not count again.

    Raises:
        ConfigError: The person is not given by address.
        SourceError: The folder is not there.
    """
    options = session_files.options_for(folder, person)
    _refuse_missing(Path(options.folder))
    row = session_files.imported(engine)
    with hold(engine, f"sync:{row.id}"):
        run = Run(engine, vault, settings, row, Outcome(row.name, row.kind), tell)
        taking = FolderReader(run, Path(options.folder), _naming(options.person))
        try:
            taking.read()
        finally:
            run.note(last_sync=now(), progress="")
            roll_up(engine, settings)
    return Taken(run.outcome.records, taking.rejects + taking.aside)


def _refuse_missing(folder: Path) -> None:
    """Raise when there is no folder: what is not mounted is not empty.

    Raises:
        SourceError: There is none.
    """
    if not folder.is_dir():
        message = "The folder is not there, or cannot be read."
        raise SourceError(message, "Mount it, or let us read it.", code="not_found")


def _naming(person: str) -> Callable[[Entry], Identified | None]:
    """Return what says whose a file is: the person's, or that of its first folder."""

    def by_folder(entry: Entry) -> Identified | None:
        if len(entry.parts) == 1:
            return None
        owner = named(entry.parts[0])
        if not owner:  # bytes that are no text, or too long for a name
            return None
        return Identified("email" if session_files.is_address(owner) else "configured", owner)

    return (lambda _: Identified("email", person)) if person else by_folder


class FolderReader:
    """Reads one folder for one run.

    Args:
        run: Over the connection.
        folder: Where the files are.
        owner: Says whose a file is.
    """

    def __init__(self, run: Run, folder: Path, owner: Callable[[Entry], Identified | None]) -> None:
        self._run = run
        self._folder = folder
        self._owner = owner
        self._key = run.vault.pseudonym_key
        options = Options.load(run.row.options)
        # One person's files are no source of the organisation.
        self._reason = SOURCE if options.folder and not options.person else LATE_DATA
        self._counting = Counting(run)
        self._batch = Batch()
        self._bytes = self._size = 0
        self._known: dict[int, Row[Any]] = {}
        self.aside: Counter[str] = Counter()  # files and folders
        self.rejects: Counter[str] = Counter()  # lines

    def read(self) -> None:
        """Read what every file has gained, and keep that its days are read.

        Raises:
            SourceError: The folder is not there.
        """
        began, number = now(), int(self._run.row.id)
        _refuse_missing(self._folder)
        with self._run.engine.connect() as connection:
            self._known = transcripts.files(connection, number)
        seen: set[int] = set()
        entries = list(walk(self._folder, self.aside))
        self._run.of = len(entries)
        for entry in entries:
            owner = self._owner(entry)
            if owner is None:
                self.aside[NOBODYS] += 1
                continue
            file = digest(self._key, f"file {owner.who(self._key)} {'/'.join(entry.parts)}")
            seen.add(file)
            try:
                self._read_file(entry.path, owner, file)
            except OSError:
                self.aside[UNREADABLE] += 1
            if self._run.is_stopped:
                break
            self._run.read += 1
        self._store()
        if self._run.is_stopped:
            return
        with self._run.engine.begin() as connection:
            transcripts.note_seen(connection, number, seen, today())
            transcripts.forget_files(connection, number, today() - FORGET)
            oldest = session_days.note_read(
                connection, number, self._counting.days, began, self._reason
            )
        self._run.note_report(
            REPORT, backfill_done=True, error_code="", error_message="", history_starts=oldest
        )

    def _read_file(self, path: Path, owner: Identified, file: int) -> None:
        known, before = self._known.get(file), path.stat()
        if known is not None and (known.size, known.modified_ns) == (
            before.st_size,
            before.st_mtime_ns,
        ):
            return
        with path.open("rb") as opened:
            offset = self._start(opened, known, before.st_size)
            found = self._found(owner)
            reader = Reader(found, self._key, file)
            end = offset
            for block, end in blocks(opened, offset, found.rejects):
                reader.take(block)
                self._bytes += len(block)
                self._size += len(block)
                if len(self._batch) >= BATCH_ITEMS or self._bytes >= BATCH_BYTES:
                    self._keep(opened, file, end, size=0, modified_ns=0)
                    self._store()
                    if not self._run.is_wanted():
                        return
                    found = self._found(owner)
                    reader.go_on(found)
            self._keep(opened, file, end, size=before.st_size, modified_ns=before.st_mtime_ns)

    def _start(self, opened: BinaryIO, known: Row[Any] | None, size: int) -> int:
        """Return where to go on; at the start of a file that was cut short or written anew."""
        if known is None or size < known.offset:
            return 0
        is_same = proof(opened, known.offset, self._key) == known.proof
        return int(known.offset) if is_same else 0

    def _found(self, owner: Identified) -> Found:
        return self._batch.found.setdefault(owner, Found())

    def _keep(
        self, opened: BinaryIO, file: int, offset: int, *, size: int, modified_ns: int
    ) -> None:
        self._batch.files[file] = {
            "connection_id": int(self._run.row.id),
            "file": file,
            "offset": offset,
            "size": size,
            "modified_ns": modified_ns,
            "proof": proof(opened, offset, self._key),
            "seen_on": today(),
        }

    def _store(self) -> None:
        batch, self._batch, self._bytes = self._batch, Batch(), 0
        if not batch.files:
            return
        with self._run.engine.begin() as connection:
            self._counting.store(connection, batch)
        for found in batch.found.values():
            self.rejects.update(found.rejects)
        self._run.told(max(self._counting.days, default=today()), self._size)
        self._run.show_early()
