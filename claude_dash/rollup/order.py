"""The order in which sources count where several see the same use: a setting of the store (B1)."""

from collections.abc import Sequence

from sqlalchemy import Connection, Engine, delete, insert, select

from claude_dash.errors import ConfigError
from claude_dash.facts import tables as t
from claude_dash.facts.told import DEFINITION
from claude_dash.people.changes import touch_open_weeks
from claude_dash.rollup.once import LAST_RESORT, ORDER
from claude_dash.store.audit import note

_NAME = "sources.order"


def order_of(connection: Connection) -> Sequence[str]:
    """Return the kinds of connections, the first that has a value counts."""
    query = select(t.SETTING.c.value).where(t.SETTING.c.name == _NAME)
    stored = connection.execute(query).scalar()
    return tuple(stored.split(",")) if stored else ORDER


def set_order(engine: Engine, kinds: Sequence[str], *, actor: str) -> None:
    """Let another order hold, in all open weeks; closed ones stay as they were told.

    Raises:
        ConfigError: A kind is missing, named twice or unknown, or hooks are not the last.
    """
    if sorted(kinds) != sorted(ORDER) or kinds[-1] != LAST_RESORT:
        message = "The order of sources has to name each kind once, and hooks last."
        raise ConfigError(message, f"The kinds are {', '.join(ORDER)}.")
    with engine.begin() as connection:
        before = order_of(connection)
        if tuple(kinds) == tuple(before):
            return
        connection.execute(delete(t.SETTING).where(t.SETTING.c.name == _NAME))
        if tuple(kinds) != ORDER:
            connection.execute(insert(t.SETTING).values(name=_NAME, value=",".join(kinds)))
        touch_open_weeks(connection, DEFINITION)
        note(connection, actor, "sources.order", f"{', '.join(before)} → {', '.join(kinds)}")
