"""Ingest tokens: with which clients send to a connection; kept as hashes, shown once."""

import hashlib
import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, insert, or_, select, update

from claude_dash.clock import now
from claude_dash.facts import tables as t

PREFIX = "cdash_"
TOKEN_BYTES = 32
TAIL_CHARS = 4
_TOKEN = t.INGEST_TOKEN


@dataclass(frozen=True, slots=True)
class Token:
    """What an admin may know of a token; expires_at: None while it is the newest."""

    tail: str
    created_at: datetime
    expires_at: datetime | None
    used_at: datetime | None


def digest_of(token: str) -> bytes:
    """Return the hash under which a token is kept: it is long and random, so a plain one does."""
    return hashlib.sha256(token.encode()).digest()


def issue(connection: Connection, number: int, overlap: timedelta = timedelta()) -> str:
    """Return a new token of a connection; those before it end after the overlap."""
    at = now()
    ends, c = at + overlap, _TOKEN.c
    still = or_(c.expires_at.is_(None), c.expires_at > ends)
    ending = update(_TOKEN).where(c.connection_id == number, still)
    connection.execute(ending.values(expires_at=ends))
    token = PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
    connection.execute(
        insert(_TOKEN).values(
            digest=digest_of(token),
            connection_id=number,
            tail=token[-TAIL_CHARS:],
            created_at=at,
        )
    )
    return token


def revoke(connection: Connection, number: int) -> None:
    """End every token of a connection now."""
    c = _TOKEN.c
    good = or_(c.expires_at.is_(None), c.expires_at > now())
    ending = update(_TOKEN).where(c.connection_id == number, good)
    connection.execute(ending.values(expires_at=now()))


@dataclass(frozen=True, slots=True)
class Target:
    """Where what is sent with a token goes; options: JSON, as they are stored."""

    connection: int
    kind: str
    status: str
    options: str


def targets(connection: Connection) -> dict[bytes, Target]:
    """Return the connection of every token that may be used, by the token's digest."""
    c, of = _TOKEN.c, t.CONNECTION.c
    query = select(c.digest, of.id, of.kind, of.status, of.options).join(
        t.CONNECTION, of.id == c.connection_id
    )
    rows = connection.execute(query.where(or_(c.expires_at.is_(None), c.expires_at > now())))
    return {bytes(digest): Target(*row) for digest, *row in rows}


def note_used(connection: Connection, digests: Iterable[bytes]) -> None:
    """Keep that tokens were used just now."""
    found = list(digests)
    changed = update(_TOKEN).where(_TOKEN.c.digest.in_(found))
    connection.execute(changed.values(used_at=now()))


def of(connection: Connection, number: int) -> list[Token]:
    """Return the tokens of a connection that are or were, newest first."""
    c = _TOKEN.c
    query = select(c.tail, c.created_at, c.expires_at, c.used_at).where(c.connection_id == number)
    return [Token(*row) for row in connection.execute(query.order_by(c.created_at.desc()))]
