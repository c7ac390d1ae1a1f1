"""Which eligible people sources know: by each kind of source, by several, and by none.

Nothing here is about a group or a day: numbers of people of the organisation, of whole weeks (R9).
What is told of teams is `coverage_rate`, a metric like any other.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

import numpy as np
from sqlalchemy import Connection, Engine, func, or_, select

from claude_dash.clock import thursday_of, today, week_of
from claude_dash.facts import tables as t
from claude_dash.people.standing import VENDOR, Standings
from claude_dash.privacy.overlaps import told
from claude_dash.privacy.policy import Policy
from claude_dash.rollup.codes import Codes
from claude_dash.rollup.habits import VISIBLE_WEEKS
from claude_dash.rollup.once import BEDROCK, ORDER

WEEK = timedelta(days=7)
SEVERAL = "several"
FEW_CALLS, MOST, HALF = 10, 0.9, 0.5  # as in the sample that a check of a bucket takes
Grade = Literal["", "people", "roles", "one role"]


@dataclass(frozen=True, slots=True)
class Coverage:
    """Numbers of eligible people in some whole weeks.

    eligible: on the roster and in scope on the last Thursday. visible: of them, whom any source
    knows. sources: by kind, whom it knows; several: whom more than one does; None: not told, since
    few people would follow by subtraction. names: what calls on Amazon Bedrock are made as.
    has_roster: whether a roster file was imported; else the vendor's own list is the roster.
    """

    since: date
    until: date
    eligible: int
    visible: int
    sources: Sequence[tuple[str, int | None]]
    several: int | None
    names: Grade
    has_roster: bool

    @property
    def none(self) -> int:
        """Return whom no source knows."""
        return self.eligible - self.visible


def coverage(engine: Engine, policy: Policy) -> Coverage | None:
    """Return who was visible in the last closed weeks; None below k eligible people.

    A source knows whom it lists as a member on the last Thursday, and of whom it has any fact.
    """
    until = week_of(today())
    since, thursday = until - VISIBLE_WEEKS * WEEK, thursday_of(until - WEEK)
    with engine.connect() as connection:
        standings = Standings.load(connection)
        eligible = {
            person
            for person, one in standings.on(thursday).items()
            if one.on_roster and one.eligible
        }
        if len(eligible) < policy.k:
            return None
        known: dict[str, set[int]] = {}
        for kind, people in _known(connection, since, until, thursday):
            known.setdefault(kind, set()).update(people & eligible)
        names = _names(connection, since, until)
    visible = set[int]().union(*known.values())
    several = {p for p in visible if sum(p in people for people in known.values()) > 1}
    sets = {kind: known[kind] for kind in ORDER if kind in known}
    found = told({**sets, SEVERAL: several}, eligible, policy.k, known=(visible,))
    return Coverage(
        since=since,
        until=until,
        eligible=len(eligible),
        visible=len(visible),
        sources=[(kind, found[kind]) for kind in sets],
        several=found[SEVERAL],
        names=names,
        has_roster=bool(standings.csv),
    )


def _known(
    connection: Connection, since: date, until: date, thursday: date
) -> Iterator[tuple[str, set[int]]]:
    """Yield kinds of sources with people that one of them lists, or has a fact of."""
    codes, c = Codes(connection), t.ROSTER_ENTRY.c
    listed = select(c.connection_id, c.person_id).where(
        c.origin == VENDOR,
        or_(c.starts.is_(None), c.starts <= thursday),
        or_(c.ends.is_(None), c.ends > thursday),
    )
    members: dict[int, set[int]] = {}
    for number, person in connection.execute(listed):
        members.setdefault(number, set()).add(person)
    for number in {*members, *codes.numbers}:
        yield codes.describe(number, "source"), members.get(number, set())
    for number in codes.numbers:
        for table in t.FACT_TABLES:
            who = table.c.who
            inside = (table.c.connection_id == number, table.c.day >= since, table.c.day < until)
            found = connection.execute(select(who).distinct().where(*inside)).scalars().all()
            people = codes.persons(np.array(found, dtype=np.int64)).tolist()
            yield codes.describe(number, "source"), set(people)


def _names(connection: Connection, since: date, until: date) -> Grade:
    """Say whether calls on Amazon Bedrock name people; empty when too few were seen."""
    c, person = t.INVOCATION_DAY.c, t.PERSON.c
    query = select(person.automation, func.sum(c.requests))
    query = query.join(t.IDENTITY, t.IDENTITY.c.who == c.who)
    query = query.join(t.PERSON, person.id == t.IDENTITY.c.person_id)
    buckets = select(t.CONNECTION.c.id).where(t.CONNECTION.c.kind == BEDROCK)
    query = query.where(c.connection_id.in_(buckets), c.day >= since, c.day < until)
    rows = connection.execute(query.group_by(person.id, person.automation)).all()
    calls: Mapping[bool, list[int]] = {
        is_key: [int(number) for of_key, number in rows if bool(of_key) is is_key]
        for is_key in (False, True)
    }
    whole = sum(map(sum, calls.values()))
    if whole < FEW_CALLS:
        return ""
    if sum(calls[False]) >= MOST * whole:
        return "people"
    return "one role" if max(calls[True]) >= HALF * whole else "roles"
