"""From facts to cells: every measure of a week, by group, day and technical value."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import numpy as np

from claude_dash.clock import month_of
from claude_dash.facts.dimensions import OTHER
from claude_dash.facts.measures import TOKEN_TYPES
from claude_dash.privacy.cells import Bools, Cells, Ints, Magnitude, Reasons, Shown
from claude_dash.rollup import feeds
from claude_dash.rollup.basis import Block, added_up, block
from claude_dash.rollup.crowd import Crowd
from claude_dash.rollup.facts import Rows, Split, WeekFacts

DAYS = 7
MOST_VALUES = 500  # of a dimension in a week: a log can hold any number of names
ACTOR = "actor"  # never asked by: what per-person ratios are made from (interfaces, section 7)
# Of these a source may have values that no other has, as everybody can know: its terminals, its
# names of models. So the values of each source are protected apart.
APART = ("model", "terminal_type", "customer_type", "product", "workspace", "service_tier")
# Each value of the one is of one of the other.
ABOVE = {"feature": "kind", "connection": "source", **dict.fromkeys(APART, "source")}
NAMED = ("tool", "feature")  # dimensions whose values are names that somebody may have chosen (R8)


def cells(cell: Ints, person: Ints, amounts: Ints, size: int) -> Cells:
    """Return the cells of some rows, of shape (size, columns).

    Args:
        cell: The cell of each row, below `size`.
        person: Who contributes the row; the rows of one person in one cell are added up.
        amounts: int64 of shape (rows, columns), none below 0.
        size: How many cells there are.
    """
    found = Cells.zeros(size, amounts.shape[1])
    if not len(cell):
        return found
    least = int(person.min())  # below 0: strangers, where erased people stood
    most = int(person.max()) - least + 1
    key, sums = added_up(cell * most + person - least, amounts)
    cell = key // most
    blocks = np.flatnonzero(np.r_[True, cell[1:] != cell[:-1]])
    at = cell[blocks]
    largest = np.maximum.reduceat(sums, blocks, axis=0)
    block_of = np.repeat(np.arange(len(blocks)), np.diff(np.r_[blocks, len(cell)]))
    is_largest = sums == largest[block_of]
    tied = np.add.reduceat(is_largest, blocks, axis=0, dtype=np.int64) > 1
    others = np.maximum.reduceat(np.where(is_largest, 0, sums), blocks, axis=0)
    found.n[at] = np.add.reduceat(sums > 0, blocks, axis=0, dtype=np.int64)
    found.total[at] = np.add.reduceat(sums, blocks, axis=0)
    found.x1[at] = largest
    found.x2[at] = np.where(tied, largest, others)
    return found


def _columns(made: Cells, shape: tuple[int, ...], columns: slice | int) -> Cells:
    def pick(values: Ints) -> Ints:
        return np.ascontiguousarray(values[:, columns].reshape(shape))

    return Cells(pick(made.n), pick(made.total), pick(made.x1), pick(made.x2))


def cut(monday: date) -> int:
    """Return how many days of the ISO week lie in the month of its Monday; 7 when all do."""
    return sum(month_of(monday + timedelta(days=n)) == month_of(monday) for n in range(DAYS))


@dataclass(frozen=True, slots=True)
class _Counted:
    """Some columns of a fact table, counted by the values of one technical dimension.

    people: everybody's parts, as person, code of the value and sums of shape (rows, columns).
    cells: by group, by day and by part, each of shape (cells x values, columns).
    """

    values: tuple[str, ...]
    groups: int
    people: tuple[Ints, Ints, Ints]
    cells: tuple[Cells, Cells, Cells | None]

    def magnitudes(self, dimension: str, names: Sequence[str]) -> Iterator[Magnitude]:
        """Yield one magnitude per column."""
        for number, name in enumerate(names):
            yield self._magnitude(name, dimension, self.values, number)

    def block(self, dimension: str, names: Sequence[str]) -> Block:
        """Return everybody's parts."""
        values = self.values
        if dimension in APART:
            values = tuple(value.partition(":")[2] for value in values)
        return block((dimension, names, values), *self.people)

    def by_column(
        self, measure: str, dimension: str, values: tuple[str, ...]
    ) -> tuple[Magnitude, Block]:
        """Return the magnitude whose technical values are the columns themselves, and its parts."""
        person, _, sums = self.people
        who, codes = np.repeat(person, len(values)), np.tile(np.arange(len(values)), len(person))
        parts = block((dimension, (measure,), values), who, codes, sums.reshape(-1, 1))
        return self._magnitude(measure, dimension, values, slice(None)), parts

    def _magnitude(
        self, measure: str, dimension: str, values: tuple[str, ...], columns: slice | int
    ) -> Magnitude:
        (by_group, by_day, parts), width = self.cells, len(values)
        return Magnitude(
            measure,
            dimension,
            values,
            _columns(by_group, (self.groups, width), columns),
            _columns(by_day, (DAYS, width), columns),
            _columns(parts, (2, width), columns) if parts else None,
        )


