"""From a question to its answer: the rows, built from what was released and nothing else."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction

from sqlalchemy import Connection, exists, select

from claude_dash.clock import Grain, after, days, label, week_of
from claude_dash.errors import QueryError, UnknownNameError
from claude_dash.facts import tables as t
from claude_dash.metrics import groups, status
from claude_dash.metrics.define import Metric, Quotient, Sum, Term, evaluate
from claude_dash.metrics.plan import KIND, Plan, plan
from claude_dash.metrics.release import Query, Release, Row, Status, Value
from claude_dash.metrics.stored import (
    ALL,
    PRODUCT,
    Cell,
    Stored,
    elsewhere,
    known_items,
    read,
    told,
)
from claude_dash.units import MS_PER_HOUR, NANODOLLARS_PER_USD

MERGED = "small group"
HOURS = "h"
ROSTER_MEASURES = frozenset({"people", "seats"})
GROUP_MONTHS = " A month of a team or department is the ISO weeks whose Thursday lies in it."
ADDED_UP = " The total adds up the whole periods inside the range."
WEEK = timedelta(days=7)
ORGANIZATION = groups.Shown(ALL, "All", "", frozenset(), 0)

Pieces = Sequence[tuple[str, date]]  # (grain, first day) of the periods that are added up


def answer(connection: Connection, query: Query) -> Release:
    """Return the answer to a question, from stored releases.

    The policy's version and k are filled in by the door, `answers.ask`.

    Raises:
        QueryError: The question cannot or may not be answered; nothing was read.
    """
    return _Answer(connection, plan(query)).release()


def in_unit(metric: Metric, value: int | Fraction | None) -> Value:
    """Return a value in the metric's unit: exact dollars, whole counts, or a fraction."""
    if value is None:
        return None
    if metric.unit == HOURS:
        return Fraction(value) / MS_PER_HOUR
    is_money = metric.unit.startswith("USD")
    if isinstance(metric.value, Quotient):
        value = Fraction(value)
        return value / NANODOLLARS_PER_USD if is_money else value
    return Decimal(int(value)) / NANODOLLARS_PER_USD if is_money else int(value)


@dataclass(frozen=True, slots=True)
class _Period:
    """One period of the answer and the pieces whose values are added up in it."""

    name: str
    start: date
    end: date
    pieces: Pieces


