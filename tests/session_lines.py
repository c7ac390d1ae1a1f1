"""Session files for tests: the recorded ones, and lines made by hand."""

import json
import shutil
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, func, select

from claude_dash.config import Settings
from claude_dash.connections.session_files import Options, add
from claude_dash.facts import tables as t
from claude_dash.ingest import Outcome, sync
from claude_dash.store.vault import Vault

RECORDED = Path(__file__).parent / "recordings" / "sessions"
CANARY = "CANARY-"
MARKED = "CANARY-PROMPT-1"
EMAIL = "person-1@example.com"
# What the scripted API served to those whose sessions were recorded, and what their tools did.
TOTALS = {
    "input_tokens": 20_551,
    "output_tokens": 11_587,
    "cache_read_tokens": 781_532,
    "cache_write_tokens": 387_809,
    "requests": 87,
    "cost_estimated": 2_050_530_300,
    "sessions": 25,
    "lines_added": 137,
    "lines_removed": 23,
    "pull_requests": 1,
}
Take = Callable[[], Any]
USAGE = {"input_tokens": 10, "output_tokens": 20, "cache_read_input_tokens": 30,
         "cache_creation_input_tokens": 40}  # fmt: skip
DAY = "2026-11-17"
MODEL = "claude-sonnet-4-5"
FACTS = (t.CLIENT_DAY, t.CLIENT_MODEL_DAY, t.FEATURE_DAY)


def recorded(folder: Path) -> Path:
    """Copy the recorded files into a folder, and return it."""
    return Path(shutil.copytree(RECORDED, folder))


def line(kind: str, number: object, **rest: Any) -> dict[str, Any]:
    """Return a line of a session; what names it is made of a number."""
    usual = {"type": kind, "uuid": f"line-{number}", "sessionId": "session-1",
             "timestamp": f"{DAY}T10:00:00.000Z", "version": "2.1.329", "entrypoint": "cli",
             "cwd": f"/srv/{MARKED}"}  # fmt: skip
    return {**usual, **rest}


def answer(number: object, usage: Mapping[str, Any] = USAGE, **rest: Any) -> dict[str, Any]:
    """Return a line of an answer; `model`, `id` and `request` stand for those of the message."""
    message = {
        "id": rest.pop("id", f"msg-{number}"),
        "model": rest.pop("model", MODEL),
        "content": [{"type": "text", "text": MARKED}],
        "usage": dict(usage),
    }
    request = rest.pop("request", f"req-{number}")
    given = {} if request is None else {"requestId": request}
    return line("assistant", number, message=message, **given, **rest)


def with_output(tokens: int) -> dict[str, Any]:
    """Return the usual usage with so many tokens of output."""
    return {**USAGE, "output_tokens": tokens}


def edit(number: object, *marks: str, **rest: Any) -> dict[str, Any]:
    """Return the result of an edit whose patch has lines with some marks."""
    lines = [f"{mark}{MARKED}" for mark in marks]
    patch = [{"oldStart": 1, "lines": lines}]
    result = {"filePath": f"/srv/{MARKED}", "oldString": MARKED, "structuredPatch": patch}
    return line("user", number, message={"content": MARKED}, toolUseResult=result, **rest)


def cost(
    dollars: float, tokens: Mapping[str, int], model: str = MODEL, **rest: Any
) -> dict[str, Any]:
    """Return what a client says of a session at its end."""
    used = {model: {**tokens, "costUSD": dollars}}
    return {"type": "cost-state", "sessionId": "session-1", "modelUsage": used, **rest}


def said_of(answers: int) -> dict[str, int]:
    """Return what a client counts of so many usual answers."""
    return {
        "inputTokens": 10 * answers,
        "outputTokens": 20 * answers,
        "cacheReadInputTokens": 30 * answers,
        "cacheCreationInputTokens": 40 * answers,
    }


def write(file: Path, lines: Iterable[Mapping[str, Any] | str]) -> Path:
    """Write lines to a file, as the client does."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(b"".join(map(dumped, lines)))
    return file


def grow(file: Path, *lines: Mapping[str, Any] | str) -> None:
    """Add lines to a file."""
    with file.open("ab") as opened:
        opened.writelines(map(dumped, lines))


def dumped(one: Mapping[str, Any] | str) -> bytes:
    """Return a line as bytes; one that is given as text stays as it is."""
    text = one if isinstance(one, str) else json.dumps(one, separators=(",", ":"))
    return f"{text}\n".encode()


def connect(
    engine: Engine, settings: Settings, folder: Path, person: str = "", name: str = "Files"
) -> None:
    """Connect a folder."""
    said = add(engine, settings, name, Options(str(folder), person))
    assert said.status == "ok", said


def read(engine: Engine, settings: Settings, **options: Any) -> Outcome:
    """Read the connected folders, and return what came of the last one."""
    return sync(engine, Vault(settings), settings, **options)[-1]


def totals(engine: Engine) -> dict[str, int]:
    """Return every counter of the facts, added up; a cost only where there is any."""
    sums: dict[str, int] = {}
    with engine.connect() as connection:
        for table, names in (
            (t.CLIENT_MODEL_DAY, list(TOTALS)[:6]),
            (t.CLIENT_DAY, list(TOTALS)[6:]),
        ):
            row = connection.execute(select(*(func.sum(table.c[name]) for name in names))).one()
            sums |= {name: int(value or 0) for name, value in zip(names, row, strict=True)}
    return sums


def facts(engine: Engine) -> list[tuple[Any, ...]]:
    """Return every fact but for the number of its setup, in order."""
    found: list[tuple[Any, ...]] = []
    with engine.connect() as connection:
        for table in FACTS:
            columns = [one for one in table.columns if one.name != "setup"]
            found += [(table.name, *row) for row in connection.execute(select(*columns))]
    return sorted(found, key=str)
