"""The rows of a partition as readers see them: labels and order."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, Row, select

from claude_dash.facts import tables as t

UNASSIGNED = "Unassigned"
AUTOMATION = "Automation"
OTHER_TEAMS = "Other small teams"
OTHER_DEPARTMENTS = "Other small departments"
NO_DEPARTMENT = "No department"
LAST = (NO_DEPARTMENT, UNASSIGNED, AUTOMATION, OTHER_DEPARTMENTS, OTHER_TEAMS)


@dataclass(frozen=True, slots=True)
class Shown:
    """One row of the partition of a period; `members` are the keys of the groups inside."""

    key: str
    label: str
    parent: str
    members: frozenset[str]
    population: int


def order(label: str) -> tuple[int, str, str]:
    """Return the sort key of a label: by name without case, the collective rows last."""
    head = next((n for n, one in enumerate(LAST, 1) if label.startswith(one)), 0)
    return head, label.casefold(), label


class Names:
    """Labels of groups by key, as teams are called now."""

    def __init__(self, connection: Connection) -> None:
        self.teams: dict[str, str] = {
            f"team:{number}": name
            for number, name in connection.execute(select(t.TEAM.c.id, t.TEAM.c.name))
        }
        self.departments: dict[str, str] = {
            f"department:{number}": name
            for number, name in connection.execute(select(t.DEPARTMENT.c.id, t.DEPARTMENT.c.name))
        }

        self.keys = {
            level: {name: key for key, name in named.items()}
            for level, named in (("team", self.teams), ("department", self.departments))
        }

    def of(self, level: str) -> list[str]:
        """Return the names of the groups that exist on a level, merged or not."""
        collective = [UNASSIGNED, AUTOMATION] if level == "team" else [NO_DEPARTMENT, AUTOMATION]
        named = self.teams if level == "team" else self.departments
        return [*named.values(), *collective]

    def key_of(self, level: str, name: str) -> str | None:
        """Return the key of a group that stands on its own, by its label."""
        if name == UNASSIGNED:
            return "unassigned"
        return self.keys[level].get(name)

    def department(self, key: str) -> str:
        """Return the label of a department row."""
        if key == "automation":
            return AUTOMATION
        if key.startswith("other"):
            return OTHER_DEPARTMENTS
        return self.departments.get(key, NO_DEPARTMENT)

    def team(self, key: str, parent: str, *, is_only_one: bool) -> str:
        """Return the label of a team row; several collective rows are told apart by department."""
        if key.startswith("other:"):
            return OTHER_TEAMS if is_only_one else f"{OTHER_TEAMS} ({self.department(parent)})"
        if key in {"unassigned", "automation"}:
            return UNASSIGNED if key == "unassigned" else AUTOMATION
        return self.teams.get(key, UNASSIGNED)


def load(
    connection: Connection, names: Names, grain: str, level: str, *, since: date, until: date
) -> Mapping[date, tuple[Shown, ...]]:
    """Return the partition rows of each period that begins in the half-open interval, ordered."""
    found: dict[date, list[Row[Any]]] = {}
    row = t.GROUP_ROW.c
    query = select(t.GROUP_ROW).where(
        row.grain == grain, row.level == level, row.start >= since, row.start < until
    )
    for one in connection.execute(query):
        found.setdefault(one.start, []).append(one)
    shown = {}
    for start, rows in found.items():
        collective = sum(one.key.startswith("other:") for one in rows)
        labelled = [
            Shown(
                key=one.key,
                label=names.team(one.key, one.parent, is_only_one=collective == 1)
                if level == "team"
                else names.department(one.key),
                parent=one.parent,
                members=frozenset(one.members.split(",")),
                population=one.population,
            )
            for one in rows
        ]
        shown[start] = tuple(sorted(labelled, key=lambda one: order(one.label)))
    return shown
