"""Session files: how fast a tree of them is counted, and what one more line takes.

    uv run python bench/sessions.py [--megabytes 500] [--ccusage PATH]

A tree of one person's session files is written and counted by claude-dash, into a new SQLite store,
and by the command line `ccusage` where its path is given (`npm install ccusage`, then
`node_modules/.bin/ccusage`). Each is a process of its own, and what is told is the whole of it: the
start of the interpreter, the store and the roll-up on our side, the launcher on the other. The
token totals are compared. So that they can be, every line of an answer has its final figures, as
the recorded clients write them: older versions of ccusage let the first line of an answer win,
claude-dash the largest.
"""

import argparse
import json
import os
import random
import resource
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

RUNS = 3
UNCOMPILED = "PYTHONDONTWRITEBYTECODE"
SESSION_TURNS = 40
MODELS = ("claude-sonnet-4-5", "claude-opus-4-5", "claude-haiku-4-5")
WORDS = ("the", "parser", "reads", "a line", "and keeps", "its offset", "so nothing", "twice\n")
TOKENS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
PERSON = "person-1@example.com"


def main() -> None:
    """Write, count, compare, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=500, help="of session files")
    parser.add_argument("--ccusage", help="the path of the command to compare with")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="claude-dash-bench-") as name:
        folder = Path(name)
        files, size = write(folder / "home", options.megabytes * 10**6)
        print(f"{size / 1e6:.0f} MB in {files} files")
        ours = _ours(folder)
        if options.ccusage:
            theirs = _theirs(folder, options.ccusage)
            print("token totals agree" if ours == theirs else f"totals: {ours}, {theirs}")
        _grown(folder)


# --- the tree --------------------------------------------------------------------------------


def write(home: Path, size: int) -> tuple[int, int]:
    """Write session files of about a size; return how many, and how many bytes."""
    luck, files, written = random.Random(7), 0, 0  # noqa: S311 - not for secrets
    start = datetime.now(UTC).replace(microsecond=0) - timedelta(days=25)
    while written < size:
        session = f"{luck.getrandbits(128):032x}"
        project = home / "projects" / f"-srv-person-1-project-{files % 12}"
        project.mkdir(parents=True, exist_ok=True)
        at = start + timedelta(days=luck.random() * 24)
        text = "".join(f"{_dumped(line)}\n" for line in _session(luck, session, at))
        (project / f"{session}.jsonl").write_text(text)
        files, written = files + 1, written + len(text)
    return files, written


def _dumped(line: dict[str, Any]) -> str:
    return json.dumps(line, separators=(",", ":"))


def _session(luck: random.Random, session: str, at: datetime) -> Iterator[dict[str, Any]]:
    model = luck.choice(MODELS)
    usual = {"sessionId": session, "cwd": "/srv/person-1/project", "version": "2.1.329",
             "entrypoint": "cli", "userType": "external", "gitBranch": "main"}  # fmt: skip

    def line(kind: str, **rest: Any) -> dict[str, Any]:  # noqa: ANN401 - of JSON
        nonlocal at
        at += timedelta(seconds=luck.random() * 20)
        stamp = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
        uuid = f"{luck.getrandbits(128):032x}"
        return {"parentUuid": None, "isSidechain": False, "type": kind, "uuid": uuid,
                "timestamp": stamp, **usual, **rest}  # fmt: skip

    yield line("user", message={"role": "user", "content": _text(luck, 400)})
    for _ in range(SESSION_TURNS):
        number = f"{luck.getrandbits(96):024x}"
        usage = {
            "input_tokens": luck.randrange(20),
            "cache_creation_input_tokens": (written := luck.randrange(4_000)),
            "cache_read_input_tokens": luck.randrange(100_000),
            "output_tokens": luck.randrange(1, 900),
            "service_tier": "standard",
            "cache_creation": {
                "ephemeral_1h_input_tokens": 0,
                "ephemeral_5m_input_tokens": written,
            },
        }
        for block in (
            {"type": "text", "text": _text(luck, 300)},
            {
                "type": "tool_use",
                "id": f"toolu_{number}",
                "name": "Edit",
                "input": _text(luck, 800),
            },
        ):
            message = {"id": f"msg_{number}", "type": "message", "role": "assistant",
                       "model": model, "content": [block], "usage": usage}  # fmt: skip
            yield line("assistant", message=message, requestId=f"req_{number}")
        result = {
            "filePath": "/srv/person-1/project/app.py",
            "oldString": _text(luck, 300),
            "newString": _text(luck, 400),
            "originalFile": _text(luck, 8_000),
            "structuredPatch": [{"oldStart": 1, "lines": ["-one", "+two", "+three", " four"]}],
        }
        content = [{"type": "tool_result", "content": _text(luck, 3_000)}]
        yield line("user", message={"role": "user", "content": content}, toolUseResult=result)
        yield line("attachment", attachment={"type": "file", "content": _text(luck, 2_000)})
        yield line("api-request", params=_text(luck, 1_500), tail=_text(luck, 500))


def _text(luck: random.Random, letters: int) -> str:
    return " ".join(luck.choices(WORDS, k=letters // 6))


# --- counting --------------------------------------------------------------------------------


def _ours(folder: Path) -> list[int]:
    _timed(_listing(folder / "store-0"))  # the first start compiles
    took = [_timed(_command(folder, folder / f"store-{run}")) for run in range(RUNS)]
    _print("claude-dash, first import", took)
    with sqlite3.connect(folder / f"store-{RUNS - 1}" / "claude-dash.db") as store:
        sums = ", ".join(f"sum({name})" for name in TOKENS)
        return list(store.execute(f"SELECT {sums} FROM client_model_day").fetchone())


def _grown(folder: Path) -> None:
    store = folder / f"store-{RUNS - 1}"
    took = []
    for _ in range(RUNS):
        file = next((folder / "home").rglob("*.jsonl"))
        luck = random.Random(time.time_ns())  # noqa: S311 - not for secrets
        lines = list(_session(luck, file.stem, datetime.now(UTC)))
        with file.open("a") as grown:
            grown.write(f"{_dumped(lines[1])}\n")
        took.append(_timed(_command(folder, store)))
    _print("claude-dash, one more line", took)
    _print("claude-dash, no import (connect list)", [_timed(_listing(store)) for _ in range(RUNS)])


def _listing(store: Path) -> tuple[list[str], dict[str, str]]:
    return [sys.executable, "-m", "claude_dash", "connect", "list"], _where(store)


def _command(folder: Path, store: Path) -> tuple[list[str], dict[str, str]]:
    command = [sys.executable, "-m", "claude_dash", "import", "sessions", str(folder / "home")]
    return [*command, "--person", PERSON], _where(store)


def _where(store: Path) -> dict[str, str]:
    compiled = {"PYTHONPYCACHEPREFIX": str(store.parent / "compiled")}  # as an installation has it
    usual = {name: value for name, value in os.environ.items() if name != UNCOMPILED}
    return {**usual, **compiled, "CLAUDE_DASH_DATA_DIR": str(store)}


def _theirs(folder: Path, path: str) -> list[int]:
    command = [path, "claude", "daily", "--json", "--offline"]
    environment = {**os.environ, "CLAUDE_CONFIG_DIR": str(folder / "home")}
    _print("ccusage", [_timed((command, environment)) for _ in range(RUNS)])
    said = subprocess.run(command, env=environment, check=True, capture_output=True).stdout
    totals = json.loads(said)["totals"]
    names = ("inputTokens", "outputTokens", "cacheReadTokens", "cacheCreationTokens")
    return [totals[name] for name in names]


def _timed(command: tuple[list[str], dict[str, str]]) -> tuple[float, float, float]:
    """Return seconds on the clock and of the processor, and the peak memory so far in MB."""
    line, environment = command
    before, began = resource.getrusage(resource.RUSAGE_CHILDREN), time.monotonic()
    subprocess.run(line, env=environment, check=True, capture_output=True)
    took, after = time.monotonic() - began, resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return took, cpu, after.ru_maxrss / 1024


def _print(what: str, took: list[tuple[float, float, float]]) -> None:
    wall, cpu = (statistics.median(one[at] for one in took) for at in (0, 1))
    print(f"{what}: {wall:.2f} s, {cpu:.2f} s of the processor, at most {took[-1][2]:.0f} MB")


if __name__ == "__main__":
    main()
