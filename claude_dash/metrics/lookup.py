"""Metrics by name, collected from the catalogue; an unknown name gets the nearest one."""

import importlib
import pkgutil
from functools import cache

from claude_dash.errors import UnknownNameError
from claude_dash.metrics import catalog
from claude_dash.metrics.define import Metric


@cache
def metrics() -> dict[str, Metric]:
    """Return every metric of the catalogue by name, sorted."""
    found: dict[str, Metric] = {}
    for module in pkgutil.iter_modules(catalog.__path__, f"{catalog.__name__}."):
        for value in vars(importlib.import_module(module.name)).values():
            if isinstance(value, Metric):
                found[value.name] = value
    return dict(sorted(found.items()))


def metric(name: str) -> Metric:
    """Return the metric of a name.

    Raises:
        UnknownNameError: There is none; the nearest name is offered.
    """
    try:
        return metrics()[name]
    except KeyError:
        what = "metric"
        raise UnknownNameError.of(what, name, metrics()) from None
