"""Random organizations as facts in a store, and everything that is released of them as sums."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property
from itertools import product
from typing import Any

import numpy as np
from sqlalchemy import Table

from claude_dash.config import Settings
from claude_dash.facts import tables as t
from claude_dash.facts.dimensions import CLAUDE_CODE, OTHER
from claude_dash.facts.measures import TOKEN_TYPES
from tests.property.attacker import Masks, Truth
from tests.rolled import ALL, CONSOLE, ENTERPRISE, MONDAY, Rolled

DAYS = 7
SECOND = 3  # another Enterprise organization
BUCKET, SECOND_BUCKET = 4, 5
AUTOMATION, UNASSIGNED = "automation", "unassigned"
KINDS = {CONSOLE: "console", ENTERPRISE: "enterprise", SECOND: "enterprise",
         BUCKET: "bedrock", SECOND_BUCKET: "bedrock"}  # fmt: skip
NAMES = 1_000  # apart are the numbers of one person's principals
OF_CONSOLE = ("terminal_type", "customer_type", "workspace")
MODELS = tuple(f"anthropic.claude-{name}" for name in ("opus-5", "sonnet-5-5", "haiku-5-5"))
_TYPE_OF = {column: name for name, column in TOKEN_TYPES.items()}
Fact = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Subject:
    """One released measure: which facts it adds up, and by what they can be told apart.

    columns: those of each table that are added up. axes: columns that vary freely; `type` is the
    column that an amount stands in. counts: which facts it is about.
    """

    measure: str
    columns: Mapping[Table, tuple[str, ...]]
    axes: tuple[str, ...]
    counts: Callable[[Fact], bool] = lambda _: True

    def amounts(self, table: Table, fact: Fact) -> Iterator[tuple[Fact, int]]:
        """Yield what a fact adds to it, with the technical values."""
        for column in self.columns.get(table, ()):
            if fact[column] and self.counts(fact):
                yield {**fact, "type": _TYPE_OF.get(column, "")}, int(fact[column])


def is_code(fact: Fact) -> bool:
    """Say whether a fact is about Claude Code, as those without a product are."""
    return bool(fact.get("product", CLAUDE_CODE) == CLAUDE_CODE)


def is_elsewhere(fact: Fact) -> bool:
    """Say whether a fact is about another product."""
    return not is_code(fact)


def is_feature(fact: Fact) -> bool:
    """Say whether a fact is about a feature."""
    return fact["kind"] in {"skill", "connector", "plugin"}


_SPENT = ("product", "model", "workspace", "service_tier", "cost_type", "connection_id")
_CLIENT = ("model", "terminal_type", "customer_type", "connection_id")
_TOKENS, _COST = tuple(TOKEN_TYPES.values()), ("cost_estimated",)
SUBJECTS = (
    Subject("feature_uses", {t.FEATURE_DAY: ("uses",)}, ("feature", "product", "connection_id"),
            is_feature),
    Subject("messages", {t.SURFACE_DAY: ("messages",)}, ("product", "connection_id")),
    Subject("conversations", {t.SURFACE_DAY: ("conversations",)}, ("product", "connection_id")),
    Subject("cost_billed", {t.COST_DAY: ("cost_billed",)}, _SPENT, is_code),
    Subject("cost_billed_elsewhere", {t.COST_DAY: ("cost_billed",)}, _SPENT, is_elsewhere),
    Subject("requests_elsewhere", {t.USAGE_DAY: ("requests",)},
            tuple(name for name in _SPENT if name != "cost_type"), is_elsewhere),
)  # fmt: skip
_USED = (t.MODEL_USAGE_DAY, t.USAGE_DAY, t.INVOCATION_DAY)
CALLED = (  # what logs of calls tell, and other sources beside them
    Subject("requests", dict.fromkeys((t.USAGE_DAY, t.INVOCATION_DAY), ("requests",)),
            ("model", "connection_id"), is_code),
    Subject("cost_estimated", dict.fromkeys((t.MODEL_USAGE_DAY, t.INVOCATION_DAY), _COST), _CLIENT),
    Subject("tokens", dict.fromkeys(_USED, _TOKENS), (*_CLIENT, "type"), is_code),
)  # fmt: skip


@dataclass
class Town:
    """An organization in a store: who stands where, who is a key, and the facts of its weeks.

    group_of: the key of each one's group; `unassigned` of people on no roster. facts: of a person
    or key, whatever its name there was.
    """

    store: Rolled
    group_of: dict[int, str] = field(default_factory=dict)
    facts: list[tuple[Table, Fact]] = field(default_factory=list)

    def fill(self, rng: np.random.Generator, mondays: Iterable[date]) -> None:
        """Let everybody do something in some weeks."""
        names = _features(rng)
        models, places = rng.integers(1, 4), rng.integers(1, 4)
        products = list(rng.permutation(["chat", "cowork", "office"])[: rng.integers(1, 4)])
        connections = [ENTERPRISE, SECOND] if rng.random() < 0.4 else [ENTERPRISE]
        busy = rng.choice([0.2, 0.5, 0.9])
        for who, group in self.group_of.items():
            is_key = group == AUTOMATION
            mine = CONSOLE if is_key else rng.choice(connections)
            level = rng.lognormal(3, rng.choice([0.3, 1.0, 2.0]))
            tastes = rng.dirichlet(np.full(len(products), 0.5))
            for monday in mondays:
                for number in np.flatnonzero(rng.random(DAYS) < busy * rng.random()).tolist():
                    day = monday + timedelta(days=number)
                    amount = int(level * rng.lognormal(0, 0.5)) + 1
                    shared = {"connection_id": int(mine)}
                    if not is_key:
                        self._say(who, day, rng.choice(products, p=tastes), amount, shared)
                        for kind, name, rank in names:
                            if rng.random() < 0.7 / rank and (rank < 4 or who % 5 < 2):
                                where = str(products[(who + len(name)) % len(products)])
                                self._use(who, day, f"{kind}:{name}", int(rng.integers(1, 30)),
                                          {**shared, "product": where})  # fmt: skip
                    spent = "api" if is_key else str(rng.choice([*products, CLAUDE_CODE]))
                    place = f"w{rng.integers(places)}" if is_key else ""
                    self._pay(who, day, amount, shared | {
                        "product": spent, "model": f"m{int(rng.zipf(1.8)) % int(models)}",
                        "workspace": place, "service_tier": "batch" if rng.random() < 0.2 else "",
                    }, "web" if rng.random() < 0.25 else "tokens")  # fmt: skip

    def call(self, rng: np.random.Generator, mondays: Sequence[date]) -> None:
        """Let people, under several names each, and roles call models that are logged.

        Some use the Console as well. A model of some towns has no price.
        """
        buckets = [BUCKET, SECOND_BUCKET][: rng.integers(1, 3)]
        models = MODELS[: rng.integers(1, len(MODELS) + 1)]
        unpriced = MODELS[0] if rng.random() < 0.4 else ""
        busy, beside = rng.choice([0.2, 0.5, 0.9]), rng.choice([0.0, 0.3, 0.9])
        for who, group in self.group_of.items():
            names = [who + NAMES * n for n in range(1, rng.integers(2, 4))]
            for name in names:
                self.store.principal(name, who, is_named=group != AUTOMATION)
            level = rng.lognormal(3, rng.choice([0.3, 1.0, 2.0]))
            tastes = rng.dirichlet(np.full(len(models), 0.4))
            is_beside = rng.random() < beside
            for monday, number in product(mondays, range(DAYS)):
                if rng.random() > busy * level / (level + 10):
                    continue
                day = monday + timedelta(days=number)
                key = {"model": str(rng.choice(models, p=tastes))}
                amount = int(level * rng.lognormal(0, 0.5)) + 1
                if is_beside and rng.random() < 0.6:
                    self._work(who, day, key, amount, str(rng.choice(["vscode", "tmux"])))
                if not is_beside or rng.random() < 0.6:
                    cost = None if key["model"] == unpriced else 5 * amount
                    self._log(who, day, amount, {
                        **key, "connection_id": int(rng.choice(buckets)), "band": int(amount > 40),
                        "who": int(rng.choice(names)), "cost_estimated": cost,
                    })  # fmt: skip

    def _work(self, who: int, day: date, key: Fact, amount: int, terminal: str) -> None:
        here = {"connection_id": CONSOLE, "terminal_type": terminal, "customer_type": "api"}
        self._add(t.ACTIVITY_DAY, who, day, {**here, "sessions": 1})
        tokens = {"input_tokens": amount, "output_tokens": amount // 3, "cost_estimated": amount}
        model = str(key["model"]).removeprefix("anthropic.")
        self._add(t.MODEL_USAGE_DAY, who, day, {**here, **tokens, "model": model})

    def _log(self, who: int, day: date, amount: int, values: Fact) -> None:
        sums = {
            "requests": amount // 5 + 1,
            "input_tokens": amount,
            "cache_read_tokens": 9 * amount,
        }
        self._add(t.INVOCATION_DAY, who, day, {**sums, **values})
        self.facts[-1] = (t.INVOCATION_DAY, {**self.facts[-1][1], "who": who})

    def without_sessions(self) -> set[int]:
        """Return the people who used Claude Code, but for those whose sessions a source tells."""
        people = {who for who, group in self.group_of.items() if group != AUTOMATION}
        used = {fact["who"] for table, fact in self.facts if table in _USED and is_code(fact)}
        return people & used - {
            fact["who"] for table, fact in self.facts if table is t.ACTIVITY_DAY
        }

    def _say(self, who: int, day: date, where: str, amount: int, shared: Fact) -> None:
        few = {"messages": amount, "conversations": amount // 9, "product": str(where)}
        self._add(t.SURFACE_DAY, who, day, {**few, **shared})

    def _use(self, who: int, day: date, feature: str, uses: int, shared: Fact) -> None:
        kind, _, name = feature.partition(":")
        values = {"kind": kind, "feature": name, "uses": uses}
        self._add(t.FEATURE_DAY, who, day, {**values, **shared})

    def _pay(self, who: int, day: date, amount: int, key: Fact, cost_type: str) -> None:
        self._add(t.USAGE_DAY, who, day, {**key, "requests": amount, "input_tokens": amount})
        money = {"cost_billed": 7 * amount, "cost_list": 9 * amount, "cost_type": cost_type}
        self._add(t.COST_DAY, who, day, {**key, **money})

    def _add(self, table: Table, who: int, day: date, values: Fact) -> None:
        self.store.add(table, day=day, **{"who": who, **values})
        self.facts.append((table, self.store.rows[-1][1]))


def _features(rng: np.random.Generator) -> list[tuple[str, str, int]]:
    """Return kind, name and rank of some features; high ranks are used by few."""
    kinds = ["skill", "connector", "plugin"][: rng.integers(1, 4)]
    return [(kind, f"{kind[0]}{n}", n + 1) for kind in kinds for n in range(rng.integers(1, 6))]


def random_town(rng: np.random.Generator, settings: Settings) -> Town:
    """Return a random organization of 3 to 60 people: teams, some without one, keys, outsiders."""
    store = Rolled(settings)
    for number in (SECOND, BUCKET, SECOND_BUCKET):
        store.connect(number, KINDS[number])
    town = Town(store)
    teams, departments = int(rng.integers(1, 6)), int(rng.integers(1, 4))
    homes = [int(rng.integers(departments)) for _ in range(teams)]
    store.teams(**{
        f"d{n}": [team + 1 for team in range(teams) if homes[team] == n]
        for n in range(departments)
    })  # fmt: skip
    sizes = np.minimum(rng.lognormal(rng.uniform(0.8, 2.2), 0.6, teams).astype(int) + 1, 16)
    number = 0
    for team, size in enumerate(sizes.tolist(), 1):
        people = range(number + 1, number + size + 1)
        store.people(people, team)
        town.group_of |= dict.fromkeys(people, f"team:{team}")
        number += size
    outside = int(rng.choice([0, 0, 1, 3, 7]))
    for who in range(number + 1, number + outside + 1):
        store.somebody(who)
        town.group_of[who] = UNASSIGNED
    number += outside
    for who in range(number + 1, number + int(rng.choice([0, 2, 5])) + 1):
        store.somebody(who, automation=True)
        town.group_of[who] = AUTOMATION
    return town


class Weekly:
    """One measure of one week of a town: the truth, and everything that is released of it."""

    def __init__(
        self, town: Town, subject: Subject, monday: date = MONDAY, days: int = DAYS
    ) -> None:
        self.town, self.subject, self.monday = town, subject, monday
        self.released = town.store.rows_of(t.RELEASE_ROW, measure=subject.measure)
        self.groups = [row for row in town.store.rows_of(t.GROUP_ROW, grain="week")
                       if row.start == monday]  # fmt: skip
        self.teams = sorted(row.key for row in self.groups if row.level == "team") or [
            ALL,
            AUTOMATION,
        ]
        self.facts = [
            (fact["who"], (fact["day"] - monday).days, self._values(told), amount)
            for table, fact in town.facts
            if monday <= fact["day"] < monday + timedelta(days=days)
            for told, amount in subject.amounts(table, fact)
        ]  # fmt: skip
        axes = [sorted({values[n] for _, _, values, _ in self.facts}, key=str)
                for n in range(len(subject.axes))]  # fmt: skip
        self.combinations = list(filter(self._is_possible, product(*axes))) if self.facts else []

    def _is_possible(self, combination: tuple[Any, ...]) -> bool:
        """Say whether a combination can be, as everybody knows.

        Some things only a Console tells, and it always does; models have other names in logs.
        """
        of = dict(zip(self.subject.axes, combination, strict=True))
        kind = KINDS[of["connection_id"]]
        is_named = str(of.get("model")).startswith("anthropic.") == (kind == "bedrock")
        told = [bool(of[name]) == (kind == "console") for name in OF_CONSOLE if name in of]
        return is_named and all(told)

    def _values(self, fact: Fact) -> tuple[Any, ...]:
        """Return the technical values of a fact; a rare name stands under `other` of its kind."""
        made = []
        for axis in self.subject.axes:
            value = fact.get(axis, "")
            if axis == "feature":
                name = f"{fact['kind']}:{value}"
                value = name if name in self.told else f"{fact['kind']}:{OTHER}"
            made.append(value)
        return tuple(made)

    @cached_property
    def told(self) -> frozenset[str]:
        """Return the names of features that are told of the week."""
        rows = self.released
        return frozenset(row.item for row in rows if row.grain == "week" and
                         row.start == self.monday and row.dimension == "feature")  # fmt: skip

    def value_of(self, dimension: str, combination: tuple[Any, ...]) -> str:
        """Return the value that a combination has in a released dimension."""
        of = dict(zip(self.subject.axes, combination, strict=True))
        if dimension == "kind":
            return str(of["feature"]).partition(":")[0]
        if dimension in {"connection", "source"}:
            kind = KINDS[of["connection_id"]]
            return kind if dimension == "source" else f"{kind} {of['connection_id']}"
        return str(of[dimension])

    def column(self, dimension: str, item: str) -> Masks:
        """Return which combinations have a value in a dimension."""
        found = [not dimension or self.value_of(dimension, one) == item
                 for one in self.combinations]  # fmt: skip
        return np.array(found, dtype=np.int64)

    @property
    def dimensions(self) -> list[str]:
        """Return the dimensions by which it is released, but for people and keys."""
        return sorted({row.dimension for row in self.released} - {"", "actor"})

    @cached_property
    def truth(self) -> Truth:
        """Return what an attacker does not know."""
        people = sorted(self.town.group_of)
        amounts = np.zeros((len(people), DAYS, len(self.combinations)), dtype=np.int64)
        place = {one: n for n, one in enumerate(self.combinations)}
        at = {who: n for n, who in enumerate(people)}
        for who, day, values, amount in self.facts:
            amounts[at[who], day, place[values]] += amount
        tables = []
        for dimension in self.dimensions:
            items = sorted({self.value_of(dimension, one) for one in self.combinations})
            tables.append(np.array([self.column(dimension, item) for item in items]))
        row = np.array([self._row(who) for who in people])
        is_key = np.array([self.town.group_of[who] == AUTOMATION for who in people])
        return Truth(amounts, row, len(self.teams), is_key, tables)

    def _row(self, who: int) -> int:
        """Return the row of somebody; any for who does nothing and stands nowhere."""
        group = self.town.group_of[who]
        found = (one.key for one in self.groups if one.level == "team"
                 and group in one.members.split(","))  # fmt: skip
        if group == AUTOMATION:
            return self.teams.index(AUTOMATION)
        return self.teams.index(next(found, self.teams[0]))

    def known(self) -> Iterator[tuple[Masks, int]]:
        """Yield every value of the week that is stored or follows, as (atoms, value).

        What is not stored of a technical value, in a row that is shown, is 0.
        """
        truth = self.truth
        stored: dict[tuple[str, str, str, date], dict[str, Any]] = {}
        for row in self.released:
            key = (row.dimension, row.grain, row.key, row.start)
            stored.setdefault(key, {})[row.item] = row
        for (dimension, grain, key, start), by_item in stored.items():
            days = self._days(grain, start)
            if days is None:
                continue
            total = stored.get(("", grain, key, start), {}).get("")
            items = set(by_item)
            if dimension and total is not None and not total.hidden and dimension != "actor":
                items |= {self.value_of(dimension, one) for one in self.combinations}
            for item in items:
                row = by_item.get(item)
                if row is not None and row.hidden:
                    continue
                mask = np.zeros(truth.shape, dtype=np.int64)
                at = self._rows(key, item if dimension == "actor" else "")
                column = self.column("" if dimension == "actor" else dimension, item)
                mask[np.ix_(at, days)] = column
                yield mask, 0 if row is None else row.value

    def _days(self, grain: str, start: date) -> list[int] | None:
        """Return the days of the week that a period has; None for periods of other weeks."""
        first = (start - self.monday).days
        if not 0 <= first < DAYS or grain == "month":
            return None
        if grain == "day":
            return [first]
        if grain == "part":
            ends = [n for n in range(1, DAYS) if (self.monday + timedelta(days=n)).day == 1]
            return list(range(first, DAYS if first else ends[0]))
        return list(range(DAYS)) if first == 0 else None

    def _rows(self, key: str, actor: str) -> list[int]:
        """Return the team rows of a released row, or those of people or of keys."""
        every = range(len(self.teams))
        if actor:
            return [n for n in every if (self.teams[n] == AUTOMATION) == (actor == AUTOMATION)]
        if key == ALL:
            return list(every)
        parents = {row.key: row.parent for row in self.groups if row.level == "team"}
        return [n for n, team in enumerate(self.teams) if key in {team, parents.get(team)}]
