"""Two syncs of one connection: the second begins when the first is over."""

import threading
from datetime import date

import httpx
from sqlalchemy import Engine

from claude_dash import connections, ingest
from claude_dash.config import Settings
from claude_dash.store.engine import open_store
from claude_dash.store.vault import Vault
from tests import tiny

FIRST = date(2026, 11, 9)
DAYS, REVISED = 10, 4


def test_two_syncs_never_interleave(engine: Engine, settings: Settings) -> None:
    """A sync that is started while another one reads asks for nothing until that one is done."""
    update = {"requests_per_minute": 1_000_000, "backfill_since": FIRST}
    settings, vault = settings.model_copy(update=update), Vault(settings)
    connections.add(engine, vault, settings, "console", "Main", tiny.KEY, test=False)
    asked: list[str] = []
    outcomes: list[ingest.Outcome] = []
    is_reading, is_second_started = threading.Event(), threading.Event()

    def answer(request: httpx.Request) -> httpx.Response:
        name = request.url.path.rsplit("/", 1)[-1]
        asked.append(request.url.params["starting_at"] if name == "claude_code" else name)
        if asked[-1] == "2026-11-18":
            is_reading.set()
            is_second_started.wait()
        return tiny.answer(request)

    def sync() -> None:
        own = open_store(settings.url)  # as another process would
        outcomes.extend(ingest.sync(own, vault, settings, transport=httpx.MockTransport(answer)))
        own.dispose()

    def second() -> None:
        is_reading.wait()
        is_second_started.set()
        sync()

    both = [threading.Thread(target=sync), threading.Thread(target=second)]
    for one in both:
        one.start()
    for one in both:
        one.join()
    starts = [at for at, what in enumerate(asked) if what == "users"]
    assert len(starts) == 2
    days = [what[0].isdigit() for what in asked]
    assert (sum(days[: starts[1]]), sum(days[starts[1] :])) == (DAYS, REVISED)
    assert [one.status for one in outcomes] == ["ok", "ok"]
