"""Teams that a connection hints at: of whoever is seen through it and has no other."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import Connection, delete, select

from claude_dash.clock import week_of
from claude_dash.facts import tables as t
from claude_dash.facts.told import TEAMS
from claude_dash.people.changes import open_weeks
from claude_dash.people.memberships import Record
from claude_dash.people.names import folded, spelled
from claude_dash.people.roster import make_team
from claude_dash.people.standing import hinted_by, successors
from claude_dash.people.timeline import Span, held, splice
from claude_dash.store.engine import bump
from claude_dash.store.write import touch


def join_team(
    connection: Connection, number: int, persons: Iterable[int], team: str, day: date
) -> None:
    """Let people who are seen through a connection stand in its team, made when it is missing.

    The team holds from the week of `day` on: what is known of earlier ones stays as it was rolled
    up. A roster's team and a workspace's go before it. Again the same changes nothing.
    """
    monday = week_of(day)
    record = Record(t.MEMBERSHIP, "team_id", hinted_by(number), {})
    before = record.read(connection)
    found = _team(connection, team)
    wanted = set(persons)
    if found is not None:
        wanted -= {person for person in wanted if _stands(before.get(person, ()), found, monday)}
    if not wanted:
        return
    if found is None:
        found = make_team(connection, spelled(team))
        bump(connection)
    spans = [Span(monday, None, found)]
    after = {person: splice(before.get(person, ()), spans, monday) for person in wanted}
    record.rewrite(connection, before, after)
    touch(connection, {week for week in open_weeks(connection) if week >= monday}, TEAMS)


def forget_hints(connection: Connection, number: int) -> None:
    """Let nobody stand in a team for the sake of a connection that is gone."""
    c = t.MEMBERSHIP.c
    connection.execute(delete(t.MEMBERSHIP).where(c.origin == hinted_by(number)))


def _stands(spans: Iterable[Span[int]], team: int, day: date) -> bool:
    now = held(spans, day)
    return now is not None and now.value == team


def _team(connection: Connection, name: str) -> int | None:
    """Return the team that bears or bore a name."""
    c = t.TEAM.c
    rows = connection.execute(select(c.id, c.name, c.merged_into)).all()
    final = successors({row.id: row.merged_into for row in rows})
    return next((final[row.id] for row in rows if folded(row.name) == folded(name)), None)
