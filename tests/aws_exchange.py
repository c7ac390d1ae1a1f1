"""What goes over the wire of an AWS on this machine: requests, answers and refusals."""

import socket
import struct
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from xml.sax.saxutils import escape

STATUS = {"SlowDown": 503, "InternalError": 500, "ServiceUnavailable": 503, "ExpiredToken": 400}


@dataclass
class Request:
    method: str
    path: str
    query: dict[str, str]
    headers: Mapping[str, str]
    body: bytes
    bucket: str = ""
    key: str = ""
    what: str = ""
    who: str = "nobody"


@dataclass
class Answer:
    status: int
    body: bytes = b""
    headers: dict[str, str] = field(default_factory=dict)
    code: str = "ok"
    is_cut: bool = False


class Refused(Exception):  # noqa: N818 - an answer, not an accident
    def __init__(self, status: int, code: str, message: str = "", **more: str) -> None:
        super().__init__(code)
        self.code, self.status, self.message, self.more = code, status, message, more


class Quiet(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, *_: Any) -> None:
        """Say nothing when a client hangs up."""


def operation_of(request: Request) -> str:
    if request.key:
        return f"{request.method.title()}Object"
    if request.method == "GET" and request.query.get("list-type") == "2":
        return "ListObjectsV2"
    return f"{request.method.title()}Bucket"


def denied(who: str, action: str, resource: str) -> Refused:
    """Refuse as AWS does: in words that name the caller, whom nobody else should meet."""
    message = f"User: {who} is not authorized to perform: {action} on resource: {resource}"
    return Refused(403, "AccessDenied", message)


def spell(refused: Refused, *, is_sts: bool) -> Answer:
    fields = {"Code": refused.code, "Message": refused.message, **refused.more}
    inside = "".join(f"<{name}>{escape(value)}</{name}>" for name, value in fields.items())
    text = f"<Error>{inside}</Error>"
    text = f"<ErrorResponse>{text}<RequestId>1</RequestId></ErrorResponse>" if is_sts else text
    headers = {"content-type": "text/xml"}
    return Answer(refused.status, text.encode(), headers, refused.code)


def send(handler: BaseHTTPRequestHandler, answer: Answer) -> None:
    with suppress(OSError):
        handler.send_response(answer.status)
        for name, value in answer.headers.items():
            handler.send_header(name, value)
        handler.send_header("content-length", str(len(answer.body)))
        handler.end_headers()
        if handler.command == "HEAD":
            return
        if answer.is_cut:
            handler.wfile.write(answer.body[: len(answer.body) // 2])
            handler.wfile.flush()
            linger = struct.pack("ii", 1, 0)  # a reset, no orderly end
            handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            handler.close_connection = True
            handler.connection.close()
            return
        handler.wfile.write(answer.body)
