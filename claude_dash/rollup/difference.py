"""What differs between a week's figures as they were told and as they are, and whom it is of."""

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
from sqlalchemy import Connection, select

from claude_dash.facts import tables as t
from claude_dash.privacy.cells import Bools, Ints, Partition
from claude_dash.privacy.policy import Policy
from claude_dash.privacy.unions import reasons, stack
from claude_dash.rollup.basis import Basis, Block, Column, Subject, added_up, columns
from claude_dash.rollup.counts import standing
from claude_dash.rollup.crowd import AUTOMATION, Crowd
from claude_dash.rollup.magnitudes import cells
from claude_dash.rollup.rows import ALL, DEPARTMENT, ORGANIZATION, TEAM

GROUPS = (DEPARTMENT, TEAM)
Blocks = Sequence[Block]
_MOVE = t.IDENTITY_MOVE.c


class Selves:
    """Who is one with whom: people that a merge or a split made count as one."""

    def __init__(self, pairs: Iterable[tuple[int, int]]) -> None:
        """Take pairs of people who were or became one."""
        self._of: dict[int, int] = {}
        for gone, into in pairs:
            one, other = self._first(gone), self._first(into)
            self._of[max(one, other)] = min(one, other)
        self._known = np.array(sorted(self._of), dtype=np.int64)
        self._firsts = np.array([self._first(n) for n in sorted(self._of)], dtype=np.int64)

    @classmethod
    def load(cls, connection: Connection) -> "Selves":
        """Read what changed hands and can still be undone."""
        return cls(connection.execute(select(_MOVE.person_id, _MOVE.into_id)).all())

    def _first(self, person: int) -> int:
        while (other := self._of.get(person, person)) != person:
            person = other
        return person

    def firsts(self, persons: Ints) -> Ints:
        """Return for each person the one who stands for all that they are one with."""
        if not len(self._known):
            return persons
        at = np.searchsorted(self._known, persons).clip(max=len(self._known) - 1)
        return np.where(self._known[at] == persons, self._firsts[at], persons)


def places(was: Crowd, now: Crowd, level: str) -> tuple[Ints, Ints, Sequence[str]]:
    """Return the place of each group's row, then and now, among the names of all rows.

    After the groups stands -1, the place of whoever is in none.
    """
    names = sorted({row.key for one in (was, now) for row in _level(one.partition, level)})

    def at(crowd: Crowd) -> Ints:
        found = np.full(len(crowd.partition.groups) + 1, -1, dtype=np.int64)
        for row in _level(crowd.partition, level):
            found[list(row.members)] = names.index(row.key)
        return found

    return at(was), at(now), names


def _level(partition: Partition, level: str) -> Sequence[Any]:
    return partition.departments if level == DEPARTMENT else partition.teams


def are_few(pairs: Ints, names: Sequence[str], crowd: Crowd, policy: Policy) -> bool:
    """Say whether some row has anybody, and fewer than k known people, among (person, row)."""
    person, row = np.unique(pairs, axis=1)
    is_named = ~np.isin(person, crowd.installations)
    inside = row >= 0
    if AUTOMATION in names:
        inside &= row != names.index(AUTOMATION)
    size = len(names)
    every = np.bincount(row[inside], minlength=size)
    known = np.bincount(row[inside & is_named], minlength=size)
    return bool(((every > 0) & (known < policy.k)).any())


def compare(
    before: Basis, crowd: Crowd, parts: tuple[Blocks, Blocks], selves: Selves, policy: Policy
) -> "Change":
    """Return what differs between what was told of a week and what is known now.

    Args:
        before: What the figures were made of that are shown.
        crowd: Who stands where.
        parts: Everybody's parts, then and now.
        selves: Who is one with whom.
        policy: k, c and p.
    """
    change = Change(before, crowd, selves, policy)
    old, new = map(columns, parts)
    for subject in sorted(old.keys() | new.keys()):
        if subject[0] in before.told:
            change.add(subject, old.get(subject, ()), new.get(subject, ()))
    return change


