"""Claude Enterprise over time: late days, revised money, refused reports, and both stores."""

from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import Engine, func, select

from claude_dash import revisions, trust
from claude_dash.clock import today
from claude_dash.config import Settings
from claude_dash.facts import tables as t
from claude_dash.privacy.policy import Policy
from claude_dash.store.engine import migrate, open_store
from tests import enterprise_truth as truth
from tests.conftest import FrozenClock
from tests.enterprise_organization import EnterpriseOrganization
from tests.enterprise_server import SCOPES
from tests.journey.conftest import (
    FACTS,
    RELEASED,
    EnterpriseReader,
    ServeEnterprise,
)
from tests.journey.enterprise_facts import spend, true_spend
from tests.postgres import postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]
FIRST, TODAY = date(2026, 10, 19), date(2026, 11, 18)
DAY = timedelta(days=1)
ENGAGEMENT = ("users", "skills", "connectors", "plugins", "projects", "artifacts")
SPEND = {"enterprise.usage", "enterprise.cost"}


def newest(reader: EnterpriseReader) -> dict[str, date]:
    """Return the newest day that was read, by report."""
    c = t.DAY_READ.c
    with reader.engine.connect() as connection:
        return dict(connection.execute(select(c.report, func.max(c.day)).group_by(c.report)).all())


def organization(people: int = 40, first: date = TODAY - 20 * DAY) -> EnterpriseOrganization:
    """Return an organization whose last day is yesterday."""
    return EnterpriseOrganization(people, first, TODAY - DAY)


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("lag", [1, 2, 4])
def test_the_lag_is_observed(
    lag: int, engine: Engine, settings: Settings, serve_enterprise: ServeEnterprise
) -> None:
    """Every report is read up to the newest day that the vendor has, and told so."""
    server = serve_enterprise(organization(), lag_days=lag, lags={"skills": lag + 1})
    reader = EnterpriseReader(engine, settings, server)
    reader.connect(server.key)
    assert reader.sync().status == "ok"
    read = newest(reader)
    assert {one: read[f"enterprise.{one}"] for one in ENGAGEMENT} == {
        one: server.latest(one) for one in ENGAGEMENT
    }
    assert read["enterprise.summaries"] == server.latest("summaries")
    (source,) = trust.sources(engine)
    told = {one.label: one.lag_days for one in source.reports}
    assert (told["Activity by surface"], told["Skills"]) == (lag, lag + 1)
    assert server.forbidden == server.rollups == []
    server.lag_days, server.lags = 1, {}  # the vendor catches up
    assert reader.sync().status == "ok"
    assert {newest(reader)[f"enterprise.{one}"] for one in ENGAGEMENT} == {TODAY - DAY}
    assert server.forbidden == []


