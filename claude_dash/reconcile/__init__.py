"""Two sources side by side for the same people and days, and what may explain a difference.

Only totals of the organisation over the last closed weeks are told, before it is decided which
source counts, and only where nothing about a few follows: from either total, from their
difference, from another pair of sources, from other weeks, or from what was released.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import combinations

import numpy as np
from sqlalchemy import Connection, Engine, exists, select

from claude_dash.clock import today, week_of
from claude_dash.facts import tables as t
from claude_dash.metrics import status
from claude_dash.privacy import overlaps
from claude_dash.privacy.cells import Hidden, Reasons
from claude_dash.privacy.policy import Policy
from claude_dash.reconcile.causes import Case, causes
from claude_dash.reconcile.protection import why_hidden
from claude_dash.reconcile.sides import MEASURES, WEEKS, Side, load
from claude_dash.rollup.crowd import Unnamed
from claude_dash.rollup.feeds import COST
from claude_dash.rollup.rows import ORGANIZATION

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Line:
    """One measure of both sources; hidden: the reason why neither value is told."""

    measure: str
    values: tuple[int, int] | None
    hidden: str


@dataclass(frozen=True, slots=True)
class Reconciled:
    """Two sources over whole weeks.

    names: of both. people: how many both tell of, on a day or on different ones; only: of whom
    one alone tells; None: not told. lines: of the same people and days; empty where these are too
    few people. causes: sentences.
    """

    since: date
    until: date
    names: tuple[str, str]
    people: int | None
    only: tuple[int | None, int | None]
    lines: Sequence[Line]
    causes: Sequence[str]


def pairs(engine: Engine) -> Sequence[tuple[str, str]]:
    """Return the names of any two connections that tell of a same measure."""
    with engine.connect() as connection:
        rows = connection.execute(select(t.CONNECTION).order_by(t.CONNECTION.c.id)).all()
    nothing = np.zeros(0, dtype=np.int64)
    made = [
        Side(row.id, row.name, row.kind, "", nothing, nothing, nothing.astype(bool)) for row in rows
    ]
    return [(one.name, other.name) for one, other in combinations(made, 2) if one.shares(other)]


def reconcile(engine: Engine, policy: Policy, one: str, other: str) -> Reconciled | None:
    """Return two connections side by side, by their names; None where one tells of nothing."""
    until = week_of(today())
    since = until - WEEKS * WEEK
    with engine.connect() as connection:
        every = {side.name: side for side in load(connection, since)}
        if one not in every or other not in every:
            return None
        a, b = every[one], every[other]
        unnamed = Unnamed.load(connection).installations
        same = a.also_in(b)
        is_told = len(np.setdiff1d(a.persons[same], unnamed)) >= policy.k
        lines = (
            _lines(connection, since, a, b, why_hidden(a, b, [*every.values()], policy))
            if is_told
            else []
        )
        counts, known = _counts([*every.values()], policy)
        told = {line.measure: dict(zip((one, other), line.values, strict=True))
                for line in lines if line.values}  # fmt: skip
        case = Case(connection, policy, since, until, status.load(connection), told, known)
        return Reconciled(
            since=since,
            until=until,
            names=(one, other),
            people=counts[a.number, b.number, True],
            only=(counts[a.number, b.number, False], counts[b.number, a.number, False]),
            lines=lines,
            causes=causes(case, a, b),
        )


def _counts(
    every: Sequence[Side], policy: Policy
) -> tuple[Mapping[tuple[int, int, bool], int | None], list[overlaps.People]]:
    """Return how many people any two sides have both, or one has alone, and which sets are told.

    All pairs are asked together: who sees two of them subtracts the one from the other.
    """
    sets: dict[tuple[int, int, bool], overlaps.People] = {}
    for one, other in combinations(every, 2):
        sets[one.number, other.number, True] = one.people & other.people
        sets[one.number, other.number, False] = one.people - other.people
        sets[other.number, one.number, False] = other.people - one.people
    everybody = set[int]().union(*(side.people for side in every))
    found = overlaps.told({str(key): people for key, people in sets.items()}, everybody, policy.k)
    counts = {key: found[str(key)] for key in sets}
    counts |= {(key[1], key[0], True): counts[key] for key in sets if key[2]}
    return counts, [sets[key] for key in sets if counts[key] is not None]


def _lines(
    connection: Connection, since: date, one: Side, other: Side, hidden: Reasons
) -> Sequence[Line]:
    """Return the totals of the same people and days, or why they are not told."""
    mine, theirs = (
        first.amounts[first.also_in(second)].sum(axis=0)
        for first, second in ((one, other), (other, one))
    )
    tokens, cost = MEASURES.index("tokens"), MEASURES.index(COST)
    is_unpriced = any(each[tokens] and not each[cost] for each in (mine, theirs))
    made = []
    for place, name in enumerate(MEASURES):
        if name not in one.shares(other) or (name == COST and is_unpriced):
            continue  # a cost that nobody knows is not zero
        why = Hidden(int(hidden[place])).reason
        if not why and _is_hidden(connection, name, since):
            why = Hidden.SECONDARY.reason
        values = None if why else (int(mine[place]), int(theirs[place]))
        made.append(Line(name, values, why))
    return made


def _is_hidden(connection: Connection, measure: str, since: date) -> bool:
    """Say whether something of a measure was hidden by source in any of the weeks."""
    c = t.RELEASE_ROW.c
    query = select(c.measure).where(
        c.measure == measure,
        c.grain == "week",
        c.level == ORGANIZATION,
        c.dimension.in_(("", "connection", "source")),
        c.start.in_([since + number * WEEK for number in range(WEEKS)]),
        c.hidden != "",
    )
    return bool(connection.execute(select(exists(query))).scalar())
