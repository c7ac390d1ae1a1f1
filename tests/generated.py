"""Documents that are made from the program: the metrics, and the help of every command."""

import importlib
import pkgutil
from collections.abc import Iterator

import typer
from typer.testing import CliRunner

from claude_dash.cli import app
from claude_dash.metrics import catalog
from claude_dash.metrics.define import Metric

HEAD = """\
# Metrics

Made from `claude_dash/metrics/catalog/`; `uv run pytest --snapshot-update tests/test_house.py`
writes it anew.

Every figure is released under the rules of [privacy.md](privacy.md). Days are UTC days, weeks ISO
weeks. A team or department has weeks, and months made of the ISO weeks whose Thursday lies in them.
A metric is asked by at most one of `team` and `department` and at most one other of its dimensions.
A quotient without a denominator is empty.
"""


def metrics_document() -> str:
    """Return the text of `docs/metrics.md`."""
    parts = [HEAD]
    for module in pkgutil.iter_modules(catalog.__path__, f"{catalog.__name__}."):
        loaded = importlib.import_module(module.name)
        found = [value for value in vars(loaded).values() if isinstance(value, Metric)]
        if found:
            parts.append(f"## {loaded.__doc__.splitlines()[0]}\n")
            parts += [_metric(metric) for metric in found]
    return "\n".join(parts)


def _metric(metric: Metric) -> str:
    dimensions = ", ".join(f"`{name}`" for name in metric.dimensions) or "none"
    lines = [
        f"### `{metric.name}`\n",
        f"**{metric.label}**, in `{metric.unit}`. {metric.definition}\n",
        f"- Grains: {', '.join(metric.grains)}. Dimensions: {dimensions}.",
        f"- Sources: {', '.join(metric.sources)}. Reliability: {metric.reliability}."
        + (f" {metric.distortions}" if metric.distortions else ""),
    ]
    return "\n".join(lines) + "\n"


def commands() -> Iterator[tuple[str, ...]]:
    """Yield the words of every command, sorted: `("export", "weekly")`."""
    yield from sorted(_walk(typer.main.get_command(app), ()))


def _walk(command: object, path: tuple[str, ...]) -> Iterator[tuple[str, ...]]:
    below = getattr(command, "commands", None)
    if below is None:
        yield path
        return
    for name, child in below.items():
        yield from _walk(child, (*path, name))


def help_text() -> str:
    """Return the help of the program and of every command."""
    runner = CliRunner(env={"COLUMNS": "100", "NO_COLOR": "1"})
    texts = []
    for words in ((), *commands()):
        result = runner.invoke(app, [*words, "--help"], prog_name="claude-dash")
        assert result.exit_code == 0, result.output
        texts.append(result.output.rstrip())
    return "\n\n".join(texts) + "\n"
