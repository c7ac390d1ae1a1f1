"""Reading days: several at a time, each written at once, newest first."""

import json
import logging
import time
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date, datetime
from typing import TypeAlias

from claude_dash import log
from claude_dash.clock import ONE_DAY, now, today, week_of
from claude_dash.errors import SourceRequestError, SourceShapeError
from claude_dash.facts.batch import DayFacts
from claude_dash.ingest import schedule
from claude_dash.ingest.run import ROLL_UP_EVERY_S, Progress, Run
from claude_dash.rollup import roll_up
from claude_dash.sources.client import AnthropicClient
from claude_dash.sources.console import SOURCE
from claude_dash.store import retention
from claude_dash.store.write import replace_day

IN_FLIGHT = 4  # days at a time: more would only fill the memory, since reading is bound by our CPU
ROLL_UP_SHARE = 4.0
PROGRESS_EVERY_S = 1.0
_LOGGER = logging.getLogger(__name__)
_Job: TypeAlias = Future[tuple[datetime, DayFacts]]


def read_days(run: Run, client: AnthropicClient, since: date | None, until: date | None) -> None:
    """Read and write what is new, or the days asked for; keep how far back history reaches."""
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
    if run.is_stopped:
        return
    if plan.history_starts:
        run.note(history_starts=plan.history_starts)
    if plan.is_backfill:
        run.note(backfill_done=True)


def _asked(
    client: AnthropicClient, day: date, connection_id: int, key: bytes
) -> tuple[datetime, DayFacts]:
    """Return the facts of a day, and when they were asked for: what came later is not in them."""
    asked_at = now()
    return asked_at, SOURCE.read_day(client, day, connection_id, key)


def _take(run: Run, plan: schedule.Plan, day: date, job: _Job) -> bool:
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
    if not run.is_wanted():
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


def _set_aside(run: Run, day: date, error: SourceShapeError) -> None:
    run.outcome.status = "failed"
    run.outcome.error = {"code": error.code, "message": f"{day}: {error}"}
    log.event(_LOGGER, "day set aside", connection=run.row.id, day=day.isoformat())


def _count(run: Run, day: date, facts: DayFacts) -> None:
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
        run.note(progress=json.dumps({"day": day.isoformat(), "read": step.read, "of": step.of}))
        run.tell(step)
