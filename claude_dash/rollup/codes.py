"""Who and what stands behind the numbers in facts: people, connections, and how clients stood."""

from typing import Any

import numpy as np
from sqlalchemy import Connection, select

from claude_dash.facts import tables as t
from claude_dash.privacy.cells import Ints
from claude_dash.rollup.once import CLIENTS, ELSEWHERE, SEAT, Source
from claude_dash.rollup.order import order_of
from claude_dash.store.succession import kinds_left, organizations_left

REMOVED = "removed connection"


class Codes:
    """Turns the numbers that facts hold into people and sources."""

    def __init__(self, connection: Connection) -> None:
        rows = connection.execute(select(t.IDENTITY.c.who, t.IDENTITY.c.person_id)).all()
        self.who = np.array(sorted((who, person) for who, person in rows), dtype=np.int64)
        self.who = self.who.reshape(-1, 2)
        self.connections: dict[int, Any] = {
            row.id: row
            for row in connection.execute(
                select(
                    t.CONNECTION.c.id,
                    t.CONNECTION.c.name,
                    t.CONNECTION.c.kind,
                    t.CONNECTION.c.organization_id,
                )
            )
        }

        self.left = kinds_left(connection)
        self.organizations = organizations_left(connection) | {
            number: row.organization_id for number, row in self.connections.items()
        }
        c = t.CLIENT_SETUP.c
        setups = connection.execute(select(c.id, c.organization_id, c.provider))
        self.setups = {row.id: (row.organization_id, row.provider) for row in setups}
        read = connection.execute(select(t.DAY_READ.c.connection_id).distinct()).scalars()
        self.numbers = sorted(read)
        self.order = order_of(connection)

    def describe(self, number: int, dimension: str) -> str:
        """Return the name of a connection, or its kind as a source."""
        row = self.connections.get(number)
        if row is None:
            return REMOVED if dimension == "connection" else self.left.get(number, "console")
        return str(row.name if dimension == "connection" else row.kind)

    def source(self, number: int, setup: int) -> Source:
        """Return a connection as a source, and of clients where the setup sends requests.

        Of a Console the setup says whether its rows are about seats.
        """
        kind = self.describe(number, "source")
        if kind not in CLIENTS:
            provider = SEAT if kind == "console" and setup else ""
            return Source(number, kind, self.organizations.get(number, ""), provider)
        organization, provider = self.setups.get(setup, ("", ""))
        if organization and organization not in self.organizations.values():
            organization = ELSEWHERE
        return Source(number, kind, organization, provider)

    def persons(self, who: Ints) -> Ints:
        """Return the person behind each pseudonym, -1 where there is none."""
        if not len(self.who):
            return np.full(len(who), -1, dtype=np.int64)
        at = np.searchsorted(self.who[:, 0], who).clip(max=len(self.who) - 1)
        return np.where(self.who[at, 0] == who, self.who[at, 1], -1)
