"""What happens on a real connection: resets, half bodies, redirects, foreign certificates."""

import gzip
import ipaddress
import json
import socket
import ssl
import struct
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pydantic import SecretStr

from claude_dash import errors
from claude_dash.sources import exchange
from claude_dash.sources.client import AnthropicClient
from claude_dash.sources.patience import ASKING
from tests.unit.sources.conftest import KEY

BODY = json.dumps({"data": ["x" * 2000], "has_more": False}).encode()


class Handler(BaseHTTPRequestHandler):
    """Behaves as the next entry of the server's script says, then well."""

    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True
    server: "Server"

    def do_GET(self) -> None:
        """Answer one request."""
        with self.server.lock:
            self.server.peers.add(self.client_address)
            self.server.paths.append(self.path)
            step = self.server.script.pop(0) if self.server.script else Handler.well
        step(self)

    def well(self) -> None:
        """Answer as it should be."""
        self.send(BODY)

    def reset(self) -> None:
        """Close the connection hard, without an answer."""
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.close_connection = True
        self.connection.close()

    def half(self) -> None:
        """Promise a whole body and send a half of it."""
        self.send(BODY[:1000], length=len(BODY))
        self.close_connection = True

    def half_chunked(self) -> None:
        """Begin a body in pieces and never end it."""
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("transfer-encoding", "chunked")
        self.end_headers()
        self.wfile.write(b"10\r\n" + BODY[:16] + b"\r\n")
        self.close_connection = True

    def nonsense(self) -> None:
        """Answer in no protocol at all."""
        self.wfile.write(b"\x00\x01\x02 hello\r\n\r\n")
        self.close_connection = True

    def broken_gzip(self) -> None:
        """Send half of a compressed body as if it were whole."""
        self.send(b"\x1f\x8b\x08 this is not compressed", encoding="gzip")

    def bomb(self) -> None:
        """Send a small body that becomes a large one."""
        self.send(gzip.compress(b'"' + b"a" * 5_000_000 + b'"'), encoding="gzip")

    def redirect(self) -> None:
        """Point somewhere else."""
        self.send_response(302)
        self.send_header("location", "/elsewhere")
        self.send_header("content-length", "0")
        self.end_headers()

    def send(self, body: bytes, length: int | None = None, encoding: str = "") -> None:
        """Send a body as JSON."""
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(body) if length is None else length))
        if encoding:
            self.send_header("content-encoding", encoding)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Stay quiet."""


class Server(ThreadingHTTPServer):
    """A server on loopback; `script` holds what the next requests meet."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.script: list[Callable[[Handler], None]] = []
        self.peers: set[Any] = set()
        self.paths: list[str] = []
        self.lock = Lock()
        self.naps: list[float] = []

    @property
    def address(self) -> str:
        """Return the address, without a scheme."""
        return f"127.0.0.1:{self.server_port}"

    def client(self, scheme: str = "http") -> AnthropicClient:
        """Return a client that does not really wait between its tries."""
        return AnthropicClient(
            f"{scheme}://{self.address}",
            SecretStr(KEY),
            lambda: None,
            sleep=self.naps.append,
        )

    def handle_error(self, *_: Any) -> None:
        """Stay quiet about clients that hang up."""


@pytest.fixture
def server() -> Iterator[Server]:
    """Return a running server."""
    with Server() as made:
        thread = Thread(target=made.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield made
        made.shutdown()
        thread.join()


@pytest.mark.parametrize(
    "fault",
    [Handler.reset, Handler.half, Handler.half_chunked, Handler.nonsense, Handler.broken_gzip],
    ids=lambda fault: fault.__name__,
)
def test_a_broken_answer_is_fetched_again(server: Server, fault: Callable[[Handler], None]) -> None:
    """After two broken answers the third is taken whole; when it stays so it is `network`."""
    server.script = [fault, fault]
    with server.client() as client:
        assert client.get("/x") == json.loads(BODY)
        assert (client.requests, client.retries) == (3, 2)
        server.script = [fault] * 3
        with pytest.raises(errors.SourceBusyError) as raised:
            client.get("/x", patience=ASKING)
    assert raised.value.code == "network"


def test_connections_are_used_again(server: Server) -> None:
    """Many requests, one connection."""
    with server.client() as client:
        for number in range(20):
            client.get(f"/{number}")
    assert len(server.paths) == 20
    assert len(server.peers) == 1


def test_a_small_body_that_becomes_large_is_left(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The cap counts what a body becomes, not what was sent."""
    monkeypatch.setattr(exchange, "MAX_BODY_BYTES", 1_000_000)
    server.script = [Handler.bomb]
    with server.client() as client, pytest.raises(errors.SourceShapeError):
        client.get("/x")


def test_a_redirect_is_not_followed(server: Server) -> None:
    """The key is not carried to where an answer points."""
    server.script = [Handler.redirect]
    with server.client() as client, pytest.raises(errors.SourceError) as raised:
        client.get("/x")
    assert raised.value.code == "wrong_address"
    assert server.paths == ["/x"]


def test_nobody_there_is_no_network() -> None:
    """A port where nobody listens is `network`."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{taken.getsockname()[1]}"
        with (
            AnthropicClient(address, SecretStr(KEY), lambda: None, sleep=lambda _: None) as client,
            pytest.raises(errors.SourceBusyError) as raised,
        ):
            client.get("/x", patience=ASKING)
    assert raised.value.code == "network"


def test_a_proxy_does_not_see_an_unencrypted_request(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    """To loopback no proxy of the environment is used."""
    for name in ("HTTP_PROXY", "ALL_PROXY", "http_proxy", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with server.client() as client:
        assert client.get("/x") == json.loads(BODY)


def _certificate(folder: Path) -> Path:
    """Write a certificate for this machine that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    loopback = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(datetime.now(UTC) - timedelta(days=1))
        .not_valid_after(datetime.now(UTC) + timedelta(days=1))
        .add_extension(loopback, critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain
    ) + made.public_bytes(serialization.Encoding.PEM)
    path = folder / "own.pem"
    path.write_bytes(pem)
    return path


def test_a_certificate_nobody_vouches_for_is_refused(server: Server, tmp_path: Path) -> None:
    """The key is not sent to whom cannot be verified, and the address is named as the trouble."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(_certificate(tmp_path))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    with server.client("https") as client, pytest.raises(errors.SourceError) as raised:
        client.get("/x")
    assert raised.value.code == "wrong_address"
    assert server.paths == []
    assert server.naps == []


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (b"{}", {}),
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b"", None),
        (b"{", None),
        (b"\xff", None),
        (b'{"a": Infinity}', None),
        (b'{"a": 1e99999999999999999999}', None),
        (b'{"a": ' + b"9" * 5000 + b"}", None),
    ],
)
def test_json_is_read_or_not(body: bytes, expected: Any) -> None:
    """What is not JSON is None; nothing that a body may hold breaks the reading."""
    assert exchange.json_of(body) == expected
