"""The inbox: parcels that were acknowledged and are not counted yet; durable, and taken once.

On SQLite it is a file of its own beside the store, so that whoever sends never waits for a
roll-up that writes; on PostgreSQL it is a table of the store.
"""

import secrets
from collections.abc import Sequence
from pathlib import Path

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    create_engine,
    delete,
    event,
    func,
    insert,
    select,
)
from sqlalchemy.engine import make_url

from claude_dash.facts import tables as t
from claude_dash.store.locks import hold

_METADATA = MetaData()
_INBOX = Table(
    "inbox",
    _METADATA,
    Column("id", Integer, primary_key=True),
    Column("parcel", LargeBinary, nullable=False),
    sqlite_autoincrement=True,  # no number is ever given again
)
_SELF = Table("inbox_self", _METADATA, Column("id", String, primary_key=True))
_MARK = "inbox.mark:"  # setting, by inbox: up to which parcel it was taken
_ID_BYTES = 8
_VALUE = {"sqlite": "(?)", "postgresql": "(%s)"}


class Inbox:
    """The inbox of a store.

    Args:
        engine: The store.
    """

    def __init__(self, engine: Engine) -> None:
        self._store = engine
        self._is_apart = engine.dialect.name == "sqlite"
        self._engine = _beside(engine) if self._is_apart else engine
        with hold(engine, "migrate"):
            _METADATA.create_all(self._engine, tables=[_INBOX, _SELF])
            with self._engine.begin() as connection:
                found = connection.execute(select(_SELF.c.id)).scalar()
                if found is None:
                    found = secrets.token_hex(_ID_BYTES)
                    connection.execute(insert(_SELF).values(id=found))
        self._mark = _MARK + found
        self._value = _VALUE[self._engine.dialect.name]
        self._at_once = self._engine.execution_options(isolation_level="AUTOCOMMIT")

    def put(self, parcels: Sequence[bytes]) -> None:
        """Keep parcels; once this returns they outlive the machine's sudden end.

        One statement that commits itself: after each one a thread stands in line for the
        interpreter, and a row at a time doubled what the slowest hundredth waits.
        """
        values = ", ".join([self._value] * len(parcels))
        with self._at_once.begin() as connection:
            connection.exec_driver_sql(f"INSERT INTO inbox (parcel) VALUES {values}", (*parcels,))  # noqa: S608 - placeholders

    def take(self, connection: Connection, most: int) -> list[tuple[int, bytes]]:
        """Return the oldest parcels that were not taken yet, with their numbers.

        Args:
            connection: To the store, in the transaction in which they become facts.
            most: How many at most.
        """
        if not self._is_apart:
            query = select(_INBOX).order_by(_INBOX.c.id).limit(most)
            rows = connection.execute(query.with_for_update(skip_locked=True))
            return [(number, bytes(parcel)) for number, parcel in rows]
        query = select(_INBOX).where(_INBOX.c.id > self._taken(connection))
        with self._engine.connect() as beside:
            return [tuple(row) for row in beside.execute(query.order_by(_INBOX.c.id).limit(most))]

    def finish(self, connection: Connection, numbers: Sequence[int]) -> None:
        """Keep that parcels were taken, in the transaction in which they become facts."""
        if not numbers:
            return
        if not self._is_apart:
            connection.execute(delete(_INBOX).where(_INBOX.c.id.in_(numbers)))
            return
        connection.execute(delete(t.SETTING).where(t.SETTING.c.name == self._mark))
        last = str(max(numbers))
        connection.execute(insert(t.SETTING).values(name=self._mark, value=last))

    def clear(self) -> None:
        """Delete what was taken; it is in the store by now."""
        if self._is_apart:
            with self._store.connect() as connection:
                taken = self._taken(connection)
            with self._engine.begin() as beside:
                beside.execute(delete(_INBOX).where(_INBOX.c.id <= taken))

    def waiting(self) -> int:
        """Return how many parcels are not facts yet."""
        query = select(func.count()).select_from(_INBOX)
        if not self._is_apart:
            with self._engine.connect() as connection:
                return int(connection.execute(query).scalar_one())
        with self._store.connect() as connection:
            taken = self._taken(connection)
        with self._engine.connect() as beside:
            return int(beside.execute(query.where(_INBOX.c.id > taken)).scalar_one())

    def close(self) -> None:
        """Close the file beside the store."""
        if self._is_apart:
            self._engine.dispose()

    def _taken(self, connection: Connection) -> int:
        query = select(t.SETTING.c.value).where(t.SETTING.c.name == self._mark)
        return int(connection.execute(query).scalar() or 0)


def _beside(engine: Engine) -> Engine:
    """Return the file beside a SQLite store; every commit reaches the disk before it returns."""
    database = engine.url.database
    if database in {None, "", ":memory:"}:
        return engine
    path = Path(str(database)).absolute()
    file = path.with_name(f"{path.name}.inbox")
    if not file.exists():
        file.touch(mode=0o600)
    made = create_engine(make_url("sqlite://").set(database=str(file)), hide_parameters=True)

    @event.listens_for(made, "connect")
    def _prepare(connection: object, record: object) -> None:
        del record
        for pragma in ("journal_mode=WAL", "synchronous=FULL", "busy_timeout=60000"):
            connection.execute(f"PRAGMA {pragma}").close()  # type: ignore[attr-defined]

    return made
