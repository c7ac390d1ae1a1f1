"""Who the facts of a day are about: new identities get persons, erased ones are dropped."""

from datetime import date
from typing import Any

from sqlalchemy import Connection, insert, select

from claude_dash.facts import tables as t
from claude_dash.facts.batch import DayFacts, FactRow
from claude_dash.facts.identity import IDS, Identified
from claude_dash.store.former import Given, former_addresses

_ERASED, _IDENTITY, _PERSON = t.ERASED_IDENTITY, t.IDENTITY, t.PERSON


def drop_erased(connection: Connection, facts: DayFacts) -> None:
    """Leave out whoever was erased, by the vendor's id or by the address that came with it."""
    erased = set(connection.execute(select(_ERASED.c.who)).scalars())
    gone = erased & facts.identities.keys()
    gone |= {who for who, address in facts.links.items() if address in erased}
    if not gone:
        return

    def keeps(row: FactRow) -> bool:
        return row.get("who") not in gone

    for who in gone:
        facts.identities.pop(who, None)
        facts.links.pop(who, None)
    for table, rows in facts.rows.items():
        facts.rows[table] = list(filter(keeps, rows))


def register_all(
    connection: Connection, facts: DayFacts, connection_id: int, day: date | None
) -> None:
    """Give every new identity a person: the one whose address came along, or one of its own.

    A vendor's id joins the person of its address, unless that person has another id of the same
    connection or gave the address up: then it was given to somebody else, and two people stay
    two. A principal of a cloud always joins: one person has several.
    """
    identities = facts.identities
    c = _IDENTITY.c
    known = dict(connection.execute(select(c.who, c.person_id)).all())
    new = {who: one for who, one in identities.items() if who not in known}
    if not new:
        return
    query = select(c.person_id).where(c.kind.in_(IDS), c.connection_id == connection_id)
    taken = set(connection.execute(query).scalars())
    former = former_addresses(connection, Given.load(connection))
    joins: dict[int, int] = {}  # a new identity -> the identity whose person it shares
    for who, address in facts.links.items():
        if who in known and address in new:
            joins[address] = who
        elif who in new:
            is_taken = known.get(address) in taken or address in former
            is_taken = is_taken or address in joins or address in joins.values()
            if is_taken and new[who].kind in IDS:
                continue
            joins[who] = address
    alone = [who for who in new if who not in joins]
    people = [{"automation": new[who].is_automation, "name": ""} for who in alone]
    if people:
        made = connection.execute(
            insert(_PERSON).returning(_PERSON.c.id, sort_by_parameter_order=True), people
        ).scalars()
        known |= dict(zip(alone, made, strict=True))
    for who, other in joins.items():
        shared = joins.get(other, other)  # an address that is new may itself join a person
        known[who] = known[shared]
    rows = [identity_row(who, one, known[who], day, connection_id) for who, one in new.items()]
    connection.execute(insert(_IDENTITY), rows)


def identity_row(
    who: int, one: Identified, person: int, day: date | None, connection_id: int | None = None
) -> dict[str, Any]:
    """Return an identity as it is stored."""
    value = one.value.strip()
    return {
        "who": who,
        "person_id": person,
        "kind": one.kind,
        "value": value.casefold() if one.kind == "email" else value,
        "first_seen": day,
        "connection_id": connection_id if one.kind in IDS else None,
    }
