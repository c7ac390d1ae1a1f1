"""The steps of the schema, applied by Alembic."""

from pathlib import Path

from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import Connection
from sqlmodel import SQLModel

from claude_dash.facts import tables  # noqa: F401 - so that every table is known


def config(connection: Connection) -> Config:
    """Return Alembic's configuration over a connection, without a file."""
    made = Config()
    made.set_main_option("script_location", str(Path(__file__).parent))
    made.set_main_option("path_separator", "os")
    made.attributes["connection"] = connection
    return made


def apply(connection: Connection) -> None:
    """Apply every step that a store lacks."""
    command.upgrade(config(connection), "head")


def differences(connection: Connection) -> list[object]:
    """Return what a store's schema lacks or has beyond the tables; empty when they agree."""
    context = MigrationContext.configure(connection, opts={"compare_type": True})
    return list(compare_metadata(context, SQLModel.metadata))
