"""What may explain that two sources differ: each cause is a sentence, or nothing.

A sentence tells days and records, which are nobody's, and people as `privacy.overlaps` lets it.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection, func, or_, select

from claude_dash.clock import days
from claude_dash.facts import tables as t
from claude_dash.facts.dimensions import sends_sessions
from claude_dash.facts.reports import LEFT_OUT, REPORTS
from claude_dash.metrics import status
from claude_dash.privacy import overlaps
from claude_dash.privacy.policy import Policy
from claude_dash.reconcile.sides import DAYS, MEASURES, Side
from claude_dash.rollup.feeds import COST, TYPES
from claude_dash.rollup.once import BEDROCK, CLIENTS

HOURS = 24
EVIDENT = 0.2  # of the squared difference of the days: what a shift may leave unexplained
NOTABLE = 0.05  # of the days themselves: a smaller difference needs no explanation
ADDRESS, TELEMETRY, CONSOLE, SUBSCRIPTION = "email", "telemetry", "console", "subscription"
_MODELS = (t.MODEL_USAGE_DAY, t.INVOCATION_DAY, t.CLIENT_MODEL_DAY)


@dataclass(frozen=True, slots=True)
class Case:
    """What the causes are looked for in.

    read: what was read so far. told: what may be told, by measure and source. known: people whose
    number is told, to which each cause that tells one adds.
    """

    connection: Connection
    policy: Policy
    since: date
    until: date
    read: status.Readings
    told: Mapping[str, Mapping[str, int]]
    known: list[overlaps.People]

    def lacks(self, one: Side, other: Side) -> bool:
        """Say whether one of two sides tells less of anything than the other."""
        return any(values[one.name] < values[other.name] for values in self.told.values())


Cause = Callable[[Case, Side, Side], str]


def causes(case: Case, one: Side, other: Side) -> Sequence[str]:
    """Return what speaks for two sides telling something different."""
    found = [shifted(case, one, other)]
    found += [cause(case, *of) for of in ((one, other), (other, one)) for cause in CAUSES]
    return [says for says in found if says]


def shifted(case: Case, one: Side, other: Side) -> str:
    """Say by how many hours the days of one side lie later or earlier than those of the other.

    Days that begin some hours late hold that part of the next day, if people work around the
    clock. Of what explains the difference of the days, the best is said, if it is evident.
    """
    found: list[tuple[float, int, Side, Side]] = []
    both = sorted(one.people & other.people) if case.told else []
    by_day = {side.name: _by_day(side, both) for side in (one, other)}
    for place, name in enumerate(MEASURES):
        if found or name not in case.told:
            continue
        for local, utc in ((one, other), (other, one)):
            mine, theirs = (by_day[side.name][:, place] for side in (local, utc))
            for sign in (1, -1):  # later, earlier
                left, hours = _shift(mine[::sign], theirs[::sign])
                if left <= EVIDENT:
                    found.append((left, sign * hours, local, utc))
    if not found:
        return ""
    _, hours, local, utc = min(found, key=lambda each: each[0])
    return (
        f"Days of {local.name} look shifted: they begin about {abs(hours)} hours "
        f"{'later' if hours > 0 else 'earlier'} than those of {utc.name}."
    )


def _shift(mine: NDArray[np.float64], theirs: NDArray[np.float64]) -> tuple[float, int]:
    """Return which part of the squared difference a shift leaves, and the hours; 1 for no shift."""
    gap, step = (mine - theirs)[:-1], theirs[1:] - theirs[:-1]
    most = (gap**2).sum()
    if not step.any() or most <= NOTABLE**2 * (theirs**2).sum():
        return 1, 0
    part = float(gap @ step) / float(step @ step)
    hours = round(part * HOURS)
    left = float(((gap - part * step) ** 2).sum() / most)
    return (left, hours) if 0 < hours <= HOURS else (1, 0)


def _by_day(side: Side, people: Sequence[int]) -> NDArray[np.float64]:
    """Return the totals of each day, of some people, of shape (days, measures)."""
    rows = np.isin(side.persons, people)
    made = np.zeros((DAYS, len(MEASURES)), dtype=np.float64)
    np.add.at(made, side.pairs[rows] % DAYS, side.amounts[rows])
    return made


def unread(case: Case, one: Side, _: Side) -> str:
    """Say how many days were not read whole."""
    found = [*_readings(case, one)]
    whole = [
        bool(found)
        and all((end := each.as_of) is not None and day <= end and day in each.reads
                for each in found)
        for day in _days(case)
    ]  # fmt: skip
    missing = len(whole) - sum(whole)
    if not missing:
        return ""
    newest = min((each.as_of for each in found if each.as_of), default=None)
    to = f"; its newest whole day is {newest.day} {newest:%b}" if newest else ""
    return f"{missing} of {DAYS} days of {one.name} were not read, or not whole{to}."


def revised(case: Case, one: Side, _: Side) -> str:
    """Say how many days may still be revised."""
    found = [*_readings(case, one)]
    states = [[each.state(day) for each in found] for day in _days(case)]
    number = sum("provisional" in of for of in states)
    return f"{number} of {DAYS} days of {one.name} may still be revised." if number else ""


def _days(case: Case) -> Sequence[date]:
    return list(days(case.since, case.until))


def _readings(case: Case, one: Side) -> Iterator[status.Reading]:
    """Yield what was read of the reports that feed what is compared."""
    for each in case.read.found:
        if each.name == one.name and REPORTS[each.report].measures.intersection(MEASURES):
            yield each


def without_address(case: Case, one: Side, other: Side) -> str:
    """Say how many people have no address, so that they cannot be found in the other source."""
    has_address = or_(
        t.IDENTITY.c.kind == ADDRESS, t.IDENTITY.c.value.contains("@", autoescape=True)
    )
    query = select(t.IDENTITY.c.person_id).where(has_address)
    named = set(case.connection.execute(query).scalars())
    people = one.people - other.people - named
    says = f"of {one.name} have no address and cannot be found in {other.name}"
    return _people(case, (one, other), people, says)


def too_old(case: Case, one: Side, other: Side) -> str:
    """Say how many people use clients that send no sessions."""
    if one.kind != TELEMETRY:
        return ""
    c = t.CLIENT_SETUP.c
    rows = case.connection.execute(select(c.id, c.version))
    old = {row.id for row in rows if not sends_sessions(row.version)}
    return _people(case, (one, other), _of_setups(case, one, old),
                   f"of {one.name} use clients before 2.1, which send no sessions")  # fmt: skip


def elsewhere(case: Case, one: Side, other: Side) -> str:
    """Say whose clients sent requests to where the other source does not look."""
    if one.kind not in CLIENTS or other.kind in CLIENTS:
        return ""
    c, found = t.CLIENT_SETUP.c, set()
    for row in case.connection.execute(select(c.id, c.provider, c.organization_id)):
        is_bedrock = row.provider == BEDROCK
        is_foreign = row.organization_id not in {"", other.organization_id}
        if (row.provider and not is_bedrock) if other.kind == BEDROCK else is_bedrock or is_foreign:
            found.add(row.id)
    return _people(case, (one, other), _of_setups(case, one, found),
                   f"of {one.name} sent requests to an organisation or cloud that {other.name} "
                   "does not report")  # fmt: skip


def _of_setups(case: Case, one: Side, setups: set[int]) -> set[int]:
    """Return the people whose clients stood in one of some ways."""
    found: set[int] = set()
    for table in (t.CLIENT_DAY, t.CLIENT_MODEL_DAY):
        c = table.c
        query = select(t.IDENTITY.c.person_id, c.setup).distinct()
        query = query.join(t.IDENTITY, t.IDENTITY.c.who == c.who).where(
            c.connection_id == one.number, c.day >= case.since, c.day < case.until
        )
        found |= {person for person, setup in case.connection.execute(query) if setup in setups}
    return found & one.people


def _people(case: Case, of: tuple[Side, Side], people: set[int], says: str) -> str:
    if not people:
        return ""
    everybody, k = of[0].people | of[1].people, case.policy.k
    number = overlaps.told({"": people}, everybody, k, known=tuple(case.known))[""]
    if number is not None:
        case.known.append(people)
    return f"{'Some' if number is None else f'{number:,}'} people {says}."


def unpriced(case: Case, one: Side, other: Side) -> str:
    """Say how many models have no price."""
    if COST not in one.shares(other):
        return ""
    names: set[str] = set()
    for table in _MODELS:
        c = table.c
        first, *others = (c[name] for name in TYPES)
        names.update(case.connection.execute(select(c.model).distinct().where(
            c.connection_id == one.number, c.day >= case.since, c.day < case.until,
            c.cost_estimated.is_(None), sum(others, first) > 0,
        )).scalars())  # fmt: skip
    if not names:
        return ""
    have = "model has" if len(names) == 1 else "models have"
    return (
        f"{len(names)} {have} no price in {one.name}: that cost is unknown, and not in its total."
    )


def without_subscriptions(case: Case, one: Side, other: Side) -> str:
    """Say that the Console has no rows of subscriptions, where it tells less."""
    if one.kind != CONSOLE or not case.lacks(one, other):
        return ""
    c = t.ACTIVITY_DAY.c
    query = select(func.count()).where(
        c.connection_id == one.number, c.day >= case.since, c.day < case.until,
        c.customer_type == SUBSCRIPTION,
    )  # fmt: skip
    if case.connection.execute(query).scalar():
        return ""
    return f"{one.name} has no rows of subscriptions: what people do by a seat is not in it."


def command_line(case: Case, one: Side, other: Side) -> str:
    """Say that telemetry covers the command line alone, where it tells less."""
    if one.kind != TELEMETRY or other.kind in CLIENTS or not case.lacks(one, other):
        return ""
    return f"{one.name} covers the command line alone; {other.name} also tells of other clients."


def set_aside(case: Case, one: Side, _: Side) -> str:
    """Say how many records could not be read, or do not count."""
    c = t.REJECT.c
    query = select(func.sum(c.records)).where(
        c.connection_id == one.number, c.day >= case.since, c.day < case.until
    )
    unreadable, left_out = (
        case.connection.execute(query.where(part)).scalar() or 0
        for part in (~c.report.endswith(LEFT_OUT), c.report.endswith(LEFT_OUT))
    )
    says = [f"{unreadable:,} records of {one.name} could not be read"] if unreadable else []
    says += [f"{left_out:,} records of {one.name} do not count"] if left_out else []
    return f"{'; '.join(says)}: Data trust lists the reasons." if says else ""


CAUSES: tuple[Cause, ...] = (
    unread,
    revised,
    without_address,
    too_old,
    elsewhere,
    unpriced,
    without_subscriptions,
    command_line,
    set_aside,
)
