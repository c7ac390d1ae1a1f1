"""Receiving: the addresses that clients send to, and the counting behind them."""

import logging
import threading
import time
from contextlib import suppress

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from claude_dash.clock import today
from claude_dash.config import Settings
from claude_dash.errors import ClaudeDashError
from claude_dash.facts.reports import LEFT_OUT
from claude_dash.ingest import arrived_days
from claude_dash.ingest.arrivals import take_all
from claude_dash.receivers.otlp import Receiver
from claude_dash.receivers.writing import Writer
from claude_dash.rollup import roll_up
from claude_dash.store import tokens
from claude_dash.store.adding import count_aside
from claude_dash.store.inbox import Inbox
from claude_dash.store.vault import Vault

EVERY_S = 1
NOTE_EVERY_S = 300
FIGURES_EVERY_S = 20  # and never more than a tenth of the time
_LOGGER = logging.getLogger(__name__)


class Receiving:
    """Takes what is sent, counts it every second, and rolls it up within a minute.

    Args:
        engine: The store.
        vault: Its keys.
        settings: For the roll-up.
    """

    def __init__(self, engine: Engine, vault: Vault, settings: Settings) -> None:
        self._engine, self._vault, self._settings = engine, vault, settings
        self._inbox = Inbox(engine)
        self._writer = Writer(self._inbox)
        self.receiver = Receiver(engine, vault, self._writer)
        self._is_over = threading.Event()
        self._rolled_at = self._noted_at = float("-inf")
        self._wait_s = float(FIGURES_EVERY_S)
        self._has_new = False
        self._thread = threading.Thread(target=self._run, name="arrivals", daemon=True)

    def start(self) -> None:
        """Begin to count what arrives."""
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, count it, and end."""
        self._is_over.set()
        self._thread.join()
        self._writer.close()
        with suppress(ClaudeDashError, SQLAlchemyError):
            take_all(self._engine, self._vault, self._inbox)
        self._inbox.close()

    def _run(self) -> None:
        while not self._is_over.wait(EVERY_S):
            try:
                self._count()
            except (ClaudeDashError, SQLAlchemyError) as error:
                _LOGGER.warning("arrivals wait: %s", type(error).__name__)
            except Exception:
                _LOGGER.exception("arrivals wait")

    def _count(self) -> None:
        self._has_new = bool(take_all(self._engine, self._vault, self._inbox)) or self._has_new
        if time.monotonic() - self._noted_at > NOTE_EVERY_S or self.receiver.refused:
            self._noted_at = time.monotonic()
            self._note()
        if self._has_new and time.monotonic() - self._rolled_at > self._wait_s:
            began = time.monotonic()
            self._has_new = False
            roll_up(self._engine, self._settings)
            self._rolled_at = time.monotonic()
            self._wait_s = max(FIGURES_EVERY_S, 10 * (self._rolled_at - began))

    def _note(self) -> None:
        """Keep that somebody listened, what was refused, and which tokens are in use."""
        receiver = self.receiver
        refused, receiver.refused = receiver.refused, type(receiver.refused)()
        used, receiver.used = receiver.used, set()
        with self._engine.begin() as connection:
            arrived_days.awaited(connection)
            tokens.note_used(connection, used)
            for (number, kind, reason), requests in refused.items():
                count_aside(connection, number, kind + LEFT_OUT, {(today(), reason): requests})
