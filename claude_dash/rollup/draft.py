"""A draft: what is rebuilt is written apart, then stands all at once (ADR 0019).

For each table of the roll-up two temporary ones of its connection alone hold what is made and what
is gone. So nobody waits for a roll-up, and nobody sees anything of it; at its end what came out
differently is put in place in one short transaction. Code of the roll-up reads from the tables what
was stored before, through `drafted` what a draft has by now, and writes through `put`, `keep` and
`note` alone.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from operator import itemgetter
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    CompoundSelect,
    Connection,
    Date,
    MetaData,
    PrimaryKeyConstraint,
    Select,
    Table,
    and_,
    delete,
    exists,
    insert,
    or_,
    select,
    text,
    tuple_,
    union_all,
)
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from claude_dash.facts import tables as t
from claude_dash.store.adding import insert_or
from claude_dash.store.driver import fetched, inserted
from claude_dash.store.locks import take_turns

_RELEASE = t.RELEASE_ROW
_TABLES = (_RELEASE, t.GROUP_ROW, t.PERSON_WEEK, t.PERSON_SPAN, t.PERSON_USE, t.CHANGED_DAY,
           t.TOLD_WEEK)  # fmt: skip
_BY_NAME = {table.name: table for table in _TABLES}
_NOTED = t.REVISION  # only ever added to
Columns = ReadOnlyColumnCollection[str, Column[Any]]
Which = Callable[[Columns], Iterable[ColumnElement[bool]]]


def _like(table: Table, name: str, first: Sequence[str] = ()) -> Table:
    """Return a temporary table like another, whose key begins with some of its columns."""
    keys = [c.name for c in table.primary_key if c.name not in first]
    return Table(
        f"{name}_{table.name}",
        MetaData(),
        *(Column(c.name, c.type, nullable=c.nullable) for c in table.c),
        PrimaryKeyConstraint(*first, *keys),
        prefixes=["TEMPORARY"],
        sqlite_with_rowid=table is _NOTED,  # which numbers its rows
    )


_PERIOD = ("grain", "start")  # releases are made and read a period at a time
_MADE = {table: _like(table, "made", _PERIOD if table is _RELEASE else ()) for table in _TABLES}
_GONE = {table: _like(table, "gone", _PERIOD if table is _RELEASE else ()) for table in _TABLES}
_NOTES = _like(_NOTED, "made")
_PUT, _TAKEN = _like(_RELEASE, "put"), _like(_RELEASE, "taken")  # in the order of the releases
_TEMPORARY = (*_MADE.values(), *_GONE.values(), _NOTES, _PUT, _TAKEN)


def make_room(connection: Connection) -> None:
    """Let drafts lie in a file that nobody else sees, before the transaction: they can be large."""
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.driver_connection
        for pragma in ("temp_store=FILE", "temp.cache_size=-65536"):
            driver.execute(f"PRAGMA {pragma}").close()


@contextmanager
def drafting(connection: Connection) -> Iterator[None]:
    """Let the block write a draft, and make it ready to be published.

    The transaction of the connection sees one state of the store and ends with the block: if it is
    rolled back, nothing is left of the draft.
    """
    for table in _TEMPORARY:
        table.create(connection)
    yield
    made, gone = _MADE[_RELEASE], _GONE[_RELEASE]
    left = select(*_columns(gone, _RELEASE)).where(~exists().where(_key(gone, made)))
    for into, rows in ((_PUT, select(*_columns(made, _RELEASE))), (_TAKEN, left)):
        in_order = rows.order_by(*(c.name for c in _RELEASE.primary_key))
        _copy(connection, into, in_order)  # as the releases lie, so that they are put quickly


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs from what is stored of a table, as rows that the driver has."""

    table: str
    made: list[tuple[Any, ...]]
    gone: list[tuple[Any, ...]]


def differing(
    connection: Connection,
    table: Table,
    rows: Iterable[Mapping[str, Any]],
    *instead_of: ColumnElement[bool],
) -> Difference:
    """Return what differs when rows stand in the place of stored ones.

    Args:
        connection: In the state of the store that the draft has.
        table: Where the rows belong.
        rows: Each a value for every column.
        instead_of: Conditions on the table's columns that tell what they replace.
    """
    new = set(_as_driven(connection, table, rows))
    old = set(fetched(connection, select(table).where(*instead_of)))
    by_key = itemgetter(*(n for n, c in enumerate(table.c) if c.primary_key))
    return Difference(table.name, sorted(new - old, key=by_key), sorted(old - new, key=by_key))


def keep(connection: Connection, found: Difference) -> None:
    """Let the draft have what differs; no key of a table is kept twice in one draft."""
    table = _BY_NAME[found.table]
    inserted(connection, _MADE[table], found.made)
    inserted(connection, _GONE[table], found.gone)


