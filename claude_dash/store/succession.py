"""What a removed connection leaves: a number nobody gets again, and facts for its successor."""

from collections.abc import Iterable

from sqlalchemy import Connection, delete, func, insert, select, update

from claude_dash.facts import tables as t

LEFT = "connection.left:"  # setting, by organization: numbers of removed connections, facts kept
KIND = "connection.kind:"  # setting, by number: of a removed connection, facts kept
_DAILY = (*t.DAY_TABLES, t.REJECT, t.DAY_READ)  # reads last: they tell which days are taken
_NUMBERED = (*_DAILY, t.ROSTER_ENTRY, t.INVITE, t.IDENTITY)


def unused_number(connection: Connection) -> int | None:
    """Return a number under which nothing was ever kept; None where the store sees to it.

    SQLite gives the number of the newest row again once that row is gone: another organization
    would take over the days that were read, and what is counted of them, or be taken for the one
    that gave people on a roster their ids.
    """
    if connection.dialect.name != "sqlite":
        return None
    columns = (t.CONNECTION.c.id, *(table.c.connection_id for table in _NUMBERED))
    return 1 + max(connection.execute(select(func.max(one))).scalar() or 0 for one in columns)


def leave(connection: Connection, number: int, organization_id: str, kind: str) -> None:
    """Remember whose facts stay when a connection is removed, and of which kind they are."""
    _set(connection, f"{KIND}{number}", kind)
    if organization_id:
        _keep(connection, organization_id, [*_left(connection, organization_id), number])


def kinds_left(connection: Connection) -> dict[int, str]:
    """Return the kind of each removed connection whose facts stay."""
    c = t.SETTING.c
    rows = connection.execute(select(c.name, c.value).where(c.name.startswith(KIND))).all()
    return {int(row.name.removeprefix(KIND)): row.value for row in rows}


def organizations_left(connection: Connection) -> dict[int, str]:
    """Return the organization of each removed connection whose facts stay, where it is known."""
    c = t.SETTING.c
    rows = connection.execute(select(c.name, c.value).where(c.name.startswith(LEFT))).all()
    return {
        int(number): row.name.removeprefix(LEFT) for row in rows for number in row.value.split(",")
    }


def inherit(connection: Connection, number: int, organization_id: str) -> bool:
    """Give a connection what removed ones of its organization left, so that nothing counts twice.

    Days that it has read itself stay as it read them. Returns whether anything was left.
    """
    found = _left(connection, organization_id) if organization_id else []
    for old in found:
        _set(connection, f"{KIND}{old}", "")
        taken = select(t.DAY_READ.c.day).where(t.DAY_READ.c.connection_id == number)
        for table in _DAILY:
            mine = table.c.connection_id == old
            connection.execute(delete(table).where(mine, table.c.day.in_(taken)))
            connection.execute(update(table).where(mine).values(connection_id=number))
        entry, invite = t.ROSTER_ENTRY.c.connection_id, t.INVITE.c.connection_id
        if connection.execute(select(entry).where(entry == number).limit(1)).first():
            connection.execute(delete(t.ROSTER_ENTRY).where(entry == old))
        connection.execute(update(t.ROSTER_ENTRY).where(entry == old).values(connection_id=number))
        connection.execute(delete(t.INVITE).where(invite == old))
        for table in (t.REPORT_STATE, t.SPEND_LIMIT):  # the new connection finds out for itself
            connection.execute(delete(table).where(table.c.connection_id == old))
    if found:
        _keep(connection, organization_id, [])
    return bool(found)


def _left(connection: Connection, organization_id: str) -> list[int]:
    query = select(t.SETTING.c.value).where(t.SETTING.c.name == LEFT + organization_id)
    return [int(one) for one in (connection.execute(query).scalar() or "").split(",") if one]


def _keep(connection: Connection, organization_id: str, numbers: Iterable[int]) -> None:
    _set(connection, LEFT + organization_id, ",".join(map(str, numbers)))


def _set(connection: Connection, name: str, value: str) -> None:
    connection.execute(delete(t.SETTING).where(t.SETTING.c.name == name))
    if value:
        connection.execute(insert(t.SETTING).values(name=name, value=value))
