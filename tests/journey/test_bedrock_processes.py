"""Several processes read one bucket, and end when nobody expects it: nothing is lost or doubled.

And nothing that stands in a prompt or an answer is left anywhere when they are done.
"""

import json
import os
import random
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from claude_dash.clock import week_of
from claude_dash.config import PREFIX
from claude_dash.facts import tables as t
from claude_dash.rollup import roll_up
from claude_dash.store.write import touch
from tests.aws_gate import cloud, moto
from tests.bedrock_bucket import Tree
from tests.bedrock_callers import ACCOUNTS
from tests.bedrock_records import planted_in
from tests.journey.bedrock_reader import RELEASED, Begin, Heard, LogReader, begin, opened
from tests.postgres import postgres_server, postgres_url

__all__ = ["begin", "cloud", "moto", "postgres_server", "postgres_url"]
pytestmark = pytest.mark.real_clock
ROOT = Path(__file__).parents[2]
BATCH, PROCESSES = 6, 4
FORKS = """
import json, os, sys
import boto3
from claude_dash import cli
from claude_dash.ingest import bedrock
bedrock.BATCH_OBJECTS = int(sys.argv[1])
for line in sys.stdin:
    if line.strip() == "next":
        number, status = os.wait()
        print(number, os.waitstatus_to_exitcode(status), flush=True)
        continue
    number = os.fork()
    if number:
        print(number, flush=True)
        continue
    arguments, variables = json.loads(line)
    os.environ.update(variables)
    sys.argv = ["claude-dash", *arguments]
    sys.stdout = open(f"{os.getpid()}.out", "w")
    code = 0
    try:
        cli.main()
    except SystemExit as end:
        code = end.code or 0
    sys.stdout.flush()
    os._exit(code)
"""
SEARCHED = """
import sys
from claude_dash import cli
sys.argv = ["claude-dash", "sync"]
try:
    cli.main()
except SystemExit as end:
    assert not end.code
from tests.bedrock_records import planted_objects
print("planted:", planted_objects())
"""


class Program:
    """The command line, as many times at once as asked for, each in a process of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._forks = subprocess.Popen(
            [sys.executable, "-c", FORKS, str(BATCH)],
            cwd=folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        self._running: set[int] = set()

    def sync(self, reader: LogReader) -> int:
        """Start a sync of a reader's store; return the number of its process."""
        number = int(self._ask(json.dumps((["sync", "--json"], variables(reader)))))
        self._running.add(number)
        return number

    def results(self) -> dict[int, int]:
        """Wait for all to end; return exit codes by process, or minus the signal that ended it."""
        ended = {}
        while self._running:
            number, code = map(int, self._ask("next").split())
            self._running.remove(number)
            ended[number] = code
        return ended

    def records(self, number: int) -> int:
        """Return how many records a sync said that it read."""
        said = json.loads((self.folder / f"{number}.out").read_text())
        return sum(one["records"] for one in said["connections"])

    def close(self) -> None:
        """Wait for everything that was started."""
        self._forks.communicate()

    def _ask(self, order: str) -> str:
        assert self._forks.stdin
        assert self._forks.stdout
        self._forks.stdin.write(f"{order}\n")
        self._forks.stdin.flush()
        return self._forks.stdout.readline()


def variables(reader: LogReader) -> dict[str, str]:
    """Return what a process needs to share the store and the cloud of this one."""
    url = reader.engine.url.render_as_string(hide_password=False)
    ours = {"DATA_DIR": str(reader.settings.data_dir), "DATABASE_URL": url}
    cloud = {name: one for name, one in os.environ.items() if name.startswith("AWS_")}
    return cloud | {f"{PREFIX}{name}": value for name, value in ours.items()}


@pytest.fixture
def tree() -> Tree:
    """Return a bucket whose last day is yesterday, by the clock of this machine."""
    last = datetime.now(UTC).date() - timedelta(days=1)
    return Tree(8, last=last, accounts=ACCOUNTS[:2], a_day=20)


@pytest.fixture
def postgres(postgres_url: str) -> Iterator[Engine]:
    """Yield an empty store on PostgreSQL."""
    engine = opened(postgres_url)
    yield engine
    engine.dispose()


@pytest.fixture(scope="module")
def program(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Program]:
    """Return the command line; its libraries are loaded once."""
    made = Program(tmp_path_factory.mktemp("processes"))
    yield made
    made.close()


