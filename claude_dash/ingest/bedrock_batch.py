"""A batch of log objects: every request counted once, summed by identity, day and model, stored.

Everything that comes of a batch is one transaction, so that a process which is ended in the middle
leaves nothing behind and nothing out.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

from sqlalchemy import Connection

from claude_dash import prices
from claude_dash.clock import today, week_of
from claude_dash.connections.bedrock_options import Options
from claude_dash.facts import tables as t
from claude_dash.facts.batch import DayFacts
from claude_dash.facts.identity import Identified
from claude_dash.facts.logs import Listed
from claude_dash.facts.reports import LEFT_OUT
from claude_dash.ingest.bedrock_days import FIRST_DAY, REPORT
from claude_dash.ingest.run import Run
from claude_dash.sources.bedrock_log import Call, ObjectCalls
from claude_dash.sources.bedrock_names import Principal
from claude_dash.sources.bedrock_reading import ANOTHER_ACCOUNT, Placed
from claude_dash.store import invocations, objects, registry
from claude_dash.store.adding import count_aside
from claude_dash.store.overrides import overrides
from claude_dash.store.seals import sealed_weeks
from claude_dash.store.write import touch

FAILED = "the call failed"
MAX_PLACES = 50_000
TWICE = "the same request again"
UNCOUNTED = "counted, but without tokens in the log"
SEALED = "its week is sealed"
TO_COME = "a day to come"
TOO_OLD = "a day before there were logs"
BAD_LINE = "line: not a record"
FOREIGN = "schemaType: another kind of log"
OTHER_VERSION = "schemaVersion: not 1"
KINDS = {"person": "principal", "unnamed": "unnamed", "service": "unnamed"}


@dataclass(frozen=True, slots=True)
class ReadObject:
    """An object that was read, or why it does not count: then `calls` is None.

    state: what becomes of it. hint, is_denied: of an object to which access was refused.
    """

    listed: Listed
    etag: str
    account: str
    calls: ObjectCalls | None = None
    state: str = objects.DONE
    reason: str = ""
    hint: str = ""
    is_denied: bool = False


_Key = tuple[int, date, str, str, int]  # who, day, model, scope, band


@dataclass(slots=True)
class Batch:
    """What some objects come to.

    sums: per key the counters, in the order of `invocations.COUNTERS`. rejects: records that could
    not be read, left_out: calls that do not count, or not fully; by day and reason.
    """

    sums: dict[_Key, list[int]] = field(default_factory=dict)
    identities: dict[int, Identified] = field(default_factory=dict)
    rejects: Counter[tuple[date, str]] = field(default_factory=Counter)
    left_out: Counter[tuple[date, str]] = field(default_factory=Counter)


class Counting:
    """Counts objects of one connection.

    Args:
        run: The run that reads them.
        options: Which calls are Claude Code, and what names a person.
    """

    def __init__(self, run: Run, options: Options) -> None:
        self._run = run
        self._reading = options.reading()
        self._places: dict[tuple[Any, ...], Placed] = {}

    @property
    def _number(self) -> int:
        return int(self._run.row.id)

    @cached_property
    def _key(self) -> bytes:
        return self._run.vault.pseudonym_key

    @property
    def keys(self) -> frozenset[str]:
        """Return the keys of request metadata that are needed."""
        return self._reading.keys

    def store(self, connection: Connection, read: Sequence[ReadObject]) -> None:
        """Store what some objects come to, and what came of each."""
        days = _days(read)
        fresh = invocations.fresh(connection, self._number, days)
        made = self._summed(read, fresh, sealed_weeks(connection))
        self._write(connection, made)
        count_aside(connection, self._number, REPORT, made.rejects)
        count_aside(connection, self._number, f"bedrock{LEFT_OUT}", made.left_out)
        objects.mark(
            connection,
            self._number,
            {one.listed.key: (one.state, one.etag, one.reason) for one in read},
        )
        touch(connection, {week_of(key[1]) for key in made.sums})
        self._count(read, made)

    def _summed(self, read: Sequence[ReadObject], fresh: set[bytes], sealed: set[date]) -> Batch:
        made, left = Batch(), fresh.copy()
        for one in read:
            found = one.calls
            if found is None:
                continue
            for reason, number in (
                (BAD_LINE, found.bad_lines),
                (FOREIGN, found.foreign),
                (OTHER_VERSION, found.other_versions),
            ):
                if number:
                    made.rejects[one.listed.day, reason] += number
            for call in found.calls:
                day = date.fromisoformat(call.day)
                if _is_misplaced(call, one.account):
                    made.left_out[day, ANOTHER_ACCOUNT] += 1
                    continue
                if call.request not in left:
                    made.left_out[day, TWICE] += 1
                    continue
                left.remove(call.request)
                self._add(made, call, day, one.account, sealed)
        return made

    def _add(self, made: Batch, call: Call, day: date, account: str, sealed: set[date]) -> None:
        place = self._place(call, account)
        reason = place.reason
        if call.is_error and not call.has_counts:
            reason = FAILED
        elif not reason and week_of(day) in sealed:
            reason = SEALED
        elif not reason and day > today():
            reason = TO_COME
        elif not reason and day < FIRST_DAY:
            reason = TOO_OLD
        if reason:
            made.left_out[day, reason] += 1
            return
        if not call.is_whole and not call.is_error:
            made.left_out[day, UNCOUNTED] += 1
        identity = _identified(place.principal)
        who = identity.who(self._key)
        made.identities.setdefault(who, identity)
        key = (who, day, place.model.model, place.model.scope, self._band(call, place.model.model))
        sums = made.sums.setdefault(key, [0] * len(invocations.COUNTERS))
        for at, number in enumerate(
            (1, call.input, call.output, call.cache_read, call.cache_write)
        ):
            sums[at] += number

    def _place(self, call: Call, account: str) -> Placed:
        carried = tuple(sorted((call.metadata or {}).items()))
        key = (call.arn, call.model_id, call.operation, call.account, account, carried)
        if key not in self._places:
            if len(self._places) >= MAX_PLACES:  # sessions whose names change on every run
                self._places.clear()
            self._places[key] = self._reading.place(call, account)
        return self._places[key]

    @staticmethod
    def _band(call: Call, model: str) -> int:
        band = prices.band_of(model)
        return int(band is not None and call.input + call.cache_read + call.cache_write > band)

    def _write(self, connection: Connection, made: Batch) -> None:
        rows = [
            {
                "connection_id": self._number,
                "day": day,
                "who": who,
                "model": model,
                "scope": scope,
                "band": band,
                **dict(zip(invocations.COUNTERS, sums, strict=True)),
            }
            for (who, day, model, scope, band), sums in made.sums.items()
        ]
        facts = DayFacts(identities=made.identities, rows={t.INVOCATION_DAY: rows})
        for who, one in list(made.identities.items()):
            if one.email:
                address = Identified("email", one.email)
                facts.links[who] = address.who(self._key)
                facts.identities.setdefault(facts.links[who], address)
        registry.drop_erased(connection, facts)
        invocations.lock(connection)
        first = min((key[1] for key in made.sums), default=None)
        registry.register_all(connection, facts, self._number, first)
        invocations.add(connection, facts.rows[t.INVOCATION_DAY], overrides(connection))

    def _count(self, read: Sequence[ReadObject], made: Batch) -> None:
        outcome = self._run.outcome
        for one in read:
            if one.calls is None:
                outcome.rejected += 1
                continue
            outcome.records += one.calls.lines
            outcome.rejected += one.calls.bad_lines
        outcome.facts += len(made.sums)
        for day in {key[1] for key in made.sums}:
            outcome.first_day = min(outcome.first_day or day, day)
            outcome.last_day = max(outcome.last_day or day, day)


def _days(read: Sequence[ReadObject]) -> dict[bytes, date]:
    """Return the day of every request, that of its first record."""
    found: dict[bytes, date] = {}
    for one in read:
        for call in one.calls.calls if one.calls else ():
            if not _is_misplaced(call, one.account):
                found.setdefault(call.request, date.fromisoformat(call.day))
    return found


def _is_misplaced(call: Call, account: str) -> bool:
    """Say whether a call stands in the logs of another account: a copy, which is not the call."""
    return bool(call.account and account and call.account != account)


def _identified(principal: Principal) -> Identified:
    kind: Any = KINDS[principal.kind]
    return Identified(kind, principal.value, principal.email)
