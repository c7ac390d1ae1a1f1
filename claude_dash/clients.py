"""How the clients of the organisation stood in the last closed weeks, as numbers of its people.

Nothing here is about a group or a day: one number of people for each value, of whole weeks (R9).
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from fractions import Fraction

import numpy as np
from sqlalchemy import ColumnElement, Connection, Engine, Table, case, func, select

from claude_dash.clock import today, week_of
from claude_dash.facts import tables as t
from claude_dash.facts.dimensions import OTHER, model_family, sends_sessions
from claude_dash.prices import listed
from claude_dash.privacy import overlaps
from claude_dash.privacy.cells import Cells
from claude_dash.privacy.policy import Policy
from claude_dash.privacy.unions import overlay, reasons, stack
from claude_dash.rollup.once import CLIENTS

WEEKS = 4
FEW_EVENTS = 10
NOT_SAID = "not reported"
INSTALLATION, ADDRESS = "installation", "email"
# Decisions that a setting or a hook took, and no person (contract 6).
AUTOMATIC = ("config", "hook")
_SETUP = t.CLIENT_SETUP.c
_VALUES = {
    "Version": _SETUP.version,
    "Entry point": _SETUP.entry_point,
    "Provider": _SETUP.provider,
    "Plan": _SETUP.plan,
}


@dataclass(frozen=True, slots=True)
class Clients:
    """Numbers of people whose clients reported in some whole weeks.

    people: all of them. installations: those of whom nothing else is known; None: not told.
    without_address: those whom no address names, the installations among them; None: not told.
    values: people by what their clients were;
    a value of fewer than k stands with others, and nothing is told where that is fewer still.
    too_old: whose clients, or some of them, are of versions that send no sessions and no active
    time; None: not told. automatic: the share of decisions on edits that settings and hooks took;
    None: not told. events: how many of each were sent, in two digits; nobody's, since they are
    kept without names.
    """

    since: date
    until: date
    people: int
    installations: int | None
    without_address: int | None
    values: Mapping[str, Sequence[tuple[str, int]]]
    too_old: int | None
    automatic: Fraction | None
    events: Sequence[tuple[str, int]]


def clients(engine: Engine, policy: Policy) -> Clients | None:
    """Return how clients stood in the last closed weeks; None where fewer than k people have any.

    A person may have had several versions or plans, and counts for each.
    """
    until = week_of(today())
    since = until - timedelta(weeks=WEEKS)
    with engine.connect() as connection:
        seen = _seen(connection, since, until)
        people = {person for person, _ in seen}
        if len(people) < policy.k:
            return None
        kinds = _kinds(connection, people)
        setups = {row.id: row for row in connection.execute(select(t.CLIENT_SETUP))}
        automatic = _automatic(connection, since, until, policy)
        events = _events(connection, since, until)
    users: dict[str, dict[str, set[int]]] = {name: {} for name in _VALUES}
    for person, setup in seen:
        for name, column in _VALUES.items():
            value = getattr(setups[setup], column.name) if setup in setups else ""
            users[name].setdefault(value or NOT_SAID, set()).add(person)
    versions = users["Version"]
    too_old = set[int]().union(*(versions[one] for one in versions if not sends_sessions(one)))
    shown = tuple(together(versions, policy.k).values())
    sets = {
        "too_old": too_old,
        "installations": {person for person, of in kinds.items() if of == {INSTALLATION}},
        "without_address": {person for person, of in kinds.items() if ADDRESS not in of},
    }
    counted = overlaps.told(sets, people, policy.k, known=shown)
    return Clients(
        since=since,
        until=until,
        people=len(people),
        installations=counted["installations"],
        without_address=counted["without_address"],
        values={name: told(of, policy.k) for name, of in users.items()},
        too_old=counted["too_old"],
        automatic=automatic,
        events=events,
    )


def told(users: Mapping[str, set[int]], k: int) -> Sequence[tuple[str, int]]:
    """Return how many people have each value, by name; what fewer than k have stands together."""
    return [(value, len(people)) for value, people in together(users, k).items()]


def together(users: Mapping[str, set[int]], k: int) -> Mapping[str, set[int]]:
    """Return the people of each value, by name; what fewer than k have is one value.

    Where that is fewer than k people still, the value with the fewest joins it.
    """
    shown = dict(sorted(users.items()))
    small = [value for value, people in shown.items() if len(people) < k]
    rest = set[int]().union(*(shown.pop(value) for value in small))
    while 0 < len(rest) < k and shown:
        rest |= shown.pop(min(shown, key=lambda value: (len(shown[value]), value)))
    return {**shown, OTHER: rest} if len(rest) >= k else shown


def _seen(connection: Connection, since: date, until: date) -> set[tuple[int, int]]:
    """Return the distinct (person, setup) of what clients reported."""
    found: set[tuple[int, int]] = set()
    for table in (t.CLIENT_DAY, t.CLIENT_MODEL_DAY, t.CLIENT_TOOL_DAY):
        c = table.c
        query = select(t.IDENTITY.c.person_id, c.setup).distinct()
        query = query.join(t.IDENTITY, t.IDENTITY.c.who == c.who)
        query = query.join(t.PERSON, t.PERSON.c.id == t.IDENTITY.c.person_id)
        inside = (*_inside(connection, table, since, until), t.PERSON.c.automation.is_(False))
        found.update((person, setup) for person, setup in connection.execute(query.where(*inside)))
    return found


def _inside(
    connection: Connection, table: Table, since: date, until: date
) -> tuple[ColumnElement[bool], ...]:
    """Return what a range of the primary key is: connections that clients send to, then days."""
    c = t.CONNECTION.c
    numbers = connection.execute(select(c.id).where(c.kind.in_(CLIENTS))).scalars().all()
    return table.c.connection_id.in_(numbers), table.c.day >= since, table.c.day < until


def _kinds(connection: Connection, people: set[int]) -> dict[int, set[str]]:
    """Return how sources name each of some people."""
    found: dict[int, set[str]] = {}
    for person, kind in connection.execute(select(t.IDENTITY.c.person_id, t.IDENTITY.c.kind)):
        if person in people:
            found.setdefault(person, set()).add(kind)
    return found


def _events(connection: Connection, since: date, until: date) -> Sequence[tuple[str, int]]:
    """Return how many events of each name came; what is no more than a few is left out."""
    c = t.EVENT_DAY.c
    number = func.sum(c.number)
    query = select(c.event, number).where(*_inside(connection, t.EVENT_DAY, since, until))
    query = query.group_by(c.event).having(number >= FEW_EVENTS).order_by(number.desc(), c.event)
    return [(event, round(n, 2 - len(str(n)))) for event, n in connection.execute(query)]


def _automatic(connection: Connection, since: date, until: date, policy: Policy) -> Fraction | None:
    """Return the share that nobody decided, where both parts of it may be shown (R3, R4)."""
    c = t.CLIENT_TOOL_DAY.c
    decisions = c.suggestions_accepted + c.suggestions_rejected
    parts = [
        func.sum(case((is_part, decisions), else_=0))
        for is_part in (c.decided_by.in_(AUTOMATIC), c.decided_by.not_in((*AUTOMATIC, "")))
    ]
    query = select(*parts).join(t.IDENTITY, t.IDENTITY.c.who == c.who)
    inside = _inside(connection, t.CLIENT_TOOL_DAY, since, until)
    query = query.where(*inside).group_by(t.IDENTITY.c.person_id)
    amounts = np.array([[*row] for row in connection.execute(query)], dtype=np.int64)
    amounts = np.sort(amounts.reshape(-1, 2), axis=0)[::-1]
    x1, x2 = np.vstack([amounts, np.zeros((2, 2), dtype=np.int64)])[:2]
    made = Cells((amounts > 0).sum(axis=0), amounts.sum(axis=0), x1, x2)
    cells = stack(Cells(*(one[None] for one in (made.n, made.total, made.x1, made.x2))))
    if reasons(cells, policy).any() or reasons(overlay(cells), policy).any():
        return None
    total = int(made.total.sum())
    return Fraction(int(made.total[0]), total) if total else None


def priced_by_clients(engine: Engine) -> Sequence[str]:
    """Return the models that clients put a cost on and of which our price list has no version."""
    c = t.CLIENT_MODEL_DAY.c
    until = today() + timedelta(days=1)
    with engine.connect() as connection:
        inside = _inside(connection, t.CLIENT_MODEL_DAY, until - timedelta(weeks=WEEKS), until)
        query = select(c.model).distinct().where(*inside, c.cost_estimated > 0)
        names = connection.execute(query).scalars().all()
    known = {model_family(name) for name in listed()}
    return sorted(name for name in names if model_family(name) not in known)
