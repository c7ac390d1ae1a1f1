"""Days of a connection that clients send to: a day is read when something came, or was awaited."""

from collections.abc import Mapping
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select, update

from claude_dash.clock import now, today, week_of
from claude_dash.connections.senders import KINDS
from claude_dash.facts import tables as t
from claude_dash.facts.reports import LEFT_OUT, SENT_REPORTS
from claude_dash.facts.told import SOURCE
from claude_dash.ingest import series
from claude_dash.store import sent
from claude_dash.store.adding import count_aside, insert_or
from claude_dash.store.checkpoints import note_state, reads, state
from claude_dash.store.seals import sealed_weeks
from claude_dash.store.write import touch

KEPT = timedelta(days=4)  # days that may still change, and sessions that may still be met
HOURS_KEPT = 49
SERIES_KEPT = timedelta(days=35)  # for so long a client may sleep between two exports
UNNAMED_KEPT = timedelta(days=2)  # for so long hooks wait for telemetry of their session
UNNAMED = "sessions that nobody named"


def hour_of(at: datetime) -> int:
    """Return the hour of an instant, since the epoch."""
    return int(at.timestamp()) // 3600


def note(connection: Connection, row: Row[Any], days: Mapping[date, int]) -> None:
    """Keep how much came on which days; the first that comes wakes a connection that waits."""
    at, report = now(), SENT_REPORTS[row.kind]
    known, sealed = reads(connection, row.id, report), sealed_weeks(connection)
    open_days = {day: n for day, n in days.items() if week_of(day) not in sealed}
    made = insert_or(connection, t.DAY_READ)
    adding = made.on_conflict_do_update(
        index_elements=["connection_id", "report", "day"],
        set_={
            "read_at": made.excluded.read_at,
            "records": t.DAY_READ.c.records + made.excluded.records,
        },
    )
    rows = [
        {"connection_id": row.id, "report": report, "day": day, "read_at": at,
         "records": records, "rejected": 0, "facts": 0}
        for day, records in open_days.items()
    ]  # fmt: skip
    if not rows:
        return
    connection.execute(adding, rows)
    touch(connection, {week_of(day) for day in open_days if day not in known}, SOURCE)
    began = state(connection, row.id, report).history_starts
    first = min(open_days)
    if began is None or first < began:
        note_state(connection, row.id, report, history_starts=first, backfill_done=True)
    values: dict[str, Any] = {"last_sync": at}
    if row.status == "waiting":
        values["status"] = "ok"
    changed = update(t.CONNECTION).where(t.CONNECTION.c.id == row.id)
    connection.execute(changed.values(**values))


def awaited(connection: Connection) -> None:
    """Keep that somebody listened today, and up to now of the days before; forget what is old.

    To a connection that is paused nobody listens.
    """
    c = t.CONNECTION.c
    query = select(t.CONNECTION).where(c.kind.in_(KINDS), c.status == "ok")
    for row in connection.execute(query).all():
        known = reads(connection, row.id, SENT_REPORTS[row.kind])
        if known:
            recent = {day: 0 for day in known if day >= today() - KEPT}
            note(connection, row, recent | {today(): 0})
    hour = hour_of(now()) - HOURS_KEPT
    series.forget(connection, hour_of(now() - SERIES_KEPT))
    sent.forget(connection, hour, today() - KEPT)
    kinds = {row.id: row.kind for row in connection.execute(select(t.CONNECTION)).all()}
    for (number, day), sessions in sent.drop_uses(connection, today() - UNNAMED_KEPT).items():
        if number in kinds:
            counts = {(day, UNNAMED): sessions}
            count_aside(connection, number, kinds[number] + LEFT_OUT, counts)
