"""Keep our own snapshot of a vendor's lists: members, invitations, and teams from workspaces."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Protocol

from sqlalchemy import Connection, Engine, delete, insert, select, update

from claude_dash.facts import tables as t
from claude_dash.facts.identity import Identified
from claude_dash.people.changes import touch_changed_weeks
from claude_dash.people.standing import VENDOR, WORKSPACE
from claude_dash.store.vault import Vault
from claude_dash.store.write import register, table_of

_ENTRY, _IDENTITY, _INVITE, _MEMBER, _PERSON, _TEAM = (
    table_of(model)
    for model in (t.RosterEntry, t.Identity, t.Invite, t.Membership, t.Person, t.Team)
)


class VendorUser(Protocol):
    """A member as a source reads it."""

    id: str
    email: str
    name: str | None
    role: str | None
    added_at: datetime | None


class VendorInvite(Protocol):
    """An invitation as a source reads it."""

    id: str
    status: str
    invited_at: datetime
    expires_at: datetime | None
    accepted_at: datetime | None


class VendorWorkspace(Protocol):
    """A workspace as a source reads it."""

    id: str
    name: str


class VendorRoster(Protocol):
    """The lists of an organization as a source reads them."""

    users: Sequence[Any]
    invites: Sequence[Any]
    workspaces: Sequence[Any]
    members: Mapping[str, Sequence[str]]
    default_workspace: str
    unavailable: Sequence[str]


def take(
    engine: Engine, vault: Vault, connection_id: int, roster: VendorRoster, today: date
) -> None:
    """Bring people, seats, invitations and workspace teams in line with the vendor's lists.

    Who left a list is marked as gone from today on, never deleted. A list that could not be read
    changes nothing. Weeks in which somebody's standing changes are marked for the roll-up.
    """
    with engine.begin() as connection, touch_changed_weeks(connection):
        if "users" not in roster.unavailable:
            persons = _take_users(connection, vault, connection_id, roster.users, today)
            if "workspaces" not in roster.unavailable:
                _take_workspaces(connection, roster, persons, today)
        if "invites" not in roster.unavailable:
            _take_invites(connection, connection_id, roster.invites)


def person_of(connection: Connection, vault: Vault, email: str) -> int | None:
    """Return the person of an address, made when it is new; None when it was erased."""
    identity = Identified("email", email)
    who = identity.who(vault.pseudonym_key)
    found = connection.execute(select(_IDENTITY.c.person_id).where(_IDENTITY.c.who == who)).scalar()
    if found is not None:
        return int(found)
    erased = select(t.ErasedIdentity.who).where(t.ErasedIdentity.who == who)
    if connection.execute(erased).first() is not None:
        return None
    return register(connection, who, identity, None)


def _take_users(
    connection: Connection,
    vault: Vault,
    connection_id: int,
    users: Iterable[VendorUser],
    today: date,
) -> dict[str, int]:
    """Store the members; return the person of each vendor user id."""
    query = select(_ENTRY).where(
        _ENTRY.c.origin == VENDOR, _ENTRY.c.connection_id == connection_id, _ENTRY.c.ends.is_(None)
    )
    known = {row.vendor_user_id: row for row in connection.execute(query)}
    persons: dict[str, int] = {}
    for user in users:
        before = known.get(user.id)
        person = _linked(connection, vault, user.email, before.person_id if before else None)
        if person is None:
            continue
        persons[user.id] = person
        name = (user.name or "").strip()
        connection.execute(update(_PERSON).where(_PERSON.c.id == person).values(name=name))
        starts = user.added_at.date() if user.added_at else None
        entry = {"person_id": person, "role": user.role or "", "starts": starts}
        if before is None:
            connection.execute(
                insert(_ENTRY).values(
                    origin=VENDOR,
                    connection_id=connection_id,
                    vendor_user_id=user.id,
                    eligible=True,
                    **entry,
                )
            )
        else:
            connection.execute(update(_ENTRY).where(_ENTRY.c.id == before.id).values(**entry))
    gone = [row.id for number, row in known.items() if number not in persons]
    for entry_id in gone:
        connection.execute(update(_ENTRY).where(_ENTRY.c.id == entry_id).values(ends=today))
    return persons


def _linked(connection: Connection, vault: Vault, email: str, person: int | None) -> int | None:
    """Return the person of a member; a new address of a known member becomes theirs."""
    found = person_of(connection, vault, email)
    if found is None or person is None or found == person:
        return found
    who = Identified("email", email).who(vault.pseudonym_key)
    connection.execute(update(_IDENTITY).where(_IDENTITY.c.who == who).values(person_id=person))
    return person


def _take_invites(
    connection: Connection, connection_id: int, invites: Iterable[VendorInvite]
) -> None:
    connection.execute(delete(_INVITE).where(_INVITE.c.connection_id == connection_id))
    rows = {
        one.id: {
            "connection_id": connection_id,
            "invite_id": one.id,
            "status": one.status,
            "invited_at": one.invited_at,
            "expires_at": one.expires_at,
            "accepted_at": one.accepted_at,
        }
        for one in invites
    }
    if rows:
        connection.execute(insert(_INVITE), list(rows.values()))


def _take_workspaces(
    connection: Connection, roster: VendorRoster, persons: Mapping[str, int], today: date
) -> None:
    teams = _teams(connection, roster)
    order = {
        row.id: (row.rank, row.name.casefold())
        for row in connection.execute(select(_TEAM.c.id, _TEAM.c.rank, _TEAM.c.name))
    }
    wanted: dict[int, int] = {}
    for workspace, users in roster.members.items():
        if workspace not in teams:
            continue
        for user in users:
            person, team = persons.get(user), teams[workspace]
            if person is not None and (person not in wanted or order[team] < order[wanted[person]]):
                wanted[person] = team
    query = select(_MEMBER).where(_MEMBER.c.origin == WORKSPACE)
    rows = connection.execute(query).all()
    held = {row.person_id: row for row in rows if row.ends is None}
    ever = {row.person_id for row in rows}
    for person in wanted.keys() | (held.keys() & set(persons.values())):
        now, before = wanted.get(person), held.get(person)
        if before is not None and before.team_id == now:
            continue
        if before is not None:
            ended = update(_MEMBER).where(_MEMBER.c.id == before.id).values(ends=today)
            connection.execute(ended)
        if now is not None:
            connection.execute(
                insert(_MEMBER).values(
                    person_id=person,
                    team_id=now,
                    origin=WORKSPACE,
                    starts=today if person in ever else None,
                )
            )


LAST_RANK = 1_000_000  # where the default workspace stands until the admin orders otherwise


def _teams(connection: Connection, roster: VendorRoster) -> dict[str, int]:
    """Return the team of each workspace, made when it is new; names follow the vendor's."""
    rows = connection.execute(select(_TEAM)).all()
    by_workspace = {row.workspace_id: row for row in rows if row.workspace_id}
    by_name = {row.name.casefold(): row for row in rows}
    found: dict[str, int] = {}
    for one in roster.workspaces:
        name = " ".join(one.name.split())
        known = by_workspace.get(one.id) or by_name.get(name.casefold())
        if known is not None:
            found[one.id] = known.merged_into or known.id
            if not known.workspace_id:
                changed = update(_TEAM).where(_TEAM.c.id == known.id).values(workspace_id=one.id)
                connection.execute(changed)
            continue
        rank = LAST_RANK if one.id == roster.default_workspace else 0
        made = insert(_TEAM).values(name=name, rank=rank, workspace_id=one.id)
        found[one.id] = int(connection.execute(made.returning(_TEAM.c.id)).scalar_one())
    return found
