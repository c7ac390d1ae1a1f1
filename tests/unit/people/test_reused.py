"""Renames and reused addresses: one person stays one, and two people stay two."""

from collections.abc import Callable, Mapping
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, select

from claude_dash.facts import tables as t
from claude_dash.facts.batch import DayFacts
from claude_dash.facts.identity import Identified
from claude_dash.people import identities
from claude_dash.people.moves import recent
from claude_dash.store.registry import register_all
from tests.unit.people.test_identities import ADMIN, TODAY, W46

OCTOBER, NOVEMBER, LATER = date(2026, 10, 5), date(2026, 11, 2), date(2026, 11, 16)
Days = Mapping[date, Mapping[str, str]]  # the address that each vendor's id came with
MARRIED: Days = {OCTOBER: {"u1": "old@x.com"}, NOVEMBER: {"u1": "new@x.com"},
                 LATER: {"u1": "new@x.com", "u2": "old@x.com"}}  # fmt: skip


def report(town: Any, days: Days, *, newest_first: bool, connection: int = 1) -> dict[str, int]:
    """Let reports have named vendor's ids with addresses; return the person of each id."""
    key = town.vault.pseudonym_key
    for day in sorted(days, reverse=newest_first):
        facts = DayFacts()
        for number, email in days[day].items():
            one, address = Identified("user_id", number, email), Identified("email", email)
            facts.links[one.who(key)] = address.who(key)
            facts.identities |= {one.who(key): one, address.who(key): address}
        with town.engine.begin() as conn:
            register_all(conn, facts, connection, day)
    with town.engine.connect() as conn:
        c = t.IDENTITY.c
        query = select(c.value, c.person_id).where(c.kind == "user_id")
        return dict(conn.execute(query).all())


@pytest.mark.parametrize("newest_first", [True, False])
def test_a_member_of_another_address_is_the_same_person(town: Any, newest_first: bool) -> None:  # noqa: FBT001 - a parameter
    """Whatever day is read first, the vendor's id joins both addresses."""
    days = {day: {"u1": MARRIED[day]["u1"]} for day in MARRIED}
    found = report(town, days, newest_first=newest_first)
    assert town.person("old@x.com") == town.person("new@x.com") == found["u1"]


@pytest.mark.parametrize("newest_first", [True, False])
def test_an_address_that_is_given_away_joins_nobody(town: Any, newest_first: bool) -> None:  # noqa: FBT001 - a parameter
    """The old address under another id of the vendor is another person, whatever is read first."""
    found = report(town, MARRIED, newest_first=newest_first)
    assert found["u1"] != found["u2"]
    assert town.person("new@x.com") == found["u1"]


def test_an_address_given_up_elsewhere_joins_nobody(town: Any, user: Callable[..., Any]) -> None:
    """A list of one organization says so of the reports of another."""
    town.lists([user("u1", "old@x.com")])
    town.lists([user("u1", "new@x.com")])
    found = report(town, {LATER: {"u2": "old@x.com"}}, newest_first=True, connection=2)
    assert found["u2"] != town.person("new@x.com")


@pytest.mark.parametrize("between", [True, False])
def test_a_new_member_with_an_old_address_is_somebody_else(
    town: Any,
    engine: Engine,
    user: Callable[..., Any],
    between: bool,  # noqa: FBT001 - a parameter
) -> None:
    """In the list that tells the rename or in a later one; each has a seat, name and address."""
    town.read_weeks(W46)
    town.lists([user("u1", "old@x.com", name="Kim Old")])
    one = town.person("old@x.com")
    if between:
        town.lists([user("u1", "new@x.com", name="Kim New")])
    town.touched()
    both = [user("u1", "new@x.com", name="Kim New"), user("u2", "old@x.com", name="Lee")]
    town.lists(both)
    assert town.person("new@x.com") == one != town.person("old@x.com")
    found = {p.names[0].value: (p.name, p.has_seat) for p in identities.people(engine, TODAY)}
    assert found == {"new@x.com": ("Kim New", True), "old@x.com": ("Lee", True)}
    assert town.touched() == [W46]
    assert town.audit()[-1].startswith("identity.address: person ")
    town.lists(both)
    assert town.touched() == []


def test_an_old_address_of_somebody_who_left_is_given_away(
    town: Any, user: Callable[..., Any]
) -> None:
    """It was given up before; the last address of somebody who left is still theirs."""
    town.lists([user("u1", "old@x.com"), user("u0", "x@x.com")])
    town.lists([user("u1", "new@x.com"), user("u0", "x@x.com")])
    one = town.person("new@x.com")
    town.lists([user("u0", "x@x.com")])
    town.lists([user("u2", "old@x.com"), user("u3", "new@x.com"), user("u0", "x@x.com")])
    assert town.person("old@x.com") != one
    assert town.person("new@x.com") == one


def test_an_address_of_somebody_who_left_does_not_make_them_one(
    town: Any, user: Callable[..., Any]
) -> None:
    """A member who gets it has it from now on; who left stays somebody."""
    town.lists([user("u1", "a@x.com"), user("u2", "b@x.com")])
    a, b = town.person("a@x.com"), town.person("b@x.com")
    town.lists([user("u1", "a@x.com")])
    town.lists([user("u1", "b@x.com")])
    assert town.person("b@x.com") == a
    with town.engine.connect() as conn:
        c = t.ROSTER_ENTRY.c
        entries = dict(conn.execute(select(c.vendor_user_id, c.person_id)).all())
    assert entries == {"u1": a, "u2": b}


def test_an_address_that_an_admin_gave_is_nobody_elses(town: Any, engine: Engine) -> None:
    """A second address of a person makes no new one when the vendor lists it too."""
    town.lists(["a@x.com"])
    a = town.person("a@x.com")
    town.file("b@x.com,Web")
    identities.merge(engine, town.person("b@x.com"), a, actor=ADMIN)
    town.lists(["a@x.com", "b@x.com"])
    assert town.person("b@x.com") == a
    assert len(recent(engine)) == 1
