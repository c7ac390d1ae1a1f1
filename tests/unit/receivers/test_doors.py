"""The addresses beside the pages: health, and the sign-in forms."""

import warnings
from collections.abc import Iterator
from datetime import timedelta

import pytest
from sqlalchemy import Engine, insert
from starlette.applications import Starlette

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

from claude_dash.access import local
from claude_dash.clock import now
from claude_dash.config import Settings
from claude_dash.facts import tables as t
from claude_dash.receivers.app import COOKIE, routes

PASSWORD = "a sentence is a good one"
URL = "http://127.0.0.1:8501"


@pytest.fixture
def client(engine: Engine, settings: Settings) -> Iterator[TestClient]:
    """Yield a browser without redirects followed."""
    made = Starlette(routes=routes(lambda: (engine, settings, b"k" * 32)))
    with TestClient(made, base_url=URL, follow_redirects=False) as found:
        yield found


def first_token(engine: Engine) -> str:
    return str(local.first_admin_link(engine, URL)).rpartition("token=")[2]


def sign_up(client: TestClient, engine: Engine) -> None:
    form = {"token": first_token(engine), "email": "ada@example.org", "password": PASSWORD}
    assert client.post("/auth/first", data=form).status_code == 303


def test_the_process_is_alive(client: TestClient) -> None:
    """`/healthz` answers without a store."""
    assert client.get("/healthz").json() == {"status": "ok"}


def test_a_store_that_is_current_is_ready(client: TestClient) -> None:
    """`/readyz` is 200 when the schema is that of the program."""
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["status"]) == (200, "ready")


def test_a_connection_that_fails_for_long_is_named(client: TestClient, engine: Engine) -> None:
    """`/readyz` names what has failed for more than a day, and stays ready."""
    with engine.begin() as connection:
        connection.execute(
            insert(t.CONNECTION).values(
                name="Main", kind="console", status="paused", organization_id="",
                organization_name="", key_tail="", options="{}", created_at=now(),
                backfill_done=False, error_code="revoked", error_message="x", progress="",
                failing_since=now() - timedelta(hours=25),
            )
        )  # fmt: skip
    answer = client.get("/readyz")
    assert (answer.status_code, answer.json()["failing"]) == (200, ["Main"])


def test_a_store_that_is_behind_is_not_ready(client: TestClient, engine: Engine) -> None:
    """`/readyz` is 503 with the reason when the schema is older."""
    with engine.begin() as connection:
        connection.exec_driver_sql("DELETE FROM alembic_version")
    answer = client.get("/readyz")
    assert answer.status_code == 503
    assert "migrate" in answer.json()["reason"]


def test_looking_at_a_link_does_not_use_it(client: TestClient, engine: Engine) -> None:
    """A scanner that opens the link twice leaves it good."""
    token = first_token(engine)
    for _ in range(2):
        answer = client.get("/auth/first", params={"token": token})
        assert answer.status_code == 200
        assert answer.headers["referrer-policy"] == "no-referrer"
    assert local.is_link_good(engine, token)


def test_the_first_administrator_is_signed_in(client: TestClient, engine: Engine) -> None:
    """Sending the form gives a cookie that scripts cannot read and other sites cannot send."""
    form = {"token": first_token(engine), "email": "ada@example.org", "password": PASSWORD}
    answer = client.post("/auth/first", data=form)
    cookie = answer.headers["set-cookie"].lower()
    assert answer.headers["location"] == "/"
    assert "httponly" in cookie
    assert "samesite=lax" in cookie
    assert local.reader_of(engine, answer.cookies[COOKIE])


def test_a_used_link_says_so(client: TestClient, engine: Engine) -> None:
    """A link that is gone shows one sentence and no form."""
    answer = client.get("/auth/first", params={"token": "unknown"})
    assert answer.status_code == 410
    assert "<form" not in answer.text
    assert engine is not None


@pytest.mark.parametrize(
    "target", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:1", "cost"]
)
def test_signing_in_never_leads_elsewhere(client: TestClient, engine: Engine, target: str) -> None:
    """Only a path of our own is gone to after signing in."""
    sign_up(client, engine)
    form = {"email": "ada@example.org", "password": PASSWORD, "next": target}
    assert client.post("/auth/local", data=form).headers["location"] == "/"


def test_signing_in_leads_back_to_the_page(client: TestClient, engine: Engine) -> None:
    """A deep link survives signing in."""
    sign_up(client, engine)
    form = {"email": "ada@example.org", "password": PASSWORD, "next": "/cost?team=Data"}
    assert client.post("/auth/local", data=form).headers["location"] == "/cost?team=Data"


def test_a_wrong_password_is_shown_as_one_sentence(client: TestClient, engine: Engine) -> None:
    """The form comes again with the reason, without the password, and escaped."""
    sign_up(client, engine)
    form = {"email": "<script>@x.example", "password": "not this one", "next": "/"}
    answer = client.post("/auth/local", data=form)
    assert answer.status_code == 401
    assert "wrong" in answer.text
    assert "not this one" not in answer.text
    assert "<script>" not in answer.text


def test_a_form_of_another_site_is_refused(client: TestClient, engine: Engine) -> None:
    """A post whose origin is elsewhere does nothing."""
    sign_up(client, engine)
    form = {"email": "ada@example.org", "password": PASSWORD}
    answer = client.post("/auth/local", data=form, headers={"origin": "https://evil.example"})
    assert answer.status_code == 401
    assert COOKIE not in answer.cookies


def test_signing_out_ends_the_session(client: TestClient, engine: Engine) -> None:
    """After signing out the cookie is nobody's."""
    sign_up(client, engine)
    cookie = client.cookies[COOKIE]
    assert client.get("/auth/signout").status_code == 303
    assert local.reader_of(engine, cookie) is None
