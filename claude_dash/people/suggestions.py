"""Who may be one person, on weak evidence: for an admin to say, never done by itself."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import combinations

from sqlalchemy import Connection, Engine, func, select

from claude_dash.clock import now
from claude_dash.facts import tables as t
from claude_dash.people.names import folded
from claude_dash.store.adding import insert_or
from claude_dash.store.audit import note

_IDENTITY, _PERSON, _PAIR = t.IDENTITY, t.PERSON, t.DISMISSED_PAIR
SAME_LOCAL_PART = "the first part of both addresses is the same"
SAME_NAME = "the vendor's list has the same name for both"
NAMED_KEY = "the name of the key holds the first part of the address"
SHARED_SESSION = "a session of the one was a session of the other"
MIN_LOCAL_PART = 3  # letters; shorter ones are found in any key's name


@dataclass(frozen=True, slots=True)
class Known:
    """An identity and whose it is."""

    who: int
    person_id: int
    kind: str
    value: str = field(repr=False)
    name: str = field(repr=False)
    automation: bool


Evidence = tuple[Known, Known, str]


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Two who may be one: `person_id`, known as `name`, may be `into_id`, known as `address`.

    who, other: the identities that it is about. why: the evidence, in words.
    """

    person_id: int
    into_id: int
    who: int
    other: int
    is_key: bool
    why: str
    name: str = field(repr=False)
    address: str = field(repr=False)


def suggestions(engine: Engine) -> list[Suggestion]:
    """Return who may be one person, by address; what was dismissed is left out for good."""
    c = _IDENTITY.c
    query = select(c.who, c.person_id, c.kind, c.value, _PERSON.c.name, _PERSON.c.automation)
    with engine.connect() as connection:
        named = query.join(_PERSON, _PERSON.c.id == c.person_id)
        rows = [Known(*row) for row in connection.execute(named)]
        gone = dismissed(connection)
        sessions = _sessions(connection)
    emails = sorted((row for row in rows if row.kind == "email"), key=lambda row: row.value)
    found: dict[frozenset[int], Suggestion] = {}
    for one, other, why in (
        *_same_local_part(emails),
        *_same_name(emails),
        *_named_keys(emails, (row for row in rows if row.kind == "api_key" and row.automation)),
        *_shared_sessions({row.who: row for row in rows}, sessions),
    ):
        pair = frozenset((one.person_id, other.person_id))
        if pair in gone:
            continue
        known = found.get(pair)
        found[pair] = Suggestion(
            person_id=known.person_id if known else one.person_id,
            into_id=known.into_id if known else other.person_id,
            who=known.who if known else one.who,
            other=known.other if known else other.who,
            is_key=one.automation,
            why=f"{known.why}; {why}" if known and why not in known.why else why,
            name=known.name if known else one.value,
            address=known.address if known else other.value,
        )
    return sorted(found.values(), key=lambda one: (one.is_key, one.address, one.name))


def dismiss(engine: Engine, pairs: Iterable[tuple[int, int]], *, actor: str) -> None:
    """Let the people of some pairs of identities never be suggested as one again."""
    with engine.begin() as connection:
        for pair in pairs:
            one, other = sorted(pair)
            made = insert_or(connection, _PAIR).values(one=one, other=other, at=now())
            connection.execute(made.on_conflict_do_nothing())
            persons = " and ".join(f"person {number}" for number in _persons(connection, pair))
            note(connection, actor, "identity.dismiss", f"{persons} are not one")


def dismissed(connection: Connection) -> set[frozenset[int]]:
    """Return the pairs of people who were said to be two, as they are known now."""
    persons = dict(connection.execute(select(_IDENTITY.c.who, _IDENTITY.c.person_id)).all())
    pairs = connection.execute(select(_PAIR.c.one, _PAIR.c.other)).all()
    return {
        frozenset((persons[one], persons[other]))
        for one, other in pairs
        if one in persons and other in persons
    }


def _persons(connection: Connection, who: Iterable[int]) -> list[int]:
    query = select(_IDENTITY.c.person_id).where(_IDENTITY.c.who.in_(list(who)))
    return sorted(connection.execute(query).scalars())


def local_part(address: str) -> str:
    """Return what stands before the @."""
    return address.partition("@")[0]


def _pairs(groups: Mapping[str, list[Known]], why: str) -> Iterator[Evidence]:
    """Yield two people who have something in common that nobody else has."""
    for rows in groups.values():
        first = {row.person_id: row for row in reversed(rows)}
        if len(first) == len(("one", "other")):
            into, one = sorted(first.values(), key=lambda row: row.person_id)
            yield one, into, why


def _same_local_part(emails: Iterable[Known]) -> Iterator[Evidence]:
    groups = defaultdict(list)
    for row in emails:
        groups[local_part(row.value)].append(row)
    yield from _pairs(groups, SAME_LOCAL_PART)


def _same_name(emails: Iterable[Known]) -> Iterator[Evidence]:
    groups = defaultdict(list)
    for row in emails:
        if row.name:
            groups[folded(row.name)].append(row)
    yield from _pairs(groups, SAME_NAME)


def _words(text: str) -> list[str]:
    return re.findall(r"[a-z0-9]+", text.casefold())


def _named_keys(emails: Iterable[Known], keys: Iterable[Known]) -> Iterator[Evidence]:
    """Yield keys that bear the first part of one person's address, and of nobody else's."""
    parts: dict[tuple[str, ...], list[Known]] = defaultdict(list)
    for row in emails:
        if len(local_part(row.value)) >= MIN_LOCAL_PART:
            parts[tuple(_words(local_part(row.value)))].append(row)
    for key in keys:
        words = _words(key.value)
        spans = combinations(range(len(words) + 1), 2)
        found = [row for first, end in spans for row in parts.get(tuple(words[first:end]), ())]
        if len({row.person_id for row in found}) == 1:
            yield key, found[0], NAMED_KEY


def _sessions(connection: Connection) -> dict[int, set[int]]:
    """Return who had the sessions that more than one had."""
    c, found = t.SENT_SESSION.c, defaultdict[int, set[int]](set)
    several = select(c.session).group_by(c.session).having(func.count(c.who.distinct()) > 1)
    query = select(c.session, c.who).where(c.session.in_(several)).distinct()
    for session, who in connection.execute(query):
        found[session].add(who)
    return found


def _shared_sessions(
    rows: Mapping[int, Known], sessions: Mapping[int, set[int]]
) -> Iterator[Evidence]:
    """Yield whoever is known without an address and shares sessions with one address alone."""
    addressed = {row.person_id for row in rows.values() if row.kind == "email"}
    shared: dict[int, dict[int, Known]] = defaultdict(dict)
    for of in sessions.values():
        known = [rows[who] for who in of if who in rows]
        for one in known:
            if one.person_id not in addressed:
                shared[one.who] |= {row.person_id: row for row in known if row.kind == "email"}
    for who, others in shared.items():
        if len(others) == 1:
            (other,) = others.values()
            yield rows[who], other, SHARED_SESSION
