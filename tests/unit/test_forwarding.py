"""The commands that forward a hook: the POSIX one runs, against servers that answer and do not."""

import os
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from claude_dash.connections.forwarding import posix, powershell

TOKEN = "cdash_invented-token_1"
EVENT = b'{"hook_event_name": "SessionStart", "session_id": "invented"}'
GIVE_UP_S = 30  # of the test, far beyond what the forwarder may take
SHELLS = [one for one in ("/bin/sh", "/bin/bash", "/bin/dash") if Path(one).exists()]


class _Listener(ThreadingHTTPServer):
    """Keeps what was sent; with `hangs` set it answers only when it is closed."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.taken: list[tuple[str, str | None, str | None, bytes]] = []
        self.status, self.answer, self.hangs = 200, b"{}", False
        self.closing = threading.Event()

    @property
    def url(self) -> str:
        """Return where hooks go."""
        return f"http://127.0.0.1:{self.server_address[1]}/v1/hooks"


class _Answer(BaseHTTPRequestHandler):
    server: _Listener

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        headers = self.headers["authorization"], self.headers["content-type"]
        self.server.taken.append((self.path, *headers, body))
        if self.server.hangs:
            self.server.closing.wait(GIVE_UP_S)
            return
        self.send_response(self.server.status)
        self.send_header("content-length", str(len(self.server.answer)))
        self.end_headers()
        self.wfile.write(self.server.answer)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def listener() -> Iterator[_Listener]:
    """Yield a server on loopback."""
    server = _Listener()
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.closing.set()
    server.shutdown()
    thread.join()
    server.server_close()


def forward(
    url: str, *, token: str | None = TOKEN, shell: str = "/bin/sh", home: str = "/nonexistent"
) -> subprocess.CompletedProcess[bytes]:
    """Run the command as a client does, with an event on its standard input."""
    env = {"PATH": os.environ["PATH"], "HOME": home}
    if token is not None:
        env["CLAUDE_DASH_INGEST_TOKEN"] = token
    args = [shell, "-c", posix(url)]
    return subprocess.run(
        args, input=EVENT, env=env, capture_output=True, timeout=GIVE_UP_S, check=False
    )


def is_silent(done: subprocess.CompletedProcess[bytes]) -> bool:
    """Say whether a command succeeded and printed nothing: the client would read it."""
    return (done.returncode, done.stdout, done.stderr) == (0, b"", b"")


@pytest.mark.parametrize("shell", SHELLS)
def test_an_event_is_forwarded_as_it_is(listener: _Listener, shell: str) -> None:
    """The body arrives byte for byte, as JSON, with the token from the environment."""
    assert is_silent(forward(listener.url, shell=shell))
    assert listener.taken == [("/v1/hooks", f"Bearer {TOKEN}", "application/json", EVENT)]


@pytest.mark.parametrize("status", [200, 401, 413, 503])
def test_an_answer_changes_nothing(listener: _Listener, status: int) -> None:
    """Whatever is answered, nothing is printed and the session goes on."""
    listener.status, listener.answer = status, b'{"decision": "block"}'
    assert is_silent(forward(listener.url))
    assert len(listener.taken) == 1


def test_a_server_that_hangs_is_left_after_two_seconds(listener: _Listener) -> None:
    """It gives up by itself: the server here answers only when the test is over."""
    listener.hangs = True
    assert is_silent(forward(listener.url))
    assert len(listener.taken) == 1
    assert "max-time = 2\n" in posix(listener.url)


def test_without_a_server_it_is_silent(listener: _Listener) -> None:
    """A refused connection is no error of the developer's."""
    url = listener.url.replace(f":{listener.server_address[1]}/", ":9/")
    assert is_silent(forward(url))


@pytest.mark.parametrize("token", [None, ""])
def test_without_a_token_nothing_is_sent(listener: _Listener, token: str | None) -> None:
    """A machine that was not given the variable asks nobody."""
    assert is_silent(forward(listener.url, token=token))
    assert listener.taken == []


def test_the_token_is_no_argument(listener: _Listener, tmp_path: Path) -> None:
    """The list of processes shows neither the token nor the header."""
    spy = tmp_path / "curl"
    spy.write_text(f'#!/bin/sh\necho "$@" > {tmp_path}/seen\nexec /usr/bin/env -i cat >/dev/null\n')
    spy.chmod(0o755)
    env = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "CLAUDE_DASH_INGEST_TOKEN": TOKEN}
    args = ["/bin/sh", "-c", posix(listener.url)]
    done = subprocess.run(
        args, input=EVENT, env=env, capture_output=True, timeout=GIVE_UP_S, check=False
    )
    assert is_silent(done)
    seen = (tmp_path / "seen").read_text()
    assert "--config /dev/fd/3" in seen
    assert TOKEN not in seen
    assert TOKEN not in posix(listener.url)


def test_a_developers_own_settings_of_curl_are_left_out(
    listener: _Listener, tmp_path: Path
) -> None:
    """A .curlrc that is verbose or goes elsewhere changes nothing."""
    (tmp_path / ".curlrc").write_text(
        'verbose\nwrite-out = "printed"\nproxy = "http://127.0.0.1:9"\n'
    )
    assert is_silent(forward(listener.url, home=str(tmp_path)))
    assert len(listener.taken) == 1


def test_the_windows_script_keeps_the_same_promises() -> None:
    """Two seconds, no output, no failure, and the token from the environment alone."""
    script = powershell("https://dash.example.com/v1/hooks")
    assert "-TimeoutSec 2" in script
    assert "-Uri 'https://dash.example.com/v1/hooks'" in script
    assert 'Authorization = "Bearer $env:CLAUDE_DASH_INGEST_TOKEN"' in script
    assert script.rstrip().endswith("} catch { }\nexit 0")
    assert "$ProgressPreference = 'SilentlyContinue'" in script
    assert script.count("{") == script.count("}")
    assert "Write-" not in script
