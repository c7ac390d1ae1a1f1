"""Who stands together: the partition of an ISO week, and of the weeks that make a month."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from claude_dash.privacy.cells import Group, Partition, Row
from claude_dash.privacy.policy import Policy

OTHER_DEPARTMENTS = "other-departments"
OTHER_PREFIX = "other:"  # and the key of the department row whose small teams stand together


@dataclass(frozen=True, slots=True)
class MonthRow:
    """One row of a month: the rows of its weeks that it unites.

    key: as in a week's `Row`. parent: key of the month's department row (empty for departments).
    members: keys of the groups inside. population: people in it in the last week. weeks: for each
    week of the month the indices of the week's rows.
    """

    key: str
    parent: str
    members: tuple[str, ...]
    population: int
    weeks: tuple[tuple[int, ...], ...]
    automation: bool = False


@dataclass(frozen=True, slots=True)
class MonthPartition:
    """Which groups stand together in a month of groups."""

    departments: tuple[MonthRow, ...]
    teams: tuple[MonthRow, ...]


def partition(groups: Sequence[Group], policy: Policy) -> Partition:
    """Return who stands together, decided by populations alone (R5, A3 step 1).

    Every row but Automation holds at least k people, unless the organization itself holds fewer.
    Groups that hold nobody are left out; keys and installations never help a row to k.
    """
    held = (one for one in groups if one.automation or one.population or one.installations)
    kept = tuple(sorted(held, key=lambda one: one.key))
    automation = tuple(index for index, one in enumerate(kept) if one.automation)
    by_department: dict[str, list[int]] = {}
    for index, one in enumerate(kept):
        if not one.automation:
            by_department.setdefault(one.department, []).append(index)

    departments: list[Row] = []
    teams: list[Row] = []
    sizes = {key: _people(kept, members) for key, members in by_department.items()}
    for key, merged in _stand_together(sizes, OTHER_DEPARTMENTS, policy.k):
        members = tuple(sorted(index for one in merged for index in by_department[one]))
        index_of = {kept[index].key: index for index in members}
        people = {kept[index].key: kept[index].population for index in members}
        for team, united in _stand_together(people, f"{OTHER_PREFIX}{key}", policy.k):
            inside = tuple(sorted(index_of[one] for one in united))
            teams.append(Row(team, inside, len(departments), _people(kept, inside)))
        departments.append(Row(key, members, -1, _people(kept, members)))
    if automation:
        key = kept[automation[0]].key
        teams.append(Row(key, automation, len(departments), 0, automation=True))
        departments.append(Row(key, automation, -1, 0, automation=True))
    population = sum(sizes.values()) + sum(one.installations for one in kept)
    return Partition(kept, tuple(departments), tuple(teams), population)


def _people(groups: Sequence[Group], members: Iterable[int]) -> int:
    return sum(groups[index].population for index in members)


def _stand_together(sizes: Mapping[str, int], other: str, k: int) -> list[tuple[str, list[str]]]:
    """Return rows as (key, keys inside): those below k stand together, topped up to k people."""
    ordered = sorted(sizes, key=lambda key: (sizes[key], key))
    small = [key for key in ordered if sizes[key] < k]
    alone = ordered[len(small) :]
    while small and alone and sum(sizes[key] for key in small) < k:
        small.append(alone.pop(0))
    rows = [(key, [key]) for key in sorted(alone)]
    if small:
        rows.append((other if len(small) > 1 else small[0], sorted(small)))
    return rows


def join(weeks: Sequence[Partition], last: Mapping[str, int]) -> MonthPartition:
    """Return who stands together in a month: whoever did so in any of its weeks (A3 steps 1, 6).

    Month rows are unions of week rows, and team rows lie within department rows. Departments
    between which a team moved stand together too, so that rows stay nested.

    Args:
        weeks: The partitions of the ISO weeks of the month, in order.
        last: People of each group, by key, on the month's last Thursday.
    """
    homes: dict[str, set[str]] = {}  # departments in which each group stood
    for week in weeks:
        for one in week.groups:
            homes.setdefault(one.key, set()).add(_home(one))
    small = {home for found in homes.values() if len(found) > 1 for home in found}
    merged: set[str] = set()
    for week in weeks:
        for row in week.departments:
            inside = {_home(week.groups[index]) for index in row.members}
            small |= inside if len(inside) > 1 else set()
        for row in week.teams:
            names = {week.groups[index].key for index in row.members}
            merged |= names if len(names) > 1 else set()

    department_of = {
        key: OTHER_DEPARTMENTS if small & found else min(found) for key, found in homes.items()
    }
    team_of = {
        key: f"{OTHER_PREFIX}{department_of[key]}" if key in merged else key for key in homes
    }
    parent_of = {team_of[key]: department_of[key] for key in homes}
    automation = {team_of[one.key] for week in weeks for one in week.groups if one.automation}

    def rows(row_of: Mapping[str, str], parents: Mapping[str, str]) -> tuple[MonthRow, ...]:
        members: dict[str, list[str]] = {}
        for key in sorted(homes):
            members.setdefault(row_of[key], []).append(key)
        level = "teams" if parents else "departments"
        by_week = [_week_rows(week, getattr(week, level), row_of) for week in weeks]
        return tuple(
            MonthRow(
                key=key,
                parent=parents.get(key, ""),
                members=tuple(inside),
                population=sum(last.get(one, 0) for one in inside),
                weeks=tuple(tuple(found.get(key, ())) for found in by_week),
                automation=key in automation,
            )
            for key, inside in sorted(members.items())
        )

    return MonthPartition(rows(department_of, {}), rows(team_of, parent_of))


def _home(group: Group) -> str:
    """Return the department in which a group stands; Automation is one of its own."""
    return group.key if group.automation else group.department


def _week_rows(
    week: Partition, rows: Sequence[Row], row_of: Mapping[str, str]
) -> dict[str, list[int]]:
    """Return which rows of a week each month row unites, by the month row's key."""
    found: dict[str, list[int]] = {}
    for index, row in enumerate(rows):
        found.setdefault(row_of[week.groups[row.members[0]].key], []).append(index)
    return found
