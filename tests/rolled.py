"""A store that is filled by hand and rolled up: people in teams, facts, and what is released."""

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import date, datetime, timedelta
from typing import Any

from sqlalchemy import Engine, Table, delete, insert, select
from sqlmodel import SQLModel

from claude_dash import clock
from claude_dash.config import Settings
from claude_dash.facts import tables as t
from claude_dash.facts.reports import REPORTS
from claude_dash.facts.told import LATE_DATA
from claude_dash.rollup import roll_up
from claude_dash.store.engine import open_store
from claude_dash.store.write import touch

MONDAY = date(2026, 11, 9)  # of the week before the one in which the tests' clock stands
WEEK = timedelta(days=7)
CONSOLE, ENTERPRISE = 1, 2
ALL = "all"


def nothing(table: Table) -> dict[str, Any]:
    """Return a row of a table that says nothing: counts are 0 or not measured, names empty."""
    return {
        column.name: None if column.nullable else "" if column.type.python_type is str else 0
        for column in table.columns
    }


class Rolled:
    """A store without anybody, with a Console and an Enterprise organization connected."""

    def __init__(self, settings: Settings, engine: Engine | None = None) -> None:
        """Begin with a store of its own, or with nothing in one that is there."""
        self.settings = settings
        self.engine: Engine = engine or open_store("sqlite:///:memory:")
        self.rows: list[tuple[Table, dict[str, Any]]] = []
        if engine is None:
            SQLModel.metadata.create_all(self.engine)
            self.connect(CONSOLE, "console")
            self.connect(ENTERPRISE, "enterprise")

    def connect(self, number: int, kind: str, organization: str | None = None) -> None:
        """Connect an organization of its own, unless one is named."""
        of = f"organization {number}" if organization is None else organization
        made = {
            **nothing(t.CONNECTION), "id": number, "name": f"{kind} {number}", "kind": kind,
            "status": "ok", "organization_id": of, "options": "{}",
            "created_at": clock.now(), "backfill_done": True,
        }  # fmt: skip
        self._insert(t.CONNECTION, [made])

    def read(self, *mondays: date) -> None:
        """Let every report of these weeks have been read, so that nothing of them is missing.

        Kinds that have no report of their own yet are read as telemetry is.
        """
        kinds = {report.kind for report in REPORTS.values()}
        rows = [
            {**nothing(t.DAY_READ), "connection_id": row.id, "report": report.name,
             "day": monday + timedelta(days=day), "read_at": clock.now()}
            for row in self.rows_of(t.CONNECTION)
            for report in REPORTS.values()
            if report.kind == (row.kind if row.kind in kinds else "telemetry")
            for monday in mondays
            for day in range(7)
        ]  # fmt: skip
        self._insert(t.DAY_READ, rows)

    def teams(self, **departments: Iterable[int]) -> None:
        """Make departments with teams, by the teams' numbers."""
        for number, (name, teams) in enumerate(departments.items(), 1):
            self._insert(t.DEPARTMENT, [{"id": number, "name": name}])
            rows = [
                {**nothing(t.TEAM), "id": team, "name": f"Team {team}", "department_id": number}
                for team in teams
            ]
            self._insert(t.TEAM, rows)

    def people(self, numbers: Iterable[int], team: int | None = None, **until: date) -> None:
        """Make people, members of both organizations, in a team; `ends`: when they leave."""
        for number in numbers:
            self.somebody(number)
            if team is not None:
                place = {"person_id": number, "team_id": team, "origin": "csv", **until}
                self._insert(t.MEMBERSHIP, [place])
            entry = {**nothing(t.ROSTER_ENTRY), "id": None, "person_id": number, "eligible": True}
            for origin, connection in (("csv", None), ("vendor", ENTERPRISE)):
                made = {**entry, "origin": origin, "connection_id": connection, **until}
                made.pop("id")
                self._insert(t.ROSTER_ENTRY, [made])

    def somebody(self, number: int, *, automation: bool = False) -> None:
        """Make somebody who is on no roster, or a key."""
        self._insert(t.PERSON, [{"id": number, "automation": automation, "name": ""}])
        kind = "api_key" if automation else "email"
        identity = {"who": number, "person_id": number, "kind": kind, "value": f"p{number}"}
        self._insert(t.IDENTITY, [identity])

    def principal(self, who: int, person: int, *, is_named: bool = True) -> None:
        """Give somebody, or a key, a name in a cloud."""
        kind = "principal" if is_named else "unnamed"
        self._insert(t.IDENTITY, [
            {"who": who, "person_id": person, "kind": kind, "value": f"cloud/{who}"}
        ])  # fmt: skip

    def add(self, table: Table, who: int, day: date, **values: Any) -> None:
        """Add a fact; of Enterprise unless it says otherwise."""
        key = {"connection_id": ENTERPRISE, "day": day, "who": who}
        self.rows.append((table, {**nothing(table), **key, **values}))

    def setup(self, number: int, **values: str) -> int:
        """Keep how a client stood: `organization_id`, `provider`, `version`; return its number."""
        unsaid = dict.fromkeys(t.CLIENT_SETUP.columns.keys(), "")
        self._insert(t.CLIENT_SETUP, [{**unsaid, "id": number, **values}])
        return number

    def use(self, who: int, feature: str, uses: int, day: date = MONDAY, **more: Any) -> None:
        """Let somebody use a feature: `skill:release-notes`."""
        kind, _, name = feature.partition(":")
        values = {"kind": kind, "feature": name, "product": "chat", "uses": uses}
        self.add(t.FEATURE_DAY, who, day, **{**values, **more})

    def chat(self, who: int, messages: int, day: date = MONDAY, **more: Any) -> None:
        """Let somebody write messages."""
        self.add(t.SURFACE_DAY, who, day, **{"product": "chat", "messages": messages, **more})

    def code(self, who: int, sessions: int = 1, day: date = MONDAY) -> None:
        """Let somebody use Claude Code."""
        self.add(t.ACTIVITY_DAY, who, day, sessions=sessions, connection_id=CONSOLE)

    def write(self) -> None:
        """Write what was added."""
        by_table: dict[str, tuple[Table, list[dict[str, Any]]]] = {}
        for table, row in self.rows:
            by_table.setdefault(table.name, (table, []))[1].append(row)
        for table, rows in by_table.values():
            self._insert(table, rows)
        self.rows = []

    def roll(self, *mondays: date, reason: str = LATE_DATA) -> None:
        """Write what was added, and roll up some weeks."""
        self.write()
        with self.engine.begin() as connection:
            touch(connection, set(mondays or (MONDAY,)), reason)
        roll_up(self.engine, self.settings)

    def look(self) -> None:
        """Let somebody have asked for a figure today."""
        asked = {"day": clock.today(), "reader": "leader", "role": "viewer", "metric": "sessions"}
        self._insert(t.ACCESS_ENTRY, [{**nothing(t.ACCESS_ENTRY), **asked}])

    def erase(self, table: Table, **where: Any) -> None:
        """Take facts away."""
        with self.engine.begin() as connection:
            matches = [table.c[name] == value for name, value in where.items()]
            connection.execute(delete(table).where(*matches))

    def rows_of(self, table: Table, **where: Any) -> list[Any]:
        """Return the rows of a table, by some columns."""
        matches = [table.c[name] == value for name, value in where.items()]
        with self.engine.connect() as connection:
            return list(connection.execute(select(table).where(*matches)))

    def released(
        self, measure: str, dimension: str = "", *, grain: str = "week", start: date = MONDAY
    ) -> dict[tuple[str, str], int | str]:
        """Return value, or the reason why there is none, by row and technical value."""
        found = self.rows_of(t.RELEASE_ROW, measure=measure, dimension=dimension, grain=grain,
                             start=start)  # fmt: skip
        return {(row.key, row.item): row.hidden or row.value for row in found}

    def _insert(self, table: Table, rows: list[dict[str, Any]]) -> None:
        if rows:
            with self.engine.begin() as connection:
                connection.execute(insert(table), rows)


@contextmanager
def rolled(settings: Settings) -> Iterator[Rolled]:
    """Yield such a store, and close it."""
    made = Rolled(settings)
    yield made
    made.engine.dispose()


def at(day: date) -> datetime:
    """Return noon of a day."""
    return clock.midnight(day) + timedelta(hours=12)
