"""Reading: what is new at the sources, rosters and session files."""

from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from claude_dash import clock
from claude_dash.cli import output
from claude_dash.cli.opening import opened, parse_day, settings, vault
from claude_dash.errors import ConfigError, SourceError

if TYPE_CHECKING:
    from claude_dash.ingest import Outcome, Progress


def register(app: typer.Typer) -> None:
    """Add the commands `sync` and `import`."""
    app.command()(sync)
    importing = typer.Typer(help="Take in files.", no_args_is_help=True)
    importing.command()(roster)
    importing.command()(sessions)
    app.add_typer(importing, name="import")


def sync(
    names: Annotated[
        list[str] | None,
        typer.Argument(metavar="[NAME]...", help="Connections; all that are due when left out."),
    ] = None,
    *,
    since: Annotated[
        date | None,
        typer.Option(parser=parse_day, metavar="DAY", help="First UTC day, inclusive."),
    ] = None,
    until: Annotated[
        date | None,
        typer.Option(parser=parse_day, metavar="DAY", help="Last UTC day, exclusive."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Read what is new, newest day first.

    With --since, the days from then on are read again.
    """
    from claude_dash import ingest  # noqa: PLC0415 - start-up is fast

    with opened() as engine:
        outcomes = ingest.sync(
            engine,
            vault(),
            settings(),
            names=tuple(names or ()),
            since=since,
            until=until,
            progress=_progress,
        )
    if as_json:
        output.document({"connections": [asdict(outcome) for outcome in outcomes]})
    elif outcomes:
        for outcome in outcomes:
            typer.echo(_spell(outcome))
    else:
        typer.echo("There is no connection yet. Add one: claude-dash connect add console NAME")
    if any(outcome.status != "ok" for outcome in outcomes):
        raise typer.Exit(SourceError.exit_code)


def roster(
    file: Annotated[Path, typer.Argument(metavar="FILE.csv", help="The roster.")],
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Take in people and teams: email,team,department,eligible,joined,left."""
    from claude_dash.people import roster as people  # noqa: PLC0415 - start-up is fast

    try:
        content = file.read_bytes()
    except OSError as error:
        message = f"{file} cannot be read."
        raise ConfigError(message, f"{error.strerror}.") from None
    with opened() as engine:
        imported = people.import_csv(engine, vault(), content, today=clock.today())
        _roll_up(engine)
    if as_json:
        rejected = [{"line": line, "reason": reason} for line, reason in imported.rejected]
        output.document({"accepted": imported.accepted, "rejected": rejected})
        return
    typer.echo(f"{imported.accepted} rows taken, {len(imported.rejected)} set aside.")
    for line, reason in imported.rejected:
        typer.echo(f"line {line}: {reason}")


def sessions(
    folder: Annotated[
        Path, typer.Argument(metavar="DIR", help="Of one person; it may hold folders.")
    ],
    *,
    person: Annotated[
        str, typer.Option("--person", metavar="EMAIL", help="Whose they are, by address.")
    ],
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """Count the session files of one person: answers, tokens, lines, features; no content.

    What was counted before does not count again, whichever way it came. `connect kit sessions`
    says what session files lack.
    """
    from claude_dash.ingest.sessions import import_folder  # noqa: PLC0415 - start-up is fast

    with opened() as engine:
        taken = import_folder(engine, vault(), settings(), folder, person, tell=_progress)
    rejected = sorted(taken.rejected.items())
    if as_json:
        said = [{"line": None, "reason": f"{reason} ({n})"} for reason, n in rejected]
        output.document({"accepted": taken.accepted, "rejected": said})
        return
    typer.echo(f"{taken.accepted} lines taken, {taken.rejected.total()} set aside.")
    for reason, number in rejected:
        typer.echo(f"{reason}: {number}")


def _roll_up(engine: object) -> None:
    """Rebuild the figures of the weeks that a change of people touched."""
    from claude_dash.rollup import roll_up  # noqa: PLC0415 - start-up is fast

    roll_up(engine, settings())  # type: ignore[arg-type]


def _progress(step: "Progress") -> None:
    """Show on the terminal how far reading got."""
    output.say(str(step))


def _spell(outcome: "Outcome") -> str:
    """Say in one line what came of one connection."""
    if outcome.error:
        return f"{outcome.name}: {outcome.status} · {outcome.error['message']}"
    days = f"{output.day(outcome.first_day)} to {output.day(outcome.last_day)}"
    rejected = f", {outcome.rejected} records set aside" if outcome.rejected else ""
    return f"{outcome.name}: {days}, {outcome.records} records, {outcome.facts} facts{rejected}"
