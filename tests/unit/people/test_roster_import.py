"""What a roster file changes, the first time and again."""

from collections.abc import Callable
from datetime import date
from typing import Any

import pytest
from sqlalchemy import insert, select

from claude_dash.clock import thursday_of
from claude_dash.facts import tables as t
from claude_dash.facts.identity import Identified
from claude_dash.people.roster import preview

OLD = date(2025, 3, 6)
W45, W46, W47, W48 = (date(2026, 11, day) for day in (2, 9, 16, 23))
DATED = "email,team,joined,left"


def everything(engine: Any) -> dict[str, list[Any]]:
    """Return what is stored about people, without the ids of rows that nobody refers to."""
    tables = (t.PERSON, t.IDENTITY, t.TEAM, t.DEPARTMENT, t.MEMBERSHIP, t.ROSTER_ENTRY)
    with engine.connect() as conn:
        return {
            table.name: sorted(map(repr, conn.execute(select(*table.c))))
            for table in (*tables, t.TOUCHED_WEEK)
        }


def test_good_rows_are_kept_and_bad_ones_are_named(town: Any) -> None:
    """What is accepted is counted; what is not has its line and reason."""
    made = town.file("a@x.com,A", "nobody,A", "b@x.com,A", "b@x.com,B")
    assert made.accepted == 2
    assert made.rejected == [
        (3, "the email is not an address"),
        (5, "overlaps in time with the other team on line 4"),
    ]
    assert (made.added, made.changed, made.absent, made.teams) == (2, 0, 0, ["A"])
    assert town.audit() == ["roster.import: 2 rows taken, 2 set aside"]


def test_the_first_known_team_holds_for_all_earlier_days(town: Any) -> None:
    """A row without dates reaches back; one that says when somebody joined does not."""
    town.file("a@x.com,A,,", "b@x.com,A,2026-06-01,", header=DATED)
    assert town.team("a@x.com", OLD) == "A"
    assert town.team("b@x.com", OLD) is None


def test_a_move_applies_from_the_week_it_is_entered_in(town: Any) -> None:
    """Entered on a Wednesday it holds for this week's Thursday, and for no closed week."""
    town.file("a@x.com,A")
    town.file("a@x.com,B")
    thursdays = [date(2026, 11, 12), date(2026, 11, 19)]
    assert [town.team("a@x.com", day) for day in thursdays] == ["A", "B"]


def test_a_move_entered_on_a_friday_applies_from_the_next_week(
    town: Any, days: Callable[[int], date]
) -> None:
    """This week's Thursday is before the day it was entered."""
    town.file("a@x.com,A")
    town.today = days(2)
    town.file("a@x.com,B")
    thursdays = [date(2026, 11, 19), date(2026, 11, 26)]
    assert [town.team("a@x.com", day) for day in thursdays] == ["A", "B"]


@pytest.mark.parametrize("of", ["file", "workspace"])
@pytest.mark.parametrize(
    ("weekday", "holds"), [(16, W47), (18, W47), (19, W47), (20, W48), (22, W48)]
)
def test_a_move_applies_from_the_first_thursday_that_is_not_before_it(
    town: Any, of: str, weekday: int, holds: date
) -> None:
    """On the Thursday itself it is this week's; whole weeks are one team's, from both sources."""

    def say(team: str) -> None:
        if of == "file":
            town.file(f"a@x.com,{team}")
        else:
            town.lists(["a@x.com"], {team: ["a@x.com"]})

    town.read_weeks(W45, W46, W47, W48)
    say("A")
    town.touched()
    town.today = date(2026, 11, weekday)
    say("B")
    teams = {week: town.team("a@x.com", thursday_of(week)) for week in (W46, W47, W48)}
    assert teams == {week: "B" if week >= holds else "A" for week in teams}
    assert town.touched() == [week for week in (W47, W48) if week >= holds]


