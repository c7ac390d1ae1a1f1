"""A vendor on loopback, the product as a process of its own, and a real browser."""

import os
import subprocess
import sys
import threading
import warnings
from collections.abc import Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from socket import socket
from typing import Any

import httpx
import pytest

from tests import tiny
from tests.conftest import find_chromium

START_S = 60
ARGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


class _Vendor(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        request = httpx.Request("GET", f"http://vendor{self.path}", headers=dict(self.headers))
        answer = tiny.answer(request)
        body = answer.read()
        self.send_response(answer.status_code)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="session")
def vendor() -> Iterator[str]:
    """Yield the address of a vendor that answers as the contract says."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Vendor)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@dataclass
class Served:
    """The product while it runs."""

    url: str
    first_admin: str
    process: "subprocess.Popen[str]"
    data: Path
    errors: Path


def free_port() -> int:
    """Return a port that nobody listens on."""
    with socket() as tried:
        tried.bind(("127.0.0.1", 0))
        return int(tried.getsockname()[1])


@pytest.fixture(scope="session")
def served(vendor: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Yield the product, served from an empty store."""
    folder, port = tmp_path_factory.mktemp("served"), free_port()
    url = f"http://127.0.0.1:{port}"
    environment = {
        **{name: value for name, value in os.environ.items() if not name.startswith("CLAUDE_")},
        "CLAUDE_DASH_DATA_DIR": str(folder),
        "CLAUDE_DASH_ANTHROPIC_BASE_URL": vendor,
        "CLAUDE_DASH_REQUESTS_PER_MINUTE": "100000",
        "CLAUDE_DASH_BACKFILL_SINCE": "2026-08-01",
        "CLAUDE_DASH_PUBLIC_URL": url,
        "PYTHONUNBUFFERED": "1",
    }
    errors = folder / "errors.log"
    command = [sys.executable, "-m", "claude_dash", "serve", "--port", str(port), "--no-scheduler"]
    with errors.open("w") as log:
        process = subprocess.Popen(
            command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True
        )
    assert process.stdout is not None
    line = next(line for line in process.stdout if line.startswith("First admin: "))
    threading.Thread(target=process.stdout.read, daemon=True).start()
    transport = httpx.HTTPTransport(retries=20)
    with httpx.Client(transport=transport, timeout=START_S) as client:
        assert client.get(f"{url}/readyz").status_code == 200
    yield Served(url, line.removeprefix("First admin: ").strip(), process, folder, errors)
    process.terminate()
    process.wait(timeout=20)
    process.stdout.close()


@pytest.fixture(scope="session")
def browser() -> Iterator[Any]:
    """Yield a headless Chromium."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from playwright.sync_api import sync_playwright  # noqa: PLC0415 - warns at import

        with sync_playwright() as playwright:
            found = playwright.chromium.launch(executable_path=find_chromium(), args=ARGS)
            yield found
            found.close()
