"""Accounts and sessions of this installation: argon2, one-use links, sessions kept in the store."""

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import Connection, Engine, delete, func, insert, select, update

from claude_dash.access.readers import Reader, Role
from claude_dash.clock import now
from claude_dash.errors import ConfigError, QueryError, UnknownNameError
from claude_dash.facts import tables as t
from claude_dash.store.audit import note

COOKIE = "claude_dash_session"
LINK_LASTS = timedelta(hours=24)
IDLE_ENDS = timedelta(hours=12)
SESSION_ENDS = timedelta(days=7)
SEEN_EVERY = timedelta(minutes=5)  # so that a page view is not a write
FAILURES, FAILURES_WITHIN = 5, timedelta(minutes=15)
MIN_PASSWORD_CHARS = 12
MAX_PASSWORD_CHARS = 256
COMMAND_LINE = "command line"

_HASHER = PasswordHasher()
_NOBODY = _HASHER.hash(secrets.token_hex(16))  # so that an unknown address takes as long


@dataclass(frozen=True, slots=True)
class Listed:
    """An account, without its password."""

    email: str
    role: str
    created_at: datetime
    has_password: bool


class SignInError(QueryError):
    """The address or the password is wrong, or there were too many tries; which is not said."""

    http_status = 401


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _folded(email: str) -> str:
    found = email.strip().casefold()
    name, _, domain = found.partition("@")
    if not name or "." not in domain or " " in found:
        message = "That is not a mail address."
        raise ConfigError(message, "Write it as name@example.org.")
    return found


def check_password(password: str) -> None:
    """Raise when a password is too short to be one.

    Raises:
        ConfigError: It is.
    """
    if not MIN_PASSWORD_CHARS <= len(password) <= MAX_PASSWORD_CHARS:
        message = f"A password has {MIN_PASSWORD_CHARS} to {MAX_PASSWORD_CHARS} characters."
        raise ConfigError(message, "A sentence is a good one.")


def accounts(engine: Engine) -> list[Listed]:
    """Return every account, by address."""
    with engine.connect() as connection:
        rows = connection.execute(select(t.ACCOUNT).order_by(t.ACCOUNT.c.email)).all()
    return [Listed(r.email, r.role, r.created_at, bool(r.password_hash)) for r in rows]


def has_admin(connection: Connection) -> bool:
    """Say whether somebody can administer this installation."""
    query = select(t.ACCOUNT.c.id).where(
        t.ACCOUNT.c.role == Role.ADMIN, t.ACCOUNT.c.password_hash != ""
    )
    return connection.execute(query.limit(1)).first() is not None


def first_admin_link(engine: Engine, base_url: str) -> str | None:
    """Return a new one-use link for the first administrator; None when there is one."""
    with engine.begin() as connection:
        if has_admin(connection):
            return None
        link = t.SIGN_IN_TOKEN.c.account_id
        connection.execute(delete(t.SIGN_IN_TOKEN).where(link.is_(None)))
        return f"{base_url.rstrip('/')}/auth/first?token={_new_link(connection, None)}"


def _new_link(connection: Connection, account_id: int | None) -> str:
    token = secrets.token_urlsafe(32)
    connection.execute(
        insert(t.SIGN_IN_TOKEN).values(
            token_hash=_digest(token), account_id=account_id, expires_at=now() + LINK_LASTS
        )
    )
    return token


def add(
    engine: Engine,
    email: str,
    role: str,
    *,
    password: str | None = None,
    base_url: str = "",
    actor: str = COMMAND_LINE,
) -> str | None:
    """Make an account; return the link with which its owner sets a password, if none was given.

    Raises:
        ConfigError: The address, the password or the account cannot be used.
        UnknownNameError: There is no such role.
    """
    email = _folded(email)
    if role not in set(Role):
        what = "role"
        raise UnknownNameError.of(what, role, [str(one) for one in Role])
    if password is not None:
        check_password(password)
    with engine.begin() as connection:
        if connection.execute(select(t.ACCOUNT.c.id).where(t.ACCOUNT.c.email == email)).first():
            message = "There is an account with this address already."
            raise ConfigError(message, "Remove it first, or change its role.")
        made = connection.execute(
            insert(t.ACCOUNT)
            .values(
                email=email,
                role=role,
                password_hash=_HASHER.hash(password) if password else "",
                created_at=now(),
            )
            .returning(t.ACCOUNT.c.id)
        ).scalar_one()
        note(connection, actor, "account added", f"{email} as {role}")
        if password:
            return None
        return f"{base_url.rstrip('/')}/auth/first?token={_new_link(connection, made)}"


