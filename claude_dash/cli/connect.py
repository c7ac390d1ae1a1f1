"""Connections: add, list, test, remove, and what the other side must do first."""

import os
import sys
from collections.abc import Mapping
from dataclasses import asdict
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from claude_dash.cli import output, senders
from claude_dash.cli.kits import KITS
from claude_dash.cli.opening import opened, settings, vault
from claude_dash.errors import ConfigError, SourceError, UnknownNameError

if TYPE_CHECKING:
    from claude_dash.connections import Tested

FINE = frozenset({"ok", "waiting"})
ALWAYS = frozenset({"name", "kind", "status", "found", "error"})

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
Name = Annotated[str, typer.Argument(metavar="NAME", help="The connection's name.")]


def register(app: typer.Typer) -> None:
    """Add the commands of `connect`."""
    connect = typer.Typer(help="Connections to sources.", no_args_is_help=True)
    connect.command("add")(add)
    connect.command("list")(list_all)
    connect.command("test")(try_key)
    connect.command("remove")(remove)
    senders.register(connect)
    connect.command("kit")(kit)
    app.add_typer(connect, name="connect")


def add(
    kind: Annotated[str, typer.Argument(metavar="KIND", help=", ".join(KITS))],
    name: Annotated[str, typer.Argument(metavar="NAME", help="A name of your choice.")],
    *,
    key_stdin: Annotated[
        bool, typer.Option("--key-stdin", help="Read the key from standard input.")
    ] = False,
    key_env: Annotated[
        str | None,
        typer.Option("--key-env", metavar="NAME", help="Read the key from this variable."),
    ] = None,
    bucket: Annotated[str, typer.Option(help="bedrock: the bucket of the logs.")] = "",
    region: Annotated[str, typer.Option(help="bedrock: the bucket's Region.")] = "",
    prefix: Annotated[str, typer.Option(help="bedrock: what stands before AWSLogs/.")] = "",
    role_arn: Annotated[str, typer.Option(help="bedrock: the role that may read it.")] = "",
    folder: Annotated[
        Path | None, typer.Option("--dir", metavar="DIR", help="sessions: the folder to read.")
    ] = None,
    person: Annotated[
        str,
        typer.Option(metavar="EMAIL", help="telemetry, hooks, sessions: if all is one person's."),
    ] = "",
    person_key: Annotated[
        str, typer.Option(metavar="KEY", help="telemetry: the attribute that names a person.")
    ] = "",
    team: Annotated[
        str, typer.Option(help="telemetry, hooks: the team of whoever it sees and is in no other.")
    ] = "",
    no_test: Annotated[bool, typer.Option("--no-test", help="Save it without trying it.")] = False,
    as_json: AsJson = False,
) -> None:
    """Try a source, say what was found, and save it; what is refused is not saved."""
    if kind not in KITS:
        what = "kind of connection"
        raise UnknownNameError.of(what, kind, KITS)
    given: dict[str, tuple[object, tuple[str, ...]]] = {
        "--bucket": (bucket, ("bedrock",)),
        "--region": (region, ("bedrock",)),
        "--prefix": (prefix, ("bedrock",)),
        "--role-arn": (role_arn, ("bedrock",)),
        "--dir": (folder, ("sessions",)),
        "--person": (person, ("telemetry", "hooks", "sessions")),
        "--person-key": (person_key, ("telemetry",)),
        "--team": (team, ("telemetry", "hooks")),
    }
    _refuse_others(kind, given, has_key=key_stdin or bool(key_env))
    from claude_dash import connections  # noqa: PLC0415 - start-up is fast

    if folder is not None:
        from claude_dash.connections import session_files  # noqa: PLC0415 - start-up is fast

        where = session_files.options_for(folder, person)
        with opened() as engine:
            said = session_files.add(engine, settings(), name, where, test=not no_test)
        _tell(said, as_json=as_json)
        return
    if kind == "bedrock":
        from claude_dash.connections import bedrock  # noqa: PLC0415 - start-up is fast
        from claude_dash.connections.bedrock_options import Options  # noqa: PLC0415 - same

        options = Options(bucket.strip(), region.strip(), prefix.strip(), role_arn.strip())
        with opened() as engine:
            tested: Tested = bedrock.add_bucket(engine, settings(), name, options, test=not no_test)
    elif kind in senders.SENT:
        with opened() as engine:
            tested = senders.add(
                engine, kind, name, person=person, person_key=person_key, team=team
            )
    else:
        key = _key(from_stdin=key_stdin, variable=key_env)
        with opened() as engine:
            tested = connections.add(engine, vault(), settings(), kind, name, key, test=not no_test)
    _tell(tested, as_json=as_json)


def _refuse_others(
    kind: str, given: Mapping[str, tuple[object, tuple[str, ...]]], *, has_key: bool
) -> None:
    """Refuse options of another kind.

    Raises:
        ConfigError: Which option, and what the kind takes.
    """
    if kind == "bedrock" and has_key:
        message = "A bucket is read with the AWS credentials of this machine, not with a key."
        raise ConfigError(message, "Leave --key-stdin and --key-env out.")
    if kind in senders.SENT and has_key:
        message = "Clients send with a token, which is made here."
        raise ConfigError(message, "Leave --key-stdin and --key-env out.")
    if kind == "sessions" and (has_key or not given["--dir"][0]):
        message = "Session files are read from a folder, without a key."
        raise ConfigError(message, "Give --dir DIR, and no key.")
    for option, (value, kinds) in given.items():
        if value and kind not in kinds:
            message = f"{option} belongs to the kind {' or '.join(kinds)}."
            raise ConfigError(message, f"Leave it out for {kind}.")


