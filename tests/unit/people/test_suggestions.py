"""Who may be one person on weak evidence: said with why, never done, and dismissed for good."""

from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import Engine, insert

from claude_dash.facts import tables as t
from claude_dash.facts.identity import Identified
from claude_dash.people import identities
from claude_dash.people.matching import unmatched
from claude_dash.people.moves import recent, undo
from claude_dash.people.suggestions import (
    NAMED_KEY,
    SAME_LOCAL_PART,
    SAME_NAME,
    SHARED_SESSION,
    dismiss,
    suggestions,
)
from tests.unit.people.test_identities import ADMIN, TODAY, W46, seen
from tests.unit.people.test_matching import principal


def said(engine: Engine) -> list[tuple[str, str, str]]:
    """Return who may be whom, and why."""
    return [(one.name, one.address, one.why) for one in suggestions(engine)]


def session(town: Any, number: int, *whose: int) -> None:
    """Let several have had one session, each seen through a connection of its own."""
    with town.engine.begin() as conn:
        conn.execute(insert(t.SENT_SESSION), [
            {"connection_id": place, "day": W46, "session": number, "who": who, "starts": 0,
             "is_active": True}
            for place, who in enumerate(whose, 1)
        ])  # fmt: skip


def test_the_same_first_part_of_two_addresses(town: Any, engine: Engine) -> None:
    """Of two people, not of three, whom nothing tells apart; nobody is merged by it."""
    town.file(*(f"{one},Web" for one in ("kim@x.com", "lee@x.com", "lee@y.com", "lee@z.com")))
    seen(town, "email", "kim@y.com")
    assert said(engine) == [("kim@y.com", "kim@x.com", SAME_LOCAL_PART)]
    assert len(identities.people(engine, TODAY)) == 5
    assert "kim" not in repr(suggestions(engine))


def test_the_same_name_in_the_list(town: Any, engine: Engine, user: Callable[..., Any]) -> None:
    """However it is spelled; with the same first part both are said."""
    town.lists([user("u1", "kim@x.com", name="Kim Example"),
                user("u2", "k@y.com", name="kim  EXAMPLE"),
                user("u3", "lee@x.com", name="Lee"), user("u4", "lee@y.com", name="Lee"),
                user("u5", "no@x.com"), user("u6", "name@x.com")])  # fmt: skip
    assert said(engine) == [
        ("k@y.com", "kim@x.com", SAME_NAME),
        ("lee@y.com", "lee@x.com", f"{SAME_LOCAL_PART}; {SAME_NAME}"),
    ]


@pytest.mark.parametrize(
    ("key", "is_told"),
    [
        ("claude_key_kim.lee_x7", True),
        ("Kim-Lee", True),
        ("kim.leeds", False),
        ("ci-runner", False),
        ("kim.lee for sam.roe", False),
        ("", False),
    ],
)
def test_a_key_that_bears_one_address(town: Any, engine: Engine, key: str, is_told: bool) -> None:  # noqa: FBT001 - a parameter
    """As whole words, and of one person alone."""
    town.file("kim.lee@x.com,Web", "sam.roe@x.com,Web", "ci@x.com,Web")
    seen(town, "api_key", key)
    assert said(engine) == ([(key, "kim.lee@x.com", NAMED_KEY)] if is_told else [])


def test_an_installation_that_shares_a_session(town: Any, engine: Engine) -> None:
    """With one address it may be hers; with two it is a machine that two use."""
    kim, lee = seen(town, "email", "kim@x.com"), seen(town, "email", "lee@x.com")
    one, shared = seen(town, "installation", "i1"), seen(town, "installation", "i2")
    session(town, 1, one, kim)
    session(town, 2, shared, kim)
    session(town, 3, shared, lee)
    session(town, 4, kim, lee)
    assert said(engine) == [("i1", "kim@x.com", SHARED_SESSION)]


def test_what_is_dismissed_does_not_come_back(
    town: Any, engine: Engine, user: Callable[..., Any]
) -> None:
    """Not on other evidence either, nor by another address of theirs; the log says who did it."""
    town.lists([user("u1", "kim@x.com"), user("u2", "kim@y.com")])
    (one,) = suggestions(engine)
    dismiss(engine, [(one.who, one.other)], actor=ADMIN)
    dismiss(engine, [(one.other, one.who)], actor=ADMIN)
    assert said(engine) == []
    persons = sorted((one.person_id, one.into_id))
    entry = f"identity.dismiss: person {persons[0]} and person {persons[1]} are not one"
    assert town.audit() == [entry] * 2
    town.lists([user("u1", "kim@x.com", name="Kim"), user("u2", "kim.two@y.com", name="Kim")])
    assert said(engine) == []


def test_a_principal_that_was_dismissed_is_suggested_to_nobody(town: Any, engine: Engine) -> None:
    """It goes on waiting among those that nobody comes to mind for."""
    town.file("kim@x.com,Web")
    who = principal(town, "Dev/kim")
    address = Identified("email", "kim@x.com").who(town.vault.pseudonym_key)
    (one,) = unmatched(engine)
    assert (one.who, one.other) == (who, address)
    dismiss(engine, [(who, address)], actor=ADMIN)
    assert [(one.address, one.person_id) for one in unmatched(engine)] == [("", None)]


def test_accepted_it_is_suggested_no_more(town: Any, engine: Engine) -> None:
    """Two people who became one are not two; undone, they may be one again."""
    town.file("kim@x.com,Web")
    seen(town, "email", "kim@y.com")
    (one,) = suggestions(engine)
    identities.accept(engine, [(one.who, one.other)], actor=ADMIN)
    assert said(engine) == []
    undo(engine, recent(engine)[0].id, actor=ADMIN)
    assert said(engine) == [("kim@y.com", "kim@x.com", SAME_LOCAL_PART)]


def test_several_are_accepted_together(town: Any, engine: Engine, user: Callable[..., Any]) -> None:
    """Who became one with another goes on to the third; a key is counted as whose it is."""
    town.lists([user("u1", "kim@x.com"), user("u2", "kim@y.com", name="Kim")])
    town.lists([user("u3", "k@z.com", name="Kim")], connection=2)
    key = seen(town, "api_key", "key of k@z.com")
    found = suggestions(engine)
    pairs = [(one.who, one.other) for one in found] + [(key, found[0].other)]
    identities.accept(engine, [*pairs, *pairs], actor=ADMIN)
    (one,) = identities.people(engine, TODAY)
    assert [name.kind for name in one.names] == ["email"] * 3 + ["api_key"]
    assert len(recent(engine)) == 3
