"""Every page on its own: signed out, empty, normal, too small, and in each role."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from claude_dash import config, connections, ingest
from claude_dash.access.readers import Role, may
from claude_dash.doctor import examine
from claude_dash.rollup.progress import end, telling
from claude_dash.ui import menu, server
from claude_dash.ui import page as page_module
from claude_dash.ui.page import DEMO_ROLE
from tests import tiny

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted(menu.ENTRIES)
FIGURES = sorted(name for name, entry in menu.ENTRIES.items() if entry.has_filters)
Opened = Callable[..., AppTest]


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch, settings: config.Settings) -> Iterator[server.Opened]:
    """Yield what a server on an empty store of its own has opened."""
    monkeypatch.setenv("CLAUDE_DASH_REQUESTS_PER_MINUTE", "100000")
    monkeypatch.setenv("CLAUDE_DASH_BACKFILL_SINCE", "2026-09-07")
    config.settings.cache_clear()
    server.opened.cache_clear()
    st.cache_data.clear()
    yield server.opened()
    server.opened().engine.dispose()
    server.opened.cache_clear()
    config.settings.cache_clear()
    assert settings is not None


@pytest.fixture
def show(monkeypatch: pytest.MonkeyPatch, store: server.Opened) -> Opened:
    """Return what runs one page file alone, as a role; signed out without one."""

    def run(name: str, role: Role | None = Role.ADMIN) -> AppTest:
        monkeypatch.setattr(store, "is_demo", role is not None)
        monkeypatch.setattr(page_module, "reader_of", lambda *_: None)  # no cookie was sent
        page = AppTest.from_file(str(ROOT / "pages" / f"{name}.py"), default_timeout=60)
        if role is not None:
            page.session_state[DEMO_ROLE] = role
        return page.run()

    return run


def fill(store: server.Opened) -> None:
    """Connect the tiny organisation and read it."""
    args = (store.engine, store.vault, store.settings)
    connections.add(*args, "console", "Tiny", tiny.KEY, transport=tiny.transport())
    (outcome,) = ingest.sync(*args, transport=tiny.transport())
    assert outcome.status == "ok", outcome.error


def words(page: AppTest) -> str:
    """Return everything that a page says."""
    kinds = ("title", "markdown", "caption", "info", "warning", "error", "metric", "subheader")
    found: list[Any] = [one for kind in kinds for one in getattr(page, kind)]
    return " ".join(
        str(getattr(one, "value", "")) + " " + str(getattr(one, "label", "")) for one in found
    )


@pytest.mark.parametrize("name", PAGES)
def test_signed_out_a_page_shows_nothing(show: Opened, name: str) -> None:
    """A page that runs alone, signed out, says who must sign in and nothing of its content."""
    page = show(name, None)
    assert not page.exception
    assert [one.value for one in page.title] == ["Sign in"]
    assert not page.metric
    assert not page.button


@pytest.mark.parametrize("name", PAGES)
def test_without_a_source_a_page_says_what_to_do(show: Opened, name: str) -> None:
    """On an empty store no page fails, and pages of figures lead to the first source."""
    page = show(name)
    assert not page.exception
    if name in FIGURES:
        assert "No source is connected yet" in words(page)


def test_every_page_opens_on_a_normal_store(show: Opened, store: server.Opened) -> None:
    """With data no page fails, and only the admin's people page holds a name."""
    fill(store)
    for name in PAGES:
        page = show(name)
        assert not page.exception, name
        said = words(page)
        if name == "engagement":
            assert "Engagement needs Claude Enterprise" in said
        elif name in FIGURES:
            assert page.metric, name
        for planted in (*tiny.NAMES, *tiny.ADDRESSES, *tiny.KEYS, tiny.KEY):
            assert planted not in said, (name, planted)


@pytest.mark.parametrize("role", list(Role))
def test_a_role_opens_what_it_may(show: Opened, store: server.Opened, role: Role) -> None:
    """In the wrong role a page says so and shows nothing else."""
    fill(store)
    for name, entry in menu.ENTRIES.items():
        if may(role, entry.needs):
            continue
        page = show(name, role)
        assert "Your role does not open this page" in words(page), (role, name)
        assert not page.metric
        assert not page.dataframe


def test_a_tiny_organisation_is_told_why(
    show: Opened, store: server.Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With three people there is no figure, and the reason stands in plain words."""
    monkeypatch.setattr(tiny, "PEOPLE", 3)
    monkeypatch.setattr(tiny, "ADDRESSES", tiny.ADDRESSES[:3])
    fill(store)
    page = show("overview")
    assert "Figures start at 5 people" in words(page)
    assert not page.metric


def test_a_refused_key_is_a_banner(show: Opened, store: server.Opened) -> None:
    """A connection that is paused is named on the pages, with what to do."""
    fill(store)
    with store.engine.begin() as connection:
        connection.exec_driver_sql(
            "UPDATE connection SET status='paused', error_message='The key was refused.'"
        )
    assert "Tiny is paused: The key was refused." in words(show("overview"))


def test_a_rebuild_says_how_far_it_got(show: Opened, store: server.Opened) -> None:
    """While many weeks are rebuilt, pages say how many are done, and that figures are as before."""
    fill(store)
    telling(store.engine)(12, 53)
    said = "Rebuilding: 12 of 53 weeks. Until all are done, figures are as they were."
    assert said in words(show("overview"))
    (found,) = [one for one in examine(store.settings).checks if one.name == "figures"]
    assert found.hint == "rebuilding: 12 of 53 weeks"
    with store.engine.begin() as connection:
        end(connection)
    assert "Rebuilding" not in words(show("overview"))


def test_the_menu_lists_what_a_role_may_open() -> None:
    """An auditor sees no page of figures in the menu; a viewer none of administration."""
    listed = {role: {e.name for e in menu.ENTRIES.values() if may(role, e.needs)} for role in Role}
    assert listed[Role.AUDITOR] == {"trust", "glossary", "settings"}
    assert listed[Role.VIEWER] == {*FIGURES, "exports", "trust", "glossary"}
    assert listed[Role.ADMIN] == set(PAGES)
