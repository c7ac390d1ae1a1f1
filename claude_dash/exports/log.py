"""The export log and our copies of what left; a copy is deleted on its day."""

import hashlib
from datetime import date, timedelta
from pathlib import Path

from sqlalchemy import Engine

from claude_dash import clock
from claude_dash.access.readers import Reader
from claude_dash.store import export_log
from claude_dash.store.export_log import Exported

RETENTION_EXPORT_DAYS = 90  # A6
FOLDER = "exports"


def delete_by() -> date:
    """Return the day on which a copy made today is deleted."""
    return clock.today() + timedelta(days=RETENTION_EXPORT_DAYS)


def record(engine: Engine, reader: Reader, what: str, content: bytes, data_dir: Path) -> None:
    """Keep a copy of `content` under `data_dir` until its day, and write it into the log.

    Args:
        engine: The store.
        reader: Who exports.
        what: The file's name, such as `weekly-2026-W46.zip`; it names no group.
        content: The bytes handed over.
        data_dir: The data folder; copies whose day has come are deleted from it first.
    """
    delete_due(engine, data_dir)
    digest = hashlib.sha256(content).hexdigest()
    now = clock.now()
    path = Path(FOLDER) / f"{now:%Y%m%dT%H%M%S%f}-{what}"
    whole = data_dir / path
    whole.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    whole.touch(mode=0o600)
    whole.write_bytes(content)
    export_log.note(
        engine,
        at=now,
        actor=reader.name,
        role=str(reader.role),
        what=what,
        sha256=digest,
        path=path.as_posix(),
        delete_by=delete_by(),
    )


def due(engine: Engine) -> list[str]:
    """Return the names of the copies that `delete_due` would delete."""
    return [Path(path).name for _, path in export_log.due(engine, clock.today())]


def delete_due(engine: Engine, data_dir: Path) -> int:
    """Delete the copies whose day has come; return how many there were."""
    found = export_log.due(engine, clock.today())
    for _, path in found:
        (data_dir / path).unlink(missing_ok=True)
    export_log.mark_deleted(engine, [entry for entry, _ in found])
    return len(found)


def earlier(engine: Engine) -> list[Exported]:
    """Return the newest exports, newest first."""
    return export_log.newest(engine)
