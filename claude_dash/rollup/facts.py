"""The facts of one ISO week as arrays, each person and day counted once per organization."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Connection, bindparam, func, literal, select

from claude_dash.facts import tables as t
from claude_dash.facts.reports import REPORTS
from claude_dash.privacy.cells import Bools, Ints
from claude_dash.rollup.codes import Codes
from claude_dash.rollup.feeds import FEEDS, PRESENCE, Feed
from claude_dash.rollup.once import LAST_RESORT, Source, counted, overlap
from claude_dash.store import checkpoints
from claude_dash.store.driver import fetched

DAYS = 7


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
    """One ISO week of facts, by the name of the feed, and the measures that were read for it.

    active: person * 7 + day of everybody with any kept counter of Claude Code above 0, whichever
    source counts. seen: everybody with any fact, keys included.
    """

    tables: Mapping[str, Rows]
    fed: frozenset[str]
    active: Ints
    seen: Ints

    def of(self, feed: Feed) -> Rows:
        """Return the rows of a feed."""
        return self.tables[feed.name]

    def active_days(self) -> tuple[Ints, Ints]:
        """Return the distinct (person, day) pairs of those who were active."""
        return self.active // DAYS, self.active % DAYS


@dataclass(frozen=True, slots=True)
class _Found:
    """The rows of one feed, whichever source counts; amounts: -1 where there is no value."""

    feed: Feed
    rows: Rows
    sources: tuple[Source, ...]
    source: Ints
    order: Sequence[str]

    @property
    def pairs(self) -> Ints:
        """Return person * 7 + day of each row."""
        return self.rows.person * DAYS + self.rows.day

    @property
    def active(self) -> Ints:
        """Return the pair of each row with any amount above 0."""
        return self.pairs[(self.rows.amounts > 0).any(axis=1)]

    def of_kind(self, kind: str) -> Bools:
        """Say which rows a kind of connections has."""
        places = [place for place, one in enumerate(self.sources) if one.kind == kind]
        return np.isin(self.source, places) if places else np.zeros(len(self.source), dtype=bool)

    def once(self, seen_by_others: Ints | None) -> Rows:
        """Return the rows that count, each use once.

        Args:
            seen_by_others: The pairs at which the last resort is none; None: it is as good as any.
        """
        rows, key = self.rows, self.pairs
        if seen_by_others is None and not overlap(self.sources, self.order):
            return replace(rows, amounts=rows.amounts.clip(min=0))
        width = rows.amounts.shape[1]
        together = np.array(self.feed.together or tuple(range(width)))
        known = np.stack(
            [(rows.amounts[:, together == n] >= 0).any(axis=1) for n in range(together.max() + 1)],
            axis=1,
        )
        for name in self.feed.apart:
            split = rows.splits[name]
            key = key * max(len(split.values), 1) + split.codes
        kept = counted(self.sources, self.source, key, known, self.order)
        if seen_by_others is not None:
            kept[self.of_kind(LAST_RESORT) & np.isin(self.pairs, seen_by_others)] = False
        # What holds whichever source counts is the last column.
        flags = np.ones((len(kept), 1), dtype=bool)
        amounts = np.where(np.hstack([kept, flags])[:, together], rows.amounts, 0).clip(min=0)
        stays = kept.any(axis=1) | ~known.any(axis=1) | (-1 in together)
        return _picked(replace(rows, amounts=amounts), np.flatnonzero(stays))


def _split(column: Sequence[Any]) -> Split:
    values = sorted(set(column))
    numbers = {value: number for number, value in enumerate(values)}
    codes = np.fromiter(map(numbers.__getitem__, column), np.int64, len(column))
    return Split(codes, tuple(str(value) for value in values))


def _grouped(codes: Ints, names: Sequence[str]) -> Split:
    """Return a split by the names of some codes; codes of one name are united."""
    values = sorted(set(names))
    to = np.array([values.index(name) for name in names], dtype=np.int64)
    return Split(to[codes] if len(codes) else codes, tuple(values))


def _rows(connection: Connection, codes: Codes, feed: Feed, monday: date) -> _Found:
    width, splits = len(feed.origins[0].amounts), feed.splits
    # Each day is turned into arrays at once: so many rows as objects keep the collector busy.
    who_of, amounts_of, day_of, origin_of, setup_of = [], [], [], [], []
    values: dict[str, list[Any]] = {name: [] for name in splits}
    for one in feed.origins:
        who = one.table.c
        query = select(
            who.who,
            *(one.splits.get(name, literal("")) for name in splits),
            *(literal(-1) if x is None else func.coalesce(x, -1) for x in one.amounts),
            *(() if one.setup is None else (one.setup,)),
        ).where(who.connection_id == bindparam("number"), who.day == bindparam("day"), *one.where)
        # One range of the primary key at a time: connection, then day.
        for number in codes.numbers:
            if not one.counts(codes.describe(number, "source")):
                continue
            for offset in range(DAYS):
                when = {"number": number, "day": monday + timedelta(days=offset)}
                columns = list(zip(*fetched(connection, query, when), strict=True))
                if not columns:
                    continue
                size, last = len(columns[0]), 1 + len(splits) + width
                who_of.append(np.array(columns[0], dtype=np.int64))
                for name, column in zip(splits, columns[1:], strict=False):
                    values[name] += column
                amounts_of.append(np.array(columns[1 + len(splits) : last], dtype=np.int64))
                day_of.append(np.full(size, offset, dtype=np.int64))
                origin_of.append(np.full(size, number, dtype=np.int64))
                setups = columns[last] if one.setup is not None else np.zeros(size, dtype=np.int64)
                setup_of.append(np.array(setups, dtype=np.int64))
    empty = [np.zeros(0, dtype=np.int64)]
    day, origin, setup = (np.concatenate(of or empty) for of in (day_of, origin_of, setup_of))
    person = codes.persons(np.concatenate(who_of or empty))
    amounts = np.concatenate(amounts_of or [np.zeros((width, 0), dtype=np.int64)], axis=1)
    split = {name: _split(values[name]) for name in splits}
    most = int(setup.max(initial=0)) + 1
    senders = np.unique(origin * most + setup)  # few
    sender = np.searchsorted(senders, origin * most + setup)
    stood = [divmod(one, most) for one in senders.tolist()]
    for name in ("connection", "source"):
        split[name] = _grouped(sender, [codes.describe(number, name) for number, _ in stood])
    is_known = np.flatnonzero(person >= 0)
    made = _picked(Rows(person, day, split, amounts.T), is_known)
    sources = [codes.source(*one) for one in stood]
    return _Found(feed, made, tuple(sources), sender[is_known], codes.order)


def _picked(rows: Rows, stays: Ints) -> Rows:
    return Rows(
        person=rows.person[stays],
        day=rows.day[stays],
        splits={name: Split(one.codes[stays], one.values) for name, one in rows.splits.items()},
        amounts=np.ascontiguousarray(rows.amounts[stays]),
    )


def load(connection: Connection, monday: date) -> WeekFacts:
    """Return the facts of the ISO week that begins on `monday`, each use once."""
    codes = Codes(connection)
    found = [_rows(connection, codes, feed, monday) for feed in FEEDS]
    of_use = [one for one in found if one.feed in PRESENCE]
    last = [one.of_kind(LAST_RESORT) for one in of_use]
    others = None
    if any(rows.any() for rows in last):
        others = np.concatenate([one.pairs[~rows] for one, rows in zip(of_use, last, strict=True)])
    return WeekFacts(
        {one.feed.name: one.once(others if one in of_use else None) for one in found},
        frozenset(_fed(connection, monday)),
        active=np.unique(np.concatenate([one.active for one in of_use])),
        seen=np.unique(np.concatenate([one.rows.person for one in found])),
    )


def _fed(connection: Connection, monday: date) -> Iterator[str]:
    """Yield every measure that a report feeds which was read in the week."""
    states, c = checkpoints.states(connection), t.DAY_READ.c
    query = select(c.connection_id, c.report).distinct()
    inside = (c.day >= monday, c.day < monday + timedelta(days=DAYS))
    for number, report in connection.execute(query.where(*inside)):
        state = states.get((number, report))
        yield from REPORTS[report].fed(is_legacy=bool(state and state.is_legacy))
