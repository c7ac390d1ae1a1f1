"""What each connection tells of people and days, before it is decided which source counts."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from sqlalchemy import ColumnElement, Connection, bindparam, func, literal, select

from claude_dash.facts import tables as t
from claude_dash.facts.reports import kinds_feeding
from claude_dash.privacy.cells import Bools, Ints
from claude_dash.rollup.codes import Codes
from claude_dash.rollup.feeds import ACTIVITY, ACTIVITY_COLUMNS, COST, TYPES, USAGE, Origin

WEEKS, WEEK_DAYS = 4, 7
DAYS = WEEKS * WEEK_DAYS
MEASURES = (*ACTIVITY_COLUMNS, "tokens", COST)
_USAGE_AT = len(ACTIVITY_COLUMNS)


@dataclass(frozen=True, slots=True)
class Side:
    """What one connection tells of some whole weeks.

    pairs: person * DAYS + day of the weeks, sorted, each once. amounts: of shape (pairs,
    measures). keys: which pairs are of keys and service accounts.
    """

    number: int
    name: str
    kind: str
    organization_id: str
    pairs: Ints
    amounts: Ints
    keys: Bools

    @property
    def persons(self) -> Ints:
        """Return the person of each pair."""
        return self.pairs // DAYS

    @property
    def people(self) -> set[int]:
        """Return everybody of whom it tells, keys left out."""
        return set(self.persons[~self.keys].tolist())

    @property
    def weeks(self) -> Ints:
        """Return the week of each pair, from 0 on."""
        return self.pairs % DAYS // WEEK_DAYS

    def feeds(self, measure: str) -> bool:
        """Say whether its kind tells of a measure."""
        return self.kind in kinds_feeding((measure,))

    def shares(self, other: "Side") -> Sequence[str]:
        """Return the measures of which both tell."""
        return [name for name in MEASURES if self.feeds(name) and other.feeds(name)]

    def also_in(self, other: "Side") -> Bools:
        """Say of which of its pairs another tells as well, of people alone."""
        return np.isin(self.pairs, other.pairs) & ~self.keys


def load(connection: Connection, since: date) -> Sequence[Side]:
    """Return what every connection that is read tells of the weeks from a Monday on."""
    codes = Codes(connection)
    query = select(t.PERSON.c.id).where(t.PERSON.c.automation.is_(True))
    keys = np.array(sorted(connection.execute(query).scalars()), dtype=np.int64)
    found = []
    for number, row in codes.connections.items():
        parts = [*_parts(connection, codes, number, since)]
        if not parts:
            continue
        pairs, at = np.unique(np.concatenate([one for one, _ in parts]), return_inverse=True)
        amounts = np.zeros((len(pairs), len(MEASURES)), dtype=np.int64)
        np.add.at(amounts, at, np.concatenate([one for _, one in parts]))
        is_key = np.isin(pairs // DAYS, keys)
        found.append(Side(number, row.name, row.kind, row.organization_id, pairs, amounts, is_key))
    return found


def _parts(
    connection: Connection, codes: Codes, number: int, since: date
) -> Iterator[tuple[Ints, Ints]]:
    """Yield pairs and amounts, with a row for each identity, day and table."""
    for feed, first in ((ACTIVITY, 0), (USAGE, _USAGE_AT)):
        for origin in feed.origins:
            if not origin.counts(codes.describe(number, "source")):
                continue
            c = origin.table.c
            # One range of the primary key at a time: connection, then day.
            query = (
                select(c.who, *_sums(origin, first))
                .where(c.connection_id == number, c.day == bindparam("on"), *origin.where)
                .group_by(c.who)
            )
            for day in range(DAYS):
                rows = connection.execute(query, {"on": since + timedelta(days=day)}).all()
                if not rows:
                    continue
                found = np.array([*map(tuple, rows)], dtype=np.int64)
                person = codes.persons(found[:, 0])
                amounts = np.zeros((len(rows), len(MEASURES)), dtype=np.int64)
                amounts[:, first : first + found.shape[1] - 1] = found[:, 1:]
                known = person >= 0
                yield (person * DAYS + day)[known], amounts[known]


def _sums(origin: Origin, first: int) -> Iterator[ColumnElement[int]]:
    """Yield the sum of each measure of a feed: of tokens all types together."""
    if first == 0:
        wanted = [[one] for one in origin.amounts]
    else:
        wanted = [[*origin.amounts[: len(TYPES)]], [origin.amounts[len(TYPES)]]]
    for columns in wanted:
        yield func.sum(sum((func.coalesce(one, 0) for one in columns), literal(0)))
