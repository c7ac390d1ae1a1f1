"""Questions: the metrics there are, an answer, the weekly set."""

from collections.abc import Sequence
from datetime import date
from fractions import Fraction
from pathlib import Path
from typing import Annotated, Literal

import typer

from claude_dash import clock
from claude_dash.cli import output
from claude_dash.cli.opening import opened, parse_day, reader, settings
from claude_dash.errors import QueryError
from claude_dash.metrics.release import Query, Release, Row

CURRENT = Path()


def register(app: typer.Typer) -> None:
    """Add the commands `metrics`, `query` and `export`."""
    app.command()(metrics)
    app.command()(query)
    export = typer.Typer(help="Write files that can be handed on.", no_args_is_help=True)
    export.command()(weekly)
    app.add_typer(export, name="export")


def metrics(
    *,
    as_json: Annotated[bool, typer.Option("--json", help="Print one JSON document.")] = False,
) -> None:
    """List the metrics: name, unit and definition."""
    from claude_dash.metrics import lookup  # noqa: PLC0415 - start-up is fast

    found = lookup.metrics().values()
    if as_json:
        names = ("name", "label", "unit", "definition", "grains", "dimensions", "sources")
        output.document(
            {"metrics": [{name: getattr(metric, name) for name in names} for metric in found]}
        )
        return
    output.table(
        ("name", "unit", "definition"),
        [(metric.name, metric.unit, metric.definition) for metric in found],
    )


def query(
    metric: Annotated[
        str, typer.Argument(metavar="METRIC", help="A name from `claude-dash metrics`.")
    ],
    *,
    grain: Annotated[
        Literal["day", "week", "month", "total"], typer.Option(help="Length of a period.")
    ] = "week",
    by: Annotated[
        list[str] | None,
        typer.Option(metavar="DIMENSION", help="team or department, and one technical dimension."),
    ] = None,
    where: Annotated[
        list[str] | None, typer.Option(metavar="DIM=VALUE", help="Restrict; repeatable.")
    ] = None,
    since: Annotated[
        date | None,
        typer.Option(parser=parse_day, metavar="DAY", help="First UTC day, inclusive."),
    ] = None,
    until: Annotated[
        date | None,
        typer.Option(parser=parse_day, metavar="DAY", help="Last UTC day, exclusive."),
    ] = None,
    form: Annotated[
        Literal["table", "csv", "json"], typer.Option("--format", help="How it is printed.")
    ] = "table",
) -> None:
    """Answer a question, as the role viewer would be answered."""
    from claude_dash import answers  # noqa: PLC0415 - start-up is fast

    question = Query(metric, grain, tuple(by or ()), _restrictions(where or ()), since, until)
    with opened() as engine:
        release = answers.ask(engine, question, reader("viewer"))
    match form:
        case "json":
            output.document(_document(release))
        case "csv":
            from claude_dash.exports import csv  # noqa: PLC0415 - start-up is fast

            typer.echo(csv.render(release).decode(), nl=False)
        case "table":
            _print(release)


def weekly(
    *,
    week: Annotated[
        str | None,
        typer.Option(metavar="2026-W46", help="ISO week; the last complete one when left out."),
    ] = None,
    out: Annotated[
        Path, typer.Option(help="Folder in which the week's folder is written.")
    ] = CURRENT,
) -> None:
    """Write the weekly CSV set of one ISO week, as the role champion would get it."""
    from claude_dash.exports import weekly as exports  # noqa: PLC0415 - start-up is fast

    monday = exports.last_complete_week() if week is None else _monday(week)
    champion = reader("champion")
    with opened() as engine:
        made = exports.build(engine, champion, monday)
        folder = out / made.label
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in made.files.items():
            (folder / name).write_bytes(content)
        exports.record(engine, champion, made, settings().data_dir)
    if clock.after("week", monday) > clock.today():
        output.say(f"Week {made.label} is still running; its figures will change.")
    elif made.status != "final":
        output.say(f"The set is {made.status}: not every day of week {made.label} is final.")
    typer.echo(str(folder))


def _monday(text: str) -> date:
    """Return the Monday of an ISO week."""
    try:
        return clock.parse_week(text)
    except ValueError:
        message = f"{text!r} is not an ISO week."
        raise QueryError(message, "Write it as 2026-W46.") from None


def _restrictions(texts: Sequence[str]) -> dict[str, tuple[str, ...]]:
    """Read `DIM=VALUE`; several values of one dimension stand together."""
    found: dict[str, tuple[str, ...]] = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not (name and equals and value):
            message = f"{text!r} is not a restriction."
            raise QueryError(message, "Write it as --where model=claude-opus-4-7.")
        found[name] = (*found.get(name, ()), value)
    return found


def _document(release: Release) -> dict[str, object]:
    """Lay an answer out as interfaces promise it."""
    return {
        "metric": release.metric,
        "label": release.label,
        "unit": release.unit,
        "definition": release.definition,
        "grain": release.grain,
        "by": release.by,
        "policy": release.policy,
        "as_of": release.as_of,
        "rows": [
            {
                "period": row.period,
                **{name: row.groups[name] for name in release.by},
                "value": row.value,
                "status": row.status,
                "hidden": row.hidden,
            }
            for row in release.rows
        ],
    }


def _print(release: Release) -> None:
    """Print an answer for people: what it is, its rows, how fresh it is."""
    typer.echo(f"{release.label} in {release.unit}")
    output.table(
        ("period", *release.by, "value", "status"),
        [
            (
                row.period,
                *(row.groups[name] for name in release.by),
                _spell(row, release.unit),
                row.status,
            )
            for row in release.rows
        ],
    )
    for name, last in release.as_of.items():
        typer.echo(f"{name}: complete to {output.day(last)}")
    typer.echo(f"{release.definition} Privacy policy v{release.policy}.")


def _spell(row: Row, unit: str) -> str:
    """Spell a value as pages do; what is hidden says why."""
    if row.hidden:
        return f"hidden · {output.REASONS.get(row.hidden, row.hidden)}"
    if row.value is None:
        return "none"
    if unit.startswith("USD"):
        return f"${float(row.value):,.2f}"
    if unit == "1":
        return f"{float(row.value):.1%}"
    if Fraction(row.value).denominator == 1:
        return f"{int(row.value):,}"
    return f"{float(row.value):,.2f}"
