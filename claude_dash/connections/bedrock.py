"""Connecting a bucket of Bedrock's logs: where it is, as whom it is read, and what counts."""

import secrets
from dataclasses import dataclass, field, replace
from datetime import date
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, select, update

from claude_dash.config import Settings
from claude_dash.connections.bedrock_kit import UNKNOWN_PRINCIPAL, Kit
from claude_dash.connections.bedrock_options import Options
from claude_dash.connections.bedrock_steps import written
from claude_dash.connections.rows import (
    ADDED,
    COMMAND_LINE,
    Status,
    Tested,
    refuse_taken,
    row_of,
    save_new,
    take_over,
)
from claude_dash.errors import ConfigError
from claude_dash.facts import tables as t
from claude_dash.sources.aws_keys import root_of
from claude_dash.store.audit import note

if TYPE_CHECKING:
    from claude_dash.sources.bedrock_probe import BucketProbe
    from claude_dash.sources.client import Transport

KIND = "bedrock"
ID_BYTES = 24
SAVED = ("ok", "waiting")
_CONNECTION = t.CONNECTION


@dataclass(frozen=True, slots=True)
class TestedBucket(Tested):
    """What a test of a bucket said; external_id: what the role's trust policy must ask for."""

    external_id: str = field(default="", repr=False)


def new_external_id() -> str:
    """Return an external id that nobody can guess; each connection has its own."""
    return f"claude-dash-{secrets.token_urlsafe(ID_BYTES)}"


def try_bucket(options: Options, *, transport: "Transport | None" = None) -> "BucketProbe":
    """Ask what can be read of a bucket; nothing is saved."""
    from claude_dash.sources.bedrock_probe import probe_bedrock  # noqa: PLC0415 - start-up is fast

    return probe_bedrock(options.access(transport), options.reading())


def add_bucket(
    engine: Engine,
    settings: Settings,
    name: str,
    options: Options,
    *,
    test: bool = True,
    backfill_since: date | None = None,
    actor: str = COMMAND_LINE,
    transport: "Transport | None" = None,
) -> TestedBucket:
    """Try a bucket and save it under a name; nothing that was refused is saved.

    A role that does not trust us yet cannot do so before it has the external id, which is made
    here: such a connection is saved and waits.

    Raises:
        ConfigError: The name is taken or empty, or these logs are connected already.
    """
    name = " ".join(name.split())
    refuse_taken(engine, name)
    if options.role_arn and not options.external_id:
        options = replace(options, external_id=new_external_id())
    with engine.connect() as connection:
        _refuse_overlap(connection, options)
    # What was not tried cannot trust an id that was made a moment ago.
    status: Status = "waiting" if options.role_arn else "ok"
    says = TestedBucket(name, KIND, status, external_id=options.external_id)
    if test:
        found = try_bucket(options, transport=transport)
        says = _says(name, found, options)
        if found.status not in SAVED:
            return replace(says, external_id="")  # it was not kept, and would mislead
        options = replace(options, region=found.region or options.region)
    with engine.begin() as connection:
        _refuse_overlap(connection, options)
        place = f"s3:{options.bucket}/{root_of(options.prefix)}"
        made = save_new(
            connection,
            KIND,
            name,
            status=says.status,
            organization_id=place,
            options=options.dump(),
            backfill_since=backfill_since or settings.backfill_since,
        )
        note(connection, actor, ADDED, f"{KIND} {name}")
        take_over(connection, made, place)
    return says


def _refuse_overlap(connection: Connection, options: Options) -> None:
    """Raise when another connection reads the same logs.

    Raises:
        ConfigError: Naming that connection.
    """
    mine = root_of(options.prefix)
    for row in connection.execute(select(_CONNECTION).where(_CONNECTION.c.kind == KIND)):
        other = Options.load(row.options)
        if other.bucket == options.bucket and root_of(other.prefix) == mine:
            message = f"These logs are connected already, as {row.name}."
            raise ConfigError(message, "Change that connection, so that nothing counts twice.")


def test(
    engine: Engine,
    name: str,
    *,
    transport: "Transport | None" = None,  # noqa: PT028 - no test of pytest's
) -> TestedBucket:
    """Try a bucket as it is stored; one that was waiting goes on once its role trusts us.

    Raises:
        UnknownNameError: There is no such connection.
    """
    with engine.connect() as connection:
        row = row_of(connection, name)
    options = Options.load(row.options)
    found = try_bucket(options, transport=transport)
    if found.status == "waiting" and row.status != "waiting":
        found.status = "refused"  # it trusted us once
    if found.status == "ok":
        learn(engine, name, found.region)
    return _says(name, found, options)


def learn(engine: Engine, name: str, region: str) -> None:
    """Keep the bucket's own Region, and that the role lets us in.

    Raises:
        UnknownNameError: There is no such connection.
    """
    with engine.begin() as connection:
        row = row_of(connection, name)
        values: dict[str, Any] = {
            "options": replace(Options.load(row.options), region=region).dump()
        }
        if row.status == "waiting":
            values |= {"status": "ok", "error_code": "", "error_message": "", "failing_since": None}
        connection.execute(update(_CONNECTION).where(_CONNECTION.c.id == row.id).values(**values))


def change(engine: Engine, name: str, *, actor: str = COMMAND_LINE, **values: Any) -> None:  # noqa: ANN401 - fields of Options
    """Change which calls count and what names a person, for objects that are read from now on.

    Raises:
        UnknownNameError: There is no such connection.
        ConfigError: It cannot be used.
    """
    with engine.begin() as connection:
        row = row_of(connection, name)
        options = replace(Options.load(row.options), **values).dump()
        changed = update(_CONNECTION).where(_CONNECTION.c.id == row.id).values(options=options)
        connection.execute(changed)
        note(connection, actor, "connection changed", f"{name}: {', '.join(sorted(values))}")


def options_of(engine: Engine, name: str) -> Options:
    """Return what a connection is told.

    Raises:
        UnknownNameError: There is no such connection.
    """
    with engine.connect() as connection:
        return Options.load(row_of(connection, name).options)


def kit_of(name: str, options: Options | None, *, transport: "Transport | None" = None) -> Kit:
    """Return what the owner of the logs must install; with placeholders before there are options.

    Our principal is asked of AWS; it stays a placeholder where this machine has no credentials.
    """
    if options is None:
        return Kit(name)
    from claude_dash.sources.aws_session import our_principal  # noqa: PLC0415 - start-up is fast

    kit = Kit(
        name,
        options.bucket,
        options.prefix,
        options.role_arn,
        principal=our_principal(options.region, transport) or UNKNOWN_PRINCIPAL,
        is_ours=not options.role_arn,
    )
    return replace(kit, external_id=options.external_id) if options.external_id else kit


def kit(name: str, options: Options | None) -> str:
    """Return the kit as text."""
    return written(kit_of(name, options))


def _says(name: str, found: "BucketProbe", options: Options) -> TestedBucket:
    error = found.error
    says = {"code": error.code, "message": str(error)} if error else None
    return TestedBucket(name, KIND, found.status, found.found(), says, options.external_id)
