"""The facts of one ISO week as arrays, each person and day counted once per organization."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Connection, bindparam, func, literal, select

from claude_dash.facts import tables as t
from claude_dash.facts.reports import REPORTS
from claude_dash.privacy.cells import Bools, Ints
from claude_dash.rollup.feeds import FEATURES, FEEDS, PRESENCE, Feed
from claude_dash.store import checkpoints
from claude_dash.store.succession import kinds_left

DAYS = 7
REMOVED = "removed connection"
CLIENTS = "telemetry"


@dataclass(frozen=True, slots=True)
class Split:
    """A technical dimension of some rows: a code per row, and the value that each code means."""

    codes: Ints
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one fact table in one week.

    person: id per row; day: 0 to 6 per row, Monday first; splits: by technical dimension;
    amounts: int64 of shape (rows, columns).
    """

    person: Ints
    day: Ints
    splits: dict[str, Split]
    amounts: Ints


@dataclass(frozen=True, slots=True)
class WeekFacts:
    """One ISO week of facts, by the name of the feed, and the measures that were read for it."""

    tables: Mapping[str, Rows]
    fed: frozenset[str]

    def of(self, feed: Feed) -> Rows:
        """Return the rows of a feed."""
        return self.tables[feed.name]

    def active_days(self) -> tuple[Ints, Ints]:
        """Return the distinct (person, day) pairs with any kept counter of Claude Code above 0."""
        rows = [self.of(feed) for feed in PRESENCE]
        person = np.concatenate([x.person[x.amounts.any(axis=1)] for x in rows])
        day = np.concatenate([x.day[x.amounts.any(axis=1)] for x in rows])
        pairs = np.unique(person * 7 + day)
        return pairs // 7, pairs % 7

    def seen(self) -> Ints:
        """Return everybody who has any fact, keys included."""
        return np.unique(np.concatenate([rows.person for rows in self.tables.values()]))


class _Codes:
    """Turns what a column holds into codes."""

    def __init__(self, connection: Connection) -> None:
        rows = connection.execute(select(t.IDENTITY.c.who, t.IDENTITY.c.person_id)).all()
        self.who = np.array(sorted((who, person) for who, person in rows), dtype=np.int64)
        self.who = self.who.reshape(-1, 2)
        self.connections: dict[int, Any] = {
            row.id: row
            for row in connection.execute(
                select(
                    t.CONNECTION.c.id,
                    t.CONNECTION.c.name,
                    t.CONNECTION.c.kind,
                    t.CONNECTION.c.organization_id,
                )
            )
        }

        self.left = kinds_left(connection)
        read = connection.execute(select(t.DAY_READ.c.connection_id).distinct()).scalars()
        self.numbers = sorted(read)

    def describe(self, number: int, dimension: str) -> str:
        """Return the name of a connection, or its kind as a source."""
        row = self.connections.get(number)
        if row is None:
            return REMOVED if dimension == "connection" else self.left.get(number, "console")
        return str(row.name if dimension == "connection" else row.kind)

    def persons(self, who: Ints) -> Ints:
        """Return the person behind each pseudonym, -1 where there is none."""
        if not len(self.who):
            return np.full(len(who), -1, dtype=np.int64)
        at = np.searchsorted(self.who[:, 0], who).clip(max=len(self.who) - 1)
        return np.where(self.who[at, 0] == who, self.who[at, 1], -1)


def _split(column: Sequence[Any]) -> Split:
    values = sorted(set(column))
    numbers = {value: number for number, value in enumerate(values)}
    codes = np.fromiter(map(numbers.__getitem__, column), np.int64, len(column))
    return Split(codes, tuple(str(value) for value in values))


def _mapped(split: Split, names: dict[str, str]) -> Split:
    """Return a split whose values are renamed; values that become equal are united."""
    renamed = [names.get(value, value) for value in split.values]
    values = sorted(set(renamed))
    to = np.array([values.index(name) for name in renamed], dtype=np.int64)
    return Split(to[split.codes] if len(split.codes) else split.codes, tuple(values))


