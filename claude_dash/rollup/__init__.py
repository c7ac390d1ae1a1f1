"""The roll-up: facts to cells to releases, for the periods that were touched."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Engine, delete, func, insert, select

from claude_dash.clock import month_of, next_month, thursday_of, today, week_of, weeks_of_month
from claude_dash.config import Settings
from claude_dash.facts import tables as t
from claude_dash.people.standing import Standings
from claude_dash.privacy.policy import Policy, current
from claude_dash.rollup import basis, finality, uses
from claude_dash.rollup import presence as who
from claude_dash.rollup.crowd import Crowd, Unnamed, gather
from claude_dash.rollup.difference import Selves
from claude_dash.rollup.group_months import roll_up_group_month
from claude_dash.rollup.habits import SEGMENT_WEEKS, History, read_invites, roll_up_habits
from claude_dash.rollup.holding import placed
from claude_dash.rollup.months import deciding_week, roll_up_calendar_month
from claude_dash.rollup.rows import FLOWS, ORGANIZATION, Rows
from claude_dash.rollup.vendor_counts import Told
from claude_dash.rollup.weeks import Touched, roll_up_week
from claude_dash.store.engine import bump
from claude_dash.store.locks import hold

WEEK = timedelta(days=7)
LATER_FROM = "rollup.later_from"  # setting: the first week whose later counts are still due
_RELEASE: Any = t.RELEASE_ROW


def roll_up(engine: Engine, settings: Settings) -> int:
    """Rebuild the releases of every touched period; return how many weeks were touched.

    Each week is one transaction that removes its mark, so that a roll-up which is cut off goes on
    where it stopped. Sealed weeks and months keep their releases.
    """
    with hold(engine, "rollup"):
        done = 0
        while (monday := _next_touched(engine)) is not None:
            with engine.begin() as connection:
                _roll_up_one(connection, monday, current(connection, settings.min_group_size))
            done += 1
        with engine.begin() as connection:
            since = _setting(connection, LATER_FROM)
            if since:
                policy = current(connection, settings.min_group_size)
                _roll_up_later(connection, date.fromisoformat(since), policy)
                _forget(connection, LATER_FROM)
            finality.mark(connection)
            if since or done:
                bump(connection)
    return done


def _next_touched(engine: Engine) -> date | None:
    with engine.connect() as connection:
        return connection.execute(select(func.max(t.TOUCHED_WEEK.c.week))).scalar()


def _sealed(connection: Connection, grain: str) -> set[date]:
    query = select(t.SEAL.c.start).where(t.SEAL.c.grain == grain)
    return set(connection.execute(query).scalars())


def _roll_up_one(connection: Connection, monday: date, policy: Policy) -> None:
    # The mark goes first: a writer that touches the week meanwhile waits, and marks it again.
    c = t.TOUCHED_WEEK.c
    mark = delete(t.TOUCHED_WEEK).where(c.week == monday).returning(c.reason)
    reason = connection.execute(mark).scalar_one()
    sealed = _sealed(connection, "week")
    if monday in sealed:
        return
    standings, unnamed = Standings.load(connection), Unnamed.load(connection)
    here = roll_up_week(connection, Touched(monday, reason), standings, unnamed, policy)
    changed = who.store(connection, monday, here)
    oldest_open = max(sealed) + WEEK if sealed else None
    who.update_spans(connection, changed, oldest_open)
    uses.update(connection, monday)
    since = _setting(connection, LATER_FROM)
    _keep(connection, LATER_FROM, min(since or monday.isoformat(), monday.isoformat()))


def _history(connection: Connection, since: date) -> History:
    first_read = connection.execute(select(func.min(t.DAY_READ.c.day))).scalar()
    sealed = _sealed(connection, "week")
    return History(
        weeks=who.load(connection, since),
        spans=who.Spans.load(connection),
        first_read=first_read or today(),
        oldest_open=max(sealed) + WEEK if sealed else None,
        invites=read_invites(connection),
        uses=uses.Uses.load(connection),
        told=Told.load(connection),
    )


def _roll_up_later(connection: Connection, since: date, policy: Policy) -> None:
    """Rebuild what is counted over several weeks, and the months, from a week on."""
    months = _months_from(connection, since)
    earliest = min([since, *(week_of(month) for month in months)])
    history = _history(connection, earliest - SEGMENT_WEEKS * WEEK)
    standings, unnamed = Standings.load(connection), Unnamed.load(connection)
    sealed = _sealed(connection, "week")

    told, selves = basis.load(connection, earliest, date.max, policy), Selves.load(connection)
    held = finality.Held.of(told)
    crowds: dict[date, Crowd] = {}
    for monday in _known_weeks(connection, earliest):
        now = gather(standings, unnamed, monday, history.week(monday).seen, policy)
        crowds[monday] = placed(now, told.get(monday), selves, policy)
    for monday, crowd in crowds.items():
        if monday >= since and monday not in sealed:
            keeps = held.keeps([monday])
            roll_up_habits(connection, crowd, history, policy, keeps_groups=keeps)
    for month in months:
        _roll_up_month(connection, month, crowds, (history, held), policy)


def _known_weeks(connection: Connection, since: date) -> Sequence[date]:
    query = (
        select(t.GROUP_ROW.c.start)
        .where(
            t.GROUP_ROW.c.grain == "week",
            t.GROUP_ROW.c.level == ORGANIZATION,
            t.GROUP_ROW.c.start >= since,
        )
        .order_by(t.GROUP_ROW.c.start)
    )
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
    across: tuple[History, finality.Held],
    policy: Policy,
) -> None:
    history, held = across
    known = [monday for monday in weeks_of_month(month) if monday in crowds]
    deciding = crowds.get(deciding_week(month)) or (crowds[known[-1]] if known else None)
    if deciding is None:
        deciding = next((crowds[day] for day in crowds if thursday_of(day) >= month), None)
    made: list[Rows] = []
    if deciding is not None:
        made.append(roll_up_calendar_month(connection, month, deciding, history, policy))
    keeps = held.keeps(known)
    of_groups = roll_up_group_month(connection, month, crowds, history, policy, keeps_groups=keeps)
    made.append(of_groups)
    # Flows look one month back; where that month is purged, they stay as they were released.
    kept = () if history.knows(week_of(month_of(month - timedelta(days=1)))) else FLOWS
    connection.execute(
        delete(_RELEASE).where(
            _RELEASE.c.grain == "month",
            _RELEASE.c.start == month,
            _RELEASE.c.measure.not_in(kept),
        )
    )
    rows = [row for one in made for row in one.made]
    if rows:
        connection.execute(insert(_RELEASE), rows)


def _setting(connection: Connection, name: str) -> str | None:
    query = select(t.SETTING.c.value).where(t.SETTING.c.name == name)
    return connection.execute(query).scalar()


def _forget(connection: Connection, name: str) -> None:
    connection.execute(delete(t.SETTING).where(t.SETTING.c.name == name))


def _keep(connection: Connection, name: str, value: str) -> None:
    _forget(connection, name)
    connection.execute(insert(t.SETTING).values(name=name, value=value))
