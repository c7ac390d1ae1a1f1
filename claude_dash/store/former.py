"""Addresses that were given up, and identities that an admin gave: what decides who is who."""

import json
from dataclasses import dataclass

from sqlalchemy import Connection, select

from claude_dash.facts import tables as t
from claude_dash.facts.moves import VENDOR_LIST


@dataclass(frozen=True, slots=True)
class Given:
    """Pseudonyms that an admin gave to somebody, and those of them that were split off."""

    all: frozenset[int]
    split: frozenset[int]

    @classmethod
    def load(cls, connection: Connection) -> "Given":
        """Read what was said and can still be undone."""
        c = t.IDENTITY_MOVE.c
        rows = connection.execute(select(c.kept, c.is_split).where(c.actor != VENDOR_LIST)).all()
        every = frozenset(who for row in rows for who in json.loads(row.kept)["who"])
        split = (who for row in rows if row.is_split for who in json.loads(row.kept)["who"])
        return cls(every, frozenset(split))


def former_addresses(connection: Connection, given: Given) -> set[int]:
    """Return the addresses that whoever had them gave up: lists have another for them now.

    A vendor's id that comes with one of them is somebody else. What an admin gave stays given.
    """
    entry, c = t.ROSTER_ENTRY.c, t.IDENTITY.c
    listed: dict[int, set[int]] = {}
    query = select(entry.person_id, entry.address).where(entry.address.is_not(None))
    for person, address in connection.execute(query):
        listed.setdefault(person, set()).add(address)
    emails = connection.execute(select(c.who, c.person_id).where(c.kind == "email"))
    return {
        who
        for who, person in emails
        if person in listed and who not in listed[person] and who not in given.all
    }
