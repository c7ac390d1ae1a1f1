"""Reading one report: spans of days, several at a time, each written at once, newest first."""

import logging
from collections import deque
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import date, datetime, timedelta
from typing import TypeAlias

from claude_dash import log
from claude_dash.clock import ONE_DAY, midnight, now, today, week_of
from claude_dash.errors import SourceAuthError, SourceRequestError, SourceShapeError
from claude_dash.facts.batch import DayFacts
from claude_dash.ingest.run import Run
from claude_dash.ingest.schedule import Plan
from claude_dash.sources.base import Read, Source
from claude_dash.sources.client import AnthropicClient
from claude_dash.sources.enterprise_days import newest_named
from claude_dash.store.write import replace_day

IN_FLIGHT = 4  # spans at a time: more would only fill the memory, since reading is bound by our CPU
MAX_RECORDS = 20_000  # of a span that is kept in memory
FALLBACK_LAG_DAYS = 3  # where a refusal names no day (contract 2.7: the longest lag ever published)
MAX_STEPS_BACK = 14
_LOGGER = logging.getLogger(__name__)
_Job: TypeAlias = Future[tuple[datetime, Read]]
_Span: TypeAlias = tuple[date, date]


class Reader:
    """Reads one report of one run, from the endpoint that answers."""

    def __init__(self, run: Run, client: AnthropicClient, source: Source, plan: Plan) -> None:
        self.run = run
        self.source = source
        self.plan = plan
        self._client = client
        self._is_legacy = False
        self._longest = 1
        self._newest = date.max

    def read(self) -> None:
        """Read and write everything that the plan asks for.

        Raises:
            SourceError: The report could not be read.
        """
        first = self._first()
        if first is None:
            return
        span, asked = first
        width = IN_FLIGHT if self.source.max_days == 1 else 1
        with ThreadPoolExecutor(width) as pool:
            waiting: deque[tuple[_Span, _Job]] = deque([(span, _done(asked))])
            end: date | None = span[0]
            try:
                while waiting:
                    done, job = waiting.popleft()
                    if not self._take(done, job):
                        return
                    while len(waiting) < width and end is not None:
                        following = self.plan.span_before(end, self._longest)
                        end = following[0] if following else None
                        if following:
                            waiting.append((following, pool.submit(self._asked, following)))
            finally:
                pool.shutdown(wait=True, cancel_futures=True)

    def _first(self) -> tuple[_Span, tuple[datetime, Read]] | None:
        """Read the newest days that the vendor has; it may refuse those that are too new."""
        span = self.plan.span_before(date.max, 1)
        if span is None:
            return None
        for _ in range(MAX_STEPS_BACK):
            try:
                return span, self._from_either(span)
            except SourceShapeError as error:
                self._set_aside(span, error)
                return span, (now(), Read({}))
            except SourceRequestError as error:
                older = self._step_back(span, str(error))
                if older is None:
                    raise
                self.plan.newest = older
                following = self.plan.span_before(date.max, 1)
                if following is None:
                    return None
                span = following
        message = "The vendor has no day that is old enough."
        raise SourceRequestError(message, "The next sync tries again.")

    def _step_back(self, span: _Span, said: str) -> date | None:
        """Return the newest day to ask for after a refusal; None when it was not about its age."""
        day = span[0]
        if not self.source.is_lagging or (
            self.plan.is_asked and (today() - day).days > MAX_STEPS_BACK
        ):
            return None
        named = newest_named(said, day)
        if named is not None:
            return named
        fallback = today() - timedelta(days=FALLBACK_LAG_DAYS)
        return fallback if fallback < day else day - ONE_DAY

    def _from_either(self, span: _Span) -> tuple[datetime, Read]:
        """Read from the newer endpoint, or from the older one where there is no newer."""
        try:
            return self._asked(span)
        except SourceAuthError as error:
            if error.code != "not_found" or self.source.legacy is None:
                raise
            self._is_legacy = True
            return self._asked(span)

    def _asked(self, span: _Span) -> tuple[datetime, Read]:
        """Return the facts of some days, and when they were asked for: later ones are not in."""
        asked_at = now()
        read = self.source.read_span(
            self._client,
            span,
            self.run.row.id,
            self.run.vault.pseudonym_key,
            is_legacy=self._is_legacy,
        )
        return asked_at, read

    def _take(self, span: _Span, job: _Job) -> bool:
        """Write some days; return whether to go on with older ones."""
        try:
            asked_at, read = job.result()
        except SourceShapeError as error:
            self._set_aside(span, error)
            return True
        except SourceRequestError:
            if not self.plan.may_end_at(span[0]):
                raise
            self.plan.ended_before(span[1])
            return False
        if not self.run.is_wanted():
            return False
        goes_on = True
        records = sum(facts.records for facts in read.days.values())
        for day in sorted(read.days, reverse=True):
            if read.says and (read.covers_until is None or midnight(day) >= read.covers_until):
                continue  # the vendor has nothing of it yet
            self._write(day, read.days[day], min(asked_at, read.covers_until or asked_at))
            goes_on = self.plan.goes_on(day, read.days[day].records) and goes_on
        self._longest = _longest(self.source, records, len(read.days))
        self.run.note_report(
            self.source.name,
            is_legacy=self._is_legacy,
            error_code="",
            error_message="",
            **({"covers_until": read.covers_until} if read.says and span[1] > today() else {}),
        )
        if goes_on and span[0] == week_of(span[0]):
            self.run.show_early()
        return goes_on

    def _write(self, day: date, facts: DayFacts, read_at: datetime) -> None:
        replace_day(
            self.run.engine,
            connection_id=self.run.row.id,
            report=self.source.name,
            day=day,
            facts=facts,
            read_at=read_at,
        )
        _count(self.run, day, facts)

    def _set_aside(self, span: _Span, error: SourceShapeError) -> None:
        run, day = self.run, span[1] - ONE_DAY
        run.outcome.status = "failed"
        run.outcome.error = {"code": error.code, "message": f"{day}: {error}"}
        log.event(_LOGGER, "day set aside", connection=run.row.id, day=day.isoformat())


def _done(found: tuple[datetime, Read]) -> _Job:
    job: _Job = Future()
    job.set_result(found)
    return job


def _longest(source: Source, records: int, days: int) -> int:
    """Return how many days of a report to ask for at once, so that they fit into memory."""
    per_day = records // max(days, 1) + 1
    return max(1, min(source.max_days, MAX_RECORDS // per_day))


def _count(run: Run, day: date, facts: DayFacts) -> None:
    outcome = run.outcome
    outcome.records += facts.records
    outcome.facts += facts.facts
    outcome.rejected += facts.rejected
    outcome.first_day = min(outcome.first_day or day, day)
    outcome.last_day = max(outcome.last_day or day, day)
    run.read += 1
    run.told(day)
