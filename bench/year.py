"""A year of a large organisation: how fast it is written, rolled up, asked and read.

    uv run python bench/year.py [--people 10000] [--days 365] [--url URL] [--keep FOLDER]
        [--rebuild]

Builds people x days of facts of the Console and of Claude Enterprise through the write path and
prints, as ratios measured in one run where a ratio says more than seconds: facts written against
plain executemany of the same rows, one touched week rolled up with the gate, each page's data for a
year of all teams, a sync against a bare walk of the same pages, and the memory of a sync. With --rebuild it changes the order
of sources and merges people instead, and prints how long the year takes then, and what it costs
pages and another writer meanwhile.
"""

import argparse
import json
import os
import resource
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
from asked import measure
from data import day_of, people_of
from enterprise import connect
from enterprise import day_of as enterprise_day_of
from rebuild import measure_rebuilds
from sqlalchemy import Engine
from vendor import serve

PAGE_DAYS = 30
WEEK_DAYS = 7
os.environ.setdefault("CLAUDE_DASH_RETENTION_PERSON_DAYS", "400")


def main() -> None:
    """Build, measure, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=365)
    parser.add_argument("--url", default="", help="a PostgreSQL address; else a SQLite file")
    parser.add_argument(
        "--keep", default="", help="keep the store in this folder; one that is there is measured"
    )
    parser.add_argument("--rebuild", action="store_true", help="measure rebuilds of the year alone")
    options = parser.parse_args()
    folder = Path(options.keep or tempfile.mkdtemp(prefix="claude-dash-bench-"))
    os.environ["CLAUDE_DASH_DATA_DIR"] = str(folder)
    if options.url:
        os.environ["CLAUDE_DASH_DATABASE_URL"] = options.url
    os.environ["CLAUDE_DASH_REQUESTS_PER_MINUTE"] = "1000000"
    try:
        _measure(options, folder)
    finally:
        if not options.keep:
            shutil.rmtree(folder, ignore_errors=True)


def _measure(options: argparse.Namespace, folder: Path) -> None:
    from claude_dash.config import settings
    from claude_dash.store.engine import migrate, open_store

    engine = open_store(options.url or settings().url)
    migrate(engine)
    last = datetime.now(UTC).date() - timedelta(days=1)
    if not _is_built(engine):
        people_of(engine, options.people)
        connect(engine, options.people)
        rows, seconds, plain = _write(engine, options, last)
        print(f"facts written: {rows:,} rows in {seconds:.0f} s, {rows / seconds:,.0f} a second")
        print(f"  against sqlite3.executemany of the same rows: {plain:.2f} (wanted: 0.3 or more)")
    if options.rebuild:
        measure_rebuilds(engine, options.people)
        _say_memory("rebuilding and asking")
        return
    _roll_up(engine, last)
    measure()
    _say_memory("building, rolling up and asking")
    _sync(folder, options.people)


def _is_built(engine: Engine) -> bool:
    from claude_dash.facts import tables as t

    with engine.connect() as connection:
        return connection.execute(t.CONNECTION.select()).first() is not None


def _say_memory(what: str) -> None:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(f"  peak memory of {what}: {peak} MB", flush=True)


def _write(engine: Engine, options: argparse.Namespace, last: date) -> tuple[int, float, float]:
    """Write every day through the write path; return rows, seconds and the ratio to executemany.

    The rows of seven days are made once and written again for each week: making them is no part
    of what is measured, and takes longer.
    """
    from claude_dash.facts import tables as t
    from claude_dash.facts.batch import DayFacts
    from claude_dash.store.write import replace_day

    tables = {table.name: table for table in t.DAY_TABLES}
    weekdays = [last - timedelta(days=back) for back in range(min(WEEK_DAYS, options.days))]
    made = [
        {
            (1, "console.claude_code"): day_of(day, options.people, 7),
            **enterprise_day_of(day, options.people, 7),
        }
        for day in weekdays
    ]
    rows, seconds, ratios = 0, 0.0, []
    for back in range(options.days):
        day = last - timedelta(days=back)
        for (number, report), by_name in made[back % len(made)].items():
            facts = DayFacts(
                rows={tables[name]: found for name, found in by_name.items()},
                owns=_owned(by_name),
            )
            began = time.perf_counter()
            replace_day(
                engine,
                connection_id=number,
                report=report,
                day=day,
                facts=facts,
                read_at=datetime.now(UTC),
            )
            took = time.perf_counter() - began
            seconds += took
            rows += facts.facts
            if back % 60 == 0 and report == "console.claude_code":
                ratios.append(_executemany(by_name) / took)
    return rows, seconds, statistics.median(ratios)


def _owned(by_name: dict[str, list[dict[str, Any]]]) -> dict[str, str]:
    """Return what tells the rows of one report of features from those of the others."""
    kinds = {row["kind"] for row in by_name.get("feature_day", ())}
    return {"kind": kinds.pop()} if len(kinds) == 1 else {}


def _executemany(made: dict[str, list[dict[str, Any]]]) -> float:
    """Return the seconds that plain sqlite3 takes for the same rows in the same tables."""
    with tempfile.TemporaryDirectory() as folder:
        connection = sqlite3.connect(Path(folder) / "plain.db")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=NORMAL")
        took = 0.0
        for name, rows in made.items():
            columns = list(rows[0])
            keys = [
                c
                for c in columns
                if c
                in {
                    "connection_id",
                    "day",
                    "who",
                    "terminal_type",
                    "customer_type",
                    "model",
                    "tool",
                }
            ]
            connection.execute(
                f"CREATE TABLE {name} ({','.join(columns)}, PRIMARY KEY ({','.join(keys)}))"
            )
            values = [
                tuple(str(v) if isinstance(v, date) else v for v in row.values()) for row in rows
            ]
            insert_all = f"INSERT INTO {name} VALUES ({','.join('?' * len(columns))})"
            began = time.perf_counter()
            connection.executemany(insert_all, values)
            connection.commit()
            took += time.perf_counter() - began
        connection.close()
    return took


def _roll_up(engine: Engine, last: date) -> None:
    from claude_dash.clock import week_of
    from claude_dash.config import settings
    from claude_dash.rollup import roll_up
    from claude_dash.store.write import touch

    began = time.perf_counter()
    weeks = roll_up(engine, settings())
    print(f"first roll-up: {weeks} weeks in {time.perf_counter() - began:.0f} s")
    took = [_only_week(engine, week_of(last) - timedelta(weeks=back)) for back in (2, 5, 9)]
    print(
        f"one touched week rolled up with the gate: {statistics.median(took):.2f} s (wanted: 3 s or less)"
    )
    began = time.perf_counter()
    with engine.begin() as connection:
        touch(connection, {week_of(last) - timedelta(weeks=1)})
    roll_up(engine, settings())
    print(f"  with its months and what looks back on it: {time.perf_counter() - began:.2f} s")


def _only_week(engine: Engine, monday: date) -> float:
    """Return the seconds that a week takes in a draft, which is thrown away."""
    from claude_dash import rollup
    from claude_dash.config import settings
    from claude_dash.privacy.policy import current
    from claude_dash.rollup.draft import discard, drafting, make_room
    from claude_dash.store.engine import one_state

    with engine.connect() as connection:
        make_room(connection)
        with one_state(connection), drafting(connection):
            policy = current(connection, settings().min_group_size)
            began = time.perf_counter()
            rollup._roll_up_weeks(connection, [monday], policy, lambda *_: None)
            took = time.perf_counter() - began
        with one_state(connection):
            discard(connection)
    return took


def _walk(url: str, days: list[date]) -> Iterator[int]:
    with httpx.Client(base_url=url) as client:
        for day in days:
            token: str | None = None
            while True:
                params = {
                    "starting_at": day.isoformat(),
                    "limit": 1000,
                    **({"page": token} if token else {}),
                }
                body = client.get(
                    "/v1/organizations/usage_report/claude_code", params=params
                ).json()
                yield len(body["data"])
                token = body["next_page"]
                if not token:
                    break


def _sync(folder: Path, people: int) -> None:
    """Print a sync's time against a bare walk of the same pages, and the memory that it takes."""
    server = serve(people)
    url = f"http://127.0.0.1:{server.server_port}"
    last = datetime.now(UTC).date()
    days = [last - timedelta(days=back) for back in range(PAGE_DAYS)]
    for day in days:  # so that neither side pays for making the pages
        list(_walk_once(url, day))
    began = time.perf_counter()
    rows = sum(_walk(url, days))
    bare = time.perf_counter() - began
    store = folder / "sync"
    shutil.rmtree(store, ignore_errors=True)
    store.mkdir()
    code = (
        "import resource,sys;from claude_dash.cli import main\n"
        "try: main()\n"
        "finally: print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss//1024, file=sys.stderr)"
    )
    env = {
        **os.environ,
        "CLAUDE_DASH_DATA_DIR": str(store),
        "CLAUDE_DASH_DATABASE_URL": f"sqlite:///{store / 'sync.db'}",
        "CLAUDE_DASH_ANTHROPIC_BASE_URL": url,
        "CLAUDE_DASH_BACKFILL_SINCE": days[-1].isoformat(),
        "BENCH_KEY": "sk-ant-admin01-bench",
    }
    run = [sys.executable, "-c", code]
    subprocess.run(
        [*run, "connect", "add", "console", "Bench", "--key-env", "BENCH_KEY"],
        env=env,
        check=True,
        capture_output=True,
    )
    done = subprocess.run(
        [*run, "sync", "--json"], env=env, check=True, capture_output=True, text=True
    )
    outcome = json.loads(done.stdout)["connections"][0]
    peak = done.stderr.strip().splitlines()[-1]
    server.shutdown()
    print(f"bare walk of {PAGE_DAYS} days, {rows:,} rows: {bare:.1f} s")
    print(
        f"  sync of the same: {outcome['seconds']:.1f} s, ratio {outcome['seconds'] / bare:.2f} (wanted: 1.3 or less)"
    )
    print(f"  peak memory of the sync: {peak} MB (wanted: 400 or less)")


def _walk_once(url: str, day: date) -> Iterator[int]:
    yield from _walk(url, [day])


if __name__ == "__main__":
    main()