def test_an_older_roster_again_rewrites_no_closed_week(
    town: Any, days: Callable[[int], date]
) -> None:
    """It is a move back from today on; asked to, it holds for all weeks of the change at once."""
    town.read_weeks(W45, W46, W47)
    older, newer = ("a@x.com,A", "b@x.com,A"), ("a@x.com,B", "b@x.com,B", "c@x.com,B")
    town.today = days(-14)
    town.file(*older)
    town.today = days(-7)
    town.file(*newer)
    town.touched()
    town.today = days(0)
    town.file(*older)
    thursdays = [thursday_of(week) for week in (W45, W46, W47)]
    assert [town.team("a@x.com", day) for day in thursdays] == ["A", "B", "A"]
    assert [town.team("c@x.com", day) for day in thursdays] == ["B", "B", "B"]
    assert town.touched() == [W47]
    town.file(*older, reattribute=True)
    assert [town.team("a@x.com", day) for day in thursdays] == ["A", "A", "A"]
    assert town.touched() == [W46]


def test_closed_weeks_are_re_attributed_when_the_admin_asks(town: Any) -> None:
    """Then the newest team holds for all weeks."""
    town.file("a@x.com,A")
    town.file("a@x.com,B", reattribute=True)
    assert town.team("a@x.com", OLD) == "B"
    assert town.audit()[-1].endswith("closed weeks re-attributed")


def test_past_dates_of_the_first_file_are_honoured(town: Any) -> None:
    """Teams that follow each other are each in force in their time."""
    town.file("a@x.com,A,,2026-06-01", "a@x.com,B,2026-06-01,", header=DATED)
    assert town.team("a@x.com", date(2026, 5, 31)) == "A"
    assert town.team("a@x.com", date(2026, 6, 1)) == "B"


def test_past_dates_of_a_later_file_hold_from_today_on(town: Any) -> None:
    """A closed week keeps its team, unless the admin asks."""
    town.file("a@x.com,A")
    lines = ("a@x.com,A,,2026-06-01", "a@x.com,B,2026-06-01,")
    town.file(*lines, header=DATED)
    assert town.team("a@x.com", date(2026, 11, 12)) == "A"
    assert town.team("a@x.com", town.today) == "B"
    town.file(*lines, header=DATED, reattribute=True)
    assert town.team("a@x.com", date(2026, 11, 12)) == "B"


def test_the_same_file_again_changes_nothing(
    town: Any, engine: Any, days: Callable[[int], date]
) -> None:
    """On another day too, and after moves; no week is marked."""
    town.read_weeks(W45, W46, W47)
    lines = ("a@x.com,A,,,Sales", "b@x.com,B,2026-06-01,,", "c@x.com,A,,2026-07-01,")
    header = "email,team,joined,left,department"
    town.file("a@x.com,C", "b@x.com,B")
    town.file(*lines, header=header)
    town.touched()
    before = everything(engine)
    for number in (0, 7):
        town.today = days(number)
        made = town.file(*lines, header=header)
        assert (made.accepted, made.added, made.changed) == (3, 0, 0)
        assert everything(engine) == before


def test_eligibility_changes_from_today_on(town: Any) -> None:
    """Who was in scope in a closed week stays so there."""
    town.file("a@x.com,A,yes", header="email,team,eligible")
    made = town.file("a@x.com,A,no", header="email,team,eligible")
    assert made.changed == 1
    assert town.standing("a@x.com", date(2026, 11, 12)).eligible
    now = town.standing("a@x.com", town.today)
    assert (now.on_roster, now.eligible) == (True, False)


def test_time_on_the_roster_spans_all_teams(town: Any) -> None:
    """From the first joining to the last leaving, a gap between teams included."""
    town.file(
        "a@x.com,A,2026-02-01,2026-03-01",
        "a@x.com,B,2026-05-01,2026-06-01",
        header=DATED,
    )
    assert town.standing("a@x.com", date(2026, 1, 31)) is None
    gap = town.standing("a@x.com", date(2026, 4, 1))
    assert (gap.on_roster, gap.team_id) == (True, None)
    assert town.standing("a@x.com", date(2026, 6, 1)) is None


