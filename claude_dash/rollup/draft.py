"""A draft of the releases: what is rebuilt is written apart, then stands all at once (ADR 0019).

While a draft is made, `release` and the other tables of the roll-up are temporary ones for its
connection alone: both databases look among those first. So the roll-up reads and writes as ever,
nobody waits for it, and nobody sees anything of it. What came out differently is then put in place
in one short transaction.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import (
    Column,
    ColumnElement,
    Connection,
    MetaData,
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
)
from sqlalchemy.sql.base import ReadOnlyColumnCollection

from claude_dash.facts import tables as t
from claude_dash.store.adding import insert_or
from claude_dash.store.locks import take_turns

_RELEASE = t.RELEASE_ROW  # too many to copy: each step has those that it reads and replaces
_COPIED = (t.GROUP_ROW, t.PERSON_WEEK, t.PERSON_SPAN, t.PERSON_USE, t.CHANGED_DAY, t.TOLD_WEEK)
_NOTED = t.REVISION  # only ever added to
_REPLACED = (_RELEASE, *_COPIED)
Columns = ReadOnlyColumnCollection[str, Column[Any]]
Which = Callable[[Columns], Iterable[ColumnElement[bool]]]  # of the columns of releases


def _like(table: Table, name: str, first: Sequence[str] = ()) -> Table:
    """Return a temporary table like another, whose key begins with some of its columns."""
    order = [*(table.c[name] for name in first), *(c for c in table.c if c.name not in first)]
    columns = [Column(c.name, c.type, primary_key=c.primary_key, nullable=c.nullable)
               for c in order]  # fmt: skip
    return Table(
        f"{name}_{table.name}",
        MetaData(),
        *columns,
        prefixes=["TEMPORARY"],
        sqlite_with_rowid=table is _NOTED,  # which numbers its rows
    )


_PERIOD = ("grain", "start")
_DRAFT = {table: _like(table, "draft") for table in (*_COPIED, _NOTED)}
_STEP = _like(_RELEASE, "draft", _PERIOD)
_NEW, _OLD = _like(_RELEASE, "new", _PERIOD), _like(_RELEASE, "old", _PERIOD)
_MADE = {table: _like(table, "made") for table in _REPLACED}  # what is put in place
_GONE = {table: _like(table, "gone") for table in _REPLACED}  # as it was, of what is not any more


def make_room(connection: Connection) -> None:
    """Let drafts lie in a file that nobody else sees, before the transaction: they can be large."""
    if connection.dialect.name == "sqlite":
        driver: Any = connection.connection.driver_connection
        for pragma in ("temp_store=FILE", "temp.cache_size=-65536"):
            driver.execute(f"PRAGMA {pragma}").close()


@contextmanager
def drafting(connection: Connection) -> Iterator[None]:
    """Let the block write a draft, from what is stored; then keep what it changed.

    The transaction of the connection sees one state of the store and ends with the block: if it is
    rolled back, nothing is left of the draft.
    """
    for table in (_STEP, _NEW, _OLD, *_MADE.values(), *_GONE.values(), *_DRAFT.values()):
        table.create(connection)
    for table in _COPIED:
        _copy(connection, _DRAFT[table], select(table))
    for table, draft in _DRAFT.items():
        _rename(connection, draft.name, table.name)
    yield
    for table, draft in _DRAFT.items():
        _rename(connection, table.name, draft.name)
    for table in _COPIED:
        draft = _DRAFT[table]
        _copy(connection, _MADE[table], select(draft).where(~exists().where(_same(draft, table))))
        _copy(connection, _GONE[table], select(table).where(~exists().where(_same(table, draft))))
    for found, kept in ((_NEW, _MADE[_RELEASE]), (_OLD, _GONE[_RELEASE])):
        in_order = select(*_columns(found, kept)).order_by(*_columns(found, kept))
        _copy(connection, kept, in_order)  # as the releases lie, so that they are put quickly


@contextmanager
def showing(connection: Connection, reads: Which, writes: Which | None = None) -> Iterator[None]:
    """Let the block of a draft read and replace some releases, as the draft has them by now.

    Args:
        connection: That of the draft.
        reads: Which releases there are for the block.
        writes: Which of them it may replace, unless all.
    """
    table, step = _RELEASE, _STEP
    stays = [~exists().where(_key(found, table)) for found in (_NEW, _OLD)]
    _copy(connection, step, select(*_columns(table, step)).where(*reads(table.c), *stays))
    _copy(connection, step, select(_NEW).where(*reads(_NEW.c)))
    _rename(connection, step.name, table.name)
    yield
    _rename(connection, table.name, step.name)
    which = writes or reads
    for found in (_NEW, _OLD):
        connection.execute(delete(found).where(*which(found.c)))
    new = select(step).where(*which(step.c), ~exists().where(_same(step, table)))
    _copy(connection, _NEW, new)
    old = select(*_columns(table, _OLD)).where(*which(table.c), ~exists().where(_key(step, table)))
    _copy(connection, _OLD, old)
    connection.execute(delete(step))


def publish(connection: Connection) -> None:
    """Put what a draft changed in the place of what stood there, in the transaction of the caller.

    What somebody else changed since stays as they left it, and nobody who was deleted comes back.
    """
    take_turns(connection, "persons")  # nobody is erased between our look and our write
    for table in _REPLACED:
        made, gone = _MADE[table], _GONE[table]
        if table is not _RELEASE:  # which nobody else changes
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
    noted = select(*(_DRAFT[_NOTED].c[name] for name in names))
    connection.execute(insert(_NOTED).from_select(names, noted))


def discard(connection: Connection) -> None:
    """Drop what is left of a draft."""
    for table in (_STEP, _NEW, _OLD, *_DRAFT.values(), *_MADE.values(), *_GONE.values()):
        connection.execute(text(f"DROP TABLE IF EXISTS {table.name}"))


_ALWAYS = text("1 = 1")  # SQLite cannot tell ON CONFLICT from a join without a condition


def _copy(connection: Connection, into: Table, rows: Select[Any]) -> None:
    connection.execute(insert(into).from_select(into.columns.keys(), rows))


def _rename(connection: Connection, name: str, into: str) -> None:
    connection.execute(text(f"ALTER TABLE {name} RENAME TO {into}"))


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
