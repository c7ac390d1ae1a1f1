"""What clients sent to a connection so far: names of what they are, and nothing about a person."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Connection, Engine, Select, case, distinct, func, select

from claude_dash.clock import today
from claude_dash.connections.rows import Tested, row_of
from claude_dash.connections.senders import HOOKS
from claude_dash.facts import tables as t
from claude_dash.privacy.policy import MIN_K, current

RECENT = timedelta(days=7)  # what is missing is about clients as they are now
_DAY, _SETUP, _IDENTITY = t.CLIENT_DAY, t.CLIENT_SETUP, t.IDENTITY
_People = Mapping[str, int | None]


@dataclass(frozen=True, slots=True)
class Arrived:
    """What a connection was sent; points: 0 while nothing came.

    last_used: of its tokens, noted every few minutes. versions, entry_points, providers: of the
    last days, each with its people, or with None for all of a kind where any has fewer than k.
    missing: what some clients do not say.
    """

    points: int = 0
    first_day: date | None = None
    last_day: date | None = None
    last_used: datetime | None = None
    versions: _People = field(default_factory=dict)
    entry_points: _People = field(default_factory=dict)
    providers: _People = field(default_factory=dict)
    missing: tuple[str, ...] = ()


def has_any(connection: Connection, number: int) -> bool:
    """Say whether anything ever arrived for a connection."""
    read = t.DAY_READ.c
    query = select(read.day).where(read.connection_id == number, read.records > 0)
    return connection.execute(query.limit(1)).first() is not None


def arrived(engine: Engine, name: str, smallest: int = MIN_K) -> Arrived:
    """Return what a connection was sent.

    Raises:
        UnknownNameError: There is no such connection.
    """
    with engine.connect() as connection:
        row = row_of(connection, name)
        number = row.id
        if not has_any(connection, number):
            return Arrived()
        read, token = t.DAY_READ.c, t.INGEST_TOKEN.c
        query = select(func.sum(read.records), func.min(read.day), func.max(read.day))
        mine = (read.connection_id == number) & (read.records > 0)
        points, first, last = connection.execute(query.where(mine)).one()
        used = select(func.max(token.used_at)).where(token.connection_id == number)
        k, of = current(connection, smallest).k, _SETUP.c
        return Arrived(
            int(points),
            first,
            last,
            connection.execute(used).scalar(),
            _people(connection, number, of.version, k),
            _people(connection, number, of.entry_point, k),
            _people(connection, number, of.provider, k),
            _missing(connection, number, row.kind),
        )


def test(engine: Engine, name: str) -> Tested:
    """Return what arrived as scripts read it: ok, or waiting while nothing did.

    Raises:
        UnknownNameError: There is no such connection.
    """
    with engine.connect() as connection:
        kind = row_of(connection, name).kind
    found = arrived(engine, name)
    if not found.points:
        return Tested(name, kind, "waiting", {"arrived": False})
    says = {
        "arrived": True,
        "first_day": found.first_day,
        "last_day": found.last_day,
        "points": found.points,
        "client_versions": list(found.versions),
        "entry_points": list(found.entry_points),
        "providers": list(found.providers),
        "missing": list(found.missing),
    }
    return Tested(name, kind, "ok", says)


def _recent(number: int) -> ColumnElement[bool]:
    return (_DAY.c.connection_id == number) & (_DAY.c.day > today() - RECENT)


def _people(connection: Connection, number: int, of: ColumnElement[str], k: int) -> _People:
    """Return the values of a column, with how many known people have each, if all have k.

    Any number of installations may be one person's.
    """
    is_known = _IDENTITY.c.kind != "installation"
    people = func.count(distinct(case((is_known, _IDENTITY.c.person_id))))
    joined = _DAY.join(_SETUP, _SETUP.c.id == _DAY.c.setup)
    joined = joined.join(_IDENTITY, _IDENTITY.c.who == _DAY.c.who)
    query = select(of, people).select_from(joined).where(_recent(number), of != "")
    counts = dict(connection.execute(query.group_by(of).order_by(of)).all())
    return counts if min(counts.values(), default=0) >= k else dict.fromkeys(counts)


def _missing(connection: Connection, number: int, kind: str) -> tuple[str, ...]:
    """Return what some of the last days' clients do not say of themselves, or nobody of them."""
    of_setup = select(_DAY.c.who).join(_SETUP, _SETUP.c.id == _DAY.c.setup)
    of_people = select(_DAY.c.who).join(_IDENTITY, _IDENTITY.c.who == _DAY.c.who)
    c, end = t.MEMBERSHIP.c, t.MEMBERSHIP.c.ends
    in_a_team = select(c.id).where(c.person_id == _IDENTITY.c.person_id, end.is_(None)).exists()
    lacks: dict[str, Select[Any]] = {
        "email": of_people.where(_IDENTITY.c.kind == "installation"),
        "team": of_people.where(~in_a_team),
    }
    if kind != HOOKS:  # which never say what the client is
        lacks["entry point"] = of_setup.where(_SETUP.c.entry_point == "")
        lacks["version"] = of_setup.where(_SETUP.c.version == "")
    found = {one: query.where(_recent(number)).limit(1) for one, query in lacks.items()}
    missing = tuple(
        one for one, query in sorted(found.items()) if connection.execute(query).first()
    )
    waits = select(t.SENT_USE.c.session).where(t.SENT_USE.c.connection_id == number).limit(1)
    return (*missing, "person") if connection.execute(waits).first() else missing
