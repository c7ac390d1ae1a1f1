"""How the older reports by person and of the whole organization are put together."""

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from claude_dash.facts.dimensions import UNATTRIBUTED, product_named
from claude_dash.sources.spend_record import NOBODY
from claude_dash.units import nanodollars
from tests.contract.recorded import PSEUDONYM_KEY, Case, Recording, cases

CASES = {case.name: case for case in cases()}
Counts = Counter[tuple[str, str, str]]


def rows_of(case: Case) -> Iterator[tuple[str, dict[str, Any]]]:
    """Yield every fact with its day."""
    for day, facts in case.read().days.items():
        for rows in facts.rows.values():
            yield from ((day.isoformat(), row) for row in rows)


def told(name: str, field: str) -> Counts:
    """Return what the recorded totals say, by day, product and model."""
    found: Counts = Counter()
    for exchange in Recording(name).exchanges:
        for bucket in exchange["body"]["data"]:
            for row in bucket.get("results", ()):
                product, model = product_named(row["product"]), row["model"] or UNATTRIBUTED
                sent = row[field]
                amount = nanodollars(Decimal(sent)) if isinstance(sent, str) else sent
                found[bucket["starting_at"][:10], product, model] += amount
    return found


@pytest.mark.parametrize(
    ("report", "field", "column"),
    [("usage", "output_tokens", "output_tokens"), ("cost", "amount", "cost_billed")],
)
def test_people_and_the_rest_are_the_total(report: str, field: str, column: str) -> None:
    """Every group is counted once, in full; what is nobody's is there as well."""
    name = f"enterprise.{report}-legacy"
    found: Counts = Counter()
    rest: Counts = Counter()
    for day, row in rows_of(CASES[name]):
        found[day, row["product"], row["model"]] += row[column]
        if row["who"] == NOBODY.who(PSEUDONYM_KEY):
            rest[day, row["product"], row["model"]] += row[column]
    assert found == told(name, field)
    assert 0 < rest.total() < found.total()
