"""Months of departments and teams: the ISO weeks whose Thursday lies in the month."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from operator import itemgetter
from typing import Any

import numpy as np
from sqlalchemy import Connection

from claude_dash.clock import weeks_of_month
from claude_dash.facts import tables as t
from claude_dash.facts.dimensions import OTHER
from claude_dash.privacy.cells import Ints, Partition, Row
from claude_dash.privacy.partition import MonthPartition, MonthRow, join
from claude_dash.privacy.policy import Policy
from claude_dash.rollup import sightings
from claude_dash.rollup.crowd import Crowd
from claude_dash.rollup.draft import put
from claude_dash.rollup.habits import History, count_starts
from claude_dash.rollup.holding import keep_groups
from claude_dash.rollup.months import add_up, released
from claude_dash.rollup.rows import ALL, DEPARTMENT, FLOWS, ORGANIZATION, TEAM, Rows

_GROUP = t.GROUP_ROW
_SIGHTED = ("surface_users", "feature_users", "project_users")
_What = tuple[str, str, str]  # measure, technical dimension, value


@dataclass(frozen=True, slots=True)
class _Month:
    """The weeks of a month that are known, with the crowd of each."""

    mondays: Sequence[date]
    crowds: Sequence[Crowd]
    partition: MonthPartition
    first: date

    def rows_of(self, level: str) -> Sequence[MonthRow]:
        """Return the rows of a level."""
        return self.partition.departments if level == DEPARTMENT else self.partition.teams


def _week_rows(partition: Partition, level: str) -> Sequence[Row]:
    return partition.departments if level == DEPARTMENT else partition.teams


def roll_up_group_month(
    connection: Connection,
    first: date,
    crowds: Mapping[date, Crowd],
    history: History,
    seen: sightings.Seen,
    *,
    policy: Policy,
) -> Rows:
    """Return the releases of a month for departments and teams, and store who stands together.

    Args:
        connection: Inside the transaction of the roll-up.
        first: First day of the month.
        crowds: Of every week of the month that is known, by Monday.
        history: Who was active when.
        seen: What was used, in the weeks of the month at least.
        policy: Decides from how many people on groups are shown.
    """
    rows = Rows("month", first)
    mondays = [monday for monday in weeks_of_month(first) if monday in crowds]
    stored = (_GROUP.c.grain == "month", _GROUP.c.start == first)
    if not mondays:
        put(connection, _GROUP, (), *stored)
        return rows
    found = [crowds[monday] for monday in mondays]
    last = {group.key: group.population for group in found[-1].partition.groups}
    month = _Month(mondays, found, join([crowd.partition for crowd in found], last), first)
    put(connection, _GROUP, _groups_of(month, policy), *stored)
    if not all(crowd.partition.tells_groups(policy.k) for crowd in found):
        return rows
    for level in (DEPARTMENT, TEAM):
        _sum_magnitudes(connection, rows, month, level)
    summed = len(rows.made)
    used = seen.on_any_surface(mondays[0], mondays[-1] + timedelta(days=7))
    sighted = _sighted(seen, month, history, policy)
    for level in (DEPARTMENT, TEAM):
        _count_people(rows, month, history, level, policy)
    counted = len(rows.made)
    for level in (DEPARTMENT, TEAM):
        _count_idle_seats(rows, month, history, used, level)
        _count_sightings(rows, month, sighted, level)
    if not history.knows(mondays[0]):  # the first days of that week are purged, with their facts
        keep_groups(connection, rows, counted, _SIGHTED)
    if history.held.keeps(mondays):
        keep_groups(connection, rows, summed)
    return rows


def _groups_of(month: _Month, policy: Policy) -> list[dict[str, Any]]:
    """Return who stands together in a month, as rows."""
    population = month.crowds[-1].partition.population
    shared = {"grain": "month", "start": month.first, "policy": policy.version}
    made = [{**shared, "level": ORGANIZATION, "key": ALL, "parent": "", "members": "",
             "population": population}]  # fmt: skip
    is_told = all(crowd.partition.tells_groups(policy.k) for crowd in month.crowds)
    made += [
        {
            **shared,
            "level": level,
            "key": row.key,
            "parent": ALL if level == DEPARTMENT else row.parent,
            "members": ",".join(row.members),
            "population": row.population,
        }
        for level in ((DEPARTMENT, TEAM) if is_told else ())
        for row in month.rows_of(level)
    ]
    return made


def _sum_magnitudes(connection: Connection, rows: Rows, month: _Month, level: str) -> None:
    periods = [("week", monday) for monday in month.mondays]
    by_key = released(connection, level, periods)
    subjects = {(measure, dimension) for measure, dimension, _ in by_key}
    for row in month.rows_of(level):
        for measure, dimension in subjects:
            blocks = []
            for number, monday in enumerate(month.mondays):
                week_rows = _week_rows(month.crowds[number].partition, level)
                for index in row.weeks[number]:
                    key = week_rows[index].key
                    block = by_key.get((measure, dimension, key), {}).get(("week", monday), {})
                    total = by_key.get((measure, "", key), {}).get(("week", monday), {})
                    blocks.append({"": total[""], **block} if dimension and total else block)
            for item, (value, hidden) in add_up(_without_hidden_rows(blocks, dimension)).items():
                rows.add(level, row.key, measure, value, hidden, dimension=dimension, item=item)


def _without_hidden_rows(
    blocks: list[dict[str, tuple[int | None, str]]], dimension: str
) -> list[dict[str, tuple[int | None, str]]]:
    """Hide every technical value that a week's row cannot show because its total is hidden."""
    if not dimension:
        return blocks
    items = {item for block in blocks for item in block if item}
    made = []
    for block in blocks:
        total = block.pop("", (0, ""))
        made.append(
            {item: block.get(item, (0, "")) if not total[1] else (None, total[1]) for item in items}
            if total[1]
            else block
        )
    return made