class _Counter:
    """Counts one fact table of one week into cells, by group, day and part."""

    def __init__(self, table: Rows, crowd: Crowd) -> None:
        self.table = table
        self.crowd = crowd
        self.groups = len(crowd.partition.groups)
        self.cut = cut(crowd.monday)
        group = crowd.groups_of(table.person)
        self.kept = group >= 0
        self.person = table.person[self.kept]
        self.day = table.day[self.kept]

    def count(self, split: Split | None, amounts: Ints) -> _Counted:
        """Count by one technical dimension, or in total."""
        values = split.values if split else ("",)
        width = len(values)
        codes = split.codes[self.kept] if split else np.zeros(len(self.person), dtype=np.int64)
        amounts = amounts[self.kept]
        key, sums = added_up(self.person * width + codes, amounts)
        person, item = key // width, key % width
        group = self.crowd.groups_of(person)
        by_group = cells(group * width + item, person, sums, self.groups * width)
        by_day = cells(self.day * width + codes, self.person, amounts, DAYS * width)
        parts = None
        if self.cut < DAYS:
            part = (self.day >= self.cut).astype(np.int64)
            parts = cells(part * width + codes, self.person, amounts, 2 * width)
        return _Counted(values, self.groups, (person, item, sums), (by_group, by_day, parts))


def folded(split: Split, person: Ints, is_used: Bools, k: int) -> Split:
    """Unite the names that fewer than k people of the organisation used (R8) under one.

    A name that says its kind, as in `skill:release-notes`, is united with others of that kind.

    Args:
        split: The names.
        person: Who each row is about.
        is_used: Whether the row is a person's and counts as use.
        k: From how many people on a name is told.
    """
    users = _users(split, person, is_used)
    kept = [name if users[code] >= k else _other(name) for code, name in enumerate(split.values)]
    values = tuple(sorted(set(kept)))
    to = np.array([values.index(name) for name in kept], dtype=np.int64)
    return Split(to[split.codes] if len(to) else split.codes, values)


def _users(split: Split, person: Ints, is_used: Bools) -> Ints:
    """Return how many people some rows of each value are of."""
    width = len(split.values)
    pairs = np.unique(person[is_used] * width + split.codes[is_used])
    return np.bincount(pairs % max(width, 1), minlength=width)


def _other(name: str) -> str:
    kind, colon, _ = name.partition(":")
    return f"{kind}:{OTHER}" if colon else OTHER


def bounded(split: Split, person: Ints, most: int = MOST_VALUES) -> Split:
    """Return a split of which the values with the fewest people, beyond `most`, are `other`."""
    if len(split.values) <= most:
        return split
    used = _users(split, person, np.ones(len(person), dtype=bool))
    order = np.lexsort((np.arange(len(used)), -used))
    kept = np.sort(order[:most])
    values = sorted({*(split.values[n] for n in kept.tolist()), OTHER})
    to = np.full(len(used), values.index(OTHER), dtype=np.int64)
    to[kept] = [values.index(split.values[n]) for n in kept.tolist()]
    return Split(to[split.codes], tuple(values))


def _by_source(split: Split, source: Split) -> Split:
    """Return a split whose values are told apart by source: `console:vscode`."""
    width = len(source.values)
    pairs, codes = np.unique(split.codes * width + source.codes, return_inverse=True)
    values = [f"{source.values[n % width]}:{split.values[n // width]}" for n in pairs.tolist()]
    return Split(codes, tuple(values))


def united(made: Magnitude, shown: Shown) -> tuple[Magnitude, Shown]:
    """Unite what sources have under one name: shown where it is of each of them."""
    if made.dimension not in APART:
        return made, shown
    names = np.array([value.partition(":")[2] for value in made.values])
    values = tuple(sorted(set(names.tolist())))
    places = [np.flatnonzero(names == value) for value in values]

    def cells(of: Cells) -> Cells:
        parts = (of.n, of.total, of.x1, of.x2)
        return Cells(*(np.stack([x[..., at].sum(axis=-1) for at in places], -1) for x in parts))

    def codes(of: Reasons) -> Reasons:
        return np.stack([of[..., at].max(axis=-1) for at in places], -1)

    def whole(of: Magnitude) -> Magnitude:
        return replace(
            of,
            values=values,
            groups=cells(of.groups),
            days=cells(of.days),
            parts=None if of.parts is None else cells(of.parts),
            lacking=None if of.lacking is None else whole(of.lacking),
        )

    return whole(made), Shown(
        codes(shown.organization),
        codes(shown.departments),
        codes(shown.teams),
        codes(shown.days),
        None if shown.parts is None else codes(shown.parts),
    )


