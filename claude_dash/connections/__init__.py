"""Connections: add, test, replace the key, pause, remove; and how each of them is."""

from datetime import date
from typing import TYPE_CHECKING

from pydantic import SecretStr
from sqlalchemy import Connection, Engine, delete, insert, select, update

from claude_dash.config import Settings
from claude_dash.connections import bedrock as buckets
from claude_dash.connections import clients, senders, session_files
from claude_dash.connections.listing import Listed, exist, list_all, progress_of
from claude_dash.connections.rows import (
    ADDED,
    COMMAND_LINE,
    Tested,
    refuse_connected,
    refuse_taken,
    row_of,
    save_new,
    take_over,
)
from claude_dash.errors import ConfigError, UnknownNameError
from claude_dash.facts import tables as t
from claude_dash.facts.told import SOURCE
from claude_dash.people import departures, hints
from claude_dash.people.changes import open_weeks, touch_changed_weeks
from claude_dash.store import succession
from claude_dash.store.audit import note
from claude_dash.store.budget import Budget
from claude_dash.store.locks import hold
from claude_dash.store.vault import Vault
from claude_dash.store.write import touch

if TYPE_CHECKING:
    from claude_dash.sources.client import AnthropicClient, Transport
    from claude_dash.sources.findings import Probe

__all__ = ["Listed", "Tested", "exist", "list_all", "progress_of", "row_of"]  # from here as well
KEYED = ("console", "enterprise")  # kinds that are read with a key
TAIL_CHARS = 4
_NOTES = (t.DAY_READ, t.REJECT, t.ROSTER_ENTRY, t.INVITE, t.REPORT_STATE, t.SPEND_LIMIT)
_CONNECTION, _SECRET = t.CONNECTION, t.SECRET


def budget_name(organization_id: str, key: str, vault: Vault) -> str:
    """Return the name under which requests are counted: the organization's, once known."""
    return organization_id or f"key:{vault.fingerprint(key)}"


def client_for(
    engine: Engine,
    settings: Settings,
    key: str,
    budget: str,
    *,
    kind: str,
    transport: "Transport | None" = None,
) -> "AnthropicClient":
    """Return a client whose requests are counted over all processes."""
    from claude_dash.sources.client import AnthropicClient  # noqa: PLC0415 - start-up is fast

    limit = Budget(engine, settings.requests_per_minute)
    return AnthropicClient(
        settings.anthropic_base_url,
        SecretStr(key),
        lambda: limit.acquire(budget),
        form=kind,
        transport=transport,
    )


def try_key(
    engine: Engine,
    vault: Vault,
    settings: Settings,
    kind: str,
    key: str,
    *,
    transport: "Transport | None" = None,
) -> "Probe":
    """Ask what a key of a kind of connection can read; nothing is saved."""
    from claude_dash.sources.enterprise_probe import probe_enterprise  # noqa: PLC0415 - start-up
    from claude_dash.sources.probe import probe  # noqa: PLC0415 - start-up is fast

    name = budget_name("", key, vault)
    with client_for(engine, settings, key, name, kind=kind, transport=transport) as client:
        made = (probe_enterprise if kind == "enterprise" else probe)(client)
    if made.organization_id:
        Budget(engine, settings.requests_per_minute).move(name, made.organization_id)
    return made


def tested(name: str, kind: str, made: "Probe") -> Tested:
    """Return a probe as scripts read it."""
    found = {
        "organization": made.organization_name,
        "organization_id": made.organization_id,
        "people": made.people,
        "open_invites": made.open_invites,
        "groups" if kind == "enterprise" else "workspaces": made.workspaces,
        "seats": made.seats,
        "last_day": made.last_day_seen,
        "reports": {
            one.report: {"found": one.is_found, "says": one.sentence} for one in made.findings
        },
        "scopes": {
            scope: any(one.is_found for one in made.findings if one.scope == scope)
            for scope in dict.fromkeys(one.scope for one in made.findings if one.scope)
        },
        "not_covered": list(made.not_covered),
    }
    error = made.error
    says = {"code": error.code, "message": str(error)} if error else None
    return Tested(name, kind, made.status, {} if error else found, says)


def add(  # noqa: PLR0917 - the first three are what every function here opens with
    engine: Engine,
    vault: Vault,
    settings: Settings,
    kind: str,
    name: str,
    key: str,
    *,
    test: bool = True,
    backfill_since: date | None = None,
    actor: str = COMMAND_LINE,
    transport: "Transport | None" = None,
) -> Tested:
    """Try a key and save it under a name; nothing that was refused is saved.

    Raises:
        UnknownNameError: The kind is not one that can be connected.
        ConfigError: The name is taken or empty, or the organization is connected already.
    """
    if kind not in KEYED:
        what = "kind of connection"
        raise UnknownNameError.of(what, kind, KEYED)
    name, key = " ".join(name.split()), key.strip()
    refuse_taken(engine, name)
    says, organization_id, organization_name = Tested(name, kind, "ok"), "", ""
    if test:
        found = try_key(engine, vault, settings, kind, key, transport=transport)
        says = tested(name, kind, found)
        if found.status != "ok":
            return says
        organization_id, organization_name = found.organization_id, found.organization_name
    with engine.begin() as connection:
        refuse_connected(connection, organization_id)
        made = save_new(
            connection,
            kind,
            name,
            organization_id=organization_id,
            organization_name=organization_name,
            key_tail=key[-TAIL_CHARS:],
            backfill_since=backfill_since or settings.backfill_since,
        )
        connection.execute(insert(_SECRET).values(connection_id=made, token=vault.seal(key)))
        note(connection, actor, ADDED, f"{kind} {name}")
        take_over(connection, made, organization_id)
    return says


