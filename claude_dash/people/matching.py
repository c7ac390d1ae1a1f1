"""Principals of a cloud that no address goes with: who they probably are, for the admin to say."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Engine, Row, Select, select

from claude_dash.facts import tables as t
from claude_dash.people.suggestions import dismissed, local_part

_IDENTITY = t.IDENTITY


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A principal that counts for itself: as somebody without a team, or as nobody in particular.

    value: its ARN, or what the caller called itself. is_person: else a role, a key or a service.
    person_id, address, other: who it probably is, with the address and its pseudonym; None and
    empty where nobody comes to mind.
    """

    who: int
    value: str = field(repr=False)
    is_person: bool
    person_id: int | None = None
    address: str = field(default="", repr=False)
    other: int | None = None


def unmatched(engine: Engine) -> Sequence[Unmatched]:
    """Return the principals without an address, those with a suggestion first.

    Suggested is whoever has the login as the local part of an address, if that is one person and
    nobody said that it is not.
    """
    c = _IDENTITY.c
    query: Select[Any] = select(c.who, c.person_id, c.kind, c.value)
    with engine.connect() as connection:
        rows = connection.execute(query).all()
        gone = dismissed(connection)
    named = {row.person_id for row in rows if row.kind in {"email", "user_id"}}
    by_login: dict[str, dict[int, Row[Any]]] = defaultdict(dict)
    for row in rows:
        if row.kind == "email":
            by_login[local_part(row.value)][row.person_id] = row
    found = [
        _asked(row, by_login, gone)
        for row in rows
        if row.kind in {"principal", "unnamed"} and row.person_id not in named
    ]
    return sorted(found, key=lambda one: (not one.address, not one.is_person, one.value))


def _asked(
    row: Row[Any], by_login: Mapping[str, dict[int, Row[Any]]], gone: set[frozenset[int]]
) -> Unmatched:
    is_person = row.kind == "principal"
    login = row.value.rpartition("/")[2].rpartition(":")[2]
    likely = list(by_login.get(login, {}).values()) if is_person else []
    if len(likely) != 1 or frozenset((row.person_id, likely[0].person_id)) in gone:
        return Unmatched(row.who, row.value, is_person)
    (one,) = likely
    return Unmatched(row.who, row.value, is_person, one.person_id, one.value, one.who)