def list_all(*, as_json: AsJson = False) -> None:
    """List the connections: how they are, which days were read, when last."""
    from claude_dash import connections  # noqa: PLC0415 - start-up is fast

    with opened() as engine:
        found = connections.list_all(engine)
    if as_json:
        output.document({"connections": [asdict(one) for one in found]})
        return
    output.table(
        ("name", "kind", "status", "first day", "last day"),
        [
            (one.name, one.kind, one.status, output.day(one.first_day), output.day(one.last_day))
            for one in found
        ],
    )
    for one in found:
        if one.error:
            typer.echo(f"{one.name}: {one.error['message']}")


def try_key(name: Name, *, as_json: AsJson = False) -> None:
    """Try a connection as it is stored, and say what it reaches."""
    from claude_dash import connections  # noqa: PLC0415 - start-up is fast

    with opened() as engine:
        tested = connections.test(engine, vault(), settings(), name)
    _tell(tested, as_json=as_json)


def remove(
    name: Name,
    *,
    purge: Annotated[
        bool, typer.Option("--purge", help="Delete what was read through it as well.")
    ] = False,
) -> None:
    """Remove a connection and its key; what was read is kept unless --purge is given."""
    from claude_dash import connections  # noqa: PLC0415 - start-up is fast

    with opened() as engine:
        connections.remove(engine, settings(), name, purge=purge)
    kept = "what was read through it is deleted" if purge else "what was read through it is kept"
    typer.echo(f"{name} is removed; {kept}.")


def kit(
    name: Name,
    *,
    team_attribute: Annotated[
        list[str] | None,
        typer.Option(metavar="KEY=VALUE", help="telemetry: an attribute of everybody; repeatable."),
    ] = None,
    protocol: Annotated[str, typer.Option(help="telemetry: http/json or http/protobuf.")] = "",
    interval_ms: Annotated[
        int, typer.Option(help="telemetry: milliseconds between exports.", show_default=False)
    ] = 0,
    endpoint: Annotated[
        str, typer.Option(metavar="URL", help="telemetry, hooks: where clients send to.")
    ] = "",
) -> None:
    """Print what must be done at the other side: steps, roles, settings, policies and links."""
    from claude_dash import connections  # noqa: PLC0415 - start-up is fast

    asked = senders.Asked(tuple(team_attribute or ()), protocol, interval_ms, endpoint)
    with opened() as engine:
        kinds = {one.name: one.kind for one in connections.list_all(engine)}
        is_known = name in kinds
        kinds |= {kind: kind for kind in KITS if kind not in kinds}
        if name not in kinds:
            what = "connection"
            raise UnknownNameError.of(what, name, kinds)
        if kinds[name] in senders.SENT:
            kind = kinds[name]
            typer.echo(senders.kit(engine, kind, name if is_known else "", asked), nl=False)
            return
        asked.refuse(kinds[name])
        if kinds[name] == "bedrock":
            from claude_dash.connections import bedrock  # noqa: PLC0415 - start-up is fast

            options = bedrock.options_of(engine, name) if is_known else None
            typer.echo(bedrock.kit(name, options), nl=False)
            return
    base_url = settings().anthropic_base_url
    typer.echo(KITS[kinds[name]].format(name=name, base_url=base_url), nl=False)


def _key(*, from_stdin: bool, variable: str | None) -> str:
    """Return the key from standard input, a named variable or a prompt; never from an argument."""
    if from_stdin and variable:
        message = "The key can come from one place only."
        raise ConfigError(message, "Give --key-stdin or --key-env NAME.")
    if from_stdin:
        key = sys.stdin.readline()
    elif variable:
        key = os.environ.get(variable, "")
    else:
        try:
            key = getpass("Key (not shown): ")
        except EOFError:
            key = ""
    if not key.strip():
        message = f"The variable {variable} is empty." if variable else "No key was given."
        raise ConfigError(message, "Type it at the prompt, or use --key-stdin or --key-env NAME.")
    return key.strip()


def _tell_found(name: str, found: object) -> None:
    """Print one thing that was found; of reports what each says."""
    if name == "reports" and isinstance(found, dict):
        for report, one in found.items():
            typer.echo(f"{report}: {one['says']}")
    else:
        typer.echo(f"{name}: {output.to_json(found) if isinstance(found, dict | list) else found}")


def _tell(tested: "Tested", *, as_json: bool) -> None:
    """Print what a test found; leave with 3 when the source refused or is out of reach."""
    if as_json:
        said = asdict(tested)
        output.document({name: value for name, value in said.items() if value or name in ALWAYS})
    else:
        for name, found in tested.found.items():
            _tell_found(name, found)
        error = tested.error
        typer.echo(f"{tested.name}: {tested.status}" + (f" · {error['message']}" if error else ""))
        if external_id := getattr(tested, "external_id", ""):
            typer.echo(f"External id for the trust policy of the role: {external_id}")
        senders.tell(tested)
    if tested.status not in FINE:
        raise typer.Exit(SourceError.exit_code)
