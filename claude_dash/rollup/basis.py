"""What the figures of a week's groups were made of: who stood where, and everybody's part."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, Row, func, select

from claude_dash.facts import tables as t
from claude_dash.privacy.cells import Group, Ints
from claude_dash.privacy.partition import partition
from claude_dash.privacy.policy import Policy
from claude_dash.rollup.crowd import Crowd
from claude_dash.rollup.draft import Difference, differing, drafted
from claude_dash.store import told

_TOLD = t.TOLD_WEEK
_READ = ("week", "finals", "is_held", "crowd")
_ARRAYS = ("group", "eligible", "seat", "seat_since")  # of a crowd, beside its people

Subject = tuple[str, str]  # a measure and a technical dimension, empty for the total


@dataclass(frozen=True, slots=True)
class Column:
    """Everybody's part of one measure, by one technical dimension or in total.

    person, item, amount: parallel arrays, an amount above 0 for each person and technical value;
    item: index into `items`.
    """

    items: tuple[str, ...]
    person: Ints
    item: Ints
    amount: Ints
    is_people: bool


@dataclass(frozen=True, slots=True)
class Block:
    """Everybody's parts of some measures by one technical dimension.

    person, item: parallel arrays; amounts: int64 of shape (rows, names).
    """

    dimension: str
    names: tuple[str, ...]
    items: tuple[str, ...]
    person: Ints
    item: Ints
    amounts: Ints
    is_people: bool = False

    def columns(self) -> Iterator[tuple[Subject, Column]]:
        """Yield each measure with everybody's part of it."""
        for number, name in enumerate(self.names):
            has = np.flatnonzero(self.amounts[:, number])
            yield (
                (name, self.dimension),
                Column(
                    self.items,
                    self.person[has],
                    self.item[has],
                    self.amounts[has, number],
                    self.is_people,
                ),
            )

    def pick(self, names: Sequence[str]) -> "Block":
        """Return some of the measures."""
        at = [number for number, name in enumerate(self.names) if name in names]
        kept = tuple(self.names[number] for number in at)
        return Block(self.dimension, kept, self.items, self.person, self.item,
                     self.amounts[:, at], self.is_people)  # fmt: skip


def added_up(key: Ints, amounts: Ints) -> tuple[Ints, Ints]:
    """Return each distinct key, sorted, and the sums of its rows, of shape (keys, columns)."""
    order = np.argsort(key, kind="stable")  # the quickest where rows come in sorted runs
    key = key[order]
    starts = np.flatnonzero(np.r_[True, key[1:] != key[:-1]]) if len(key) else order
    return key[starts], np.add.reduceat(amounts[order], starts, axis=0) if len(key) else amounts


def block(
    told: tuple[str, Sequence[str], Sequence[str]], person: Ints, item: Ints, amounts: Ints
) -> Block:
    """Return a block of rows, of which those of one person and value are added up.

    Args:
        told: The technical dimension, the measures, and what each code of a value means; values
            of one name are one.
        person: Whose each row is.
        item: The code of the value of each row.
        amounts: int64 of shape (rows, measures).
    """
    dimension, names, items = told
    known = tuple(sorted(set(items)))
    code = np.array([known.index(one) for one in items], dtype=np.int64)[item]
    key, sums = added_up(person * max(len(known), 1) + code, amounts)
    has = np.flatnonzero(sums.any(axis=1))
    at = key[has]
    return Block(dimension, tuple(names), known, at // max(len(known), 1),
                 at % max(len(known), 1), sums[has])  # fmt: skip


def block_of_people(measure: str, item: tuple[str, str], persons: Ints) -> Block:
    """Return the block of a number of people."""
    dimension, value = item
    once = np.ones((len(persons), 1), dtype=np.int64)
    nothing = np.zeros(len(persons), dtype=np.int64)
    return Block(dimension, (measure,), (value,), persons, nothing, once, is_people=True)


@dataclass(frozen=True, slots=True)
class Basis:
    """What is kept of a week.

    finals: measure -> the day on which it became final. told: those that somebody asked for since,
    be it another figure: what nobody saw tells nobody anything. is_held: whether groups keep
    earlier figures. policy: its version and k. crowd: who stood where, in the rows that the policy
    that holds now makes.
    """

    finals: Mapping[str, str]
    told: frozenset[str]
    is_held: bool
    policy: tuple[int, int]
    crowd: Crowd


