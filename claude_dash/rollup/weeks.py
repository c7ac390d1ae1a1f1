"""One ISO week: facts to cells, through the gate, to the releases of the week, days and parts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Connection

from claude_dash.clock import month_of
from claude_dash.facts.told import SOURCE
from claude_dash.privacy.cells import Cells, Hidden, Ints, Magnitude, Partition, Row, Shown
from claude_dash.privacy.cells import Week as GateWeek
from claude_dash.privacy.gate import protect
from claude_dash.privacy.policy import Policy
from claude_dash.rollup import basis, feeds, holding, revisions, sightings, uses, vendor_counts
from claude_dash.rollup.basis import Block, block_of_people
from claude_dash.rollup.counts import count_people
from claude_dash.rollup.crowd import Crowd, gather
from claude_dash.rollup.difference import compare
from claude_dash.rollup.draft import Difference
from claude_dash.rollup.known import Known
from claude_dash.rollup.magnitudes import ACTOR, DAYS, build, united
from claude_dash.rollup.presence import Presence, seen_otherwise
from claude_dash.rollup.reading import Read, read_week
from claude_dash.rollup.rows import (
    ALL,
    DEPARTMENT,
    ORGANIZATION,
    SMALL_GROUP,
    TEAM,
    Rows,
    grouped_otherwise,
    released_otherwise,
)

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Touched:
    """A week that is made anew, and why."""

    monday: date
    reason: str


def summed(cells: Cells, rows: tuple[Row, ...]) -> Ints:
    """Return the totals of rows that stand together, of shape (rows, values)."""
    totals = np.zeros((len(rows), cells.total.shape[1]), dtype=np.int64)
    for number, row in enumerate(rows):
        totals[number] = cells.total[list(row.members)].sum(axis=0)
    return totals


def _release_magnitude(
    rows: Rows, made: Magnitude, shown: Shown, partition: Partition, *, is_whole: bool
) -> None:
    name, dimension = made.measure, made.dimension
    words = [Hidden(code).reason for code in range(len(Hidden))]
    lacking = made.lacking.groups if made.lacking else None

    def add(level: str, row: Row, total: Ints, reasons: np.ndarray, *, is_sparse: bool) -> None:
        lacks = summed(lacking, (row,))[0] if lacking else np.zeros_like(total)
        for number, item in enumerate(made.values):
            hidden = words[int(reasons[number])]
            if not hidden and not total[number] and (lacks[number] or (is_sparse and dimension)):
                continue  # a zero of a technical value is read from its row, which is shown
            rows.add(
                level, row.key, name, int(total[number]), hidden, dimension=dimension, item=item
            )

    every = Row(ALL, tuple(range(len(partition.groups))), -1, partition.population)
    add(ORGANIZATION, every, made.groups.total.sum(axis=0), shown.organization, is_sparse=False)
    if is_whole or dimension == ACTOR:
        return
    for level, found, reasons in (
        (DEPARTMENT, partition.departments, shown.departments),
        (TEAM, partition.teams, shown.teams),
    ):
        totals = summed(made.groups, found)
        for number, row in enumerate(found):
            add(level, row, totals[number], reasons[number], is_sparse=True)


def _release_days(rows: Rows, made: Magnitude, shown: Shown, monday: date) -> None:
    words = [Hidden(code).reason for code in range(len(Hidden))]
    for day in range(DAYS):
        for number, item in enumerate(made.values):
            total, hidden = int(made.days.total[day, number]), words[int(shown.days[day, number])]
            is_unknown = made.lacking is not None and made.lacking.days.total[day, number] > 0
            if not hidden and not total and (made.dimension or is_unknown):
                continue
            rows.add(
                ORGANIZATION,
                ALL,
                made.measure,
                total,
                hidden,
                dimension=made.dimension,
                item=item,
                start=monday + timedelta(days=day),
                grain="day",
            )
    if made.parts is None or shown.parts is None:
        return
    for part, start in enumerate(part_starts(monday)):
        lacking = made.lacking.parts if made.lacking else None
        for number, item in enumerate(made.values):
            total, hidden = (
                int(made.parts.total[part, number]),
                words[int(shown.parts[part, number])],
            )
            if not hidden and not total and lacking and lacking.total[part, number]:
                continue
            rows.add(
                ORGANIZATION,
                ALL,
                made.measure,
                total,
                hidden,
                dimension=made.dimension,
                item=item,
                start=start,
                grain="part",
            )


def part_starts(monday: date) -> tuple[date, ...]:
    """Return the first days of the two parts of a week cut by a month's end, else nothing."""
    sunday = monday + timedelta(days=6)
    return () if month_of(monday) == month_of(sunday) else (monday, month_of(sunday))


@dataclass(frozen=True, slots=True)
class MadeWeek:
    """A week that is made.

    crowd: who stands where. persons: whose days are not what they were. differences: what differs
    from what is stored. notes: which figures are revised, but for when.
    """

    monday: date
    crowd: Crowd
    persons: Ints
    differences: Sequence[Difference]
    notes: Sequence[Mapping[str, Any]]


