"""Teams as the admin keeps them."""

from datetime import date
from typing import Any

import pytest
from sqlalchemy import select

from claude_dash.errors import QueryError
from claude_dash.facts import tables as t
from claude_dash.people import teams
from claude_dash.store.engine import revision

ADMIN = "admin@x.com"
OLD, TODAY = date(2026, 3, 5), date(2026, 11, 18)
W45, W46, W47 = (date(2026, 11, day) for day in (2, 9, 16))


def test_a_rename_is_seen_at_once_and_rebuilds_nothing(town: Any, engine: Any) -> None:
    """Names are looked up when figures are read: only what is cached becomes stale."""
    town.read_weeks(W46, W47)
    town.file("a@x.com,Pay")
    town.touched()
    with engine.connect() as conn:
        before = revision(conn)
    teams.rename(engine, town.teams()["Pay"], " Money  Team ", actor=ADMIN)
    assert town.team("a@x.com", OLD) == "Money Team"
    assert town.touched() == []
    with engine.connect() as conn:
        assert revision(conn) > before
    assert town.audit()[-1] == "team.rename: Pay → Money Team"


def test_the_earlier_name_still_means_the_team(town: Any, engine: Any) -> None:
    """The same file after a rename changes nothing, and the name is not given away."""
    town.file("a@x.com,Pay")
    number = town.teams()["Pay"]
    teams.rename(engine, number, "Money", actor=ADMIN)
    assert town.file("a@x.com,Pay", "b@x.com,pay").teams == []
    assert town.teams() == {"Money": number}
    assert town.team("b@x.com", OLD) == "Money"
    with pytest.raises(QueryError, match="'Pay' is an earlier name of the team 'Money'"):
        teams.create(engine, "PAY", actor=ADMIN)


def test_a_team_can_have_its_earlier_name_back(town: Any, engine: Any) -> None:
    """Names go to and fro, and each goes on meaning the team."""
    town.file("a@x.com,Pay")
    number = town.teams()["Pay"]
    for name in ("Money", "Pay", "PAY", "Money"):
        teams.rename(engine, number, name, actor=ADMIN)
        assert town.teams() == {name: number}
    (team,) = teams.listing(engine)
    assert (team.name, [one.casefold() for one in team.merged]) == ("Money", ["pay"])


def test_a_merger_moves_the_history_of_open_weeks(town: Any, engine: Any) -> None:
    """Everybody stands in the other team, in all weeks that are not sealed."""
    town.read_weeks(W45, W46, W47)
    town.seal(W45)
    town.file("a@x.com,Pay", "b@x.com,Billing")
    town.touched()
    numbers = town.teams()
    teams.merge(engine, numbers["Pay"], numbers["Billing"], actor=ADMIN)
    assert town.touched() == [W46, W47]
    assert town.team("a@x.com", OLD) == "Billing"
    assert town.teams() == {"Billing": numbers["Billing"]}
    assert town.audit()[-1] == "team.merge: Pay → Billing"
    town.file("a@x.com,Pay")
    assert town.team("a@x.com", TODAY) == "Billing"
    assert town.touched() == []


def test_a_team_is_merged_into_another_one_only(town: Any, engine: Any) -> None:
    """Neither into itself, nor into one that is part of it, nor twice."""
    town.file("a@x.com,Pay", "b@x.com,Billing")
    numbers = town.teams()
    with pytest.raises(QueryError, match="into itself"):
        teams.merge(engine, numbers["Pay"], numbers["Pay"], actor=ADMIN)
    teams.merge(engine, numbers["Pay"], numbers["Billing"], actor=ADMIN)
    for gone, into in (("Billing", "Pay"), ("Pay", "Billing")):
        with pytest.raises(QueryError, match="no such team"):
            teams.merge(engine, numbers[gone], numbers[into], actor=ADMIN)
    with pytest.raises(QueryError, match="no such team"):
        teams.rename(engine, 999, "X", actor=ADMIN)


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("billing", "There is a team named 'Billing' already"),
        ("  ", "is empty"),
        ("automation", "is a reserved name"),
        ("x" * 101, "longer than 100"),
    ],
)
def test_a_name_that_cannot_be_borne_is_refused(
    town: Any, engine: Any, name: str, message: str
) -> None:
    """A taken name is refused with what to do, and nothing changes."""
    town.file("a@x.com,Pay", "b@x.com,Billing", "c@x.com,Billing EU")
    before = town.teams()
    with pytest.raises(QueryError, match=message) as refused:
        teams.rename(engine, before["Pay"], name, actor=ADMIN)
    assert refused.value.hint
    with pytest.raises(QueryError, match=message):
        teams.create(engine, name, actor=ADMIN)
    assert town.teams() == before
    assert [line for line in town.audit() if line.startswith("team.")] == []


def test_a_department_of_a_team_in_use_rebuilds_its_weeks(town: Any, engine: Any) -> None:
    """Departments hold in all open weeks; that of a team without people changes nothing."""
    town.read_weeks(W46, W47)
    town.file("a@x.com,Pay")
    empty = teams.create(engine, "Empty", actor=ADMIN, department="Ops")
    town.touched()
    teams.set_department(engine, empty, "Sales", actor=ADMIN)
    assert town.touched() == []
    teams.set_department(engine, town.teams()["Pay"], "sales", actor=ADMIN)
    assert town.touched() == [W46, W47]
    assert {team.name: team.department for team in teams.listing(engine)} == {
        "Empty": "Sales",
        "Pay": "Sales",
    }
    teams.set_department(engine, town.teams()["Pay"], "", actor=ADMIN)
    assert town.touched() == [W46, W47]
    with pytest.raises(QueryError, match="reserved"):
        teams.set_department(engine, empty, "Automation", actor=ADMIN)


def test_every_change_is_in_the_audit_log(town: Any, engine: Any) -> None:
    """With who did it, and without anybody's address but the actor's."""
    town.file("a@x.com,Pay", actor=ADMIN)
    number = town.teams()["Pay"]
    teams.set_department(engine, number, "Sales", actor=ADMIN)
    teams.set_order(engine, [number], actor=ADMIN)
    teams.reattribute(engine, actor=ADMIN)
    assert [line.partition(":")[0] for line in town.audit()] == [
        "roster.import",
        "team.department",
        "team.order",
        "team.reattribute",
    ]
    with engine.connect() as conn:
        rows = conn.execute(select(t.AUDIT_ENTRY)).all()
    assert {row.actor for row in rows} == {ADMIN}
    assert "a@x.com" not in repr([row.detail for row in rows])
