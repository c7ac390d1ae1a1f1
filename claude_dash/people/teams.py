"""Teams as the admin keeps them: names, departments, mergers, and the order of workspaces."""

from collections.abc import Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import Any

from sqlalchemy import Connection, Engine, Row, select, update

from claude_dash.errors import QueryError
from claude_dash.facts import tables as t
from claude_dash.people.changes import touch_changed_weeks
from claude_dash.people.memberships import WORKSPACE_TEAMS
from claude_dash.people.names import fault, folded, spelled
from claude_dash.people.roster import department_of, make_team
from claude_dash.people.standing import successors
from claude_dash.people.timeline import Span
from claude_dash.people.workspaces import LAST_RANK
from claude_dash.store.audit import note

_TEAM, _DEPARTMENT = t.TEAM, t.DEPARTMENT


@dataclass(frozen=True, slots=True)
class Team:
    """A team as it is now; `merged` are the names that stand for it too."""

    id: int
    name: str
    department: str
    is_workspace: bool
    merged: tuple[str, ...]


def listing(engine: Engine) -> list[Team]:
    """Return the teams that exist, workspaces in the order that decides, then by name."""
    with engine.connect() as connection:
        rows = connection.execute(select(_TEAM)).all()
        departments = dict(connection.execute(select(_DEPARTMENT.c.id, _DEPARTMENT.c.name)).all())
    final = successors({row.id: row.merged_into for row in rows})
    found = [
        Team(
            id=row.id,
            name=row.name,
            department=departments.get(row.department_id, ""),
            is_workspace=bool(row.workspace_id),
            merged=tuple(
                sorted(one.name for one in rows if one.id != row.id and final[one.id] == row.id)
            ),
        )
        for row in sorted(rows, key=lambda row: (row.rank, folded(row.name)))
        if row.merged_into is None
    ]
    return sorted(found, key=lambda team: not team.is_workspace)


def create(engine: Engine, name: str, *, actor: str, department: str = "") -> int:
    """Store a new team; return its id.

    Raises:
        QueryError: The name is taken or reserved.
    """
    with engine.begin() as connection, touch_changed_weeks(connection):
        made = make_team(connection, _free_name(connection, name))
        if department.strip():
            _set_department(connection, made, department)
        note(connection, actor, "team.create", spelled(name))
    return made


def rename(engine: Engine, team_id: int, name: str, *, actor: str) -> None:
    """Give a team another name; the old one still means it where a file uses it.

    Raises:
        QueryError: The name is taken or reserved, or there is no such team.
    """
    with engine.begin() as connection, touch_changed_weeks(connection):
        before = _existing(connection, team_id)
        wanted = _free_name(connection, name, of=team_id)
        if wanted == before.name:
            return
        alias = _named(connection, wanted)
        is_respelled = folded(wanted) == folded(before.name)
        if alias is not None and alias.id != team_id:  # an earlier name of this team: they swap
            _write(connection, alias.id, name=f"\x01{alias.id}")
        _write(connection, team_id, name=wanted)
        if alias is not None and alias.id != team_id:
            _write(connection, alias.id, name=before.name)
        elif not is_respelled:
            _write(connection, make_team(connection, before.name), merged_into=team_id)
        note(connection, actor, "team.rename", f"{before.name} → {wanted}")


def merge(engine: Engine, team_id: int, into: int, *, actor: str) -> None:
    """Let a team be part of another, for all open weeks; its name means the other from now on.

    Raises:
        QueryError: They are the same, or one of them does not exist.
    """
    with engine.begin() as connection, touch_changed_weeks(connection):
        gone, kept = _existing(connection, team_id), _existing(connection, into)
        if team_id == into:
            message = "A team cannot be merged into itself."
            raise QueryError(message, "Choose another team.")
        _write(connection, team_id, merged_into=into)
        note(connection, actor, "team.merge", f"{gone.name} → {kept.name}")


