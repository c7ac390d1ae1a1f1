"""What a viewer is shown of Claude Enterprise is the truth, wherever it is shown."""

from collections import Counter
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from claude_dash.access.readers import Reader as Asker
from claude_dash.access.readers import Role
from claude_dash.answers import ask
from claude_dash.clock import Grain
from claude_dash.config import Settings
from claude_dash.metrics.release import Query, Row
from claude_dash.store.vault import Vault
from tests.journey.conftest import ENTERPRISE_FIRST, ENTERPRISE_LAST, EnterpriseReader, Read
from tests.journey.enterprise_facts import CLAUDE_CODE, true_engagement, true_spend

UNTIL = ENTERPRISE_LAST + timedelta(days=1)
VIEWER = Asker("journey", Role.VIEWER)
NANO = 10**9
TOKENS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
PRODUCT, MODEL, COST_TYPE = 1, 2, 6  # where they stand in the place of a fact
GRAINS: tuple[Grain, ...] = ("day", "week", "month")
Place = tuple[Any, ...]
Keep = Callable[[Place], bool]
Question = tuple[str, str, int, tuple[str, ...], Keep, int]


def of_code(place: Place) -> bool:
    """Keep Claude Code alone."""
    return bool(place[PRODUCT] == CLAUDE_CODE)


def of_others(place: Place) -> bool:
    """Keep every other product."""
    return not of_code(place)


def of_all(_: Place) -> bool:
    """Keep every product."""
    return True


SURFACES = (
    "messages", "thinking_messages", "conversations", "files_uploaded", "projects_created",
    "artifacts_created", "web_searches", "actions",
)  # fmt: skip
CORE = ("sessions", "commits", "pull_requests", "lines_added", "lines_removed")
# metric, dimension and its place, facts that are added up, which of them, units of one
QUESTIONS: list[Question] = [
    *((name, "", 0, (name,), of_all, 1) for name in (*SURFACES, *CORE)),
    *((name, "product", PRODUCT, (name,), of_all, 1) for name in SURFACES),
    *((name, "tool", 1, (name,), of_all, 1)
      for name in ("suggestions_accepted", "suggestions_rejected")),
    ("tokens", "", 0, TOKENS, of_code, 1),
    ("tokens", "product", PRODUCT, TOKENS, of_all, 1),
    ("tokens", "model", MODEL, TOKENS, of_code, 1),
    ("tokens_elsewhere", "model", MODEL, TOKENS, of_others, 1),
    ("requests", "product", PRODUCT, ("requests",), of_all, 1),
    *(
        (metric, dimension, at, (f"cost_{kind}",), keep, NANO)
        for kind in ("billed", "list")
        for metric, keep in ((f"cost_{kind}", of_code), (f"spend_{kind}", of_all))
        for dimension, at in (("", 0), ("model", MODEL), ("cost_type", COST_TYPE))
    ),
    *((f"{one}_{kind}", "product", PRODUCT, (f"cost_{kind}",), of_all, NANO)
      for kind in ("billed", "list") for one in ("cost", "spend")),
]  # fmt: skip


@pytest.fixture(scope="module")
def facts(enterprise_once: Read) -> dict[str, Counter[Place]]:
    """Return the true facts by name: place, which begins with the day -> number."""
    organization = enterprise_once.server.organization
    key = Vault(Settings(data_dir=enterprise_once.folder)).pseudonym_key
    spent = true_spend(organization, organization.days, key)
    return true_engagement(organization, enterprise_once.server.latest) | spent


def is_true(row: Row, expected: Decimal) -> bool:
    """Say whether a row is what it should be, or says why it is nothing."""
    return row.value == expected if row.value is not None else bool(row.hidden)


@pytest.mark.parametrize("question", QUESTIONS, ids=[f"{one[0]}-{one[1]}" for one in QUESTIONS])
def test_what_is_shown_is_true(
    enterprise: EnterpriseReader,
    facts: dict[str, Counter[Place]],
    question: Question,
) -> None:
    """Each figure that is shown is the organization's own, and every value seen has a row."""
    metric, dimension, at, names, keep, unit = question
    by = (dimension,) if dimension else ()
    for grain in GRAINS:
        query = Query(metric, grain, by, since=ENTERPRISE_FIRST, until=UNTIL)
        rows = ask(enterprise.engine, query, VIEWER).rows
        assert any(row.value is not None for row in rows)
        for start, end in {(row.start, row.end) for row in rows}:
            true = _sums(facts, names, (start, end), at if dimension else None, keep)
            found = {row.groups.get(dimension, ""): row for row in rows if row.start == start}
            wrong = {
                name: (row.value, row.hidden, row.status)
                for name, row in found.items()
                if row.status != "missing" and not is_true(row, Decimal(true[name]) / unit)
            }
            assert wrong == {}
            assert {name for name, number in true.items() if number} <= found.keys()


def _sums(
    facts: dict[str, Counter[Place]],
    names: tuple[str, ...],
    span: tuple[date, date],
    at: int | None,
    keep: Keep,
) -> Counter[str]:
    summed: Counter[str] = Counter()
    for name in names:
        for place, number in facts[name].items():
            if span[0] <= place[0] < span[1] and keep(place):
                summed[str(place[at]) if at else ""] += number
    return summed
