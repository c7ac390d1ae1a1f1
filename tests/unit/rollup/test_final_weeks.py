"""Promises about final weeks that are made anew: no few people can be told from the difference."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

import pytest
from sqlalchemy import delete, update

from claude_dash.clock import today
from claude_dash.facts import tables as t
from claude_dash.people import identities, moves
from claude_dash.privacy.policy import Policy, raise_k
from claude_dash.revisions import revisions
from claude_dash.rollup import roll_up
from claude_dash.store import retention
from claude_dash.store.vault import Vault
from tests.rolled import ALL, MONDAY, WEEK, Rolled

FINAL = date(2026, 9, 7)  # whatever reads it is done with it
ADMIN = "admin@example.com"
FIRST, SECOND = range(1, 13), range(13, 25)


@pytest.fixture
def store(store: Rolled) -> Rolled:
    """Return two teams of twelve people of whom each began two sessions in a final week."""
    store.teams(a=[1], b=[2], c=[3])
    for people, team in ((FIRST, 1), (SECOND, 2)):
        store.people(people, team)
        for who in people:
            store.code(who, 2, FINAL)
    store.read(FINAL)
    store.roll(FINAL)
    store.look()
    return store


def more(store: Rolled, people: Iterable[int], sessions: int = 5, monday: date = FINAL) -> None:
    """Let some people have so many sessions in a week after all."""
    with store.engine.begin() as connection:
        c = t.ACTIVITY_DAY.c
        who = (c.who.in_(list(people)), c.day == monday)
        connection.execute(update(t.ACTIVITY_DAY).where(*who).values(sessions=sessions))
    store.roll(monday)


def sessions(store: Rolled, monday: date = FINAL) -> dict[str, int | str]:
    """Return the sessions of the organisation and of each team."""
    found = store.released("sessions", start=monday)
    return {key: value for (key, _), value in found.items() if key in {ALL, "team:1", "team:2"}}


def ledger(store: Rolled) -> list[tuple[Any, ...]]:
    """Return what was written down."""
    rows = store.rows_of(t.REVISION)
    return sorted((row.level, row.key, row.measure, row.before, row.after, row.reason)
                  for row in rows if row.grain == "week")  # fmt: skip


def is_held(store: Rolled, monday: date = FINAL) -> bool:
    """Say whether groups keep earlier figures."""
    (row,) = store.rows_of(t.TOLD_WEEK, week=monday)
    return bool(row.is_held)


def test_late_data_of_few_waits_in_their_team(store: Rolled) -> None:
    """The organisation's figure is the newest, the teams' stay, and nothing is written down."""
    more(store, [1, 2, 3, 4])
    assert sessions(store) == {ALL: 48 + 12, "team:1": 24, "team:2": 24}
    assert is_held(store)
    assert ledger(store) == []


def test_what_waited_is_told_once_it_concerns_enough(store: Rolled) -> None:
    """A fifth person's late data lets old and new figure stand side by side, with the reason."""
    more(store, [1, 2, 3, 4])
    more(store, [1, 2, 3, 4, 5])
    assert sessions(store) == {ALL: 48 + 15, "team:1": 24 + 15, "team:2": 24}
    assert not is_held(store)
    assert ("team", "team:1", "sessions", 24, 39, "late data") in ledger(store)


def test_weeks_made_at_once_are_revised_at_once(store: Rolled, clock: Any) -> None:
    """The ledger lists them as one revision, newest week first, however long each took."""
    weeks = [FINAL - WEEK, FINAL - 2 * WEEK, FINAL]
    for monday in weeks[:2]:
        for who in (*FIRST, *SECOND):
            store.code(who, 2, monday)
        store.read(monday)
    store.roll(*weeks[:2])
    with store.engine.begin() as connection:
        connection.execute(update(t.ACTIVITY_DAY).values(sessions=3))
    stood = clock.now

    def ticking(*zone: Any) -> Any:
        clock.advance(seconds=1)
        return stood(*zone)

    clock.now = ticking
    store.roll(*weeks)
    told = revisions(store.engine, Policy())
    assert len({row.at for row in store.rows_of(t.REVISION)}) == 1
    assert list(dict.fromkeys(one.start for one in told)) == sorted(weeks, reverse=True)


def test_one_who_stands_out_is_not_told_among_others(store: Rolled) -> None:
    """Five changed, but nearly all of it is one person's."""
    more(store, [1, 2, 3, 4], 3)
    more(store, [5], 1000)
    assert sessions(store)["team:1"] == 24
    assert is_held(store)


def test_a_change_of_nobody_is_no_revision(store: Rolled) -> None:
    """The same week again: the same figures, nothing held, nothing written down."""
    before = store.rows_of(t.RELEASE_ROW)
    store.roll(FINAL)
    assert store.rows_of(t.RELEASE_ROW) == before
    assert not is_held(store)
    assert ledger(store) == []


