"""The schema, step by step, applied in process by Alembic.

A new step is written with `python -m claude_dash.store.migrations "what changes"` on an empty
SQLite file and read before it is kept.
"""

from functools import cache
from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine
from sqlmodel import SQLModel

from claude_dash.facts import tables  # noqa: F401 - so that every table is known


def config() -> Config:
    """Return Alembic's configuration, without a file."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent))
    made.set_main_option("path_separator", "os")
    return made


@cache
def head() -> str | None:
    """Return the newest version of the schema."""
    return ScriptDirectory.from_config(config()).get_current_head()


def version(connection: Connection) -> str | None:
    """Return the version of a store's schema; None for an empty store."""
    return MigrationContext.configure(connection).get_current_revision()


def upgrade(engine: Engine) -> None:
    """Apply every step that a store lacks, in one transaction."""
    made = config()
    with engine.begin() as connection:
        made.attributes["connection"] = connection
        command.upgrade(made, "head")


def differences(connection: Connection) -> list[object]:
    """Return what a store's schema lacks or has beyond the tables; empty when they agree."""
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, SQLModel.metadata))
