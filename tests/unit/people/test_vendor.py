"""What is kept of a vendor's lists, read again and again."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from types import SimpleNamespace
from typing import Any

from sqlalchemy import insert, select

from claude_dash.facts import tables as t
from claude_dash.facts.identity import Identified
from claude_dash.people import teams as kept

W46, W47 = date(2026, 11, 9), date(2026, 11, 16)
OLD = date(2026, 3, 5)
TABLES = (t.PERSON, t.IDENTITY, t.TEAM, t.MEMBERSHIP, t.ROSTER_ENTRY, t.INVITE, t.TOUCHED_WEEK)


def everything(engine: Any) -> dict[str, list[Any]]:
    """Return all that is stored of people."""
    with engine.connect() as conn:
        return {table.name: sorted(map(repr, conn.execute(select(table)))) for table in TABLES}


def test_the_same_lists_again_change_nothing(
    town: Any, engine: Any, user: Callable[..., Any], days: Callable[[int], date]
) -> None:
    """On another day too: no row is written and no week marked."""
    town.read_weeks(W46, W47)
    invite = SimpleNamespace(
        id="i", status="pending", invited_at=datetime(2026, 11, 10, tzinfo=UTC)
    )
    invite.expires_at = invite.accepted_at = None
    users = [user("u1", "a@x.com", added="2026-03-04", name="Ann"), user("u2", "b@x.com")]
    spaces = {"Pay": ["u1"], "Default": ["u1", "u2"]}
    lists = {"default_workspace": "w-Default", "invites": [invite]}
    town.lists(users, spaces, **lists)
    assert town.touched() == [W46, W47]
    before = everything(engine)
    for number in (0, 9):
        town.today = days(number)
        town.lists(users, spaces, **lists)
        assert everything(engine) == before


def test_removed_members_are_kept_with_the_day_they_were_missed(town: Any) -> None:
    """Closed weeks keep their seat, roster and team; from today on they have none."""
    town.read_weeks(W46, W47)
    town.lists(["a@x.com", "b@x.com"], {"Pay": ["a@x.com", "b@x.com"]})
    town.touched()
    town.lists(["b@x.com"], {"Pay": ["b@x.com"]})
    before = town.standing("a@x.com", date(2026, 11, 12))
    assert (before.has_seat, before.on_roster) == (True, True)
    assert town.team("a@x.com", date(2026, 11, 12)) == "Pay"
    assert town.standing("a@x.com", town.today) is None
    assert town.touched() == [W47]


def test_somebody_who_comes_back_has_a_seat_again(
    town: Any, user: Callable[..., Any], days: Callable[[int], date]
) -> None:
    """The time between is not filled."""
    town.lists([user("u1", "a@x.com", added="2026-03-04"), "b@x.com"])
    town.lists(["b@x.com"])
    town.today = days(14)
    town.lists([user("u9", "a@x.com", added="2026-12-01"), "b@x.com"])
    seats = [
        one is not None and one.has_seat
        for day in (days(-1), days(1), date(2026, 12, 1))
        for one in (town.standing("a@x.com", day),)
    ]
    assert seats == [True, False, True]


def test_a_new_address_of_a_member_is_the_same_person(town: Any, engine: Any) -> None:
    """Facts under either address are hers, and the weeks are counted anew."""
    town.read_weeks(W46)
    member = "u1"
    town.lists([SimpleNamespace(id=member, email="a@x.com", name="A", role="", added_at=None)])
    person = town.person("a@x.com")
    with engine.begin() as conn:  # usage came in under the new address before the list was read
        who = Identified("email", "new@x.com").who(town.vault.pseudonym_key)
        conn.execute(insert(t.PERSON).values(id=77, automation=False, name=""))
        row = {"who": who, "person_id": 77, "kind": "email", "value": "new@x.com"}
        conn.execute(insert(t.IDENTITY), {**row, "first_seen": date(2026, 11, 10)})
        span = {"person_id": 77, "first_day": date(2026, 11, 10), "last_day": date(2026, 11, 12)}
        conn.execute(insert(t.PERSON_SPAN), {**span, "activated_on": date(2026, 11, 12)})
        span = {"person_id": person, "first_day": OLD, "last_day": OLD, "activated_on": None}
        conn.execute(insert(t.PERSON_SPAN), span)
    town.touched()
    town.lists([SimpleNamespace(id=member, email="New@X.com", name="A", role="", added_at=None)])
    assert town.person("new@x.com") == town.person("a@x.com") == person
    assert town.touched() == [W46]
    with engine.connect() as conn:
        assert set(conn.execute(select(t.IDENTITY.c.person_id)).scalars()) == {person}
        (span,) = conn.execute(select(t.PERSON_SPAN))
        assert span == (person, OLD, date(2026, 11, 12), date(2026, 11, 12))


def test_members_who_swap_addresses_stay_two(town: Any, user: Callable[..., Any]) -> None:
    """Each member keeps team and seat, and each address has its new owner."""
    town.lists([user("u1", "a@x.com"), user("u2", "b@x.com")])
    one, two = town.person("a@x.com"), town.person("b@x.com")
    town.lists([user("u1", "b@x.com"), user("u2", "a@x.com")])
    assert (town.person("b@x.com"), town.person("a@x.com")) == (one, two)


def test_names_follow_the_vendor(town: Any, engine: Any, user: Callable[..., Any]) -> None:
    """A display name that changed is updated; an empty one is not taken."""
    for name in ("Ann Old", "Ann  New", ""):
        town.lists([user("u1", "a@x.com", name=name)])
    with engine.connect() as conn:
        assert conn.execute(select(t.PERSON.c.name)).scalars().all() == ["Ann New"]


def test_erased_people_are_not_listed_again(town: Any, engine: Any) -> None:
    """The list still names them; nothing is stored."""
    who = Identified("email", "a@x.com").who(town.vault.pseudonym_key)
    with engine.begin() as conn:
        conn.execute(insert(t.ERASED_IDENTITY).values(who=who))
    town.lists(["A@x.com", "b@x.com"], {"Pay": ["A@x.com", "b@x.com"]})
    assert "a@x.com" not in repr(everything(engine)).lower()


def test_a_list_that_was_not_read_changes_nothing(town: Any, engine: Any) -> None:
    """Refused, empty or partly understood, it is no reason to take anybody for gone."""
    town.lists(["a@x.com", "b@x.com"], {"Pay": ["a@x.com", "b@x.com"]})
    before = everything(engine)
    town.lists([], unavailable=["users", "workspaces", "invites"])
    town.lists([])
    town.lists(["a@x.com"], {"Pay": ["a@x.com"]}, rejected=1)
    town.lists(["a@x.com", "b@x.com"], unavailable=["workspaces"])
    assert everything(engine) == before


def test_two_organizations_do_not_end_each_others_members(town: Any) -> None:
    """Somebody in both keeps a seat, and is placed by the first that has a team for her."""
    for _ in range(2):
        town.lists(["a@x.com", "b@x.com"], {"One": ["a@x.com"]}, connection=1)
        town.lists(["a@x.com", "b@x.com"], {"Two": ["a@x.com", "b@x.com"]}, connection=2)
        teams = [town.team(who, OLD) for who in ("a@x.com", "b@x.com")]
        assert teams == ["One", "Two"]
    town.lists(["c@x.com"], {"One": ["c@x.com"]}, connection=1)
    assert town.standing("a@x.com", town.today).has_seat


def test_the_default_workspace_decides_last(town: Any) -> None:
    """A person in several is in the first by name; without a list the default makes no team."""
    spaces = {"Alpha": ["b@x.com"], "Beta": ["a@x.com", "b@x.com"], "Aaa": ["a@x.com", "c@x.com"]}
    people = ["a@x.com", "b@x.com", "c@x.com"]
    town.lists(people, spaces, default_workspace="w-Aaa")
    assert [town.team(who, OLD) for who in people] == ["Beta", "Alpha", "Aaa"]
    town.lists(["d@x.com"], {"Zzz": []}, default_workspace="w-Zzz", connection=2)
    assert "Zzz" not in town.teams()


def test_the_order_that_the_admin_sets_decides_from_then_on(town: Any) -> None:
    """The next sync moves people; closed weeks follow when the admin asks."""
    spaces = {"Alpha": ["a@x.com"], "Beta": ["a@x.com"], "Default": ["a@x.com"]}
    town.lists(["a@x.com"], spaces, default_workspace="w-Default")
    kept.set_order(town.engine, [town.teams()["Beta"]], actor="admin@x.com")
    for _ in range(2):
        town.lists(["a@x.com"], {"Aardvark": ["a@x.com"], **spaces}, default_workspace="w-Default")
    assert town.team("a@x.com", date(2026, 11, 12)) == "Alpha"
    assert town.team("a@x.com", town.today) == "Beta"
    names = [team.name for team in kept.listing(town.engine)]
    assert names == ["Beta", "Alpha", "Aardvark", "Default"]
    town.read_weeks(W46, W47)
    town.touched()
    assert kept.reattribute(town.engine, actor="admin@x.com") == 1
    assert town.team("a@x.com", OLD) == "Beta"
    assert town.touched() == [W46]


def test_whoever_leaves_all_workspaces_is_in_no_team(town: Any) -> None:
    """From today on; archived workspaces are no longer in the list."""
    town.lists(["a@x.com"], {"Pay": ["a@x.com"]})
    town.lists(["a@x.com"], {"Other": []})
    assert town.team("a@x.com", date(2026, 11, 12)) == "Pay"
    assert town.team("a@x.com", town.today) is None


def renamed(town: Any, name: str) -> None:
    """Let the vendor call the workspace something else."""
    space = SimpleNamespace(id="w-1", name=name)
    roster = SimpleNamespace(
        users=[SimpleNamespace(id="a@x.com", email="a@x.com", name="", role="", added_at=None)],
        invites=[],
        workspaces=[space],
        members={"w-1": ["a@x.com"]},
        default_workspace="",
        unavailable=[],
        rejected=0,
    )
    town.take(roster)


def test_a_workspace_that_is_renamed_renames_its_team(town: Any) -> None:
    """Until an admin gave it another name; the team stays the same one."""
    renamed(town, "Pay")
    number = town.teams()["Pay"]
    renamed(town, "Payments")
    assert town.teams() == {"Payments": number}
    kept.rename(town.engine, number, "Money", actor="admin@x.com")
    renamed(town, "Billing")
    assert town.teams() == {"Money": number}


def test_a_workspace_whose_name_is_taken_keeps_its_team(town: Any) -> None:
    """A team of a file with the same name is the same team; a rename onto one is not followed."""
    town.file("b@x.com,Pay")
    town.file("c@x.com,Billing")
    number = town.teams()["Pay"]
    renamed(town, "pay")
    assert town.teams()["Pay"] == number
    renamed(town, "Billing")
    assert town.team("a@x.com", town.today) == "Pay"


def test_a_workspace_with_a_reserved_name_is_told_apart(town: Any) -> None:
    """No team is called like a collective row."""
    renamed(town, "All")
    assert list(town.teams()) == ["All workspace"]
