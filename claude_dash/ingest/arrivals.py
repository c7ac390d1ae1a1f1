"""Parcels to facts: each point once, cumulative series as differences, sessions by day.

One process at a time takes the inbox, a batch in one transaction: what is in it is counted whole
or not at all, and never twice.
"""

import logging
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
from sqlalchemy import Connection, Engine, Table, select
from sqlalchemy.exc import OperationalError

from claude_dash.clock import NANO, day_at, now, week_of
from claude_dash.connections.senders import KINDS, Options
from claude_dash.errors import ClaudeDashError
from claude_dash.facts import tables as t
from claude_dash.facts.batch import DayFacts
from claude_dash.facts.identity import Identified
from claude_dash.facts.parcels import Feature, Parcel, Point, Sender, Series, Setup, unpacked
from claude_dash.facts.reports import LEFT_OUT, SENT_REPORTS
from claude_dash.ingest import arrived_days, series
from claude_dash.ingest.run import Run
from claude_dash.people.hints import join_team
from claude_dash.sources import hooks, otlp_events, telemetry
from claude_dash.store import registry, sent
from claude_dash.store.adding import add, count_aside
from claude_dash.store.checkpoints import records as records_of
from claude_dash.store.inbox import Inbox
from claude_dash.store.locks import hold
from claude_dash.store.seals import sealed_weeks
from claude_dash.store.vault import Vault
from claude_dash.store.write import touch

BATCH = 1_000  # parcels of one transaction
KNOWN = timedelta(hours=48)  # for so long a point is recognised again
OLDEST = timedelta(days=400)  # what is older has a wrong clock
LATE = "older than 48 hours when it arrived"
AGAIN = "the same point again"
SEALED = "its week is sealed"
UNCOUNTED = "it could not be counted"
_LOGGER = logging.getLogger(__name__)
AHEAD_NS = 30 * 24 * 3600 * NANO  # a clock that is further ahead is not followed
_DAY_COLUMNS = ("sessions", "lines_added", "lines_removed", "commits", "pull_requests", "active_ms")
_MODEL_COLUMNS = (
    "input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens",
    "cost_estimated", "requests",
)  # fmt: skip
_TOOL_COLUMNS = ("suggestions_accepted", "suggestions_rejected")
_EMPTY = {"cost_estimated": None, "requests": None}
_OF_NOBODY = frozenset({t.EVENT_DAY, t.SENT_USE})
_SILENT = frozenset({telemetry.STARTS, otlp_events.EVENT, otlp_events.USE})  # no sign of activity


def take_all(engine: Engine, vault: Vault, inbox: Inbox, *, wait: bool = False) -> int:
    """Count everything that waits in the inbox; return how many parcels it was.

    Args:
        engine: The store.
        vault: Opens the identities that are sealed.
        inbox: Of that store.
        wait: Wait for another process that takes it; else leave it to that one.
    """
    done = 0
    with hold(engine, "inbox", wait=wait) as got:
        while got:
            with engine.begin() as connection:
                taken = inbox.take(connection, BATCH)
                _count_whole(connection, vault, [parcel for _, parcel in taken])
                inbox.finish(connection, [number for number, _ in taken])
            inbox.clear()
            done += len(taken)
            if len(taken) < BATCH:
                break
    return done


def _count_whole(connection: Connection, vault: Vault, taken: list[bytes]) -> None:
    """Count parcels; one that cannot be counted is set aside, and holds up no other.

    Raises:
        ConfigError: The vault's key is not that with which they were sealed.
        OperationalError: The store cannot be written now.
    """
    try:
        with connection.begin_nested():
            Arrivals(connection, vault).count([unpacked(one) for one in taken])
    except (ClaudeDashError, OperationalError):
        raise
    except Exception as error:  # noqa: BLE001 - whatever is wrong with one holds up no other
        if len(taken) == 1:
            _LOGGER.warning("a parcel cannot be counted: %s", type(error).__name__)
            with suppress(msgspec.MsgspecError):
                parcel = unpacked(taken[0])
                aside = {(day_at(parcel.arrived), UNCOUNTED): len(parcel.points)}
                count_aside(connection, parcel.connection, SENT_REPORTS["telemetry"], aside)
            return
        middle = len(taken) // 2
        _count_whole(connection, vault, taken[:middle])
        _count_whole(connection, vault, taken[middle:])


