"""How far a rebuild got: a setting of the store, for whoever looks from another process."""

from collections.abc import Callable

from sqlalchemy import Connection, Engine, delete, insert, select, update

from claude_dash.facts import tables as t
from claude_dash.store.engine import is_in_memory

_NAME = "rollup.progress"  # setting: "12/53"
_ROW = t.SETTING.c.name == _NAME
FEW_WEEKS = 3  # are there before anybody reads how far it got


def telling(engine: Engine) -> Callable[[int, int], None]:
    """Return what writes down how many weeks of how many are rebuilt."""

    def tell(done: int, of: int) -> None:
        if of <= FEW_WEEKS or is_in_memory(engine):  # which has one connection, and it is busy
            return
        said = f"{done}/{of}"
        with engine.begin() as connection:
            if not connection.execute(update(t.SETTING).where(_ROW).values(value=said)).rowcount:
                connection.execute(insert(t.SETTING).values(name=_NAME, value=said))

    return tell


def end(connection: Connection) -> None:
    """Let nothing be said any more, with what was rebuilt."""
    connection.execute(delete(t.SETTING).where(_ROW))


def rebuilding(engine: Engine) -> tuple[int, int] | None:
    """Return how many weeks of how many are rebuilt; None when few are or none."""
    with engine.connect() as connection:
        said = connection.execute(select(t.SETTING.c.value).where(_ROW)).scalar()
    if said is None:
        return None
    done, _, of = said.partition("/")
    return int(done), int(of)
