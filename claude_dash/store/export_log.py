"""The rows of the export log: what left, in which role, with which hash, and until when."""

from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Engine, select, update

from claude_dash.facts import tables as t

_log = t.EXPORT_ENTRY


@dataclass(frozen=True, slots=True)
class Exported:
    """One line of the log; path is below `DATA_DIR`, empty where no copy was kept."""

    id: int
    at: datetime
    actor: str
    role: str
    what: str
    sha256: str
    path: str
    delete_by: date
    deleted: bool


def note(
    engine: Engine,
    *,
    at: datetime,
    actor: str,
    role: str,
    what: str,
    sha256: str,
    path: str,
    delete_by: date,
) -> None:
    """Write one line into the log."""
    row = {
        "at": at,
        "actor": actor,
        "role": role,
        "what": what,
        "sha256": sha256,
        "path": path,
        "delete_by": delete_by,
        "deleted": False,
    }
    with engine.begin() as conn:
        conn.execute(_log.insert(), row)


def newest(engine: Engine, limit: int = 50) -> list[Exported]:
    """Return the newest lines of the log, newest first."""
    columns = [_log.c[name] for name in Exported.__slots__]
    with engine.connect() as conn:
        rows = conn.execute(select(*columns).order_by(_log.c.id.desc()).limit(limit)).all()
    return [Exported(*row) for row in rows]


def due(engine: Engine, today: date) -> list[tuple[int, str]]:
    """Return id and path of the copies whose day of deletion has come."""
    query = select(_log.c.id, _log.c.path).where(
        _log.c.delete_by <= today, _log.c.deleted.is_(False), _log.c.path != ""
    )
    with engine.connect() as conn:
        return [(row.id, row.path) for row in conn.execute(query)]


def mark_deleted(engine: Engine, ids: list[int]) -> None:
    """Note that the copies of these lines are gone."""
    if ids:
        with engine.begin() as conn:
            conn.execute(update(_log).where(_log.c.id.in_(ids)).values(deleted=True))
