"""The connect page for telemetry: a token shown once, snippets, waiting, and what arrived."""

from collections.abc import Callable
from typing import Any

from streamlit.testing.v1 import AppTest

from claude_dash import connections
from claude_dash.ui import server
from tests.pages.test_pages import show, store, words

__all__ = ["show", "store"]


def _form(show: Callable[..., AppTest]) -> AppTest:
    page = show("connect")
    page.radio(key="step").set_value("2 Enter key or bucket").run()
    return page.radio(key="connect-kind").set_value("Telemetry").run()


def _press(page: AppTest, label: str) -> AppTest:
    return next(one for one in page.button if one.label == label).click().run()


def test_a_token_is_made_with_its_snippets(show: Any, store: server.Opened) -> None:
    """Making a token saves a connection that waits, and shows settings with the token in them."""
    page = _press(_form(show), "Make a token")
    assert not page.exception
    (listed,) = connections.list_all(store.engine)
    assert (listed.kind, listed.status) == ("telemetry", "waiting")
    assert "cdash_" in page.code[0].value
    assert "reached from this machine alone" in words(page)
    assert "nothing has arrived yet" in words(page)
    assert "Waiting" in words(page)


def test_what_is_no_attribute_is_told(show: Any, store: server.Opened) -> None:
    """A line that is no pair is refused before anything is saved."""
    page = _form(show)
    page.text_area(key="telemetry-attributes").set_value("platform")
    page = _press(page, "Make a token")
    assert "Write KEY=VALUE" in words(page)
    assert connections.list_all(store.engine) == []


def test_a_new_token_and_none(show: Any, store: server.Opened) -> None:
    """A token can be replaced and ended where the connection is managed."""
    page = _press(_form(show), "Make a token")
    page = _press(page, "New token")
    assert not page.exception
    assert [one.value for one in page.code if one.value.startswith("cdash_")]
    page = _press(page, "Revoke all tokens")
    assert not page.exception
    assert store.engine is not None
