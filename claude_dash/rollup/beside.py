"""A second process that makes weeks beside the first: a machine has more than one processor.

It looks at the store a moment later. A week that was marked in between may have other facts by
then, and is made by the first; all that changes what a week is made of marks it.
"""

import gc
import os
import subprocess
import sys
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import date
from multiprocessing import Pipe
from multiprocessing.connection import Connection as End
from typing import Any

from sqlalchemy import Connection, Engine, select

from claude_dash.facts import tables as t
from claude_dash.privacy.policy import Policy
from claude_dash.rollup.known import Known
from claude_dash.rollup.weeks import MadeWeek, Touched, make_week
from claude_dash.store.engine import one_state, open_store

FROM_WEEKS = 8  # with fewer it is not worth the start of a process
_COMMAND = "from claude_dash.rollup.beside import serve; serve()"
GIVEN = 2  # one that it makes, and one for when that is done


def marks_of(connection: Connection) -> dict[date, int]:
    """Return how often each week is marked for the roll-up."""
    c = t.TOUCHED_WEEK.c
    return dict(connection.execute(select(c.week, c.marks)).tuples().all())


@contextmanager
def accompanied(engine: Engine) -> Iterator["Companion"]:
    """Yield the other process, ready to look at a store, for as long as the block lasts."""
    ours, theirs = Pipe()
    number = theirs.fileno()
    command = [sys.executable, "-c", _COMMAND, str(number)]
    process = subprocess.Popen(command, pass_fds=[number])  # noqa: S603 - a fixed command of ours
    theirs.close()
    companion = Companion(ours, process)
    companion.send(engine.url.render_as_string(hide_password=False))
    companion.received()  # it is ready
    try:
        yield companion
    finally:
        ours.close()
        process.kill()
        process.wait()


@dataclass(frozen=True, slots=True)
class Companion:
    """The other process; where it has ended, nothing is lost but time."""

    pipe: "End[Any, Any]"
    process: "subprocess.Popen[bytes]"

    def weeks(
        self,
        connection: Connection,
        weeks: Sequence[Touched],
        marks: Mapping[date, int],
        known: Known,
        policy: Policy,
    ) -> Iterator[MadeWeek]:
        """Yield every week once it is made, here or there.

        Args:
            connection: That of the draft, in its one state of the store.
            weeks: Which.
            marks: How often each is marked in that state.
            known: What is known of people.
            policy: k, c and p.
        """
        self.send(policy)
        theirs = self.received() or {}
        left, given = deque(weeks), dict[date, Touched]()
        while left or given:
            while left and len(given) < GIVEN and _is_same(left[-1], marks, theirs):
                week = left.pop()
                given[week.monday] = week
                self.send(week)
            if given and (not left or self.pipe.poll()):
                made = self.received()
                if made is None:
                    left.extend(given.values())
                    given, theirs = {}, {}
                else:
                    del given[made.monday]
                    yield made
            elif left:
                yield make_week(connection, left.popleft(), known, policy)
        self.send(None)

    def received(self) -> Any:  # noqa: ANN401 - that it is ready, marks, weeks
        """Return what the other sends next, None when it has ended."""
        try:
            return self.pipe.recv()
        except (EOFError, OSError):
            return None

    def send(self, what: object) -> None:
        """Send something, unless the other has ended."""
        with suppress(OSError):
            self.pipe.send(what)


def _is_same(week: Touched, ours: Mapping[date, int], theirs: Mapping[date, int]) -> bool:
    return theirs.get(week.monday) == ours[week.monday]


def serve() -> None:
    """Make the weeks that are asked for, until nobody asks any more: the other's whole life."""
    pipe: End[Any, Any] = End(int(sys.argv[1]))
    gc.disable()
    engine = open_store(pipe.recv())
    pipe.send("ready")
    with suppress(EOFError, OSError), ThreadPoolExecutor(max_workers=1) as sender:
        while True:
            policy = pipe.recv()
            with engine.connect() as connection, one_state(connection):
                pipe.send(marks_of(connection))
                known = Known.load(connection)
                while (week := pipe.recv()) is not None:
                    made = make_week(connection, week, known, policy)
                    sender.submit(pipe.send, made).add_done_callback(_end_unless_sent)


def _end_unless_sent(sending: "Future[None]") -> None:
    """End the process where a week could not be sent, so that nobody waits for it."""
    if sending.exception():
        os._exit(1)