def put(
    connection: Connection,
    table: Table,
    rows: Iterable[Mapping[str, Any]],
    *instead_of: ColumnElement[bool],
) -> None:
    """Let rows stand in the place of stored ones, as `differing` and `keep` do."""
    keep(connection, differing(connection, table, rows, *instead_of))


def note(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Add to what is revised."""
    if rows:
        connection.execute(insert(_NOTES), rows)


def drafted(table: Table, names: Sequence[str], which: Which) -> CompoundSelect[Any]:
    """Return a query of what the draft has by now.

    Args:
        table: The table.
        names: The columns that are wanted.
        which: Which rows, by columns of a table like it.
    """
    made, gone = _MADE[table], _GONE[table]
    stays = select(*(table.c[name] for name in names)).where(
        *which(table.c), ~exists().where(_key(gone, table))
    )
    return union_all(stays, select(*(made.c[name] for name in names)).where(*which(made.c)))


def publish(connection: Connection) -> None:
    """Put what a draft changed in the place of what stood there, in the transaction of the caller.

    What somebody else changed since stays as they left it, and nobody who was deleted comes back.
    """
    take_turns(connection, "persons")  # nobody is erased between our look and our write
    for table in _TABLES:
        if table is _RELEASE:  # which nobody else changes
            made, gone = _PUT, _TAKEN
        else:
            made, gone = _MADE[table], _GONE[table]
            is_changed = ~exists().where(_same(gone, table))
            lost = exists().where(_key(gone, made), is_changed)
            connection.execute(delete(made).where(or_(lost, *_unwanted(made))))
            connection.execute(delete(gone).where(is_changed))
        key = tuple_(*(table.c[c.name] for c in table.primary_key))
        connection.execute(delete(table).where(key.in_(select(*gone.primary_key))))
        putting = insert_or(connection, table)
        putting = putting.from_select(made.columns.keys(), select(made).where(_ALWAYS))
        keys = [c.name for c in table.primary_key]
        if table is _RELEASE:
            rest = {c.name: putting.excluded[c.name] for c in table.c if not c.primary_key}
            connection.execute(putting.on_conflict_do_update(index_elements=keys, set_=rest))
        else:
            connection.execute(putting.on_conflict_do_nothing(index_elements=keys))
    names = [c.name for c in _NOTED.c if c.name != "id"]
    noted = select(*(_NOTES.c[name] for name in names))
    connection.execute(insert(_NOTED).from_select(names, noted))


def discard(connection: Connection) -> None:
    """Drop what is left of a draft."""
    for table in _TEMPORARY:
        connection.execute(text(f"DROP TABLE IF EXISTS {table.name}"))


_ALWAYS = text("1 = 1")  # SQLite cannot tell ON CONFLICT from a join without a condition


def _as_driven(
    connection: Connection, table: Table, rows: Iterable[Mapping[str, Any]]
) -> Iterator[tuple[Any, ...]]:
    """Yield rows as the driver would return them: on SQLite a day is text."""
    picked = map(itemgetter(*table.columns.keys()), rows)
    days = [n for n, c in enumerate(table.c) if isinstance(c.type, Date)]
    if connection.dialect.name != "sqlite" or not days:
        yield from picked
        return
    texts: dict[date | None, str | None] = {None: None}
    for row in picked:
        one = list(row)
        for number in days:
            day = one[number]
            one[number] = texts.get(day) or texts.setdefault(day, day and day.isoformat())
        yield tuple(one)


def _copy(connection: Connection, into: Table, rows: Select[Any]) -> None:
    connection.execute(insert(into).from_select(into.columns.keys(), rows))


def _columns(table: Table, as_of: Table) -> list[Column[Any]]:
    return [table.c[c.name] for c in as_of.c]


def _unwanted(made: Table) -> Iterator[ColumnElement[bool]]:
    """Yield what must not be stored: of people who are gone, and of weeks whose facts are."""
    if "person_id" in made.c:
        yield made.c.person_id.not_in(select(t.PERSON.c.id))
    if "week" in made.c:
        yield made.c.week.in_(select(t.SEAL.c.start).where(t.SEAL.c.grain == "week"))


def _key(one: Table, other: Table) -> ColumnElement[bool]:
    return and_(*(one.c[c.name] == other.c[c.name] for c in one.primary_key))


def _same(one: Table, other: Table) -> ColumnElement[bool]:
    rest = (one.c[c.name].is_not_distinct_from(other.c[c.name]) for c in one.c if not c.primary_key)
    return and_(_key(one, other), *rest)
