"""Time in teams and on rosters, as it is stored: read, and rewritten where it changed."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Table, delete, insert, select

from claude_dash.facts import tables as t
from claude_dash.people.timeline import Span

Spans = Mapping[int, Sequence[Span[Any]]]
PERSONS_PER_STATEMENT = 500


@dataclass(frozen=True, slots=True)
class Record:
    """Where the spans of one origin are kept, and the columns that they do not carry."""

    table: Table
    value: str
    origin: str
    rest: Mapping[str, Any]

    def read(self, connection: Connection) -> dict[int, list[Span[Any]]]:
        """Return the spans of everybody, oldest first."""
        c = self.table.c
        query = select(c.person_id, c.starts, c.ends, c[self.value]).where(c.origin == self.origin)
        found: dict[int, list[Span[Any]]] = {}
        for person, starts, ends, carried in connection.execute(query.order_by(c.id)):
            found.setdefault(person, []).append(Span(starts, ends, carried))
        return found

    def rewrite(self, connection: Connection, before: Spans, after: Spans) -> set[int]:
        """Store the spans of everybody in `after`; return whose changed."""
        changed = {who for who, spans in after.items() if list(before.get(who, ())) != list(spans)}
        c = self.table.c
        for persons in _chunks(sorted(changed)):
            connection.execute(
                delete(self.table).where(c.origin == self.origin, c.person_id.in_(persons))
            )
        rows = [
            {
                "person_id": who,
                "origin": self.origin,
                "starts": span.starts,
                "ends": span.ends,
                self.value: span.value,
                **self.rest,
            }
            for who in sorted(changed)
            for span in after[who]
        ]
        if rows:
            connection.execute(insert(self.table), rows)
        return changed


def _chunks(persons: Sequence[int]) -> Iterable[Sequence[int]]:
    starts = range(0, len(persons), PERSONS_PER_STATEMENT)
    return (persons[start : start + PERSONS_PER_STATEMENT] for start in starts)


CSV_TEAMS = Record(t.MEMBERSHIP, "team_id", "csv", {})
WORKSPACE_TEAMS = Record(t.MEMBERSHIP, "team_id", "workspace", {})
CSV_ROSTER = Record(
    t.ROSTER_ENTRY,
    "eligible",
    "csv",
    {"connection_id": None, "vendor_user_id": "", "role": ""},
)
