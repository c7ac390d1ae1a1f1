"""The one door to the numbers: checks the role, answers from releases, and records who asked."""

from dataclasses import replace

from sqlalchemy import Engine, exists, insert, select

from claude_dash.access.readers import Reader, may
from claude_dash.clock import today
from claude_dash.config import settings
from claude_dash.errors import RefusedError
from claude_dash.facts import tables as t
from claude_dash.metrics.query import answer
from claude_dash.metrics.release import Query, Release
from claude_dash.privacy.policy import current
from claude_dash.store.engine import one_state


def ask(engine: Engine, query: Query, reader: Reader) -> Release:
    """Return the answer to a question.

    Raises:
        RefusedError: The reader's role may not see figures, or the breakdown is not published.
        QueryError: The question cannot be answered as it was asked.
    """
    if not may(reader.role, "figures"):
        message = "Your role does not see figures."
        raise RefusedError(message, "Ask an administrator for another role.")
    with engine.connect() as connection, one_state(connection):
        policy = current(connection, settings().min_group_size)
        release = answer(connection, query)
        release = replace(release, policy=policy.version, k=policy.k)
    _record(engine, query, reader)
    return release


def _record(engine: Engine, query: Query, reader: Reader) -> None:
    """Keep, once a day, that a reader asked for a metric in a breakdown."""
    entry = {
        "day": today(),
        "reader": reader.name,
        "role": str(reader.role),
        "metric": query.metric,
        "breakdown": ",".join(query.by),
    }
    c = t.ACCESS_ENTRY.c
    known = exists(select(c.day).where(*(c[name] == value for name, value in entry.items())))
    with engine.connect() as connection:
        if connection.execute(select(known)).scalar():
            return
    with engine.begin() as connection:
        if not connection.execute(select(known)).scalar():
            connection.execute(insert(t.ACCESS_ENTRY).values(**entry))
