"""Spend limits in force: how many people each holds for, never who.

Source:  GET /v1/organizations/spend_limits/effective
Grain:   person x period; counted here by what set the limit
Facts:   none; `SpendLimit`
"""

from collections import Counter
from decimal import Decimal
from typing import NamedTuple

from pydantic import ValidationError

from claude_dash.sources.client import AnthropicClient
from claude_dash.sources.record import Block, Cents, Text
from claude_dash.sources.roster import ROOT, Unavailable
from claude_dash.units import nanodollars

PAGE_ROWS = 1000


class Limit(NamedTuple):
    """What set a limit, for which period, and how much in nanodollars; None is no cap."""

    source: str
    period: str
    amount: int | None


class _Source(Block):
    type: Text = ""


class _Effective(Block):
    amount: Cents | None = None
    period: Text = ""
    source: _Source = _Source()


def read_limits(client: AnthropicClient) -> dict[Limit, int] | None:
    """Return how many people each limit holds for; None where the key may not read them."""
    found: Counter[Limit] = Counter()
    try:
        for page in client.pages(f"{ROOT}/spend_limits/effective", {"limit": PAGE_ROWS}):
            for sent in page["data"]:
                try:
                    one = _Effective.model_validate(sent)
                except ValidationError:
                    continue
                found[Limit(one.source.type, one.period, _amount(one.amount))] += 1
    except Unavailable:
        return None
    return dict(found)


def _amount(cents: Decimal | None) -> int | None:
    return None if cents is None else nanodollars(cents)
