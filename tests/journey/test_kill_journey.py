"""`kill -9` in the middle of a sync: the next one goes on, and the totals are the report's."""

import json
import os
import random
import select
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, suppress
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
FORKS = """
import json, os, sys
from claude_dash import cli, ingest
for line in sys.stdin:
    number = os.fork()
    if not number:
        sys.argv = ["claude-dash", *json.loads(line)]
        sys.stdout = sys.stderr
        code = 0
        try:
            cli.main()
        except SystemExit as end:
            code = end.code or 0
        os._exit(code)
    print(number, flush=True)
    _, status = os.waitpid(number, 0)
    print(os.waitstatus_to_exitcode(status), flush=True)
"""


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


class Program:
    """The command line, started as often as asked without loading its libraries every time."""

    def __init__(self, folder: Path, url: str) -> None:
        variables = {
            "DATA_DIR": str(folder),
            "ANTHROPIC_BASE_URL": url,
            "REQUESTS_PER_MINUTE": "100000",
        }
        self._forks = subprocess.Popen(
            [sys.executable, "-c", FORKS],
            cwd=folder.parent,
            env=os.environ
            | {f"{PREFIX}{name}": value for name, value in variables.items()}
            | {"CONSOLE_KEY": KEY},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,  # so that what is not read yet can be waited for
        )
        assert self._forks.stdin
        assert self._forks.stdout
        self._orders, self._news = self._forks.stdin, self._forks.stdout

    def start(self, *arguments: str) -> int:
        """Start a command in a process of its own; return the number of the process."""
        self._orders.write(f"{json.dumps(arguments)}\n".encode())
        return int(self._news.readline())

    def is_over(self, seconds: float) -> bool:
        """Wait so long at most for the command to end; say whether it did."""
        return bool(select.select([self._news], [], [], seconds)[0])

    def result(self) -> int:
        """Wait for the command to end; return its exit code, or minus the signal that ended it."""
        return int(self._news.readline())

    def close(self) -> None:
        """End everything that was started."""
        self._orders.close()
        self._news.close()
        self._forks.wait()


@pytest.fixture
def program(server: VendorServer, tmp_path: Path) -> Iterator[Program]:
    """Return the command line in front of the vendor."""
    made = Program(tmp_path / "data", server.url)
    yield made
    made.close()


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


@pytest.mark.parametrize("times", [3, pytest.param(8, marks=pytest.mark.load)])
def test_a_killed_sync_is_taken_up_again(
    times: int, server: VendorServer, program: Program, tmp_path: Path
) -> None:
    """Killed at random moments, the program loses nothing, doubles nothing and asks nothing wrong.

    Whatever the last sync leaves is what the report says, and nothing is left to be rolled up.
    """
    program.start("connect", "add", "console", "Main", "--key-env", "CONSOLE_KEY")
    assert program.result() == 0
    dice = random.Random(times)
    killed = 0
    for _ in range(times):
        enough = len(server.requests) + dice.randint(1, 60)
        number = program.start("sync")
        while not server.wait_for(enough, timeout=0.05) and not program.is_over(0):
            pass
        if not program.is_over(dice.random() / 4):
            with suppress(ProcessLookupError):
                os.kill(number, signal.SIGKILL)
        killed += program.result() == -signal.SIGKILL
    assert killed
    program.start("sync")
    assert program.result() == 0
    one = server.organization
    until = one.last + timedelta(days=1)
    assert sums(tmp_path / "data", one.first, until) == expected(Truth(one, one.first, until))
    assert server.forbidden == []
    with closing(sqlite3.connect(tmp_path / "data" / "claude-dash.db")) as connection:
        assert connection.execute("SELECT count(*) FROM touched_week").fetchone() == (0,)
        assert connection.execute("PRAGMA integrity_check").fetchone() == ("ok",)
