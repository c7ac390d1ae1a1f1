"""A receiver that is a process of its own, on a free port of loopback."""

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx


@dataclass
class Receiving:
    """A process that receives; said: what it wrote to standard error, once it has ended."""

    url: str
    number: int
    said: bytes = b""

    @property
    def peak_bytes(self) -> int | None:
        """Return the most memory that it held so far; None where the system does not tell."""
        status = Path(f"/proc/{self.number}/status")
        if not status.exists():
            return None
        found = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
        return int(found[1]) * 1024 if found else None


@contextmanager
def receiving() -> Iterator[Receiving]:
    """Yield a receiver over the store of the settings; end it as an init does."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "claude_dash", "receive", "--port", str(port)]
    with subprocess.Popen(command, stderr=subprocess.PIPE) as process:
        made = Receiving(f"http://127.0.0.1:{port}", process.pid)
        try:
            transport = httpx.HTTPTransport(retries=10)  # while it starts nobody listens
            with httpx.Client(transport=transport) as client:
                assert client.get(f"{made.url}/readyz").status_code == 200
            yield made
        finally:
            process.terminate()  # what was answered is counted before it ends
            made.said = process.communicate(timeout=60)[1]
