"""What the tests of the store stand on: days to write, other processes, and what is stored."""

import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select

from claude_dash.facts import tables as t
from claude_dash.facts.batch import DayFacts
from claude_dash.facts.identity import Identified
from claude_dash.store.write import replace_day

KEY = b"store" * 8
REPORT = "console.claude_code"
FED = (t.ACTIVITY_DAY, t.MODEL_USAGE_DAY, t.TOOL_DAY)
Start = Callable[..., "subprocess.Popen[str]"]


def day_facts(sessions: Mapping[str, int], day: date, *, connection_id: int = 1) -> DayFacts:
    """Return the facts of a day: sessions by address, with a model and a tool for everybody."""
    facts = DayFacts(records=len(sessions), rows={table: [] for table in FED})
    for email, count in sessions.items():
        one = Identified("email", email)
        who = one.who(KEY)
        facts.identities[who] = one
        shared = {
            "connection_id": connection_id,
            "day": day,
            "who": who,
            "terminal_type": "vscode",
            "customer_type": "api",
        }
        none = dict.fromkeys(("lines_added", "lines_removed", "commits", "pull_requests"), 0)
        facts.rows[t.ACTIVITY_DAY].append({**shared, "sessions": count, **none})
        tokens = {"input_tokens": 1, "output_tokens": 2, "cache_read_tokens": 3}
        facts.rows[t.MODEL_USAGE_DAY].append(
            {**shared, "model": "m", **tokens, "cache_write_tokens": 4, "cost_estimated": None}
        )
        edits = {"suggestions_accepted": count, "suggestions_rejected": 0}
        facts.rows[t.TOOL_DAY].append({**shared, "tool": "edit_tool", **edits})
    return facts


def write(
    engine: Engine, day: date, facts: DayFacts | None = None, *, connection_id: int = 1
) -> bool:
    """Write a day as if it had been read on the evening of the fifth day after it."""
    return replace_day(
        engine,
        connection_id=connection_id,
        report=REPORT,
        day=day,
        facts=facts or day_facts({"rin@example.org": 2}, day, connection_id=connection_id),
        read_at=datetime(day.year, day.month, day.day, 20, tzinfo=UTC) + timedelta(days=5),
    )


def stored(engine: Engine, *tables: Any) -> dict[str, set[tuple[Any, ...]]]:
    """Return all rows of some tables, of the fact tables when none is named."""
    with engine.connect() as connection:
        return {
            table.name: set(map(tuple, connection.execute(select(table))))
            for table in tables or t.FACT_TABLES
        }


def connect(engine: Engine, name: str = "Main", **values: Any) -> None:
    """Store a connection without a key."""
    made = {
        "name": name, "kind": "console", "status": "ok", "organization_id": "",
        "organization_name": "", "key_tail": "", "options": "{}", "backfill_done": True,
        "created_at": datetime(2026, 1, 1, tzinfo=UTC), "error_code": "", "error_message": "",
        "progress": "",
    }  # fmt: skip
    with engine.begin() as connection:
        connection.execute(insert(t.CONNECTION).values(**{**made, **values}))


@pytest.fixture
def start() -> Iterator[Start]:
    """Return `start(code, *args)`: another Python that runs the code, ended with the test."""
    started: list[subprocess.Popen[str]] = []

    def run(code: str, *args: object) -> "subprocess.Popen[str]":
        process = subprocess.Popen(
            [sys.executable, "-c", code, *map(str, args)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        started.append(process)
        return process

    yield run
    for process in started:
        process.kill()
        process.communicate()
