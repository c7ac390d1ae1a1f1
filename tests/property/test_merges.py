"""Promises about people who were made one by mistake: undone, every number is what it was."""

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest
from sqlalchemy import delete, insert, select, update

from claude_dash import clock
from claude_dash.config import Settings
from claude_dash.errors import QueryError
from claude_dash.facts import tables as t
from claude_dash.people import identities
from claude_dash.people.changes import touch_open_weeks
from claude_dash.people.moves import recent, undo
from claude_dash.rollup import roll_up
from tests.property.stores import AUTOMATION, NAMES, Town, random_town
from tests.rolled import MONDAY, Rolled

WEEKS = [MONDAY - timedelta(weeks=number) for number in range(6, -1, -1)]
ACTOR = "admin@example.com"
KEPT = (t.RELEASE_ROW, t.GROUP_ROW, t.PERSON_SPAN, t.PERSON_USE, t.PERSON_WEEK, t.PERSON,
        t.IDENTITY, t.MEMBERSHIP, t.ROSTER_ENTRY)  # fmt: skip
Change = Callable[[], None]


def everything(store: Rolled) -> dict[str, list[str]]:
    """Return what is released and known of people, without numbers of rows."""
    return {
        table.name: sorted(
            str([
                value for name, value in row._mapping.items()
                if name != "id" or table is t.PERSON
            ])
            for row in store.rows_of(table)
        )
        for table in KEPT
    }  # fmt: skip


def rebuild(store: Rolled, *, everywhere: bool = False) -> None:
    """Roll up what was touched, or every open week."""
    if everywhere:
        with store.engine.begin() as connection:
            touch_open_weeks(connection, "identity")
    roll_up(store.engine, store.settings)


def seal_first(store: Rolled) -> None:
    """Seal the first weeks, as if their facts were past their age; the last of them is cut."""
    with store.engine.begin() as connection:
        for monday in WEEKS[:2]:
            connection.execute(
                insert(t.SEAL).values(grain="week", start=monday, sealed_at=clock.now())
            )
        for table in t.FACT_TABLES:
            connection.execute(delete(table).where(table.c.day < WEEKS[2]))
        connection.execute(delete(t.PERSON_WEEK).where(t.PERSON_WEEK.c.week == WEEKS[0]))


def town_of(rng: np.random.Generator, settings: Settings) -> Town:
    """Return an organization whose people and keys did something for some weeks, rolled up."""
    town = random_town(rng, settings)
    town.fill(rng, WEEKS)
    town.call(rng, WEEKS)
    store = town.store
    store.read(*WEEKS)
    with store.engine.begin() as connection:  # only some have a roster entry or a team of the file
        for table in (t.MEMBERSHIP, t.ROSTER_ENTRY):
            some = rng.choice(sorted(town.group_of), size=len(town.group_of) // 3).tolist()
            of_file = (table.c.person_id.in_(some), table.c.origin == "csv")
            connection.execute(delete(table).where(*of_file))
        some = rng.choice(sorted(town.group_of), size=len(town.group_of) // 3).tolist()
        later = update(t.ROSTER_ENTRY).where(t.ROSTER_ENTRY.c.person_id.in_(some))
        connection.execute(later.values(starts=WEEKS[3], eligible=bool(rng.random() < 0.5)))
    store.roll(*WEEKS)
    seal_first(store)
    rebuild(store, everywhere=True)
    return town


def changes(town: Town, rng: np.random.Generator) -> list[Change]:
    """Return some changes of who is who, on people and keys who are there now."""
    store, engine = town.store, town.store.engine
    with engine.connect() as connection:
        rows = connection.execute(select(t.IDENTITY.c.who, t.IDENTITY.c.person_id)).all()
    persons = {row.person_id for row in rows}
    people = [one for one in sorted(persons) if town.group_of.get(one) != AUTOMATION]
    named = [row.who for row in rows if row.who < NAMES]
    a, b = (int(one) for one in rng.choice(people, 2, replace=False))
    key = int(rng.choice(named))
    several = [row.who for row in rows if row.who >= NAMES]
    return [
        lambda: identities.merge(engine, a, b, actor=ACTOR),
        lambda: identities.map_key(engine, key, b, actor=ACTOR),
        *([lambda: identities.unmap(store.engine, several[0], actor=ACTOR)] if several else []),
    ]


@pytest.mark.parametrize("is_seen", [False, True], ids=["unseen", "seen"])
@pytest.mark.parametrize("seed", range(2))
def test_a_wrong_merge_undone_restores_every_number(
    settings: Settings, seed: int, *, is_seen: bool
) -> None:
    """Merges, keys given to people and splits, in chains, are undone one by one from the last.

    After each undoing all is as it was before the change: what is released, who stands where,
    and since when, of sealed weeks too.
    """
    rng = np.random.default_rng(seed)
    town = town_of(rng, settings)
    store = town.store
    if is_seen:
        store.look()
    states: list[dict[str, list[str]]] = []
    wanted = int(rng.integers(1, 4))
    while len(states) < wanted:
        before, possible = everything(store), changes(town, rng)
        try:
            possible[rng.integers(len(possible))]()
        except QueryError:
            continue
        rebuild(store)
        if len(recent(store.engine)) > len(states):  # else it was that person's already
            states.append(before)
    for one in recent(store.engine):
        undo(store.engine, one.id, actor=ACTOR)
        rebuild(store)
        assert everything(store) == states.pop()
    assert not states
    store.engine.dispose()
