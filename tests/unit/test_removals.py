"""Removed connections: what is removed is gone, and nothing counts twice."""

from datetime import date, timedelta

import pytest
from sqlalchemy import Engine, func, insert, select

from claude_dash import clock, connections
from claude_dash.facts import tables as t
from claude_dash.facts.batch import DayFacts
from claude_dash.facts.identity import Identified
from claude_dash.store.registry import register_all
from claude_dash.store.write import replace_day
from tests.unit.desk import FIRST, KEPT, ONE, TODAY, TWO, Desk, desk, truth
from tests.unit.store.conftest import REPORT, connect, day_facts, stored, write

__all__ = ["desk"]
REPORTS = 3  # of a Console connection


def test_what_was_read_can_be_kept(desk: Desk) -> None:
    """Without `purge` the key goes, and every figure stays."""
    desk.add()
    desk.sync()
    before = stored(desk.engine, *KEPT)
    desk.remove()
    assert stored(desk.engine, *KEPT) == before
    assert stored(desk.engine, t.SECRET, t.CONNECTION) == {"secret": set(), "connection": set()}
    assert desk.week_sessions() == truth()
    assert desk.audit()[-1] == "connection removed: Main, data kept"


def test_what_was_read_can_go(desk: Desk) -> None:
    """With `purge` no fact, no figure, no name and no address is left."""
    desk.add()
    desk.sync()
    desk.remove(purge=True)
    left = stored(desk.engine, *KEPT, t.PERSON_WEEK, t.PERSON_SPAN, t.MEMBERSHIP)
    assert not any(left.values())
    with desk.engine.connect() as connection:
        shown = select(func.count()).select_from(t.RELEASE_ROW).where(t.RELEASE_ROW.c.value > 0)
        assert connection.execute(shown).scalar() == 0
    assert desk.audit()[-1] == "connection removed: Main, data purged"


def test_others_keep_what_is_theirs(desk: Desk) -> None:
    """People whom another connection or a file names stay when one connection is purged."""
    connect(desk.engine, "Main")
    connect(desk.engine, "Other")
    write(desk.engine, TODAY, connection_id=1)
    write(desk.engine, TODAY - timedelta(days=1), connection_id=2)  # the same person
    write_one(desk.engine, "only.here@example.org", 1)
    write_one(desk.engine, "listed@example.org", 1)
    with desk.engine.begin() as connection:
        query = select(t.IDENTITY.c.person_id).where(t.IDENTITY.c.value == "listed@example.org")
        person = connection.execute(query).scalar_one()
        entry = {"person_id": person, "origin": "csv", "vendor_user_id": "", "role": ""}
        connection.execute(insert(t.ROSTER_ENTRY).values(**entry, eligible=True))
    desk.remove("Main", purge=True)
    with desk.engine.connect() as connection:
        left = set(connection.execute(select(t.IDENTITY.c.value)).scalars())
    assert left == {"rin@example.org", "listed@example.org"}


def write_one(engine: Engine, email: str, number: int) -> None:
    """Write a day of one person, in a week of their own."""
    day = date(2026, 10, 1) + timedelta(days=len(email))
    facts = day_facts({email: 1}, day, connection_id=number)
    read_at = clock.now()
    replace_day(engine, connection_id=number, report=REPORT, day=day, facts=facts, read_at=read_at)


def test_a_number_is_never_given_again(desk: Desk) -> None:
    """Another organization does not take over what a removed connection left."""
    desk.add()
    desk.sync()
    number = desk.row().id
    desk.remove()
    desk.add("Other", TWO)
    assert desk.row("Other").id > number
    desk.sync()
    with desk.engine.connect() as connection:
        read = select(t.DAY_READ.c.connection_id, func.count()).group_by(t.DAY_READ.c.connection_id)
        assert {count for _, count in connection.execute(read)} == {10 * REPORTS}


def test_a_number_that_an_id_was_seen_under_is_not_given_again(desk: Desk) -> None:
    """Who is on a file's roster keeps an id of a purged connection, and has one of the next."""
    desk.add()
    number = desk.row().id
    facts = DayFacts()
    facts.identities = {1: Identified("user_id", "user_1")}
    with desk.engine.begin() as connection:
        register_all(connection, facts, number, TODAY)
        person = connection.execute(select(t.IDENTITY.c.person_id)).scalar_one()
        connection.execute(insert(t.ROSTER_ENTRY).values(person_id=person, origin="csv"))
    desk.remove(purge=True)
    desk.add("Other", TWO)
    assert desk.row("Other").id > number


@pytest.mark.parametrize("tried", [True, False])
def test_an_organization_that_comes_back_counts_once(desk: Desk, *, tried: bool) -> None:
    """Removed with its data kept and connected again, it has the figures that it had.

    Whether its key was tried when it was added or not.
    """
    desk.add()
    desk.sync()
    before = desk.week_sessions(), stored(desk.engine, t.PERSON, t.IDENTITY)
    facts = {name: len(rows) for name, rows in stored(desk.engine, *KEPT).items()}
    desk.remove()
    desk.add("Back", f"{ONE}x", test=tried)
    assert desk.sync()["Back"].status == "ok"
    assert (desk.week_sessions(), stored(desk.engine, t.PERSON, t.IDENTITY)) == before
    assert desk.week_sessions() == truth()
    assert {name: len(rows) for name, rows in stored(desk.engine, *KEPT).items()} == facts
    assert connections.list_all(desk.engine)[0].first_day == FIRST


def test_days_read_anew_win_over_what_was_left(desk: Desk) -> None:
    """A connection that read some days before it was recognised keeps its own reading of them."""
    desk.add()
    desk.sync()
    desk.remove()
    connect(desk.engine, "Blind", id=9)
    write(desk.engine, TODAY, connection_id=9)
    with desk.engine.begin() as connection:
        connections.take_over(connection, 9, "one")
    with desk.engine.connect() as connection:
        mine = select(func.count()).select_from(t.ACTIVITY_DAY)
        assert connection.execute(mine.where(t.ACTIVITY_DAY.c.day == TODAY)).scalar() == 1
        c = t.DAY_READ.c
        read = select(func.count()).where(c.connection_id == 9, c.report == REPORT)
        assert connection.execute(read).scalar() == 10
        assert connection.execute(select(t.TOUCHED_WEEK.c.week)).scalars().all()


def test_what_was_never_read_can_be_removed_again_and_again(desk: Desk) -> None:
    """A number under which nothing was kept is given anew, and left anew."""
    for _ in range(2):
        desk.add(test=False)
        desk.remove()
    assert not connections.exist(desk.engine)
