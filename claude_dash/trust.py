"""How far the sources can be relied on: freshness, gaps, lag, refusals, and what lacks a price."""

from collections.abc import Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace
from datetime import date, datetime

import orjson
from sqlalchemy import Connection, Engine, Table, exists, func, select

from claude_dash.clock import days as days_between
from claude_dash.clock import today
from claude_dash.facts import tables as t
from claude_dash.facts.reports import LEFT_OUT, REPORTS, SENT_REPORTS, Report
from claude_dash.metrics import status
from claude_dash.metrics.release import Status
from claude_dash.store import checkpoints
from claude_dash.store.objects import SetAside, set_aside
from claude_dash.store.objects import by_day as objects_by_day

MAX_OBJECTS, NEWEST_DAYS = 20, 7
PRIORITY = "priority"
_Counts = dict[int, dict[str, int]]


@dataclass(frozen=True, slots=True)
class ReportTrust:
    """How far one report of a connection can be relied on; holds no figure about usage.

    promised_lag_days: what the lag usually is at most. feeds: under which names it feeds measures.
    lag_days: whole days by which the newest complete day lies behind today, as observed.
    covers_until: up to when the vendor said that it had counted. error: why the key cannot read it.
    """

    label: str
    promised_lag_days: int
    feeds: frozenset[str]
    first_day: date | None = None
    last_complete_day: date | None = None
    days: Mapping[date, Status] = field(default_factory=dict)
    covers_until: datetime | None = None
    is_legacy: bool = False
    error: str = ""

    @property
    def lag_days(self) -> int | None:
        """Return how many days the newest complete day lies behind today."""
        return (today() - self.last_complete_day).days if self.last_complete_day else None

    @property
    def last_final_day(self) -> date | None:
        """Return the newest day that is not revised any more."""
        return max((day for day, state in self.days.items() if state == "final"), default=None)

    @property
    def missing_days(self) -> tuple[date, ...]:
        """Return the days between the first and the last complete one that were not read."""
        if self.first_day is None or self.last_complete_day is None:
            return ()
        inside = days_between(self.first_day, self.last_complete_day)
        return tuple(day for day in inside if day not in self.days)


@dataclass(frozen=True, slots=True)
class SourceTrust:
    """How far one connection can be relied on; holds no figure about usage.

    rejected: records that could not be read; left_out: calls that do not count; by reason.
    objects: of a bucket, that were set aside; objects_by_day: how many it has, of its newest days.
    """

    name: str
    kind: str
    status: str
    error: str
    last_sync: datetime | None
    reports: tuple[ReportTrust, ...]
    rejected: Mapping[str, int] = field(default_factory=dict)
    left_out: Mapping[str, int] = field(default_factory=dict)
    objects: Sequence[SetAside] = ()
    objects_by_day: Mapping[date, int] = field(default_factory=dict)
    progress: Mapping[str, object] = field(default_factory=dict)

    @property
    def first_day(self) -> date | None:
        """Return the first day that any report has."""
        return min((one.first_day for one in self.reports if one.first_day), default=None)

    @property
    def last_complete_day(self) -> date | None:
        """Return the last day that all reports hold whole, those left out that cannot be read."""
        ends = [one.last_complete_day for one in self.reports if not one.error]
        return min((day for day in ends if day), default=None)

    @property
    def last_final_day(self) -> date | None:
        """Return the newest day that no report revises any more, those left out that have none."""
        ends = [one.last_final_day for one in self.reports if not one.error]
        return None if None in ends else min((day for day in ends if day), default=None)

    @property
    def lag_days(self) -> int | None:
        """Return how many days the last day that all reports hold whole lies behind today."""
        return (today() - self.last_complete_day).days if self.last_complete_day else None

    @property
    def promised_lag_days(self) -> int:
        """Return what the lag usually is at most."""
        return max((one.promised_lag_days for one in self.reports if not one.error), default=1)

    @property
    def missing_days(self) -> tuple[date, ...]:
        """Return the days that any report lacks."""
        return tuple(sorted({day for one in self.reports for day in one.missing_days}))

    @property
    def why_missing(self) -> str:
        """Return why days are missing, as far as it is known."""
        if self.status == "paused":
            return "the source is paused"
        if self.progress:
            return "they are being read"
        if self.error:
            return "the last reading failed"
        return "nothing arrived" if self.kind in SENT_REPORTS else "the next sync reads them"

    def feeding(self, names: AbstractSet[str]) -> "SourceTrust":
        """Return the source with the reports alone that feed any of some names."""
        return replace(self, reports=tuple(one for one in self.reports if one.feeds & names))


