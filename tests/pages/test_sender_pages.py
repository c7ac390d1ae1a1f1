"""The connect page for telemetry: save, copy, wait for a batch, and change."""

from collections.abc import Callable
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from claude_dash import connections
from claude_dash.access.readers import Role
from claude_dash.connections import senders
from claude_dash.connections.senders import Options
from claude_dash.store import tokens
from claude_dash.ui import server
from tests.pages.test_pages import show, store, words
from tests.senders import VERSION, arrive, report

__all__ = ["show", "store"]
FORM = "2 Enter key or bucket"
SAVE = "Save and show the settings"


@pytest.fixture
def page(show: Callable[..., AppTest]) -> AppTest:
    """Return the form for telemetry."""
    shown = show("connect")
    shown.radio(key="step").set_value(FORM).run()
    return shown.radio(key="connect-kind").set_value("Telemetry").run()


def press(page: AppTest, label: str) -> AppTest:
    """Press a button by its label."""
    page = next(one for one in page.button if one.label == label).click().run()
    assert not page.exception
    return page


def codes(page: AppTest) -> list[str]:
    """Return everything that is there to be copied."""
    return [one.value for one in page.code]


def good(store: server.Opened) -> set[bytes]:
    """Return the digests of tokens that may be used."""
    with store.engine.connect() as connection:
        return set(tokens.targets(connection))


def test_a_plan_of_its_own(show: Callable[..., AppTest]) -> None:
    """The card says who acts, and what is not seen."""
    said = words(show("connect"))
    for one in (
        "Team, Pro, Max (telemetry)",
        "**Owner** pastes them",
        "takes the place of a collector",
        "covers the command line alone",
    ):
        assert one in said


def test_what_is_saved_is_shown_once(page: AppTest, store: server.Opened) -> None:
    """The token stands in the settings until the reader hides it; the choices hold."""
    assert "no other machine can send to it" in words(page)
    assert "takes the place of a collector" in words(page)
    page.text_input(key="telemetry-person").set_value(" person-1@example.com ")
    page.text_area(key="telemetry-attributes").set_value("department=R&D\n\nteam.id = core")
    page.selectbox(key="telemetry-protocol").set_value("http/protobuf")
    page.selectbox(key="telemetry-interval").set_value("every minute")
    page = press(page, SAVE)
    token = next(one for one in codes(page) if one.startswith(tokens.PREFIX))
    assert good(store) == {tokens.digest_of(token)}
    assert senders.options_of(store.engine, "Telemetry") == Options("person-1@example.com")
    settings = next(one for one in codes(page) if one.startswith("{"))
    for said in (token, '"http/protobuf"', '"60000"', '"department=R%26D,team.id=core"'):
        assert said in settings
    labels = [one.label for one in page.tabs]
    assert labels[0] == "Vendor's console"
    assert labels[-2:] == ["Rollout", "Message"]
    page = page.button(key="hide-token").click().run()
    assert not any(token in one for one in codes(page))
    assert "Telemetry waits for its first batch" in words(page)


@pytest.mark.parametrize(
    ("field", "value", "says"),
    [
        ("attributes", "team", "KEY=VALUE"),
        ("attributes", "team id=x", "name of an attribute"),
        ("name", " ", "needs a name"),
        ("person", "rin", "given by address"),
    ],
)
def test_what_cannot_be_used_is_told(
    page: AppTest, store: server.Opened, field: str, value: str, says: str
) -> None:
    """Nothing is saved."""
    kind: Any = page.text_area if field == "attributes" else page.text_input
    kind(key=f"telemetry-{field}").set_value(value)
    page = press(page, SAVE)
    assert any(says in one.value for one in page.error)
    assert not connections.exist(store.engine)


def test_a_test_waits_for_the_first_batch(
    show: Callable[..., AppTest], store: server.Opened
) -> None:
    """It says that it waits, and what came as soon as something did."""
    senders.add(store.engine, "telemetry", "Clients", Options())
    page = show("connect")
    assert "Waiting for its first batch" in words(page)
    assert "Waiting for its role" not in words(page)
    page = page.button(key="listen-Clients").click().run()
    assert "two minutes at most" in words(page)
    assert "Clients waits for its first batch" in words(page)
    report(store.engine, "Clients", people=5, entry_point="")
    page = page.run()
    said = words(page)
    assert not page.exception
    assert "Clients is sent telemetry" in said  # in sight, and not where it is managed
    assert [one.value for one in page.success] == ["It arrives. The newest day is Wed 18 Nov."]
    assert f"**Client versions** · {VERSION} (5 people)" in said
    assert "do not say how they were started" in said
    assert "Some people are in no team" in said
    assert "Since Wed 18 Nov 2026; no day is whole yet." in said
    assert "Nothing arrived yet" not in said
    assert "example.com" not in said


def test_what_clients_say_of_themselves_draws_no_link(
    show: Callable[..., AppTest], store: server.Opened
) -> None:
    """Whoever has a token can send any text as a version."""
    senders.add(store.engine, "telemetry", "Clients", Options())
    report(store.engine, "Clients", version="![2.1](https://example.com)")
    said = words(show("connect").button(key="listen-Clients").click().run())
    assert r"**Client versions** · \!\[2.1\]\(https" in said
    assert "](https://example.com" not in said


