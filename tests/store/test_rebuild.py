"""Promises of a rebuild on both stores: its weeks stand together, whatever happens meanwhile."""

import subprocess
from collections.abc import Callable
from datetime import date
from types import ModuleType
from typing import Any

import pytest
from sqlalchemy import Engine, select

from claude_dash import answers, rollup
from claude_dash.access.readers import Reader, Role
from claude_dash.config import PREFIX, Settings
from claude_dash.facts import tables as t
from claude_dash.facts.identity import Identified
from claude_dash.metrics.release import Query
from claude_dash.people import identities, moves
from claude_dash.privacy.policy import Policy
from claude_dash.rollup import beside, roll_up
from claude_dash.rollup.once import ORDER
from claude_dash.rollup.order import set_order
from claude_dash.rollup.progress import rebuilding
from claude_dash.store import retention
from claude_dash.store.vault import Vault
from claude_dash.store.write import touch
from claude_dash.ui.server import REBUILDING
from tests.rolled import ALL, CONSOLE, MONDAY, WEEK, Rolled

READER = Reader("test", Role.VIEWER)
TELEMETRY = 3
WEEKS = [MONDAY - number * WEEK for number in range(5)]
CLIENTS_FIRST = ("telemetry", *(kind for kind in ORDER if kind != "telemetry"))
KEPT = (t.RELEASE_ROW, t.GROUP_ROW, t.PERSON_WEEK, t.PERSON_SPAN, t.PERSON_USE, t.TOUCHED_WEEK)
ADDRESS = "person-1@example.com"


class StoppedError(Exception):
    """Stands for a process that ends."""


@pytest.fixture
def world(store: Engine, settings: Settings) -> Rolled:
    """Return people whom a Console and telemetry see in five weeks, each with its own numbers."""
    world = Rolled(settings, store)
    world.connect(CONSOLE, "console")
    world.connect(2, "enterprise")
    world.connect(TELEMETRY, "telemetry", "")
    world.setup(1)
    world.teams(first=(1,), second=(2,))
    world.people(range(1, 13), team=1)
    world.people(range(13, 25), team=2)
    world.read(*WEEKS)
    for who in range(1, 25):
        for day in WEEKS:
            world.code(who, sessions=2, day=day)
            world.add(t.CLIENT_DAY, who, day, connection_id=TELEMETRY, setup=1, sessions=3)
    world.roll(*WEEKS)
    return world


def dump(world: Rolled, *but: str) -> dict[str, set[tuple[object, ...]]]:
    """Return all that a roll-up writes."""
    return {one.name: set(map(tuple, world.rows_of(one))) for one in KEPT if one.name not in but}


def sessions(world: Rolled) -> list[int | str]:
    """Return the sessions that each week tells, newest first."""
    return [world.released("sessions", start=monday)[ALL, ""] for monday in WEEKS]


def reorder(world: Rolled) -> None:
    """Let telemetry count before the Console, in every week."""
    set_order(world.engine, CLIENTS_FIRST, actor="admin@example.com")


def meanwhile(
    monkeypatch: pytest.MonkeyPatch,
    do: Callable[[date], object],
    name: str = "make_week",
    module: ModuleType = rollup,
) -> None:
    """Do something before each week of a rebuild, or in another step of it."""
    real = getattr(module, name)

    def step(connection: Any, *more: Any) -> object:
        do(getattr(more[0], "monday", MONDAY) if more else MONDAY)
        return real(connection, *more)

    monkeypatch.setattr(module, name, step)


def stop_at(week: date) -> Callable[[date], None]:
    """Return what ends the process at a week."""

    def stop(monday: date) -> None:
        if monday == week:
            raise StoppedError

    return stop


