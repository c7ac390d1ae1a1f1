"""A metric and its algebra: totals, people, and quotients of what was released."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from fractions import Fraction
from typing import Literal

from claude_dash.facts.dimensions import PEOPLE_DIMENSIONS
from claude_dash.facts.measures import MEASURES
from claude_dash.facts.reports import feeding, kinds_feeding

ALL_GRAINS = ("day", "week", "month", "total")
PEOPLE_GRAINS = ("week", "month", "total")
Reliability = Literal["high", "medium", "low"]


class Expr:
    """An expression over released values; `/` is null on zero, `+` adds and `-` subtracts."""

    def __truediv__(self, other: "Expr") -> "Quotient":
        """Return the quotient of two expressions."""
        return Quotient(self, other)

    def __add__(self, other: "Expr") -> "Sum":
        """Return the sum of two expressions."""
        return Sum((self, other))

    def __sub__(self, other: "Expr") -> "Difference":
        """Return the difference of two expressions."""
        return Difference(self, other)

    def terms(self) -> "Iterator[Term]":
        """Yield every released measure that the expression reads."""
        raise NotImplementedError


@dataclass(frozen=True, slots=True, eq=False)  # by identity: it is looked up for every row
class Term(Expr):
    """One released measure.

    item: the technical value it is restricted to, as (dimension, value). people_only: without
    automation. is_people: a number of people, which never adds up over periods.
    """

    measure: str
    item: tuple[str, str] | None = None
    people_only: bool = False
    is_people: bool = False

    @property
    def fed_by(self) -> tuple[str, ...]:
        """Return under which names reports say that they feed it."""
        return feeding(self.measure, is_people=self.is_people)

    def terms(self) -> Iterator["Term"]:
        """Yield the term itself."""
        yield self


@dataclass(frozen=True, slots=True)
class Sum(Expr):
    """The sum of expressions."""

    parts: tuple[Expr, ...]

    def terms(self) -> Iterator[Term]:
        """Yield the terms of every part."""
        for part in self.parts:
            yield from part.terms()


@dataclass(frozen=True, slots=True)
class Difference(Expr):
    """One expression less another."""

    whole: Expr
    part: Expr

    def terms(self) -> Iterator[Term]:
        """Yield the terms of both."""
        yield from self.whole.terms()
        yield from self.part.terms()


@dataclass(frozen=True, slots=True)
class Quotient(Expr):
    """A quotient; null where the denominator is 0 or below `at_least`."""

    numerator: Expr
    denominator: Expr
    at_least: int = 1

    def terms(self) -> Iterator[Term]:
        """Yield the terms above and below the line."""
        yield from self.numerator.terms()
        yield from self.denominator.terms()


def total(measure: str, *, people_only: bool = False, **restriction: str) -> Term:
    """Return the total of a measure, restricted to at most one technical value."""
    return Term(measure, next(iter(restriction.items()), None), people_only)


def people(measure: str) -> Term:
    """Return a number of people, by the name under which the roll-up counted them."""
    return Term(measure, is_people=True)


def quotient(numerator: Expr, denominator: Expr, *, at_least: int) -> Quotient:
    """Return a quotient that is null below a smallest denominator."""
    return Quotient(numerator, denominator, at_least)


def evaluate(expr: Expr, values: Mapping[Term, int]) -> int | Fraction | None:
    """Return the exact value of an expression; None where a denominator is too small."""
    match expr:
        case Term():
            return values[expr]
        case Sum(parts):
            found = [evaluate(part, values) for part in parts]
            return None if None in found else sum(value for value in found if value is not None)
        case Difference(whole, part):
            above, below = evaluate(whole, values), evaluate(part, values)
            return None if above is None or below is None else above - below
        case Quotient(numerator, denominator, at_least):
            above, below = evaluate(numerator, values), evaluate(denominator, values)
            if above is None or below is None or below < at_least:
                return None
            return Fraction(above, below)
    message = f"unknown expression {expr!r}"
    raise TypeError(message)


@dataclass(frozen=True, slots=True)
class Metric:
    """What a number means: its name, unit, expression and one exact sentence.

    grains: the periods it is published for. levels: the people dimensions. technical: the
    technical dimensions, None to take those that every part of the expression splits by.
    lookback_days: how long before a period reading must have begun for the number to mean
    anything; earlier periods are missing. distortions: what moves it besides usage. otherwise: what
    stands for it where nothing that was read feeds it, with a definition of its own.
    """

    name: str
    label: str
    unit: str
    value: Expr
    definition: str
    grains: tuple[str, ...] = ALL_GRAINS
    levels: tuple[str, ...] = PEOPLE_DIMENSIONS
    technical: tuple[str, ...] | None = None
    lookback_days: int = 0
    reliability: Reliability = "high"
    distortions: str = ""
    otherwise: "Metric | None" = None

    @property
    def sources(self) -> tuple[str, ...]:
        """Return the kinds of connections that can feed all of it, alone or as another metric."""
        found = frozenset.intersection(*(kinds_feeding(term.fed_by) for term in self.terms))
        others = self.otherwise.sources if self.otherwise else ()
        return tuple(sorted(found.union(others)))

    @property
    def terms(self) -> tuple[Term, ...]:
        """Return the released measures it reads, each once."""
        return tuple(dict.fromkeys(self.value.terms()))

    @property
    def counts_people(self) -> bool:
        """Say whether a number of people is part of it, so that it cannot be added up."""
        return any(term.is_people for term in self.terms)

    @property
    def splits(self) -> tuple[str, ...]:
        """Return the technical dimensions by which it can be broken down, one at a time."""
        if self.technical is not None:
            return self.technical
        if any(term.is_people or term.item or term.people_only for term in self.terms):
            return ()
        first, *others = (MEASURES[term.measure].splits for term in self.terms)
        return tuple(name for name in first if all(name in other for other in others))

    @property
    def dimensions(self) -> tuple[str, ...]:
        """Return every dimension it can be asked by."""
        return (*self.levels, *self.splits)
