"""Reading a connection that has a key: whose it is, its people, its reports."""

from datetime import date

from claude_dash.clock import today
from claude_dash.connections import budget_name, client_for, key_of
from claude_dash.connections.rows import take_over
from claude_dash.errors import SourceAuthError
from claude_dash.ingest.reports import read_reports
from claude_dash.ingest.run import Run
from claude_dash.people import vendor
from claude_dash.people.limits import take_limits
from claude_dash.sources.client import AnthropicClient, Transport
from claude_dash.sources.limits import read_limits
from claude_dash.sources.roster import read_roster
from claude_dash.store.budget import Budget


def read_keyed(
    run: Run, since: date | None, until: date | None, transport: Transport | None
) -> None:
    """Read whose the key is, who is there, and what is new of every report.

    Raises:
        SourceError: The key is refused, or the vendor could not be reached or understood.
    """
    with run.engine.connect() as connection:
        key = key_of(connection, run.vault, run.row.id)
    budget = budget_name(run.row.organization_id, key, run.vault)
    with client_for(
        run.engine, run.settings, key, budget, kind=run.row.kind, transport=transport
    ) as client:
        try:
            if not run.row.organization_id:
                _learn_organization(run, client, budget)
            roster = read_roster(client, run.row.kind)
            vendor.take(run.engine, run.vault, run.row.id, roster, today())
            if run.row.kind == "enterprise":
                take_limits(run.engine, run.row.id, read_limits(client))
            read_reports(run, client, since, until)
        finally:
            run.outcome.requests, run.outcome.retries = client.requests, client.retries


def _learn_organization(run: Run, client: AnthropicClient, budget: str) -> None:
    try:
        body = client.get("/v1/organizations/me")
    except SourceAuthError:
        if run.row.kind == "console":
            raise
        return  # a scoped key need not know whose it is
    organization = str(body.get("id") or "")
    if organization:
        run.note(organization_id=organization, organization_name=str(body.get("name") or ""))
        with run.engine.begin() as connection:
            take_over(connection, run.row.id, organization)
        Budget(run.engine, run.settings.requests_per_minute).move(budget, organization)