def make_week(connection: Connection, touched: Touched, known: Known, policy: Policy) -> MadeWeek:
    """Make the releases of a week, its days and its parts from the facts; nothing is written."""
    monday = touched.monday
    read = read_week(connection, monday, known)
    now = gather(known.standings, known.unnamed, monday, read.here.seen, policy)
    before, selves = None, known.selves
    if touched.reason != SOURCE:  # what a whole source tells, or does no more, is told at once
        before = basis.load(connection, monday, policy)
    crowd = holding.placed(now, before, selves, policy)
    counted = _count(connection, read, (crowd, now), known, policy)
    was, change = [], None
    if before and before.told:
        was = basis.blocks_of(connection, monday)
        change = compare(before, crowd, (was, counted.blocks), selves, policy)
        if change.needs_former_groups():
            crowd = before.crowd
            counted = _count(connection, read, (crowd, now), known, policy)
            change = compare(before, crowd, (was, counted.blocks), selves, policy)
    rows, settled = counted.rows, holding.Settled(counted.blocks)
    _release(rows, counted.made, crowd.partition, policy)
    if change is not None:
        settled = holding.settle(connection, rows, (was, counted.blocks), change)
    revised = revisions.revised(connection, rows, policy, settled.revised, touched.reason)
    finals = before.finals if before else {}
    based = basis.based_otherwise(
        connection, crowd, settled.blocks, policy, finals=finals, is_held=settled.is_held
    )
    seen, persons = seen_otherwise(connection, monday, read.here)
    grouped = grouped_otherwise(connection, monday, crowd.partition, policy)
    differences = (released_otherwise(connection, rows), grouped, based, seen, revised[0])
    return MadeWeek(monday, crowd, persons, differences, revised[1])


@dataclass(frozen=True, slots=True)
class _Counted:
    """A week before the gate: numbers of people as rows, magnitudes, and everybody's parts."""

    rows: Rows
    made: list[Magnitude]
    blocks: list[Block]


def _count(
    connection: Connection,
    read: Read,
    crowds: tuple[Crowd, Crowd],
    known: Known,
    policy: Policy,
) -> _Counted:
    """Return the numbers of a week.

    Args:
        connection: For what is told of other things than use.
        read: What was read of the week.
        crowds: Where everybody is shown, and who they are now: other than in final weeks the same.
        known: What is known of people.
        policy: k, c and p.
    """
    (crowd, now), facts, here = crowds, read.facts, read.here
    monday = crowd.monday
    rows = Rows("week", monday)
    made, blocks = build(facts, crowd, policy.k)
    without = np.setdiff1d(here.people, facts.of(feeds.ACTIVITY).person)
    _count_week(rows, (crowd, now), here, known.seats, policy)
    small = SMALL_GROUP if crowd.partition.population < policy.k else ""
    rows.add(ORGANIZATION, ALL, "active_in_logs_alone", len(without), small)
    _count_days(rows, now, here, policy)
    sightings.count_week(read.seen, rows, crowd, here, policy)
    vendor_counts.release(connection, rows, crowd.partition.population, policy)
    if crowd.partition.tells_groups(policy.k):
        blocks += (block_of_people(*one) for one in rows.people)
    return _Counted(rows, made, blocks)


def _release(rows: Rows, made: list[Magnitude], partition: Partition, policy: Policy) -> None:
    """Add to the rows of a week what the gate shows of its magnitudes, or why it shows nothing."""
    is_whole = not partition.tells_groups(policy.k)
    for magnitude, shown in map(united, made, protect(GateWeek(partition, made), policy)):
        _release_magnitude(rows, magnitude, shown, partition, is_whole=is_whole)
        _release_days(rows, magnitude, shown, rows.start)


def _count_week(
    rows: Rows,
    crowds: tuple[Crowd, Crowd],
    here: Presence,
    seats: uses.Seats,
    policy: Policy,
) -> None:
    crowd, now = crowds
    active = np.isin(now.people, here.people)
    for measure, who in (
        ("people", now.eligible),
        ("active", active),
        ("active_eligible", active & now.eligible),
        ("seats", now.seat),
    ):
        count_people(rows, crowd, measure, now.people[who], policy)
    number = seats.number(now.people[now.seat], crowd.monday, crowd.monday + WEEK)
    rows.change(ORGANIZATION, ALL, "seats", number)


def _count_days(rows: Rows, crowd: Crowd, here: Presence, policy: Policy) -> None:
    small = SMALL_GROUP if crowd.partition.population < 2 * policy.k else ""
    eligible = crowd.people[crowd.eligible]
    for day in range(DAYS):
        active = here.people[(here.days >> day) & 1 == 1]
        for measure, value in (
            ("people", len(eligible)),
            ("active", len(active)),
            ("active_eligible", int(np.isin(active, eligible).sum())),
        ):
            rows.add(
                ORGANIZATION,
                ALL,
                measure,
                value,
                small,
                start=crowd.monday + timedelta(days=day),
                grain="day",
            )