class _Answer:
    """The answer to one plan, while its rows are built."""

    def __init__(self, connection: Connection, made: Plan) -> None:
        self.connection = connection
        every = status.load(connection)
        self.plan = made = _fed(made, every)
        self.terms = made.metric.terms
        self.fed = {term: _readings(every, term, made.technical) for term in self.terms}
        self.readings = every.feeding(
            name for term in self.terms for name in _names(term, made.technical)
        )
        self.names = groups.Names(connection)
        self.periods = self._periods()
        pieces = [piece for period in self.periods for piece in period.pieces]
        self.stored: Stored = read(connection, made, pieces)
        self.partitions = self._partitions(pieces)
        self.by_label = {
            piece: {one.label: one for one in rows} for piece, rows in self.partitions.items()
        }
        self.inside = {
            piece: frozenset().union(*(one.members for one in rows))
            for piece, rows in self.partitions.items()
        }
        self.lacks_roster = (
            any(term.measure in ROSTER_MEASURES for term in made.metric.terms)
            and not connection.execute(select(exists(select(t.ROSTER_ENTRY.c.id)))).scalar()
        )
        self._check_names()
        self.told = told(self.plan)

    def release(self) -> Release:
        """Return the finished answer."""
        made, metric = self.plan, self.plan.metric
        rows = tuple(row for period in self.periods for row in self._rows(period))
        by_groups_and_month = made.level != "organization" and made.grain == "month"
        return Release(
            metric=metric.name,
            label=metric.label,
            unit=metric.unit,
            definition=metric.definition
            + (GROUP_MONTHS if by_groups_and_month else "")
            + (ADDED_UP if made.grain == "total" else ""),
            grain=made.query.grain,
            by=made.query.by,
            policy=0,
            as_of=self.readings.as_of if self._is_fed() else {},
            rows=rows,
            sources=metric.sources,
            reliability=metric.reliability,
            data_starts=self.readings.first_day,
            merged=self._merged(),
        )

    def _is_fed(self) -> bool:
        """Say whether sources feed both parts of a quotient; of one alone nothing follows."""
        is_quotient = isinstance(self.plan.metric.value, Quotient)
        return not is_quotient or all(readings.found for readings in self.fed.values())

    def _periods(self) -> list[_Period]:
        made = self.plan
        if made.grain == "total":
            since, until, pieces = _whole(made)
            return [_Period(f"{since}/{until}", since, until, pieces)]
        grain: Grain = made.grain  # type: ignore[assignment]
        return [
            _Period(label(grain, start), start, after(grain, start), [(grain, start)])
            for start in made.starts
        ]

    def _partitions(self, pieces: Pieces) -> dict[tuple[str, date], tuple[groups.Shown, ...]]:
        made = self.plan
        if made.level == "organization":
            return dict.fromkeys(pieces, (ORGANIZATION,))
        found: dict[tuple[str, date], tuple[groups.Shown, ...]] = {}
        for grain in {grain for grain, _ in pieces}:
            starts = [start for one, start in pieces if one == grain]
            span = {"since": min(starts), "until": max(starts) + timedelta(days=1)}
            rows = groups.load(self.connection, self.names, grain, made.level, **span)
            above = groups.load(self.connection, self.names, grain, "department", **span)
            for start, shown in rows.items():
                keys = {one.key for one in above.get(start, ()) if one.label in (made.parent or ())}
                kept = [one for one in shown if made.parent is None or one.parent in keys]
                found[grain, start] = tuple(kept)
        return found

    def _check_names(self) -> None:
        made = self.plan
        if made.item is not None:
            known = known_items(self.connection, made)
            if made.has_kinds:
                self.plan = made = _with_kind(made, known)
            elif made.item not in known:
                raise UnknownNameError.of(made.technical, str(made.item), known)
        for level, wanted, names in (
            (made.level, made.only, self.names.of(made.level)),
            ("department", made.parent, self.names.of("department")),
        ):
            for name in wanted or ():
                if name not in names and name not in self._labels():
                    raise UnknownNameError.of(level, name, names)

    def _labels(self) -> list[str]:
        labels = {one.label for rows in self.partitions.values() for one in rows}
        return sorted(labels, key=groups.order)

    def _status(self, period: _Period) -> Status:
        metric, first = self.plan.metric, self.readings.first_day
        lookback = timedelta(days=metric.lookback_days)
        if first and lookback and period.start < first + lookback:
            return "missing"
        if self.lacks_roster:
            return "missing"
        return status.worst(
            found.status(period.start, period.end)
            for term, found in self.fed.items()
            if not self._is_left_out(term)
        )

    def _is_left_out(self, term: Term) -> bool:
        """Say whether nothing ever fed a part of a sum, so that the sum is that of the others."""
        is_sum = isinstance(self.plan.metric.value, Sum)
        return is_sum and not self.fed[term].found and any(one.found for one in self.fed.values())

    def _rows(self, period: _Period) -> Iterator[Row]:
        made = self.plan
        state = self._status(period)
        labels = self._labels_in(period) if made.only is None else list(made.only)
        for name in labels or (self._labels() if made.only is None else []):
            places = self._places(period, name)
            items: list[str] = [made.item or ""]
            if made.lists_items and made.item is None:
                items = sorted(
                    {i for place in places if place for i in self.stored.items(made, place)}
                )
                if made.kind is not None:
                    items = [item for item in items if item.startswith(f"{made.kind}:")]
            for item in items:
                yield self._row(period, name, item, places, state)

    def _labels_in(self, period: _Period) -> list[str]:
        if len(period.pieces) == 1:  # ordered already
            return list(self.by_label.get(period.pieces[0], {}))
        found = {label for piece in period.pieces for label in self.by_label.get(piece, {})}
        return sorted(found, key=groups.order)

    def _places(self, period: _Period, name: str) -> list[tuple[str, date, str] | None]:
        """Return where a row stands in each piece of a period; None where it is merged."""
        places: list[tuple[str, date, str] | None] = []
        for piece in period.pieces:
            rows = self.by_label.get(piece, {})
            if name in rows:
                places.append((*piece, rows[name].key))
            elif self._is_merged(piece, name) or (not rows and self.plan.only):
                places.append(None)
        return places

    def _is_merged(self, piece: tuple[str, date], name: str) -> bool:
        own = self.names.key_of(self.plan.level, name)
        return own is not None and own in self.inside.get(piece, ())

    def _row(
        self,
        period: _Period,
        name: str,
        item: str,
        places: Sequence[tuple[str, date, str] | None],
        state: Status,
    ) -> Row:
        made = self.plan
        shown = {made.level: name} if made.is_listed else {}
        if made.lists_items:
            shown |= _spelled(made, item)
        by = {dimension: shown[dimension] for dimension in made.query.by}
        if made.has_kinds and made.lists_items:
            by |= {KIND: shown[KIND]}
        hidden, values = MERGED if None in places else "", {}
        for term in self.terms if not hidden and state != "missing" else ():
            if self._is_left_out(term) or term not in self.told:
                values[term] = 0
                continue
            cell = self._cell(term, item, places)
            if cell is None:  # read, and not rolled up yet
                state = "missing"
                break
            values[term] = cell[0] or 0
            hidden = hidden or cell[1]
        if state == "missing":
            hidden = ""
        is_shown = state != "missing" and not hidden
        value = in_unit(made.metric, evaluate(made.metric.value, values)) if is_shown else None
        return Row(
            period=period.name,
            start=period.start,
            end=period.end,
            groups=by,
            value=value,
            status=state,
            hidden=hidden,
            population=self._population(period, name),
        )

    def _cell(
        self, term: Term, item: str, places: Sequence[tuple[str, date, str] | None]
    ) -> Cell | None:
        """Return the sum of a term over the pieces of a period; hidden when one of them is."""
        technical = self.plan.technical
        if len(places) == 1 and places[0]:
            return self.stored.cell(term, technical, item, places[0])
        found = [self.stored.cell(term, technical, item, place) for place in places if place]
        known = [cell for cell in found if cell is not None]
        if not known:
            return None
        hidden = next((why for _, why in known if why), "")
        return (None, hidden) if hidden else (sum(value or 0 for value, _ in known), "")

    def _population(self, period: _Period, name: str) -> int | None:
        found = self.by_label.get(period.pieces[-1], {}).get(name) if period.pieces else None
        return (found.population or None) if found else None

    def _merged(self) -> int:
        """Return how many small groups stand together in the newest period that has any rows."""
        for period in reversed(self.periods):
            for piece in reversed(period.pieces):
                rows = [
                    one for one in self.partitions.get(piece, ()) if one.key.startswith("other")
                ]
                if rows:
                    return sum(len(one.members) for one in rows)
        return 0


