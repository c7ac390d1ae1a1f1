"""Since when and until when people used any surface, and who of the seat holders did.

A seat is used by whatever its holder does on any surface, not by Claude Code alone.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, func, or_, select

from claude_dash.facts import tables as t
from claude_dash.privacy.cells import Bools, Ints
from claude_dash.rollup.draft import drafted, put
from claude_dash.rollup.vendor_counts import SEATS, Told

ENTERPRISE = "enterprise"
_USE, _SURFACE, _FEATURE = t.PERSON_USE, t.SURFACE_DAY.c, t.FEATURE_DAY.c
_BATCH = 500


def _ids(connection: Connection, seen: list[int]) -> dict[int, int]:
    """Return the person of some pseudonyms, automation left out."""
    c = t.IDENTITY.c
    query = select(c.who, c.person_id).join(t.PERSON, t.PERSON.c.id == c.person_id)
    known = dict(connection.execute(query.where(t.PERSON.c.automation.is_(False))).all())
    return {who: known[who] for who in seen if who in known}


def update(connection: Connection, runs: Iterable[tuple[date, date]]) -> None:
    """Move first and last day of use, and of a plugin's installation, by the facts of some days.

    Args:
        connection: That of the draft.
        runs: The days, as half-open intervals.
    """
    before = {row.person_id: _as_dict(row) for row in connection.execute(select(_USE))}
    made: dict[int, dict[str, object]] = {}
    for since, until in runs:
        found = _found(connection, since, until)
        for who, person in _ids(connection, list(found)).items():
            row, was = found[who], made.get(person) or before.get(person, {})
            made[person] = {
                "person_id": person,
                "first_used": _least(was.get("first_used"), row.get("first_used")),
                "last_used": _most(was.get("last_used"), row.get("last_used")),
                "installed_on": _least(was.get("installed_on"), row.get("installed_on")),
            }
    changed = [row for person, row in made.items() if row != before.get(person)]
    persons = [row["person_id"] for row in changed]
    for start in range(0, len(persons), _BATCH):
        inside = _USE.c.person_id.in_(persons[start : start + _BATCH])
        put(connection, _USE, changed[start : start + _BATCH], inside)


def _found(connection: Connection, since: date, until: date) -> dict[int, dict[str, date]]:
    """Return the first and last day of use in some days, and of installation, by pseudonym."""
    found: dict[int, dict[str, date]] = {}
    day = _SURFACE.day
    is_used = or_(_SURFACE.messages > 0, _SURFACE.actions > 0)
    inside = (day >= since, day < until, is_used)
    query = select(_SURFACE.who, func.min(day), func.max(day)).where(*inside)
    for who, first, last in connection.execute(query.group_by(_SURFACE.who)):
        found[who] = {"first_used": first, "last_used": last}
    day = _FEATURE.day
    installed = (day >= since, day < until, _FEATURE.installs > 0)
    for who, first in connection.execute(
        select(_FEATURE.who, func.min(day)).where(*installed).group_by(_FEATURE.who)
    ):
        found.setdefault(who, {})["installed_on"] = first
    return found


def _as_dict(row: Row[Any]) -> dict[str, object]:
    return dict(row._mapping)  # noqa: SLF001 - public by documentation


def _least(one: object, other: object) -> object:
    return min((day for day in (one, other) if isinstance(day, date)), default=None)


def _most(one: object, other: object) -> object:
    return max((day for day in (one, other) if isinstance(day, date)), default=None)


@dataclass(frozen=True, slots=True)
class Uses:
    """First and last day of use of any surface, and of a plugin's installation, by person.

    people: sorted ids; the others are ordinals of days, 0 for never.
    """

    people: Ints
    first: Ints
    last: Ints
    installed: Ints

    @classmethod
    def load(cls, connection: Connection) -> "Uses":
        """Read them, as a draft has them."""
        rows = connection.execute(
            drafted(_USE, _USE.c.keys(), lambda _: ()).order_by("person_id")
        ).all()
        numbers = [
            (row.person_id, *map(_ordinal, (row.first_used, row.last_used, row.installed_on)))
            for row in rows
        ]
        return cls(*np.array(numbers, dtype=np.int64).reshape(-1, 4).T.copy())

    def installers(self, until: date) -> Ints:
        """Return who installed a plugin on any day before `until`."""
        return self.people[(self.installed > 0) & (self.installed < until.toordinal())]

    def used(self, holders: Ints, since: Ints, until: date) -> Bools:
        """Say of each seat holder whether any surface was used between two days.

        Args:
            holders: Ids, sorted.
            since: The ordinal of the day on which each got the seat, 0 when unknown.
            until: Exclusive.
        """
        if not len(self.people):
            return np.zeros(len(holders), dtype=bool)
        at = np.searchsorted(self.people, holders).clip(max=len(self.people) - 1)
        is_known = (self.people[at] == holders) & (self.first[at] > 0)
        is_used: Bools = (self.first[at] < until.toordinal()) & (self.last[at] >= since)
        used: Bools = is_known & is_used
        return used


def _ordinal(day: date | None) -> int:
    return day.toordinal() if day else 0


@dataclass(frozen=True, slots=True)
class Seats:
    """How many seats there are, and how many of them somebody uses.

    told: what the vendor says. outside: members of some organisation, but of no Enterprise one.
    people, ends: whoever had a roster entry, and the ordinal of the day on which the last of them
    ended.
    """

    told: Told
    outside: Ints
    people: Ints
    ends: Ints

    @classmethod
    def load(cls, connection: Connection, told: Told) -> "Seats":
        """Read who has, or had, a roster entry."""
        entry = t.ROSTER_ENTRY.c
        ends: dict[int, int] = {}
        for person, day in connection.execute(select(entry.person_id, entry.ends)):
            ends[person] = max(ends.get(person, 0), (day or date.max).toordinal())
        people = np.array(sorted(ends), dtype=np.int64)
        last = np.array([ends[person] for person in sorted(ends)], dtype=np.int64)
        return cls(told, _members_outside(connection), people, last)

    def number(self, holders: Ints, since: date, until: date) -> int:
        """Return how many seats the organisation has in a period.

        Enterprise says how many it assigned; elsewhere everybody on the member list has one.
        """
        told = self.told.newest(SEATS, since, until)
        return len(holders) if told is None else told + len(self._elsewhere(holders))

    def idle(self, holders: Ints, used: Ints, since: date, until: date) -> int:
        """Return how many of them nobody used in a period.

        Args:
            holders: Who has one, as far as members are listed.
            used: Who used any surface in the period.
            since: The first day of the period.
            until: The day after it.
        """
        told = self.told.newest(SEATS, since, until)
        if told is None:
            return int((~np.isin(holders, used)).sum())
        elsewhere = self._elsewhere(holders)
        idle = int((~np.isin(elsewhere, used)).sum())
        # Whoever has left gave back a seat: it is not among those that were assigned at the end.
        gone = self.people[self.ends < until.toordinal()]
        inside = np.setdiff1d(used, np.union1d(elsewhere, gone))
        return max(told - len(inside), 0) + idle

    def _elsewhere(self, holders: Ints) -> Ints:
        return np.intersect1d(holders, self.outside)


def _members_outside(connection: Connection) -> Ints:
    """Return the members of some organization, but of no Enterprise one."""
    entry, c = t.ROSTER_ENTRY.c, t.CONNECTION.c
    query = select(entry.person_id, c.kind).join(t.CONNECTION, c.id == entry.connection_id)
    kinds: dict[int, set[str]] = {}
    for person, kind in connection.execute(query):
        kinds.setdefault(person, set()).add(kind)
    found = [person for person, of in kinds.items() if ENTERPRISE not in of]
    return np.array(sorted(found), dtype=np.int64)
