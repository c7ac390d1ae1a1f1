"""Which weeks a change of people or teams reaches."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date

from sqlalchemy import Connection, select

from claude_dash.clock import thursday_of, week_of
from claude_dash.facts import tables as t
from claude_dash.people.standing import Standings
from claude_dash.store.write import touch


def open_weeks(connection: Connection) -> set[date]:
    """Return the Mondays of every read week that is not sealed."""
    days = connection.execute(select(t.DAY_READ.c.day).distinct()).scalars()
    sealed = connection.execute(select(t.SEAL.c.start).where(t.SEAL.c.grain == "week")).scalars()
    return {week_of(day) for day in days} - set(sealed)


@contextmanager
def touch_changed_weeks(connection: Connection) -> Iterator[None]:
    """Mark, at the end of the block, every open week in which somebody stands elsewhere now."""
    before = Standings.load(connection)
    yield
    after = Standings.load(connection)
    if before == after:
        return
    is_renamed = (before.teams, before.departments) != (after.teams, after.departments)
    touch(
        connection,
        {
            week
            for week in open_weeks(connection)
            if is_renamed or before.on(thursday_of(week)) != after.on(thursday_of(week))
        },
    )
