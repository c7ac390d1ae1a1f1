"""What the report says in total, added up in plain Python from the vendor's rows.

Nothing of the program is used here, so that it cannot be wrong in the same way.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any, Protocol

Json = dict[str, Any]
TYPES = {
    "input": "input",
    "output": "output",
    "cache_read": "cache_read",
    "cache_creation": "cache_write",
}


class Reported(Protocol):
    """Whatever knows the usable rows of a day."""

    def rows(self, day: date) -> list[Json]:
        """Return them."""


class Truth:
    """Totals over the half-open days of an organization."""

    def __init__(self, organization: Reported, since: date, until: date) -> None:
        days = [since + timedelta(days=n) for n in range((until - since).days)]
        self.rows = [(day, row) for day in days for row in organization.rows(day)]

    def active(self) -> int:
        """Return how many people did anything at all."""
        return len(
            {
                row["actor"]["email_address"].strip().lower()
                for _, row in self.rows
                if row["actor"]["type"] == "user_actor" and any(_numbers(row))
            }
        )

    def _sum(self, count: Callable[[Json], int]) -> int:
        return sum(count(row) for _, row in self.rows)

    def sessions(self) -> int:
        """Return the sessions."""
        return self._sum(lambda row: row["core_metrics"]["num_sessions"])

    def lines(self, kind: str) -> int:
        """Return the lines `added` or `removed`."""
        return self._sum(lambda row: (row["core_metrics"].get("lines_of_code") or {}).get(kind, 0))

    def commits(self) -> int:
        """Return the commits."""
        return self._sum(lambda row: row["core_metrics"].get("commits_by_claude_code", 0))

    def pull_requests(self) -> int:
        """Return the pull requests."""
        return self._sum(lambda row: row["core_metrics"].get("pull_requests_by_claude_code", 0))

    def suggestions(self, kind: str) -> Counter[str]:
        """Return how many suggestions were `accepted` or `rejected`, by tool."""
        found: Counter[str] = Counter()
        for _, row in self.rows:
            for tool, actions in (row["tool_actions"] or {}).items():
                found[tool] += actions[kind]
        return found

    def tokens(self) -> Counter[str]:
        """Return the tokens by type, in our names."""
        found: Counter[str] = Counter()
        for usage in self.usages():
            for theirs, ours in TYPES.items():
                found[ours] += usage["tokens"][theirs]
        return found

    def tokens_by_model(self) -> Counter[str]:
        """Return the tokens of every type by model."""
        found: Counter[str] = Counter()
        for usage in self.usages():
            found[usage["model"]] += sum(usage["tokens"][theirs] for theirs in TYPES)
        return found

    def cents_by_model(self) -> dict[str, Decimal]:
        """Return exact cents by model; what is not in dollars is not known."""
        found: dict[str, Decimal] = {}
        for usage in self.usages():
            cost = usage["estimated_cost"]
            if cost["currency"] == "USD":
                amount = Decimal(str(cost["amount"]))
                found[usage["model"]] = found.get(usage["model"], Decimal(0)) + amount
        return found

    def cents(self) -> Decimal:
        """Return exact cents."""
        return sum(self.cents_by_model().values(), Decimal(0))

    def usages(self) -> Iterator[Json]:
        """Yield what each row says of each model."""
        for _, row in self.rows:
            yield from row["model_breakdown"]


def _numbers(row: Json) -> Iterable[Any]:
    core = row["core_metrics"]
    lines = core.get("lines_of_code") or {}
    yield from (core["num_sessions"], lines.get("added", 0), lines.get("removed", 0))
    yield core.get("commits_by_claude_code", 0)
    yield core.get("pull_requests_by_claude_code", 0)
    for actions in (row["tool_actions"] or {}).values():
        yield from (actions["accepted"], actions["rejected"])
    for usage in row["model_breakdown"]:
        yield from usage["tokens"].values()
