"""People behind addresses: found, made when new, and made one when they turn out to be."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, delete, insert, select, update

from claude_dash.facts import tables as t
from claude_dash.facts.identity import Identified
from claude_dash.store.vault import Vault

_IDENTITY, _PERSON, _SPAN = t.IDENTITY, t.PERSON, t.PERSON_SPAN


def folded_address(email: str) -> str:
    """Return what two spellings of one address have in common."""
    return email.strip().casefold()


def persons_of(
    connection: Connection,
    vault: Vault,
    emails: Iterable[str],
    owners: Mapping[str, int] | None = None,
) -> dict[str, int]:
    """Return the person of each address, folded; erased addresses are left out.

    An address that is not known yet becomes that of its owner, or of a new person.
    """
    owners, key = owners or {}, vault.pseudonym_key
    known = dict(connection.execute(select(_IDENTITY.c.who, _IDENTITY.c.person_id)).all())
    erased = set(connection.execute(select(t.ERASED_IDENTITY.c.who)).scalars())
    found: dict[str, int] = {}
    unknown: dict[str, int] = {}
    for email in dict.fromkeys(map(folded_address, emails)):
        who = Identified("email", email).who(key)
        if who in known:
            found[email] = known[who]
        elif who not in erased:
            unknown[email] = who
    made = iter(_make(connection, sum(email not in owners for email in unknown)))
    rows = [
        {
            "who": who,
            "person_id": owners[email] if email in owners else next(made),
            "kind": "email",
            "value": email,
            "first_seen": None,
        }
        for email, who in unknown.items()
    ]
    if rows:
        connection.execute(insert(_IDENTITY), rows)
    return found | {str(row["value"]): int(str(row["person_id"])) for row in rows}


def _make(connection: Connection, count: int) -> list[int]:
    if not count:
        return []
    statement = insert(_PERSON).returning(_PERSON.c.id, sort_by_parameter_order=True)
    rows = [{"automation": False, "name": ""}] * count
    return list(connection.execute(statement, rows).scalars())


def move_identity(connection: Connection, who: int, person: int, *, merge: bool) -> None:
    """Link an identity to another person; with `merge` nobody is left without an identity.

    Whoever has no identity left becomes one with that person: seats, teams and the first and
    last day ever seen go along, unless the person has teams of that origin already.
    """
    before = connection.execute(
        select(_IDENTITY.c.person_id).where(_IDENTITY.c.who == who)
    ).scalar_one()
    changed = update(_IDENTITY).where(_IDENTITY.c.who == who).values(person_id=person)
    connection.execute(changed)
    left = select(_IDENTITY.c.who).where(_IDENTITY.c.person_id == before).limit(1)
    if merge and before != person and connection.execute(left).first() is None:
        _merge(connection, before, person)


def _merge(connection: Connection, gone: int, into: int) -> None:
    for table, is_always_moved in ((t.ROSTER_ENTRY, {"vendor"}), (t.MEMBERSHIP, set[str]())):
        c = table.c
        kept = set(connection.execute(select(c.origin).where(c.person_id == into)).scalars())
        connection.execute(
            update(table)
            .where(c.person_id == gone, c.origin.not_in(kept - is_always_moved))
            .values(person_id=into)
        )
    rows = connection.execute(select(_SPAN).where(_SPAN.c.person_id.in_([gone, into]))).all()
    if rows:
        activated = [row.activated_on for row in rows if row.activated_on]
        connection.execute(delete(_SPAN).where(_SPAN.c.person_id.in_([gone, into])))
        connection.execute(
            insert(_SPAN).values(
                person_id=into,
                first_day=min(row.first_day for row in rows),
                last_day=max(row.last_day for row in rows),
                activated_on=min(activated, default=None),
            )
        )
    _merge_use(connection, gone, into)
    connection.execute(delete(_PERSON).where(_PERSON.c.id == gone))


def _merge_use(connection: Connection, gone: int, into: int) -> None:
    use = t.PERSON_USE
    rows = connection.execute(select(use).where(use.c.person_id.in_([gone, into]))).all()
    if not rows:
        return
    connection.execute(delete(use).where(use.c.person_id.in_([gone, into])))
    last = [row.last_used for row in rows if row.last_used]
    first = {
        name: min((day for row in rows if (day := getattr(row, name))), default=None)
        for name in ("first_used", "installed_on")
    }
    row = {"person_id": into, "last_used": max(last, default=None), **first}
    connection.execute(insert(use).values(**row))