def test_a_test_gives_up(show: Callable[..., AppTest], store: server.Opened, clock: Any) -> None:
    """After two minutes it says what may be wrong."""
    senders.add(store.engine, "telemetry", "Clients", Options())
    page = show("connect").button(key="listen-Clients").click().run()
    clock.advance(minutes=2, seconds=1)
    page = page.run()
    assert any("Nothing arrived in two minutes" in one.value for one in page.warning)


def test_few_people_are_not_counted(show: Callable[..., AppTest], store: server.Opened) -> None:
    """A version that one person has is named without a number."""
    senders.add(store.engine, "telemetry", "Clients", Options())
    report(store.engine, "Clients")
    said = words(show("connect").button(key="listen-Clients").click().run())
    assert f"**Client versions** · {VERSION}" in said
    assert " people)" not in said


def test_tokens_are_made_and_ended(
    show: Callable[..., AppTest], store: server.Opened, clock: Any
) -> None:
    """A new one is shown once, older ones end when it was said, and all of them on request."""
    first = senders.add(store.engine, "telemetry", "Clients", Options()).token
    arrive(store.engine, "Clients")
    page = show("connect")
    assert f"Token …{first[-4:]} · last used Wed 18 Nov" in words(page)
    page.selectbox(key="overlap-Clients").set_value("in 7 days")
    page = press(page, "Make a new token")
    token = next(one for one in codes(page) if one.startswith(tokens.PREFIX))
    assert good(store) == {tokens.digest_of(first), tokens.digest_of(token)}
    clock.advance(days=7, minutes=1)
    assert good(store) == {tokens.digest_of(token)}
    page = page.run()
    assert token not in codes(page)
    assert "· ended" in words(page)
    page = press(page, "End every token")
    assert good(store)
    page.checkbox(key="revoke-of-Clients").check()
    press(page, "End every token")
    assert good(store) == set()


def test_events_are_counted_on_request(show: Callable[..., AppTest], store: server.Opened) -> None:
    """The page says what would be kept, and the settings follow."""
    senders.add(store.engine, "telemetry", "Clients", Options(person_key="employee.id"))
    page = show("connect")
    assert "Prompts, answers, commands and paths are dropped" in words(page)
    page.toggle(key="events-Clients").set_value(True)
    page = page.toggle(key="kit-Clients").set_value(True).run()
    assert senders.options_of(store.engine, "Clients").counts_events
    assert any("OTEL_LOGS_EXPORTER" in one and "INGEST_TOKEN" in one for one in codes(page))
    assert any("employee.id=ADDRESS" in one for one in codes(page))


def test_a_sender_is_paused_and_removed(show: Callable[..., AppTest], store: server.Opened) -> None:
    """Nothing is read from it, so nothing offers to; the rest is as for every connection."""
    senders.add(store.engine, "telemetry", "Clients", Options())
    page = show("connect")
    keys = {one.key for one in page.button}
    assert not keys & {"sync-Clients", "test-Clients"}
    assert "New key" not in {one.label for one in page.text_input}
    page = page.button(key="pause-Clients").click().run()
    assert [one.status for one in connections.list_all(store.engine)] == ["paused"]
    page = page.button(key="resume-Clients").click().run()
    assert [one.status for one in connections.list_all(store.engine)] == ["waiting"]
    page.text_input(key="typed-Clients").set_value("Clients")
    press(page, "Remove connection")
    assert not connections.exist(store.engine)
    assert good(store) == set()


@pytest.mark.parametrize("role", Role)
def test_the_token_is_shown_to_nobody_later(
    show: Callable[..., AppTest], store: server.Opened, role: Role
) -> None:
    """No page holds it, whoever looks."""
    token = senders.add(store.engine, "telemetry", "Clients", Options()).token
    for name in ("connect", "trust", "settings"):
        page = show(name, role)
        assert not page.exception
        assert token not in words(page) + "\n".join(codes(page))


def test_data_trust_says_what_it_waits_for(
    show: Callable[..., AppTest], store: server.Opened
) -> None:
    """A sender waits until something is sent, and for no role."""
    senders.add(store.engine, "telemetry", "Clients", Options())
    said = words(show("trust"))
    assert "waiting until something is sent" in said
    assert "role trusts us" not in said


def test_hooks_are_saved_and_shown_once(show: Callable[..., AppTest]) -> None:
    """The form warns of old clients; the token stands in settings that hold no telemetry."""
    page = show("connect")
    assert "older ones drop the whole file" in words(page)
    page.radio(key="step").set_value(FORM).run()
    page = page.radio(key="connect-kind").set_value("Hooks").run()
    assert "Clients 1.0.128 and 2.0.76 drop a whole settings file" in words(page)
    page = press(page, SAVE)
    token = next(one for one in codes(page) if one.startswith(tokens.PREFIX))
    settings = next(one for one in codes(page) if '"UserPromptSubmit"' in one)
    assert token in settings
    assert "OTEL_" not in settings
    page = press(page, "I have copied it; hide the token")
    assert token not in " ".join(codes(page))
    assert "Hooks waits for its first batch" in words(page)
    assert "Count events" not in [one.label for one in page.toggle]
