"""One ISO week: facts to cells, through the gate, to the releases of the week, days and parts."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from sqlalchemy import Connection

from claude_dash.clock import month_of
from claude_dash.facts.told import SOURCE
from claude_dash.privacy.cells import Cells, Hidden, Ints, Magnitude, Partition, Row, Shown
from claude_dash.privacy.cells import Week as GateWeek
from claude_dash.privacy.gate import protect
from claude_dash.privacy.policy import Policy
from claude_dash.rollup import basis, feeds, holding, revisions, sightings, uses, vendor_counts
from claude_dash.rollup import facts as week_facts
from claude_dash.rollup.basis import Block, block_of_people
from claude_dash.rollup.counts import count_people
from claude_dash.rollup.crowd import Crowd, gather
from claude_dash.rollup.difference import compare
from claude_dash.rollup.known import Known
from claude_dash.rollup.magnitudes import ACTOR, DAYS, build, united
from claude_dash.rollup.presence import Presence
from claude_dash.rollup.rows import (
    ALL,
    DEPARTMENT,
    ORGANIZATION,
    SMALL_GROUP,
    TEAM,
    Rows,
    replace_groups,
    replace_week,
)

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Touched:
    """A week that is made anew, and why."""

    monday: date
    reason: str


def presence(facts: week_facts.WeekFacts, keys: Ints) -> Presence:
    """Return the active days and sessions of the people, not the keys, and who else was seen."""
    person, day = facts.active_days()
    is_person = ~np.isin(person, keys)
    person, day = person[is_person], day[is_person]
    people, index = np.unique(person, return_inverse=True)
    days = np.zeros(len(people), dtype=np.int64)
    np.bitwise_or.at(days, index, np.left_shift(1, day))
    sessions = np.zeros(len(people), dtype=np.int64)
    activity = facts.of(feeds.ACTIVITY)
    known = np.isin(activity.person, people)
    at = np.searchsorted(people, activity.person[known])
    np.add.at(sessions, at, activity.amounts[known, 0])
    elsewhere = np.setdiff1d(facts.seen, np.union1d(people, keys))
    return Presence(people, days, sessions, elsewhere)


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
class _Read:
    """What was read of a week: its facts, who was active, and who used what."""

    facts: week_facts.WeekFacts
    here: Presence
    seen: sightings.Seen


def roll_up_week(
    connection: Connection, touched: Touched, known: Known, policy: Policy
) -> tuple[Crowd, Presence]:
    """Rebuild the releases of a week, its days and its parts from the facts.

    Returns:
        The crowd of the week and who was active in it, for what is counted over several weeks.
    """
    monday = touched.monday
    facts = week_facts.load(connection, monday)
    here = presence(facts, known.unnamed.keys)
    seen = sightings.Seen.read(connection, known.persons, monday, monday + WEEK)
    read = _Read(facts, here, seen)
    now = gather(known.standings, known.unnamed, monday, here.seen, policy)
    before, selves = None, known.selves
    if touched.reason != SOURCE:  # what a whole source tells, or does no more, is told at once
        before = basis.load(connection, monday, monday + WEEK, policy).get(monday)
    crowd = holding.placed(now, before, selves, policy)
    rows, blocks = _make(connection, read, (crowd, now), known, policy)
    settled = holding.Settled(blocks)
    if before and before.told:
        was = basis.blocks_of(connection, monday)
        change = compare(before, crowd, (was, blocks), selves, policy)
        if change.needs_former_groups():
            crowd = before.crowd
            rows, blocks = _make(connection, read, (crowd, now), known, policy)
            change = compare(before, crowd, (was, blocks), selves, policy)
        settled = holding.settle(connection, rows, (was, blocks), change)
    revisions.write_down(connection, rows, policy, settled.revised, touched.reason)
    replace_week(connection, rows)
    replace_groups(connection, "week", monday, crowd.partition, policy)
    finals = before.finals if before else {}
    basis.save(connection, crowd, settled.blocks, policy, finals=finals, is_held=settled.is_held)
    return crowd, here


def _make(
    connection: Connection,
    read: _Read,
    crowds: tuple[Crowd, Crowd],
    known: Known,
    policy: Policy,
) -> tuple[Rows, list[Block]]:
    """Return the releases of a week, and everybody's parts.

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
    is_whole = not crowd.partition.tells_groups(policy.k)
    made, blocks = build(facts, crowd, policy.k)
    for magnitude, shown in map(united, made, protect(GateWeek(crowd.partition, made), policy)):
        _release_magnitude(rows, magnitude, shown, crowd.partition, is_whole=is_whole)
        _release_days(rows, magnitude, shown, monday)
    without = np.setdiff1d(here.people, facts.of(feeds.ACTIVITY).person)
    _count_week(rows, (crowd, now), here, known.seats, policy)
    small = SMALL_GROUP if crowd.partition.population < policy.k else ""
    rows.add(ORGANIZATION, ALL, "active_in_logs_alone", len(without), small)
    _count_days(rows, now, here, policy)
    sightings.count_week(read.seen, rows, crowd, here, policy)
    vendor_counts.release(connection, rows, crowd.partition.population, policy)
    if not is_whole:
        blocks += (block_of_people(*one) for one in rows.people)
    return rows, blocks


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
