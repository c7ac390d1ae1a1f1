"""Numbers of people by what they used: surfaces, features and projects, in weeks and days.

People do not add up, so each period counts its own distinct people out of the facts.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Connection, or_, select

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
from claude_dash.store.driver import as_day, fetched

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


@dataclass(frozen=True, slots=True)
class Persons:
    """Who is behind pseudonyms: read once, whichever days are counted.

    of: person by pseudonym, automation left out. known: people who are known by more than
    installations.
    """

    of: Mapping[int, int]
    known: set[int]

    @classmethod
    def load(cls, connection: Connection) -> "Persons":
        """Read who they are."""
        c, automation = t.IDENTITY.c, t.PERSON.c.automation
        query = select(c.who, c.person_id, c.kind).join(t.PERSON, t.PERSON.c.id == c.person_id)
        rows = connection.execute(query.where(automation.is_(False))).all()
        known = {person for _, person, kind in rows if kind != INSTALLATION}
        return cls({who: person for who, person, _ in rows}, known)


@dataclass(frozen=True, slots=True)
class Seen:
    """Who used what on which day, as facts say it: read once, and counted for several periods.

    surfaces: by day and product; features: by day, kind and name; pseudonyms each.
    """

    surfaces: Mapping[tuple[date, str], set[int]]
    features: Mapping[tuple[date, str, str], set[int]]
    persons: Persons

    @classmethod
    def read(cls, connection: Connection, persons: Persons, since: date, until: date) -> "Seen":
        """Read the half-open interval."""
        surfaces: dict[tuple[Any, str], set[int]] = {}
        is_used = or_(_SURFACE.messages > 0, _SURFACE.actions > 0)
        query = select(_SURFACE.day, _SURFACE.product, _SURFACE.who)
        inside = (_SURFACE.day >= since, _SURFACE.day < until, is_used)
        for day, product, who in fetched(connection, query.where(*inside)):
            surfaces.setdefault((day, product), set()).add(who)
        features: dict[tuple[Any, str, str], set[int]] = {}
        named = select(_FEATURE.day, _FEATURE.kind, _FEATURE.feature, _FEATURE.who)
        between = (_FEATURE.day >= since, _FEATURE.day < until, IS_USED == 1)
        for day, kind, name, who in fetched(connection, named.where(*between)):
            features.setdefault((day, kind, name), set()).add(who)
        return cls(
            {(as_day(day), product): seen for (day, product), seen in surfaces.items()},
            {(as_day(day), kind, name): seen for (day, kind, name), seen in features.items()},
            persons,
        )

    def between(self, since: date, until: date, k: int) -> list[Sighting]:
        """Return who used what in the half-open interval; automation never is somebody.

        Names of features that fewer than k known people used stand together as `other` of their
        kind (R8): any number of installations may be one person's.
        """
        return [*self._surfaces(since, until), *self._features(since, until, k)]

    def _people(self, seen: set[int]) -> Ints:
        persons = self.persons.of
        return np.array(sorted({persons[who] for who in seen if who in persons}), dtype=np.int64)

    def on_any_surface(self, since: date, until: date) -> Ints:
        """Return who used any surface in the half-open interval."""
        days = (seen for (day, _), seen in self.surfaces.items() if since <= day < until)
        return self._people(set().union(*days))

    def _surfaces(self, since: date, until: date) -> Iterator[Sighting]:
        """Yield who wrote a message or took an action, by surface (interfaces, section 7)."""
        found: dict[str, set[int]] = {}
        for (day, product), seen in self.surfaces.items():
            if since <= day < until:
                found.setdefault(product, set()).update(seen)
        for product, seen in sorted(found.items()):
            if product != CLAUDE_CODE:  # whose people are told from all its counters
                yield Sighting("active", "product", product, self._people(seen))
        if found:
            yield Sighting("surface_users", "", "", self._people(set().union(*found.values())))

    def _features(self, since: date, until: date, k: int) -> Iterator[Sighting]:
        found: dict[tuple[str, str], set[int]] = {}
        for (day, kind, name), seen in self.features.items():
            if since <= day < until:
                found.setdefault((kind, name), set()).update(seen)
        projects = {who for (kind, _), seen in found.items() if kind == PROJECT for who in seen}
        if projects:
            yield Sighting("project_users", "", "", self._people(projects))
        named: dict[tuple[str, str], set[int]] = {}
        kinds: dict[str, set[int]] = {}
        for (kind, name), seen in found.items():
            if kind in FEATURE_KINDS:
                is_told = len(self.persons.known.intersection(self._people(seen).tolist())) >= k
                named.setdefault((kind, name if is_told else OTHER), set()).update(seen)
                kinds.setdefault(kind, set()).update(seen)
        for (kind, name), seen in sorted(named.items()):
            yield Sighting("feature_users", "feature", f"{kind}:{name}", self._people(seen))
        for kind, seen in sorted(kinds.items()):
            yield Sighting("feature_users", "kind", kind, self._people(seen))
        if kinds:
            yield Sighting("feature_users", "", "", self._people(set().union(*kinds.values())))


def with_claude_code(found: list[Sighting], active: Ints) -> list[Sighting]:
    """Return the sightings with those of Claude Code among the surfaces."""
    return [*found, Sighting("active", "product", CLAUDE_CODE, active)]


def count_week(seen: Seen, rows: Rows, crowd: Crowd, here: Presence, policy: Policy) -> None:
    """Add who used what in a week and on each of its days."""
    end = crowd.monday + timedelta(days=WEEK_DAYS)
    week = seen.between(crowd.monday, end, policy.k)
    for one in with_claude_code(week, here.people):
        item = (one.dimension, one.item)
        count_people(rows, crowd, one.measure, one.people, policy, item=item)
    small = SMALL_GROUP if crowd.partition.population < 2 * policy.k else ""
    for number in range(WEEK_DAYS):
        day = crowd.monday + timedelta(days=number)
        found = seen.between(day, day + timedelta(days=1), policy.k) if week else []
        for one in with_claude_code(found, here.between(number, number)):
            rows.add(
                ORGANIZATION, ALL, one.measure, len(one.people), small,
                dimension=one.dimension, item=one.item, start=day, grain="day",
            )  # fmt: skip
