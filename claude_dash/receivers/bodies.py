"""Bodies that are posted: read up to a limit, unpacked up to another."""

import asyncio
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from isal import isal_zlib
from isal.igzip_lib import IsalError

from claude_dash.errors import BodyRejected

MAX_SENT_BYTES = 4 * 2**20
MAX_BYTES = MAX_SENT_BYTES  # unpacked; a client sends some hundred kilobytes (contract 2)
MAX_MEMBERS = 64  # of a packed body, each a copy of the rest; a client sends one
PATIENCE_S = 20  # for a body to come
_GZIP = 16 + 15  # window bits of zlib that stand for gzip
Receive = Callable[[], Awaitable[MutableMapping[str, Any]]]


class BodyTooLarge(BodyRejected):
    """A body is larger than what is read."""

    http_status = 413


class BodyUnknown(BodyRejected):
    """A body has a type or an encoding that is not understood."""

    http_status = 415


class Unavailable(BodyRejected):
    """It cannot be taken now, and later perhaps it can."""

    http_status = 503


async def read(receive: Receive, encoding: bytes) -> bytes:
    """Return the body of a request, unpacked.

    Raises:
        BodyRejected: It is too large, too slow, or packed in another way.
    """
    if encoding not in {b"", b"identity", b"gzip"}:
        message = "The Content-Encoding is not understood."
        raise BodyUnknown(message, "Send gzip, or nothing.")
    try:
        async with asyncio.timeout(PATIENCE_S):
            sent = await _whole(receive)
    except TimeoutError:
        message = "The body did not come in time."
        raise Unavailable(message) from None
    return unpacked(sent) if encoding == b"gzip" else sent


async def _whole(receive: Receive) -> bytes:
    parts, size = [], 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            text = "The sender went away."
            raise Unavailable(text)
        part = message.get("body", b"")
        size += len(part)
        if size > MAX_SENT_BYTES:
            text = f"The body is larger than {MAX_SENT_BYTES} bytes."
            raise BodyTooLarge(text)
        parts.append(part)
        if not message.get("more_body"):
            return parts[0] if len(parts) == 1 else b"".join(parts)


def unpacked(sent: bytes) -> bytes:
    """Return what was packed with gzip, in one member or several.

    Raises:
        BodyRejected: It is not gzip, cut off, in too many parts, or too large.
    """
    made, size = [], 0
    while sent:
        reader = isal_zlib.decompressobj(_GZIP)
        try:
            part = reader.decompress(sent, MAX_BYTES + 1 - size)
        except IsalError:  # type: ignore[misc] # its stub tells no type
            message = "The body is not gzip."
            raise BodyRejected(message) from None
        size += len(part)
        if size > MAX_BYTES:
            message = f"The body is larger than {MAX_BYTES} bytes."
            raise BodyTooLarge(message)
        if not reader.eof:
            message = "The body is cut off."
            raise BodyRejected(message)
        made.append(part)
        if len(made) > MAX_MEMBERS:
            message = "The body is packed in too many parts."
            raise BodyRejected(message)
        sent = reader.unused_data
    return b"".join(made)
