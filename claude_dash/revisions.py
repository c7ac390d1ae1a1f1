"""The ledger: figures that were shown and are others now, and weeks whose teams keep theirs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from typing import Any

from sqlalchemy import Connection, Engine, Row, select

from claude_dash.facts import tables as t
from claude_dash.metrics import groups
from claude_dash.metrics.define import Metric, Term
from claude_dash.metrics.lookup import metrics
from claude_dash.privacy.policy import Policy
from claude_dash.units import usd

MAX_REVISIONS = 60
ORGANIZATION, ALL, AUTOMATION = "organization", "all", "automation"
_REVISION, _TOLD = t.REVISION, t.TOLD_WEEK


@dataclass(frozen=True, slots=True)
class Revised:
    """A figure before and after it was revised, in the unit of its metric.

    grain: day or week. whose: label of the department or team, empty for the
    organisation. reason: late data, teams, identity, policy or definition.
    """

    on: datetime
    metric: Metric
    grain: str
    start: date
    whose: str
    before: Decimal | int
    after: Decimal | int
    reason: str


def revisions(engine: Engine, policy: Policy) -> Sequence[Revised]:
    """Return the newest revisions, newest first; none that the policy that holds now hides."""
    c = _REVISION.c
    order = (c.at.desc(), c.start.desc(), c.level != ORGANIZATION, c.measure, c.key)
    query = select(_REVISION).where(c.k >= policy.k).order_by(*order).limit(MAX_REVISIONS)
    with engine.connect() as connection:
        rows = connection.execute(query).all()
        names = _names(connection, rows, policy)
    found = [(row, names.get((row.grain, row.start, row.level, row.key))) for row in rows]
    return [_revised(row, whose) for row, whose in found if whose is not None]


def held_weeks(engine: Engine) -> Sequence[date]:
    """Return the Mondays of the weeks whose departments and teams keep earlier figures."""
    c = _TOLD.c
    with engine.connect() as connection:
        query = select(c.week).where(c.is_held.is_(True)).order_by(c.week)
        return connection.execute(query).scalars().all()


def _names(
    connection: Connection, rows: Sequence[Row[Any]], policy: Policy
) -> Mapping[tuple[str, date, str, str], str]:
    """Return the labels of the rows' groups that are still shown on their own."""
    found, names = {}, groups.Names(connection)
    for grain, start, level in {(row.grain, row.start, row.level) for row in rows}:
        if level == ORGANIZATION:
            found[grain, start, level, ALL] = ""
            continue
        until = start + timedelta(days=1)
        shown = groups.load(connection, names, grain, level, since=start, until=until)
        for one in shown.get(start, ()):
            if one.population >= policy.k or one.key == AUTOMATION:
                found[grain, start, level, one.key] = one.label
    return found


def _revised(row: Row[Any], whose: str) -> Revised:
    found = _metric(row.measure)
    value = usd if found.unit == "USD" else int
    return Revised(
        on=row.at,
        metric=found,
        grain=row.grain,
        start=row.start,
        whose=whose,
        before=value(row.before),
        after=value(row.after),
        reason=row.reason,
    )


@cache
def _metric(measure: str) -> Metric:
    """Return the metric that is a measure and nothing else."""
    for one in metrics().values():
        match one.value:
            case Term(measure=name, item=None, people_only=False) if name == measure:
                return one
    message = f"no metric is the measure {measure}"
    raise LookupError(message)
