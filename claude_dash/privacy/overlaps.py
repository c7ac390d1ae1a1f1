"""Numbers of people of sets that overlap, so that no parts of them follow by subtraction."""

from collections.abc import Mapping
from collections.abc import Set as AbstractSet

People = AbstractSet[int]  # their ids


def told(
    sets: Mapping[str, People], people: People, k: int, *, known: tuple[People, ...] = ()
) -> Mapping[str, int | None]:
    """Return how many of some people are in each set; None where that tells of too few.

    Whoever sees numbers of several sets knows of each part into which they divide the people what
    adding and subtracting tells. A set is told only if it divides no part in two of which either
    has people, but fewer than k. Sets are asked in their order; of fewer than k people none is
    told.

    Args:
        sets: By name.
        people: All of them.
        k: The fewest people of a part.
        known: Sets whose numbers are told anyway.
    """
    if len(people) < k:
        return dict.fromkeys(sets)
    parts: list[People] = [people]
    for one in known:
        parts = _divided(parts, one)
    found: dict[str, int | None] = {}
    for name, one in sets.items():
        finer = _divided(parts, one)
        new = [part for part in finer if part not in parts]
        found[name] = None if any(len(part) < k for part in new) else len(one & people)
        if found[name] is not None:
            parts = finer
    return found


def _divided(parts: list[People], by: People) -> list[People]:
    return [half for part in parts for half in (part & by, part - by) if half]
