"""The people page: who may be one person, merged, split, dismissed, and undone."""

from collections.abc import Callable
from importlib import import_module

import pytest
from streamlit.testing.v1 import AppTest

from claude_dash.clock import today
from claude_dash.people import identities
from claude_dash.people.roster import import_csv
from claude_dash.store.audit import latest
from claude_dash.ui import merging, server
from tests.pages.test_pages import fill, show, store, words

__all__ = ["show", "store"]
KIM, SAME, LEE = "kim@example.com", "kim@example.org", "lee@example.com"
SAID = "Nobody looks like somebody else."


@pytest.fixture
def rebuilt(monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Let no roll-up run in the background; return how often one was asked for."""
    asked: list[bool] = []
    found = import_module("claude_dash.ui.matching")
    monkeypatch.setattr(found, "roll_up_in_background", lambda: asked.append(True))
    return asked


@pytest.fixture
def page(show: Callable[..., AppTest], store: server.Opened, rebuilt: list[bool]) -> AppTest:
    """Return the section of the page, of three people, two of whom may be one."""
    assert not rebuilt
    rows = "\r\n".join(["email,team", *(f"{one},Web" for one in (KIM, SAME, LEE))])
    import_csv(store.engine, store.vault, rows.encode(), today=today())
    return opened(show, "Same person")


def opened(show: Callable[..., AppTest], section: str) -> AppTest:
    """Return a section of the page."""
    return show("people").radio(key="people-section").set_value(section).run()


def press(page: AppTest, label: str) -> AppTest:
    """Press a button, by what it says."""
    page = next(one for one in page.button if one.label == label).click().run()
    assert not page.exception
    return page


def addresses(store: server.Opened) -> list[list[str]]:
    """Return the addresses of everybody."""
    found = identities.people(store.engine, today())
    return [[name.value for name in one.names] for one in found]


def tick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every suggestion be ticked: a table cannot be edited in these tests."""
    monkeypatch.setattr(merging, "_table", lambda found: [True] * len(found))


def test_nothing_is_ticked_for_the_admin(page: AppTest, store: server.Opened) -> None:
    """A suggestion alone changes nothing, and no button does without a tick."""
    assert SAID not in words(page)
    for label in ("Are one", "Are not, never ask again"):
        assert "Nothing is ticked." in words(press(page, label))
    assert addresses(store) == [[KIM], [SAME], [LEE]]


def test_a_suggestion_is_accepted_and_undone(
    page: AppTest, store: server.Opened, rebuilt: list[bool], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two are one, figures are rebuilt, and one button gives them back."""
    tick(monkeypatch)
    page = press(page, "Are one")
    assert addresses(store) == [[KIM, SAME], [LEE]]
    assert SAID in words(page)
    assert "What can be undone" in words(page)
    page = press(page, "Undo")
    assert addresses(store) == [[KIM], [SAME], [LEE]]
    assert "What can be undone" not in words(page)
    assert rebuilt == [True, True]


def test_a_suggestion_is_dismissed_for_good(
    page: AppTest, store: server.Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They stay two, and the page asks no more."""
    tick(monkeypatch)
    assert SAID in words(press(page, "Are not, never ask again"))
    assert addresses(store) == [[KIM], [SAME], [LEE]]


def test_two_people_are_chosen_and_one_is_split_off(page: AppTest, store: server.Opened) -> None:
    """By address; nobody is merged with themselves."""
    assert "Nobody can be merged with themselves" in words(press(page, "Merge people"))
    page.selectbox(key="merge-person").set_value(LEE)
    page = press(page, "Merge people")
    assert addresses(store) == [[KIM, LEE], [SAME]]
    assert page.selectbox(key="split-name").options == [f"{LEE} (email) of {KIM}"]
    press(page, "Split off")
    assert addresses(store) == [[KIM], [SAME], [LEE]]


def test_what_stands_in_the_way_is_said(page: AppTest, store: server.Opened) -> None:
    """The error of an undoing is in words, and nothing changed."""
    for name in (LEE, KIM):
        page.selectbox(key="merge-person").set_value(name)
        page.selectbox(key="merge-into-person").set_value(SAME)
        page = press(page, "Merge people")
    first = min(one.key for one in page.button if str(one.key).startswith("undo-"))
    page = page.button(key=first).click().run()
    assert "Undo the later change first" in words(page)
    assert addresses(store) == [[KIM, SAME, LEE]]


def test_closed_weeks_of_workspaces_are_attributed_anew_when_the_admin_asks(
    show: Callable[..., AppTest], store: server.Opened, rebuilt: list[bool]
) -> None:
    """A button says so, and the log names who pressed it."""
    fill(store)
    press(opened(show, "Teams"), "Attribute closed weeks anew")
    assert rebuilt == [True]
    assert latest(store.engine, 1)[0].action == "team.reattribute"
