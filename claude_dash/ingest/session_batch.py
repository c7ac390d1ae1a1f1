"""A batch of session files: what is new in them, counted once, with how far they were read.

Everything that comes of a batch is one transaction, so that a process which is ended in the middle
leaves nothing behind and nothing out.
"""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from msgspec.structs import asdict
from sqlalchemy import Connection

from claude_dash.clock import today, week_of
from claude_dash.facts.batch import DayFacts
from claude_dash.facts.identity import Identified
from claude_dash.facts.reports import LEFT_OUT
from claude_dash.ingest.run import Run
from claude_dash.ingest.session_days import FIRST_DAY, REPORT
from claude_dash.sources.session_files import Answer, Change, Found
from claude_dash.store import invocations, registry, session_facts, transcripts
from claude_dash.store.adding import count_aside
from claude_dash.store.overrides import overrides
from claude_dash.store.seals import sealed_weeks
from claude_dash.store.transcripts import PersonDay
from claude_dash.store.write import touch

SEALED = "its week is sealed"
TO_COME = "a day to come"
TOO_OLD = "a day before the first one that is read"
ERASED = "of somebody who was erased"


@dataclass(slots=True)
class Batch:
    """What is new of some files: by identity, and how far each was read, as it is stored."""

    found: dict[Identified, Found] = field(default_factory=dict)
    files: dict[int, dict[str, Any]] = field(default_factory=dict)

    def __len__(self) -> int:
        """Return how much there is to store."""
        return sum(map(len, self.found.values()))


class Counting:
    """Counts files of one connection.

    Args:
        run: The run that reads them.
    """

    def __init__(self, run: Run) -> None:
        self._run = run
        self._number = int(run.row.id)
        since = run.row.backfill_since or run.settings.backfill_since
        self._first = max(since or FIRST_DAY, FIRST_DAY)
        self._sealed: set[date] = set()
        self._left_out = Counter[tuple[date, str]]()
        self.days: set[date] = set()

    def store(self, connection: Connection, batch: Batch) -> None:
        """Store what a batch comes to, and how far its files were read."""
        transcripts.lock(connection)
        self._left_out.clear()
        self._sealed = sealed_weeks(connection)
        known = self._register(connection, batch)
        setups = transcripts.setups(connection, _setups(batch))
        ours, touched, sessions = overrides(connection), set[PersonDay](), set[int]()
        for identity, found in batch.found.items():
            who = identity.who(self._run.vault.pseudonym_key)
            if who not in known:
                self._left_out[today(), ERASED] += found.lines
                continue
            rows = self._rows(found.answers, who, setups)
            made, these = transcripts.keep_answers(connection, rows, ours)
            rows = self._rows(found.changes, who, setups)
            touched |= made | transcripts.keep_changes(connection, rows)
            transcripts.keep_costs(connection, self._said(found, who))
            sessions |= these | found.said.keys()
        touched |= transcripts.settle(connection, sessions)
        session_facts.tell(connection, touched)
        transcripts.keep_files(connection, list(batch.files.values()))
        self._note(connection, batch, touched)

    def _note(self, connection: Connection, batch: Batch, touched: set[PersonDay]) -> None:
        """Keep what was set aside, and which weeks are to be rolled up."""
        rejects = Counter[tuple[date, str]]()
        for found in batch.found.values():
            rejects.update({(today(), reason): n for reason, n in found.rejects.items()})
        count_aside(connection, self._number, REPORT, rejects)
        count_aside(connection, self._number, f"sessions{LEFT_OUT}", self._left_out)
        self.days |= {one.day for one in touched}
        touch(connection, {week_of(one.day) for one in touched})
        outcome = self._run.outcome
        outcome.records += sum(found.lines for found in batch.found.values())
        outcome.rejected += rejects.total()
        outcome.facts += len(touched)
        for one in touched:
            outcome.first_day = min(outcome.first_day or one.day, one.day)
            outcome.last_day = max(outcome.last_day or one.day, one.day)

    def _rows(
        self,
        each: Mapping[int, Answer | Change],
        who: int,
        setups: Mapping[tuple[str, str], int],
    ) -> list[dict[str, Any]]:
        """Return rows as they are stored, of days that can be."""
        rows = []
        days: dict[str, tuple[date, str]] = {}
        for one in each.values():
            if one.day not in days:
                on = date.fromisoformat(one.day)
                days[one.day] = on, self._reason(on)
            day, reason = days[one.day]
            if reason:
                self._left_out[day, reason] += 1
                continue
            row = asdict(one)
            row["setup"] = setups[row.pop("entry_point"), row.pop("version")]
            row["connection_id"], row["who"], row["day"] = self._number, who, day
            rows.append(row)
        return rows

    def _said(self, found: Found, who: int) -> dict[int, list[dict[str, Any]]]:
        """Return rows of what clients said of their cost, by session."""
        rows: dict[int, list[dict[str, Any]]] = {}
        for session, (on, models) in found.said.items():
            day = date.fromisoformat(on) if on else today()
            if not self._reason(day):
                mine = {"connection_id": self._number, "who": who, "session": session, "day": day}
                rows[session] = [mine | asdict(one) | {"model": m} for m, one in models.items()]
        return rows

    def _register(self, connection: Connection, batch: Batch) -> frozenset[int]:
        """Give new identities persons; return the pseudonyms of those that were not erased."""
        key = self._run.vault.pseudonym_key
        facts = DayFacts(identities={one.who(key): one for one in batch.found})
        registry.drop_erased(connection, facts)
        days = [one.day for one in _things(batch)]
        if days:
            invocations.lock(connection)
            first = date.fromisoformat(min(days))
            registry.register_all(connection, facts, self._number, first)
        return frozenset(facts.identities)

    def _reason(self, day: date) -> str:
        if week_of(day) in self._sealed:
            return SEALED
        if day > today():
            return TO_COME
        return TOO_OLD if day < self._first else ""


def _things(batch: Batch) -> Iterator[Answer | Change]:
    for found in batch.found.values():
        yield from found.answers.values()
        yield from found.changes.values()


def _setups(batch: Batch) -> set[tuple[str, str]]:
    return {(one.entry_point, one.version) for one in _things(batch)}
