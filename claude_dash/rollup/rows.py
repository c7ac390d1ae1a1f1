"""Rows on their way into the releases: built in memory, written for whole periods at once."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection

from claude_dash.facts import tables as t
from claude_dash.privacy.cells import Hidden, Ints, Partition, Row
from claude_dash.privacy.policy import Policy
from claude_dash.rollup.draft import Difference, differing, put

ORGANIZATION, DEPARTMENT, TEAM = "organization", "department", "team"
ALL = "all"  # the key of the organization's one row
SMALL_GROUP = Hidden.SMALL_GROUP.reason
FLOWS = ("new", "retained", "resurrected", "lapsed")
COHORTS = ("cohort_size", "cohort_active")
STARTS = (
    "activated",
    "started",
    "started_activated",
    "never_used_seats",
    "pending_invites",
    "installers",
)
SEGMENTS = ("segment_users",)
VISIBLE = ("visible",)
HABITS = (*FLOWS, *COHORTS, *STARTS, *SEGMENTS, *VISIBLE)  # counted over more than one week

WEEK = timedelta(days=7)
_RELEASE, _GROUP = t.RELEASE_ROW, t.GROUP_ROW


class Rows:
    """The releases of one period while they are made.

    people: whom the numbers of people are of, as (measure, (technical dimension, value), ids).
    """

    def __init__(self, grain: str, start: date) -> None:
        self.grain = grain
        self.start = start
        self.made: list[dict[str, Any]] = []
        self.people: list[tuple[str, tuple[str, str], Ints]] = []

    def add(
        self,
        level: str,
        key: str,
        measure: str,
        value: int | None,
        hidden: str = "",
        *,
        dimension: str = "",
        item: str = "",
        start: date | None = None,
        grain: str | None = None,
    ) -> None:
        """Add one released value; what is hidden loses its value here."""
        self.made.append(
            {
                "measure": measure,
                "grain": grain or self.grain,
                "level": level,
                "dimension": dimension,
                "start": start or self.start,
                "key": key,
                "item": item,
                "value": None if hidden else value,
                "hidden": hidden,
            }
        )

    def change(self, level: str, key: str, measure: str, value: int) -> None:
        """Put another value in the place of one that was added, unless it is hidden."""
        for row in self.made:
            if (row["level"], row["key"], row["measure"]) == (level, key, measure):
                row["value"] = row["value"] if row["hidden"] else value


def released_otherwise(connection: Connection, rows: Rows) -> Difference:
    """Return what differs from what is released for a week, its days and its parts.

    Habits stay: they are counted over several weeks, some of which may be purged by now.
    """
    c, monday = _RELEASE.c, rows.start
    grains = c.grain.in_(("day", "part", "week"))
    inside = (grains, c.start >= monday, c.start < monday + WEEK, c.measure.not_in(HABITS))
    return differing(connection, _RELEASE, rows.made, *inside)


def replace_measures(connection: Connection, rows: Rows, measures: Sequence[str]) -> None:
    """Put rows in the place of what was released of some measures for one period."""
    c = _RELEASE.c
    inside = (c.grain == rows.grain, c.start == rows.start, c.measure.in_(measures))
    put(connection, _RELEASE, rows.made, *inside)


def grouped_otherwise(
    connection: Connection, monday: date, partition: Partition, policy: Policy
) -> Difference:
    """Return what differs in who stands together in a week."""

    def row(level: str, one: Row, parent: str) -> dict[str, Any]:
        members = ",".join(partition.groups[number].key for number in one.members)
        return {"level": level, "key": one.key, "parent": parent, "members": members,
                "population": one.population}  # fmt: skip

    made = [{"level": ORGANIZATION, "key": ALL, "parent": "", "members": "",
             "population": partition.population}]  # fmt: skip
    if partition.tells_groups(policy.k):
        made += [row(DEPARTMENT, one, ALL) for one in partition.departments]
        made += [row(TEAM, one, partition.departments[one.parent].key) for one in partition.teams]
    shared = {"grain": "week", "start": monday, "policy": policy.version}
    inside = (_GROUP.c.grain == "week", _GROUP.c.start == monday)
    return differing(connection, _GROUP, ({**shared, **one} for one in made), *inside)
