"""Keeping it: accounts, what is in order, retention and erasure, schema and backup."""

import os
import sqlite3
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from claude_dash import clock
from claude_dash.cli import output
from claude_dash.cli.opening import opened, settings, vault
from claude_dash.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import Engine

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]


def register(app: typer.Typer) -> None:
    """Add the commands `user`, `doctor`, `purge`, `erase`, `migrate` and `backup`."""
    user = typer.Typer(help="Accounts and their roles.", no_args_is_help=True)
    user.command("add")(user_add)
    user.command("list")(user_list)
    user.command("remove")(user_remove)
    app.add_typer(user, name="user")
    app.command("doctor")(check)
    for command in (purge, erase, migrate, backup):
        app.command()(command)


def user_add(
    email: Annotated[str, typer.Argument(metavar="EMAIL")],
    *,
    role: Annotated[
        Literal["viewer", "champion", "finance", "admin", "auditor"],
        typer.Option(help="What the account may see and do."),
    ],
    password_stdin: Annotated[
        bool, typer.Option("--password-stdin", help="Read the password from standard input.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Add an account; prints a link, valid once, with which its owner chooses a password."""
    from claude_dash.access import local  # noqa: PLC0415 - start-up is fast

    password = sys.stdin.readline().rstrip("\r\n") if password_stdin else None
    with opened() as engine:
        link = local.add(engine, email, role, password=password, base_url=settings().public_url)
    if as_json:
        output.document({"email": email, "role": role, "link": link})
    elif link:
        typer.echo(f"{email} may sign in as {role} after choosing a password: {link}")
    else:
        typer.echo(f"{email} may sign in as {role}.")


def user_list(*, as_json: AsJson = False) -> None:
    """List the accounts and their roles."""
    from claude_dash.access import local  # noqa: PLC0415 - start-up is fast

    with opened() as engine:
        accounts = local.accounts(engine)
    if as_json:
        output.document({"users": [{"email": one.email, "role": one.role} for one in accounts]})
    else:
        output.table(("email", "role"), [(one.email, one.role) for one in accounts])


def user_remove(email: Annotated[str, typer.Argument(metavar="EMAIL")]) -> None:
    """Remove an account and end its sessions."""
    from claude_dash.access import local  # noqa: PLC0415 - start-up is fast

    with opened() as engine:
        local.remove(engine, email)
    typer.echo(f"{email} may no longer sign in.")


def check(*, as_json: AsJson = False) -> None:
    """Check this machine and say what to do."""
    from claude_dash import doctor  # noqa: PLC0415 - start-up is fast

    found = doctor.examine(settings())
    if as_json:
        output.document(found.document())
    else:
        for one in found.checks:
            typer.echo(f"{'ok' if one.ok else 'look'}  {one.name}" + (one.hint and f": {one.hint}"))
        typer.echo("")
        output.table(("setting", "value", "from"), [tuple(line) for line in found.settings])
    raise typer.Exit(found.exit_code)


def purge(
    *,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be deleted, and delete nothing.")
    ] = False,
) -> None:
    """Delete what is past its age.

    That is facts by whole months, figures, log lines and our copies of exports.
    """
    from claude_dash import ingest  # noqa: PLC0415 - start-up is fast
    from claude_dash.exports import log as exports  # noqa: PLC0415 - start-up is fast

    with opened() as engine:
        months = ingest.purge(engine, settings(), dry_run=dry_run)
        copies = (
            len(exports.due(engine)) if dry_run else exports.delete_due(engine, settings().data_dir)
        )
    verb = "would be purged and sealed" if dry_run else "purged and sealed"
    names = ", ".join(clock.label("month", month) for month in months) or "none"
    typer.echo(f"Months {verb}: {names}. Copies of exports: {copies}.")


def erase(email: Annotated[str, typer.Argument(metavar="EMAIL")]) -> None:
    """Delete one person's identities and facts.

    Whatever a source says about them from then on is dropped before it is stored.
    """
    from claude_dash.store import retention  # noqa: PLC0415 - start-up is fast

    with opened() as engine:
        retention.erase(engine, vault(), email)
    typer.echo("Erased. Figures about groups stay as they are; older backups hold the person.")


def migrate() -> None:
    """Bring the store's schema up to date."""
    with opened():
        pass
    typer.echo("The store is up to date.")


def backup(file: Annotated[Path, typer.Argument(metavar="FILE")]) -> None:
    """Copy a SQLite store while it is in use.

    The vault key is not in the copy. For PostgreSQL the pg_dump command is named instead.
    """
    if file.exists():
        message = f"{file} exists already."
        raise ConfigError(message, "Name a file that does not exist.")
    with opened() as engine:
        if engine.dialect.name != "sqlite":
            raise _use_pg_dump(engine, file)
        os.close(os.open(file, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        source = engine.raw_connection()
        target = sqlite3.connect(file)
        try:
            source.driver_connection.backup(target)  # type: ignore[union-attr]
        finally:
            target.close()
            source.close()
    typer.echo(str(file))
    output.say("Save the vault key apart from it: without the key, stored keys cannot be read.")


def _use_pg_dump(engine: "Engine", file: Path) -> ConfigError:
    """Return the refusal that names the command which copies this store."""
    address = engine.url.set(drivername="postgresql", password=None)
    message = "claude-dash copies SQLite stores; PostgreSQL has its own command."
    command = f"pg_dump --format=custom --file={file} '{address.render_as_string()}'"
    return ConfigError(message, f"Run: {command}")
