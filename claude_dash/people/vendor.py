"""Our own snapshot of a vendor's lists: the vendor keeps no trace of whom it removed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select, update

from claude_dash.facts import tables as t
from claude_dash.facts.identity import Identified
from claude_dash.people.changes import touch_changed_weeks, touch_open_weeks
from claude_dash.people.lists import Invitation, Lists, User
from claude_dash.people.persons import folded_address, move_identity, persons_of
from claude_dash.people.standing import VENDOR
from claude_dash.people.workspaces import take_workspaces
from claude_dash.store.vault import Vault

_ENTRY, _INVITE, _PERSON = t.ROSTER_ENTRY, t.INVITE, t.PERSON


def take(engine: Engine, vault: Vault, connection_id: int, roster: Lists, today: date) -> None:
    """Bring people, seats, invitations and workspace teams in line with the vendor's lists.

    Who left a list is marked as gone from today on, never deleted. A list that could not be read
    changes nothing. Weeks in which somebody's standing changes are marked for the roll-up; the
    same lists again change nothing.
    """
    with engine.begin() as connection, touch_changed_weeks(connection):
        if "users" not in roster.unavailable and roster.users:
            persons = _take_users(connection, vault, connection_id, roster.users)
            # An element that was not understood may be anybody: then nobody is taken as gone.
            if not roster.rejected:
                _end(connection, connection_id, persons.keys(), today)
            if "workspaces" not in roster.unavailable:
                take_workspaces(connection, connection_id, roster, persons, today)
        if "invites" not in roster.unavailable:
            _take_invites(connection, connection_id, roster.invites)


def _present(connection: Connection, connection_id: int) -> dict[str, Row[Any]]:
    """Return the entries of everybody who was listed last, by the vendor's user id."""
    c = _ENTRY.c
    query = select(_ENTRY).where(
        c.origin == VENDOR, c.connection_id == connection_id, c.ends.is_(None)
    )
    return {row.vendor_user_id: row for row in connection.execute(query)}


def _take_users(
    connection: Connection, vault: Vault, connection_id: int, users: Sequence[User]
) -> dict[str, int]:
    """Store the members; return the person of each vendor user id."""
    known = _present(connection, connection_id)
    owners = {
        folded_address(user.email): known[user.id].person_id for user in users if user.id in known
    }
    found = persons_of(connection, vault, [user.email for user in users], owners)
    found = _follow_addresses(connection, vault, users, known, found)
    persons = {
        user.id: found[address]
        for user in users
        if (address := folded_address(user.email)) in found
    }
    added = []
    for user in users:
        if user.id not in persons:
            continue  # erased
        entry = {
            "person_id": persons[user.id],
            "role": user.role or "",
            "starts": user.added_at.astimezone(UTC).date() if user.added_at else None,
        }
        before = known.get(user.id)
        if before is None:
            added.append({**entry, "vendor_user_id": user.id})
        elif any(getattr(before, name) != value for name, value in entry.items()):
            connection.execute(update(_ENTRY).where(_ENTRY.c.id == before.id).values(**entry))
    if added:
        rest = {"origin": VENDOR, "connection_id": connection_id, "eligible": True, "ends": None}
        connection.execute(insert(_ENTRY), [{**entry, **rest} for entry in added])
    _name(connection, {persons[user.id]: user.name for user in users if user.id in persons})
    return persons


def _follow_addresses(
    connection: Connection,
    vault: Vault,
    users: Iterable[User],
    known: Mapping[str, Row[Any]],
    found: Mapping[str, int],
) -> dict[str, int]:
    """Give the new address of a known member to the person that the member is."""
    persons, changed = dict(found), False
    members = {known[user.id].person_id for user in users if user.id in known}
    for user in users:
        address = folded_address(user.email)
        if user.id not in known or address not in persons:
            continue
        person = known[user.id].person_id
        if persons[address] != person:
            who = Identified("email", address).who(vault.pseudonym_key)
            is_member = persons[address] in members  # two members who swapped addresses stay two
            move_identity(connection, who, person, merge=not is_member)
            changed, persons[address] = True, person
    if changed:
        touch_open_weeks(connection)
    return persons


def _name(connection: Connection, names: Mapping[int, str | None]) -> None:
    before = dict(connection.execute(select(_PERSON.c.id, _PERSON.c.name)).all())
    for person, given in names.items():
        name = " ".join((given or "").split())
        if name and before.get(person) != name:
            connection.execute(update(_PERSON).where(_PERSON.c.id == person).values(name=name))


def _end(connection: Connection, connection_id: int, present: Iterable[str], today: date) -> None:
    gone = set(_present(connection, connection_id)) - set(present)
    for user_id in sorted(gone):
        connection.execute(
            update(_ENTRY)
            .where(
                _ENTRY.c.connection_id == connection_id,
                _ENTRY.c.vendor_user_id == user_id,
                _ENTRY.c.ends.is_(None),
            )
            .values(ends=today)
        )


def _take_invites(
    connection: Connection, connection_id: int, invites: Iterable[Invitation]
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
