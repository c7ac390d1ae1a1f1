"""Fill a store with the simulated organisation, through the real sources and the real roll-up."""

from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import Engine

from claude_dash import budget, connections, ingest
from claude_dash.access.readers import Reader, Role
from claude_dash.clock import today
from claude_dash.config import Settings
from claude_dash.connections import bedrock
from claude_dash.connections.bedrock_options import Options
from claude_dash.demo import clients
from claude_dash.demo.cloud import BUCKET
from claude_dash.demo.habits import Days
from claude_dash.demo.invocations import REGION
from claude_dash.demo.organization import Organization
from claude_dash.demo.transport import ENTERPRISE_KEY, KEY, DemoTransport
from claude_dash.people.roster import import_csv
from claude_dash.store.engine import migrate, open_store
from claude_dash.store.vault import Vault

ACTOR = "demo"
CLOUD = "Demo Bedrock"
CONNECTIONS = (("console", "Demo Console", KEY), ("enterprise", "Demo Enterprise", ENTERPRISE_KEY))
BUDGET_USD_PER_PERSON, SEAT_PRICE_USD = 55, 40


def build(
    settings: Settings, *, people: int, days: int, seed: int, progress: Callable[[str], None]
) -> DemoTransport:
    """Connect what is simulated, take in the roster, and read all days.

    A new store is read twice, before and after the vendor revised some money, so that there is
    a revision to look at; one of an earlier run is brought up to date.

    Returns:
        What answers for the vendor, for whatever is asked while the demo is served.
    """
    last = today()
    first = last - timedelta(days=days - 1)
    settings = settings.model_copy(update={"backfill_since": first})
    organization = Organization.simulate(people, days, seed, last)
    revised = DemoTransport(organization)
    vault, engine = Vault(settings), open_store(settings.url)
    migrate(engine)

    def read(transport: DemoTransport, *names: str) -> None:
        ingest.sync(
            engine, vault, settings,
            names=names, transport=transport, progress=lambda step: progress(str(step)),
        )  # fmt: skip

    try:
        if not connections.list_all(engine):
            for kind, name, key in CONNECTIONS:
                connections.add(
                    engine, vault, settings, kind, name, key,
                    backfill_since=first, actor=ACTOR, transport=revised,
                )  # fmt: skip
            bedrock.add_bucket(
                engine, settings, CLOUD, Options(BUCKET, REGION),
                backfill_since=first, actor=ACTOR, transport=revised,
            )  # fmt: skip
            import_csv(engine, vault, organization.roster_csv(), today=last, actor=ACTOR)
            _enter_money(engine, people)
            # Every roll-up goes over what was read before: the fewest people come first.
            names = (CLOUD, *(name for _, name, _ in CONNECTIONS))
            read(DemoTransport(organization, early=True), *names)
        clients.send(engine, vault, Days(organization), ACTOR)
        read(revised)
    finally:
        engine.dispose()
    return revised


def _enter_money(engine: Engine, people: int) -> None:
    """Enter a budget and a seat price, as finance would."""
    finance = Reader(ACTOR, Role.FINANCE)
    budget.set_monthly_budget(engine, finance, BUDGET_USD_PER_PERSON * people)
    budget.set_seat_price(engine, finance, SEAT_PRICE_USD)
