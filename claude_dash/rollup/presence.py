"""Who was active or seen when: one row per person and week, and the span of each person."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from operator import itemgetter
from typing import Any

import numpy as np
from sqlalchemy import Connection, Row, select

from claude_dash.facts import tables as t
from claude_dash.privacy.cells import Ints
from claude_dash.rollup.draft import Difference, differing, drafted, put
from claude_dash.store.driver import as_day, fetched

ACTIVATION_DAYS = 3
ACTIVATION_WINDOW_DAYS = 14
_WEEK, _SPAN = t.PERSON_WEEK, t.PERSON_SPAN
_CHUNK = 500  # bound variables of one statement


@dataclass(frozen=True, slots=True)
class Presence:
    """Who was active in a week: a bit per day (bit 0 is Monday) and the sessions, by person.

    elsewhere: who was not, and has facts of something other than Claude Code.
    """

    people: Ints
    days: Ints
    sessions: Ints
    elsewhere: Ints

    @property
    def seen(self) -> Ints:
        """Return everybody who has any fact in the week."""
        return np.union1d(self.people, self.elsewhere)

    def between(self, first: int, last: int) -> Ints:
        """Return who was active on the weekdays `first` to `last`, both included, 0 to 6."""
        mask = ((1 << (last + 1)) - 1) & ~((1 << first) - 1)
        return self.people[(self.days & mask) > 0]


NOBODY = Presence(*(np.zeros(0, dtype=np.int64) for _ in range(4)))


def seen_otherwise(connection: Connection, monday: date, here: Presence) -> tuple[Difference, Ints]:
    """Return what differs in who was active or seen in a week, and whose days it is about."""
    query = select(_WEEK.c.person_id, _WEEK.c.days).where(_WEEK.c.week == monday, _WEEK.c.days > 0)
    before: dict[int, int] = dict(fetched(connection, query))
    now = dict(zip(here.people.tolist(), here.days.tolist(), strict=True))
    changed = {
        person for person in before.keys() | now.keys() if before.get(person) != now.get(person)
    }
    numbers = [*zip(here.people.tolist(), here.days.tolist(), here.sessions.tolist(), strict=True)]
    numbers += [(person, 0, 0) for person in here.elsewhere.tolist()]
    rows = (
        {"week": monday, "person_id": person, "days": days, "sessions": sessions}
        for person, days, sessions in numbers
    )
    found = differing(connection, _WEEK, rows, _WEEK.c.week == monday)
    return found, np.array(sorted(changed), dtype=np.int64)


def load(connection: Connection, since: date) -> dict[date, Presence]:
    """Return who was active and who was seen in each week from `since` on, as a draft has it."""
    names = ("week", "person_id", "days", "sessions")
    query = drafted(_WEEK, names, lambda c: (c.week >= since,)).order_by("week", "person_id")
    made = {}
    for week, rows in groupby(fetched(connection, query), key=itemgetter(0)):
        one = [row[1:] for row in rows]
        people, bits, counted = np.array(one, dtype=np.int64).reshape(-1, 3).T.copy()
        is_active = bits > 0
        made[as_day(week)] = Presence(
            people[is_active], bits[is_active], counted[is_active], people[~is_active]
        )
    return made


def update_spans(
    connection: Connection,
    weeks: Mapping[date, Presence],
    persons: Ints,
    oldest_open: date | None,
) -> None:
    """Bring first day, last day and activation of some people in line with their weeks.

    Args:
        connection: That of the draft.
        weeks: All that are stored, by Monday.
        persons: Whose spans may have changed.
        oldest_open: The first week that is not purged; what lies before it is kept as it was.
    """
    days = _active_days(weeks, persons)
    for chunk in np.array_split(persons, len(persons) // _CHUNK + 1):
        ids = chunk.tolist()
        inside = _SPAN.c.person_id.in_(ids)
        before = {row.person_id: row for row in connection.execute(select(_SPAN).where(inside))}
        made = [
            span
            for person in ids
            if (span := _span(person, days.get(person, []), before.get(person), oldest_open))
        ]
        put(connection, _SPAN, made, inside)


def _active_days(weeks: Mapping[date, Presence], persons: Ints) -> dict[int, list[date]]:
    """Return the active days of some people, in order."""
    found: dict[int, list[date]] = {}
    for monday in sorted(weeks):
        here, days = weeks[monday], [monday + timedelta(days=number) for number in range(7)]
        is_one = np.isin(here.people, persons)
        for person, bits in zip(
            here.people[is_one].tolist(), here.days[is_one].tolist(), strict=True
        ):
            found.setdefault(person, []).extend(day for n, day in enumerate(days) if bits >> n & 1)
    return found


def _span(
    person: int, days: list[date], before: Row[Any] | None, oldest_open: date | None
) -> dict[str, Any] | None:
    """Return the span of a person as a row, None when nothing is known of any activity."""
    if before and oldest_open and before.first_day < oldest_open:
        last = max([before.last_day, *days[-1:]])
        # The first day may lie in a week that is sealed and kept for the month it is cut by.
        activated = before.activated_on or _activation(sorted({before.first_day, *days}))
        return _row(person, before.first_day, last, activated)
    return _row(person, days[0], days[-1], _activation(days)) if days else None


def _row(person: int, first: date, last: date, activated: date | None) -> dict[str, Any]:
    return {"person_id": person, "first_day": first, "last_day": last, "activated_on": activated}


def _activation(days: list[date]) -> date | None:
    """Return the third active day when it falls within the window after the first."""
    if len(days) < ACTIVATION_DAYS:
        return None
    third = days[ACTIVATION_DAYS - 1]
    return third if (third - days[0]).days < ACTIVATION_WINDOW_DAYS else None


@dataclass(frozen=True, slots=True)
class Spans:
    """First active day, last active day and activation of everybody; ordinals, 0 for never."""

    people: Ints
    first: Ints
    last: Ints
    activated: Ints

    @classmethod
    def load(cls, connection: Connection) -> "Spans":
        """Read the spans, sorted by person, as a draft has them."""
        query = drafted(_SPAN, _SPAN.c.keys(), lambda _: ()).order_by("person_id")
        rows = connection.execute(query).all()
        numbers = [
            (
                row.person_id,
                row.first_day.toordinal(),
                row.last_day.toordinal(),
                row.activated_on.toordinal() if row.activated_on else 0,
            )
            for row in rows
        ]
        return cls(*np.array(numbers, dtype=np.int64).reshape(-1, 4).T.copy())

    def starting(self, first: date, until: date) -> Ints:
        """Return who was first active in the half-open interval."""
        since, stop = first.toordinal(), until.toordinal()
        return self.people[(self.first >= since) & (self.first < stop)]
