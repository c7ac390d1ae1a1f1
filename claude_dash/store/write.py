"""Replace what a source owns: the facts of one report, connection and day, in one transaction."""

from collections.abc import Iterable
from datetime import date, datetime
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, Engine, Table, case, delete, insert, or_, select, update

from claude_dash.clock import week_of
from claude_dash.errors import ConfigError
from claude_dash.facts import tables as t
from claude_dash.facts.batch import DayFacts
from claude_dash.facts.told import LATE_DATA, SOURCE
from claude_dash.store.adding import insert_or
from claude_dash.store.changes import note_changes
from claude_dash.store.registry import drop_erased, register_all
from claude_dash.store.seals import refuse_sealed

_IDENTITY = t.IDENTITY
_READ, _REJECT, _TOUCHED = t.DAY_READ, t.REJECT, t.TOUCHED_WEEK


def replace_day(
    engine: Engine,
    *,
    connection_id: int,
    report: str,
    day: date,
    facts: DayFacts,
    read_at: datetime,
) -> bool:
    """Put a day's facts in the place of what was stored of it; return whether anything changed.

    The same day read twice changes nothing but the time of the read. People who were erased are
    dropped here. A week is marked for the roll-up only when its facts or its reads changed.

    Raises:
        StoreError: The day is sealed.
    """
    with engine.begin() as connection:
        refuse_sealed(connection, day)
        drop_erased(connection, facts)
        register_all(connection, facts, connection_id, day)
        where = {"connection_id": connection_id, "day": day}
        is_first = not _exists(connection, _READ, {**where, "report": report})
        mine = {**where, **facts.owns}
        changed = [_replace(connection, m, mine, r) for m, r in facts.rows.items()]
        if t.ACTIVITY_DAY in facts.rows and any(changed):
            _move_first_seen(connection, connection_id, day)
        read = {**where, "report": report}
        for table in (_READ, _REJECT):
            connection.execute(delete(table).where(*_matches(table, read)))
        connection.execute(
            insert(_READ),
            {
                **read,
                "read_at": read_at,
                "records": facts.records,
                "rejected": facts.rejected,
                "facts": facts.facts,
            },
        )
        if facts.rejects:
            rows = [{**read, "reason": why, "records": n} for why, n in facts.rejects.items()]
            connection.execute(insert(_REJECT), rows)
        if is_first or any(changed):
            touch(connection, {week_of(day)}, SOURCE if is_first else LATE_DATA)
        return is_first or any(changed)


def touch(connection: Connection, weeks: set[date], reason: str = LATE_DATA) -> None:
    """Mark weeks, by their Mondays, for the next roll-up, also for one that is going on.

    A mark that is there is counted: a roll-up takes away only what it has seen, and waits for what
    we write, or we wait for the roll-up. Late data is no reason where there is another, and a
    source that came or went goes before all others.
    """
    for week in sorted(weeks):
        marking = insert_or(connection, _TOUCHED).values(week=week, reason=reason, marks=1)
        new = marking.excluded.reason
        is_less = or_(new == LATE_DATA, _TOUCHED.c.reason == SOURCE)
        again = marking.on_conflict_do_update(
            index_elements=["week"],
            set_={
                "reason": case((is_less, _TOUCHED.c.reason), else_=new),
                "marks": _TOUCHED.c.marks + 1,
            },
        )
        connection.execute(again)


def refuse_duplicates(name: str, names: Iterable[str], what: str) -> None:
    """Raise when a name is taken, whatever its case.

    Raises:
        ConfigError: It is.
    """
    if name.casefold() in {one.casefold() for one in names}:
        message = f"There is a {what} named {name!r} already."
        raise ConfigError(message, "Choose another name.")


def _matches(table: Table, where: dict[str, Any]) -> list[Any]:
    return [table.c[name] == value for name, value in where.items()]


def _exists(connection: Connection, table: Table, where: dict[str, Any]) -> bool:
    key = next(iter(table.primary_key))
    found = connection.execute(select(key).where(*_matches(table, where)).limit(1)).first()
    return found is not None


def _replace(
    connection: Connection, table: Table, where: dict[str, Any], rows: list[dict[str, Any]]
) -> bool:
    names = [column.name for column in table.columns]
    before = set(map(tuple, connection.execute(select(table).where(*_matches(table, where)))))
    if table is t.COST_DAY and before:
        note_changes(connection, where["day"], before, rows)
    is_known = bool(before) or not rows  # a first read has nothing to compare with
    if is_known and before == {tuple(row[name] for name in names) for row in rows}:
        return False
    if before:
        connection.execute(delete(table).where(*_matches(table, where)))
    if rows:
        _insert(connection, table, where["day"], rows)
    return True


def _insert(connection: Connection, table: Table, day: date, rows: list[dict[str, Any]]) -> None:
    """Insert the rows of a day straight through the driver: tuples, with nothing in between."""
    names = [column.name for column in table.columns if column.name != "day"]
    is_sqlite = connection.dialect.name == "sqlite"
    marks = ", ".join(["?" if is_sqlite else "%s"] * (len(names) + 1))
    statement = f"INSERT INTO {table.name} (day, {', '.join(names)}) VALUES ({marks})"  # noqa: S608 - our own names
    pick, first = itemgetter(*names), day.isoformat() if is_sqlite else day
    # As the table stands, so that its pages fill one by one.
    in_order = sorted(rows, key=itemgetter("who")) if "who" in names else rows
    connection.exec_driver_sql(statement, [(first, *pick(row)) for row in in_order])


def _move_first_seen(connection: Connection, connection_id: int, day: date) -> None:
    """Keep the first day on which everybody with facts of a day was seen."""
    activity, seen = t.ACTIVITY_DAY.c, _IDENTITY.c.first_seen
    here = select(activity.who).where(activity.connection_id == connection_id, activity.day == day)
    earlier = update(_IDENTITY).where(or_(seen.is_(None), seen > day), _IDENTITY.c.who.in_(here))
    connection.execute(earlier.values(first_seen=day))