def key_of(connection: Connection, vault: Vault, connection_id: int) -> str:
    """Return the stored key of a connection, for the client and nobody else.

    Raises:
        ConfigError: There is none, or the vault key is another one.
    """
    query = select(_SECRET.c.token).where(_SECRET.c.connection_id == connection_id)
    token = connection.execute(query).scalar()
    if token is None:
        message = "The connection has no key."
        raise ConfigError(message, "Replace its key.")
    return vault.unseal(token)


def test(
    engine: Engine,
    vault: Vault,
    settings: Settings,
    name: str,
    *,
    transport: "Transport | None" = None,  # noqa: PT028 - no test of pytest's
) -> Tested:
    """Try the stored key of a connection.

    Raises:
        UnknownNameError: There is no such connection.
    """
    with engine.connect() as connection:
        row = row_of(connection, name)
        if row.kind == buckets.KIND:
            return buckets.test(engine, name, transport=transport)
        if row.kind in senders.KINDS:
            return clients.test(engine, name)
        if row.kind == session_files.KIND:
            return session_files.test(engine, name)
        key = key_of(connection, vault, row.id)
    return tested(
        name, row.kind, try_key(engine, vault, settings, row.kind, key, transport=transport)
    )


def replace_key(
    engine: Engine,
    vault: Vault,
    settings: Settings,
    name: str,
    key: str,
    *,
    actor: str = COMMAND_LINE,
    transport: "Transport | None" = None,
) -> Tested:
    """Try a new key and save it in the place of the old one; the connection goes on.

    Raises:
        ConfigError: The key belongs to another organization.
    """
    key = key.strip()
    with engine.connect() as connection:
        kind = row_of(connection, name).kind
    found = try_key(engine, vault, settings, kind, key, transport=transport)
    with engine.begin() as connection:
        row = row_of(connection, name)
        says = tested(name, row.kind, found)
        if found.status != "ok":
            return says
        # A scoped key need not know whose it is.
        known = {row.organization_id, ""} if kind == "enterprise" else {row.organization_id}
        if row.organization_id and found.organization_id not in known:
            message = "The key belongs to another organization."
            raise ConfigError(message, "Add it as a connection of its own.")
        refuse_connected(connection, found.organization_id, but=row.id)
        sealed = {"connection_id": row.id, "token": vault.seal(key)}
        connection.execute(delete(_SECRET).where(_SECRET.c.connection_id == row.id))
        connection.execute(insert(_SECRET).values(**sealed))
        connection.execute(
            update(_CONNECTION)
            .where(_CONNECTION.c.id == row.id)
            .values(
                key_tail=key[-TAIL_CHARS:],
                organization_id=found.organization_id or row.organization_id,
                organization_name=found.organization_name or row.organization_name,
                status="ok",
                error_code="",
                error_message="",
                failing_since=None,
            )
        )
        take_over(connection, row.id, found.organization_id)
        note(connection, actor, "key replaced", name)
    return says


def pause(engine: Engine, name: str, *, actor: str = COMMAND_LINE) -> None:
    """Stop reading a connection until it is resumed; a sync that is running ends early."""
    _set_status(engine, name, "paused", actor)


def resume(engine: Engine, name: str, *, actor: str = COMMAND_LINE) -> None:
    """Read a paused connection again, or take what is sent; what never came is waited for."""
    _set_status(engine, name, "ok", actor)


def _set_status(engine: Engine, name: str, status: str, actor: str) -> None:
    with engine.begin() as connection:
        row = row_of(connection, name)
        action = "connection paused" if status == "paused" else "connection resumed"
        is_sent = row.kind in senders.KINDS
        if status == "ok" and is_sent and not clients.has_any(connection, row.id):
            status = "waiting"
        cleared = {"error_code": "", "error_message": "", "failing_since": None}
        changed = update(_CONNECTION).where(_CONNECTION.c.id == row.id)
        connection.execute(changed.values(status=status, **cleared))
        note(connection, actor, action, name)


def remove(
    engine: Engine,
    settings: Settings,
    name: str,
    *,
    purge: bool = False,
    actor: str = COMMAND_LINE,
) -> None:
    """Remove a connection and its key; with `purge` what was read through it as well.

    A sync of it that is running ends first, at the next day that it would write.

    Raises:
        UnknownNameError: There is no such connection.
    """
    from claude_dash.rollup import roll_up  # noqa: PLC0415 - start-up is fast

    with engine.begin() as connection:
        row = row_of(connection, name)
        stopped = update(_CONNECTION).where(_CONNECTION.c.id == row.id).values(status="paused")
        connection.execute(stopped)
    with hold(engine, f"sync:{row.id}"):
        with engine.begin() as connection:
            # How far files were read tells nothing once nobody reads them.
            for table in (_SECRET, t.SESSION_FILE):
                connection.execute(delete(table).where(table.c.connection_id == row.id))
            connection.execute(delete(_CONNECTION).where(_CONNECTION.c.id == row.id))
            if purge:
                _purge(connection, row.id)
            else:
                succession.leave(connection, row.id, row.organization_id, row.kind)
            detail = f"{name}, data {'purged' if purge else 'kept'}"
            note(connection, actor, "connection removed", detail)
        roll_up(engine, settings)


def _purge(connection: Connection, number: int) -> None:
    """Delete what was read through a connection, and whom nothing else has named.

    Sealed figures stay as they are.
    """
    touch(connection, open_weeks(connection), SOURCE)
    with touch_changed_weeks(connection):
        people = departures.known_through(connection, number)
        for table in (*t.DAY_TABLES, *_NOTES):
            connection.execute(delete(table).where(table.c.connection_id == number))
        hints.forget_hints(connection, number)
        departures.forget(connection, people)