def _once(codes: _Codes, connection: Ints, person: Ints, day: Ints) -> Bools:
    """Keep, for each billing organization, person and day, the rows of one connection alone."""
    keep = np.ones(len(person), dtype=bool)
    organizations: dict[str, list[int]] = {}
    for number, row in sorted(codes.connections.items()):
        if row.organization_id:
            organizations.setdefault(row.organization_id, []).append(number)
    for numbers in organizations.values():
        taken = np.zeros(0, dtype=np.int64)
        for number in numbers if len(numbers) > 1 else ():
            mine = connection == number
            pairs = person * 7 + day
            keep &= ~(mine & np.isin(pairs, taken))
            taken = np.union1d(taken, pairs[mine & keep])
    return keep


def _yielding(codes: _Codes, connection: Ints, person: Ints, day: Ints) -> Bools:
    """Keep what clients report where no report or log tells of the same person and day.

    What a vendor counted and what a client says of the same use is counted once (B1).
    """
    sent = [n for n in codes.numbers if codes.describe(n, "source") == CLIENTS]
    is_sent = np.isin(connection, sent)
    pairs = person * 7 + day
    keep: Bools = ~(is_sent & np.isin(pairs, pairs[~is_sent]))
    return keep


def _rows(connection: Connection, codes: _Codes, feed: Feed, monday: date) -> Rows:
    width, splits = len(feed.origins[0].amounts), feed.splits
    found: list[Any] = []
    day_of, origin_of = [], []
    for one in feed.origins:
        who = one.table.c
        query = select(
            who.who,
            *(one.splits.get(name, literal("")) for name in splits),
            *(literal(0) if x is None else func.coalesce(x, 0) for x in one.amounts),
        ).where(who.connection_id == bindparam("number"), who.day == bindparam("day"), *one.where)
        # One range of the primary key at a time: connection, then day.
        for number in codes.numbers:
            if not one.counts(codes.connections.get(number)):
                continue
            for offset in range(DAYS):
                when = {"number": number, "day": monday + timedelta(days=offset)}
                rows = connection.execute(query, when).all()
                found += rows
                day_of.append(np.full(len(rows), offset, dtype=np.int64))
                origin_of.append(np.full(len(rows), number, dtype=np.int64))
    empty = [np.zeros(0, dtype=np.int64)]
    day, origin = np.concatenate(day_of or empty), np.concatenate(origin_of or empty)
    by_column = list(zip(*found, strict=True)) or [()] * (1 + len(splits) + width)
    person = codes.persons(np.array(by_column[0], dtype=np.int64))
    amounts = np.array(by_column[1 + len(splits) :], dtype=np.int64).reshape(width, len(person))
    keep = (person >= 0) & _once(codes, origin, person, day)
    if feed is not FEATURES:  # named differently, and told of people
        keep &= _yielding(codes, origin, person, day)
    split = {name: _split(by_column[at]) for at, name in enumerate(splits, 1)}
    numbers = _split(origin.tolist())
    for name in ("connection", "source"):
        of = {str(n): codes.describe(n, name) for n in codes.numbers}
        split[name] = _mapped(numbers, of)
    return Rows(
        person=person[keep],
        day=day[keep],
        splits={name: Split(one.codes[keep], one.values) for name, one in split.items()},
        amounts=np.ascontiguousarray(amounts.T[keep]),
    )


def load(connection: Connection, monday: date) -> WeekFacts:
    """Return the facts of the ISO week that begins on `monday`."""
    codes = _Codes(connection)
    tables = {feed.name: _rows(connection, codes, feed, monday) for feed in FEEDS}
    return WeekFacts(tables, frozenset(_fed(connection, monday)))


def _fed(connection: Connection, monday: date) -> Iterator[str]:
    """Yield every measure that a report feeds which was read in the week."""
    states, c = checkpoints.states(connection), t.DAY_READ.c
    query = select(c.connection_id, c.report).distinct()
    inside = (c.day >= monday, c.day < monday + timedelta(days=DAYS))
    for number, report in connection.execute(query.where(*inside)):
        state = states.get((number, report))
        yield from REPORTS[report].fed(is_legacy=bool(state and state.is_legacy))
