"""A year rebuilt after a change of order and after a bulk merge, beside pages and another writer.

The rebuild is a process beside the one that answers, as when an administrator changes something.
"""

import resource
import subprocess
import threading
import time
from collections.abc import Callable
from itertools import cycle

from asked import PAGES, Call, taken_down
from sqlalchemy import Engine

MERGED_PAIRS = 200
QUIET_S = 20
WRITES_EVERY_S = 0.2
PAGE_EVERY_S = 1


def measure_rebuilds(engine: Engine, people: int) -> None:
    """Print how long each takes, what pages take meanwhile, and how long a writer waits at most."""
    calls = {page: list(taken_down(page, "week").values()) for page in PAGES}
    began = time.perf_counter()
    print(f"quiet: {_pages(calls, lambda: time.perf_counter() - began < QUIET_S)}", flush=True)
    _after("a change of order", engine, lambda: _reorder(engine), calls)
    _after(f"{MERGED_PAIRS} merges at once", engine, lambda: _merge(engine, people), calls)


def _after(
    what: str, engine: Engine, change: Callable[[], None], calls: dict[str, list[Call]]
) -> None:
    from claude_dash.ui.server import REBUILDING

    change()
    weeks, is_over = _touched(engine), threading.Event()
    began = time.perf_counter()

    def rebuild() -> None:
        subprocess.run(REBUILDING, check=True)
        is_over.set()

    waits: list[float] = []
    beside = [threading.Thread(target=rebuild),
              threading.Thread(target=_write, args=(engine, is_over, waits))]  # fmt: skip
    for one in beside:
        one.start()
    beside_it = _pages(calls, lambda: not is_over.is_set())
    for one in beside:
        one.join()
    took = time.perf_counter() - began
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"rebuild of {weeks} weeks after {what}: {took:.0f} s (wanted: 300 s or less)")
    print(f"  processor time so far {spent.ru_utime + spent.ru_stime:.0f} s, peak memory "
          f"{spent.ru_maxrss // 1024} MB")  # fmt: skip
    print(f"  meanwhile: {beside_it}")
    print(f"  another writer waited {max(waits):.2f} s at most", flush=True)


def _touched(engine: Engine) -> int:
    from claude_dash.facts import tables as t

    with engine.connect() as connection:
        return len(connection.execute(t.TOUCHED_WEEK.select()).all())


def _pages(calls: dict[str, list[Call]], goes_on: Callable[[], bool]) -> str:
    """Open one page after the other for as long as it goes on; return how long they took."""
    took: dict[str, list[float]] = {}
    for page in cycle(calls):
        began = time.perf_counter()
        for call in calls[page]:
            call()
        took.setdefault(page, []).append((time.perf_counter() - began) * 1000)
        if not goes_on():
            break
        time.sleep(PAGE_EVERY_S)  # so often a reader opens one
    every = sorted(one for of in took.values() for one in of)
    slowest = max(took, key=lambda page: max(took[page]))
    return (
        f"data of {len(every)} pages, p50 {every[len(every) // 2]:.0f} ms, "
        f"p95 {every[int(len(every) * 0.95)]:.0f} ms, slowest {slowest} {every[-1]:.0f} ms"
    )


def _write(engine: Engine, is_over: threading.Event, waits: list[float]) -> None:
    """Take the write lock every now and then, as whoever counts what arrives."""
    while not is_over.wait(WRITES_EVERY_S):
        began = time.perf_counter()
        with engine.begin() as connection:
            connection.exec_driver_sql("UPDATE setting SET value = value WHERE name = 'revision'")
        waits.append(time.perf_counter() - began)


def _reorder(engine: Engine) -> None:
    from claude_dash.rollup.once import ORDER
    from claude_dash.rollup.order import order_of, set_order

    with engine.connect() as connection:
        is_own = tuple(order_of(connection)) == tuple(ORDER)
    first, second, *rest = ORDER
    set_order(engine, (second, first, *rest) if is_own else ORDER, actor="bench")


def _merge(engine: Engine, people: int) -> None:
    """Let pairs of the last people be one; those of an earlier run are one already."""
    from claude_dash.facts import tables as t
    from claude_dash.people.identities import accept

    c = t.IDENTITY.c
    with engine.connect() as connection:
        query = t.IDENTITY.select().where(c.person_id <= people).order_by(c.person_id.desc())
        who = {row.person_id: row.who for row in connection.execute(query)}
    last = list(who.values())[: 2 * MERGED_PAIRS]
    began = time.perf_counter()
    accept(engine, zip(last[::2], last[1::2], strict=True), actor="bench")
    print(f"{MERGED_PAIRS} merges at once: {time.perf_counter() - began:.1f} s")
