"""One day of one report on its way into the store: identities, and fact rows by table."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Table

from claude_dash.facts.identity import Identified

FactRow = Mapping[str, Any]  # column -> value, every column of the table


@dataclass(slots=True)
class DayFacts:
    """What a source made of one UTC day.

    identities: pseudonym -> who it stands for. rows: each table that the source owns -> rows with
    unique keys. owns: the columns that tell its rows of a table from those of other reports. links:
    pseudonym of a vendor's id -> that of the address that came with it.
    records: how many were read. rejects: why some were set aside -> how many.
    """

    identities: dict[int, Identified] = field(default_factory=dict)
    rows: dict[Table, list[dict[str, Any]]] = field(default_factory=dict)
    owns: Mapping[str, str] = field(default_factory=dict)
    links: dict[int, int] = field(default_factory=dict)
    records: int = 0
    rejects: dict[str, int] = field(default_factory=dict)

    def reject(self, reason: str) -> None:
        """Count a record, or a part of one, that was set aside."""
        self.rejects[reason] = self.rejects.get(reason, 0) + 1

    @property
    def facts(self) -> int:
        """Return how many fact rows there are."""
        return sum(len(rows) for rows in self.rows.values())

    @property
    def rejected(self) -> int:
        """Return how many records were set aside."""
        return sum(self.rejects.values())
