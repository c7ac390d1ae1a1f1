"""A question made definite: which metric, level, technical dimension and periods, or a refusal."""

from dataclasses import dataclass
from datetime import date, timedelta

from claude_dash.clock import ONE_DAY, Grain, after, start_of, starts, today
from claude_dash.errors import QueryError, RefusedError, UnknownNameError
from claude_dash.facts.dimensions import (
    ORGANIZATION_DIMENSIONS,
    PEOPLE_DIMENSIONS,
    TECHNICAL_DIMENSIONS,
)
from claude_dash.metrics.define import Metric
from claude_dash.metrics.lookup import metric
from claude_dash.metrics.release import Query

DEFAULT_WEEKS = 12
FEATURE, KIND = "feature", "kind"
KNOWN = (*PEOPLE_DIMENSIONS, *TECHNICAL_DIMENSIONS, *ORGANIZATION_DIMENSIONS)


@dataclass(frozen=True, slots=True)
class Plan:
    """What is read to answer a question.

    level: organization, department or team. technical: the technical dimension, if any.
    only: wanted labels of the level, None for all; item: the one technical value, None for all.
    parent: wanted labels of departments above teams, None for all. kind: the one kind of features,
    None for all. starts: first days of the
    periods. since, until: half-open days of the question, widened to periods.
    """

    metric: Metric
    query: Query
    grain: str
    level: str
    technical: str
    only: tuple[str, ...] | None
    parent: tuple[str, ...] | None
    item: str | None
    kind: str | None
    starts: tuple[date, ...]
    since: date
    until: date

    @property
    def has_kinds(self) -> bool:
        """Say whether the technical values are features, each with its kind in front."""
        return self.technical == FEATURE

    @property
    def is_listed(self) -> bool:
        """Say whether the groups of the level are told apart in the answer."""
        return self.level in self.query.by

    @property
    def lists_items(self) -> bool:
        """Say whether the technical values are told apart in the answer."""
        return self.technical in self.query.by or (self.has_kinds and KIND in self.query.by)


def _refuse(found: Metric, dimension: str) -> None:
    if dimension not in KNOWN:
        what = "dimension"
        raise UnknownNameError.of(what, dimension, found.dimensions)
    published = ", ".join(found.dimensions) or "none"
    message = f"{found.name} is not published by {dimension}."
    raise RefusedError(message, f"Published breakdowns: {published}.")


def _interval(query: Query) -> tuple[date, date]:
    until = query.until or today() + ONE_DAY
    since = query.since or until - timedelta(weeks=DEFAULT_WEEKS)
    if since >= until:
        message = f"The range from {since} to {until} is empty."
        raise QueryError(message, "The end is exclusive: choose an end after the start.")
    return since, until


def _one_period(since: date, until: date) -> str:
    """Return the grain of which the interval is exactly one period, else nothing."""
    if since == start_of("week", since) and until == after("week", since):
        return "week"
    if since == start_of("month", since) and until == after("month", since):
        return "month"
    return ""


def _dimensions(found: Metric, query: Query) -> tuple[str, str]:
    """Return the people dimension and the technical one, each empty when not asked."""
    asked = list(dict.fromkeys([*query.by, *query.where]))
    for dimension in asked:
        if dimension not in found.dimensions:
            _refuse(found, dimension)
    technical = [name for name in asked if name not in PEOPLE_DIMENSIONS]
    if FEATURE in technical:  # a feature comes with its kind (R8)
        technical = [name for name in technical if name != KIND]
    people = [name for name in asked if name in PEOPLE_DIMENSIONS]
    if len(technical) > 1:
        message = f"Only one of {', '.join(technical)} can be asked at a time."
        raise RefusedError(message, "Technical dimensions are published one at a time.")
    if set(PEOPLE_DIMENSIONS) <= set(query.by):
        message = "Ask by team or by department, not by both."
        raise RefusedError(message, "Restrict teams to a department with where.")
    if people and query.grain == "day":
        message = "Daily figures exist for the organisation only."
        raise RefusedError(message, "Ask by week or month.")
    level = "team" if "team" in people else people[0] if people else "organization"
    return level, technical[0] if technical else ""


def plan(query: Query) -> Plan:
    """Return what has to be read to answer a question.

    Raises:
        UnknownNameError: A metric or dimension is not known.
        RefusedError: The breakdown, grain or combination is not published.
        QueryError: The range is empty.
    """
    found = metric(query.metric)
    since, until = _interval(query)
    grain: str = query.grain
    if grain == "total" and found.counts_people:
        grain = _one_period(since, until)
        if not grain:
            message = f"{found.label} counts people, who do not add up over periods."
            raise RefusedError(message, "Ask for one week or one month, or by week or month.")
    if grain not in found.grains:
        message = f"{found.name} is not published by {grain}."
        raise RefusedError(message, f"Published: {', '.join(found.grains)}.")
    level, technical = _dimensions(found, query)
    if level == "organization" and len(query.where.get(technical, ())) > 1:
        message = f"Restrict {technical} to one value."
        raise QueryError(message, f"Or ask by {technical}.")
    only = query.where.get(level)
    if only and len(only) > 1 and level not in query.by:
        message = f"Several values of {level} cannot be added up."
        raise QueryError(message, f"Ask by {level}.")
    periods: tuple[date, ...] = ()
    if grain != "total":
        whole: Grain = grain  # type: ignore[assignment] # of the metric's grains but `total`
        periods = tuple(starts(whole, since, until))
        since, until = periods[0], after(whole, periods[-1])
    items = query.where.get(technical, ())
    return Plan(
        metric=found,
        query=query,
        grain=grain,
        level=level,
        technical=technical,
        only=only,
        parent=query.where.get("department") if level == "team" else None,
        item=items[0] if items else None,
        kind=next(iter(query.where.get(KIND, ())), None) if technical == FEATURE else None,
        starts=periods,
        since=since,
        until=until,
    )
