"""Days of session files: which are read."""

from collections.abc import Collection
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, delete, func, insert, select

from claude_dash.clock import ONE_DAY, days, today, week_of
from claude_dash.facts import tables as t
from claude_dash.store.checkpoints import reads
from claude_dash.store.locks import take_turns
from claude_dash.store.seals import sealed_weeks
from claude_dash.store.write import touch

REPORT = "sessions.files"
FIRST_DAY = date(2025, 1, 1)  # the client came later; what is older has a wrong date
LATE = timedelta(days=3)  # for so long after its end what a day holds may still come


def note_read(
    connection: Connection, number: int, changed: Collection[date], read_at: datetime, reason: str
) -> date | None:
    """Keep that every day from the first one on is read, up to today; return the first.

    Days that are long over keep the time at which they were read, unless something was added. The
    weeks of days that are read for the first time are marked with the reason.
    """
    take_turns(connection, f"days:{number}")
    c, read = t.SESSION_ANSWER.c, t.DAY_READ
    known, sealed = reads(connection, number, REPORT), sealed_weeks(connection)
    query = select(c.day, func.count()).where(c.connection_id == number).group_by(c.day)
    answers: dict[date, int] = dict(connection.execute(query).all())
    oldest: date | None = min((*answers, *changed, *known), default=None)
    if oldest is None:
        return None
    late = today() - LATE
    fresh = [
        day
        for day in days(oldest, today() + ONE_DAY)
        if (day >= late or day in changed or day not in known) and week_of(day) not in sealed
    ]
    if fresh:
        where = (read.c.connection_id == number, read.c.report == REPORT, read.c.day.in_(fresh))
        connection.execute(delete(read).where(*where))
        row = {"connection_id": number, "report": REPORT, "read_at": read_at, "rejected": 0}
        rows = [
            row | {"day": day, "records": answers.get(day, 0), "facts": answers.get(day, 0)}
            for day in fresh
        ]
        connection.execute(insert(read), rows)
    touch(connection, {week_of(day) for day in fresh if day not in known}, reason)
    return oldest
