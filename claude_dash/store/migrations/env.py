"""What Alembic runs for each step: on the connection that it was given."""

from typing import Literal

from alembic import context
from sqlmodel import SQLModel

from claude_dash.facts import tables  # noqa: F401 - so that every table is known

PLAIN = {"AutoString": "sa.String()", "UtcDateTime": "sa.DateTime()"}


def render(kind: str, item: object, _: object) -> str | Literal[False]:
    """Write our column types as the library's own, so that a step never depends on our code."""
    return PLAIN.get(type(item).__name__, False) if kind == "type" else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=SQLModel.metadata,
    render_as_batch=True,
    render_item=render,
)
with context.begin_transaction():
    context.run_migrations()