def test_provisional_weeks_are_simply_replaced(store: Rolled) -> None:
    """One person's late data is in the team's figure of a week that may still change."""
    for who in (*FIRST, *SECOND):
        store.code(who, 2, MONDAY)
    store.read(MONDAY)
    store.roll(MONDAY)
    more(store, [1], monday=MONDAY)
    assert sessions(store, MONDAY) == {ALL: 51, "team:1": 27, "team:2": 24}


def test_what_nobody_saw_is_simply_replaced(store: Rolled) -> None:
    """Nobody asked for any figure since the week became final: nobody can tell a difference."""
    store.erase(t.ACCESS_ENTRY)
    more(store, [1])
    assert sessions(store) == {ALL: 51, "team:1": 27, "team:2": 24}


def test_a_source_that_comes_is_told_of_all_at_once(store: Rolled) -> None:
    """Whom it alone sees counts in their teams, however few they are, and what waited as well."""
    more(store, [1])
    assert is_held(store)
    store.add(t.ACTIVITY_DAY, 13, FINAL, sessions=7)
    store.roll(FINAL, reason="source")
    assert sessions(store) == {ALL: 51 + 7, "team:1": 27, "team:2": 31}
    assert not is_held(store)


def test_a_few_who_move_stay_where_they_were_told(store: Rolled) -> None:
    """Three people are put into another team for all days: neither team's week changes."""
    before = sessions(store)
    _move(store, [1, 2, 3])
    assert sessions(store) == before
    assert {row.key: row.population for row in store.rows_of(t.GROUP_ROW, level="team",
            grain="week", start=FINAL)} == {"team:1": 12, "team:2": 12}  # fmt: skip
    assert store.released("people", start=FINAL)["team:2", ""] == 12


def test_enough_who_move_are_told_where_they_are(store: Rolled) -> None:
    """Five leave one team for the other: both figures stand side by side."""
    _move(store, [1, 2, 3, 4, 5])
    assert sessions(store) == {ALL: 48, "team:1": 14, "team:2": 34}
    found = ledger(store)
    assert ("team", "team:2", "sessions", 24, 34, "late data") in found
    assert ("team", "team:1", "active", 12, 7, "late data") in found


def test_a_move_of_many_does_not_take_late_data_of_few_along(store: Rolled) -> None:
    """Five move, and in a third team one person's data came late: all stay where they were."""
    store.people(range(31, 43), 3)
    for who in range(31, 43):
        store.code(who, 2, FINAL)
    with store.engine.begin() as connection:
        connection.execute(delete(t.TOLD_WEEK))
    store.roll(FINAL)
    before = store.released("sessions", start=FINAL)
    with store.engine.begin() as connection:
        c = t.ACTIVITY_DAY.c
        connection.execute(update(t.ACTIVITY_DAY).where(c.who == 31).values(sessions=9))
    _move(store, [1, 2, 3, 4, 5])
    after = store.released("sessions", start=FINAL)
    assert after.pop((ALL, "")) == before.pop((ALL, "")) + 7
    assert after == before


def test_first_teams_are_told_of_weeks_that_are_final(store: Rolled) -> None:
    """Where nobody stood in a team so far, nothing can be told from the difference."""
    with store.engine.begin() as connection:
        connection.execute(delete(t.MEMBERSHIP))
        connection.execute(delete(t.TOLD_WEEK))
    store.roll(FINAL)
    assert sessions(store) == {ALL: 48}
    with store.engine.begin() as connection:
        rows = [{"person_id": who, "team_id": 1 + (who in SECOND), "origin": "csv"}
                for who in (*FIRST, *SECOND)]  # fmt: skip
        connection.execute(t.MEMBERSHIP.insert(), rows)
    store.roll(FINAL)
    assert sessions(store) == {ALL: 48, "team:1": 24, "team:2": 24}


def test_a_merge_and_its_undoing_leave_final_weeks_alone(store: Rolled) -> None:
    """One person with two names: the team's figures wait, and undone all is as it was."""
    before = store.rows_of(t.RELEASE_ROW)
    identities.merge(store.engine, 1, 2, actor=ADMIN)
    roll_up(store.engine, store.settings)
    assert store.released("active", start=FINAL)[ALL, ""] == 23
    assert store.released("active", start=FINAL)["team:1", ""] == 12
    (one,) = moves.recent(store.engine)
    moves.undo(store.engine, one.id, actor=ADMIN)
    roll_up(store.engine, store.settings)
    assert store.rows_of(t.RELEASE_ROW) == before
    assert not is_held(store)


