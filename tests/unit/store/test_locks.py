"""Locks between processes: the second waits, and a killed holder leaves nothing behind."""

from subprocess import Popen
from threading import Event, Thread

import pytest
from sqlalchemy import Engine

from claude_dash.store.engine import open_store
from claude_dash.store.locks import hold
from tests.unit.store.conftest import Start

HOLDER = """
import sys
from claude_dash.store.engine import open_store
from claude_dash.store.locks import hold
with hold(open_store(sys.argv[1]), sys.argv[2]) as got:
    print(got, flush=True)
    sys.stdin.readline()
"""


@pytest.fixture
def held(engine: Engine, start: Start) -> Popen[str]:
    """Return another process that holds the lock `sync:1`."""
    process = start(HOLDER, engine.url, "sync:1")
    assert process.stdout is not None
    assert process.stdout.readline() == "True\n"
    return process


def test_a_lock_is_got_and_freed(engine: Engine) -> None:
    """What nobody holds is got, and can be got again after the block."""
    for _ in range(2):
        with hold(engine, "sync:1", wait=False) as got:
            assert got


def test_the_second_waits_for_the_first(engine: Engine, held: Popen[str]) -> None:
    """While a process holds a lock nobody else gets it; whoever waits gets it right after."""
    with hold(engine, "sync:1", wait=False) as at_once, hold(engine, "sync:2", wait=False) as other:
        assert (at_once, other) == (False, True)
    got, let_go = Event(), Event()

    def wait() -> None:
        with hold(engine, "sync:1"):
            got.set()
            let_go.wait()

    thread = Thread(target=wait)
    thread.start()
    assert not got.is_set()
    assert held.stdin is not None
    held.stdin.write("\n")
    held.stdin.flush()
    assert got.wait(20)
    with hold(engine, "sync:1", wait=False) as mine:
        assert not mine
    let_go.set()
    thread.join()


def test_a_killed_holder_leaves_no_lock(engine: Engine, held: Popen[str]) -> None:
    """After `kill -9` of its holder a lock is free at once."""
    with hold(engine, "sync:1", wait=False) as got:
        assert not got
    held.kill()
    held.wait()
    with hold(engine, "sync:1", wait=False) as got:
        assert got


def test_it_is_freed_when_the_block_fails(engine: Engine) -> None:
    """An error inside the block frees the lock and comes through."""
    with pytest.raises(ZeroDivisionError), hold(engine, "sync:1"):
        raise ZeroDivisionError
    with hold(engine, "sync:1", wait=False) as got:
        assert got


def test_a_store_in_memory_has_locks_too() -> None:
    """Threads of one process exclude each other where there is no file."""
    engine = open_store("sqlite://")
    with hold(engine, "sync:1") as first, hold(engine, "sync:1", wait=False) as second:
        assert (first, second) == (True, False)
    with hold(engine, "sync:1", wait=False) as got:
        assert got
    engine.dispose()
