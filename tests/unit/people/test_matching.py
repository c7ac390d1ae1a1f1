"""Principals without an address: suggested, accepted together, or left for what they are."""

from typing import Any

import pytest
from sqlalchemy import Engine, select

from claude_dash.errors import QueryError
from claude_dash.facts import tables as t
from claude_dash.facts.batch import DayFacts
from claude_dash.facts.identity import Identified
from claude_dash.people import identities
from claude_dash.people.matching import unmatched
from claude_dash.store.registry import register_all
from tests.unit.people.test_identities import ADMIN, TODAY, W46

ROLE = "arn:aws:sts::111122223333:assumed-role"


def principal(town: Any, name: str, kind: Any = "principal", email: str = "") -> int:
    """Let a log have named a principal; return the pseudonym."""
    one = Identified(kind, f"{ROLE}/{name}", email)
    facts = DayFacts(identities={(who := one.who(town.vault.pseudonym_key)): one})
    if email:
        address = Identified("email", email)
        facts.links[who] = address.who(town.vault.pseudonym_key)
        facts.identities[facts.links[who]] = address
    with town.engine.begin() as conn:
        register_all(conn, facts, 7, W46)
    return who


def owners(engine: Engine, *whose: int) -> list[int]:
    """Return the persons of some identities."""
    with engine.connect() as conn:
        c = t.IDENTITY.c
        found = dict(conn.execute(select(c.who, c.person_id)).all())
    return [found[who] for who in whose]


def test_a_login_is_suggested_to_whoever_has_it_in_the_address(town: Any, engine: Engine) -> None:
    """One person is a suggestion; two people, a role and an unknown login are none."""
    town.file("kim@x.com,Web", "lee@x.com,Web", "lee@y.com,Pay")
    kim = principal(town, "Dev/kim")
    principal(town, "Dev/lee")
    principal(town, "Dev/nobody")
    principal(town, "kim", kind="unnamed")
    found = unmatched(engine)
    assert [(one.who, one.address) for one in found if one.address] == [(kim, "kim@x.com")]
    assert [one.is_person for one in found] == [True, True, True, False]
    assert "kim" not in repr(found)


def test_suggestions_are_accepted_together_and_leave_the_queue(town: Any, engine: Engine) -> None:
    """What they did counts as their people's, in all open weeks."""
    town.read_weeks(W46)
    town.file("kim@x.com,Web", "lee@x.com,Web")
    who = [principal(town, f"Dev/{name}") for name in ("kim", "lee")]
    town.touched()
    chosen = {one.who: one.person_id for one in unmatched(engine) if one.person_id}
    identities.map_all(engine, chosen, actor=ADMIN)
    assert owners(engine, *who) == [town.person("kim@x.com"), town.person("lee@x.com")]
    assert not unmatched(engine)
    assert town.touched() == [W46]


def test_nothing_is_mapped_when_one_of_several_is_wrong(town: Any, engine: Engine) -> None:
    """A person who is gone refuses the whole selection."""
    town.file("kim@x.com,Web")
    kim, lee = principal(town, "Dev/kim"), principal(town, "Dev/lee")
    before = owners(engine, kim, lee)
    with pytest.raises(QueryError, match="no such person"):
        identities.map_all(engine, {kim: town.person("kim@x.com"), lee: 999}, actor=ADMIN)
    assert owners(engine, kim, lee) == before


def test_several_principals_with_one_address_are_one_person(town: Any, engine: Engine) -> None:
    """In one object or in several, known from the roster or not."""
    town.file("kim@x.com,Web")
    kim = [principal(town, f"{role}/kim", email="Kim@x.com") for role in ("Dev", "Ops")]
    lee = [principal(town, f"{role}/lee", email="lee@x.com") for role in ("Dev", "Ops")]
    assert owners(engine, *kim) == [town.person("kim@x.com")] * 2
    assert owners(engine, *lee) == [town.person("lee@x.com")] * 2
    assert not unmatched(engine)
    (first, *_) = [one for one in identities.people(engine, TODAY) if one.team == "Web"]
    assert first.names[0].value == "kim@x.com"


def test_a_principal_that_is_let_go_is_a_person_again(town: Any, engine: Engine) -> None:
    """Undone, it stands for itself, and waits in the queue."""
    town.file("kim@x.com,Web")
    kim = principal(town, "Dev/kim")
    identities.map_key(engine, kim, town.person("kim@x.com"), actor=ADMIN)
    identities.unmap(engine, kim, actor=ADMIN)
    assert [one.who for one in unmatched(engine)] == [kim]
    with engine.connect() as conn:
        row = t.PERSON.c
        query = select(row.automation).where(row.id == owners(engine, kim)[0])
        assert conn.execute(query).scalar() is False