def count_arrivals(run: Run) -> None:
    """Count what waits in the inbox, of this connection and of others, and say what came so far."""
    inbox, before = Inbox(run.engine), _records(run)
    try:
        take_all(run.engine, run.vault, inbox, wait=True)
    finally:
        inbox.close()
    counts = _records(run)
    run.outcome.first_day = min(counts, default=None)
    run.outcome.last_day = max(counts, default=None)
    run.outcome.records = sum(counts.values()) - sum(before.values())


def _records(run: Run) -> dict[date, int]:
    with run.engine.connect() as connection:
        return records_of(connection, run.row.id, SENT_REPORTS[run.row.kind])


@dataclass(slots=True)
class _Made:
    """What some parcels come to: sums by table and key, and what is told about them."""

    sums: dict[Table, dict[tuple[Any, ...], dict[str, Any]]] = field(default_factory=dict)
    aside: dict[tuple[int, str], Counter[tuple[date, str]]] = field(default_factory=dict)
    records: Counter[tuple[int, date]] = field(default_factory=Counter)

    def add(
        self, table: Table, key: tuple[Any, ...], empty: Mapping[str, Any], **sums: int | None
    ) -> None:
        """Add to the counters of one row."""
        row = self.sums.setdefault(table, {}).setdefault(key, dict(empty))
        for name, value in sums.items():
            if value is not None:
                row[name] = (row[name] or 0) + value


