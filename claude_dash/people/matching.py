"""Principals of a cloud that no address goes with: who they probably are, for the admin to say."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field

from sqlalchemy import Engine, select

from claude_dash.facts import tables as t

_IDENTITY = t.IDENTITY


@dataclass(frozen=True, slots=True)
class Unmatched:
    """A principal that counts for itself: as somebody without a team, or as nobody in particular.

    value: its ARN, or what the caller called itself. is_person: else a role, a key or a service.
    person_id, address: who it probably is; None and empty where nobody comes to mind.
    """

    who: int
    value: str = field(repr=False)
    is_person: bool
    person_id: int | None = None
    address: str = field(default="", repr=False)


def unmatched(engine: Engine) -> Sequence[Unmatched]:
    """Return the principals without an address, those with a suggestion first.

    Suggested is whoever has the login as the local part of an address, if that is one person.
    """
    c = _IDENTITY.c
    query = select(c.who, c.person_id, c.kind, c.value)
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    named = {row.person_id for row in rows if row.kind in {"email", "user_id"}}
    by_login: dict[str, dict[int, str]] = defaultdict(dict)
    for row in rows:
        if row.kind == "email":
            by_login[row.value.partition("@")[0]][row.person_id] = row.value
    found = [
        _asked(row.who, row.value, by_login, is_person=row.kind == "principal")
        for row in rows
        if row.kind in {"principal", "unnamed"} and row.person_id not in named
    ]
    return sorted(found, key=lambda one: (not one.address, not one.is_person, one.value))


def _asked(
    who: int, value: str, by_login: dict[str, dict[int, str]], *, is_person: bool
) -> Unmatched:
    login = value.rpartition("/")[2].rpartition(":")[2]
    likely = by_login.get(login, {}) if is_person else {}
    person, address = next(iter(likely.items())) if len(likely) == 1 else (None, "")
    return Unmatched(who, value, is_person, person, address)