def sources(engine: Engine) -> Sequence[SourceTrust]:
    """Return how far each connection can be relied on, in the order in which they were made."""
    with engine.connect() as connection:
        readings = {(one.name, one.report): one for one in status.load(connection).found}
        states = checkpoints.states(connection)
        rejects, left_out = _set_aside(connection)
        rows = connection.execute(select(t.CONNECTION).order_by(t.CONNECTION.c.id)).all()
        objects = {row.id: set_aside(connection, row.id, MAX_OBJECTS) for row in rows}
        by_day = {row.id: objects_by_day(connection, row.id, NEWEST_DAYS) for row in rows}
    found = []
    for row in rows:
        reports = [
            _report(readings.get((row.name, name)), states.get((row.id, name)), one)
            for name, one in REPORTS.items()
            if one.kind == row.kind
        ]
        found.append(
            SourceTrust(
                name=row.name,
                kind=row.kind,
                status=row.status,
                error=row.error_message,
                last_sync=row.last_sync,
                reports=tuple(one for one in reports if one.days or one.error),
                rejected=rejects.get(row.id, {}),
                left_out=left_out.get(row.id, {}),
                objects=objects[row.id],
                objects_by_day=by_day[row.id],
                progress=orjson.loads(row.progress) if row.progress else {},
            )
        )
    return found


def _set_aside(connection: Connection) -> tuple[_Counts, _Counts]:
    """Return how many records each connection has that could not be read, and that do not count."""
    c = t.REJECT.c
    rejected: _Counts = {}
    left_out: _Counts = {}
    query = select(c.connection_id, c.report, c.reason, func.sum(c.records))
    rows = connection.execute(query.group_by(c.connection_id, c.report, c.reason))
    for number, report, reason, records in rows:
        counts = (left_out if report.endswith(LEFT_OUT) else rejected).setdefault(number, {})
        counts[reason] = counts.get(reason, 0) + int(records)
    return rejected, left_out


def _report(
    reading: status.Reading | None, state: checkpoints.State | None, of: Report
) -> ReportTrust:
    state = state or checkpoints.State()
    reads = sorted(reading.reads) if reading else []
    return ReportTrust(
        label=of.label,
        promised_lag_days=of.promised_lag_days,
        feeds=of.fed(is_legacy=state.is_legacy),
        first_day=reads[0] if reads else None,
        last_complete_day=reading.as_of if reading else None,
        days={day: reading.state(day) for day in reads} if reading else {},
        covers_until=state.covers_until,
        is_legacy=state.is_legacy,
        error=state.error_message,
    )


def unpriced_models(engine: Engine) -> Sequence[str]:
    """Return the models with tokens and without a cost, be it from a report or from our prices."""
    with engine.connect() as connection:
        found = {
            model
            for table in (t.MODEL_USAGE_DAY, t.INVOCATION_DAY, t.CLIENT_MODEL_DAY)
            for model in _unpriced(connection, table)
        }
    return sorted(found)


def _unpriced(connection: Connection, table: Table) -> Iterator[str]:
    """Yield the models of a fact table, from one to the next in the index of those without cost."""
    c = table.c
    tokens = c.input_tokens + c.output_tokens + c.cache_read_tokens + c.cache_write_tokens
    lacks_cost = c.cost_estimated.is_(None)
    following = select(func.min(c.model)).where(lacks_cost)
    model = connection.execute(following).scalar()
    while model is not None:
        is_used = select(exists().where(lacks_cost, c.model == model, tokens > 0))
        if connection.execute(is_used).scalar():
            yield model
        model = connection.execute(following.where(c.model > model)).scalar()


def has_priority_tier(engine: Engine) -> bool:
    """Say whether Priority Tier was used: its cost is in no report, so cost is understated."""
    c, kind = t.USAGE_DAY.c, t.CONNECTION.c.kind
    consoles = select(t.CONNECTION.c.id).where(kind == "console")  # no other report has tiers
    is_priority = (c.connection_id.in_(consoles), c.service_tier.startswith(PRIORITY))
    query = select(c.service_tier).where(*is_priority).limit(1)
    with engine.connect() as connection:
        return connection.execute(query).first() is not None
