"""Numbers of people by what they used: surfaces, features and projects, in weeks and days.

People do not add up, so each period counts its own distinct people out of the facts.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from sqlalchemy import ColumnElement, Connection, or_, select

from claude_dash.facts import tables as t
from claude_dash.facts.dimensions import CLAUDE_CODE, OTHER
from claude_dash.facts.measures import FEATURE_KINDS
from claude_dash.privacy.cells import Ints
from claude_dash.privacy.policy import Policy
from claude_dash.rollup.counts import count_people
from claude_dash.rollup.crowd import INSTALLATION, Crowd
from claude_dash.rollup.feeds import IS_USED
from claude_dash.rollup.presence import Presence
from claude_dash.rollup.rows import ALL, ORGANIZATION, SMALL_GROUP, Rows

PROJECT = "project"
WEEK_DAYS = 7
_SURFACE, _FEATURE = t.SURFACE_DAY.c, t.FEATURE_DAY.c


@dataclass(frozen=True, slots=True)
class Sighting:
    """The distinct people who used something in a period; no dimension: any of it."""

    measure: str
    dimension: str
    item: str
    people: Ints

    @property
    def key(self) -> tuple[str, str, str]:
        """Return what it is about."""
        return self.measure, self.dimension, self.item


def load(connection: Connection, since: date, until: date, k: int) -> list[Sighting]:
    """Return who used what in the half-open interval; automation never is somebody.

    Names of features that fewer than k known people used stand together as `other` of their kind
    (R8): any number of installations may be one person's.
    """
    persons, named = _persons(connection)
    return [
        *_surfaces(connection, persons, since, until),
        *_features(connection, persons, since, until, k, known=named),
    ]


def _persons(connection: Connection) -> tuple[dict[int, int], set[int]]:
    """Return the person of each pseudonym, and who is known by more than installations."""
    c, automation = t.IDENTITY.c, t.PERSON.c.automation
    query = select(c.who, c.person_id, c.kind).join(t.PERSON, t.PERSON.c.id == c.person_id)
    rows = connection.execute(query.where(automation.is_(False))).all()
    named = {person for _, person, kind in rows if kind != INSTALLATION}
    return {who: person for who, person, _ in rows}, named


def _people(persons: dict[int, int], seen: set[int]) -> Ints:
    return np.array(sorted({persons[who] for who in seen if who in persons}), dtype=np.int64)


def _surfaces(
    connection: Connection, persons: dict[int, int], since: date, until: date
) -> Iterator[Sighting]:
    """Yield who wrote a message or took an action, by surface (interfaces, section 7)."""
    is_used = or_(_SURFACE.messages > 0, _SURFACE.actions > 0)
    query = select(_SURFACE.who, _SURFACE.product).distinct()
    found: dict[str, set[int]] = {}
    for who, product in connection.execute(
        query.where(_SURFACE.day >= since, _SURFACE.day < until, is_used)
    ):
        found.setdefault(product, set()).add(who)
    for product, seen in sorted(found.items()):
        if product != CLAUDE_CODE:  # whose people are told from all its counters
            yield Sighting("active", "product", product, _people(persons, seen))
    if found:
        yield Sighting("surface_users", "", "", _people(persons, set().union(*found.values())))


def _features(
    connection: Connection, persons: dict[int, int], since: date, until: date, k: int, *,
    known: set[int],
) -> Iterator[Sighting]:  # fmt: skip
    query = select(_FEATURE.who, _FEATURE.kind, _FEATURE.feature).distinct()
    is_inside: tuple[ColumnElement[bool], ...] = (_FEATURE.day >= since, _FEATURE.day < until)
    found: dict[tuple[str, str], set[int]] = {}
    for who, kind, name in connection.execute(query.where(*is_inside, IS_USED == 1)):
        found.setdefault((kind, name), set()).add(who)
    projects = {who for (kind, _), seen in found.items() if kind == PROJECT for who in seen}
    if projects:
        yield Sighting("project_users", "", "", _people(persons, projects))
    named: dict[tuple[str, str], set[int]] = {}
    kinds: dict[str, set[int]] = {}
    for (kind, name), seen in found.items():
        if kind in FEATURE_KINDS:
            is_told = len(known.intersection(_people(persons, seen).tolist())) >= k
            named.setdefault((kind, name if is_told else OTHER), set()).update(seen)
            kinds.setdefault(kind, set()).update(seen)
    for (kind, name), seen in sorted(named.items()):
        yield Sighting("feature_users", "feature", f"{kind}:{name}", _people(persons, seen))
    for kind, seen in sorted(kinds.items()):
        yield Sighting("feature_users", "kind", kind, _people(persons, seen))
    if kinds:
        yield Sighting("feature_users", "", "", _people(persons, set().union(*kinds.values())))


def with_claude_code(found: list[Sighting], active: Ints) -> list[Sighting]:
    """Return the sightings with those of Claude Code among the surfaces."""
    return [*found, Sighting("active", "product", CLAUDE_CODE, active)]


def count_week(
    connection: Connection, rows: Rows, crowd: Crowd, here: Presence, policy: Policy
) -> None:
    """Add who used what in a week and on each of its days."""
    end = crowd.monday + timedelta(days=WEEK_DAYS)
    week = load(connection, crowd.monday, end, policy.k)
    for one in with_claude_code(week, here.people):
        item = (one.dimension, one.item)
        count_people(rows, crowd, one.measure, one.people, policy, item=item)
    small = SMALL_GROUP if crowd.partition.population < 2 * policy.k else ""
    for number in range(WEEK_DAYS):
        day = crowd.monday + timedelta(days=number)
        found = load(connection, day, day + timedelta(days=1), policy.k) if week else []
        for one in with_claude_code(found, here.between(number, number)):
            rows.add(
                ORGANIZATION, ALL, one.measure, len(one.people), small,
                dimension=one.dimension, item=one.item, start=day, grain="day",
            )  # fmt: skip
