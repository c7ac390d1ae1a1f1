"""Tokens, requests and money by actor, product and model: the Usage and Cost Analytics API.

Source:  GET /v1/organizations/analytics/{usage,cost} (beta); where it answers 404 the older reports
Grain:   actor x UTC day x product x model (Console: x workspace x service tier; cost: x cost type)
Facts:   UsageDay, CostDay
"""

from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Any

from claude_dash.clock import midnight, now
from claude_dash.facts import tables as t
from claude_dash.facts.dimensions import UNATTRIBUTED
from claude_dash.facts.identity import Identified
from claude_dash.sources import spend_legacy as legacy
from claude_dash.sources.base import Covers, Fact, Reader, Rejected, Source
from claude_dash.sources.client import AnthropicClient, Params
from claude_dash.sources.exchange import ANALYTICS
from claude_dash.sources.spend_record import NOBODY, Cost, Line, checked, covers
from claude_dash.units import nanodollars

FLOOR = date(2026, 1, 1)  # the earliest day of both reports (contract, read 2026-11-21)
MAX_DAYS = 31  # of one query
REACH_DAYS = 364  # back from today: `starting_at` lies within 365 days of now
PAGE_ROWS = 1000
CONSOLE = ("actor", "model", "product", "workspace_id", "service_tier")  # five, the most allowed
ENTERPRISE = ("actor", "model", "product")


def read(
    report: str, by: tuple[str, ...], client: AnthropicClient, since: date, until: date
) -> Iterator[Line | Rejected | Covers]:
    """Yield every line of some UTC days, and up to when the export behind them had counted."""
    params: Params = {
        "starting_at": f"{midnight(since):%Y-%m-%dT%H:%M:%SZ}",
        "ending_at": f"{min(midnight(until), now()):%Y-%m-%dT%H:%M:%SZ}",
        "time_bucket_width": "1d",
        "group_by[]": by,
        "limit": PAGE_ROWS,
    }
    for page in client.pages(f"{ANALYTICS}{report}", params):
        yield covers(page)
        for sent in page["data"]:
            yield checked(sent)


def normalize(line: Line, connection_id: int, key: bytes) -> Iterator[Identified | Fact]:
    """Turn one line into an identity and a fact; what is nothing but zeros leaves none."""
    amounts = line.usage.amounts() if line.usage else _money(line.cost) if line.cost else {}
    if not any(amounts.values()):
        return
    actor = line.group.actor
    who = actor.identity if actor else NOBODY
    yield who
    shared: dict[str, Any] = {
        "connection_id": connection_id,
        "day": line.day,
        "who": who.who(key),
        **line.group.key(),
    }
    if line.usage:
        yield Fact(t.USAGE_DAY, shared, amounts)
    else:
        kind = line.group.cost_type or UNATTRIBUTED
        yield Fact(t.COST_DAY, {**shared, "cost_type": kind}, amounts)


def _money(cost: Cost) -> dict[str, int | None]:
    return {
        "cost_billed": None if cost.amount is None else nanodollars(cost.amount),
        "cost_list": None if cost.list_amount is None else nanodollars(cost.list_amount),
    }


def _source(kind: str, report: str, by: tuple[str, ...], older: Reader) -> Source:
    return Source(
        f"{kind}.{report}",
        FLOOR,
        (t.USAGE_DAY if report == "usage" else t.COST_DAY,),
        partial(read, report, by if report == "usage" else (*by, "cost_type")),
        normalize,
        legacy=older,
        max_days=MAX_DAYS,
        reach_days=REACH_DAYS,
    )


CONSOLE_USAGE = _source("console", "usage", CONSOLE, legacy.read_messages)
CONSOLE_COST = _source("console", "cost", CONSOLE, legacy.read_costs)
ENTERPRISE_USAGE = _source("enterprise", "usage", ENTERPRISE, partial(legacy.read_people, "usage"))
ENTERPRISE_COST = _source("enterprise", "cost", ENTERPRISE, partial(legacy.read_people, "cost"))
