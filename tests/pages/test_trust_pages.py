"""What Data trust and the strip at each page's head say of sources, and to whom."""

from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import update
from streamlit.testing.v1 import AppTest

from claude_dash.access.readers import Role
from claude_dash.facts import tables as t
from claude_dash.privacy.policy import raise_k
from claude_dash.ui import server
from claude_dash.ui.menu import ENTRIES
from tests.pages.test_pages import show, store, words
from tests.rolled import CONSOLE, ENTERPRISE, MONDAY, WEEK, Rolled

__all__ = ["show", "store"]
TELEMETRY = 4
Show = Callable[..., AppTest]


@pytest.fixture
def world(store: server.Opened) -> Rolled:
    """Return 40 people of a roster file in two teams; 30 of them are known to the Console."""
    made = Rolled(store.settings, store.engine)
    made.connect(CONSOLE, "console")
    made.connect(ENTERPRISE, "enterprise")
    made.read(*(MONDAY - number * WEEK for number in range(5)))
    made.teams(Platform=(1, 2))
    made.people(range(1, 21), 1)
    made.people(range(21, 41), 2)
    made.erase(t.ROSTER_ENTRY, origin="vendor")
    for who in range(1, 31):
        made.code(who)
    return made


def test_the_map_and_its_share_beside_every_adoption_rate(show: Show, world: Rolled) -> None:
    """75 % are visible: amber wherever adoption stands, with the map on Data trust."""
    world.roll(*(MONDAY - number * WEEK for number in range(4)))
    says = "Only 75% of eligible people are visible (W46)"
    for name, times in (("overview", 2), ("active_users", 2), ("trust", 1)):
        page = show(name)
        assert not page.exception
        assert words(page).count(says) == times, name
    tables = [one.value.to_dict("list") for one in page.table]
    found = next(one for one in tables if "Known to" in one)
    assert dict(zip(found["Known to"], found["people"], strict=True)) == {
        "Claude Enterprise": "0", "Claude Console": "30", "Several of them": "0", "None": "10",
        "All": "40",
    }  # fmt: skip
    assert "One of two teams is under 90%" in words(page)


def test_the_map_is_a_figure(show: Show, world: Rolled) -> None:
    """The auditor sees Data trust without it."""
    world.roll(*(MONDAY - number * WEEK for number in range(4)))
    said = words(show("trust", Role.AUDITOR))
    assert "visible" not in said
    assert "Who is visible" in words(show("trust", Role.VIEWER))


@pytest.mark.parametrize("name", sorted(ENTRIES))
def test_every_page_tells_of_the_sources(show: Show, world: Rolled, name: str) -> None:
    """How far, how final, how late, what is missing and why, and what is paused: a line each."""
    for number in range(3):
        world.erase(t.DAY_READ, connection_id=CONSOLE, day=MONDAY + timedelta(days=number))
    model = {"connection_id": CONSOLE, "model": "brand-new", "input_tokens": 7}
    world.add(t.MODEL_USAGE_DAY, 1, MONDAY + timedelta(days=4), **model)
    world.roll(*(MONDAY - number * WEEK for number in range(4)))
    with world.engine.begin() as connection:
        paused = update(t.CONNECTION).where(t.CONNECTION.c.id == CONSOLE)
        connection.execute(paused.values(status="paused", error_message="The key was refused."))
    page = show(name)
    assert not page.exception
    said = words(page)
    if name == "engagement":  # of Enterprise alone
        assert "**console 1**" not in said
        return
    assert (
        "**console 1** · :orange[:material/pause_circle: paused] · complete to Sun 15 Nov" in said
    )
    assert "3 days are missing: Mon 9 Nov, Tue 10 Nov, Wed 11 Nov; the source is paused" in said
    assert "3 days behind, usually" in said
    assert "1 model has no price" in said


def test_who_may_not_see_figures_is_told_of_sources_alone(show: Show, world: Rolled) -> None:
    """The auditor's strip has no word of models or money."""
    model = {"connection_id": CONSOLE, "model": "brand-new", "input_tokens": 7}
    world.add(t.MODEL_USAGE_DAY, 1, MONDAY, **model)
    world.roll()
    said = words(show("trust", Role.AUDITOR))
    assert "**console 1** · complete to Sun 15 Nov" in said
    assert "no price" not in said


def test_two_sources_side_by_side(show: Show, world: Rolled) -> None:
    """Whoever may see figures chooses two sources and sees totals, difference and reasons."""
    world.connect(TELEMETRY, "telemetry", "")
    world.setup(1, version="2.1.329")
    for who in range(1, 31):
        world.add(t.CLIENT_DAY, who, MONDAY, connection_id=TELEMETRY, setup=1, terminal_type="",
                  sessions=3)  # fmt: skip
    world.roll(MONDAY)
    page = show("trust", Role.VIEWER)
    chosen = page.selectbox(key="reconcile")
    assert chosen.value is None
    names = f"console {CONSOLE} and telemetry {TELEMETRY}"
    assert names in chosen.options
    page = chosen.set_value(names).run()
    assert not page.exception
    tables = [one.value.to_dict("list") for one in page.table]
    found = next(one for one in tables if "Difference" in one)
    first = {name: values[0] for name, values in found.items()}
    assert first == {
        "Measure": "Sessions", f"console {CONSOLE}": "30", f"telemetry {TELEMETRY}": "90",
        "Difference": "+60 (+200.0%)",
    }  # fmt: skip
    said = words(page)
    assert f"People in both, {names}: 30" in said
    assert f"28 of 28 days of telemetry {TELEMETRY} were not read" in said
    assert not any(one.key == "reconcile" for one in show("trust", Role.AUDITOR).selectbox)


def test_what_was_revised_stands_with_its_reason(show: Show, world: Rolled) -> None:
    """A final week: what enough people changed has a line, and then what few changed waits."""
    final = MONDAY - 9 * WEEK
    world.read(final)
    for who in range(1, 31):
        world.code(who, 2, final)
    world.roll(final)
    show("overview")
    for people, sessions in ((range(1, 11), 3), ([11], 9)):
        with world.engine.begin() as connection:
            c = t.ACTIVITY_DAY.c
            late = update(t.ACTIVITY_DAY).where(c.who.in_(list(people)), c.day == final)
            connection.execute(late.values(sessions=sessions))
        world.roll(final)
    page = show("trust")
    tables = [one.value.to_dict("list") for one in page.table]
    found = next(one for one in tables if "Was" in one)
    rows = zip(*(found[name] for name in ("Period", "Whose", "Figure", "Was", "Is", "Why")),
               strict=True)  # fmt: skip
    assert sorted(rows) == [
        ("W37 2026", "Organisation", "Sessions", "60", "70", "late data"),
        ("W37 2026", "Platform", "Sessions", "60", "70", "late data"),
        ("W37 2026", "Team 1", "Sessions", "40", "50", "late data"),
    ]
    assert "keep their earlier figures of W37" in words(page)
    assert "Was" not in str([one.value for one in show("trust", Role.AUDITOR).table])
    with world.engine.begin() as connection:
        raise_k(connection, 6, made_by="admin@example.com", reason="", smallest=5)
    assert "Was" not in str([one.value for one in show("trust").table])
