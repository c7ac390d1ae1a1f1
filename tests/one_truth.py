"""What counts of what several sources tell, row by row in plain Python: the rule of B1.

Nothing of the program is used here, so that it cannot be wrong in the same way.
"""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date, timedelta

from tests.one_organization import (
    ACTIVITY,
    BEDROCK,
    BILLED,
    CONSOLE,
    COST,
    ENTERPRISE,
    HOOKS,
    KEYS,
    REQUESTS,
    SESSIONS,
    SUGGESTIONS,
    TELEMETRY,
    TOKENS,
    Told,
    World,
)

RANK = (ENTERPRISE, CONSOLE, BEDROCK, TELEMETRY, SESSIONS, HOOKS)
SENT = (TELEMETRY, SESSIONS, HOOKS)
# What one source tells together, so that its parts are never of two sources.
TOGETHER = (*((name,) for name in ACTIVITY), SUGGESTIONS, TOKENS, (COST,), (BILLED,), (REQUESTS,))
UNASSIGNED, NO_DEPARTMENT, AUTOMATION = "Unassigned", "No department", "Automation"
GRAINS = ("day", "week", "month")
Place = tuple[str, date, str, str]  # grain and first day, dimension and group: empty for everybody
Figures = dict[Place, Counter[str]]


def counted(told: Iterable[Told], rank: Sequence[str] = RANK) -> Iterator[tuple[Told, str, int]]:
    """Yield what counts: row, measure and number."""
    days: defaultdict[tuple[str, date], list[Told]] = defaultdict(list)
    for one in told:
        days[one.who, one.day].append(one)
    for rows in days.values():
        for one in rows:
            if one.source == HOOKS and any(other.source != HOOKS for other in rows):
                continue
            better = [other for other in rows if rank.index(other.source) < rank.index(one.source)
                      and is_the_same_use(one, other)]  # fmt: skip
            for names in TOGETHER:
                if not any(name in other.amounts for other in better for name in names):
                    yield from ((one, name, one.amounts[name]) for name in names
                                if name in one.amounts)  # fmt: skip


def is_the_same_use(one: Told, other: Told) -> bool:
    """Say whether rows of two sources, of one person and day, may be about the same use."""
    sent = [row for row in (one, other) if row.source in SENT]
    is_seat = one.is_seat or other.is_seat
    if len(sent) == 2:
        return True
    if not sent:  # two vendors' organizations, but for what the Console tells of seats
        return is_seat and {one.source, other.source} == {CONSOLE, ENTERPRISE}
    (client,) = sent
    report = other if client is one else one
    if report.source == BEDROCK:
        return client.provider == BEDROCK or (client.provider, client.organization) == ("", "")
    if client.provider == BEDROCK:
        return False
    return is_seat or client.organization in {"", report.organization}


def start_of(grain: str, day: date) -> date:
    """Return the first day of the day, ISO week or calendar month in which a day lies."""
    if grain == "week":
        return day - timedelta(days=day.weekday())
    return day.replace(day=1) if grain == "month" else day


def figures(world: World, sources: Collection[str] = RANK, rank: Sequence[str] = RANK) -> Figures:
    """Return every figure, as some sources tell it."""
    told = [one for one in world.told if one.source in sources]
    found: Figures = defaultdict(Counter)
    for row, name, number in counted(told, rank):
        for place in places(world, row):
            found[place][name] += number
    active = {(place, row.who) for row in told if row.who not in KEYS and any(row.amounts.values())
              for place in places(world, row)}  # fmt: skip
    for place, _ in active:
        found[place]["active"] += 1
    return found


def places(world: World, row: Told) -> Iterator[Place]:
    """Yield the periods and groups in which a row counts: of groups weeks alone."""
    yield from ((grain, start_of(grain, row.day), "", "") for grain in GRAINS)
    monday, team = start_of("week", row.day), world.teams.get(row.who, "")
    nobodys = AUTOMATION if row.who in KEYS else ""
    yield "week", monday, "team", team or nobodys or UNASSIGNED
    yield "week", monday, "department", world.departments.get(team, nobodys or NO_DEPARTMENT)


def of_others(true: Figures, listed: Collection[Place], place: Place) -> Counter[str]:
    """Return the figures of the groups that have no row of their own, since they are small."""
    return sum(
        (of for other, of in true.items() if other[:3] == place[:3] and other not in listed),
        Counter[str](),
    )
