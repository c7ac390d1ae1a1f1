"""The request budget: never more than so many in any minute, over all who ask."""

import random

import pytest
from sqlalchemy import Engine, select

from claude_dash.facts import tables as t
from claude_dash.store.budget import WINDOW_S, Budget
from tests.unit.store.conftest import Start

PER_MINUTE = 5
ASKER = """
import sys, time
from claude_dash.store import budget
from claude_dash.store.engine import open_store
shared = open_store(sys.argv[1])
def leave(_): raise SystemExit
asking = budget.Budget(shared, 20, sleep=leave)
print("ready", flush=True)
sys.stdin.readline()
while True:
    asking.acquire("org")
    print("sent", flush=True)
"""


class Time:
    """Seconds that pass only when somebody waits."""

    def __init__(self) -> None:
        self.at = 1_000_000.0
        self.elapsed = 50.0

    def sleep(self, seconds: float) -> None:
        """Wait."""
        assert seconds > 0
        self.go_by(seconds)

    def go_by(self, seconds: float) -> None:
        """Let time pass."""
        self.at += seconds
        self.elapsed += seconds

    def budget(self, engine: Engine, per_minute: int) -> Budget:
        """Return a budget that lives in this time."""
        return Budget(
            engine,
            per_minute,
            now=lambda: self.at,
            elapsed=lambda: self.elapsed,
            sleep=self.sleep,
        )


def most_in_a_minute(sent: list[float]) -> int:
    """Return the most requests that any 60 seconds saw."""
    return max(sum(at <= other < at + WINDOW_S for other in sent) for at in sent)


@pytest.fixture
def time() -> Time:
    """Return a clock that is told."""
    return Time()


def test_a_burst_is_spread_over_minutes(engine: Engine, time: Time) -> None:
    """Two budgets over one store send at most so many in any 60 seconds, and waste no minute."""
    both = [time.budget(engine, PER_MINUTE) for _ in range(2)]
    dice = random.Random(7)
    sent = []
    for _ in range(60):
        dice.choice(both).acquire("org")
        sent.append(time.at)
        time.go_by(dice.choice([0, 0, 0.2, 3.0, 11.0]))
    assert most_in_a_minute(sent) == PER_MINUTE
    assert sent[-1] - sent[0] < 60 / PER_MINUTE * (WINDOW_S + 11)


def test_what_was_sent_before_counts(engine: Engine, time: Time) -> None:
    """A program that starts again within the minute does not begin a new budget."""
    for _ in range(PER_MINUTE):
        time.budget(engine, PER_MINUTE).acquire("org")
    began = time.at
    time.budget(engine, PER_MINUTE).acquire("org")
    assert time.at - began >= WINDOW_S


def test_two_organizations_do_not_share(engine: Engine, time: Time) -> None:
    """A budget that is used up leaves another one alone."""
    budget = time.budget(engine, 1)
    budget.acquire("one")
    budget.acquire("two")
    assert time.at == 1_000_000.0


def test_a_clock_set_back_does_not_stop_everything(engine: Engine, time: Time) -> None:
    """Requests from the future count as now, so that nobody waits longer than a minute for them."""
    budget = time.budget(engine, 1)
    budget.acquire("org")
    time.at -= 86_400
    began = time.at
    budget.acquire("org")
    assert WINDOW_S <= time.at - began < 2 * WINDOW_S


def test_a_clock_set_forward_does_not_free_the_minute(engine: Engine, time: Time) -> None:
    """What was sent a second ago still counts, though the clock says that it was yesterday."""
    budget = time.budget(engine, PER_MINUTE)
    for _ in range(PER_MINUTE):
        budget.acquire("org")
    time.go_by(10)
    time.at += 86_400
    began = time.elapsed
    budget.acquire("org")
    assert WINDOW_S - 10 <= time.elapsed - began < WINDOW_S


def test_what_was_sent_under_a_key_counts_for_its_organization(engine: Engine, time: Time) -> None:
    """Once the organization is known, the requests that found it out are its own."""
    budget = time.budget(engine, 2)
    budget.acquire("key:1")
    budget.move("key:1", "org")
    budget.acquire("org")
    began = time.at
    budget.acquire("org")
    assert time.at - began >= WINDOW_S
    with engine.connect() as connection:
        assert set(connection.execute(select(t.REQUEST_LOG.c.budget)).scalars()) == {"org"}


def test_old_requests_are_forgotten(engine: Engine, time: Time) -> None:
    """The log holds no more than the last minute."""
    budget = time.budget(engine, PER_MINUTE)
    for _ in range(40):
        budget.acquire("org")
        time.go_by(20)
    with engine.connect() as connection:
        assert len(connection.execute(select(t.REQUEST_LOG)).all()) <= PER_MINUTE


def test_two_processes_share_one_budget(engine: Engine, start: Start) -> None:
    """Two processes that ask as fast as they can get exactly the minute's requests between them."""
    both = [start(ASKER, engine.url) for _ in range(2)]
    for one in both:
        assert one.stdout.readline() == "ready\n"
    for one in both:
        one.stdin.write("go\n")
        one.stdin.flush()
    said = [one.communicate() for one in both]
    assert [complaint for _, complaint in said] == ["", ""]
    assert sum(text.count("sent") for text, _ in said) == 20
