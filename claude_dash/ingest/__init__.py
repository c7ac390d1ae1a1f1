"""The loop: read, normalize, write, checkpoint, roll up; newest day first."""

import logging
import time
from collections.abc import Callable, Sequence
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from sqlalchemy import Engine, Row, or_, select

from claude_dash import log
from claude_dash.clock import now, today
from claude_dash.config import Settings
from claude_dash.connections.rows import row_of
from claude_dash.connections.senders import KINDS as SENT_KINDS
from claude_dash.errors import ClaudeDashError, SourceAuthError, SourceError
from claude_dash.facts import tables as t
from claude_dash.ingest.run import Outcome, Progress, Run
from claude_dash.ingest.sessions import read_files
from claude_dash.rollup import roll_up
from claude_dash.store import retention
from claude_dash.store.locks import hold
from claude_dash.store.vault import Vault

if TYPE_CHECKING:
    from claude_dash.sources.client import Transport

__all__ = ["Outcome", "Progress", "sync"]
BACKFILL_PATIENCE = timedelta(days=7)
_CONNECTION = t.CONNECTION
_LOGGER = logging.getLogger(__name__)


def sync(
    engine: Engine,
    vault: Vault,
    settings: Settings,
    *,
    names: Sequence[str] = (),
    since: date | None = None,
    until: date | None = None,
    progress: Callable[[Progress], None] | None = None,
    transport: "Transport | None" = None,
) -> list[Outcome]:
    """Read what is new of some connections, or of all; return what came of each.

    A failed source does not stop the others. A second sync of a connection waits for the first.

    Args:
        engine: The store.
        vault: Where the keys are.
        settings: Limits, and how far back to read.
        names: Connections; a paused one that is named is tried once.
        since: Read every day again from this one on.
        until: Up to this day, exclusive.
        progress: Called as days are read.
        transport: Stands in for the network, for the demo and for tests.

    Raises:
        UnknownNameError: A name is not known.
    """
    with engine.connect() as connection:
        if names:
            rows = [row_of(connection, name) for name in dict.fromkeys(names)]
        else:
            rows = list(connection.execute(select(_CONNECTION).order_by(_CONNECTION.c.id)))
    outcomes = [
        _sync_one(
            engine,
            vault,
            settings,
            row,
            is_named=bool(names),
            since=since,
            until=until,
            tell=progress or (lambda _: None),
            transport=transport,
        )
        for row in rows
    ]
    purge(engine, settings)
    return outcomes


def _sync_one(
    engine: Engine,
    vault: Vault,
    settings: Settings,
    row: Row[Any],
    *,
    is_named: bool,
    since: date | None,
    until: date | None,
    tell: Callable[[Progress], None],
    transport: "Transport | None",
) -> Outcome:
    outcome = Outcome(row.name, row.kind)
    started = time.monotonic()
    # Processes share the objects of a bucket; where they cannot, the second waits.
    with hold(engine, f"sync:{row.id}", is_shared=row.kind == "bedrock"):
        with engine.connect() as connection:
            fresh = connection.execute(
                select(_CONNECTION).where(_CONNECTION.c.id == row.id)
            ).first()
        if fresh is None:  # removed while we waited
            outcome.status = "failed"
            outcome.error = {"code": "not_found", "message": "The connection was removed."}
            return outcome
        if fresh.status == "paused" and not is_named:
            outcome.status = "paused"
            outcome.error = {"code": fresh.error_code or "other", "message": fresh.error_message}
            return outcome
        run = Run(engine, vault, settings, fresh, outcome, tell)
        try:
            _read(run, since, until, transport)
        except ClaudeDashError as error:
            _note_failure(run, error)
        except Exception:  # a fault of ours in one connection does not stop the others
            _LOGGER.exception("sync failed")
            message = "Something unexpected happened while it was read."
            _note_failure(run, ClaudeDashError(message, "The log says where."))
        else:
            _note_success(run)
        finally:
            run.note(last_sync=now(), progress="")
            roll_up(engine, settings)
    outcome.seconds = round(time.monotonic() - started, 3)
    log.event(
        _LOGGER,
        "sync",
        connection=row.id,
        status=outcome.status,
        records=outcome.records,
        requests=outcome.requests,
        retries=outcome.retries,
        seconds=outcome.seconds,
    )
    return outcome


def _note_failure(run: Run, error: ClaudeDashError) -> None:
    """Keep what went wrong; a refused key pauses the connection, so that nothing storms."""
    code = error.code if isinstance(error, SourceError) else "other"
    run.outcome.status = "failed"
    run.outcome.error = {"code": code, "message": str(error)}
    values: dict[str, Any] = {"error_code": code, "error_message": str(error)}
    if isinstance(error, SourceAuthError) and run.row.status != "waiting":
        values["status"] = "paused"
    run.note(**values, failing_since=run.row.failing_since or now())


def _note_success(run: Run) -> None:
    """Keep that everything was read, or which day was set aside; a pause meanwhile holds."""
    if run.is_stopped:
        message = "It was paused while it was read."
        run.outcome.status, run.outcome.error = "paused", {"code": "other", "message": message}
        return
    error = run.outcome.error or {"code": "", "message": ""}
    failing = (run.row.failing_since or now()) if run.outcome.error else None
    is_waiting = run.row.kind in SENT_KINDS and run.outcome.last_day is None
    run.note(
        status="waiting" if is_waiting else "ok",
        error_code=error["code"],
        error_message=error["message"],
        failing_since=failing,
    )


def purge(engine: Engine, settings: Settings, *, dry_run: bool = False) -> list[date]:
    """Seal and purge what is past its age, rolled up before; return the months, by first day.

    Nothing goes while a backfill is going on. One that has failed for a week, is paused or has not
    begun for want of a role's trust does not keep everybody's facts any longer.
    """
    c, long_ago = _CONNECTION.c, now() - BACKFILL_PATIENCE
    with engine.connect() as connection:
        going_on = connection.execute(
            select(c.id).where(
                c.backfill_done.is_(False),
                c.status.not_in(("paused", "waiting")),
                or_(c.failing_since.is_(None), c.failing_since > long_ago),
            )
        ).first()
    if going_on is not None:
        return []
    if not dry_run:
        roll_up(engine, settings)  # of a sync that was cut off, before its facts go
    return retention.purge(engine, settings, today(), dry_run=dry_run)


def _read(run: Run, since: date | None, until: date | None, transport: "Transport | None") -> None:
    if run.row.kind == "bedrock":
        from claude_dash.ingest.bedrock import read_bucket  # noqa: PLC0415 - start-up is fast

        read_bucket(run, since, until, transport)
    elif run.row.kind in SENT_KINDS:
        from claude_dash.ingest.arrivals import count_arrivals  # noqa: PLC0415 - start-up is fast

        count_arrivals(run)
    elif run.row.kind == "sessions":
        read_files(run, since, until)
    else:
        from claude_dash.ingest.keyed import read_keyed  # noqa: PLC0415 - start-up is fast

        read_keyed(run, since, until, transport)
