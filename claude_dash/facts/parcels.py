"""Parcels: what one request brought, reduced to what is kept, on its way from the door to facts.

A parcel holds no content and names nobody: pseudonyms, digests, and identities that are sealed.
"""

import hashlib
import struct
from collections.abc import Callable
from typing import NamedTuple

import msgspec

from claude_dash.facts.identity import Identified

DIGEST_BYTES = 8


class Setup(NamedTuple):
    """What a client was, and where it sent its requests; the columns of `ClientSetup`."""

    organization_id: str = ""
    provider: str = ""
    plan: str = ""
    entry_point: str = ""
    version: str = ""


class Sender(NamedTuple):
    """Who sent something: pseudonyms, and the identity sealed; who: 0 while nobody has said.

    address: the pseudonym of the address that came along, or 0. session: the digest of the
    session's id, or 0 where it has none.
    """

    who: int
    address: int
    identity: bytes
    session: int
    terminal_type: str
    setup: Setup


def pseudonyms(
    identity: Identified, key: bytes, seal: Callable[[str], bytes]
) -> tuple[int, int, bytes]:
    """Return what a sender says of who it is: who, address and identity."""
    address = Identified("email", identity.email).who(key) if identity.email else 0
    kept = msgspec.json.encode([identity.kind, identity.value, identity.email]).decode()
    return identity.who(key), address, seal(kept)


class Feature(NamedTuple):
    """A feature that was used; None: how often is not said."""

    kind: str
    name: str
    uses: int | None = None
    installs: int | None = None


class Series(NamedTuple):
    """What a point counts: a measure of a sender, and its item (a model, a tool, an event).

    digest: of the name and all attributes, for series that are cumulative; else 0.
    """

    sender: int
    measure: str
    item: str
    features: tuple[Feature, ...]
    digest: int


class Point(NamedTuple):
    """A value of a series; digest: 0 where it cannot come twice; times: nanoseconds."""

    series: int
    digest: int
    start: int
    time: int
    value: int


class Parcel(msgspec.Struct, array_like=True):
    """One request: senders, their series, and points of these; arrived: nanoseconds."""

    connection: int
    arrived: int
    senders: list[Sender]
    series: list[Series]
    points: list[Point]
    rejects: dict[str, int]


_DECODER = msgspec.msgpack.Decoder(Parcel)
_ENCODER = msgspec.msgpack.Encoder()


def packed(parcel: Parcel) -> bytes:
    """Return a parcel as it is kept until its facts are."""
    return _ENCODER.encode(parcel)


def unpacked(kept: bytes) -> Parcel:
    """Return a parcel that was kept."""
    return _DECODER.decode(kept)


class Digest:
    """Digests under a key: recognised again, and nothing is learnt from them."""

    def __init__(self, key: bytes) -> None:
        self._empty = hashlib.blake2b(digest_size=DIGEST_BYTES, key=key)

    def of(self, *parts: bytes) -> int:
        """Return 63 bits, never 0, that stand for some parts in this order."""
        made = self._empty.copy()
        for part in parts:
            made.update(struct.pack("<I", len(part)) + part)
        return int.from_bytes(made.digest(), "big") >> 1 or 1


def session_of(digest: Digest, name: str) -> int:
    """Return what stands for a session, by whichever way a client tells of it."""
    return digest.of(b"session", name.encode())
