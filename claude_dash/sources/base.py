"""What a source is: a report that is read by spans of days and turned into facts."""

import importlib
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import cache
from typing import Any, NamedTuple

from sqlalchemy import Table

from claude_dash import sources
from claude_dash.clock import days
from claude_dash.errors import SourceExpiredError
from claude_dash.facts.batch import DayFacts
from claude_dash.facts.identity import Identified
from claude_dash.sources.client import AnthropicClient

MAX_RESTARTS = 5


@dataclass(frozen=True, slots=True)
class Rejected:
    """A record, or a part of one, that was set aside: where it is wrong, never what it holds."""

    reason: str
    day: date | None = None  # None: not known


class Covers(NamedTuple):
    """Up to when the vendor had counted, as a report says of itself; None when it holds nothing."""

    until: datetime | None


class Fact(NamedTuple):
    """A row of a fact table, in two parts.

    key: the columns of the table's primary key, in its order. amounts: the others; None is unknown.
    """

    table: Table
    key: dict[str, Any]
    amounts: dict[str, int | None]


@dataclass(slots=True)
class Read:
    """The facts of each day of a span, and up to when the vendor had counted, if it says so."""

    days: dict[date, DayFacts]
    says: bool = False
    covers_until: datetime | None = None


Reader = Callable[[AnthropicClient, date, date], Iterator[Any]]


@dataclass(frozen=True, slots=True)
class Source:
    """A report of a vendor.

    name: of the `Report` that it reads. floor: the first day that may be asked for. tables: those
    whose rows of a connection and day it owns; owns: columns that tell its rows from those of
    another source that shares a table. read: yields the records of some UTC days (half-open), each
    checked and with its `day`. normalize: turns a record into identities and facts, as (record,
    connection id, pseudonym key). legacy: reads the same from the older endpoint, for
    organizations that do not have this one. max_days: the longest span of one walk; reach_days:
    how far back from today it may be asked for. is_lagging: whether the vendor refuses the newest
    days; today is never asked for then.
    """

    name: str
    floor: date
    tables: tuple[Table, ...]
    read: Reader
    normalize: Callable[[Any, int, bytes], Iterator[Identified | Fact | Rejected]]
    owns: Mapping[str, str] = field(default_factory=dict)
    legacy: Reader | None = None
    max_days: int = 1
    reach_days: int | None = None
    is_lagging: bool = False

    def read_span(
        self,
        client: AnthropicClient,
        span: tuple[date, date],
        connection_id: int,
        key: bytes,
        *,
        is_legacy: bool = False,
    ) -> Read:
        """Return the facts of some UTC days (half-open); a walk whose token runs out begins anew.

        Raises:
            SourceError: The report could not be read; nothing of the span is returned.
        """
        read = self.legacy if is_legacy and self.legacy else self.read
        restarts = 0
        while True:
            try:
                return self.gather(read(client, *span), span, connection_id, key)
            except SourceExpiredError:
                restarts += 1
                if restarts > MAX_RESTARTS:
                    raise

    def gather(
        self, records: Iterable[Any], span: tuple[date, date], connection_id: int, key: bytes
    ) -> Read:
        """Return the facts of some records; those of one key are added up, never overwritten.

        A day without records has no facts; a record of a day outside is set aside.
        """
        made = {day: self._empty() for day in days(*span)}
        found = Read(made)
        rows: dict[tuple[Any, ...], dict[str, Any]] = {}
        for record in records:
            if isinstance(record, Covers):
                earlier = found.covers_until if found.says else record.until
                ends = [one for one in (earlier, record.until) if one is not None]
                found.says, found.covers_until = True, min(ends, default=None)
                continue
            at = made.get(record.day or span[0])
            if at is None:
                made[span[0]].reject("day: outside of what was asked for")
                continue
            at.records += 1
            is_whole = not isinstance(record, Rejected)
            for part in self.normalize(record, connection_id, key) if is_whole else (record,):
                if isinstance(part, Fact):
                    _add(at, rows, part)
                elif isinstance(part, Rejected):
                    at.reject(part.reason)
                else:
                    _name(at, part, key)
        return found

    def _empty(self) -> DayFacts:
        return DayFacts(rows={table: [] for table in self.tables}, owns=self.owns)


def _name(made: DayFacts, one: Identified, key: bytes) -> None:
    who = one.who(key)
    made.identities.setdefault(who, one)
    if one.email:
        address = Identified("email", one.email)
        made.links[who] = address.who(key)
        made.identities.setdefault(made.links[who], address)


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
