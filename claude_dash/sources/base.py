"""What a source is: a report that is read day by day and turned into facts."""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Table

from claude_dash import sources
from claude_dash.errors import SourceExpiredError
from claude_dash.facts.batch import DayFacts
from claude_dash.facts.identity import Identified
from claude_dash.sources.client import AnthropicClient

MAX_RESTARTS = 5


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record, or a part of one, that was set aside: where it is wrong, never what it holds."""

    reason: str


class Fact(NamedTuple):
    """A row of a fact table, in two parts.

    key: the columns of the table's primary key, in its order. amounts: the others; None is unknown.
    """

    table: Table
    key: dict[str, Any]
    amounts: dict[str, int | None]


@dataclass(frozen=True, slots=True)
class Source:
    """A report of a vendor.

    name: `kind.report`. floor: the first day that may be asked for. measures: those it feeds.
    read: yields the records of one UTC day, each of them checked. normalize: turns a record into
    an identity and facts, as (record, connection id, pseudonym key).
    """

    name: str
    floor: date
    measures: tuple[str, ...]
    read: Callable[[AnthropicClient, date], Iterator[Any]]
    normalize: Callable[[Any, int, bytes], Iterator[Identified | Fact | Rejected]]

    def read_day(
        self, client: AnthropicClient, day: date, connection_id: int, key: bytes
    ) -> DayFacts:
        """Return the facts of one UTC day; the walk begins anew when a page token runs out.

        Raises:
            SourceError: The report could not be read; nothing of the day is returned.
        """
        restarts = 0
        while True:
            try:
                return self.gather(self.read(client, day), connection_id, key)
            except SourceExpiredError:
                restarts += 1
                if restarts > MAX_RESTARTS:
                    raise

    def gather(self, records: Iterable[Any], connection_id: int, key: bytes) -> DayFacts:
        """Return the facts of some records; those of one key are added up, never overwritten."""
        made = DayFacts()
        rows: dict[tuple[Any, ...], dict[str, Any]] = {}
        for record in records:
            made.records += 1
            is_whole = not isinstance(record, Rejected)
            for part in self.normalize(record, connection_id, key) if is_whole else (record,):
                if isinstance(part, Fact):
                    _add(made, rows, part)
                elif isinstance(part, Rejected):
                    made.rejects[part.reason] = made.rejects.get(part.reason, 0) + 1
                else:
                    made.identities.setdefault(part.who(key), part)
        return made


def _add(made: DayFacts, rows: dict[tuple[Any, ...], dict[str, Any]], fact: Fact) -> None:
    key = (fact.table.name, *fact.key.values())
    row = rows.get(key)
    if row is None:
        row = rows[key] = {**fact.key, **fact.amounts}
        made.rows[fact.table].append(row)
        return
    for column, amount in fact.amounts.items():
        if amount is not None:
            row[column] = (row[column] or 0) + amount


@cache
def found() -> dict[str, Source]:
    """Return every source of the folder by name, sorted."""
    made: dict[str, Source] = {}
    for module in pkgutil.iter_modules(sources.__path__, f"{sources.__name__}."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, Source):
                made[value.name] = value
    return dict(sorted(made.items()))