def set_department(engine: Engine, team_id: int, department: str, *, actor: str) -> None:
    """Put a team into a department, made when it is new; an empty name takes it out.

    Raises:
        QueryError: The name is reserved, or there is no such team.
    """
    with engine.begin() as connection, touch_changed_weeks(connection):
        team = _existing(connection, team_id)
        _set_department(connection, team_id, department)
        detail = f"{team.name}: {spelled(department) or 'none'}"
        note(connection, actor, "team.department", detail)


def set_order(engine: Engine, team_ids: Sequence[int], *, actor: str) -> None:
    """Let the first of these teams have whoever is in several workspaces, from the next sync on.

    Teams of workspaces that are not named stand behind, in the order that they had, the default
    workspace last.

    Raises:
        QueryError: One of them does not exist.
    """
    with engine.begin() as connection:
        named = [_existing(connection, team).name for team in dict.fromkeys(team_ids)]
        c = _TEAM.c
        query = select(c.id).where(
            c.workspace_id != "", c.merged_into.is_(None), c.rank < LAST_RANK
        )
        rest = connection.execute(query.order_by(c.rank, c.name)).scalars().all()
        ranked = dict.fromkeys([*team_ids, *rest])
        for rank, team in enumerate(ranked, 1):
            _write(connection, team, rank=rank)
        note(connection, actor, "team.order", ", ".join(named))


def reattribute(engine: Engine, *, actor: str) -> int:
    """Let the newest workspace team of everybody hold for all earlier days of open weeks.

    Returns:
        How many people that changed. Teams of a file are re-attributed by importing it so.
    """
    with engine.begin() as connection, touch_changed_weeks(connection):
        before = WORKSPACE_TEAMS.read(connection)
        after = {
            person: [Span(None, spans[-1].ends, spans[-1].value)]
            for person, spans in before.items()
        }
        changed = len(WORKSPACE_TEAMS.rewrite(connection, before, after))
        note(connection, actor, "team.reattribute", "closed weeks re-attributed")
    return changed


def _existing(connection: Connection, team_id: int) -> Row[Any]:
    row = connection.execute(select(_TEAM).where(_TEAM.c.id == team_id)).first()
    if row is None or row.merged_into is not None:
        message = "There is no such team."
        raise QueryError(message, "Reload the page.")
    return row


def _named(connection: Connection, name: str) -> Row[Any] | None:
    rows = connection.execute(select(_TEAM)).all()
    return next((row for row in rows if folded(row.name) == folded(name)), None)


def _free_name(connection: Connection, name: str, *, of: int | None = None) -> str:
    """Return a name as it is kept, when no team but `of` bears or bore it."""
    wanted = spelled(name)
    wrong = "is empty" if not wanted else fault(name)
    if wrong:
        message = f"The name {wrong}."
        raise QueryError(message, "Choose another name.")
    row = _named(connection, wanted)
    if row is None:
        return wanted
    rows = connection.execute(select(_TEAM.c.id, _TEAM.c.name, _TEAM.c.merged_into)).all()
    final = successors({one.id: one.merged_into for one in rows})
    if of is not None and final[row.id] == of:
        return wanted
    owner = next(one.name for one in rows if one.id == final[row.id])
    is_alias = row.merged_into is not None
    message = (
        f"{row.name!r} is an earlier name of the team {owner!r}."
        if is_alias
        else f"There is a team named {row.name!r} already."
    )
    near = get_close_matches(wanted, [one.name for one in rows if one.id != row.id], n=1)
    hint = f"Did you mean {near[0]}, or to merge the two?" if near else "Merge the two instead."
    raise QueryError(message, hint)


def _set_department(connection: Connection, team_id: int, department: str) -> None:
    name = spelled(department)
    if wrong := fault(name):
        message = f"The department's name {wrong}."
        raise QueryError(message, "Choose another name.")
    number = department_of(connection, name) if name else None
    _write(connection, team_id, department_id=number)


def _write(connection: Connection, team_id: int, **values: Any) -> None:  # noqa: ANN401 - columns
    connection.execute(update(_TEAM).where(_TEAM.c.id == team_id).values(**values))
