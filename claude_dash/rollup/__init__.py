"""The roll-up: facts to cells to releases, for the periods that were touched."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, timedelta

import numpy as np
from sqlalchemy import ColumnElement, Connection, Engine, delete, func, select

from claude_dash.clock import month_of, next_month, now, thursday_of, today, week_of, weeks_of_month
from claude_dash.config import Settings
from claude_dash.facts import tables as t
from claude_dash.privacy.policy import Policy, current
from claude_dash.rollup import basis, finality, progress, uses
from claude_dash.rollup import presence as who
from claude_dash.rollup.beside import Companion
from claude_dash.rollup.crowd import Crowd, gather
from claude_dash.rollup.draft import (
    Columns,
    discard,
    drafted,
    drafting,
    keep,
    make_room,
    note,
    publish,
    put,
)
from claude_dash.rollup.group_months import roll_up_group_month
from claude_dash.rollup.habits import SEGMENT_WEEKS, History, read_invites, roll_up_habits
from claude_dash.rollup.holding import placed
from claude_dash.rollup.known import Known
from claude_dash.rollup.months import deciding_week, roll_up_calendar_month
from claude_dash.rollup.rows import FLOWS, ORGANIZATION, Rows
from claude_dash.rollup.sightings import Seen
from claude_dash.rollup.uses import Seats
from claude_dash.rollup.weeks import MadeWeek, Touched, make_week
from claude_dash.store.engine import bump, one_state, writing
from claude_dash.store.locks import hold

WEEK = timedelta(days=7)


def roll_up(engine: Engine, settings: Settings, companion: Companion | None = None) -> int:
    """Rebuild the releases of every touched period; return how many weeks were touched.

    All of them are drafted from one state of the store and stand at once. Until then their marks
    stay, so that a roll-up which is cut off is done again. A week that is marked again meanwhile is
    rebuilt once more; clients may go on sending. Sealed weeks and months keep their releases.
    A companion makes a part of the weeks.
    """
    with hold(engine, "rollup"):
        done: set[date] = set()
        while (weeks := _roll_up_touched(engine, settings, companion)) - done:
            done |= weeks
        with engine.begin() as connection:
            finality.mark(connection)
    return len(done)


def _roll_up_touched(engine: Engine, settings: Settings, companion: Companion | None) -> set[date]:
    """Rebuild what is marked; return the weeks that were."""
    with engine.connect() as connection:
        make_room(connection)
        with one_state(connection):
            marks = _touched(connection)
            sealed = _sealed(connection, "week")
            weeks = [one for monday, (one, _) in marks.items() if monday not in sealed]
            if weeks:
                policy = current(connection, settings.min_group_size)
                known = Known.load(connection)
                numbers = {monday: number for monday, (_, number) in marks.items()}
                made = (
                    companion.weeks(connection, weeks, numbers, known, policy)
                    if companion
                    else (make_week(connection, week, known, policy) for week in weeks)
                )
                with drafting(connection):
                    rebuilt = _keep_weeks(connection, _told(engine, made, len(weeks)))
                    _roll_up_later(connection, weeks[-1].monday, rebuilt, known, policy)
        if marks:
            try:
                with writing(connection):
                    _forget(connection, marks)
                    if weeks:
                        publish(connection)
                    progress.end(connection)
                    bump(connection)
            finally:
                with one_state(connection):
                    discard(connection)
    return set(marks)


def _touched(connection: Connection) -> dict[date, tuple[Touched, int]]:
    """Return the marked weeks, newest first, and how often each was marked."""
    c = t.TOUCHED_WEEK.c
    query = select(c.week, c.reason, c.marks).order_by(c.week.desc())
    return {
        week: (Touched(week, reason), marks) for week, reason, marks in connection.execute(query)
    }


def _forget(connection: Connection, marks: dict[date, tuple[Touched, int]]) -> None:
    """Take away the marks of what was rebuilt; a week that was marked again since stays marked."""
    c = t.TOUCHED_WEEK.c
    for week, (_, number) in sorted(marks.items()):
        connection.execute(delete(t.TOUCHED_WEEK).where(c.week == week, c.marks == number))


def _sealed(connection: Connection, grain: str) -> set[date]:
    query = select(t.SEAL.c.start).where(t.SEAL.c.grain == grain)
    return set(connection.execute(query).scalars())


def _keep_weeks(connection: Connection, weeks: Iterable[MadeWeek]) -> dict[date, Crowd]:
    """Let the draft have weeks, and what is known of people by them; return the crowd of each."""
    sealed, at = _sealed(connection, "week"), now()
    crowds: dict[date, Crowd] = {}
    changed = [np.zeros(0, dtype=np.int64)]
    for week in weeks:
        for one in week.differences:
            keep(connection, one)
        note(connection, [{**one, "at": at} for one in week.notes])
        crowds[week.monday] = week.crowd
        changed.append(week.persons)
    uses.update(connection, _runs(sorted(crowds, reverse=True)))
    oldest_open = max(sealed) + WEEK if sealed else None
    persons = np.unique(np.concatenate(changed))
    if len(persons):
        who.update_spans(connection, who.load(connection, date.min), persons, oldest_open)
    return crowds


def _told(engine: Engine, weeks: Iterator[MadeWeek], size: int) -> Iterator[MadeWeek]:
    """Yield some weeks, and tell how many are done."""
    tell = progress.telling(engine)
    for number in range(size):
        tell(number, size)
        yield next(weeks)


def _runs(mondays: Sequence[date]) -> Iterator[tuple[date, date]]:
    """Yield weeks that follow each other as half-open intervals, newest first."""
    until = mondays[0] + WEEK
    for monday, before in zip(mondays, [*mondays[1:], date.min], strict=True):
        if before + WEEK != monday:
            yield monday, until
            until = before + WEEK


def _history(connection: Connection, since: date, seats: Seats, held: finality.Held) -> History:
    first_read = connection.execute(select(func.min(t.DAY_READ.c.day))).scalar()
    sealed = _sealed(connection, "week")
    return History(
        weeks=who.load(connection, since),
        spans=who.Spans.load(connection),
        first_read=first_read or today(),
        oldest_open=max(sealed) + WEEK if sealed else None,
        invites=read_invites(connection),
        uses=uses.Uses.load(connection),
        told=seats.told,
        seats=seats,
        held=held,
    )


def _roll_up_later(
    connection: Connection,
    since: date,
    rebuilt: Mapping[date, Crowd],
    known: Known,
    policy: Policy,
) -> None:
    """Rebuild what is counted over several weeks, and the months, from a week on."""
    months = _months_from(connection, since)
    earliest = min([since, *(week_of(month) for month in months)])
    told = basis.load_drafted(connection, policy)
    held, back = finality.Held.of(told), SEGMENT_WEEKS * WEEK
    history = _history(connection, earliest - back, known.seats, held)
    sealed = _sealed(connection, "week")

    crowds: dict[date, Crowd] = {}
    for monday in _known_weeks(connection, earliest):
        if (crowd := rebuilt.get(monday)) is None:
            here = history.week(monday).seen
            now = gather(known.standings, known.unnamed, monday, here, policy)
            crowd = placed(now, told.get(monday), known.selves, policy)
        crowds[monday] = crowd
    for monday, crowd in crowds.items():
        if monday >= since and monday not in sealed:
            roll_up_habits(connection, crowd, history, policy)
    for month in months:
        until = max(weeks_of_month(month)[-1] + WEEK, next_month(month))
        first = min(weeks_of_month(month)[0], month)
        seen = Seen.read(connection, known.persons, first, until)
        _roll_up_month(connection, month, crowds, history, seen, policy=policy)


def _known_weeks(connection: Connection, since: date) -> Sequence[date]:
    def which(c: Columns) -> tuple[ColumnElement[bool], ...]:
        return c.grain == "week", c.level == ORGANIZATION, c.start >= since

    query = drafted(t.GROUP_ROW, ("start",), which).order_by("start")
    return connection.execute(query).scalars().all()


def _months_from(connection: Connection, since: date) -> list[date]:
    """Return the open months, as first days, that a change in a week can reach."""
    weeks = _known_weeks(connection, since)
    if not weeks:
        return []
    sealed, month, found = _sealed(connection, "month"), month_of(since), []
    while month <= month_of(weeks[-1] + WEEK - timedelta(days=1)):
        if month not in sealed:
            found.append(month)
        month = next_month(month)
    return found


def _roll_up_month(
    connection: Connection,
    month: date,
    crowds: dict[date, Crowd],
    history: History,
    seen: Seen,
    *,
    policy: Policy,
) -> None:
    mondays = [monday for monday in weeks_of_month(month) if monday in crowds]
    deciding = crowds.get(deciding_week(month)) or (crowds[mondays[-1]] if mondays else None)
    if deciding is None:
        deciding = next((crowds[day] for day in crowds if thursday_of(day) >= month), None)
    made: list[Rows] = []
    if deciding is not None:
        made.append(
            roll_up_calendar_month(connection, month, deciding, history, seen, policy=policy)
        )
    made.append(roll_up_group_month(connection, month, crowds, history, seen, policy=policy))
    # Flows look one month back; where that month is purged, they stay as they were released.
    kept = () if history.knows(week_of(month_of(month - timedelta(days=1)))) else FLOWS
    c, rows = t.RELEASE_ROW.c, (row for one in made for row in one.made)
    inside = (c.grain == "month", c.start == month, c.measure.not_in(kept))
    put(connection, t.RELEASE_ROW, rows, *inside)