def _active(month: _Month, history: History, level: str) -> tuple[Ints, Ints]:
    """Return distinct (person, month row) pairs of everybody active in the month."""
    pairs = [np.zeros((2, 0), dtype=np.int64)]
    for number, crowd in enumerate(month.crowds):
        people = history.week(month.mondays[number]).people
        pairs.append(np.stack([people, _row_of(month, number, crowd, people, level)]))
    both = np.unique(np.concatenate(pairs, axis=1), axis=1)
    both = both[:, both[1] >= 0]
    return both[0], both[1]


def _row_of(month: _Month, number: int, crowd: Crowd, people: Ints, level: str) -> Ints:
    """Return the month row in which each person of a week stands, -1 for nowhere."""
    return _row_of_groups(month, number, level)[crowd.groups_of(people)]


def _row_of_groups(month: _Month, number: int, level: str) -> Ints:
    """Return the month row of each group of a week, and -1 last, for whoever is in none."""
    partition = month.crowds[number].partition
    to, week_rows = np.full(len(partition.groups) + 1, -1), _week_rows(partition, level)
    for index, row in enumerate(month.rows_of(level)):
        for week_row in row.weeks[number]:
            to[list(week_rows[week_row].members)] = index
    return to


def _sighted(
    seen: sightings.Seen, month: _Month, history: History, policy: Policy
) -> dict[_What, list[tuple[int, Ints]]]:
    """Return who used what in which week of the month, by the number of the week."""
    begin, end = month.mondays[0], month.mondays[-1] + timedelta(days=7)
    told = {one.key for one in seen.between(begin, end, policy.k)}
    found: dict[_What, list[tuple[int, Ints]]] = {}
    for number, monday in enumerate(month.mondays):
        week = seen.between(monday, monday + timedelta(days=7), 0)
        active = history.week(monday).people
        for one in sightings.with_claude_code(week, active):
            key = one.key if one.key in told or one.dimension != "feature" else other(one.key)
            found.setdefault(key, []).append((number, one.people))
    return found


