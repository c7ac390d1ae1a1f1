"""Who is forgotten with a connection: people whom nothing that is left has named."""

from sqlalchemy import Connection, delete, select

from claude_dash.facts import tables as t
from claude_dash.people.standing import CSV
from claude_dash.store.absorbed import absorbed_by

_IDENTITY, _ENTRY, _PERSON = t.IDENTITY, t.ROSTER_ENTRY, t.PERSON
_OF_A_PERSON = (t.PERSON_WEEK, t.PERSON_SPAN, t.PERSON_USE, t.MEMBERSHIP, _IDENTITY)
BATCH = 500


def known_through(connection: Connection, number: int) -> set[int]:
    """Return the people whom a connection may have named; everybody if it is the only one."""
    reads = t.DAY_READ.c.connection_id
    if connection.execute(select(reads).where(reads != number).limit(1)).first() is None:
        return set(connection.execute(select(_PERSON.c.id)).scalars())
    listed = select(_ENTRY.c.person_id).where(_ENTRY.c.connection_id == number)
    return set(connection.execute(listed).scalars()) | _with_facts(connection, number)


def forget(connection: Connection, people: set[int]) -> int:
    """Delete those of some people who are on no roster and have no fact; return how many."""
    listed = set(connection.execute(select(_ENTRY.c.person_id)).scalars())
    c = t.MEMBERSHIP.c
    listed |= set(connection.execute(select(c.person_id).where(c.origin == CSV)).scalars())
    stay = listed | _with_facts(connection)
    stay |= absorbed_by(connection, stay)  # so that who became one with them can be told apart
    leave = people - stay
    absorbed = absorbed_by(connection, leave)
    gone = sorted(leave | absorbed)
    for start in range(0, len(gone), BATCH):
        some = gone[start : start + BATCH]
        for table in _OF_A_PERSON:
            connection.execute(delete(table).where(table.c.person_id.in_(some)))
        connection.execute(delete(_PERSON).where(_PERSON.c.id.in_(some)))
    return len(leave - absorbed)


def _with_facts(connection: Connection, number: int | None = None) -> set[int]:
    """Return the people who have facts, of one connection or of any."""
    persons = dict(connection.execute(select(_IDENTITY.c.who, _IDENTITY.c.person_id)).all())
    found: set[int] = set()
    for table in t.FACT_TABLES:
        query = select(table.c.who).distinct()
        if number is not None:
            query = query.where(table.c.connection_id == number)
        found |= {persons[who] for who in connection.execute(query).scalars() if who in persons}
    return found