@pytest.mark.usefixtures("hurried")
def test_a_second_sync_changes_nothing(
    engine: Engine, settings: Settings, serve_enterprise: ServeEnterprise, clock: FrozenClock
) -> None:
    """What may be revised is read again, nothing older, and every fact and figure stays."""
    server = serve_enterprise(organization(first=FIRST))
    reader = EnterpriseReader(engine, settings, server)
    reader.connect(server.key)
    reader.sync()
    before = reader.stored(*FACTS, *RELEASED)
    asked = len(server.requests)
    clock.advance(hours=1)
    reader.sync()
    assert reader.stored(*FACTS, *RELEASED) == before
    days = [dict(pairs)["date"] for _, _, pairs in server.requests[asked:] if "date" in dict(pairs)]
    assert min(days) == str(TODAY - 7 * DAY)
    spans = [dict(pairs)["starting_at"] for _, path, pairs in server.requests[asked:]
             if path.endswith("/cost")]  # fmt: skip
    assert min(spans)[:10] == str(max(FIRST, TODAY - 30 * DAY))


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize(("people", "is_told"), [(20, True), (3, False)])
def test_money_revised_late_is_corrected(
    engine: Engine,
    settings: Settings,
    serve_enterprise: ServeEnterprise,
    clock: FrozenClock,
    *,
    people: int,
    is_told: bool,
) -> None:
    """A cost of twenty days ago is right after the next sync; few people's change has no line."""
    server = serve_enterprise(organization(60, FIRST), today=today)
    reader = EnterpriseReader(engine, settings, server)
    reader.connect(server.key)
    reader.sync()
    day = TODAY - 20 * DAY
    was = truth.cost(server.organization, days=[day])[day, "claude_code"]
    spenders = {
        one.actor_id
        for one in server.organization.lines(day)
        if one.dims["product"] == "claude_code" and one.actor_id.startswith("user_")
    }
    server.organization.revise(day, sorted(spenders)[:people], 3)
    clock.advance(days=1)
    assert reader.sync().error is None
    key = reader.vault.pseudonym_key
    true = true_spend(server.organization, server.organization.days, key)
    assert spend(engine)["cost_billed"] == true["cost_billed"]
    told = revisions.revisions(engine, Policy())
    found = [one for one in told if one.metric.name == "cost_billed"]
    if not is_told:
        assert found == []
        return
    (line,) = found
    now = truth.cost(server.organization, days=[day])[day, "claude_code"]
    assert (line.start, line.on.date()) == (day, TODAY + DAY)
    assert (line.before, line.after) == (Decimal(was), Decimal(now))


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("refuse_with", [401, 403, 404])
@pytest.mark.parametrize("missing", ["read:members", "read:rbac_groups", "read:spend_limits"])
def test_a_scope_that_is_missing_costs_what_it_unlocks_alone(
    missing: str,
    refuse_with: int,
    engine: Engine,
    settings: Settings,
    serve_enterprise: ServeEnterprise,
) -> None:
    """The other reports are read as ever, and the test of the key says which scope is missing."""
    server = serve_enterprise(
        organization(first=TODAY - 3 * DAY), scopes=SCOPES - {missing}, refuse_with=refuse_with
    )
    reader = EnterpriseReader(engine, settings, server)
    tested = reader.connect(server.key)
    assert tested.status == "ok"
    assert {scope for scope, has in tested.found["scopes"].items() if not has} == {missing}
    outcome = reader.sync()
    assert (outcome.status, outcome.error) == ("ok", None)
    assert outcome.facts > 0


@pytest.mark.usefixtures("hurried")
@pytest.mark.parametrize("refuse_with", [401, 403, 404])
def test_a_key_without_the_one_scope_that_is_needed_is_refused(
    refuse_with: int, engine: Engine, settings: Settings, serve_enterprise: ServeEnterprise
) -> None:
    """It is named, and nothing is saved."""
    server = serve_enterprise(
        organization(first=TODAY - 3 * DAY), scopes={"read:members"}, refuse_with=refuse_with
    )
    tested = EnterpriseReader(engine, settings, server).connect(server.key)
    assert tested.status == "refused"
    assert tested.error is not None
    assert "read:analytics" in tested.error["message"]
    with engine.connect() as connection:
        assert connection.execute(select(t.CONNECTION)).first() is None


@pytest.mark.usefixtures("hurried")
def test_both_stores_show_the_same(
    engine: Engine, settings: Settings, serve_enterprise: ServeEnterprise, postgres_url: str
) -> None:
    """The same organization read into PostgreSQL has the figures that it has in SQLite."""
    other = open_store(postgres_url)
    migrate(other)
    for store in (engine, other):
        server = serve_enterprise(organization(60, TODAY - 16 * DAY))
        reader = EnterpriseReader(store, settings, server)
        reader.connect(server.key)
        assert reader.sync().status == "ok"
        if store is engine:
            expected = reader.stored(t.RELEASE_ROW)
    assert reader.stored(t.RELEASE_ROW) == expected
    other.dispose()
