"""Receiving: the addresses that clients send to, and the process that counts behind them."""

import logging
import subprocess
import sys
import threading
import time
from contextlib import suppress

from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from claude_dash.clock import today
from claude_dash.facts.reports import LEFT_OUT
from claude_dash.receivers.otlp import Receiver
from claude_dash.receivers.writing import Writer
from claude_dash.store import tokens
from claude_dash.store.adding import count_aside
from claude_dash.store.inbox import Inbox
from claude_dash.store.vault import Vault

EVERY_S = 1
NOTE_EVERY_S = 300
TELL_EVERY_S = 60
AGAIN_S = 5  # between two starts of a process that ends by itself
PATIENCE_S = 30  # for the last that waits to be counted; what is left is counted at the next start
COUNTING = (sys.executable, "-m", "claude_dash.receivers.counting")
_LOGGER = logging.getLogger(__name__)


class Receiving:
    """Takes what is sent, and sees to it that it is counted.

    Args:
        engine: The store, that of this process's settings.
        vault: Its keys.
        is_counting: Whether a process of our own counts; else somebody else does.
    """

    def __init__(self, engine: Engine, vault: Vault, *, is_counting: bool = True) -> None:
        self._engine = engine
        self._inbox = Inbox(engine)
        self._writer = Writer(self._inbox)
        self.receiver = Receiver(engine, vault, self._writer)
        self.counting = Child() if is_counting else None
        self._is_over = threading.Event()
        self._noted_at = self._told_at = float("-inf")
        self._thread = threading.Thread(target=self._run, name="receiving", daemon=True)

    def start(self) -> None:
        """Begin to count what arrives."""
        if self.counting:
            self.counting.start()
        self._thread.start()

    def stop(self) -> None:
        """Write what waits, have it counted, and end."""
        self._is_over.set()
        self._thread.join()
        self._writer.close()
        if self.counting:
            self.counting.stop()
        self._inbox.close()

    def _run(self) -> None:
        while not self._is_over.wait(EVERY_S):
            if self.counting:
                self.counting.keep_alive()
            if time.monotonic() - self._noted_at > NOTE_EVERY_S or self.receiver.refused:
                self._noted_at = time.monotonic()
                self._try_note()
            if time.monotonic() - self._told_at > TELL_EVERY_S:
                self._tell()
        self._try_note()
        self._tell()

    def _tell(self) -> None:
        """Log how many requests were not taken: a line for all of them, and nothing of theirs."""
        counts, self.receiver.not_taken = self.receiver.not_taken, type(self.receiver.not_taken)()
        if counts:
            self._told_at = time.monotonic()
            told = ", ".join(f"{counts[status]} x {status}" for status in sorted(counts))
            _LOGGER.warning("requests that were not taken: %s", told)

    def _try_note(self) -> None:
        try:
            self._note()
        except SQLAlchemyError as error:
            _LOGGER.warning("uses of tokens wait: %s", type(error).__name__)
        except Exception:
            _LOGGER.exception("uses of tokens wait")

    def _note(self) -> None:
        """Keep what was refused, and which tokens are in use."""
        receiver = self.receiver
        refused, receiver.refused = receiver.refused, type(receiver.refused)()
        used, receiver.used = receiver.used, set()
        try:
            with self._engine.begin() as connection:
                tokens.note_used(connection, used)
                for (number, kind, reason), requests in refused.items():
                    count_aside(connection, number, kind + LEFT_OUT, {(today(), reason): requests})
        except SQLAlchemyError:
            receiver.refused.update(refused)
            receiver.used |= used
            raise


class Child:
    """The process that counts; it ends with this one, however this one ends."""

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._began_at = float("-inf")

    @property
    def pid(self) -> int:
        """The number of the process; 0 before it was started."""
        return self._process.pid if self._process else 0

    def start(self) -> None:
        """Start it. Ctrl-C is ours alone, its end comes through its standard input."""
        self._began_at = time.monotonic()
        self._process = subprocess.Popen(  # noqa: S603 - a command of ours
            COUNTING, stdin=subprocess.PIPE, bufsize=0, process_group=0
        )

    def keep_alive(self) -> None:
        """Start it again where it ended."""
        process = self._process
        if process is None or process.poll() is None:
            return
        if time.monotonic() - self._began_at < AGAIN_S:
            return
        _LOGGER.warning("counting ended with %s and is started again", process.returncode)
        _close(process)
        self.start()

    def stop(self) -> None:
        """Let it count what waits, and end."""
        process, self._process = self._process, None
        if process is None:
            return
        with suppress(OSError):  # where it has ended already
            process.stdin.write(b".")  # type: ignore[union-attr] # it is a pipe
        try:
            process.wait(PATIENCE_S)
        except subprocess.TimeoutExpired:
            process.kill()
        _close(process)


def _close(process: subprocess.Popen[bytes]) -> None:
    with process:  # closes its pipe and waits for it
        pass
