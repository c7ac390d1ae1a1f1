"""The vendor of the journeys: it refuses what the contract refuses, and each key has its answer."""

import http.client
import json
from collections.abc import Callable
from typing import Any
from urllib.parse import urlencode, urlsplit

import pytest
from sqlalchemy import Engine

from claude_dash import connections
from claude_dash.clock import today
from claude_dash.config import Settings
from claude_dash.facts import tables as t
from claude_dash.store.vault import Vault
from tests.journey.conftest import FIRST, TODAY, Reader, Serve, faults
from tests.vendor_organization import Organization
from tests.vendor_server import ENTERPRISE_KEY, KEY, ORDINARY_KEY, REPORT, ROOT, VendorServer

Ask = Callable[..., tuple[int, dict[str, Any]]]
DAY = "2026-11-17"


@pytest.fixture
def server(serve: Serve) -> VendorServer:
    """Return a vendor without faults."""
    return serve(Organization(40, FIRST, TODAY))


@pytest.fixture
def new(engine: Engine, settings: Settings, server: VendorServer) -> Reader:
    """Return the program with an empty store, in front of it."""
    return Reader(engine, settings, server)


@pytest.fixture
def ask(server: VendorServer) -> Ask:
    """Return `ask(path, key=..., version=..., method=..., **query)`: status and body."""

    def request(
        path: str,
        *,
        key: str = KEY,
        version: str = "2023-06-01",
        method: str = "GET",
        **query: object,
    ) -> tuple[int, dict[str, Any]]:
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc)
        headers = {"x-api-key": key} | ({"anthropic-version": version} if version else {})
        connection.request(method, f"{path}?{urlencode(query)}", headers=headers)
        response = connection.getresponse()
        body = json.loads(response.read())
        connection.close()
        return response.status, body

    return request


FORBIDDEN: dict[str, tuple[str, dict[str, object]]] = {
    "an unknown parameter": (REPORT, {"starting_at": DAY, "ending_at": DAY}),
    "a limit beyond 1000": (REPORT, {"starting_at": DAY, "limit": 1001}),
    "no limit at all": (REPORT, {"starting_at": DAY, "limit": 0}),
    "a future day": (REPORT, {"starting_at": "2026-11-19"}),
    "a day before the report": (REPORT, {"starting_at": "2025-01-31"}),
    "no day": (REPORT, {}),
    "an instant for a day": (REPORT, {"starting_at": f"{DAY}T00:00:00Z"}),
    "a token of its own": (REPORT, {"starting_at": DAY, "page": "2"}),
    "two cursors": (f"{ROOT}/users", {"after_id": "user_00001", "before_id": "user_00003"}),
    "an unknown cursor": (f"{ROOT}/users", {"after_id": "somebody"}),
    "another path": ("/v1/messages", {}),
    "an unknown workspace": (f"{ROOT}/workspaces/none/members", {}),
    "another way to ask": (f"{ROOT}/users", {"method": "POST"}),
    "no version": (f"{ROOT}/users", {"version": ""}),
}


@pytest.mark.parametrize("what", FORBIDDEN)
def test_what_is_forbidden_is_noted(what: str, server: VendorServer, ask: Ask) -> None:
    """Each request that the contract forbids is noted, once."""
    path, options = FORBIDDEN[what]
    ask(path, **options)
    assert len(server.forbidden) == 1


def test_a_token_serves_the_question_it_was_given_for(server: VendorServer, ask: Ask) -> None:
    """A page token goes on where its page ended, and only with the same parameters."""
    _, first = ask(REPORT, starting_at=DAY, limit=7)
    _, second = ask(REPORT, starting_at=DAY, limit=7, page=first["next_page"])
    assert [*first["data"], *second["data"]] == server.organization.report(TODAY.replace(day=17))[
        :14
    ]
    assert server.forbidden == []
    assert ask(REPORT, starting_at=DAY, limit=8, page=first["next_page"])[0] == 400
    assert len(server.forbidden) == 1


def test_more_requests_than_a_minute_allows_are_noted(serve: Serve) -> None:
    """The request beyond the limit is refused and noted."""
    server = serve(Organization(5, FIRST, TODAY), limit=3)
    for _ in range(4):
        connection = http.client.HTTPConnection(urlsplit(server.url).netloc)
        headers = {"x-api-key": KEY, "anthropic-version": "2023-06-01"}
        connection.request("GET", f"{ROOT}/me", headers=headers)
        status = connection.getresponse().status
        connection.close()
    assert status == 429
    assert server.forbidden == [f"4 requests in a minute: {ROOT}/me"]


@pytest.mark.parametrize(
    ("key", "code", "says"),
    [
        (ORDINARY_KEY, "wrong_kind", "standard API key"),
        (ENTERPRISE_KEY, "wrong_kind", "Enterprise"),
        (KEY.replace("invented", "revoked"), "revoked", "revoked"),
        ("pasted with spaces", "wrong_kind", "spaces"),
    ],
)
def test_a_key_that_cannot_read_is_told_apart(
    key: str, code: str, says: str, server: VendorServer, new: Reader
) -> None:
    """Each wrong key gets its own plain sentence, and nothing of it is saved or said."""
    said = connections.add(new.engine, new.vault, new.settings, "console", "Main", key)
    assert said.status == "refused"
    assert said.error is not None
    assert said.error["code"] == code
    assert says in said.error["message"]
    assert key not in repr(said)
    assert new.stored(t.CONNECTION, t.SECRET) == {"connection": set(), "secret": set()}
    assert server.forbidden == []


def test_nobody_at_the_address_is_said(engine: Engine, settings: Settings) -> None:
    """Where nothing listens, the form says so at once and saves nothing."""
    away = settings.model_copy(update={"anthropic_base_url": "http://127.0.0.1:9"})
    said = connections.add(engine, Vault(settings), away, "console", "Main", KEY)
    assert said.status == "unreachable"
    assert said.error is not None
    assert KEY not in repr(said)


@pytest.mark.load
@pytest.mark.real_clock
def test_the_limit_is_kept_in_real_time(engine: Engine, settings: Settings, serve: Serve) -> None:
    """Many more requests than a minute allows are sent, and never too many in any 60 seconds."""
    server = serve(Organization(40, FIRST, TODAY), limit=60, today=today, faults=faults(3))
    reader = Reader(engine, settings, server)
    reader.settings = reader.settings.model_copy(update={"requests_per_minute": 60})
    assert reader.connect().status == "ok"
    assert reader.sync(since=FIRST, until=TODAY).status == "ok"
    assert len(server.requests) > 60
    assert server.forbidden == []
