"""Promises about people whom several sources see: no use counts twice, and none is lost."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Table

from claude_dash.config import Settings
from claude_dash.facts import tables as t
from claude_dash.facts.measures import TOKEN_TYPES
from claude_dash.rollup import facts as week_facts
from claude_dash.rollup import feeds
from claude_dash.rollup.order import set_order
from tests.rolled import CONSOLE, ENTERPRISE, MONDAY, Rolled, rolled

BUCKET, TELEMETRY, SECOND_TELEMETRY, SESSIONS, HOOKS, SECOND_CONSOLE = range(3, 9)
KINDS = {CONSOLE: "console", ENTERPRISE: "enterprise", BUCKET: "bedrock", TELEMETRY: "telemetry",
         SECOND_TELEMETRY: "telemetry", SESSIONS: "sessions", HOOKS: "hooks",
         SECOND_CONSOLE: "console"}  # fmt: skip
RANK = ("enterprise", "console", "bedrock", "telemetry", "sessions", "hooks")
CLIENTS = ("telemetry", "sessions", "hooks")
CONSOLE_ORGANIZATION = f"organization {CONSOLE}"
ORGANIZATIONS = {CONSOLE: CONSOLE_ORGANIZATION, SECOND_CONSOLE: CONSOLE_ORGANIZATION,
                 ENTERPRISE: f"organization {ENTERPRISE}", BUCKET: "123456789012"}  # fmt: skip
SETUPS = [(organization, provider)
          for organization in ("", CONSOLE_ORGANIZATION, f"organization {ENTERPRISE}", "a stranger")
          for provider in ("", "firstParty", "bedrock")]  # fmt: skip
TOKENS = tuple(TOKEN_TYPES.values())
# What each feed tells of a row, by table: measures and the columns that they add up.
ACTIVITY = {name: (name,) for name in feeds.ACTIVITY_COLUMNS}
USED = {"tokens": TOKENS, "cost": ("cost_estimated",)}
EDITS = {"suggestions": feeds.TOOL_COLUMNS}
TOLD: dict[str, dict[Table, dict[str, tuple[str, ...]]]] = {
    "activity": {t.ACTIVITY_DAY: ACTIVITY, t.CLIENT_DAY: ACTIVITY},
    "hours": {t.CLIENT_DAY: {"active_ms": ("active_ms",)}},
    "usage": {t.MODEL_USAGE_DAY: USED, t.USAGE_DAY: {"tokens": TOKENS}, t.INVOCATION_DAY: USED,
              t.CLIENT_MODEL_DAY: USED},
    "tools": {t.TOOL_DAY: EDITS, t.CLIENT_TOOL_DAY: EDITS},
    "requests": {one: {"requests": ("requests",)}
                 for one in (t.USAGE_DAY, t.INVOCATION_DAY, t.CLIENT_MODEL_DAY)},
}  # fmt: skip
TABLES = {
    "console": (t.ACTIVITY_DAY, t.MODEL_USAGE_DAY, t.TOOL_DAY),
    "enterprise": (t.ACTIVITY_DAY, t.USAGE_DAY, t.TOOL_DAY),
    "bedrock": (t.INVOCATION_DAY,),
    **dict.fromkeys(
        ("telemetry", "sessions"), (t.CLIENT_DAY, t.CLIENT_MODEL_DAY, t.CLIENT_TOOL_DAY)
    ),
    "hooks": (t.CLIENT_DAY,),
}
ALL_COLUMNS = frozenset(
    column
    for told in TOLD.values()
    for of in told.values()
    for names in of.values()
    for column in names
)
NAMES = {"product": "claude_code", "model": "m1", "tool": "edit_tool"}
# What a kind never sees: its rows hold 0 there, which is no value.
BLIND = {"hooks": ALL_COLUMNS - {"sessions"}, "sessions": frozenset({"commits", "active_ms"})}
Fact = Mapping[str, Any]


class World:
    """People whom any number of sources see on the same days."""

    def __init__(self, store: Rolled, rng: np.random.Generator) -> None:
        self.rng, self.facts = rng, list[tuple[Table, Fact]]()
        for number, kind in KINDS.items():
            if number not in (CONSOLE, ENTERPRISE):
                store.connect(number, kind, ORGANIZATIONS.get(number, ""))
        for number, (organization, provider) in enumerate(SETUPS, 1):
            store.setup(number, organization_id=organization, provider=provider)
        self.rank = (*rng.permutation(RANK[:-1]).tolist(), RANK[-1])
        set_order(store.engine, self.rank, actor="admin")
        store.read(MONDAY)
        people = range(1, int(rng.integers(2, 6)))
        for person in people:
            store.somebody(person)
            store.principal(1_000 + person, person)
        for connection, kind in KINDS.items():
            chance = rng.choice([0, 0.3, 0.8])
            for person in people:
                for offset in np.flatnonzero(rng.random(7) < chance).tolist():
                    self._see(store, connection, kind, (person, offset))

    def _see(self, store: Rolled, connection: int, kind: str, at: tuple[int, int]) -> None:
        rng, (person, offset) = self.rng, at
        setups = 1 + rng.permutation(len(SETUPS))[: rng.integers(1, 3)]
        for table in TABLES[kind]:
            if rng.random() < 0.3:
                continue
            for setup in setups.tolist() if kind in CLIENTS else [0]:
                who = person + 1_000 * int(rng.integers(2))
                row = {"connection_id": connection, "who": who, "day": MONDAY + timedelta(offset)}
                for column in table.columns:
                    name = column.name
                    if name in ALL_COLUMNS - BLIND.get(kind, frozenset()):
                        row[name] = None if column.nullable and rng.random() < 0.4 else self._few()
                    elif name in NAMES:
                        row[name] = NAMES[name]
                if "setup" in table.columns:
                    row["setup"] = setup
                if kind == "console" and rng.random() < 0.3:
                    row["customer_type"] = "subscription"
                store.add(table, **row)
                self.facts.append((table, {**row, "person": person, "offset": offset}))

    def _few(self) -> int:
        return int(self.rng.integers(0, 4))

    def _outranks(self, one: Fact, other: Fact) -> bool:
        """Say whether a fact takes the place of another of the person and day."""
        ranks = [(self.rank.index(KINDS[fact["connection_id"]]), fact["connection_id"])
                 for fact in (one, other)]  # fmt: skip
        return ranks[0] < ranks[1] and is_the_same_use(one, other)

    def seen_by_others(self, fact: Fact) -> bool:
        """Say whether anything but hooks saw the person on the day."""
        return any(
            one["person"] == fact["person"]
            and one["offset"] == fact["offset"]
            and KINDS[one["connection_id"]] != "hooks"
            for _, one in self.facts
        )

    def counted(self, feed: str) -> dict[tuple[int, int, str, str], int]:
        """Return what counts by person, day, connection and measure, one row at a time."""
        found: dict[tuple[int, int, str, str], int] = defaultdict(int)
        told = TOLD[feed]
        rows = [(table, fact) for table, fact in self.facts if table in told]
        for table, fact in rows:
            if KINDS[fact["connection_id"]] == "hooks" and self.seen_by_others(fact):
                continue
            for measure, columns in told[table].items():
                others = (
                    other
                    for its, other in rows
                    if (other["person"], other["offset"]) == (fact["person"], fact["offset"])
                    and measure in told[its]
                    and has(other, told[its][measure])
                )
                if not any(self._outranks(other, fact) for other in others):
                    number = fact["connection_id"]
                    key = fact["person"], fact["offset"], f"{KINDS[number]} {number}", measure
                    found[key] += sum(fact.get(name) or 0 for name in columns)
        return {key: value for key, value in found.items() if value}


def has(fact: Fact, columns: tuple[str, ...]) -> bool:
    """Say whether a fact tells a measure; what is used without a price is told as unpriced."""
    is_unpriced = "cost_estimated" in columns and any(fact[name] for name in TOKENS)
    seen = set(columns) - BLIND.get(KINDS[fact["connection_id"]], frozenset())
    return is_unpriced or any(fact.get(name) is not None for name in seen)


def is_the_same_use(one: Fact, other: Fact) -> bool:
    """Say whether two facts of a person and day may be about the same use."""
    kinds = {KINDS[one["connection_id"]], KINDS[other["connection_id"]]}
    of_clients = [fact for fact in (one, other) if KINDS[fact["connection_id"]] in CLIENTS]
    is_seat = any(fact.get("customer_type") == "subscription" for fact in (one, other))
    if not of_clients:  # two that are read: of one organization, or the Console's about seats
        organizations = {ORGANIZATIONS[fact["connection_id"]] for fact in (one, other)}
        return len(organizations) == 1 or (is_seat and kinds == {"console", "enterprise"})
    if len(of_clients) > 1:
        return len(kinds) > 1
    (client,) = of_clients
    read = other if client is one else one
    organization, provider = SETUPS[client["setup"] - 1]
    if "bedrock" in kinds:
        return provider == "bedrock" or (organization, provider) == ("", "")
    is_its = organization in ("", ORGANIZATIONS[read["connection_id"]])
    return provider != "bedrock" and (is_its or is_seat)


def flat(
    rows: week_facts.Rows, feed: feeds.Feed
) -> Iterator[tuple[tuple[int, int, str, str], int]]:
    """Yield the amounts that were loaded, by person, day, connection and measure."""
    connections, names = rows.splits["connection"], next(iter(TOLD[feed.name].values()))
    for at, amounts in enumerate(rows.amounts.tolist()):
        who = int(rows.person[at]), int(rows.day[at]), connections.values[connections.codes[at]]
        for measure, columns in names.items():
            value = sum(amounts[feed.measures.index(name)] for name in columns)
            if value:
                yield (*who, measure), value


@pytest.mark.parametrize("seed", range(25))
def test_use_that_several_sources_see_counts_once(settings: Settings, seed: int) -> None:
    """What counts of each source is what a row by row reading of the rule says."""
    with rolled(settings) as store:
        world = World(store, np.random.default_rng(seed))
        store.write()
        with store.engine.connect() as connection:
            facts = week_facts.load(connection, MONDAY)
        for feed in feeds.PRESENCE:
            loaded: dict[tuple[int, int, str, str], int] = defaultdict(int)
            for key, value in flat(facts.of(feed), feed):
                loaded[key] += value
            assert loaded == world.counted(feed.name)


@pytest.mark.parametrize("seed", range(25))
def test_whom_any_source_sees_active_is_active(settings: Settings, seed: int) -> None:
    """A source that does not count, since another does, still says who was there."""
    with rolled(settings) as store:
        world = World(store, np.random.default_rng(seed))
        store.write()
        with store.engine.connect() as connection:
            person, day = week_facts.load(connection, MONDAY).active_days()
        active = {
            (fact["person"], fact["offset"])
            for _, fact in world.facts
            if any(fact.get(name) for name in ALL_COLUMNS)
        }
        assert set(zip(person.tolist(), day.tolist(), strict=True)) == active