class Change:
    """What differs between what was told of a week's final measures and what is known now.

    finals: the tables that were told as final. changed: those of them that differ. dominated: by
    level, those in which few or one stand out among whom the change of a cell is of.
    """

    def __init__(self, before: Basis, crowd: Crowd, selves: Selves, policy: Policy) -> None:
        """Begin with who stood and who stands where."""
        self.before, self.crowd, self.selves, self.policy = before, crowd, selves, policy
        self.is_same_policy = before.policy == (policy.version, policy.k)
        was, now = before.crowd.partition, crowd.partition
        self.is_same_partition = self.is_same_policy and _as_told(was) == _as_told(now)
        self.finals: set[Subject] = set()
        self.changed: set[Subject] = set()
        self.dominated: set[tuple[str, Subject]] = set()
        self._pairs: dict[tuple[str, Subject], Ints] = {}
        self.names: dict[str, Sequence[str]] = {ORGANIZATION: [ALL]}
        self.places: dict[str, Sequence[Ints]] = {}
        for level in GROUPS:
            *at, self.names[level] = places(before.crowd, crowd, level)
            self.places[level] = at

    def add(self, subject: Subject, old: Sequence[Column], new: Sequence[Column]) -> None:
        """Take in everybody's part of a measure, as it was and as it is."""
        self.finals.add(subject)
        is_people = any(one.is_people for one in (*old, *new))
        items = sorted({item for one in (*old, *new) for item in one.items})
        person, item, amount = (
            np.concatenate(parts)
            for parts in zip(*_parts(old, items, -1), *_parts(new, items, 1), strict=True)
        )
        who = self.selves.firsts(person)
        group_of = standing if is_people else Crowd.groups_of
        was, now = group_of(self.before.crowd, person), group_of(self.crowd, person)
        places = [(was_at[was], now_at[now]) for was_at, now_at in self.places.values()]
        stays = np.logical_and.reduce([one == other for one, other in places])
        differs = ~_cancel(who * len(items) + item, amount, stays)
        is_old, none = amount < 0, np.zeros(len(person), dtype=np.int64)
        for level, (one, other) in zip(
            (ORGANIZATION, *GROUPS), ((none, none), *places), strict=True
        ):
            row = np.where(is_old, one, other)
            inside = differs & (row >= 0)
            cell = row[inside] * len(items) + item[inside]
            parts = (cell, who[inside], amount[inside])
            self._add(level, subject, parts, len(items), is_people=is_people)

    def _add(
        self, level: str, subject: Subject, parts: tuple[Ints, Ints, Ints], width: int, *,
        is_people: bool,
    ) -> None:  # fmt: skip
        cell, person, amount = parts
        if not len(cell):
            return
        least = int(person.min())
        most = int(person.max()) - least + 1
        key, sums = added_up(cell * most + person - least, amount)
        differs = np.flatnonzero(sums)
        if not len(differs):
            return
        self.changed.add(subject)
        cell, person = key[differs] // most, key[differs] % most + least
        found = np.stack([person, cell // width])
        self._pairs[level, subject] = found
        if is_people:
            return
        size = len(self.names[level]) * width
        parts_of = cells(cell, person, np.abs(sums[differs])[:, None], size)
        if reasons(stack(parts_of), self.policy).any():
            self.dominated.add((level, subject))

    def concerns_few(self) -> bool:
        """Say whether, in some group, the change concerns somebody and fewer than k people."""
        return any(
            self._are_few(level, [found for (at, _), found in self._pairs.items() if at == level])
            for level in GROUPS
        )

    def needs_former_groups(self) -> bool:
        """Say whether groups have to keep their figures, which takes that they stand as before."""
        can_be_kept = self.is_same_partition or not self.is_same_policy or self.has_former_groups
        return not can_be_kept and self.concerns_few()

    @property
    def has_former_groups(self) -> bool:
        """Say whether everybody stands where they stood."""
        return self.crowd is self.before.crowd

    def _are_few(self, level: str, pairs: Sequence[Ints]) -> bool:
        if not pairs:
            return False
        every = np.concatenate(pairs, axis=1)
        return are_few(every, self.names[level], self.crowd, self.policy)

    def may_be_told(self, level: str, subject: Subject) -> bool:
        """Say whether old and new figure may stand side by side."""
        found = self._pairs.get((level, subject))
        if found is None or (level, subject) in self.dominated:
            return False
        if level != ORGANIZATION:
            return True
        # Where everybody stands as before, newcomers are not among the parts.
        return not (self.has_former_groups or self._are_few(level, [found]))

    def is_told_nothing(self) -> bool:
        """Say whether nothing was told of groups but what the organisation tells."""
        told = [row for row in self.before.crowd.partition.teams if not row.automation]
        return len(told) <= 1


def _cancel(key: Ints, amount: Ints, stays: Bools) -> Bools:
    """Say which rows are of a key that adds up to nothing and of which every row stays."""
    if not len(key):
        return stays
    order = np.argsort(key, kind="stable")
    starts = np.flatnonzero(np.r_[True, np.diff(key[order]) != 0])
    is_nothing = np.add.reduceat(amount[order], starts) == 0
    is_nothing &= np.logical_and.reduceat(stays[order], starts)
    found = np.zeros(len(key), dtype=bool)
    found[order] = np.repeat(is_nothing, np.diff(np.r_[starts, len(key)]))
    return found


def _parts(
    found: Sequence[Column], items: Sequence[str], sign: int
) -> list[tuple[Ints, Ints, Ints]]:
    place = {item: number for number, item in enumerate(items)}
    made = []
    for one in found:
        to = np.array([place[item] for item in one.items], dtype=np.int64)
        made.append((one.person, to[one.item], sign * one.amount))
    return made


def _as_told(partition: Partition) -> set[tuple[str, str, tuple[str, ...]]]:
    """Return who stands together in it."""
    return {
        (level, row.key, tuple(partition.groups[n].key for n in row.members))
        for level in GROUPS
        for row in _level(partition, level)
    }
