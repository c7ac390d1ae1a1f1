"""Merged, split, and undone: what goes along, what stands in the way, and who may not be one."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select

from claude_dash.errors import QueryError
from claude_dash.facts import tables as t
from claude_dash.people import departures, identities
from claude_dash.people.moves import recent, undo
from claude_dash.people.suggestions import dismiss
from claude_dash.store import retention
from tests.unit.people.test_identities import ADMIN, TODAY, W46, person_of, seen

SPANS = {"first_day": date(2026, 9, 1), "last_day": date(2026, 11, 10), "activated_on": None}
OTHER = {"first_day": date(2026, 8, 1), "last_day": date(2026, 8, 2)}


def known(engine: Engine) -> dict[str, list[Any]]:
    """Return what is stored of people, without the numbers of rows."""
    tables = (t.PERSON, t.IDENTITY, t.MEMBERSHIP, t.ROSTER_ENTRY, t.PERSON_SPAN)
    with engine.connect() as conn:
        return {
            table.name: sorted(
                str({name: value for name, value in row.items() if name != "id"})
                for row in conn.execute(select(table)).mappings()
            )
            for table in tables
        }


@pytest.fixture
def two(town: Any, engine: Engine) -> tuple[int, int]:
    """Return two people with teams and spans of their own."""
    town.read_weeks(W46)
    town.lists(["a@x.com", "b@x.com"], {"Pay": ["a@x.com", "b@x.com"]})
    town.file("a@x.com,Web", "b@x.com,App")
    made = town.person("a@x.com"), town.person("b@x.com")
    with engine.begin() as conn:
        for person, span in zip(made, (SPANS, {**OTHER, "activated_on": date(2026, 8, 2)}),
                                strict=True):  # fmt: skip
            conn.execute(insert(t.PERSON_SPAN).values(person_id=person, **span))
        conn.execute(insert(t.PERSON_USE).values(person_id=made[1], first_used=W46))
    town.touched()
    return made


def test_two_people_are_one(town: Any, engine: Engine, two: tuple[int, int]) -> None:
    """With all identities and seats, the team of whom they became, and all that was ever seen."""
    a, b = two
    identities.merge(engine, b, a, actor=ADMIN)
    (one,) = identities.people(engine, TODAY)
    assert [name.value for name in one.names] == ["a@x.com", "b@x.com"]
    assert (one.person_id, one.team) == (a, "Web")
    with engine.connect() as conn:
        (span,) = conn.execute(select(t.PERSON_SPAN))
        (use,) = conn.execute(select(t.PERSON_USE))
    assert span == (a, date(2026, 8, 1), date(2026, 11, 10), date(2026, 8, 2))
    assert use == (a, W46, None, None)
    assert town.touched() == [W46]
    assert town.audit()[-1] == f"identity.merge: person {b} → person {a}"


def test_undone_all_is_as_it_was(town: Any, engine: Engine, two: tuple[int, int]) -> None:
    """Teams that had no place, spans and numbers of people included; only open weeks are marked."""
    a, b = two
    town.seal(date(2026, 11, 2))
    before = known(engine)
    identities.merge(engine, b, a, actor=ADMIN)
    (done,) = recent(engine)
    assert (done.names, done.into, done.actor) == (("b@x.com",), "a@x.com", ADMIN)
    assert "x.com" not in repr(done).replace(ADMIN, "")
    town.touched()
    undo(engine, done.id, actor=ADMIN)
    assert known(engine) == before
    assert town.touched() == [W46]
    assert town.audit()[-1] == f"identity.undo: person {b} ← person {a}"
    with pytest.raises(QueryError, match="nothing to undo"):
        undo(engine, done.id, actor=ADMIN)


def test_a_number_of_a_person_is_not_given_away(
    town: Any, engine: Engine, two: tuple[int, int]
) -> None:
    """Who became one with somebody is nobody in any list, and nobody new gets that number."""
    a, b = two
    identities.merge(engine, b, a, actor=ADMIN)
    assert person_of(engine, seen(town, "email", "new@x.com")) > b
    with pytest.raises(QueryError, match="no such person"):
        identities.merge(engine, a, b, actor=ADMIN)


def test_the_last_change_is_undone_first(town: Any, engine: Engine, two: tuple[int, int]) -> None:
    """Of a chain the middle does not come apart; what is about others does not matter."""
    town.file("a@x.com,Web", "b@x.com,App", "c@x.com,Web", "d@x.com,Web")
    a, b = two
    c, d = town.person("c@x.com"), town.person("d@x.com")
    before = known(engine)
    identities.merge(engine, b, a, actor=ADMIN)
    identities.merge(engine, a, c, actor=ADMIN)
    identities.map_key(engine, seen(town, "api_key", "ci"), d, actor=ADMIN)
    key, second, first = recent(engine)
    with pytest.raises(QueryError, match="changed again") as raised:
        undo(engine, first.id, actor=ADMIN)
    assert raised.value.hint == "Undo the later change first."
    for one in (second, first, key):
        undo(engine, one.id, actor=ADMIN)
    after = known(engine)
    assert {name: after[name] for name in ("membership", "roster_entry", "person_span")} == {
        name: before[name] for name in ("membership", "roster_entry", "person_span")
    }
    assert [key.value for key in identities.keys(engine)] == ["ci"]


def test_the_same_roster_again_does_not_stand_in_the_way(
    town: Any, engine: Engine, two: tuple[int, int]
) -> None:
    """Neither of the file nor of the vendor, whichever of the two the file names first."""
    a, b = two
    before = known(engine)
    identities.merge(engine, b, a, actor=ADMIN)
    for lines in (("b@x.com,App", "a@x.com,Web"), ("a@x.com,Web", "b@x.com,App")):
        town.file(*lines)
        town.lists(["a@x.com", "b@x.com"], {"Pay": ["a@x.com", "b@x.com"]})
        assert town.team("a@x.com", TODAY) == "Web"
    undo(engine, recent(engine)[0].id, actor=ADMIN)
    assert known(engine) == before


def test_another_word_of_a_roster_stands_in_the_way(town: Any, engine: Engine) -> None:
    """Whose team it is cannot be told any more: it is refused, with what to do instead."""
    town.file("b@x.com,App")
    key = seen(town, "email", "a@x.com")
    identities.merge(engine, town.person("b@x.com"), person_of(engine, key), actor=ADMIN)
    town.file("b@x.com,Web")
    before = known(engine)
    with pytest.raises(QueryError, match="said something else") as raised:
        undo(engine, recent(engine)[0].id, actor=ADMIN)
    assert "Split the address off" in raised.value.hint
    assert known(engine) == before


def test_a_split_can_be_undone_until_a_roster_knows_of_it(town: Any, engine: Engine) -> None:
    """An address that is split off is a person; together again, all is as it was."""
    town.file("a@x.com,Web", "b@x.com,App")
    a = town.person("a@x.com")
    identities.merge(engine, town.person("b@x.com"), a, actor=ADMIN)
    (name,) = (one for one in identities.people(engine, TODAY)[0].names if one.value == "b@x.com")
    before = known(engine)
    identities.unmap(engine, name.who, actor=ADMIN)
    assert town.person("b@x.com") != a
    undo(engine, recent(engine)[0].id, actor=ADMIN)
    assert known(engine) == before
    identities.unmap(engine, name.who, actor=ADMIN)
    town.file("b@x.com,App")
    with pytest.raises(QueryError, match="knows who was split off"):
        undo(engine, recent(engine)[0].id, actor=ADMIN)


def test_a_split_is_not_taken_back_by_the_next_list(town: Any, engine: Engine) -> None:
    """The seat follows the address that an admin split off."""
    town.lists(["a@x.com", "b@x.com"])
    a = town.person("a@x.com")
    identities.merge(engine, town.person("b@x.com"), a, actor=ADMIN)
    identities.unmap(engine, town_who(town, "b@x.com"), actor=ADMIN)
    town.lists(["a@x.com", "b@x.com"])
    assert town.person("b@x.com") != a
    assert town.standing("b@x.com", TODAY).has_seat
    assert town.standing("a@x.com", TODAY).has_seat


def town_who(town: Any, email: str) -> int:
    """Return the pseudonym of an address."""
    with town.engine.connect() as conn:
        query = select(t.IDENTITY.c.who).where(t.IDENTITY.c.value == email)
        return int(conn.execute(query).scalar_one())


def test_whoever_is_erased_takes_along_who_they_were(
    town: Any, engine: Engine, two: tuple[int, int]
) -> None:
    """Nothing is left of either: no person, no name, nothing that could be undone."""
    a, b = two
    identities.merge(engine, b, a, actor=ADMIN)
    who = [name.who for one in identities.people(engine, TODAY) for name in one.names]
    dismiss(engine, [(who[0], 7)], actor=ADMIN)
    assert retention.erase(engine, town.vault, "a@x.com")
    with engine.connect() as conn:
        for table in (t.PERSON, t.IDENTITY, t.IDENTITY_MOVE, t.DISMISSED_PAIR, t.PERSON_SPAN):
            assert not conn.execute(select(table)).all()


def test_what_could_be_undone_is_forgotten_with_its_weeks(
    town: Any, engine: Engine, two: tuple[int, int]
) -> None:
    """Once the week of a change is sealed, neither it nor who is nobody any more is kept."""
    a, b = two
    identities.merge(engine, b, a, actor=ADMIN)
    with engine.begin() as conn:
        retention.forget_old_moves(conn)
    assert recent(engine)
    town.seal(date(2026, 11, 16))
    with engine.begin() as conn:
        retention.forget_old_moves(conn)
        assert conn.execute(select(t.PERSON.c.id)).scalars().all() == [a]
    assert not recent(engine)


def test_with_a_connection_goes_whoever_became_one_of_its_people(town: Any, engine: Engine) -> None:
    """Whoever stays keeps what could be undone."""
    town.file("a@x.com,Web")
    stays, b, c = town.person("a@x.com"), *(seen(town, "email", f"{n}@x.com") for n in "bc")
    identities.merge(engine, person_of(engine, b), stays, actor=ADMIN)
    gone = person_of(engine, c)
    key = seen(town, "email", "d@x.com")
    identities.merge(engine, person_of(engine, key), gone, actor=ADMIN)
    with engine.begin() as conn:
        everybody = set(conn.execute(select(t.PERSON.c.id)).scalars())
        assert departures.forget(conn, everybody) == 1
    (done,) = recent(engine)
    undo(engine, done.id, actor=ADMIN)
    assert [one.names[0].value for one in identities.people(engine, TODAY)] == [
        "a@x.com",
        "b@x.com",
    ]
