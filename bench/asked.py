"""What each page asks, taken down from the page itself, and how long the answers take."""

import os
import time
from collections.abc import Callable
from functools import partial, wraps
from pathlib import Path
from typing import Any

RUNS = 20
WEEKS = 52
ROOT = Path(__file__).resolve().parents[1]
PAGES = (
    "overview", "active_users", "sessions", "features", "engagement", "code", "tokens", "cost",
    "trust",
)  # fmt: skip
Call = Callable[[], object]
os.environ["STREAMLIT_LOGGER_LEVEL"] = "error"  # it warns that there is no browser


def measure() -> None:
    """Print the time of each page's data over a year, and of its slowest question."""
    for grain in ("week", "day"):
        print(f"pages over {WEEKS} weeks, by {grain}:")
        for page in PAGES:
            calls = taken_down(page, grain)
            took, slowest = [], ("", 0.0)
            for _ in range(RUNS if grain == "week" else RUNS // 4):
                whole = 0.0
                for name, call in calls.items():
                    began = time.perf_counter()
                    call()
                    one = (time.perf_counter() - began) * 1000
                    whole += one
                    slowest = max(slowest, (name, one), key=lambda pair: pair[1])
                took.append(whole)
            took.sort()
            at = f"p50 {took[len(took) // 2]:.0f} ms, p95 {took[int(len(took) * 0.95) - 1]:.0f} ms"
            print(
                f"  {page}: {at}, {len(calls)} questions; slowest {slowest[0]} {slowest[1]:.0f} ms",
                flush=True,
            )


def taken_down(page: str, grain: str) -> dict[str, Call]:
    """Run a page once, as its server does, and return each distinct question that it asked."""
    os.environ["CLAUDE_DASH_DEMO"] = "1"  # signed in without a cookie
    from streamlit.testing.v1 import AppTest

    from claude_dash import attention, budget, connections, coverage, revisions, trust
    from claude_dash.ui import filters, money
    from claude_dash.ui import page as door

    found: dict[str, Call] = {}
    doors = [
        (door, "ask"), (door, "current_policy"), (door, "store_revision"), (door, "has_connection"),
        (attention, "ask"), (budget, "ask"), (budget, "limits_in_force"),
        (connections, "list_all"), (money, "has_priority_tier"),
        (trust, "sources"), (trust, "unpriced_models"), (trust, "has_priority_tier"),
        (revisions, "revisions"), (revisions, "held_weeks"), (coverage, "coverage"),
    ]  # fmt: skip
    kept = [(module, name, getattr(module, name)) for module, name in doors]

    def heard(real: Callable[..., Any], name: str) -> Callable[..., Any]:
        @wraps(real)
        def call(*args: Any, **options: Any) -> object:  # noqa: ANN401 - whatever is asked
            what = " ".join([name, *(_short(one) for one in args[1:2])])
            found.setdefault(what, partial(real, *args, **options))
            return real(*args, **options)

        return call

    for module, name, real in kept:
        setattr(module, name, heard(real, name))
    try:
        door.st.cache_data.clear()
        run = AppTest.from_file(str(ROOT / "pages" / f"{page}.py"), default_timeout=600)
        since, until = filters._weeks(WEEKS)
        run.session_state[filters.CURRENT] = filters.Filters(since, until, grain=grain)
        run.run()
        assert not run.exception, run.exception
    finally:
        for module, name, real in kept:
            setattr(module, name, real)
    return found


def _short(asked: Any) -> str:  # noqa: ANN401 - a question, or whatever else stands there
    """Return what tells a question from others."""
    parts = (getattr(asked, name, "") for name in ("metric", "grain", "by", "where", "since"))
    return " ".join(str(part) for part in parts if part)