def test_whoever_is_not_in_a_later_file_stays(town: Any) -> None:
    """A file adds to what is known, unless it is said to be the whole roster."""
    town.file("a@x.com,A", "b@x.com,A", "c@x.com,A")
    made = town.file("a@x.com,A", "c@x.com,A,stray")
    assert made.absent == 1
    assert town.team("b@x.com", town.today) == "A"
    town.file("a@x.com,A", "c@x.com,A,stray", is_whole=True)
    assert town.standing("b@x.com", town.today) is None
    assert town.team("b@x.com", date(2026, 11, 12)) == "A"
    assert town.team("c@x.com", town.today) == "A", "a row set aside is not a person gone"


def test_teams_are_one_whatever_their_case_and_spaces(town: Any) -> None:
    """The first spelling is kept."""
    town.file("a@x.com,Web  Shop", "b@x.com,web shop")
    assert list(town.teams()) == ["Web Shop"]
    town.file("c@x.com,WEB SHOP")
    assert list(town.teams()) == ["Web Shop"]


def test_a_department_belongs_to_a_team(town: Any, engine: Any) -> None:
    """It is found by name, and a later file may put the team elsewhere."""
    header = "email,team,department"
    town.file("a@x.com,A,Sales", "b@x.com,A,", "c@x.com,C,sales", header=header)
    town.file("a@x.com,A,Legal", header=header)
    with engine.connect() as conn:
        query = select(t.TEAM.c.name, t.DEPARTMENT.c.name).join(t.DEPARTMENT)
        assert sorted(conn.execute(query)) == [("A", "Legal"), ("C", "Sales")]


def test_erased_people_are_set_aside(town: Any, engine: Any) -> None:
    """A row about somebody who was erased is not taken, and nothing is stored of it."""
    who = Identified("email", "a@x.com").who(town.vault.pseudonym_key)
    with engine.begin() as conn:
        conn.execute(insert(t.ERASED_IDENTITY).values(who=who))
    made = town.file("A@x.com,A", "b@x.com,B")
    assert (made.accepted, made.rejected) == (1, [(2, "erased")])
    assert "a@x.com" not in repr(everything(engine))


def test_an_address_is_one_person_whatever_its_case(town: Any) -> None:
    """The file and the vendor mean the same person."""
    town.lists(["Ann@X.com"])
    town.file("ANN@x.com ,A")
    one = town.standing("ann@x.com", town.today)
    assert (one.has_seat, one.on_roster) == (True, True)


def test_only_weeks_that_change_are_marked(town: Any) -> None:
    """A move marks the weeks from today on; sealed weeks are never marked."""
    town.read_weeks(W45, W46, W47)
    town.seal(W45)
    town.file("a@x.com,A", "b@x.com,B")
    assert town.touched() == [W46, W47]
    town.file("a@x.com,B")
    assert town.touched() == [W47]
    town.file("a@x.com,A", reattribute=True)
    assert town.touched() == [W47]


def test_a_new_department_marks_the_weeks_of_its_teams(town: Any) -> None:
    """Departments are groups too; a team without people changes nothing."""
    town.read_weeks(W46, W47)
    town.file("a@x.com,A,2026-11-16", header="email,team,joined")
    town.touched()
    town.file("a@x.com,A,Sales,2026-11-16", header="email,team,department,joined")
    assert town.touched() == [W47]


def test_a_preview_keeps_nothing(town: Any, engine: Any) -> None:
    """It says what an import would do, and does not do it."""
    town.file("a@x.com,A", "b@x.com,A")
    before = everything(engine)
    content = b"email,team\na@x.com,B\nc@x.com,B\nbad,B\n"
    seen = preview(engine, town.vault, content, today=town.today)
    assert (seen.accepted, seen.added, seen.changed, seen.absent) == (2, 1, 1, 1)
    assert (seen.teams, seen.rejected) == (["B"], [(4, "the email is not an address")])
    assert everything(engine) == before
    assert len(town.audit()) == 1
