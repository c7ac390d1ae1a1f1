"""Who became one with somebody else: kept so that it can be undone, and forgotten with them."""

from collections.abc import Set as AbstractSet
from datetime import timedelta

from sqlalchemy import Connection, delete, exists, select

from claude_dash.clock import midnight
from claude_dash.facts import tables as t
from claude_dash.store.seals import sealed_weeks

_MOVE, _IDENTITY, _PERSON = t.IDENTITY_MOVE.c, t.IDENTITY.c, t.PERSON
WEEK = timedelta(days=7)


def absorbed_by(connection: Connection, persons: AbstractSet[int]) -> set[int]:
    """Return everybody who became one with some people, or with who became one with them."""
    is_named = exists().where(_IDENTITY.person_id == _MOVE.person_id)
    query = select(_MOVE.person_id, _MOVE.into_id).where(~is_named)
    pairs = connection.execute(query).all()
    found: set[int] = set()
    while new := {gone for gone, into in pairs if into in persons | found} - found:
        found |= new
    return found


def forget_old_moves(connection: Connection) -> None:
    """Delete what could be undone in weeks that are sealed by now, and who was kept for it."""
    weeks = sealed_weeks(connection)
    if not weeks:
        return
    is_old = _MOVE.at < midnight(max(weeks) + WEEK)
    gone = set(connection.execute(select(_MOVE.person_id).where(is_old)).scalars())
    connection.execute(delete(t.IDENTITY_MOVE).where(is_old))
    entry, moved = t.ROSTER_ENTRY.c, (_MOVE.person_id, _MOVE.into_id)
    for person in gone:
        columns = (_IDENTITY.person_id, entry.person_id, *moved)
        if not any(
            connection.execute(select(column).where(column == person).limit(1)).first()
            for column in columns
        ):
            connection.execute(delete(_PERSON).where(_PERSON.c.id == person))
