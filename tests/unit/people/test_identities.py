"""Who is who, and whose a key is."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select

from claude_dash.errors import QueryError
from claude_dash.facts import tables as t
from claude_dash.facts.batch import DayFacts
from claude_dash.facts.identity import Identified
from claude_dash.people import identities
from claude_dash.store.registry import register_all

ADMIN = "admin@x.com"
TODAY = date(2026, 11, 18)
W46 = date(2026, 11, 9)


def seen(town: Any, kind: Any, value: str) -> int:
    """Let a report have named somebody; return the pseudonym."""
    identity = Identified(kind, value)
    who = identity.who(town.vault.pseudonym_key)
    with town.engine.begin() as conn:
        register_all(conn, DayFacts(identities={who: identity}), 1, W46)
    return who


def person_of(engine: Engine, who: int) -> int:
    """Return whose an identity is."""
    with engine.connect() as conn:
        query = select(t.IDENTITY.c.person_id).where(t.IDENTITY.c.who == who)
        return conn.execute(query).scalar_one()


def test_people_are_listed_with_team_and_roster(town: Any, engine: Engine) -> None:
    """By address; whoever was only seen is on no roster; keys are not among them."""
    seen(town, "email", "seen@x.com")
    seen(town, "api_key", "ci")
    town.lists(["v@x.com"], {"Pay": ["v@x.com"]})
    town.file("a@x.com,Web,Sales,no", header="email,team,department,eligible")
    found = identities.people(engine, TODAY)
    assert [
        (one.names[0].value, one.team, one.department, one.roster, one.eligible, one.has_seat)
        for one in found
    ] == [
        ("a@x.com", "Web", "Sales", "csv", False, False),
        ("seen@x.com", "", "", "", False, False),
        ("v@x.com", "Pay", "", "", False, True),
    ]
    assert [key.value for key in identities.keys(engine)] == ["ci"]
    assert "a@x.com" not in repr(found)


def test_a_key_mapped_to_a_person_counts_as_that_person(town: Any, engine: Engine) -> None:
    """It is automation no more, and all open weeks are counted anew."""
    town.read_weeks(W46)
    town.file("a@x.com,Web")
    town.touched()
    key, person = seen(town, "api_key", "ci"), town.person("a@x.com")
    identities.map_key(engine, key, person, actor=ADMIN)
    assert person_of(engine, key) == person
    assert identities.keys(engine) == []
    assert [name.kind for name in identities.people(engine, TODAY)[0].names] == [
        "email",
        "api_key",
    ]
    assert town.touched() == [W46]
    assert town.audit()[-1] == f"identity.map: api_key → person {person}"


def test_a_mapping_can_be_undone(town: Any, engine: Engine) -> None:
    """The key is automation again, the person keeps the address."""
    town.read_weeks(W46)
    town.file("a@x.com,Web")
    key, person = seen(town, "api_key", "ci"), town.person("a@x.com")
    identities.map_key(engine, key, person, actor=ADMIN)
    town.touched()
    identities.unmap(engine, key, actor=ADMIN)
    assert [one.value for one in identities.keys(engine)] == ["ci"]
    assert town.person("a@x.com") == person
    assert town.touched() == [W46]
    with pytest.raises(QueryError, match="not mapped"):
        identities.unmap(engine, key, actor=ADMIN)


def test_a_second_address_brings_its_seat_along(town: Any, engine: Engine) -> None:
    """Two addresses of one person are one person, with the team of the first."""
    town.lists(["a@x.com", "b@x.com"], {"Pay": ["b@x.com"]})
    town.file("a@x.com,Web")
    identities.map_key(
        engine,
        Identified("email", "b@x.com").who(town.vault.pseudonym_key),
        town.person("a@x.com"),
        actor=ADMIN,
    )
    (one,) = identities.people(engine, TODAY)
    assert [name.value for name in one.names] == ["a@x.com", "b@x.com"]
    assert (one.team, one.has_seat) == ("Web", True)
    town.lists(["a@x.com", "b@x.com"], {"Pay": ["b@x.com"]})
    assert len(identities.people(engine, TODAY)) == 1


def test_what_does_not_exist_is_refused(town: Any, engine: Engine) -> None:
    """Neither an unknown identity nor a key as a person is taken."""
    town.file("a@x.com,Web")
    key, other = seen(town, "api_key", "ci"), seen(town, "api_key", "cd")
    for who, person in ((5, town.person("a@x.com")), (key, 999), (key, person_of(engine, other))):
        with pytest.raises(QueryError, match="There is no such"):
            identities.map_key(engine, who, person, actor=ADMIN)
    with pytest.raises(QueryError, match="There is no such"):
        identities.unmap(engine, 5, actor=ADMIN)


def test_a_name_shown_to_the_admin_has_no_figure_beside_it() -> None:
    """The listing carries no number but those that identities are linked by."""
    fields = identities.Listed.__dataclass_fields__
    numbers = [name for name, field in fields.items() if field.type in {int, float}]
    assert numbers == ["person_id"]


def test_erased_people_are_listed_nowhere(town: Any, engine: Engine) -> None:
    """A person without an identity left is not shown."""
    with engine.begin() as conn:
        conn.execute(insert(t.PERSON).values(automation=False, name="Gone"))
    town.file("a@x.com,Web")
    assert [one.names[0].value for one in identities.people(engine, TODAY)] == ["a@x.com"]
