"""One run over one connection: what it reads for, what came of it, and how far it got."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import Engine, Row, select, update

from claude_dash.config import Settings
from claude_dash.facts import tables as t
from claude_dash.rollup import roll_up
from claude_dash.store import checkpoints
from claude_dash.store.vault import Vault

ROLL_UP_EVERY_S = 15.0
ROLL_UP_SHARE = 4.0
PROGRESS_EVERY_S = 1.0
PACE_S = 20.0  # before that the pace is not known
MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a sync got: the day it reached, newest first, and how many of how many it read.

    size: bytes that were read, of a source that is read by objects; else None, and it is days.
    left_s: in how many seconds it may end, once that can be told.
    """

    name: str
    day: date
    read: int
    of: int
    size: int | None = None
    left_s: float | None = None

    @property
    def so_far(self) -> str:
        """Say what was read of what there is."""
        if self.size is None:
            return f"{self.read} of at most {self.of} days read{self._left}"
        size = f"{self.size / MEGABYTE:.1f} MB"
        return f"{self.read:,} of {self.of:,} objects read ({size}){self._left}"

    @property
    def _left(self) -> str:
        if self.left_s is None:
            return ""
        minutes = round(self.left_s / 60)
        return f", about {minutes} min left" if minutes > 1 else ", about a minute left"

    def __str__(self) -> str:
        """Say it in one line for the terminal."""
        return f"{self.name}: {self.so_far}, at {self.day}"


@dataclass(slots=True)
class Outcome:
    """What came of one connection, as scripts read it."""

    name: str
    kind: str
    status: str = "ok"
    error: dict[str, str] | None = None
    first_day: date | None = None
    last_day: date | None = None
    records: int = 0
    facts: int = 0
    rejected: int = 0
    requests: int = 0
    retries: int = 0
    seconds: float = 0.0


@dataclass(slots=True)
class Run:
    """One run over one connection.

    of: how many there are to read; is_listed: whether that is all of them.
    """

    engine: Engine
    vault: Vault
    settings: Settings
    row: Row[Any]
    outcome: Outcome
    tell: Callable[[Progress], None]
    told_at: float = field(default=0.0)
    began_at: float = field(default_factory=time.monotonic)
    roll_up_at: float = field(default_factory=lambda: time.monotonic() + ROLL_UP_EVERY_S)
    of: int = 0
    read: int = 0
    is_listed: bool = True
    is_stopped: bool = False

    def is_wanted(self) -> bool:
        """Say whether the connection was neither paused nor removed since the run began."""
        c = t.CONNECTION.c
        with self.engine.connect() as connection:
            found = connection.execute(select(c.status).where(c.id == self.row.id)).scalar()
        self.is_stopped = found not in {"ok", self.row.status}
        return not self.is_stopped

    def told(self, day: date, size: int | None = None) -> None:
        """Tell how far reading got, once a second and at its end."""
        if time.monotonic() - self.told_at <= PROGRESS_EVERY_S and self.read != self.of:
            return
        self.told_at = time.monotonic()
        step = Progress(self.row.name, day, self.read, self.of, size, self._left_s())
        self.note(progress=json.dumps({"day": day.isoformat(), "read": step.read, "of": step.of,
                                       "says": step.so_far}))  # fmt: skip
        self.tell(step)

    def _left_s(self) -> float | None:
        """Return how long the rest takes at the pace so far; None while that is a guess."""
        took = time.monotonic() - self.began_at
        if took < PACE_S or not self.read or not self.is_listed:
            return None
        return max(self.of - self.read, 0) * took / self.read

    def show_early(self) -> None:
        """Show early figures; they are worth a fifth of the time, whatever the size."""
        if time.monotonic() <= self.roll_up_at:
            return
        began = time.monotonic()
        roll_up(self.engine, self.settings)
        self.roll_up_at = time.monotonic() + max(
            ROLL_UP_EVERY_S, ROLL_UP_SHARE * (time.monotonic() - began)
        )

    def note(self, **values: Any) -> None:  # noqa: ANN401 - columns of the table
        """Keep something at the connection."""
        with self.engine.begin() as connection:
            changed = update(t.CONNECTION).where(t.CONNECTION.c.id == self.row.id)
            connection.execute(changed.values(**values))

    def note_report(self, report: str, **values: Any) -> None:  # noqa: ANN401 - columns of the table
        """Keep something at one report of the connection."""
        with self.engine.begin() as connection:
            checkpoints.note_state(connection, self.row.id, report, **values)
