"""Teams from a vendor's workspaces: one for each person, by the order that the admin sets."""

from collections.abc import Mapping
from datetime import date

from sqlalchemy import Connection, insert, select, update

from claude_dash.facts import tables as t
from claude_dash.people.lists import Lists
from claude_dash.people.memberships import WORKSPACE_TEAMS
from claude_dash.people.names import MAX_NAME_CHARS, fault, folded, spelled
from claude_dash.people.standing import VENDOR, successors
from claude_dash.people.timeline import Span, splice

_TEAM, _ENTRY = t.TEAM, t.ROSTER_ENTRY
LAST_RANK = 1_000_000  # where the default workspace stands until the admin orders otherwise


def take_workspaces(
    connection: Connection,
    connection_id: int,
    lists: Lists,
    persons: Mapping[str, int],
    today: date,
) -> None:
    """Put everybody into the first of their workspaces; a change holds from today on.

    The first team of a person holds for all earlier days. Whoever is in no workspace any more,
    or no longer a member, is in no team from today on.
    """
    teams = _teams(connection, lists)
    c = _TEAM.c
    order = {
        row.id: (row.rank, row.name.casefold())
        for row in connection.execute(select(c.id, c.rank, c.name))
    }
    wanted: dict[int, int] = {}
    for workspace, users in lists.members.items():
        for user in users:
            person, team = persons.get(user), teams.get(workspace)
            if person is None or team is None:
                continue
            if person not in wanted or order[team] < order[wanted[person]]:
                wanted[person] = team
    before = WORKSPACE_TEAMS.read(connection)
    mine, elsewhere = _members(connection, connection_id)
    after = {}
    # An element that was not understood may be anybody: then nobody is taken as gone.
    known = set() if lists.rejected else before.keys() & mine
    for person in wanted.keys() | known:
        first = elsewhere.get(person)
        # A member of several organizations is placed by the first of them that has a team.
        if first is None or (person in wanted and (first > connection_id or person not in before)):
            spans = [Span(None, None, wanted[person])] if person in wanted else []
            after[person] = splice(before.get(person, ()), spans, today)
    WORKSPACE_TEAMS.rewrite(connection, before, after)


def _members(connection: Connection, connection_id: int) -> tuple[set[int], dict[int, int]]:
    """Return who is or was a member here, and the first other connection of its members."""
    c = _ENTRY.c
    mine: set[int] = set()
    elsewhere: dict[int, int] = {}
    for person, connected, ends in connection.execute(
        select(c.person_id, c.connection_id, c.ends).where(c.origin == VENDOR)
    ):
        if connected == connection_id:
            mine.add(person)
        elif ends is None:
            elsewhere[person] = min(connected, elsewhere.get(person, connected))
    return mine, elsewhere


def _teams(connection: Connection, lists: Lists) -> dict[str, int]:
    """Return the team of each workspace, made when it is new.

    A name follows the vendor's until an admin gives another. A team that was merged stands for
    nothing but the one that took its place.
    """
    rows = connection.execute(select(_TEAM)).all()
    final = successors({row.id: row.merged_into for row in rows})
    by_workspace = {row.workspace_id: row for row in rows if row.workspace_id}
    by_name = {folded(row.name): row.id for row in rows}
    ordered = [row.rank for row in rows if row.workspace_id and row.rank < LAST_RANK]
    new_rank = max(ordered) + 1 if any(ordered) else 0  # behind those that the admin put in order
    found: dict[str, int] = {}
    for one in lists.workspaces:
        name, row = _named(one.name), by_workspace.get(one.id)
        if row is not None:
            found[one.id] = final[row.id]
            if row.workspace_name != name:
                changes = {"workspace_name": name}
                if row.name == row.workspace_name and folded(name) not in by_name:
                    changes["name"] = name
                    by_name[folded(name)] = row.id
                connection.execute(update(_TEAM).where(_TEAM.c.id == row.id).values(**changes))
            continue
        if one.id == lists.default_workspace and not lists.members.get(one.id):
            continue  # everybody's; the vendor lists nobody in it
        origin = {"workspace_id": one.id, "workspace_name": name}
        known = by_name.get(folded(name))
        if known is None:
            rank = LAST_RANK if one.id == lists.default_workspace else new_rank
            made = insert(_TEAM).values(name=name, rank=rank, **origin)
            known = int(connection.execute(made.returning(_TEAM.c.id)).scalar_one())
            by_name[folded(name)] = final[known] = known
        else:
            c = _TEAM.c
            where = (c.id == known, c.workspace_id == "")
            connection.execute(update(_TEAM).where(*where).values(**origin))
        found[one.id] = final[known]
    return found


def _named(name: str) -> str:
    """Return a workspace's name as one that a team can bear."""
    clean = spelled("".join(char if char.isprintable() else " " for char in name))
    clean = clean[: MAX_NAME_CHARS - len(" workspace")]
    return f"{clean} workspace".strip() if not clean or fault(clean) else clean
