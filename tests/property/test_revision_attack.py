"""From a final week as it was told and as it is told now, nothing that fails follows."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Table, update

from claude_dash.config import Settings
from claude_dash.facts import tables as t
from claude_dash.privacy.policy import Policy
from tests.property.attacker import Attacker, Masks
from tests.property.stores import AUTOMATION, SUBJECTS, Subject, Town, Weekly, random_town

POLICY = Policy()
FINAL = date(2026, 9, 7)
AMOUNTS = {
    t.SURFACE_DAY: ("messages", "conversations"),
    t.COST_DAY: ("cost_billed", "cost_list"),
    t.USAGE_DAY: ("requests", "input_tokens"),
    t.FEATURE_DAY: ("uses",),
}
Known = list[tuple[Masks, int]]


def told_town(seed: int, settings: Settings) -> Town:
    """Return a random store of one final week that was rolled up."""
    rng = np.random.default_rng(seed)
    town = random_town(rng, settings)
    town.fill(rng, [FINAL])
    town.store.read(FINAL)
    town.store.roll(FINAL)
    town.store.look()
    return town


def of_groups(weekly: Weekly) -> dict[str, Known]:
    """Return what is shown of departments and teams in the week, or follows, by dimension."""
    rows = {row.key for row in weekly.groups if row.level != "organization"}
    shown = [row for row in weekly.released
             if row.grain == "week" and row.start == FINAL and row.key in rows]  # fmt: skip
    found: dict[str, Known] = {}
    for dimension in sorted({row.dimension for row in shown}):
        weekly.released = [row for row in shown if row.dimension in {"", dimension}]
        totals = {mask.tobytes() for mask, _ in found.get("", ())}
        found[dimension] = [one for one in weekly.known() if one[0].tobytes() not in totals]
    return found


def late(town: Town, rng: np.random.Generator) -> set[int]:
    """Let some of some teams have done more than was known; return who."""
    teams = sorted(set(town.group_of.values()))
    chosen: set[int] = set()
    for team in rng.choice(teams, size=rng.integers(1, len(teams) + 1), replace=False).tolist():
        inside = [who for who, group in town.group_of.items() if group == team]
        size = rng.integers(1, len(inside) + 1)
        chosen |= set(rng.choice(inside, size=size, replace=False).tolist())
    spread = rng.choice([0.2, 2.0])
    for number, (table, fact) in enumerate(town.facts):
        if fact["who"] in chosen and table in AMOUNTS and rng.random() < 0.9:
            values = {name: fact[name] + int(rng.lognormal(3, spread)) + 1
                      for name in AMOUNTS[table] if fact[name]}  # fmt: skip
            town.facts[number] = (table, {**fact, **values})
            _write(town, table, fact, values)
    return chosen


def _write(town: Town, table: Table, fact: Any, values: dict[str, int]) -> None:
    keys = [column == fact[column.name] for column in table.primary_key]
    with town.store.engine.begin() as connection:
        connection.execute(update(table).where(*keys).values(**values))


def both(was: Weekly, now: Weekly) -> Iterator[tuple[Masks, int]]:
    """Yield what is known of the week as it was, and of what was added to it, as atoms.

    The combinations of the one stand before those of the other. A table that waits tells nothing
    of what was added.
    """
    for known in of_groups(was).values():
        yield from ((_twice(mask, is_new=False), value) for mask, value in known)
    rows = np.eye(now.truth.rows, dtype=np.int64)[now.truth.row]
    amounts = np.einsum("pdc,pr->rdc", now.truth.amounts, rows)
    for known in of_groups(now).values():
        is_new = all((mask * amounts).sum() == value for mask, value in known)
        yield from ((_twice(mask, is_new=is_new), value) for mask, value in known)


def _twice(mask: Masks, *, is_new: bool) -> Masks:
    return np.concatenate([mask, mask if is_new else np.zeros_like(mask)], axis=2)


@pytest.mark.parametrize("seed", [1, 3, 5, 11])
def test_few_people_do_not_follow_from_a_revision(settings: Settings, seed: int) -> None:
    """Late data of some people of some teams, once or twice; the attacker noted all before.

    What is computed is what few did in all, and what few did that came late.
    """
    town, rng = told_town(seed, settings), np.random.default_rng(seed + 100)
    found = []
    for _ in range(2):
        before = [_frozen(town, subject) for subject in SUBJECTS]
        late(town, rng)
        town.store.roll(FINAL)
        for subject, weekly in zip(SUBJECTS, before, strict=True):
            found += _leaks(weekly, Weekly(town, subject, FINAL))
        if town.store.rows_of(t.TOLD_WEEK)[0].is_held:
            break
    town.store.engine.dispose()
    assert found == []


def _frozen(town: Town, subject: Subject) -> Weekly:
    """Return a measure of the week as it is told now, for later."""
    weekly = Weekly(replace(town, facts=list(town.facts)), subject, FINAL)
    assert weekly.truth.rows == len(weekly.teams)  # and so it is made now, not later
    return weekly


def _leaks(was: Weekly, now: Weekly) -> list[str]:
    if not now.facts or was.combinations != now.combinations or was.teams != now.teams:
        assert not now.facts or was.teams == now.teams
        return []
    more = now.truth.amounts - was.truth.amounts
    truth = replace(
        now.truth,
        amounts=np.concatenate([was.truth.amounts, more], axis=2),
        tables=[
            *(np.concatenate([one, one], axis=1) for one in now.truth.tables),
            np.repeat(np.eye(2, dtype=np.int64), len(now.combinations), axis=1),
        ],
    )
    words = Attacker(truth, list(both(was, now)), POLICY).leaks()
    return [f"{now.subject.measure}: {one}" for one in words]


@pytest.mark.parametrize("seed", [4, 5, 10])
def test_a_revised_figure_concerns_enough_people(settings: Settings, seed: int) -> None:
    """Where a team's figure changed, so did something of at least k of its people."""
    town, rng = told_town(seed, settings), np.random.default_rng(seed + 100)
    before = {_key(row): row for row in town.store.rows_of(t.RELEASE_ROW, grain="week")}
    chosen = late(town, rng)
    town.store.roll(FINAL)
    members = {(row.level, row.key): row.members.split(",")
               for row in town.store.rows_of(t.GROUP_ROW, grain="week", start=FINAL)}  # fmt: skip
    for row in town.store.rows_of(t.RELEASE_ROW, grain="week"):
        old = before.get(_key(row))
        if row.level == "organization" or old is None or old.value == row.value:
            continue
        inside = [who for who in chosen if town.group_of[who] in _groups(members, row)]
        is_automation = all(town.group_of[who] == AUTOMATION for who in inside)
        assert is_automation or len(inside) >= POLICY.k
    town.store.engine.dispose()


def _key(row: Any) -> tuple[Any, ...]:
    return row.level, row.key, row.measure, row.dimension, row.item, row.start


def _groups(members: dict[tuple[str, str], list[str]], row: Any) -> list[str]:
    return members[row.level, row.key]
