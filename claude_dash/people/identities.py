"""Who is who, for the admin's page: people with addresses and teams, keys, and never a figure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date

from sqlalchemy import Connection, Engine, insert, select

from claude_dash.errors import QueryError
from claude_dash.facts import tables as t
from claude_dash.facts.identity import PEOPLE
from claude_dash.facts.told import IDENTITY
from claude_dash.people.changes import touch_changed_weeks, touch_open_weeks
from claude_dash.people.moves import move
from claude_dash.people.standing import CSV, VENDOR, Standings
from claude_dash.store.audit import note

_IDENTITY, _PERSON = t.IDENTITY, t.PERSON


@dataclass(frozen=True, slots=True)
class Name:
    """One way in which a source names somebody; `who` is what it is linked by."""

    who: int
    kind: str
    value: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Listed:
    """A person as of a day; roster is `csv`, `vendor`, or empty for whoever was only seen."""

    person_id: int
    name: str = field(repr=False)
    names: tuple[Name, ...] = field(repr=False)
    team: str
    department: str
    roster: str
    eligible: bool
    has_seat: bool


def people(engine: Engine, today: date) -> list[Listed]:
    """Return everybody with an address, by address, as they stand on a day."""
    with engine.connect() as connection:
        standings = Standings.load(connection)
        named = _names(connection)
        rows = connection.execute(
            select(_PERSON.c.id, _PERSON.c.name).where(_PERSON.c.automation.is_(False))
        ).all()
    now = standings.on(today)
    found = []
    for row in rows:
        names = named.get(row.id, ())
        if not names:
            continue
        one = now.get(row.id)
        team, department = standings.teams.get((one and one.team_id) or 0, ("", None))
        in_force = CSV if standings.csv else VENDOR
        found.append(
            Listed(
                person_id=row.id,
                name=row.name,
                names=names,
                team=team,
                department=standings.departments.get(department or 0, ""),
                roster=in_force if one and one.on_roster else "",
                eligible=bool(one and one.eligible),
                has_seat=bool(one and one.has_seat),
            )
        )
    return sorted(found, key=lambda one: one.names[0].value)


def keys(engine: Engine) -> list[Name]:
    """Return the keys that are nobody's, by name; principals of a cloud are matched elsewhere."""
    with engine.connect() as connection:
        query = select(_PERSON.c.id).where(_PERSON.c.automation.is_(True))
        automation = set(connection.execute(query).scalars())
        named = _names(connection)
    names = (name for person in automation for name in named.get(person, ()))
    found = [name for name in names if name.kind != "unnamed"]
    return sorted(found, key=lambda name: name.value.casefold())


def map_key(engine: Engine, who: int, person_id: int, *, actor: str) -> None:
    """Let what a key, or another address, does count as a person's, in all open weeks.

    Raises:
        QueryError: The identity or the person does not exist.
    """
    map_all(engine, {who: person_id}, actor=actor)


def map_all(engine: Engine, chosen: Mapping[int, int], *, actor: str) -> None:
    """Let what some identities do count as people's, identity -> person, in all open weeks.

    Raises:
        QueryError: An identity or a person does not exist; nothing is changed then.
    """
    with engine.begin() as connection, touch_changed_weeks(connection):
        for who, person_id in chosen.items():
            kind = _kind(connection, who)
            _refuse_nobody(connection, person_id)
            move(connection, [who], person_id, actor=actor)
            note(connection, actor, "identity.map", f"{kind} → person {person_id}")
        touch_open_weeks(connection, IDENTITY)


def merge(engine: Engine, person_id: int, into: int, *, actor: str) -> None:
    """Let two people be one, in all open weeks: all that either does counts as the second's.

    Raises:
        QueryError: They are the same, or one of them does not exist.
    """
    with engine.begin() as connection, touch_changed_weeks(connection):
        if person_id == into:
            message = "Nobody can be merged with themselves."
            raise QueryError(message, "Choose another person.")
        _refuse_nobody(connection, person_id)
        _merge(connection, person_id, into, actor)
        touch_open_weeks(connection, IDENTITY)


def accept(engine: Engine, pairs: Iterable[tuple[int, int]], *, actor: str) -> None:
    """Let those behind pairs of identities be one: the first of each pair becomes the second.

    Raises:
        QueryError: An identity does not exist; nothing is changed then.
    """
    with engine.begin() as connection, touch_changed_weeks(connection):
        for pair in pairs:
            person, into = (_owner(connection, who) for who in pair)
            if person != into:  # else one of the pairs before said so too
                _merge(connection, person, into, actor)
        touch_open_weeks(connection, IDENTITY)


def _merge(connection: Connection, person: int, into: int, actor: str) -> None:
    _refuse_nobody(connection, into)
    query = select(_IDENTITY.c.who).where(_IDENTITY.c.person_id == person)
    move(connection, connection.execute(query).scalars().all(), into, actor=actor)
    note(connection, actor, "identity.merge", f"person {person} → person {into}")


def unmap(engine: Engine, who: int, *, actor: str) -> None:
    """Let an identity stand for itself again: a key as automation, an address as a new person.

    Raises:
        QueryError: There is no such identity, or it stands for itself already.
    """
    with engine.begin() as connection, touch_changed_weeks(connection):
        kind = _kind(connection, who)
        c, person = _IDENTITY.c, _owner(connection, who)
        query = select(c.who).where(c.person_id == person, c.who != who).limit(1)
        if connection.execute(query).first() is None:
            message = "This identity is not mapped."
            raise QueryError(message, "There is nothing to undo.")
        made = (
            insert(_PERSON).values(automation=kind not in PEOPLE, name="").returning(_PERSON.c.id)
        )
        alone = int(connection.execute(made).scalar_one())
        move(connection, [who], alone, actor=actor, is_split=True)
        touch_open_weeks(connection, IDENTITY)
        note(connection, actor, "identity.unmap", f"{kind} ← person {person}")


def _owner(connection: Connection, who: int) -> int:
    _kind(connection, who)
    query = select(_IDENTITY.c.person_id).where(_IDENTITY.c.who == who)
    return int(connection.execute(query).scalar_one())


def _refuse_nobody(connection: Connection, person: int) -> None:
    is_one = (_PERSON.c.id == person, _PERSON.c.automation.is_(False))
    named = select(_PERSON.c.id).join(_IDENTITY, _IDENTITY.c.person_id == _PERSON.c.id)
    if connection.execute(named.where(*is_one).limit(1)).first() is None:
        message = "There is no such person."
        raise QueryError(message, "Reload the page.")


def _kind(connection: Connection, who: int) -> str:
    found = connection.execute(select(_IDENTITY.c.kind).where(_IDENTITY.c.who == who)).scalar()
    if found is None:
        message = "There is no such identity."
        raise QueryError(message, "Reload the page.")
    return str(found)


def _names(connection: Connection) -> dict[int, tuple[Name, ...]]:
    """Return the identities of each person, addresses first."""
    c = _IDENTITY.c
    order = (c.kind != "email", c.kind, c.value)
    query = select(c.person_id, c.who, c.kind, c.value).order_by(*order)
    found: dict[int, tuple[Name, ...]] = {}
    for person, who, kind, value in connection.execute(query):
        found[person] = (*found.get(person, ()), Name(who, kind, value))
    return found
