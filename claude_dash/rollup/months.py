"""Calendar months of the organisation: the sum of what its weeks and cut parts show."""

from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from functools import partial
from typing import Any

import numpy as np
from sqlalchemy import ColumnElement, Connection, select

from claude_dash.clock import days, next_month, thursday_of, today, week_of, weeks_of_month
from claude_dash.facts import tables as t
from claude_dash.facts.dimensions import OTHER
from claude_dash.facts.measures import MEASURES
from claude_dash.privacy.cells import Hidden, Ints
from claude_dash.privacy.policy import Policy
from claude_dash.rollup import sightings, vendor_counts
from claude_dash.rollup.crowd import Crowd
from claude_dash.rollup.draft import Columns, drafted
from claude_dash.rollup.habits import History, count_cohorts, count_starts, split_flows
from claude_dash.rollup.presence import Presence
from claude_dash.rollup.rows import ALL, ORGANIZATION, SMALL_GROUP, Rows
from claude_dash.store.driver import fetched

SECONDARY = Hidden.SECONDARY.reason
WEEK = timedelta(days=7)
Block = Mapping[str, tuple[int | None, str]]  # technical value -> value and why it is hidden


def pieces(first: date) -> list[tuple[str, date]]:
    """Return what a calendar month is made of: whole weeks, and parts of the weeks it cuts."""
    end = next_month(first)
    found: list[tuple[str, date]] = []
    monday = week_of(first)
    while monday < end:
        if monday < first:
            found.append(("part", first))
        elif monday + WEEK > end:
            found.append(("part", monday))
        else:
            found.append(("week", monday))
        monday += WEEK
    return found


def add_up(blocks: Iterable[Block]) -> dict[str, tuple[int | None, str]]:
    """Return the sum of blocks of different days, item by item, where each of them shows it.

    An item that a block does not name did not happen there, unless the block unites rare names:
    then it may be among them, and is hidden.
    """
    found = list(blocks)
    items = {item for block in found for item in block}
    summed: dict[str, tuple[int | None, str]] = {}
    for item in sorted(items):
        value, hidden = 0, ""
        for block in found:
            one, why = block.get(item, (0, SECONDARY if OTHER in block else ""))
            hidden = hidden or why
            value += one or 0
        summed[item] = (None, hidden) if hidden else (value, "")
    return summed


def released(
    connection: Connection, level: str, periods: list[tuple[str, date]]
) -> dict[tuple[str, str, str], dict[tuple[str, date], dict[str, tuple[int | None, str]]]]:
    """Return the magnitudes released for some periods: (measure, dimension, key) -> period."""
    names = ("measure", "dimension", "key", "item", "value", "hidden")
    found: dict[Any, dict[Any, dict[str, tuple[int | None, str]]]] = {}
    for grain, start in periods:
        which = partial(_magnitudes, (grain, start), level)
        rows = fetched(connection, drafted(t.RELEASE_ROW, names, which))
        block, of = {}, None
        for measure, dimension, key, item, value, hidden in rows:
            if of != (of := (measure, dimension, key)):  # many rows of one follow each other
                block = found.setdefault(of, {}).setdefault((grain, start), {})
            block[item] = (value, hidden)
    return found


def _magnitudes(
    period: tuple[str, date], level: str, c: Columns
) -> tuple[ColumnElement[bool], ...]:
    grain, start = period
    return c.grain == grain, c.start == start, c.level == level, c.measure.in_(MEASURES)


def _populations(connection: Connection, mondays: list[date]) -> list[int]:
    def which(c: Columns) -> tuple[ColumnElement[bool], ...]:
        return c.grain == "week", c.start.in_(mondays), c.level == ORGANIZATION

    return list(connection.execute(drafted(t.GROUP_ROW, ("population",), which)).scalars())


