"""Days of a bucket of logs: which may still grow, which is the first, and which are read."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select

from claude_dash.clock import ONE_DAY, today, week_of
from claude_dash.facts import tables as t
from claude_dash.facts.told import SOURCE
from claude_dash.store import invocations, objects
from claude_dash.store.checkpoints import reads, state
from claude_dash.store.locks import take_turns
from claude_dash.store.seals import sealed_weeks
from claude_dash.store.write import touch

REPORT = "bedrock.logs"
FIRST_DAY = date(2023, 1, 1)  # Bedrock came later; what is older has a wrong date
LATE = timedelta(days=3)  # for so long after its end an object of a day may still come
REPAIR = timedelta(days=35)  # for so long objects that were set aside are looked at again


def growing(connection: Connection, number: int, found: Iterable[date]) -> list[date]:
    """Return, of the days that a bucket has, those to be listed.

    Once history was read these are the ones that may still grow, those with objects that were set
    aside, and those never seen: replication may bring older days later.
    """
    known = state(connection, number, REPORT)
    if not known.backfill_done or known.covers_until is None:
        return list(found)
    late = known.covers_until.date() - LATE
    aside = objects.days_aside(connection, number, today() - REPAIR)
    return [
        day
        for day in found
        if day >= late or day in aside or not objects.is_known(connection, number, day)
    ]


def oldest(connection: Connection, number: int) -> date | None:
    """Return the first day there is: of a key, or of a record that was delivered the day after.

    Objects of sealed days are forgotten, and their first day is not.
    """
    key = objects.first_day(connection, number)
    fact = invocations.first_day(connection, number)
    known = state(connection, number, REPORT).history_starts
    begun = None if key is None or fact is None else max(fact, key - ONE_DAY)
    return min(filter(None, (key, begun, known)), default=None)


def note_read(connection: Connection, number: int, when: Iterable[date], read_at: datetime) -> None:
    """Keep that some days are read, and how much they hold; sealed days stay as they are."""
    take_turns(connection, f"days:{number}")
    read, fact, sealed = t.DAY_READ, t.INVOCATION_DAY.c, sealed_weeks(connection)
    known = reads(connection, number, REPORT)
    for day in sorted(when):
        if week_of(day) in sealed:
            continue
        held = select(func.count(), func.coalesce(func.sum(fact.requests), 0)).where(
            fact.connection_id == number, fact.day == day
        )
        facts, requests = connection.execute(held).one()
        where = (read.c.connection_id == number, read.c.report == REPORT, read.c.day == day)
        connection.execute(delete(read).where(*where))
        connection.execute(
            insert(read).values(
                connection_id=number, report=REPORT, day=day, read_at=read_at,
                records=int(requests), rejected=0, facts=facts,
            )
        )  # fmt: skip
        if day not in known:
            touch(connection, {week_of(day)}, SOURCE)
