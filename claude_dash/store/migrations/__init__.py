"""The schema, step by step: which step a store has, and the newest.

A new step is written with `python -m claude_dash.store.migrations "what changes"` on an empty
SQLite file and read before it is kept. Alembic applies them, and is imported when one lacks.
"""

from functools import cache
from pathlib import Path

from sqlalchemy import Connection, Engine, column, inspect, select, table

_VERSION = table("alembic_version", column("version_num"))


@cache
def head() -> str:
    """Return the newest version of the schema: the steps are numbered, and so are their files."""
    return max(one.name[:4] for one in (Path(__file__).parent / "versions").glob("[0-9]*_*.py"))


def version(connection: Connection) -> str | None:
    """Return the version of a store's schema; None for an empty store."""
    if not inspect(connection).has_table(_VERSION.name):
        return None
    found: str | None = connection.execute(select(_VERSION.c.version_num)).scalar()
    return found


def upgrade(engine: Engine) -> None:
    """Apply every step that a store lacks, in one transaction."""
    with engine.begin() as connection:
        if version(connection) == head():
            return
        from claude_dash.store.migrations.steps import apply  # noqa: PLC0415 - start-up is fast

        apply(connection)
