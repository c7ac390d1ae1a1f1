"""Who stands where in one ISO week: the people, their groups, and the partition they form."""

from collections import Counter
from dataclasses import dataclass
from datetime import date

import numpy as np
from sqlalchemy import Connection, case, func, select

from claude_dash.clock import thursday_of
from claude_dash.facts import tables as t
from claude_dash.people.standing import Standing, Standings
from claude_dash.privacy.cells import Bools, Group, Ints, Partition
from claude_dash.privacy.partition import partition
from claude_dash.privacy.policy import Policy

UNASSIGNED = "unassigned"
AUTOMATION = "automation"
INSTALLATION = "installation"  # a kind of identities: a client without an account


@dataclass(frozen=True, slots=True)
class Unnamed:
    """Who is no known person: ids, sorted, of keys and of people known by installations alone."""

    keys: Ints
    installations: Ints

    @classmethod
    def load(cls, connection: Connection) -> "Unnamed":
        """Read who they are; whoever an administrator gave a name is one no more."""
        person, kind = t.PERSON.c, t.IDENTITY.c.kind
        keys = select(person.id).where(person.automation.is_(True))
        is_named = case((kind == INSTALLATION, 0), else_=1)
        alone = select(t.IDENTITY.c.person_id).group_by(t.IDENTITY.c.person_id)
        found = (keys, alone.having(func.max(is_named) == 0))
        return cls(*(
            np.array(sorted(connection.execute(query).scalars()), dtype=np.int64) for query in found
        ))  # fmt: skip


@dataclass(frozen=True, slots=True)
class Crowd:
    """Everybody who counts in a week; parallel arrays over people sorted by id.

    group: index into `partition.groups`. eligible: on the roster and in scope. seat: holds a seat.
    seat_since: ordinal of the day the seat was given, 0 when unknown. keys: ids of automation.
    installations: ids of people who are known by nothing else.
    """

    monday: date
    partition: Partition
    people: Ints
    group: Ints
    eligible: Bools
    seat: Bools
    seat_since: Ints
    keys: Ints
    installations: Ints

    def named(self, persons: Ints) -> Bools:
        """Say who is a known person, neither a key nor an installation."""
        found: Bools = ~np.isin(persons, np.union1d(self.keys, self.installations))
        return found

    def groups_of(self, persons: Ints) -> Ints:
        """Return the group of each person or key; -1 for whoever is not in the week."""
        found = np.full(len(persons), -1, dtype=np.int64)
        if len(self.people):
            at = np.searchsorted(self.people, persons).clip(max=len(self.people) - 1)
            known = self.people[at] == persons
            found[known] = self.group[at[known]]
        names = [group.key for group in self.partition.groups]
        if AUTOMATION in names:
            found[np.isin(persons, self.keys)] = names.index(AUTOMATION)
        return found


def _key(standing: Standing | None) -> str:
    return f"team:{standing.team_id}" if standing and standing.team_id is not None else UNASSIGNED


def gather(
    standings: Standings, unnamed: Unnamed, monday: date, seen: Ints, policy: Policy
) -> Crowd:
    """Return the crowd of a week.

    Args:
        standings: Who belongs where, since when.
        unnamed: Who is automation, and who is known by installations alone.
        monday: The week.
        seen: Ids of the people, not the keys, with any fact in the week.
        policy: Decides who stands together.
    """
    here = set(seen.tolist())
    today = {
        person: one
        for person, one in standings.on(thursday_of(monday)).items()
        if one.on_roster or (one.team_id is not None and (not one.is_hinted or person in here))
    }
    seats = {p: one for p, one in standings.on(thursday_of(monday)).items() if one.has_seat}
    people = np.array(sorted({*today, *here}), dtype=np.int64)
    names = [_key(today.get(person)) for person in people.tolist()]
    departments = {
        f"team:{team}": f"department:{department}" if department is not None else ""
        for team, (_, department) in standings.teams.items()
    }
    is_known = ~np.isin(people, unnamed.installations)
    every = Counter(names)
    known = Counter(name for name, is_one in zip(names, is_known.tolist(), strict=True) if is_one)
    groups = [
        Group(name, departments.get(name, ""), known[name], installations=size - known[name])
        for name, size in sorted(every.items())
    ]
    if len(unnamed.keys):
        groups.append(Group(AUTOMATION, AUTOMATION, 0, automation=True))
    made = partition(groups, policy)
    index = {group.key: number for number, group in enumerate(made.groups)}
    held = [seats.get(person) for person in people.tolist()]
    return Crowd(
        monday=monday,
        partition=made,
        people=people,
        group=np.array([index[name] for name in names], dtype=np.int64),
        eligible=np.array(
            [
                bool(p in today and today[p].on_roster and today[p].eligible)
                for p in people.tolist()
            ],
            dtype=bool,
        ),
        seat=np.array([one is not None for one in held], dtype=bool),
        seat_since=np.array(
            [one.seat_since.toordinal() if one and one.seat_since else 0 for one in held],
            dtype=np.int64,
        ),
        keys=unnamed.keys,
        installations=unnamed.installations,
    )
