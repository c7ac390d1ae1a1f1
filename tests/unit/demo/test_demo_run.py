"""The demo's store: every source read, with the stories that a reader looks for."""

from collections import Counter
from collections.abc import Iterator, Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from claude_dash import answers, budget, connections, revisions, trust
from claude_dash.access.readers import Reader, Role
from claude_dash.config import Settings
from claude_dash.demo import run
from claude_dash.demo.cloud import BUCKET
from claude_dash.demo.invocations import GUEST, PROFILE, REGION
from claude_dash.facts import tables as t
from claude_dash.metrics.release import Query
from claude_dash.people.matching import unmatched
from claude_dash.privacy.policy import Policy
from claude_dash.sources.aws import Access, LogBucket
from claude_dash.store.engine import open_store
from tests.unit.demo.test_demo_bedrock import TODAY, records

VIEWER = Reader("demo", Role.VIEWER)
DAYS = 90
COUNTED = (
    ("input", "inputTokenCount"),
    ("input", "cacheReadInputTokenCount"),
    ("input", "cacheWriteInputTokenCount"),
    ("output", "outputTokenCount"),
)


@pytest.fixture
def built(settings: Settings) -> Iterator[tuple[Engine, LogBucket]]:
    """Yield the store of a demo, and the bucket behind it."""
    settings = settings.model_copy(update={"requests_per_minute": 1_000_000})
    steps: list[str] = []
    vendor = run.build(settings, people=60, days=DAYS, seed=7, progress=steps.append)
    assert steps
    engine = open_store(settings.url)
    yield engine, LogBucket(Access(BUCKET, REGION, transport=vendor))
    engine.dispose()


def test_the_demo_has_every_story(built: tuple[Engine, LogBucket]) -> None:
    """What is shown agrees with what was simulated, and there is something to look into.

    Every connection is read, money was revised, models have no price, idle seats cost; every
    call in the bucket is counted or left out with its reason.
    """
    engine, bucket = built
    listed = connections.list_all(engine)
    assert [(one.kind, one.status, one.error) for one in listed] == [
        ("console", "ok", None),
        ("enterprise", "ok", None),
        ("bedrock", "ok", None),
        ("telemetry", "ok", None),
    ]
    assert revisions.revisions(engine, Policy())
    assert trust.unpriced_models(engine) == [PROFILE, "claude-next-preview"]
    assert budget.reclaim(engine, VIEWER)
    outlook = budget.month_outlook(engine, VIEWER)
    assert outlook
    assert outlook.kind == "cost_billed"
    assert budget.monthly_budget(engine)
    _invoice_is_compared_with_its_own(engine)
    _bucket_is_counted(engine, bucket)
    _queue_has_suggestions(engine)


def _invoice_is_compared_with_its_own(engine: Engine) -> None:
    """Find the discount of 8 % between estimate and invoice, although Bedrock is estimated too."""
    finance = Reader("demo", Role.FINANCE)
    found = answers.ask(engine, Query("reconciliation_gap", since=TODAY - timedelta(DAYS)), finance)
    gaps = [row.value for row in found.rows if row.value is not None]
    assert gaps
    assert all(abs(gap) < 0.12 for gap in gaps)


def _bucket_is_counted(engine: Engine, bucket: LogBucket) -> None:
    """Compare the store with the objects, read and sorted without the product."""
    found = [one for back in range(DAYS) for one in records(bucket, TODAY - timedelta(days=back))]
    reasons = Counter(filter(None, map(_reason, found)))
    tokens = [sum(one[part][name] for one in found if not _reason(one)) for part, name in COUNTED]
    c = t.INVOCATION_DAY.c
    names = (c.input_tokens, c.cache_read_tokens, c.cache_write_tokens, c.output_tokens)
    with engine.connect() as connection:
        sums = connection.execute(select(func.sum(c.requests), *map(func.sum, names))).one()
    assert [*sums] == [len(found) - reasons.total(), *tokens]
    (source,) = (one for one in trust.sources(engine) if one.kind == "bedrock")
    assert source.left_out == reasons
    assert [one.day for one in source.objects] == [TODAY - timedelta(days=5)]
    assert not source.rejected


def _reason(record: Mapping[str, Any]) -> str:
    if "errorCode" in record:
        return "the call failed"
    if record["modelId"].startswith("amazon."):
        return "not Claude Code: another model"
    is_other = not record["operation"].startswith("InvokeModel")
    return "not Claude Code: another operation" if is_other else ""


def _queue_has_suggestions(engine: Engine) -> None:
    """Find logins that are likely somebody of the roster, a guest, and what is no person."""
    queue = unmatched(engine)
    suggested = [one for one in queue if one.address]
    assert suggested
    assert all(one.value.endswith(f"/{one.address.partition('@')[0]}") for one in suggested)
    others = [one for one in queue if not one.address]
    assert GUEST in {one.value for one in others if one.is_person}
    assert sum(not one.is_person for one in others) == 2  # the shared role, and that of CI
