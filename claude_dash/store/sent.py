"""What was taken of the things that clients send: points, sessions by day, and setups."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, delete, func, insert, select, tuple_

from claude_dash.clock import midnight
from claude_dash.facts import tables as t
from claude_dash.facts.parcels import Sender, Setup
from claude_dash.store.adding import insert_or

_POINT, _SESSION, _USE, _SETUP = t.SENT_POINT, t.SENT_SESSION, t.SENT_USE, t.CLIENT_SETUP
_SOME = 500  # bound variables of one statement


def fresh(connection: Connection, points: Mapping[int, int]) -> set[int]:
    """Keep the digests of some points, and return those that were not known.

    Args:
        connection: In a transaction.
        points: digest -> the hour from which on it is kept, since the epoch.
    """
    asked = sorted(points)
    found = {
        one
        for some in _portions(asked)
        for one in connection.execute(
            select(_POINT.c.point).where(_POINT.c.point.in_(some))
        ).scalars()
    }
    new = [point for point in asked if point not in found]
    if new:
        connection.execute(insert(_POINT), [{"point": one, "hour": points[one]} for one in new])
    return set(new)


def _portions(asked: Sequence[int]) -> Iterator[Sequence[int]]:
    return (asked[start : start + _SOME] for start in range(0, len(asked), _SOME))


def known(connection: Connection, pseudonyms: set[int]) -> dict[int, int]:
    """Return the person of each pseudonym that has one."""
    c = t.IDENTITY.c
    found = dict[int, int]()
    for some in _portions(sorted(pseudonyms)):
        query = select(c.who, c.person_id).where(c.who.in_(some))
        found.update(connection.execute(query).all())
    return found


def whose(connection: Connection, sessions: set[int]) -> dict[int, int]:
    """Return the pseudonym of whoever had some sessions, where somebody said it and is known."""
    c, found = _SESSION.c, dict[int, int]()
    for some in _portions(sorted(sessions)):
        query = select(c.session, func.max(c.who)).join(t.IDENTITY, t.IDENTITY.c.who == c.who)
        found.update(connection.execute(query.where(c.session.in_(some)).group_by(c.session)).all())
    return found


def take_uses(connection: Connection, sessions: set[int]) -> list[Row[Any]]:
    """Return what waited until some sessions were named, and keep it no more."""
    if connection.execute(select(_USE.c.session).limit(1)).first() is None:
        return []
    taken: list[Row[Any]] = []
    for some in _portions(sorted(sessions)):
        is_one = _USE.c.session.in_(some)
        taken += connection.execute(select(_USE).where(is_one)).all()
        connection.execute(delete(_USE).where(is_one))
    return taken


def drop_uses(connection: Connection, day: date) -> dict[tuple[int, date], int]:
    """Delete what waited since before a day; return how many sessions nobody named, by day."""
    c, is_old = _USE.c, _USE.c.day < day
    number = func.count(c.session.distinct())
    query = select(c.connection_id, c.day, number).where(is_old).group_by(c.connection_id, c.day)
    found = {(row[0], row[1]): row[2] for row in connection.execute(query)}
    connection.execute(delete(_USE).where(is_old))
    return found


def setups(connection: Connection, wanted: set[Setup]) -> dict[Setup, int]:
    """Return the number of each setup; new ones get one."""
    c = _SETUP.c
    columns = [c[name] for name in Setup._fields]

    def find() -> dict[Setup, int]:
        query = select(c.id, *columns).where(tuple_(*columns).in_(list(wanted)))
        return {Setup(*row[1:]): row[0] for row in connection.execute(query)} if wanted else {}

    numbers = find()
    new = [one._asdict() for one in wanted if one not in numbers]
    if new:
        connection.execute(insert(_SETUP), new)
        numbers = find()
    return numbers


class Sessions:
    """Which sessions did something on which day; each is counted once a day."""

    def __init__(self, connection: Connection, senders: Iterable[Sender]) -> None:
        self._connection = connection
        self._rows: dict[tuple[int, date, int], dict[str, Any]] = {}
        self._seen: set[tuple[int, date, int]] = set()
        c, asked = _SESSION.c, sorted({one.session or one.who for one in senders})
        for some in _portions(asked):
            for row in connection.execute(select(_SESSION).where(c.session.in_(some))).mappings():
                self._rows[row["connection_id"], row["day"], row["session"]] = dict(row)

    def see(self, number: int, day: date, sender: Sender, *, starts: int, is_active: bool) -> int:
        """Take note of a session; return how many sessions it adds to the day.

        A session without an id stands for all of its person's: as many as began, one at least.
        """
        has_id = bool(sender.session)
        key = (number, day, sender.session or sender.who)
        row = self._rows.get(key)
        if row is None:
            row = self._rows[key] = {
                "connection_id": number, "day": day, "session": key[2],
                "who": sender.who, "starts": 0, "is_active": False,
            }  # fmt: skip
        self._seen.add(key)
        before = _sessions(row, has_id=has_id)
        row["starts"] += starts
        row["is_active"] = row["is_active"] or is_active
        return _sessions(row, has_id=has_id) - before

    def store(self) -> None:
        """Keep what was noted."""
        if not self._seen:
            return
        made = insert_or(self._connection, _SESSION)
        changed = made.on_conflict_do_update(
            index_elements=["connection_id", "day", "session"],
            set_={"starts": made.excluded.starts, "is_active": made.excluded.is_active},
        )
        self._connection.execute(changed, [self._rows[key] for key in self._seen])


def _sessions(row: dict[str, Any], *, has_id: bool) -> int:
    if not row["is_active"]:
        return 0
    return 1 if has_id else max(1, int(row["starts"]))


def forget(connection: Connection, hour: int, day: date) -> None:
    """Delete points that arrived before an hour, and sessions of days before one.

    Of a connection that was made since then every day may still come.
    """
    connection.execute(delete(_POINT).where(_POINT.c.hour < hour))
    c = t.CONNECTION.c
    old = select(c.id).where(c.created_at < midnight(day))
    connection.execute(
        delete(_SESSION).where(_SESSION.c.day < day, _SESSION.c.connection_id.in_(old))
    )
