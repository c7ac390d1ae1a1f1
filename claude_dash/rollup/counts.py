"""Numbers of people, for the organisation and every published group of a week."""

import numpy as np

from claude_dash.privacy.cells import Ints
from claude_dash.privacy.policy import Policy
from claude_dash.rollup.crowd import UNASSIGNED, Crowd
from claude_dash.rollup.rows import ALL, DEPARTMENT, ORGANIZATION, SMALL_GROUP, TEAM, Rows


def standing(crowd: Crowd, persons: Ints) -> Ints:
    """Return the group of each person who is counted in a week.

    Who is no longer in the week, a leaver for example, counts as unassigned where there is such
    a group, and otherwise in the organisation alone (-1).
    """
    keys = [group.key for group in crowd.partition.groups]
    found = crowd.groups_of(persons)
    return np.where(found < 0, keys.index(UNASSIGNED), found) if UNASSIGNED in keys else found


def sizes(crowd: Crowd, persons: Ints) -> Ints:
    """Return how many of some people stand in each group of a week."""
    found, size = standing(crowd, persons), len(crowd.partition.groups)
    return np.bincount(found[found >= 0], minlength=size).astype(np.int64)


def count_people(
    rows: Rows,
    crowd: Crowd,
    measure: str,
    persons: Ints,
    policy: Policy,
    *,
    at_least: int = 0,
    item: tuple[str, str] = ("", ""),
) -> None:
    """Add a number of people for the organisation and every published group (R2, R11).

    Args:
        rows: Where the released rows go.
        crowd: Who stands where.
        measure: What is counted.
        persons: Distinct ids of the people counted.
        policy: Decides from how many people on an organisation and its groups are shown.
        at_least: Numbers from 1 up to below this one are hidden; 0 for none.
        item: A technical dimension and value that these are the people of; a zero of a group is
            then left out, and read from the group's row.
    """
    population = crowd.partition.population
    dimension, value = item

    def hidden(number: int) -> str:
        return SMALL_GROUP if population < policy.k or 0 < number < at_least else ""

    rows.add(ORGANIZATION, ALL, measure, len(persons), hidden(len(persons)),
             dimension=dimension, item=value)  # fmt: skip
    if not crowd.partition.tells_groups(policy.k):
        return
    rows.people.append((measure, item, persons))
    by_group = sizes(crowd, persons)
    for level, found in (
        (DEPARTMENT, crowd.partition.departments),
        (TEAM, crowd.partition.teams),
    ):
        for row in found:
            number = int(by_group[list(row.members)].sum())
            if number or not dimension:
                rows.add(level, row.key, measure, number, hidden(number),
                         dimension=dimension, item=value)  # fmt: skip