@pytest.mark.parametrize("step", ["make_week", "_roll_up_later", "publish", "bump", "discard"])
def test_what_is_cut_off_shows_nothing_half(
    world: Rolled, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    """Wherever it ends, all weeks are as they were or all are new; the next one does the rest."""
    before = dump(world, "touched_week")
    reorder(world)
    with monkeypatch.context() as patched:
        stop = stop_at(WEEKS[2]) if step == "make_week" else stop_now
        meanwhile(patched, stop, step)
        with pytest.raises(StoppedError):
            roll_up(world.engine, world.settings)
    if step == "discard":  # the last thing
        assert sessions(world) == [24 * 3] * 5
    else:
        assert dump(world, "touched_week") == before
        assert {row.week for row in world.rows_of(t.TOUCHED_WEEK)} == set(WEEKS)
    roll_up(world.engine, world.settings)
    assert sessions(world) == [24 * 3] * 5
    assert not world.rows_of(t.TOUCHED_WEEK)
    assert rebuilding(world.engine) is None


def stop_now(_: object) -> None:
    """End the process."""
    raise StoppedError


def test_others_see_the_old_state_until_all_is_new(
    world: Rolled, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between two weeks, and while months are made, nothing is new but how far it got."""
    reorder(world)
    before, seen = dump(world), []

    def look(_: object) -> None:
        assert dump(world) == before
        seen.append(rebuilding(world.engine))

    meanwhile(monkeypatch, look)
    meanwhile(monkeypatch, look, "_roll_up_later")
    roll_up(world.engine, world.settings)
    assert seen == [(0, 5), (1, 5), (2, 5), (3, 5), (4, 5), (4, 5)]
    assert sessions(world) == [24 * 3] * 5
    assert rebuilding(world.engine) is None


def test_a_week_that_changes_meanwhile_is_rebuilt_again(
    world: Rolled, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What arrives for a week after the look at the store is in the figures of the next pass."""
    reorder(world)
    rebuilt: list[date] = []

    def add(monday: date) -> None:
        rebuilt.append(monday)
        if len(rebuilt) == 2:
            for week in (WEEKS[0], WEEKS[4]):  # one that was drafted already, and one that was not
                world.add(t.CLIENT_DAY, 1, week, connection_id=TELEMETRY, setup=1, sessions=7,
                          terminal_type="later")  # fmt: skip
            world.write()
            with world.engine.begin() as connection:
                touch(connection, {WEEKS[0], WEEKS[4]})
        elif len(rebuilt) == len(WEEKS) + 1:
            assert sessions(world) == [24 * 3] * 5

    meanwhile(monkeypatch, add)
    roll_up(world.engine, world.settings)
    assert rebuilt == [*WEEKS, WEEKS[0], WEEKS[4]]
    assert sessions(world) == [24 * 3 + 7, *[24 * 3] * 3, 24 * 3 + 7]


def test_clients_that_go_on_sending_hold_nobody_up(
    world: Rolled, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A week that is marked in every pass is left for the next roll-up after one more."""
    reorder(world)
    passes: list[date] = []

    def mark(monday: date) -> None:
        passes.append(monday)
        with world.engine.begin() as connection:
            touch(connection, {MONDAY})

    meanwhile(monkeypatch, mark)
    assert roll_up(world.engine, world.settings) == len(WEEKS)
    assert passes == [*WEEKS, MONDAY]
    assert [row.week for row in world.rows_of(t.TOUCHED_WEEK)] == [MONDAY]


def test_a_process_beside_the_pages_rebuilds_what_is_marked(
    world: Rolled, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What an administrator changed stands when the process that the server starts has ended."""
    reorder(world)
    url = world.engine.url.render_as_string(hide_password=False)
    monkeypatch.setenv(f"{PREFIX}DATABASE_URL", url)
    subprocess.run(REBUILDING, check=True, timeout=60)
    assert sessions(world) == [24 * 3] * 5


def test_a_companion_makes_weeks_and_is_missed_by_nobody(
    world: Rolled, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second process makes some of the weeks; when it has died, the first makes all of them."""
    before, own = dump(world), []
    meanwhile(monkeypatch, own.append, module=beside)
    with beside.accompanied(world.engine) as companion:
        reorder(world)
        roll_up(world.engine, world.settings, companion)
        assert sessions(world) == [24 * 3] * 5
        assert len(own) < len(WEEKS)
        companion.process.kill()
        companion.process.wait()
        own.clear()
        set_order(world.engine, ORDER, actor="admin@example.com")
        roll_up(world.engine, world.settings, companion)
    assert dump(world) == before
    assert set(own) == set(WEEKS)


def test_a_week_that_changes_before_the_companion_looks_is_not_its_own(
    world: Rolled, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The first process makes it from the state that all other weeks are made from."""
    reorder(world)
    own: list[date] = []
    published: list[list[int | str]] = []
    meanwhile(monkeypatch, own.append, module=beside)
    meanwhile(monkeypatch, lambda _: published.append(sessions(world)), "discard")
    send = beside.Companion.send

    def late(companion: beside.Companion, what: object) -> None:
        if isinstance(what, Policy) and not published:
            world.add(t.CLIENT_DAY, 1, WEEKS[4], connection_id=TELEMETRY, setup=1, sessions=7,
                      terminal_type="later")  # fmt: skip
            world.write()
            with world.engine.begin() as connection:
                touch(connection, {WEEKS[4]})
        send(companion, what)

    monkeypatch.setattr(beside.Companion, "send", late)
    with beside.accompanied(world.engine) as companion:
        roll_up(world.engine, world.settings, companion)
    assert WEEKS[4] in own
    assert published == [[24 * 3] * 5, [*[24 * 3] * 4, 24 * 3 + 7]]


def test_whoever_is_erased_meanwhile_does_not_come_back(
    world: Rolled, monkeypatch: pytest.MonkeyPatch, settings: Settings
) -> None:
    """No week, no first and last day of somebody is written after the erasure."""
    vault = Vault(settings)
    who = Identified("email", ADDRESS).who(vault.pseudonym_key)
    person = 99
    world.somebody(person)
    world.principal(who, person)
    world.code(who)
    world.write()
    with world.engine.begin() as connection:
        touch(connection, {MONDAY})
    meanwhile(monkeypatch, lambda _: retention.erase(world.engine, vault, ADDRESS))
    roll_up(world.engine, world.settings)
    for table in (t.PERSON_WEEK, t.PERSON_SPAN, t.PERSON_USE):
        assert not world.rows_of(table, person_id=person)
    with world.engine.connect() as connection:
        assert (
            connection.execute(select(t.PERSON.c.id).where(t.PERSON.c.id == person)).first() is None
        )


def test_a_merge_meanwhile_stands_and_is_undone_exactly(
    world: Rolled, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who is one in the middle of a rebuild is one after it; undone, all is as it would be."""
    reorder(world)
    roll_up(world.engine, world.settings)
    expected = dump(world)
    set_order(world.engine, ORDER, actor="admin@example.com")
    roll_up(world.engine, world.settings)
    reorder(world)
    merged: list[date] = []

    def merge(monday: date) -> None:
        if not merged:
            merged.append(monday)
            identities.merge(world.engine, 1, 2, actor="admin@example.com")

    meanwhile(monkeypatch, merge)
    roll_up(world.engine, world.settings)
    assert not world.rows_of(t.PERSON_WEEK, person_id=1)
    assert not world.rows_of(t.PERSON_SPAN, person_id=1)
    assert world.released("active")[ALL, ""] == 23
    moves.undo(world.engine, moves.recent(world.engine)[0].id, actor="admin@example.com")
    roll_up(world.engine, world.settings)
    assert dump(world) == expected


def test_an_answer_is_of_one_state(world: Rolled, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rebuild that stands in the middle of an answer is in the next one, whole."""
    reorder(world)
    real = answers.current

    def look(connection: Any, smallest: int) -> object:
        found = real(connection, smallest)
        roll_up(world.engine, world.settings)
        return found

    query = Query("sessions", since=WEEKS[4], until=MONDAY + WEEK)
    with monkeypatch.context() as patched:
        patched.setattr(answers, "current", look)
        before = answers.ask(world.engine, query, READER)
    assert [row.value for row in before.rows] == [24 * 2] * 5
    after = answers.ask(world.engine, query, READER)
    assert [row.value for row in after.rows] == [24 * 3] * 5


def test_the_same_again_and_again_changes_nothing(world: Rolled) -> None:
    """However often a connection drafted before, the next draft reads what is stored."""
    before = dump(world)
    for _ in range(3):  # from the fifth time on PostgreSQL's driver prepares a statement
        for kinds in (CLIENTS_FIRST, ORDER):
            set_order(world.engine, kinds, actor="admin@example.com")
            roll_up(world.engine, world.settings)
    assert dump(world) == before
