"""Which reports a connection has, and reading them one after the other."""

from datetime import date

from claude_dash.clock import ONE_DAY, today
from claude_dash.errors import SourceAuthError
from claude_dash.facts.reports import REPORTS
from claude_dash.ingest import schedule
from claude_dash.ingest.days import Reader
from claude_dash.ingest.run import Run
from claude_dash.sources import base
from claude_dash.sources.base import Source
from claude_dash.sources.client import AnthropicClient
from claude_dash.store import retention

# A revoked key of the Console is refused everywhere alike; Enterprise answers 401 for a scope too.
REFUSED_AT_ONCE = {"console": frozenset({"revoked", "wrong_kind"})}


def sources_of(kind: str) -> list[Source]:
    """Return the sources of a kind of connection, in the order in which they are read."""
    known = base.found()
    return [known[one.name] for one in REPORTS.values() if one.kind == kind and one.name in known]


def read_reports(run: Run, client: AnthropicClient, since: date | None, until: date | None) -> None:
    """Read and write what is new of every report, or the days asked for.

    A report that the key may not read is left out, and says so; the others go on.

    Raises:
        SourceAuthError: The key may read none of them.
        SourceError: The vendor could not be reached, or one report could not be read.
    """
    if since is not None:
        retention.reopen(run.engine, since, until or today() + ONE_DAY)
    found = sources_of(run.row.kind)
    with run.engine.connect() as connection:
        plans = [
            schedule.plan(connection, run.row, one, since=since, until=until, settings=run.settings)
            for one in found
        ]
    run.of = sum(plan.at_most for plan in plans)
    if any(plan.is_backfill for plan in plans):
        run.note(backfill_done=False)
    refused: list[SourceAuthError] = []
    for source, plan in zip(found, plans, strict=True):
        try:
            Reader(run, client, source, plan).read()
        except SourceAuthError as error:
            if error.code in REFUSED_AT_ONCE.get(run.row.kind, ()) and source is found[0]:
                raise
            refused.append(error)
            run.note_report(source.name, error_code=error.code, error_message=str(error))
            continue
        if run.is_stopped:
            return
        known = {"history_starts": plan.history_starts} if plan.history_starts else {}
        if plan.is_backfill:
            run.note_report(source.name, backfill_done=True, **known)
    if refused and len(refused) == len(found):
        raise refused[0]
    if any(plan.is_backfill for plan in plans):
        run.note(backfill_done=True)
