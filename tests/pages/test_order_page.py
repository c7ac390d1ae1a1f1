"""The order of sources in the settings: everybody there sees it, an administrator moves it."""

from collections.abc import Callable
from importlib import import_module

import pytest
from streamlit.testing.v1 import AppTest

from claude_dash.access.readers import Role
from claude_dash.rollup.once import ORDER
from claude_dash.rollup.order import order_of
from claude_dash.ui import server
from tests.pages.test_pages import fill, show, store, words

__all__ = ["show", "store"]


@pytest.fixture(autouse=True)
def begun(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return how often figures began to be rebuilt."""
    rebuilt: list[str] = []
    found = import_module("claude_dash.ui.order")
    monkeypatch.setattr(found, "roll_up_in_background", lambda: rebuilt.append("rebuilt"))
    return rebuilt


def order(store: server.Opened) -> list[str]:
    """Return the order that holds."""
    with store.engine.connect() as connection:
        return list(order_of(connection))


def test_a_source_is_moved_up_and_the_order_restored(
    show: Callable[..., AppTest], store: server.Opened, begun: list[str]
) -> None:
    """The first has nothing to rise to, hooks stay the last, and figures are rebuilt."""
    fill(store)
    page = show("settings").radio(key="settings-section").set_value("Sources").run()
    assert "Which source counts" in words(page)
    keys = {one.key for one in page.button if one.label == "Move up"}
    assert keys == {"up-console", "up-bedrock", "up-telemetry", "up-sessions"}
    page = page.button(key="up-telemetry").click().run()
    assert not page.exception
    assert order(store) == ["enterprise", "console", "telemetry", "bedrock", "sessions", "hooks"]
    page = page.button(key="order-reset").click().run()
    assert order(store) == list(ORDER)
    assert len(begun) == 2
    assert "order-reset" not in {one.key for one in page.button}


def test_an_auditor_sees_the_order_and_changes_nothing(
    show: Callable[..., AppTest], store: server.Opened
) -> None:
    """No button is there for whoever may not change anything."""
    fill(store)
    page = show("settings", Role.AUDITOR)
    page = page.radio(key="settings-section").set_value("Sources").run()
    assert "Session files" in words(page)
    assert "Move up" not in {one.label for one in page.button}