def roll_up_calendar_month(
    connection: Connection,
    first: date,
    crowd: Crowd,
    history: History,
    seen: sightings.Seen,
    *,
    policy: Policy,
) -> Rows:
    """Return the releases of a calendar month of the organisation.

    `crowd` is that of the week of the month's last Thursday, or of this week while it runs; `seen`
    what was used at least in the month.
    """
    rows = Rows("month", first)
    mondays = [week_of(start) for _, start in pieces(first)]
    populations = _populations(connection, mondays)
    is_small = not populations or min(populations) < 2 * policy.k
    for (measure, dimension, key), blocks in released(
        connection, ORGANIZATION, pieces(first)
    ).items():
        for item, (value, hidden) in add_up(blocks.values()).items():
            why = SMALL_GROUP if is_small else hidden
            rows.add(ORGANIZATION, key, measure, value, why, dimension=dimension, item=item)
    surfaces = seen.on_any_surface(first, next_month(first))
    _count_month(connection, rows, crowd, history, surfaces, policy=policy, is_small=is_small)
    _count_sightings(seen, rows, history, policy, is_small=is_small)
    vendor_counts.release_month(
        connection, rows, next_month(first) - timedelta(days=1), is_small=is_small
    )
    return rows


def _count_sightings(
    seen: sightings.Seen, rows: Rows, history: History, policy: Policy, *, is_small: bool
) -> None:
    end = next_month(rows.start)
    active = active_between(history, rows.start, end)
    found = seen.between(rows.start, end, policy.k)
    small = SMALL_GROUP if is_small else ""
    for one in sightings.with_claude_code(found, active):
        rows.add(
            ORGANIZATION, ALL, one.measure, len(one.people), small,
            dimension=one.dimension, item=one.item,
        )  # fmt: skip


def active_between(history: History, since: date, until: date) -> Ints:
    """Return who was active in the half-open interval."""
    found = [np.zeros(0, dtype=np.int64)]
    monday = week_of(since)
    while monday < until:
        here: Presence = history.week(monday)
        first = max((since - monday).days, 0)
        last = min((until - monday).days - 1, 6)
        found.append(here.between(first, last))
        monday += WEEK
    return np.unique(np.concatenate(found))


def _count_month(
    connection: Connection, rows: Rows, crowd: Crowd, history: History, surfaces: Ints, *,
    policy: Policy, is_small: bool,
) -> None:  # fmt: skip
    end = next_month(rows.start)
    active = active_between(history, rows.start, end)
    eligible, seats = crowd.people[crowd.eligible], crowd.people[crowd.seat]
    small = SMALL_GROUP if is_small else ""
    weekdays = [day for day in days(rows.start, end) if day.weekday() < 5]  # noqa: PLR2004 - Saturday
    read = set(connection.execute(select(t.DAY_READ.c.day).where(
        t.DAY_READ.c.day >= rows.start, t.DAY_READ.c.day < end)).scalars())  # fmt: skip
    actives = sum(len(active_between(history, day, day + timedelta(days=1))) for day in weekdays)
    counts = {
        "people": len(eligible),
        "active": len(active),
        "active_eligible": int(np.isin(active, eligible).sum()),
        "seats": history.seats.number(seats, rows.start, end),
        "idle_seats": history.seats.idle(seats, np.union1d(active, surfaces), rows.start, end),
        "workday_actives": actives,
        "workdays": len(read.intersection(weekdays)),
    }
    month_before = _month_before(rows.start)
    if history.knows(week_of(month_before)):
        before = active_between(history, month_before, rows.start)
        flows = split_flows(active, before, history.spans.starting(rows.start, end))
        counts |= {name: len(persons) for name, persons in flows.items()}
    for measure, number in counts.items():
        rows.add(ORGANIZATION, ALL, measure, number, small)
    starts = Rows("month", rows.start)
    count_starts(starts, crowd, history, end, policy)
    cohorts = _month_cohorts(history, rows.start)
    count_cohorts(starts, history, active, cohorts, policy, small=small)
    for one in starts.made:
        if one["level"] == ORGANIZATION:
            rows.made.append({**one, "value": None, "hidden": small} if small else one)


def _month_before(first: date) -> date:
    return (first - timedelta(days=1)).replace(day=1)


def _month_cohorts(history: History, first: date) -> list[tuple[date, date]]:
    start, found = history.first_read.replace(day=1), []
    while start < first:
        found.append((start, next_month(start)))
        start = next_month(start)
    return found


def deciding_week(first: date) -> date:
    """Return the Monday of the week that says who belongs where in a month."""
    last = weeks_of_month(first)[-1]
    return min(last, week_of(today())) if thursday_of(last) > today() else last