def _within(split: Split, above: Split) -> tuple[int, ...]:
    """Return for each value the place of the coarser one that it is part of."""
    found = np.zeros(len(split.values), dtype=np.int64)
    found[split.codes] = above.codes
    return tuple(found.tolist())


def _actors(table: Rows, keys: Ints) -> Split:
    """Tell people and keys apart, so that a figure of people alone can be shown or hidden."""
    return Split((~np.isin(table.person, keys)).astype(np.int64), ("automation", "people"))


def _active(facts: WeekFacts) -> Rows:
    person, day = facts.active_days()
    return Rows(person, day, {}, np.ones((len(person), 1), dtype=np.int64))


def build(facts: WeekFacts, crowd: Crowd, k: int) -> tuple[list[Magnitude], list[Block]]:
    """Return every magnitude of a week: totals first, each followed by its tables.

    And everybody's part of each, but for those that no group is shown of.
    """
    people_active = _active(facts)
    is_person = ~np.isin(people_active.person, crowd.keys)
    people_active = Rows(
        people_active.person[is_person],
        people_active.day[is_person],
        {},
        people_active.amounts[is_person],
    )
    counted = _Counter(people_active, crowd).count(None, people_active.amounts)
    made = [*counted.magnitudes("", ("active_days",))]
    blocks = [counted.block("", ("active_days",))]
    for feed in feeds.FEEDS:
        table = facts.of(feed)
        names, amounts = _measures(feed, table)
        if not len(table.person) and not facts.fed.intersection(names):
            continue  # nothing that was read feeds it: neither zero nor hidden
        counter = _Counter(table, crowd)
        counted = counter.count(None, amounts)
        made += counted.magnitudes("", names)
        blocks.append(counted.block("", names))
        if feed.has_actors:
            counted = counter.count(_actors(table, crowd.keys), amounts)
            made += counted.magnitudes(ACTOR, names)
        is_used = crowd.named(table.person) & table.amounts.any(axis=1)
        splits: dict[str, Split] = {}
        for dimension, split in table.splits.items():
            one = folded(split, table.person, is_used, k) if dimension in NAMED else split
            if dimension in APART:
                one = _by_source(bounded(split, table.person), table.splits["source"])
            splits[dimension] = one
            above = ABOVE.get(dimension, "")
            within = _within(one, table.splits[above]) if above else ()
            if one.values:
                counted = counter.count(one, amounts)
                tables = counted.magnitudes(dimension, names)
                made += (replace(x, above=above, within=within) for x in tables)
                blocks.append(counted.block(dimension, names))
        if feed is feeds.USAGE:
            types = tuple(sorted(TOKEN_TYPES))
            whole, parts = counter.count(None, _typed(table)).by_column("tokens", "type", types)
            made.append(whole)
            blocks.append(parts)
        if feed.lacking:
            _telling_unknown(made, counter, feed.lacking, table.amounts[:, -1:], splits)
    return made, blocks


def _telling_unknown(
    made: list[Magnitude], counter: _Counter, of: str, flags: Ints, splits: Mapping[str, Split]
) -> None:
    """Let a measure know where facts without an amount are: unknown is not told as nothing."""
    if not flags.any():
        return
    for place, one in enumerate(made):
        if one.measure == of and one.dimension != ACTOR:
            split = splits.get(one.dimension)  # none for the total
            (lacking,) = counter.count(split, flags).magnitudes(one.dimension, (one.measure,))
            made[place] = replace(one, lacking=lacking)


def _measures(feed: feeds.Feed, table: Rows) -> tuple[tuple[str, ...], Ints]:
    """Return the measures of a feed and their amounts; the types of tokens are one measure."""
    if feed is not feeds.USAGE:
        return feed.measures, table.amounts[:, : len(feed.measures)]
    width = len(feeds.TYPES)
    tokens = table.amounts[:, :width].sum(axis=1)
    others = table.amounts[:, width : len(feed.measures)]
    return ("tokens", *feed.measures[width:]), np.column_stack([tokens, others])


def _typed(usage: Rows) -> Ints:
    """Return the token columns in the order of the sorted names of the types."""
    order = [feeds.TYPES.index(TOKEN_TYPES[name]) for name in sorted(TOKEN_TYPES)]
    return usage.amounts[:, order]
