"""How the one client of the vendor walks pages, and what it never shows."""

import logging
import traceback
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from claude_dash import errors
from claude_dash.sources import client as client_module
from claude_dash.sources.client import AnthropicClient
from tests.unit.sources.conftest import KEY, Vendor, listed, page

OK = httpx.Response(200, json={"ok": True})


def limit(**headers: str) -> httpx.Response:
    """Return a refusal because of the request limit."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(429, headers=named, json={"error": {"type": "rate_limit_error"}})


def walk(vendor: Vendor, kind: str, **params: Any) -> list[Any]:
    """Return everything on the pages of a walk."""
    client = vendor.client()
    ways: dict[str, Callable[..., Any]] = {"page": client.pages, "after_id": client.cursor_pages}
    return [one for body in ways[kind]("/x", params) for one in body["data"]]


def test_a_report_is_walked_by_its_tokens(vendor: Vendor) -> None:
    """Every page is asked for with the same parameters and the token of the one before."""
    vendor.script = [page(1, 2, following="a=="), page(following="b"), page(3)]
    assert walk(vendor, "page", starting_at="2026-11-17", limit=2) == [1, 2, 3]
    tokens = [request.url.params.get("page") for request in vendor.asked]
    assert tokens == [None, "a==", "b"]
    assert {request.url.params["starting_at"] for request in vendor.asked} == {"2026-11-17"}


def test_a_list_is_walked_by_its_last_id(vendor: Vendor) -> None:
    """Every page begins after the last id of the one before."""
    vendor.script = [listed(1, has_more=True, last="u1"), listed(2, has_more=False, last="u2")]
    assert walk(vendor, "after_id", limit=1) == [1, 2]
    assert [request.url.params.get("after_id") for request in vendor.asked] == [None, "u1"]


@pytest.mark.parametrize(
    ("kind", "bodies", "expected"),
    [
        ("page", [{"next_page": "a"}, {"next_page": None}], 2),
        ("page", [{"next_page": "a", "has_more": None}, {}], 2),
        ("page", [{"next_page": "a", "has_more": False}], 1),
        ("after_id", [{"last_id": "a"}, {"last_id": "b", "data": []}], 2),
        ("after_id", [{"last_id": "a", "has_more": False}], 1),
    ],
)
def test_a_walk_ends_where_the_page_says(
    vendor: Vendor, kind: str, bodies: list[dict[str, Any]], expected: int
) -> None:
    """`has_more` decides where it stands, else the token, else whether the page is full."""
    vendor.script = [httpx.Response(200, json={"data": [0], **body}) for body in bodies]
    walk(vendor, kind, limit=1)
    assert len(vendor.asked) == expected


@pytest.mark.parametrize("token", [None, "", 7, ["a"]])
def test_a_token_that_is_none_ends_the_walk_with_an_error(vendor: Vendor, token: object) -> None:
    """A page that promises more without saying where is not taken for the last one."""
    body = {"data": [], "has_more": True, "next_page": token}
    vendor.script = [httpx.Response(200, json=body)]
    with pytest.raises(errors.SourceShapeError):
        walk(vendor, "page")
    assert len(vendor.asked) == 1


def test_a_walk_in_a_circle_is_an_error(vendor: Vendor) -> None:
    """A token that was handed out before is not followed, however long the circle."""
    vendor.script = [page(following=name) for name in ("a", "b", "c", "a")]
    with pytest.raises(errors.SourceShapeError):
        walk(vendor, "page")
    assert len(vendor.asked) == 4


def test_a_walk_without_end_is_left(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    """A vendor that makes up a new token for ever is not followed for ever."""
    monkeypatch.setattr(client_module, "MAX_PAGES", 50)
    vendor.answer = lambda _: page(following=str(len(vendor.asked)))
    with pytest.raises(errors.SourceShapeError):
        walk(vendor, "page")
    assert len(vendor.asked) == 50


def test_a_limit_in_a_walk_keeps_the_token(vendor: Vendor) -> None:
    """After a 429 or a 504 the same page is asked for again."""
    vendor.script = [page(1, following="a"), limit(), httpx.Response(504), page(2)]
    assert walk(vendor, "page") == [1, 2]
    assert [request.url.params.get("page") for request in vendor.asked] == [None, "a", "a", "a"]


# --- silence -------------------------------------------------------------------------------------

LEAKS: list[httpx.Response | Exception] = [
    httpx.Response(400, json={"error": {"message": f"bad key {KEY} of rin@example.org"}}),
    httpx.Response(401, json={"error": {"message": KEY}}),
    httpx.Response(403, json={"error": {"message": f"{KEY} rin@example.org"}}),
    httpx.Response(404, json={"error": {"message": KEY}}),
    httpx.Response(429, text=KEY),
    httpx.Response(500, text=f"{KEY} rin@example.org"),
    httpx.Response(200, text=f"{KEY} rin@example.org"),
    httpx.ConnectError(f"{KEY} rin@example.org"),
    httpx.LocalProtocolError(f"Illegal header value {KEY}"),
    httpx.InvalidURL(KEY),
]


@pytest.mark.parametrize("step", LEAKS, ids=repr)
def test_no_error_holds_a_key_or_an_address(
    vendor: Vendor, step: httpx.Response | Exception, caplog: pytest.LogCaptureFixture
) -> None:
    """Message, hint, representation, trace with local values and log are free of key and person."""
    caplog.set_level(logging.DEBUG, "claude_dash")
    vendor.script = [step]
    with pytest.raises(errors.SourceError) as raised:
        vendor.client().get("/x")
    error = raised.value
    frames = [frame for frame, _ in traceback.walk_tb(error.__traceback__)]
    ours = [frame for frame in frames if "claude_dash" in frame.f_globals["__name__"]]
    kept = [repr(value) for frame in ours for value in frame.f_locals.values()]
    said = f"{error!r} {error} {error.hint} {caplog.text} {kept}"
    assert ours
    assert "invented-for-a-test" not in said
    assert "rin@" not in said
    assert error.__cause__ is None
    assert error.__context__ is None


@pytest.mark.parametrize("key", ["", "sk-ant-…rest", "sk-ant-a b", "sk-ant-a\nx: y", "ключ"])
def test_what_cannot_be_a_key_is_not_sent(vendor: Vendor, key: str) -> None:
    """A paste with spaces, line ends or other letters is refused before anything leaves."""
    with pytest.raises(errors.SourceAuthError) as raised:
        vendor.client(key).get("/x")
    assert raised.value.code == "wrong_kind"
    assert vendor.asked == []
    assert not key or key not in f"{raised.value!r}"


def test_the_client_shows_no_key(vendor: Vendor) -> None:
    """Neither the client nor its variables print the key."""
    client = vendor.client()
    assert KEY not in f"{client!r} {vars(client)!r} {client._http.headers!r}"


@pytest.mark.parametrize(
    ("address", "proxy"),
    [("https://vendor.example:port", ""), ("https://vendor.example", "socks9://127.0.0.1:1")],
)
def test_an_address_or_proxy_that_is_none_is_a_setting_to_mend(
    address: str, proxy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A base address or a proxy that cannot be used is a matter of configuration."""
    if proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy)
    with pytest.raises(errors.ConfigError):
        AnthropicClient(address, SecretStr(KEY), lambda: None)