def load(connection: Connection, monday: date, policy: Policy) -> Basis | None:
    """Return what is stored of a week."""
    query = select(*(_TOLD.c[name] for name in _READ)).where(_TOLD.c.week == monday)
    row = connection.execute(query).first()
    return None if row is None else _read(row, policy, _last_asked(connection))


def load_drafted(connection: Connection, policy: Policy) -> dict[date, Basis]:
    """Return what is kept of every week, by Monday, as a draft has it."""
    asked, query = _last_asked(connection), drafted(_TOLD, _READ, lambda _: ())
    return {row.week: _read(row, policy, asked) for row in connection.execute(query)}


def blocks_of(connection: Connection, monday: date) -> list[Block]:
    """Return everybody's parts of a week that is kept."""
    query = select(_TOLD.c.blocks).where(_TOLD.c.week == monday)
    about, arrays = told.unpack(connection.execute(query).scalar_one())
    return [
        Block(one["dimension"], tuple(one["names"]), tuple(one["items"]),
              arrays[f"{n}.person"].astype(np.int64), arrays[f"{n}.item"].astype(np.int64),
              arrays[f"{n}.amounts"].astype(np.int64), one["is_people"])
        for n, one in enumerate(about)
    ]  # fmt: skip


def _last_asked(connection: Connection) -> str:
    """Return the last day on which anybody asked for a figure, as ISO; empty: nobody ever did."""
    last = connection.execute(select(func.max(t.ACCESS_ENTRY.c.day))).scalar()
    return last.isoformat() if last else ""


def _read(row: Row[Any, Any, Any, Any], policy: Policy, asked: str) -> Basis:
    about, arrays = told.unpack(row.crowd)
    order = np.argsort(arrays["person"], kind="stable")
    groups = [Group(*one) for one in about["groups"]]
    made = partition(groups, policy)
    index = {group.key: number for number, group in enumerate(made.groups)}
    to = np.array([index.get(group.key, -1) for group in groups], dtype=np.int64)
    crowd = Crowd(
        monday=row.week,
        partition=made,
        people=arrays["person"][order],
        group=to[arrays["group"][order]],
        eligible=arrays["eligible"][order],
        seat=arrays["seat"][order],
        seat_since=arrays["seat_since"][order],
        keys=arrays["keys.person"],
        installations=arrays["installations.person"],
    )
    finals: dict[str, str] = json.loads(row.finals)
    return Basis(
        finals=finals,
        told=frozenset(name for name, day in finals.items() if day <= asked),
        is_held=row.is_held,
        policy=tuple(about["policy"]),
        crowd=crowd,
    )


def based_otherwise(
    connection: Connection, crowd: Crowd, blocks: Sequence[Block], policy: Policy, *,
    finals: Mapping[str, str], is_held: bool,
) -> Difference:  # fmt: skip
    """Return what differs in what a week's figures are made of."""
    groups = [
        (one.key, one.department, one.population, one.automation, one.installations)
        for one in crowd.partition.groups
    ]
    packed = told.pack(
        {"policy": [policy.version, policy.k], "groups": groups},
        {
            "person": crowd.people,
            **{name: getattr(crowd, name) for name in _ARRAYS},
            "keys.person": crowd.keys,
            "installations.person": crowd.installations,
        },
    )
    about = [
        {"dimension": one.dimension, "names": one.names, "items": one.items,
         "is_people": one.is_people}
        for one in blocks
    ]  # fmt: skip
    arrays: dict[str, NDArray[Any]] = {}
    for n, one in enumerate(blocks):
        arrays |= {
            f"{n}.person": _small(one.person),
            f"{n}.item": _small(one.item),
            f"{n}.amounts": _small(one.amounts),
        }
    measures = {name: one.is_people for one in blocks for name in one.names}
    row = {"week": crowd.monday, "measures": json.dumps(measures), "finals": json.dumps(finals),
           "is_held": is_held, "crowd": packed, "blocks": told.pack(about, arrays)}  # fmt: skip
    return differing(connection, _TOLD, [row], _TOLD.c.week == crowd.monday)


def _small(found: Ints) -> NDArray[Any]:
    """Return the same numbers in four bytes each where they fit."""
    fits = not found.size or abs(int(found.max())) < 2**31 > abs(int(found.min()))
    return found.astype(np.int32) if fits else found


def columns(blocks: Sequence[Block]) -> Mapping[Subject, list[Column]]:
    """Return everybody's parts by measure and technical dimension."""
    found: dict[Subject, list[Column]] = {}
    for one in blocks:
        for subject, column in one.columns():
            found.setdefault(subject, []).append(column)
    return found