def _count_sightings(
    rows: Rows, month: _Month, sighted: Mapping[_What, list[tuple[int, Ints]]], level: str
) -> None:
    """Add the distinct people of a month by what they used, each in the row of their weeks."""
    found, width = month.rows_of(level), len(month.rows_of(level)) + 1
    rows_of = [_row_of_groups(month, number, level) for number in range(len(month.crowds))]
    for (measure, dimension, item), weeks in sorted(sighted.items(), key=itemgetter(0)):
        stood = (
            persons * width + rows_of[number][month.crowds[number].groups_of(persons)] + 1
            for number, persons in weeks
        )
        sizes = np.bincount(np.unique(np.concatenate(list(stood))) % width, minlength=width)[1:]
        for index, month_row in enumerate(found):
            number = int(sizes[index])
            if number or not dimension:
                rows.add(level, month_row.key, measure, number, dimension=dimension, item=item)


def _count_idle_seats(rows: Rows, month: _Month, history: History, used: Ints, level: str) -> None:
    """Add the seats that nobody used, of whoever holds them in the last week."""
    last, number = month.crowds[-1], len(month.crowds) - 1
    active, _ = _active(month, history, level)
    seats = last.people[last.seat]
    idle = _row_of(month, number, last, seats, level)[~np.isin(seats, [*active, *used])]
    found = month.rows_of(level)
    sizes = np.bincount(idle[idle >= 0], minlength=len(found))
    for index, one in enumerate(found):
        rows.add(level, one.key, "idle_seats", int(sizes[index]))


def _count_people(rows: Rows, month: _Month, history: History, level: str, policy: Policy) -> None:
    found, last = month.rows_of(level), month.crowds[-1]
    person, row = _active(month, history, level)
    begin, end = month.mondays[0], month.mondays[-1] + timedelta(days=7)
    month_before = weeks_of_month((month.first - timedelta(days=1)).replace(day=1))
    before = np.unique(np.concatenate([history.week(one).people for one in month_before]))
    is_new = np.isin(person, history.spans.starting(begin, end))
    is_retained = np.isin(person, before) & ~is_new
    lapsed = np.setdiff1d(before, person)
    standing = _row_of(month, len(month.crowds) - 1, last, last.people, level)
    people = last.people[last.eligible]
    counts: dict[str, Ints] = {
        "active": row,
        "active_eligible": row[np.isin(person, people)],
        "people": standing[last.eligible],
        "seats": standing[last.seat],
    }
    if history.knows(month_before[0]):
        lapsed_rows = _row_of(month, len(month.crowds) - 1, last, lapsed, level)
        flows = (row[is_new], row[is_retained], row[~is_new & ~is_retained], lapsed_rows)
        counts |= dict(zip(FLOWS, flows, strict=True))
    for measure, numbers in counts.items():
        sizes = np.bincount(numbers[numbers >= 0], minlength=len(found))
        for index, one in enumerate(found):
            rows.add(level, one.key, measure, int(sizes[index]))
    _count_starts(rows, month, history, level, policy)


def other(key: tuple[str, str, str]) -> tuple[str, str, str]:
    """Return under which name a feature stands that too few people use."""
    measure, dimension, item = key
    return measure, dimension, f"{item.partition(':')[0]}:{OTHER}"


def _count_starts(rows: Rows, month: _Month, history: History, level: str, policy: Policy) -> None:
    """Take over what the last week's rows count since the beginning, where rows are the same."""
    last = month.crowds[-1]
    made = Rows("month", month.first)
    count_starts(made, last, history, month.mondays[-1] + timedelta(days=7), policy)
    week_rows = _week_rows(last.partition, level)
    by_row: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for one in made.made:
        if one["level"] == level:
            by_row.setdefault((one["measure"], one["key"]), []).append(one)
    measures = sorted({measure for measure, _ in by_row})
    for row in month.rows_of(level):
        keys = [week_rows[index].key for index in row.weeks[-1]]
        for measure in measures:
            parts = [one for key in keys for one in by_row.get((measure, key), [])]
            hidden = next((one["hidden"] for one in parts if one["hidden"]), "")
            rows.add(level, row.key, measure, sum(one["value"] or 0 for one in parts), hidden)