def test_an_automation_of_one_does_not_leave_its_team(store: Rolled) -> None:
    """An account turns out to be no person: its team's final figures stay."""
    before = sessions(store)
    with store.engine.begin() as connection:
        connection.execute(update(t.PERSON).where(t.PERSON.c.id == 1).values(automation=True))
    store.roll(FINAL)
    assert sessions(store) == before


def test_months_and_habits_of_groups_wait_with_their_weeks(store: Rolled) -> None:
    """What is counted over several weeks tells no more than the weeks that it is made of."""
    mondays = [FINAL + WEEK * n for n in range(-1, 4)]
    for monday in mondays:
        for who in (*FIRST, *SECOND):
            if monday != FINAL and (who != 1 or monday > FINAL):
                store.code(who, 2, monday)
    store.read(*(one for one in mondays if one != FINAL))
    store.roll(*mondays)
    shown = {
        measure: store.released(measure, grain=grain, start=start)
        for measure, grain, start in (
            ("active", "month", date(2026, 9, 1)),
            ("activated", "week", FINAL),
            ("retained", "week", FINAL + WEEK),
        )
    }
    store.erase(t.ACTIVITY_DAY, who=2)
    store.roll(*mondays)
    assert store.released("active", grain="month", start=date(2026, 9, 1))[ALL, ""] == 23
    for measure, grain, start in (
        ("active", "month", date(2026, 9, 1)),
        ("activated", "week", FINAL),
        ("retained", "week", FINAL + WEEK),
    ):
        now = store.released(measure, grain=grain, start=start)
        teams = {key: value for key, value in now.items() if key[0].startswith("team")}
        assert teams
        assert teams.items() <= shown[measure].items()


def test_who_is_erased_is_told_from_nothing(store: Rolled, settings: Any) -> None:
    """Their part stays in the team's figure, and what is kept of it names nobody."""
    before = sessions(store)
    vault = Vault(settings)
    with store.engine.begin() as connection:
        asked = retention.Identified("email", "one@example.com").who(vault.pseudonym_key)
        connection.execute(update(t.IDENTITY).where(t.IDENTITY.c.who == 1).values(who=asked))
        connection.execute(update(t.ACTIVITY_DAY).where(t.ACTIVITY_DAY.c.who == 1)
                           .values(who=asked))  # fmt: skip
    assert retention.erase(store.engine, vault, "one@example.com")
    store.roll(FINAL)
    after = sessions(store)
    assert after == before | {ALL: 46}
    store.roll(FINAL)
    assert sessions(store) == after


def test_a_larger_smallest_group_holds_in_final_weeks(store: Rolled) -> None:
    """A stricter policy takes figures away, whatever waits."""
    more(store, [1])
    with store.engine.begin() as connection:
        raise_k(connection, 13, made_by=ADMIN, reason="", smallest=5)
    roll_up(store.engine, store.settings)
    found = store.released("sessions", start=FINAL)
    assert not {"team:1", "team:2"} & {key for key, _ in found}


def test_a_month_keeps_what_its_first_week_lost_to_a_purge(store: Rolled) -> None:
    """Days of a week that lie in a purged month go with it, and what they told of teams stays."""
    first, monday = date(2026, 6, 29), date(2026, 7, 6)
    for who in (*FIRST, *SECOND):
        store.use(who, "skill:review", 1, first if who % 2 else monday)
        store.chat(who, 1, first)
    store.read(first, monday)
    store.roll(first, monday)
    told = [("feature_users", "feature"), ("feature_users", ""), ("surface_users", "")]
    month = date(2026, 7, 1)
    before = [store.released(*one, grain="month", start=month) for one in told]
    assert before[1]["team:1", ""] == 12
    retention.purge(store.engine, store.settings, today())
    assert not store.rows_of(t.SURFACE_DAY, day=first)
    store.roll(monday)
    teams = [{key: one[key] for key in one if key[0] != ALL} for one in before]
    after = [store.released(*one, grain="month", start=month) for one in told]
    assert [{key: one[key] for key in one if key[0] != ALL} for one in after] == teams


def test_what_a_week_was_made_of_goes_with_its_facts(store: Rolled) -> None:
    """Once a week is sealed nothing about people is kept of it."""
    later = today() + timedelta(days=400)
    assert store.rows_of(t.TOLD_WEEK)
    retention.purge(store.engine, store.settings, later)
    assert store.rows_of(t.TOLD_WEEK) == []


def _move(store: Rolled, people: Iterable[int]) -> None:
    with store.engine.begin() as connection:
        c = t.MEMBERSHIP.c
        moved = update(t.MEMBERSHIP).where(c.person_id.in_(list(people))).values(team_id=2)
        connection.execute(moved)
    store.roll(FINAL)