def connected(begin: Begin, engine: Engine, tree: Tree) -> tuple[LogReader, Heard]:
    """Return the program over a store, connected, and what it asks for from now on."""
    reader = begin(engine, tree)
    reader.connect()
    reader.gate.asked = heard = Heard()
    return reader, heard


@pytest.mark.parametrize("times", [3, pytest.param(15, marks=pytest.mark.load)])
def test_a_killed_sync_is_taken_up_again(
    times: int, engine: Engine, tree: Tree, begin: Begin, program: Program
) -> None:
    """Killed at random moments, a sync loses nothing and doubles nothing."""
    reader, heard = connected(begin, engine, tree)
    dice, killed = random.Random(times), 0
    for _ in range(times):
        number = program.sync(reader)
        heard.wait_for_reads(len(reader.gate.read()) + dice.randrange(1, 30), timeout=2)
        with suppress(ProcessLookupError):
            os.kill(number, signal.SIGKILL)
        killed += program.results()[number] == -signal.SIGKILL
    assert killed
    last = program.sync(reader)
    assert program.results() == {last: 0}
    reader.assert_true()
    assert reader.stored(t.TOUCHED_WEEK)["touched_week"] == set()
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA integrity_check").scalar() == "ok"


def test_processes_share_a_bucket(
    postgres: Engine, tree: Tree, begin: Begin, program: Program
) -> None:
    """Four processes on one store read each object once, each a part, and come to the truth.

    What they released is what is released of all that they stored.
    """
    reader, _ = connected(begin, postgres, tree)
    numbers = [program.sync(reader) for _ in range(PROCESSES)]
    assert program.results() == dict.fromkeys(numbers, 0)
    reader.assert_true()
    assert Counter(reader.gate.read()) == Counter(list(tree.logs))
    read = [program.records(number) for number in numbers]
    assert sum(read) == tree.truth().lines
    assert sum(one > 0 for one in read) > 1
    assert reader.stored(t.TOUCHED_WEEK)["touched_week"] == set()
    released = reader.stored(*RELEASED)
    with postgres.begin() as connection:
        touch(connection, {week_of(day) for day in tree.truth().days()})
    roll_up(postgres, reader.settings)
    assert reader.stored(*RELEASED) == released
    reader.forget()
    reader.sync_well()
    assert reader.gate.read() == []


def test_a_share_is_finished_by_the_others(
    postgres: Engine, tree: Tree, begin: Begin, program: Program
) -> None:
    """One of four is killed in the middle; what it held is read by those that are left."""
    reader, heard = connected(begin, postgres, tree)
    numbers = [program.sync(reader) for _ in range(PROCESSES)]
    assert heard.wait_for_reads(len(tree.logs) // 3, timeout=60)
    os.kill(numbers[1], signal.SIGKILL)
    codes = program.results()
    assert codes.pop(numbers[1]) == -signal.SIGKILL
    assert set(codes.values()) == {0}
    reader.assert_true()
    times = Counter(reader.gate.read())
    assert times.keys() == tree.logs.keys()
    again = {key: number for key, number in times.items() if number > 1}
    assert len(again) <= 2 * BATCH
    assert set(again.values()) <= {2}


def test_nothing_of_a_prompt_is_left(
    engine: Engine, tree: Tree, begin: Begin, tmp_path: Path
) -> None:
    """What stands in bodies is in no object of a process that read them, and in nothing it wrote.

    Neither is it in the store, the locks, the folder for temporary files or what was printed.
    """
    reader, _ = connected(begin, engine, tree)
    assert any(planted_in(one.body) for one in tree.logs.values())
    temporary = tmp_path / "temporary"
    temporary.mkdir()
    paths = {"TMPDIR": str(temporary), "PYTHONPATH": str(ROOT), "HOME": str(temporary)}
    done = subprocess.run(
        [sys.executable, "-c", SEARCHED],
        cwd=tmp_path,
        env=os.environ | variables(reader) | paths,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split(b"\n")[-2] == b"planted: 0"
    assert not planted_in(done.stdout + done.stderr)
    files = [one for one in tmp_path.rglob("*") if one.is_file()]
    assert reader.settings.data_dir / "claude-dash.db" in files
    assert [one.name for one in files if planted_in(one.read_bytes())] == []
