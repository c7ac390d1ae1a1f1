"""Our own snapshot of a vendor's lists: the vendor keeps no trace of whom it removed."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, date
from typing import Any

from sqlalchemy import Connection, Engine, Row, delete, insert, select, update

from claude_dash.facts import tables as t
from claude_dash.facts.moves import VENDOR_LIST
from claude_dash.facts.told import IDENTITY
from claude_dash.people.changes import touch_changed_weeks, touch_open_weeks
from claude_dash.people.lists import Invitation, Lists, User
from claude_dash.people.moves import move
from claude_dash.people.persons import address_of, folded_address, make_persons, persons_of
from claude_dash.people.standing import VENDOR
from claude_dash.people.workspaces import take_workspaces
from claude_dash.store.audit import note
from claude_dash.store.former import Given, former_addresses
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
    ids = _ids(connection, connection_id)
    found = _follow_addresses(connection, vault, users, known, found, ids=ids)
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
            "address": address_of(vault, user.email),
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
    *,
    ids: Mapping[int, set[str]],
) -> dict[str, int]:
    """Give the new address of a known member to the person that the member is.

    A new member whose address is one that somebody else had before is a new person, who has it now.
    """
    persons, changed = dict(found), False
    given = Given.load(connection)
    former = former_addresses(connection, given)
    members = {known[user.id].person_id for user in users if user.id in known}
    for user in users:
        address = folded_address(user.email)
        if address not in persons:
            continue
        before, who = persons[address], address_of(vault, address)
        if user.id not in known:
            is_reused = who not in given.all and (before in members or who in former)
            person = make_persons(connection, 1)[0] if is_reused else before
        else:
            person = before if who in given.split else known[user.id].person_id
        if before != person:
            is_new = user.id not in known
            # Whoever has or had an id of their own stays somebody, as do two who swapped addresses.
            merge = not is_new and not ids.get(before, set()) - {user.id}
            move(connection, [who], person, actor=VENDOR_LIST, merge=merge, is_split=is_new)
            note(connection, VENDOR_LIST, "identity.address", f"person {before} → person {person}")
            changed, persons[address] = True, person
    if changed:
        touch_open_weeks(connection, IDENTITY)
    return persons


def _ids(connection: Connection, connection_id: int) -> dict[int, set[str]]:
    """Return the vendor's ids that everybody has or had."""
    c = _ENTRY.c
    query = select(c.person_id, c.vendor_user_id)
    found: dict[int, set[str]] = {}
    for person, user_id in connection.execute(query.where(c.connection_id == connection_id)):
        found.setdefault(person, set()).add(user_id)
    return found


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
