"""Prices on the pages: who sees and changes them, what is refused, and what cost is said to be."""

from collections.abc import Callable
from datetime import date
from importlib import import_module

import pytest
from sqlalchemy import insert, select
from streamlit.testing.v1 import AppTest

from claude_dash.access.readers import Role
from claude_dash.clock import now
from claude_dash.facts import tables as t
from claude_dash.store import invocations
from claude_dash.store.overrides import overrides
from claude_dash.ui import server
from claude_dash.ui.tables import as_text
from tests.pages.test_pages import fill, show, store, words

__all__ = ["show", "store"]
Show = Callable[..., AppTest]
PROFILE, SONNET = "application-inference-profile/abc123def456", "anthropic.claude-sonnet-4-6"
RATES = {
    "input": "2.5",
    "cache_write_5m": "3",
    "cache_write_1h": "",
    "cache_read": "0.25",
    "output": "12",
}


@pytest.fixture(autouse=True)
def begun(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Return how often figures began to be rebuilt."""
    rebuilt: list[str] = []
    found = import_module("claude_dash.ui.prices")
    monkeypatch.setattr(found, "roll_up_in_background", lambda: rebuilt.append("rebuilt"))
    return rebuilt


@pytest.fixture
def bucket(store: server.Opened) -> server.Opened:
    """Connect a bucket with calls of a model with a price and of one without."""
    counters = {**dict.fromkeys(invocations.COUNTERS, 0), "requests": 1, "input_tokens": 10**6}
    key = {"connection_id": 9, "day": date(2026, 11, 17), "who": 7, "scope": "global", "band": 0}
    with store.engine.begin() as connection:
        connection.execute(
            insert(t.CONNECTION),
            {"id": 9, "name": "Logs", "kind": "bedrock", "created_at": now()},
        )
        rows = [{**key, **counters, "model": model} for model in (PROFILE, SONNET)]
        invocations.add(connection, rows, [])
    return store


@pytest.fixture
def both(store: server.Opened, request: pytest.FixtureRequest) -> None:
    """Connect a Console, and then the bucket."""
    fill(store)
    request.getfixturevalue("bucket")


def settings(show: Show, role: Role = Role.ADMIN) -> AppTest:
    """Return the section about prices."""
    page = show("settings", role)
    return page.radio(key="settings-section").set_value("Prices").run()


def enter(page: AppTest, model: str, **typed: str) -> AppTest:
    """Fill in the form for a price and send it."""
    page.selectbox(key="price-model").set_value(model)
    for name, value in {**RATES, **typed}.items():
        page.text_input(key=f"price-{name}").set_value(value)
    page.date_input(key="price-starts").set_value(date(2026, 11, 1))
    page = next(one for one in page.button if one.label == "Set price").click().run()
    assert not page.exception
    return page


def costs(found: server.Opened) -> dict[str, int | None]:
    """Return the stored cost by model, in cents."""
    c = t.INVOCATION_DAY.c
    with found.engine.connect() as connection:
        rows = connection.execute(select(c.model, c.cost_estimated)).all()
    return {model: cost and cost // 10_000_000 for model, cost in rows}


@pytest.mark.usefixtures("bucket")
def test_every_price_in_force_is_shown_with_its_source(show: Show) -> None:
    """The table has each model and scope, since when, from where and read when."""
    page = settings(show, Role.AUDITOR)
    assert not page.exception
    table = page.dataframe[0].value
    rows = {(row["Model"], row["Scope"]): row for row in table.to_dict("records")}
    assert rows["anthropic.claude-sonnet-5-5", "global"] == {
        "Model": "anthropic.claude-sonnet-5-5",
        "Scope": "global",
        "Input": "2",
        "Cache write, 5 min": "2.5",
        "Cache write, 1 h": "4",
        "Cache read": "0.1",
        "Output": "10",
        "In force since": "7 Oct 2026",
        "Source": "LiteLLM 1.109.1",
        "Read": "21 Nov 2026",
    }
    assert "anthropic.claude-haiku-5-5, prompts above 100,000 tokens" in set(table.Model)
    assert f"Without a price: {as_text([PROFILE])}" in words(page)
    assert not page.button  # an auditor changes nothing


def test_a_price_is_set_changed_and_taken_back(
    show: Show, bucket: server.Opened, begun: list[str]
) -> None:
    """Stored calls of open weeks cost what is set, and the figures are rebuilt each time."""
    listed = {PROFILE: None, SONNET: 300}
    assert costs(bucket) == listed
    page = enter(settings(show), PROFILE)
    assert costs(bucket) == {**listed, PROFILE: 250}
    assert "Without a price" not in words(page)
    page = enter(page, PROFILE, input="2")
    assert costs(bucket) == {**listed, PROFILE: 200}
    with bucket.engine.connect() as connection:
        (kept,) = overrides(connection)
    assert (kept.scope, kept.starts) == ("any", date(2026, 11, 1))
    page = next(one for one in page.button if one.label == "Take back").click().run()
    assert not page.exception
    assert costs(bucket) == listed
    assert begun == ["rebuilt"] * 3


@pytest.mark.parametrize(
    ("typed", "says"),
    [
        ({"input": ""}, "input is not a number"),
        ({"output": "2,5"}, "output is not a number"),
        ({"cache_read": "-1"}, "cache read must be from 0 to 10,000"),
    ],
)
def test_what_is_no_price_is_refused_in_words(
    show: Show, bucket: server.Opened, begun: list[str], typed: dict[str, str], says: str
) -> None:
    """The error names the field and says how to enter it; nothing is saved."""
    page = enter(settings(show), SONNET, **typed)
    assert any(says in one.value and "million tokens" in one.value for one in page.error)
    assert costs(bucket) == {PROFILE: None, SONNET: 300}
    assert begun == []


def test_finance_changes_prices_where_cost_is_shown(show: Show, bucket: server.Opened) -> None:
    """Finance has the form on Cost; a viewer sees neither the form nor what we pay."""
    page = enter(show("cost", Role.FINANCE), SONNET, input="1")
    assert costs(bucket)[SONNET] == 100
    said = [words(one) for one in (page, show("cost", Role.VIEWER))]
    assert "Our own prices" in said[0]
    assert "Our own prices" not in said[1]


@pytest.mark.usefixtures("both")
def test_cost_says_what_it_is_made_of(show: Show) -> None:
    """With Bedrock: an estimate at list price, writes at 5 minutes, at least what is shown."""
    said = words(show("cost", Role.VIEWER))
    assert "estimate at list price as read on 21 November 2026" in said
    assert "at most" in said  # there is another source as well
    assert "priced at 5 minutes" in said
    assert "up to 37.5%" in said
    for page in ("cost", "tokens", "trust"):
        assert as_text([PROFILE]) in words(show(page, Role.VIEWER)), page


def test_without_bedrock_nothing_is_said_of_it(show: Show, store: server.Opened) -> None:
    """A Console alone has no prices of ours."""
    fill(store)
    page = show("cost")
    assert "list price as read on" not in words(page)
    assert not [one for one in page.expander if "Bedrock" in one.label]
