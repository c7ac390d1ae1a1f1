"""What a source is: a report that is read day by day and turned into facts."""

import importlib
import pkgutil
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache

from claude_dash import sources
from claude_dash.facts.batch import DayFacts
from claude_dash.sources.client import AnthropicClient


@dataclass(frozen=True, slots=True)
class Source:
    """A report of a vendor.

    name: `kind.report`. floor: the first day that may be asked for. read_day: returns what one
    UTC day of the report holds, as (client, day, connection id, pseudonym key) -> facts.
    """

    name: str
    floor: date
    read_day: Callable[[AnthropicClient, date, int, bytes], DayFacts]


@cache
def found() -> dict[str, Source]:
    """Return every source of the folder by name, sorted."""
    made: dict[str, Source] = {}
    for module in pkgutil.iter_modules(sources.__path__, f"{sources.__name__}."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, Source):
                made[value.name] = value
    return dict(sorted(made.items()))
