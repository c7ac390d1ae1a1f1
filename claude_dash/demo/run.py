"""Fill a store with the simulated organisation, through the real sources and the real roll-up."""

from collections.abc import Callable
from datetime import timedelta

from claude_dash import connections, ingest
from claude_dash.clock import today
from claude_dash.config import Settings
from claude_dash.demo.organization import Organization
from claude_dash.demo.transport import KEY, DemoTransport
from claude_dash.people.roster import import_csv
from claude_dash.store.engine import migrate, open_store
from claude_dash.store.vault import Vault

NAME = "Demo Console"
NO_LIMIT = 1_000_000


def build(
    settings: Settings, *, people: int, days: int, seed: int, progress: Callable[[str], None]
) -> None:
    """Connect the simulated organisation, take in its roster, and read its days.

    A store of an earlier run is brought up to date.
    """
    last = today()
    first = last - timedelta(days=days - 1)
    settings = settings.model_copy(
        update={"requests_per_minute": NO_LIMIT, "backfill_since": first}
    )
    organization = Organization.simulate(people, days, seed, last)
    transport = DemoTransport(organization)
    vault, engine = Vault(settings), open_store(settings.url)
    migrate(engine)
    try:
        if not connections.list_all(engine):
            connections.add(
                engine, vault, settings, "console", NAME, KEY,
                backfill_since=first, actor="demo", transport=transport,
            )  # fmt: skip
            import_csv(engine, vault, organization.roster_csv(), today=last, actor="demo")
        ingest.sync(
            engine, vault, settings, transport=transport, progress=lambda step: progress(str(step))
        )
    finally:
        engine.dispose()
