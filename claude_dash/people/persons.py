"""People behind addresses: found, and made when new."""

from collections.abc import Iterable, Mapping

from sqlalchemy import Connection, insert, select

from claude_dash.facts import tables as t
from claude_dash.facts.identity import Identified
from claude_dash.store.vault import Vault

_IDENTITY, _PERSON = t.IDENTITY, t.PERSON


def folded_address(email: str) -> str:
    """Return what two spellings of one address have in common."""
    return email.strip().casefold()


def address_of(vault: Vault, email: str) -> int:
    """Return the pseudonym of an address."""
    return Identified("email", folded_address(email)).who(vault.pseudonym_key)


def persons_of(
    connection: Connection,
    vault: Vault,
    emails: Iterable[str],
    owners: Mapping[str, int] | None = None,
) -> dict[str, int]:
    """Return the person of each address, folded; erased addresses are left out.

    An address that is not known yet becomes that of its owner, or of a new person.
    """
    owners = owners or {}
    known = dict(connection.execute(select(_IDENTITY.c.who, _IDENTITY.c.person_id)).all())
    erased = set(connection.execute(select(t.ERASED_IDENTITY.c.who)).scalars())
    found: dict[str, int] = {}
    unknown: dict[str, int] = {}
    for email in dict.fromkeys(map(folded_address, emails)):
        who = address_of(vault, email)
        if who in known:
            found[email] = known[who]
        elif who not in erased:
            unknown[email] = who
    made = iter(make_persons(connection, sum(email not in owners for email in unknown)))
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


def make_persons(connection: Connection, count: int) -> list[int]:
    """Return new people, of whom nothing is known yet."""
    if not count:
        return []
    statement = insert(_PERSON).returning(_PERSON.c.id, sort_by_parameter_order=True)
    rows = [{"automation": False, "name": ""}] * count
    return list(connection.execute(statement, rows).scalars())