class Arrivals:
    """Counts parcels in one transaction."""

    def __init__(self, connection: Connection, vault: Vault) -> None:
        self._connection = connection
        self._vault = vault
        self._made = _Made()
        self._kinds = {row.id: row for row in connection.execute(select(t.CONNECTION)).all()}
        self._sealed = sealed_weeks(connection)

    def count(self, parcels: list[Parcel]) -> None:
        """Count parcels; those of removed connections and of erased people are dropped."""
        parcels = [one for one in parcels if one.connection in self._kinds]
        self._recognise(parcels)
        erased = self._named(parcels)
        self._sessions = sent.Sessions(self._connection, _senders(parcels))
        waited = self._waited(parcels, erased)
        setups = sent.setups(
            self._connection, {one.setup for one in (*_senders(parcels), *(w[2] for w in waited))}
        )
        points = [
            (parcel, point)
            for parcel in parcels
            for point in parcel.points
            if parcel.senders[parcel.series[point.series].sender].who not in erased
        ]
        hours = {point.digest: _kept_from(parcel, point) for parcel, point in points}
        fresh = sent.fresh(self._connection, hours)
        differences = series.Differences(self._connection, arrived_days.hour_of(now()))
        for parcel, point in points:
            self._count_point(parcel, point, fresh=fresh, differences=differences, setups=setups)
        differences.store()
        for number, day, sender, features in waited:
            what = Series(0, hooks.WORK, "", features, 0)
            self._add(number, day, sender, setups[sender.setup], what=what, value=1)
        for parcel in parcels:
            self._aside(parcel.connection, day_at(parcel.arrived), parcel.rejects)
        self._store(parcels)

    def _count_point(
        self,
        parcel: Parcel,
        point: Point,
        *,
        fresh: set[int],
        differences: series.Differences,
        setups: Mapping[Setup, int],
    ) -> None:
        what = parcel.series[point.series]
        time = min(point.time, parcel.arrived)
        day = day_at(time)
        if _ago(parcel, time) > self._known_for(parcel):
            self._aside(parcel.connection, day_at(parcel.arrived), {LATE: 1})
        elif week_of(day) in self._sealed:
            self._aside(parcel.connection, day_at(parcel.arrived), {SEALED: 1})
        elif point.digest not in fresh:
            if what.measure != hooks.WORK:  # which the events before and after a call both show
                self._aside(parcel.connection, day_at(parcel.arrived), {AGAIN: 1})
        else:
            fresh.discard(point.digest)
            self._made.records[parcel.connection, day] += 1
            sender = parcel.senders[what.sender]
            setup = setups[sender.setup]
            if not what.digest:
                self._add(parcel.connection, day, sender, setup, what=what, value=point.value)
                return
            found = differences.of(what.digest, point.start, time, point.value)
            for when, value in found:
                if week_of(day_at(when)) not in self._sealed:
                    self._add(
                        parcel.connection, day_at(when), sender, setup, what=what, value=value
                    )

    def _known_for(self, parcel: Parcel) -> timedelta:
        """Return how old a point may be that cannot be a repeat of one that was forgotten."""
        made = self._kinds[parcel.connection].created_at
        is_new = datetime.fromtimestamp(parcel.arrived / NANO, UTC) - made < KNOWN
        return OLDEST if is_new else KNOWN

    def _add(
        self, number: int, day: date, sender: Sender, setup: int, *, what: Series, value: int
    ) -> None:
        made, measure = self._made, what.measure
        key = (number, day, sender.who, sender.terminal_type, setup)
        if measure == otlp_events.EVENT:
            made.add(t.EVENT_DAY, (number, day, what.item), {"number": 0}, number=value)
            return
        if not sender.who:
            for one in (Feature("", ""), *what.features):
                use = (number, day, sender.session, one.kind, one.name)
                made.add(t.SENT_USE, use, {"uses": None}, uses=one.uses)
            return
        if measure in _DAY_COLUMNS:
            made.add(t.CLIENT_DAY, key, dict.fromkeys(_DAY_COLUMNS, 0), **{measure: value})
        elif measure in _MODEL_COLUMNS:
            empty = dict.fromkeys(_MODEL_COLUMNS, 0) | _EMPTY
            made.add(t.CLIENT_MODEL_DAY, (*key, what.item), empty, **{measure: value})
        elif measure in _TOOL_COLUMNS:
            tool, _, source = what.item.partition("|")
            empty = dict.fromkeys(_TOOL_COLUMNS, 0)
            made.add(t.CLIENT_TOOL_DAY, (*key, tool, source), empty, **{measure: value})
        if value > 0:
            self._add_features(number, day, sender.who, what.features)
        starts = value if measure == telemetry.STARTS else 0
        sessions = self._sessions.see(
            number, day, sender, starts=starts, is_active=value > 0 and measure not in _SILENT
        )
        if sessions:
            made.add(t.CLIENT_DAY, key, dict.fromkeys(_DAY_COLUMNS, 0), sessions=sessions)

    def _add_features(self, number: int, day: date, who: int, features: Iterable[Feature]) -> None:
        for one in features:
            key = (number, day, who, one.kind, one.name, "claude_code")
            empty = {"uses": None, "installs": None, "published": None}
            self._made.add(t.FEATURE_DAY, key, empty, uses=one.uses, installs=one.installs)

    def _recognise(self, parcels: list[Parcel]) -> None:
        """Let senders who say no more than their session be whoever telemetry of it names."""
        asked = {one.session for one in _senders(parcels) if not one.who and one.session}
        if asked:
            found = sent.whose(self._connection, asked) | _by_session(parcels)
            for parcel in parcels:
                parcel.senders = [
                    one if one.who else one._replace(who=found.get(one.session, 0))
                    for one in parcel.senders
                ]

    def _waited(
        self, parcels: list[Parcel], erased: set[int]
    ) -> list[tuple[int, date, Sender, tuple[Feature, ...]]]:
        """Return what hooks said of sessions that are named now, by connection, day and sender."""
        named = {one: who for one, who in _by_session(parcels).items() if who not in erased}
        return [
            (
                row.connection_id,
                row.day,
                Sender(named[row.session], 0, b"", row.session, "", Setup()),
                (Feature(row.kind, row.feature, row.uses),) if row.kind else (),
            )
            for row in sent.take_uses(self._connection, set(named))
            if row.connection_id in self._kinds
        ]

    def _named(self, parcels: list[Parcel]) -> set[int]:
        """Give persons to senders that are new; return the pseudonyms that were erased."""
        senders = {
            (parcel.connection, sender.who): (sender, day_at(parcel.arrived))
            for parcel in parcels
            for sender in parcel.senders
            if sender.who and sender.identity
        }
        asked = {who for _, who in senders}
        known = sent.known(self._connection, asked)
        erased = set[int]()
        for number in {number for number, _ in senders}:
            facts = DayFacts()
            first = None
            for (of, who), (sender, day) in senders.items():
                if of == number and who not in known:
                    kind, value, email = msgspec.json.decode(self._vault.unseal(sender.identity))
                    facts.identities[who] = Identified(kind, value, email)
                    first = min(first or day, day)
                    if sender.address:
                        facts.links[who] = sender.address
                        facts.identities[sender.address] = Identified("email", email)
            if not facts.identities:
                continue
            asked = set(facts.identities)
            registry.drop_erased(self._connection, facts)
            erased |= asked - set(facts.identities)
            registry.register_all(self._connection, facts, number, first)
        return erased

    def _aside(self, number: int, day: date, reasons: Mapping[str, int]) -> None:
        for reason, records in reasons.items():
            is_left_out = reason in {LATE, AGAIN, SEALED, telemetry.UNKNOWN}
            kind = self._kinds[number].kind
            report = kind + LEFT_OUT if is_left_out else SENT_REPORTS[kind]
            counts = self._made.aside.setdefault((number, report), Counter())
            counts[day, reason] += records

    def _store(self, parcels: list[Parcel]) -> None:
        for table, rows in self._made.sums.items():
            names = [column.name for column in table.primary_key]
            made = [{**dict(zip(names, key, strict=True)), **sums} for key, sums in rows.items()]
            add(self._connection, table, made)
        for (of, report), counts in self._made.aside.items():
            count_aside(self._connection, of, report, counts)
        self._sessions.store()
        self._place()
        arrived: dict[int, Counter[date]] = {}
        for (number, day), records in self._made.records.items():
            arrived.setdefault(number, Counter())[day] += records
        for parcel in parcels:
            arrived.setdefault(parcel.connection, Counter())[day_at(parcel.arrived)] += 0
        for one, days in arrived.items():
            arrived_days.note(self._connection, self._kinds[one], days)
        keys = (key[1] for table, rows in self._made.sums.items() for key in rows
                if table not in _OF_NOBODY)  # fmt: skip
        touch(self._connection, {week_of(day) for day in keys})

    def _place(self) -> None:
        """Let whoever was seen through a connection that has a team stand in it."""
        teams = {number: Options.load(row.options).team for number, row in self._kinds.items()
                 if row.kind in KINDS}  # fmt: skip
        seen: dict[int, dict[int, date]] = {}
        for table, rows in self._made.sums.items():
            for number, day, who in ((key[0], key[1], key[2]) for key in rows):
                if table not in _OF_NOBODY and teams.get(number):
                    days = seen.setdefault(number, {})
                    days[who] = min(day, days.get(who, day))
        for number, days in seen.items():
            persons = sent.known(self._connection, set(days)).values()
            join_team(self._connection, number, persons, teams[number], min(days.values()))


def _senders(parcels: Iterable[Parcel]) -> Iterator[Sender]:
    return (sender for parcel in parcels for sender in parcel.senders)


def _by_session(parcels: Iterable[Parcel]) -> dict[int, int]:
    """Return who had which session, as far as senders say both."""
    return {one.session: one.who for one in _senders(parcels) if one.who and one.session}


def _kept_from(parcel: Parcel, point: Point) -> int:
    """Return the hour from which on a point is kept: of a fast clock, until it is old as well."""
    at = min(point.time, parcel.arrived + AHEAD_NS)
    return max(at, parcel.arrived) // NANO // 3600


def _ago(parcel: Parcel, time: int) -> timedelta:
    return timedelta(seconds=(parcel.arrived - time) / NANO)
