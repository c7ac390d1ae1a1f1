"""The stored releases that a question needs, and the cell of one term for one row."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any, Literal

from sqlalchemy import Connection, select

from claude_dash.facts import tables as t
from claude_dash.facts.dimensions import CLAUDE_CODE
from claude_dash.facts.measures import (
    ELSEWHERE_COST,
    ELSEWHERE_USAGE,
    FEATURES,
    MEASURES,
    SURFACES,
    TOKEN_TYPES,
)
from claude_dash.facts.reports import REPORTS
from claude_dash.metrics.define import Term
from claude_dash.metrics.plan import Plan

ALL = "all"  # the key of the organization's one row
ACTOR = "actor"  # the split into people and automation, for what is counted per person
_RELEASE: Any = t.RELEASE_ROW

PRODUCT = "product"
FIXED = {
    "type": tuple(TOKEN_TYPES),
    PRODUCT: (CLAUDE_CODE,),
    "source": tuple(sorted({report.kind for report in REPORTS.values()})),
}
# Measures that are about every product; those of Claude Code alone have a counterpart, if at all.
_EVERY_PRODUCT = frozenset(
    one.name for one in (*SURFACES, *FEATURES, *ELSEWHERE_USAGE, *ELSEWHERE_COST)
)

Cell = tuple[int | None, str]  # a value, and why it is hidden
Block = dict[str, Cell]  # by technical value
Place = tuple[str, date, str]  # grain, first day, key of the row


@dataclass(frozen=True, slots=True)
class Stored:
    """The releases that a plan needs: (measure, dimension) -> place -> block."""

    blocks: Mapping[tuple[str, str], Mapping[Place, Block]] = field(default_factory=dict)

    def block(self, measure: str, dimension: str, place: Place) -> Block:
        """Return the cells of one row of one period."""
        return self.blocks.get((measure, dimension), {}).get(place, {})

    def cell(self, term: Term, technical: str, item: str, place: Place) -> Cell | None:
        """Return the cell of a term for one row and technical value; None when none is stored.

        A technical value that is not stored did not occur, unless its row is hidden.
        """
        dimension, wanted = term.item or (technical, item)
        other = elsewhere(term)
        if dimension == PRODUCT and other is not None:
            if wanted == CLAUDE_CODE:
                return self.cell(term, "", "", place)
            if not other:
                return (0, "")
            term = other
        total = self.block(term.measure, "", place).get("")
        if term.people_only and place[2] == ALL and total is not None:
            actors = self.block(term.measure, ACTOR, place)
            if actors:
                return actors.get("people", (0, ""))
        if not dimension:
            return total
        found = self.block(term.measure, dimension, place).get(wanted)
        if found or total is None:
            return found
        return (None, total[1]) if total[1] else (0, "")

    def items(self, made: Plan, place: Place) -> set[str]:
        """Return the technical values that were seen in one row of one period."""
        measures = {term.measure for term in told(made)}
        found = {CLAUDE_CODE} if made.technical == PRODUCT else set()
        if found:
            others = [elsewhere(term) for term in told(made)]
            if None in others:  # a measure of every product says itself what was seen
                found = set()
            measures |= {other.measure for other in others if other}
        return found.union(
            item for one in measures for item in self.block(one, made.technical, place) if item
        )


def elsewhere(term: Term) -> Term | Literal[""] | None:
    """Return the same of other products, for what is about Claude Code alone.

    Empty: there is no such thing. None: the term is about every product itself.
    """
    if term.is_people or term.measure in _EVERY_PRODUCT:
        return None
    name = f"{term.measure}_elsewhere"
    return Term(name) if name in MEASURES else ""


def told(made: Plan) -> tuple[Term, ...]:
    """Return the terms that have values in an answer.

    By product, what is about Claude Code alone stands for the other products as well: a term of
    these would be added to itself.
    """
    terms = made.metric.terms
    if made.technical != PRODUCT:
        return terms
    twice = {other.measure for term in terms if (other := elsewhere(term))}
    return tuple(term for term in terms if term.measure not in twice)


def read(connection: Connection, made: Plan, periods: Iterable[tuple[str, date]]) -> Stored:
    """Read the releases of some periods (grain, first day) that a plan needs."""
    terms = made.metric.terms
    wanted = {(term.measure, "") for term in terms}
    wanted |= {(term.measure, ACTOR) for term in terms if term.people_only}
    wanted |= {(term.measure, term.item[0]) for term in terms if term.item}
    if made.technical:
        wanted |= {(term.measure, made.technical) for term in terms}
    if made.technical == PRODUCT:
        others = [other.measure for term in terms if (other := elsewhere(term))]
        wanted |= {(name, dimension) for name in others for dimension in ("", PRODUCT)}
    by_grain: dict[str, list[date]] = {}
    for grain, start in periods:
        by_grain.setdefault(grain, []).append(start)
    found: dict[tuple[str, str], dict[Place, Block]] = {}
    for grain, starts in by_grain.items():
        for measure, dimension in wanted:
            query = select(
                _RELEASE.c.start,
                _RELEASE.c.key,
                _RELEASE.c.item,
                _RELEASE.c.value,
                _RELEASE.c.hidden,
            ).where(
                _RELEASE.c.measure == measure,
                _RELEASE.c.grain == grain,
                _RELEASE.c.level == made.level,
                _RELEASE.c.dimension == dimension,
                _RELEASE.c.start >= min(starts),
                _RELEASE.c.start <= max(starts),
            )
            by_place = found.setdefault((measure, dimension), {})
            for start, key, item, value, hidden in connection.execute(query):
                by_place.setdefault((grain, start, key), {})[item] = (value, hidden)
    return Stored(found)


def known_items(connection: Connection, made: Plan) -> set[str]:
    """Return every technical value that was ever released of a plan's dimension, or is fixed."""
    terms = made.metric.terms
    others = [other.measure for term in terms if (other := elsewhere(term))]
    query = (
        select(_RELEASE.c.item)
        .distinct()
        .where(
            _RELEASE.c.measure.in_([*(term.measure for term in terms), *others]),
            _RELEASE.c.dimension == made.technical,
            _RELEASE.c.level == "organization",
        )
    )
    found = {item for item in connection.execute(query).scalars() if item}
    return found.union(FIXED.get(made.technical, ()))
