"""Identities that change hands: two people become one, one becomes two, and each can be undone."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Row,
    Table,
    delete,
    insert,
    or_,
    select,
    update,
)

from claude_dash.clock import now
from claude_dash.errors import QueryError
from claude_dash.facts import tables as t
from claude_dash.facts.told import IDENTITY
from claude_dash.people.changes import open_weeks, touch_changed_weeks, touch_open_weeks
from claude_dash.people.standing import CSV, VENDOR, WORKSPACE, hinted_by
from claude_dash.people.united import united_spans, united_uses
from claude_dash.store.audit import note

_IDENTITY, _PERSON, _MOVE = t.IDENTITY, t.PERSON, t.IDENTITY_MOVE
# Where somebody stands; of these origins a person keeps all that was said of either.
_STANDING = ((t.ROSTER_ENTRY, frozenset({VENDOR})), (t.MEMBERSHIP, frozenset[str]()))
_UNITED = ((t.PERSON_SPAN, united_spans), (t.PERSON_USE, united_uses))


@dataclass(frozen=True, slots=True)
class Moved:
    """Identities that changed hands: which, to whom, when and by whom.

    is_split: somebody was made for it. into: how the other was known before, where that is known.
    """

    id: int
    at: datetime
    actor: str
    is_split: bool
    names: tuple[str, ...] = field(repr=False)
    into: str = field(repr=False)


def move(
    connection: Connection,
    who: Collection[int],
    into: int,
    *,
    actor: str,
    merge: bool = True,
    is_split: bool = False,
) -> None:
    """Link identities of one person to another, and keep what undoing it needs.

    With `merge` nobody is left without an identity. Whoever has none left becomes one with the
    other: seats, teams and the first and last day ever seen go along, unless the other has teams
    of that origin already. `is_split` says that the other was made for this.
    """
    c = _IDENTITY.c
    owners = connection.execute(select(c.person_id).where(c.who.in_(who)).distinct()).scalars()
    (person,) = owners
    if person == into:
        return
    query = select(_PERSON.c.automation).where(_PERSON.c.id == person)
    kept: dict[str, Any] = {
        "who": sorted(who),
        "moved": {},
        "dropped": {},
        "automation": connection.execute(query).scalar_one(),
        "rows": {table.name: _rows(connection, table, person, into) for table, _ in _UNITED},
    }
    connection.execute(update(_IDENTITY).where(c.who.in_(who)).values(person_id=into))
    if merge and not _is_named(connection, person):
        kept |= _unite(connection, person, into)
    values = {"at": now(), "actor": actor, "person_id": person, "into_id": into}
    values |= {"is_split": is_split, "kept": json.dumps(kept, default=str)}
    connection.execute(insert(_MOVE).values(**values))


def undo(engine: Engine, number: int, *, actor: str) -> None:
    """Give identities back to whom they were taken from, and all that went along with them.

    Raises:
        QueryError: It was undone before or is too old, or something later stands in the way.
    """
    with engine.begin() as connection, touch_changed_weeks(connection):
        row = connection.execute(select(_MOVE).where(_MOVE.c.id == number)).first()
        if row is None:
            message = "There is nothing to undo."
            raise QueryError(message, "It was undone before, or its weeks are sealed by now.")
        kept = json.loads(row.kept)
        _refuse_later(connection, row, kept)
        owned = _IDENTITY.c.who.in_(kept["who"])
        connection.execute(update(_IDENTITY).where(owned).values(person_id=row.person_id))
        was = _PERSON.c.id == row.person_id
        connection.execute(update(_PERSON).where(was).values(automation=kept["automation"]))
        _part(connection, row, kept)
        connection.execute(delete(_MOVE).where(_MOVE.c.id == number))
        if row.is_split:
            connection.execute(delete(_PERSON).where(_PERSON.c.id == row.into_id))
        touch_open_weeks(connection, IDENTITY)
        note(connection, actor, "identity.undo", f"person {row.person_id} ← person {row.into_id}")


def recent(engine: Engine) -> list[Moved]:
    """Return what can still be undone, newest first."""
    with engine.connect() as connection:
        rows = connection.execute(select(_MOVE).order_by(_MOVE.c.id.desc())).all()
        c = _IDENTITY.c
        order = (c.kind != "email", c.kind, c.value)
        found = connection.execute(select(c.who, c.person_id, c.value).order_by(*order)).all()
    moved = {row.id: json.loads(row.kept)["who"] for row in rows}
    values = {who: value for who, _, value in found}
    came = {who for row in rows for who in moved[row.id] if not row.is_split}
    own = {person: value for who, person, value in reversed(found) if who not in came}
    return [
        Moved(
            id=row.id,
            at=row.at,
            actor=row.actor,
            is_split=row.is_split,
            names=tuple(values[who] for who in moved[row.id] if who in values),
            into=own.get(row.into_id, ""),
        )
        for row in rows
    ]


def _is_named(connection: Connection, person: int) -> bool:
    return _exists(connection, _IDENTITY, _IDENTITY.c.person_id == person)


def _rows(connection: Connection, table: Table, *persons: int) -> list[dict[str, Any]]:
    query = select(table).where(table.c.person_id.in_(persons))
    return [dict(row) for row in connection.execute(query).mappings()]


def _unite(connection: Connection, gone: int, into: int) -> dict[str, Any]:
    """Let two be one; return what went along, and what of the one had no place at the other."""
    moved: dict[str, dict[str, list[int]]] = {}
    dropped: dict[str, list[dict[str, Any]]] = {}
    for table, is_always_moved in _STANDING:
        c, along = table.c, moved.setdefault(table.name, {})
        taken = set(connection.execute(select(c.origin).where(c.person_id == into)).scalars())
        free = (c.person_id == gone, c.origin.not_in(taken - is_always_moved))
        for number, origin in connection.execute(select(c.id, c.origin).where(*free)):
            along.setdefault(origin, []).append(number)
        connection.execute(update(table).where(*free).values(person_id=into))
        dropped[table.name] = _rows(connection, table, gone)
        connection.execute(delete(table).where(c.person_id == gone))
    for table, united in _UNITED:
        if rows := _rows(connection, table, gone, into):
            connection.execute(delete(table).where(table.c.person_id.in_([gone, into])))
            connection.execute(insert(table).values(**united(rows), person_id=into))
    _forget_open_weeks(connection, gone)
    connection.execute(update(_PERSON).where(_PERSON.c.id == gone).values(automation=False))
    return {"moved": moved, "dropped": dropped}


def _forget_open_weeks(connection: Connection, *persons: int) -> None:
    """Delete what the roll-up keeps of open weeks: it will write it anew."""
    c = t.PERSON_WEEK.c
    is_open = c.week.in_(open_weeks(connection))
    connection.execute(delete(t.PERSON_WEEK).where(c.person_id.in_(persons), is_open))


def _part(connection: Connection, row: Row[Any], kept: Mapping[str, Any]) -> None:
    """Give everything back that was united, as it was."""
    for table, _ in _STANDING:
        moved = [one for ids in kept["moved"].get(table.name, {}).values() for one in ids]
        back = update(table).where(table.c.id.in_(moved), table.c.person_id == row.into_id)
        connection.execute(back.values(person_id=row.person_id))
        numbers = connection.execute(select(t.CONNECTION.c.id)).scalars()
        known = {CSV, VENDOR, WORKSPACE, *map(hinted_by, numbers)}
        dropped = [one for one in kept["dropped"].get(table.name, ()) if one["origin"] in known]
        if dropped:
            connection.execute(insert(table), [_typed(table, one, {"id"}) for one in dropped])
    both = (row.person_id, row.into_id)
    for table, _ in _UNITED:
        connection.execute(delete(table).where(table.c.person_id.in_(both)))
        if rows := kept["rows"][table.name]:
            connection.execute(insert(table), [_typed(table, one) for one in rows])
    _forget_open_weeks(connection, *both)


def _typed(table: Table, row: Mapping[str, Any], without: Collection[str] = ()) -> dict[str, Any]:
    """Return a row that was kept as JSON as the table has it."""
    return {
        name: date.fromisoformat(value) if value and table.c[name].type.python_type is date
        else value
        for name, value in row.items()
        if name not in without
    }  # fmt: skip


def _refuse_later(connection: Connection, row: Row[Any], kept: Mapping[str, Any]) -> None:
    """Raise when what was said since cannot be told apart any more.

    Raises:
        QueryError: It was, with what to do instead.
    """
    both = [row.person_id, row.into_id]
    is_theirs = or_(_MOVE.c.person_id.in_(both), _MOVE.c.into_id.in_(both))
    if _exists(connection, _MOVE, _MOVE.c.id > row.id, is_theirs):
        message = "One of the two was changed again since."
        raise QueryError(message, "Undo the later change first.")
    for table, _ in _STANDING:
        c = table.c
        is_placed = c.person_id == row.into_id
        if row.is_split and _exists(connection, table, is_placed):
            message = "A roster or a workspace knows who was split off by now."
            raise QueryError(message, "Merge the two instead.")
        for origin, ids in kept["moved"].get(table.name, {}).items():
            # A roster that says the same again leaves the rows alone; another word replaces them.
            is_later = (is_placed, c.origin == origin, c.id.not_in(ids))
            if origin != VENDOR and _exists(connection, table, *is_later):
                message = "A roster or a workspace said something else of them since."
                hint = "Split the address off instead, and import the roster again."
                raise QueryError(message, hint)


def _exists(connection: Connection, table: Table, *where: ColumnElement[bool]) -> bool:
    query = select(next(iter(table.primary_key))).where(*where).limit(1)
    return connection.execute(query).first() is not None
