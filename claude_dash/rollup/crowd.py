"""Who stands where in one ISO week: the people, their groups, and the partition they form."""

from dataclasses import dataclass
from datetime import date

import numpy as np

from claude_dash.clock import thursday_of
from claude_dash.people.standing import Standing, Standings
from claude_dash.privacy.cells import Bools, Group, Ints, Partition
from claude_dash.privacy.partition import partition
from claude_dash.privacy.policy import Policy

UNASSIGNED = "unassigned"
AUTOMATION = "automation"


@dataclass(frozen=True, slots=True)
class Crowd:
    """Everybody who counts in a week; parallel arrays over people sorted by id.

    group: index into `partition.groups`. eligible: on the roster and in scope. seat: holds a seat.
    seat_since: ordinal of the day the seat was given, 0 when unknown. keys: ids of automation.
    """

    monday: date
    partition: Partition
    people: Ints
    group: Ints
    eligible: Bools
    seat: Bools
    seat_since: Ints
    keys: Ints

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


def gather(standings: Standings, keys: Ints, monday: date, seen: Ints, policy: Policy) -> Crowd:
    """Return the crowd of a week.

    Args:
        standings: Who belongs where, since when.
        keys: Ids of the persons that are automation.
        monday: The week.
        seen: Ids of the people, not the keys, with any fact in the week.
        policy: Decides who stands together.
    """
    today = {
        person: one
        for person, one in standings.on(thursday_of(monday)).items()
        if one.on_roster or one.team_id is not None
    }
    seats = {p: one for p, one in standings.on(thursday_of(monday)).items() if one.has_seat}
    people = np.array(sorted({*today, *seen.tolist()}), dtype=np.int64)
    names = [_key(today.get(person)) for person in people.tolist()]
    departments = {
        f"team:{team}": f"department:{department}" if department is not None else ""
        for team, (_, department) in standings.teams.items()
    }
    sizes: dict[str, int] = {}
    for name in names:
        sizes[name] = sizes.get(name, 0) + 1
    groups = [Group(name, departments.get(name, ""), size) for name, size in sorted(sizes.items())]
    if len(keys):
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
        keys=keys,
    )
