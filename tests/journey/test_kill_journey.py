"""`kill -9` in the middle of a sync: the next one goes on, and the totals are the report's."""

import os
import random
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from claude_dash.config import PREFIX
from tests.journey.conftest import Serve
from tests.truth import Truth
from tests.vendor_faults import Faults
from tests.vendor_organization import Organization
from tests.vendor_server import KEY, VendorServer

PEOPLE, DAYS = 60, 24
NANO_PER_CENT = 10_000_000
pytestmark = pytest.mark.real_clock
Run = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def server(serve: Serve) -> VendorServer:
    """Return a vendor of 60 people and 24 days, the last of them yesterday."""
    last = datetime.now(UTC).date() - timedelta(days=1)
    organization = Organization(PEOPLE, last - timedelta(days=DAYS - 1), last)
    kinds = ("429 ms", "slow", "expired")
    return serve(
        organization,
        faults=Faults(chance=0.2, most=1, kinds=kinds),
        today=lambda: last + timedelta(days=2),  # the day may end while we read
        refuses_history=True,
    )


@pytest.fixture
def run(server: VendorServer, tmp_path: Path) -> Iterator[Run]:
    """Return `run(*arguments)`: the program, started; ended with the test."""
    started: list[subprocess.Popen[str]] = []
    variables = {
        "DATA_DIR": str(tmp_path / "data"),
        "ANTHROPIC_BASE_URL": server.url,
        "REQUESTS_PER_MINUTE": "100000",
    }
    # The first start compiles every library; the next ones take it from there.
    compiled = {"PYTHONPYCACHEPREFIX": str(tmp_path / "compiled"), "PYTHONDONTWRITEBYTECODE": ""}
    environment = (
        os.environ | compiled | {f"{PREFIX}{name}": value for name, value in variables.items()}
    )

    def start(*arguments: str) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-m", "claude_dash", *arguments],
            cwd=tmp_path,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield start
    for process in started:
        process.kill()
        process.communicate()


def sums(folder: Path, since: date, until: date) -> dict[str, int]:
    """Return totals over the half-open days, read without the program."""
    columns = {
        "activity_day": ("sessions", "lines_added", "commits"),
        "model_usage_day": ("input_tokens", "cache_read_tokens", "cost_estimated"),
        "tool_day": ("suggestions_accepted", "suggestions_rejected"),
    }
    found = {}
    with closing(sqlite3.connect(folder / "claude-dash.db")) as connection:
        for table, names in columns.items():
            listed = ", ".join(f"sum({name})" for name in names)
            query = f"SELECT {listed} FROM {table} WHERE day >= ? AND day < ?"
            row = connection.execute(query, (str(since), str(until))).fetchone()
            found |= dict(zip(names, row, strict=True))
    return found


def expected(truth: Truth) -> dict[str, int]:
    """Return the same totals from the vendor's rows."""
    tokens = truth.tokens()
    return {
        "sessions": truth.sessions(),
        "lines_added": truth.lines("added"),
        "commits": truth.commits(),
        "input_tokens": tokens["input"],
        "cache_read_tokens": tokens["cache_read"],
        "cost_estimated": int(truth.cents() * NANO_PER_CENT),
        "suggestions_accepted": truth.suggestions("accepted").total(),
        "suggestions_rejected": truth.suggestions("rejected").total(),
    }


@pytest.mark.parametrize("times", [3, pytest.param(50, marks=pytest.mark.load)])
def test_a_killed_sync_is_taken_up_again(
    times: int, server: VendorServer, run: Run, tmp_path: Path
) -> None:
    """Killed at random moments, the program loses nothing, doubles nothing and asks nothing wrong.

    Whatever the last sync leaves is what the report says, and nothing is left to be rolled up.
    """
    added = run("connect", "add", "console", "Main", "--key-stdin")
    said = added.communicate(KEY)
    assert added.returncode == 0, said
    dice = random.Random(times)
    for _ in range(times):
        process = run("sync")
        enough = len(server.requests) + dice.randint(1, 60)
        while not server.wait_for(enough, timeout=0.1) and process.poll() is None:
            pass
        try:
            process.wait(timeout=dice.random() / 2)
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
            process.wait()
    last = run("sync")
    said = last.communicate()
    assert last.returncode == 0, said
    one = server.organization
    until = one.last + timedelta(days=1)
    assert sums(tmp_path / "data", one.first, until) == expected(Truth(one, one.first, until))
    assert server.forbidden == []
    with closing(sqlite3.connect(tmp_path / "data" / "claude-dash.db")) as connection:
        assert connection.execute("SELECT count(*) FROM touched_week").fetchone() == (0,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
