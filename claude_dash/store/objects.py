"""The objects of a log bucket: which were found, who reads them, and what came of each.

Objects are claimed by locking their rows until what they hold is stored. The store frees the rows
of a process that ends, however it ends, and another one takes them.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, bindparam, func, insert, select, update

from claude_dash.facts import tables as t
from claude_dash.facts.logs import Listed

FOUND, DONE, REJECTED, REFUSED, REPLACED = "found", "done", "rejected", "refused", "replaced"
GONE = "it was deleted before it was read"
_STATES = (FOUND, DONE, REJECTED, REFUSED, REPLACED)
_ASIDE = (REJECTED, REFUSED, REPLACED)
_OBJECT, _BATCH = t.LOG_OBJECT, 500


def take(connection: Connection, number: int, listed: Sequence[Listed], recounts: date) -> int:
    """Keep which objects there are; return how many are to be read.

    One that is known by key and ETag is left alone, unless access to it was refused: that is asked
    for again. One that changed is read again if it was set aside, or if its day is not before
    `recounts`: from there on its requests are still known.
    """
    c, new = _OBJECT.c, 0
    for start in range(0, len(listed), _BATCH):
        some = {one.key: one for one in listed[start : start + _BATCH]}
        query = select(c.key, c.etag, c.state).where(c.connection_id == number, c.key.in_(some))
        known = {row.key: row for row in connection.execute(query)}
        rows = [_row(number, one) for key, one in some.items() if key not in known]
        if rows:
            connection.execute(insert(_OBJECT), rows)
        new += len(rows)
        became = {
            key: (state, some[key].etag, "")
            for key, row in known.items()
            if (state := _state_of(some[key], row.etag, row.state, recounts))
        }
        mark(connection, number, became)
        new += sum(state == FOUND for state, _, _ in became.values())
    return new


def _state_of(one: Listed, etag: str, state: str, recounts: date) -> str:
    """Return what an object becomes that is known in a state; empty when it stays as it is."""
    if state == REFUSED:
        return FOUND
    if state == FOUND or one.etag == etag:
        return ""
    return FOUND if state == REJECTED or one.day >= recounts else REPLACED


def _row(number: int, one: Listed) -> dict[str, object]:
    return {
        "connection_id": number,
        "key": one.key,
        "day": one.day,
        "etag": one.etag,
        "size": one.size,
        "state": FOUND,
        "reason": "",
    }


def claim(
    connection: Connection, number: int, objects: int, size: int, held: Collection[str] = ()
) -> list[Listed]:
    """Return some objects that nobody else reads, newest day first; none when all are taken.

    On PostgreSQL their rows are locked until the transaction ends.

    Args:
        connection: In a transaction.
        number: Of the connection to the source.
        objects: How many at most.
        size: How many bytes at most, but for a single object.
        held: Keys that are being read already.
    """
    c = _OBJECT.c
    query = select(c.key, c.day, c.etag, c.size).where(c.connection_id == number, c.state == FOUND)
    query = query.where(c.key.not_in(held)).order_by(c.day.desc(), c.key).limit(objects)
    if connection.dialect.name == "postgresql":
        query = query.with_for_update(skip_locked=True)
    taken: list[Listed] = []
    total = 0
    for row in connection.execute(query):
        total += row.size
        if taken and total > size:
            break
        taken.append(Listed(row.key, row.day, row.etag, row.size))
    return taken


def mark(connection: Connection, number: int, became: Mapping[str, tuple[str, str, str]]) -> None:
    """Keep what came of some objects: key -> state, ETag that was read, reason."""
    if not became:
        return
    c = _OBJECT.c
    changed = update(_OBJECT).where(c.connection_id == number, c.key == bindparam("_key"))
    rows = [
        {"_key": key, "state": state, "etag": etag, "reason": reason}
        for key, (state, etag, reason) in sorted(became.items())
    ]
    connection.execute(changed, rows)


def waiting(connection: Connection, number: int, since: date = date.min) -> int:
    """Return how many objects of a day and later ones are still to be read, by whomever."""
    c = _OBJECT.c
    query = select(func.count()).where(c.connection_id == number, c.state == FOUND, c.day >= since)
    return int(connection.execute(query).scalar_one())


def last_waiting(connection: Connection, number: int) -> date | None:
    """Return the newest day of which an object is still to be read, by whomever."""
    c = _OBJECT.c
    query = select(func.max(c.day)).where(c.connection_id == number, c.state == FOUND)
    return connection.execute(query).scalar()


def is_known(connection: Connection, number: int, day: date) -> bool:
    """Say whether any object of a day was ever found."""
    c = _OBJECT.c
    query = select(c.key).where(c.connection_id == number, c.state.in_(_STATES), c.day == day)
    return connection.execute(query.limit(1)).first() is not None


def by_day(connection: Connection, number: int, days: int) -> dict[date, int]:
    """Return how many objects each of the newest days has that has any."""
    c = _OBJECT.c
    query = select(c.day, func.count()).where(c.connection_id == number).group_by(c.day)
    rows = connection.execute(query.order_by(c.day.desc()).limit(days)).all()
    return {row.day: int(row[1]) for row in rows}


def first_day(connection: Connection, number: int) -> date | None:
    """Return the first day of any object."""
    c = _OBJECT.c
    return connection.execute(select(func.min(c.day)).where(c.connection_id == number)).scalar()


@dataclass(frozen=True, slots=True)
class SetAside:
    """An object that does not count as it stands: its key, its day, and why."""

    key: str
    day: date
    state: str
    reason: str


def set_aside(connection: Connection, number: int, most: int) -> list[SetAside]:
    """Return the newest objects that were set aside, or replaced after they had been counted."""
    c = _OBJECT.c
    query = select(c.key, c.day, c.state, c.reason).where(
        c.connection_id == number, c.state.in_(_ASIDE)
    )
    rows = connection.execute(query.order_by(c.day.desc(), c.key).limit(most))
    return [SetAside(*row) for row in rows]


def days_aside(connection: Connection, number: int, since: date) -> set[date]:
    """Return the days, from one on, of objects that may be put right by their owner."""
    c = _OBJECT.c
    aside = (c.connection_id == number, c.state.in_((REJECTED, REFUSED)), c.day >= since)
    return set(connection.execute(select(c.day).where(*aside).distinct()).scalars())