def link_for(engine: Engine, email: str, *, base_url: str, actor: str) -> str:
    """Return a new link with which the owner of an account sets a password."""
    with engine.begin() as connection:
        row = _account(connection, email)
        note(connection, actor, "sign-in link made", row.email)
        return f"{base_url.rstrip('/')}/auth/first?token={_new_link(connection, row.id)}"


def _account(connection: Connection, email: str) -> Any:  # noqa: ANN401 - a row
    rows = {row.email: row for row in connection.execute(select(t.ACCOUNT))}
    found = rows.get(email.strip().casefold())
    if found is None:
        what = "account"
        raise UnknownNameError.of(what, email, rows)
    return found


def _refuse_last_admin(connection: Connection, account_id: int) -> None:
    others = select(func.count()).where(
        t.ACCOUNT.c.role == Role.ADMIN, t.ACCOUNT.c.id != account_id
    )
    if not connection.execute(others).scalar():
        message = "This is the last administrator."
        raise ConfigError(message, "Make another one first.")


def set_role(engine: Engine, email: str, role: str, *, actor: str = COMMAND_LINE) -> None:
    """Give an account another role; it holds from the next page on.

    Raises:
        ConfigError: It is the last administrator.
    """
    with engine.begin() as connection:
        row = _account(connection, email)
        if row.role == Role.ADMIN and role != Role.ADMIN:
            _refuse_last_admin(connection, row.id)
        changed = update(t.ACCOUNT).where(t.ACCOUNT.c.id == row.id).values(role=Role(role))
        connection.execute(changed)
        note(connection, actor, "role changed", f"{row.email} to {role}")


def remove(engine: Engine, email: str, *, actor: str = COMMAND_LINE) -> None:
    """Remove an account and end its sessions.

    Raises:
        ConfigError: It is the last administrator.
    """
    with engine.begin() as connection:
        row = _account(connection, email)
        if row.role == Role.ADMIN:
            _refuse_last_admin(connection, row.id)
        _end(connection, row.id)
        connection.execute(delete(t.SIGN_IN_TOKEN).where(t.SIGN_IN_TOKEN.c.account_id == row.id))
        connection.execute(delete(t.ACCOUNT).where(t.ACCOUNT.c.id == row.id))
        note(connection, actor, "account removed", row.email)


def end_sessions(engine: Engine, email: str, *, actor: str = COMMAND_LINE) -> None:
    """Sign an account out everywhere."""
    with engine.begin() as connection:
        row = _account(connection, email)
        _end(connection, row.id)
        note(connection, actor, "sessions ended", row.email)


def _end(connection: Connection, account_id: int) -> None:
    sessions = t.SIGN_IN_SESSION
    connection.execute(delete(sessions).where(sessions.c.account_id == account_id))


def is_link_good(engine: Engine, token: str) -> bool:
    """Say whether a link can still be used; looking does not use it."""
    with engine.connect() as connection:
        return _link(connection, token) is not None


def needs_address(engine: Engine, token: str) -> bool:
    """Say whether a link is for the first administrator, who has no account yet."""
    with engine.connect() as connection:
        row = _link(connection, token)
        return row is not None and row.account_id is None


def _link(connection: Connection, token: str) -> Any:  # noqa: ANN401 - a row
    links = t.SIGN_IN_TOKEN
    query = select(links).where(links.c.token_hash == _digest(token), links.c.expires_at > now())
    return connection.execute(query).first()


def use_link(engine: Engine, token: str, password: str, email: str = "") -> str:
    """Set a password with a link, which is used up; return a new session's cookie.

    Raises:
        SignInError: The link was used or has expired.
        ConfigError: The password or the address cannot be used.
    """
    check_password(password)
    hashed = _HASHER.hash(password)
    with engine.begin() as connection:
        row = _link(connection, token)
        if row is None or (row.account_id is None and has_admin(connection)):
            message = "This link was used or has expired."
            raise SignInError(message, "Ask for a new one.")
        links = t.SIGN_IN_TOKEN
        connection.execute(delete(links).where(links.c.token_hash == row.token_hash))
        if row.account_id is None:
            address = _folded(email)
            connection.execute(delete(t.ACCOUNT).where(t.ACCOUNT.c.email == address))
            account = connection.execute(
                insert(t.ACCOUNT)
                .values(email=address, role=Role.ADMIN, password_hash=hashed, created_at=now())
                .returning(t.ACCOUNT.c.id)
            ).scalar_one()
            note(connection, address, "first administrator")
        else:
            account = row.account_id
            changed = update(t.ACCOUNT).where(t.ACCOUNT.c.id == account)
            connection.execute(changed.values(password_hash=hashed))
            _end(connection, account)
        return _start_session(connection, account)


