"""The commands of `connect` for what clients send: tokens, event counts, and the kit."""

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Annotated

import typer

from claude_dash.cli import output
from claude_dash.cli.opening import opened, settings
from claude_dash.errors import ConfigError

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from claude_dash.connections.rows import Tested
    from claude_dash.connections.senders import Issued

AsJson = Annotated[bool, typer.Option("--json", help="Print one JSON document.")]
SENT = ("telemetry", "hooks")  # the kinds that clients send to
Name = Annotated[str, typer.Argument(metavar="NAME", help="The connection's name.")]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a kit is asked to hold; what is empty has a default."""

    attributes: tuple[str, ...] = ()
    protocol: str = ""
    interval_ms: int = 0
    endpoint: str = ""

    def refuse(self, kind: str) -> None:
        """Raise when something was asked that the kit of another kind does not hold.

        Raises:
            ConfigError: Which option.
        """
        options = {
            "--team-attribute": self.attributes,
            "--protocol": self.protocol,
            "--interval-ms": self.interval_ms,
            "--endpoint": self.endpoint,
        }
        if wrong := [option for option, value in options.items() if value]:
            message = f"{wrong[0]} belongs to the kind telemetry."
            raise ConfigError(message, f"Leave it out for {kind}.")


def register(connect: typer.Typer) -> None:
    """Add the commands that senders alone have."""
    connect.command("rotate")(rotate)
    connect.command("revoke")(revoke)
    connect.command("events")(events)


def add(
    engine: "Engine", kind: str, name: str, *, person: str, person_key: str, team: str
) -> "Issued":
    """Save a connection that clients send to."""
    from claude_dash.connections import senders  # noqa: PLC0415 - start-up is fast

    named_by = person_key.strip() or senders.PERSON_KEY
    options = senders.Options(person.strip(), named_by, team=team.strip())
    return senders.add(engine, kind, name, options)


def tell(tested: "Tested") -> None:
    """Print a token that was made, or why nothing is there yet."""
    if token := getattr(tested, "token", ""):
        typer.echo(f"Ingest token, shown this once: {token}")
        typer.echo(f"What clients need: claude-dash connect kit {tested.name}")
    elif tested.kind in SENT and tested.status == "waiting":
        typer.echo("Nothing arrived yet. Telemetry comes at its interval and when a client ends.")


def rotate(
    name: Name,
    *,
    overlap: Annotated[
        str, typer.Option(help="For so long the old token is good: 7d, 24h; 0 for no longer.")
    ] = "24h",
    as_json: AsJson = False,
) -> None:
    """Make a new ingest token; the old ones end after the overlap."""
    from pydantic import TypeAdapter, ValidationError  # noqa: PLC0415 - start-up is fast

    from claude_dash.config import Duration  # noqa: PLC0415 - the same
    from claude_dash.connections import senders  # noqa: PLC0415 - start-up is fast

    try:
        spell = TypeAdapter(Duration).validate_python(overlap)
    except ValidationError:
        message = f"{overlap!r} is no length of time."
        raise ConfigError(message, "For example: 7d, 24h or 0.") from None
    with opened() as engine:
        issued = senders.rotate(engine, name, spell)
    if as_json:
        output.document(asdict(issued))
        return
    typer.echo(f"Ingest token, shown this once: {issued.token}")
    typer.echo(f"Older ones end in {overlap}." if spell else "Older ones have ended.")


def revoke(name: Name) -> None:
    """End every ingest token of a connection now; what is sent with one is refused and lost."""
    from claude_dash.connections import senders  # noqa: PLC0415 - start-up is fast

    with opened() as engine:
        senders.revoke(engine, name)
    typer.echo(f"{name} has no token that is good. A new one: claude-dash connect rotate {name}")


def events(
    name: Name,
    count: Annotated[bool, typer.Argument(metavar="on|off", help="Whether to count them.")],
) -> None:
    """Count events by name, or refuse them; texts are dropped either way."""
    from claude_dash.connections import senders  # noqa: PLC0415 - start-up is fast

    with opened() as engine:
        senders.change(engine, name, counts_events=count)
    typer.echo(f"{name}: events are {'counted' if count else 'refused'}.")


def kit(engine: "Engine", kind: str, name: str, asked: Asked) -> str:
    """Return the kit of a connection, or one with placeholders where the name is empty.

    Raises:
        ConfigError: An attribute, the address or another part cannot be used.
    """
    from claude_dash.connections import (  # noqa: PLC0415 - start-up is fast
        hooks_kit,
        senders,
        snippets,
        telemetry_kit,
    )

    if kind == "hooks":
        Asked(asked.attributes, asked.protocol, asked.interval_ms).refuse(kind)
        return hooks_kit.written(
            snippets.Wanted(name or "NAME", asked.endpoint or settings().public_url)
        )
    options = senders.options_of(engine, name) if name else senders.Options()
    wanted = snippets.Wanted(
        name or "NAME",
        asked.endpoint or settings().public_url,
        protocol=asked.protocol or snippets.PROTOCOLS[0],
        interval_ms=asked.interval_ms or snippets.INTERVAL_MS,
        attributes=snippets.pairs(asked.attributes),
        person_key=options.person_key,
        counts_events=options.counts_events,
    )
    return telemetry_kit.written(wanted)
