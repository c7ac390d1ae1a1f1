"""Half-open spans of days that carry something, and how a later word changes an earlier one."""

from bisect import bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Generic, TypeVar

V = TypeVar("V")
R = TypeVar("R")


@dataclass(frozen=True, slots=True)
class Span(Generic[V]):
    """What held from `starts` until the day before `ends`; None is an open end."""

    starts: date | None
    ends: date | None
    value: V

    def holds(self, day: date) -> bool:
        """Say whether the day lies in it."""
        return (self.starts or date.min) <= day < (self.ends or date.max)

    def overlaps(self, other: "Span[V]") -> bool:
        """Say whether some day lies in both."""
        return (self.starts or date.min) < (other.ends or date.max) and (
            other.starts or date.min
        ) < (self.ends or date.max)


def held(spans: Iterable[Span[V]], day: date) -> Span[V] | None:
    """Return the first span that holds the day."""
    return next((span for span in spans if span.holds(day)), None)


def apart(spans: Sequence[Span[V]], now: Span[V] | None) -> list[Span[V]]:
    """Return the spans without those that contradict another: what holds now goes first."""
    kept: list[Span[V]] = []
    for span in sorted(spans, key=lambda one: now is None or one.value != now.value):
        if not any(span.overlaps(other) for other in kept):
            kept.append(span)
    return sorted(kept, key=lambda one: one.starts or date.min)


def splice(stored: Sequence[Span[V]], wanted: Sequence[Span[V]], today: date) -> list[Span[V]]:
    """Return what was stored for the days before `today`, and what is wanted from then on.

    Where nothing was stored, what is wanted holds for all days: the first word is believed
    about the past, a later one is not. Spans that meet and carry the same are one.
    """
    if not stored:
        return _joined(wanted)
    past = [
        replace(span, ends=min(span.ends or date.max, today))
        for span in stored
        if (span.starts or date.min) < today
    ]
    future = [
        replace(span, starts=max(span.starts or date.min, today))
        for span in wanted
        if (span.ends or date.max) > today
    ]
    return _joined([*past, *future])


def _joined(spans: Iterable[Span[V]]) -> list[Span[V]]:
    found: list[Span[V]] = []
    for span in sorted(spans, key=lambda one: one.starts or date.min):
        if found and found[-1].value == span.value and found[-1].ends == span.starts:
            found[-1] = replace(found[-1], ends=span.ends)
        else:
            found.append(span)
    return found


@dataclass(frozen=True, slots=True)
class Steps(Generic[R]):
    """A value that changes on some days: `values[0]` before `days[0]`, `values[1]` from it on."""

    days: Sequence[date]
    values: Sequence[R]

    def on(self, day: date) -> R:
        """Return the value of a day."""
        return self.values[bisect_right(self.days, day)] if self.days else self.values[0]


def steps(spans: Iterable[Span[V]], value: Callable[[date], R]) -> Steps[R]:
    """Return `value` day by day, asked only where one of the spans begins or ends."""
    edges = {edge for span in spans for edge in (span.starts, span.ends) if edge is not None}
    days = sorted(edges)
    return Steps(days, [value(day) for day in (date.min, *days)])
