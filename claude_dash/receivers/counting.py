"""Counting what arrived, in a process of its own: whoever answers clients waits for none of it.

`python -m claude_dash.receivers.counting` is started by whoever receives. Told to on its standard
input it counts what waits and ends; it ends at once when that input does, since then nobody
receives any more.
"""

import logging
import os
import sys
import threading
import time
from contextlib import suppress

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from claude_dash import log
from claude_dash.config import Settings, settings
from claude_dash.errors import ClaudeDashError
from claude_dash.ingest import arrived_days
from claude_dash.ingest.arrivals import take_all
from claude_dash.rollup import roll_up
from claude_dash.store.engine import open_store
from claude_dash.store.inbox import Inbox
from claude_dash.store.vault import Vault

EVERY_S = 1
LISTENED_EVERY_S = 300
FIGURES_EVERY_S = 20  # and never more than a tenth of the time
NICENESS = 5  # where both are wanted whoever answers goes first
_LOGGER = logging.getLogger(__name__)


class Counting:
    """Counts what arrives every second, and rolls it up within a minute.

    Args:
        engine: The store.
        vault: Its keys.
        settings: For the roll-up.
    """

    def __init__(self, engine: Engine, vault: Vault, settings: Settings) -> None:
        self._engine, self._vault, self._settings = engine, vault, settings
        self._inbox = Inbox(engine)
        self._rolled_at = self._listened_at = float("-inf")
        self._wait_s = float(FIGURES_EVERY_S)
        self._has_new = True  # whoever counted before may have ended before the roll-up

    def run(self, is_over: threading.Event) -> None:
        """Count until it is over, and then what still waits."""
        while not is_over.wait(EVERY_S):
            try:
                self._count()
            except (ClaudeDashError, SQLAlchemyError) as error:
                _LOGGER.warning("arrivals wait: %s", type(error).__name__)
            except Exception:
                _LOGGER.exception("arrivals wait")
        with suppress(ClaudeDashError, SQLAlchemyError):
            take_all(self._engine, self._vault, self._inbox)
        self._inbox.close()

    def _count(self) -> None:
        self._has_new = bool(take_all(self._engine, self._vault, self._inbox)) or self._has_new
        if time.monotonic() - self._listened_at > LISTENED_EVERY_S:
            self._listened_at = time.monotonic()
            with self._engine.begin() as connection:
                arrived_days.awaited(connection)
        if self._has_new and time.monotonic() - self._rolled_at > self._wait_s:
            began = time.monotonic()
            self._has_new = False
            roll_up(self._engine, self._settings)
            self._rolled_at = time.monotonic()
            self._wait_s = max(FIGURES_EVERY_S, 10 * (self._rolled_at - began))


def main() -> None:
    """Count until standard input says that it is over, or ends."""
    log.configure()
    is_over = threading.Event()
    threading.Thread(target=_listen, args=(is_over,), daemon=True).start()
    if sys.platform != "win32":
        os.nice(NICENESS)
    try:
        told = settings()
        Counting(open_store(told.url), Vault(told), told).run(is_over)
    except Exception as error:
        _LOGGER.exception("counting ended")
        raise SystemExit(1) from error


def _listen(is_over: threading.Event) -> None:
    """Take word from whoever started this; without them end: all that is done is transactions."""
    while os.read(sys.stdin.fileno(), 1):
        is_over.set()
    os._exit(0)


if __name__ == "__main__":
    main()
