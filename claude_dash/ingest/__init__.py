"""The loop: read, normalize, write, checkpoint, roll up; newest day first."""

import json
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import Engine, Row, select, update

from claude_dash import log
from claude_dash.clock import ONE_DAY, now, today, week_of
from claude_dash.config import Settings
from claude_dash.connections import budget_name, client_for, key_of, row_of
from claude_dash.errors import (
    ClaudeDashError,
    SourceAuthError,
    SourceError,
    SourceRequestError,
    SourceShapeError,
)
from claude_dash.facts import tables as t
from claude_dash.facts.batch import DayFacts
from claude_dash.ingest import schedule
from claude_dash.people import vendor
from claude_dash.rollup import roll_up
from claude_dash.sources.client import AnthropicClient, Transport
from claude_dash.sources.console import SOURCE
from claude_dash.sources.roster import read_roster
from claude_dash.store import retention
from claude_dash.store.budget import Budget
from claude_dash.store.locks import hold
from claude_dash.store.vault import Vault
from claude_dash.store.write import replace_day

IN_FLIGHT = 4  # days at a time: more would only fill the memory, since reading is bound by our CPU
ROLL_UP_EVERY_S = 15.0
ROLL_UP_SHARE = 4.0
PROGRESS_EVERY_S = 1.0
_CONNECTION = t.CONNECTION
_LOGGER = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sync got: the day it reached, newest first, and how many of how many it read."""

    name: str
    day: date
    read: int
    of: int

    def __str__(self) -> str:
        """Say it in one line for the terminal."""
        return f"{self.name}: {self.read} of at most {self.of} days read, at {self.day}"


@dataclass(slots=True)
class Outcome:
    """What came of one connection, as scripts read it."""

    name: str
    kind: str
    status: str = "ok"
    error: dict[str, str] | None = None
    first_day: date | None = None
    last_day: date | None = None
    records: int = 0
    facts: int = 0
    rejected: int = 0
    requests: int = 0
    retries: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class _Sync:
    """One run over one connection."""

    engine: Engine
    vault: Vault
    settings: Settings
    row: Row[Any]
    outcome: Outcome
    tell: Callable[[Progress], None]
    told_at: float = field(default=0.0)
    roll_up_at: float = field(default_factory=lambda: time.monotonic() + ROLL_UP_EVERY_S)
    of: int = 0
    read: int = 0


def sync(
    engine: Engine,
    vault: Vault,
    settings: Settings,
    *,
    names: Sequence[str] = (),
    since: date | None = None,
    until: date | None = None,
    progress: Callable[[Progress], None] | None = None,
    transport: Transport | None = None,
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
    _purge(engine, settings)
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
    transport: Transport | None,
) -> Outcome:
    outcome = Outcome(row.name, row.kind)
    started = time.monotonic()
    with hold(engine, f"sync:{row.id}"):
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
        run = _Sync(engine, vault, settings, fresh, outcome, tell)
        try:
            _read(run, since, until, transport)
        except ClaudeDashError as error:
            _note_failure(run, error)
        else:
            _note_success(run)
        finally:
            _note(run, last_sync=now(), progress="")
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


def _note(run: _Sync, **values: Any) -> None:  # noqa: ANN401 - columns of the table
    with run.engine.begin() as connection:
        changed = update(_CONNECTION).where(_CONNECTION.c.id == run.row.id).values(**values)
        connection.execute(changed)


def _note_failure(run: _Sync, error: ClaudeDashError) -> None:
    """Keep what went wrong; a refused key pauses the connection, so that nothing storms."""
    code = error.code if isinstance(error, SourceError) else "other"
    run.outcome.status = "failed"
    run.outcome.error = {"code": code, "message": str(error)}
    values: dict[str, Any] = {"error_code": code, "error_message": str(error)}
    if isinstance(error, SourceAuthError):
        values["status"] = "paused"
    _note(run, **values, failing_since=run.row.failing_since or now())


def _note_success(run: _Sync) -> None:
    """Keep that everything was read, or which day was set aside."""
    error = run.outcome.error or {"code": "", "message": ""}
    failing = (run.row.failing_since or now()) if run.outcome.error else None
    _note(
        run,
        status="ok",
        error_code=error["code"],
        error_message=error["message"],
        failing_since=failing,
    )


def _purge(engine: Engine, settings: Settings) -> None:
    """Seal and purge what is past its age, whatever failed; not while a backfill is going on."""
    with engine.connect() as connection:
        going_on = connection.execute(
            select(_CONNECTION.c.id).where(
                _CONNECTION.c.backfill_done.is_(False), _CONNECTION.c.status != "paused"
            )
        ).first()
    if going_on is None:
        roll_up(engine, settings)  # of a sync that was cut off, before its facts go
        retention.purge(engine, settings, today())


def _read(run: _Sync, since: date | None, until: date | None, transport: Transport | None) -> None:
    with run.engine.connect() as connection:
        key = key_of(connection, run.vault, run.row.id)
    budget = budget_name(run.row.organization_id, key, run.vault)
    with client_for(run.engine, run.settings, key, budget, transport) as client:
        try:
            if not run.row.organization_id:
                _learn_organization(run, client, budget)
            roster = read_roster(client)
            vendor.take(run.engine, run.vault, run.row.id, roster, today())
            _read_days(run, client, since, until)
        finally:
            run.outcome.requests, run.outcome.retries = client.requests, client.retries


def _learn_organization(run: _Sync, client: AnthropicClient, budget: str) -> None:
    body = client.get("/v1/organizations/me")
    organization = str(body.get("id") or "")
    if organization:
        _note(run, organization_id=organization, organization_name=str(body.get("name") or ""))
        Budget(run.engine, run.settings.requests_per_minute).move(budget, organization)


def _read_days(run: _Sync, client: AnthropicClient, since: date | None, until: date | None) -> None:
    if since is not None:
        retention.reopen(run.engine, since, until or today() + ONE_DAY)
    with run.engine.connect() as connection:
        plan = schedule.plan(
            connection, run.row, SOURCE, since=since, until=until, settings=run.settings
        )
    run.of = plan.at_most
    key = run.vault.pseudonym_key
    with ThreadPoolExecutor(IN_FLIGHT) as pool:
        days = iter(plan.days)
        waiting: deque[tuple[date, _Job]] = deque()
        try:
            while True:
                while len(waiting) < IN_FLIGHT and (day := next(days, None)) is not None:
                    job = pool.submit(_asked, client, day, run.row.id, key)
                    waiting.append((day, job))
                if not waiting:
                    break
                day, job = waiting.popleft()
                if not _take(run, plan, day, job):
                    break
        finally:
            pool.shutdown(wait=True, cancel_futures=True)
    if plan.history_starts:
        _note(run, history_starts=plan.history_starts)
    if plan.is_backfill:
        _note(run, backfill_done=True)


_Job = Future[tuple[datetime, DayFacts]]


def _asked(
    client: AnthropicClient, day: date, connection_id: int, key: bytes
) -> tuple[datetime, DayFacts]:
    """Return the facts of a day, and when they were asked for: what came later is not in them."""
    asked_at = now()
    return asked_at, SOURCE.read_day(client, day, connection_id, key)


def _take(run: _Sync, plan: schedule.Plan, day: date, job: _Job) -> bool:
    """Write one day; return whether to go on with older ones."""
    try:
        asked_at, facts = job.result()
    except SourceShapeError as error:
        _set_aside(run, day, error)
        return True
    except SourceRequestError:
        if not plan.may_end_at(day):
            raise
        plan.ended_before(day + ONE_DAY)
        return False
    replace_day(
        run.engine,
        connection_id=run.row.id,
        report=SOURCE.name,
        day=day,
        facts=facts,
        read_at=asked_at,
    )
    _count(run, day, facts)
    if not plan.goes_on(day, facts.records):
        return False
    if day == week_of(day) and time.monotonic() > run.roll_up_at:
        began = time.monotonic()
        roll_up(run.engine, run.settings)
        # Early figures are worth a fifth of the time, whatever the size of the organisation.
        run.roll_up_at = time.monotonic() + max(
            ROLL_UP_EVERY_S, ROLL_UP_SHARE * (time.monotonic() - began)
        )
    return True


def _set_aside(run: _Sync, day: date, error: SourceShapeError) -> None:
    run.outcome.status = "failed"
    run.outcome.error = {"code": error.code, "message": f"{day}: {error}"}
    log.event(_LOGGER, "day set aside", connection=run.row.id, day=day.isoformat())


def _count(run: _Sync, day: date, facts: DayFacts) -> None:
    outcome = run.outcome
    outcome.records += facts.records
    outcome.facts += facts.facts
    outcome.rejected += facts.rejected
    outcome.first_day = min(outcome.first_day or day, day)
    outcome.last_day = max(outcome.last_day or day, day)
    run.read += 1
    if time.monotonic() - run.told_at > PROGRESS_EVERY_S or run.read == run.of:
        run.told_at = time.monotonic()
        step = Progress(run.row.name, day, run.read, run.of)
        _note(run, progress=json.dumps({"day": day.isoformat(), "read": step.read, "of": step.of}))
        run.tell(step)