def _names(term: Term, technical: str) -> tuple[str, ...]:
    """Return under which names reports feed a term, that of other products included if asked."""
    other = elsewhere(term) if technical == PRODUCT else None
    return (*term.fed_by, *((other.measure,) if other else ()))


def _readings(every: status.Readings, term: Term, technical: str) -> status.Readings:
    return every.feeding(_names(term, technical))


def _fed(made: Plan, every: status.Readings) -> Plan:
    """Return the plan with another metric in its place where nothing feeds all of it."""
    other = made.metric.otherwise
    if other is None or all(every.feeding(term.fed_by).found for term in made.metric.terms):
        return made
    if not all(every.feeding(term.fed_by).found for term in other.terms):
        return made
    metric = replace(made.metric, value=other.value, definition=other.definition)
    return replace(made, metric=metric)


def _spelled(made: Plan, item: str) -> dict[str, str]:
    """Return a technical value by its dimension; a feature tells its kind as well."""
    if not made.has_kinds:
        return {made.technical: item}
    kind, _, name = item.partition(":")
    return {made.technical: name, KIND: kind}


def _with_kind(made: Plan, known: set[str]) -> Plan:
    """Return the plan with the kind in front of the one feature that was asked for."""
    found = sorted(
        one
        for one in known
        if one.partition(":")[2] == made.item and made.kind in {None, one.partition(":")[0]}
    )
    if not found:
        names = sorted({one.partition(":")[2] for one in known})
        raise UnknownNameError.of(made.technical, made.item or "", names)
    if len(found) > 1:
        kinds = ", ".join(one.partition(":")[0] for one in found)
        message = f"{made.item} is the name of several features: {kinds}."
        raise QueryError(message, "Restrict kind to one of them.")
    return replace(made, item=found[0])


def _whole(made: Plan) -> tuple[date, date, Pieces]:
    """Return the whole periods inside a range: weeks below the organisation, days for it.

    Where a whole week of the organisation lies inside, its own value is taken: it equals the sum
    of its days and may be shown where a single day may not.
    """
    first = week_of(made.since + timedelta(days=6))
    weeks = []
    while first + WEEK <= made.until:
        weeks.append(("week", first))
        first += WEEK
    if made.level != "organization":
        if not weeks:
            message = "There is no whole week in the range."
            raise QueryError(message, "Figures of teams and departments are added up by ISO weeks.")
        return weeks[0][1], weeks[-1][1] + WEEK, weeks
    inside = {day for _, monday in weeks for day in days(monday, monday + WEEK)}
    edges = [("day", day) for day in days(made.since, made.until) if day not in inside]
    return made.since, made.until, sorted([*weeks, *edges], key=lambda piece: piece[1])
