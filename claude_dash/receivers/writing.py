"""One writer for all requests: what waits is written together, and answered when it is durable."""

import asyncio
import logging
import threading
from collections.abc import Sequence
from queue import Empty, SimpleQueue

from sqlalchemy.exc import SQLAlchemyError

from claude_dash.receivers.bodies import Unavailable
from claude_dash.store.inbox import Inbox

MAX_WAITING = 4_000  # parcels, a few kilobytes each
MAX_TOGETHER = 500
_LOGGER = logging.getLogger(__name__)
_Job = tuple[bytes, "asyncio.Future[None]", asyncio.AbstractEventLoop]


class Writer:
    """Puts parcels into the inbox, in a thread of its own."""

    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox
        self._is_failing = False
        self._jobs: SimpleQueue[_Job | None] = SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="inbox", daemon=True)
        self._thread.start()

    async def put(self, parcel: bytes) -> None:
        """Return once a parcel is durable.

        Raises:
            BodyRejected: The store cannot take it now.
        """
        if self._jobs.qsize() >= MAX_WAITING:
            message = "Too much waits to be stored."
            raise Unavailable(message, "Send it again.")
        loop = asyncio.get_running_loop()
        done: asyncio.Future[None] = loop.create_future()
        self._jobs.put((parcel, done, loop))
        try:
            await done
        except SQLAlchemyError:
            message = "The store cannot be written now."
            raise Unavailable(message, "Send it again.") from None

    def close(self) -> None:
        """Write what waits, and end."""
        self._jobs.put(None)
        self._thread.join()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            jobs = [job, *self._more()]
            is_over = None in jobs
            self._write([one for one in jobs if one is not None])
            if is_over:
                return

    def _more(self) -> list[_Job | None]:
        found: list[_Job | None] = []
        while len(found) < MAX_TOGETHER:
            try:
                found.append(self._jobs.get_nowait())
            except Empty:
                break
            if found[-1] is None:
                break
        return found

    def _write(self, jobs: Sequence[_Job]) -> None:
        error: Exception | None = None
        try:
            self._inbox.put([parcel for parcel, _, _ in jobs])
        except Exception as caught:  # noqa: BLE001 - every one of them has to be answered
            if not self._is_failing:  # the first of them; requests are told of by count
                _LOGGER.warning("the inbox cannot be written: %s", type(caught).__name__)
            error = caught
        self._is_failing = error is not None
        loops = {id(loop): loop for _, _, loop in jobs}
        for key, loop in loops.items():
            mine = [done for _, done, of in jobs if id(of) == key]
            loop.call_soon_threadsafe(_settle, mine, error)


def _settle(waiting: Sequence["asyncio.Future[None]"], error: Exception | None) -> None:
    for one in waiting:
        if one.done():
            continue
        if error is None:
            one.set_result(None)
        else:
            one.set_exception(error)
