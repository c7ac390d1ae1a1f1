"""Which weeks a change of people or teams reaches."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from sqlalchemy import Connection, select

from claude_dash.clock import thursday_of, week_of
from claude_dash.facts import tables as t
from claude_dash.facts.told import TEAMS
from claude_dash.people.standing import Standings
from claude_dash.store.engine import bump
from claude_dash.store.locks import take_turns
from claude_dash.store.write import touch


def open_weeks(connection: Connection) -> set[date]:
    """Return the Mondays of every read week that is not sealed."""
    days = connection.execute(select(t.DAY_READ.c.day).distinct()).scalars()
    sealed = connection.execute(select(t.SEAL.c.start).where(t.SEAL.c.grain == "week")).scalars()
    return {week_of(day) for day in days} - set(sealed)


def touch_open_weeks(connection: Connection, reason: str) -> None:
    """Mark every open week: what facts belong to whom has changed, or how they count."""
    touch(connection, open_weeks(connection), reason)


@contextmanager
def touch_changed_weeks(connection: Connection) -> Iterator[None]:
    """Mark, at the end of the block, every open week in which somebody stands elsewhere now.

    One such change at a time: of two undos of one merge the second finds nothing to undo.
    Names are looked up when releases are read, so a new name alone rebuilds nothing and only
    tells the caches.
    """
    take_turns(connection, "standings")
    before = Standings.load(connection)
    yield
    after = Standings.load(connection)
    if before == after:
        return
    if (before.teams, before.departments) != (after.teams, after.departments):
        bump(connection)
    weeks = {week for week in open_weeks(connection) if _differ(before, after, week)}
    touch(connection, weeks, TEAMS)


def _differ(before: Standings, after: Standings, monday: date) -> bool:
    thursday = thursday_of(monday)
    now = after.on(thursday)
    if before.on(thursday) != now:
        return True
    used = {one.team_id for one in now.values() if one.team_id is not None}
    return any(before.teams[team][1] != after.teams[team][1] for team in used)
