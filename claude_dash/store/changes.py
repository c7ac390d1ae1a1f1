"""That money of a day that was read before came out otherwise: noted until it is rolled up.

Only here is it known whose part changed. Old and new value may stand side by side when at least k
people's did, and none so much that another could tell (R3, R4).
"""

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from claude_dash.facts import tables as t
from claude_dash.facts.dimensions import CLAUDE_CODE

MEASURES = ("cost_billed", "cost_list")
DOMINANCE_PERCENT = 10  # p of the p % rule


def note_changes(
    connection: Connection,
    day: date,
    before: Iterable[tuple[Any, ...]],
    after: Iterable[Mapping[str, Any]],
) -> None:
    """Keep which measures of Claude Code's cost changed on a day, and how many people's part."""
    names = [column.name for column in t.COST_DAY.columns]
    was = [dict(zip(names, row, strict=True)) for row in before]
    changed = t.CHANGED_DAY
    for measure in MEASURES:
        old, new = _by_person(was, measure), _by_person(after, measure)
        deltas = {who: abs(new.get(who, 0) - old.get(who, 0)) for who in old.keys() | new.keys()}
        sizes = sorted((delta for delta in deltas.values() if delta), reverse=True)
        if not sizes:
            continue
        where = (changed.c.measure == measure, changed.c.day == day)
        earlier = connection.execute(select(changed).where(*where)).first()
        connection.execute(delete(changed).where(*where))
        row = {
            "measure": measure,
            "day": day,
            "people": min(len(sizes), earlier.people if earlier else len(sizes)),
            "is_dominated": _is_dominated(sizes) or bool(earlier and earlier.is_dominated),
        }
        connection.execute(insert(changed).values(**row))


def _by_person(rows: Iterable[Mapping[str, Any]], measure: str) -> dict[int, int]:
    found: dict[int, int] = {}
    for row in rows:
        if row["product"] == CLAUDE_CODE:
            found[row["who"]] = found.get(row["who"], 0) + (row[measure] or 0)
    return found


def _is_dominated(sizes: list[int]) -> bool:
    """Say whether one part is so large that the second largest could work it out."""
    largest, second = (*sizes, 0)[:2]
    return 100 * (sum(sizes) - largest - second) < DOMINANCE_PERCENT * largest
