"""A question and its answer: the only form in which a number reaches a page, a file or a script."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Literal

from claude_dash.clock import Grain

Status = Literal["final", "provisional", "missing"]
Value = int | Decimal | Fraction | None


@dataclass(frozen=True, slots=True)
class Query:
    """What is asked: one metric over whole periods, by people and one technical dimension.

    grain: day, week, month, or total over the whole periods inside the interval.
    since, until: half-open UTC days, widened to whole periods (`total`: narrowed); when None,
    from 12 weeks before `until`, which is tomorrow. by: dimensions, at most one of team and
    department and at most one technical. where: restrictions by dimension, one value each, or
    several for `team`.
    """

    metric: str
    grain: Grain | Literal["total"] = "week"
    by: tuple[str, ...] = ()
    where: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    since: date | None = None
    until: date | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """One released value.

    period: `2026-11-18`, `2026-W47`, `2026-11`, or a half-open interval of days for `total`.
    start, end: its half-open days. groups: label by dimension asked, in the order of `by`.
    value: exact, in the metric's unit (money in USD, rates and hours as fractions); None when it is
    hidden, missing, or has no denominator. hidden: `small group`, `dominance`, `secondary` or
    empty. population: people of the group, None for technical rows and missing periods.
    """

    period: str
    start: date
    end: date
    groups: Mapping[str, str]
    value: Value
    status: Status
    hidden: str = ""
    population: int | None = None


@dataclass(frozen=True, slots=True)
class Release:
    """The answer to a `Query`; whatever is shown, charted or exported is one of these.

    as_of: connection name -> last complete UTC day, for connections that feed the metric.
    data_starts: the first day read by any of them. merged: labels of small teams that stand
    together are not listed; it counts the teams inside "Other small teams" of the newest period.
    """

    metric: str
    label: str
    unit: str
    definition: str
    grain: str
    by: tuple[str, ...]
    policy: int
    as_of: Mapping[str, date | None]
    rows: tuple[Row, ...]
    sources: tuple[str, ...] = ()
    reliability: str = "high"
    data_starts: date | None = None
    merged: int = 0
    k: int = 5

    @property
    def is_empty(self) -> bool:
        """Say whether no row holds a value."""
        return all(row.value is None for row in self.rows)

    @property
    def is_all_hidden(self) -> bool:
        """Say whether every row that was read is hidden."""
        read = [row for row in self.rows if row.status != "missing"]
        return bool(read) and all(row.hidden for row in read)
