"""The columns of the weekly set, in their order; the names are an interface."""

from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from claude_dash.exports import csv

PERCENT = 100
_DECIMALS = {"count": 0, "money": csv.MONEY_DECIMALS, "percent": 1, "quotient": 2}


@dataclass(frozen=True, slots=True)
class Column:
    """One column: its name in the file, the metric that feeds it, and how it is spelled."""

    name: str
    metric: str
    kind: Literal["count", "money", "percent", "quotient"] = "count"

    def spell(self, value: int | Decimal | Fraction) -> str:
        """Spell a value, exactly rounded half even; a fraction becomes a percentage."""
        scaled = Fraction(value) * (PERCENT if self.kind == "percent" else 1)
        return csv.fixed(scaled, _DECIMALS[self.kind])


@dataclass(frozen=True, slots=True)
class Table:
    """One file: what its rows are split by besides the team, and its measured columns."""

    file: str
    by: tuple[str, ...]
    columns: tuple[Column, ...]
    has_week_start: bool = False

    @property
    def header(self) -> tuple[str, ...]:
        """Return the names of all columns, in order."""
        week = ("week", "week_start") if self.has_week_start else ("week",)
        names = (column.name for column in self.columns)
        return (*week, "team", *self.by, *names, "status", "hidden")


SUMMARY = Table(
    "summary.csv",
    by=(),
    has_week_start=True,
    columns=(
        Column("people", "people"),
        Column("active_users", "active_users"),
        Column("adoption_rate_pct", "adoption_rate", "percent"),
        Column("new_users", "new_users"),
        Column("sessions", "sessions"),
        Column("sessions_per_active_user", "sessions_per_active_user", "quotient"),
        Column("lines_added", "lines_added"),
        Column("lines_removed", "lines_removed"),
        Column("commits", "commits"),
        Column("pull_requests", "pull_requests"),
        Column("accept_rate_pct", "accept_rate", "percent"),
        Column("input_tokens", "input_tokens"),
        Column("output_tokens", "output_tokens"),
        Column("cache_read_tokens", "cache_read_tokens"),
        Column("cache_write_tokens", "cache_write_tokens"),
        Column("cost_estimated_usd", "cost_estimated", "money"),
        Column("cost_billed_usd", "cost_billed", "money"),
        Column("cost_per_active_user_usd", "cost_per_active_user", "money"),
        Column("support_tickets", "support_tickets"),
    ),
)
MODELS = Table(
    "models.csv",
    by=("model",),
    columns=(
        Column("tokens", "tokens"),
        Column("cost_estimated_usd", "cost_estimated", "money"),
    ),
)
FEATURES = Table(
    "features.csv",
    by=("kind", "feature"),
    columns=(
        Column("users", "feature_users"),
        Column("uses", "feature_uses"),
    ),
)
