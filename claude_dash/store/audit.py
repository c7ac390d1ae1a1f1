"""The audit log: what was done, by whom, without a figure and without a secret."""

from sqlalchemy import Connection, insert

from claude_dash.clock import now
from claude_dash.facts import tables as t


def note(connection: Connection, actor: str, action: str, detail: str = "") -> None:
    """Write one line into the log, in the transaction of what it tells about."""
    connection.execute(
        insert(t.AUDIT_ENTRY).values(at=now(), actor=actor, action=action, detail=detail)
    )
