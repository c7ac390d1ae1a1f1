"""How many requests a vendor gets in any minute, counted in the store over all processes."""

import time
from collections.abc import Callable

from sqlalchemy import Engine, delete, func, insert, select, update

from claude_dash.facts import tables as t

WINDOW_S = 60.0
MARGIN_S = 0.5  # a request leaves a little after it was counted
JUMP_S = 1.0  # what the clock may gain on the time that passed before it counts as set forward
_LOG = t.REQUEST_LOG


class Budget:
    """Hands out requests so that in any 60 seconds there are at most so many.

    Args:
        engine: The store that every process shares.
        per_minute: The most requests in any 60 seconds.
        now, elapsed, sleep: The clock, seconds that only ever grow, and waiting; for tests.
    """

    def __init__(
        self,
        engine: Engine,
        per_minute: int,
        *,
        now: Callable[[], float] = time.time,
        elapsed: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._engine = engine
        self._per_minute = per_minute
        self._now = now
        self._elapsed = elapsed
        self._sleep = sleep
        self._ahead = now() - elapsed()

    def acquire(self, budget: str) -> None:
        """Wait until one more request to a vendor organization may be sent, and count it."""
        while (wait := self._reserve(budget)) > 0:
            self._sleep(min(wait, WINDOW_S))

    def _reserve(self, budget: str) -> float:
        """Count a request; return 0, or how long to wait before trying again, in seconds."""
        with self._engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                connection.execute(select(func.pg_advisory_xact_lock(func.hashtext(budget))))
            now = self._now()
            mine = _LOG.c.budget == budget
            # A clock that was set forward would make every row look old: they move along with it.
            ahead = now - self._elapsed()
            jump, self._ahead = ahead - self._ahead, ahead
            if jump > JUMP_S:
                connection.execute(update(_LOG).where(mine).values(at=_LOG.c.at + jump))
            # A row from the future is left by a clock that was set back: it counts as now.
            connection.execute(delete(_LOG).where(mine, _LOG.c.at <= now - WINDOW_S - MARGIN_S))
            connection.execute(update(_LOG).where(mine, _LOG.c.at > now).values(at=now))
            newest_first = select(_LOG.c.at).where(mine).order_by(_LOG.c.at.desc())
            nth = connection.execute(newest_first.offset(self._per_minute - 1).limit(1)).scalar()
            if nth is not None:
                return max(float(nth) + WINDOW_S + MARGIN_S - now, MARGIN_S)
            connection.execute(insert(_LOG).values(budget=budget, at=now))
            return 0.0

    def move(self, old: str, new: str) -> None:
        """Count what was sent under one name under another, once the organization is known."""
        with self._engine.begin() as connection:
            connection.execute(update(_LOG).where(_LOG.c.budget == old).values(budget=new))