def _start_session(connection: Connection, account_id: int) -> str:
    cookie = secrets.token_urlsafe(32)
    connection.execute(
        insert(t.SIGN_IN_SESSION).values(
            session_hash=_digest(cookie),
            account_id=account_id,
            created_at=now(),
            seen_at=now(),
            expires_at=now() + SESSION_ENDS,
        )
    )
    return cookie


def sign_in(engine: Engine, key: bytes, email: str, password: str, client: str) -> str:
    """Return a new session's cookie for an address and a password.

    Args:
        engine: The store.
        key: Under which address and client are hashed for the rate limit.
        email: As it was typed.
        password: As it was typed.
        client: Where the try comes from.

    Raises:
        SignInError: Wrong, or too many tries; the sentence is the same for both addresses that
            exist and those that do not.
    """
    subjects = [_subject(key, "email", email.strip().casefold()), _subject(key, "client", client)]
    with engine.begin() as connection:
        _refuse_many(connection, subjects)
        query = select(t.ACCOUNT).where(t.ACCOUNT.c.email == email.strip().casefold())
        row = connection.execute(query).first()
    is_right = _is_right(row.password_hash if row else "", password[:MAX_PASSWORD_CHARS])
    if row is None or not is_right:
        with engine.begin() as connection:
            rows = [{"subject": one, "at": now()} for one in subjects]
            connection.execute(insert(t.SIGN_IN_ATTEMPT), rows)
        message = "The address or the password is wrong."
        raise SignInError(message, "Try again, or ask an administrator for a new link.")
    with engine.begin() as connection:
        tries = t.SIGN_IN_ATTEMPT
        connection.execute(delete(tries).where(tries.c.subject == subjects[0]))
        note(connection, row.email, "signed in")
        return _start_session(connection, row.id)


def _subject(key: bytes, kind: str, value: str) -> str:
    return hmac.new(key, f"{kind}\0{value}".encode(), "sha256").hexdigest()


def _refuse_many(connection: Connection, subjects: list[str]) -> None:
    tries = t.SIGN_IN_ATTEMPT
    query = (
        select(func.count())
        .where(tries.c.subject.in_(subjects), tries.c.at > now() - FAILURES_WITHIN)
        .group_by(tries.c.subject)
    )
    if max(connection.execute(query).scalars(), default=0) >= FAILURES:
        message = "Too many tries."
        raise SignInError(message, "Wait a quarter of an hour.")


def _is_right(hashed: str, password: str) -> bool:
    try:
        return _HASHER.verify(hashed or _NOBODY, password) and bool(hashed)
    except (VerificationError, InvalidHashError):
        return False


def reader_of(engine: Engine, cookie: str | None) -> Reader | None:
    """Return who a cookie belongs to, with the role of this moment; None when it has ended."""
    if not cookie:
        return None
    sessions = t.SIGN_IN_SESSION
    query = (
        select(t.ACCOUNT.c.email, t.ACCOUNT.c.role, sessions.c.seen_at)
        .join(sessions, sessions.c.account_id == t.ACCOUNT.c.id)
        .where(
            sessions.c.session_hash == _digest(cookie),
            sessions.c.expires_at > now(),
            sessions.c.seen_at > now() - IDLE_ENDS,
        )
    )
    with engine.connect() as connection:
        row = connection.execute(query).first()
    if row is None:
        return None
    if row.seen_at < now() - SEEN_EVERY:
        with engine.begin() as connection:
            mine = sessions.c.session_hash == _digest(cookie)
            connection.execute(update(sessions).where(mine).values(seen_at=now()))
    return Reader(row.email, Role(row.role))


def sign_out(engine: Engine, cookie: str | None) -> None:
    """End the session of a cookie."""
    if cookie:
        sessions = t.SIGN_IN_SESSION
        with engine.begin() as connection:
            mine = sessions.c.session_hash == _digest(cookie)
            connection.execute(delete(sessions).where(mine))
