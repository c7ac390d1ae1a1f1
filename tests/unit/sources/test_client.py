"""What the one client of the vendor promises: how it asks, waits, walks and keeps silent."""

import json
import threading
from datetime import timedelta
from decimal import Decimal
from email.utils import format_datetime
from typing import Any

import httpx
import pytest
from pydantic import SecretStr

from claude_dash import __version__, errors
from claude_dash.sources import exchange
from claude_dash.sources.client import AnthropicClient
from claude_dash.sources.patience import ASKING, READING
from tests.unit.sources.conftest import KEY, START, Vendor, refused

OK = httpx.Response(200, json={"ok": True})


def limit(**headers: str) -> httpx.Response:
    """Return a refusal because of the request limit."""
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return httpx.Response(429, headers=named, json={"error": {"type": "rate_limit_error"}})


def test_a_request_says_who_asks_and_in_which_version(vendor: Vendor) -> None:
    """Key, version, agent and type of answer are in the headers; there is no body."""
    vendor.client().get("/v1/organizations/me", {"limit": 1, "page": None, "all": True})
    (request,) = vendor.asked
    assert request.method == "GET"
    assert request.headers["x-api-key"] == KEY
    assert request.headers["anthropic-version"] == "2023-06-01"
    assert request.headers["user-agent"] == f"claude-dash/{__version__}"
    assert request.headers["accept"] == "application/json"
    assert dict(request.url.params) == {"limit": "1", "all": "true"}


def test_amounts_are_exact(vendor: Vendor) -> None:
    """A fraction is a decimal as it was written, never a float."""
    vendor.script = [httpx.Response(200, text='{"amount": 0.1000000000000000055511151231257827}')]
    assert vendor.client().get("/x") == {"amount": Decimal("0.1000000000000000055511151231257827")}


def test_certificates_are_verified_and_redirects_not_followed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Nothing turns verification off, and no proxy is handed an unencrypted request."""
    made: list[dict[str, Any]] = []
    monkeypatch.setattr(httpx, "Client", lambda **named: made.append(named))
    for address in ("https://vendor.example", "http://127.0.0.1:1"):
        AnthropicClient(address, SecretStr(KEY), lambda: None)
    assert all("verify" not in named and not named["follow_redirects"] for named in made)
    assert [named["trust_env"] for named in made] == [True, False]
    timeout = made[0]["timeout"]
    assert None not in (timeout.connect, timeout.read, timeout.write, timeout.pool)


@pytest.mark.parametrize("status", [429, 500, 502, 503, 504, 529])
def test_what_passes_is_tried_again(vendor: Vendor, status: int) -> None:
    """Each transient status is tried again; every try takes a turn of the budget."""
    vendor.script = [httpx.Response(status), httpx.Response(status), OK]
    client = vendor.client()
    assert client.get("/x") == {"ok": True}
    assert (client.requests, client.retries, vendor.turns) == (3, 2, 3)
    assert all(0 < nap <= 2 for nap in vendor.naps)


@pytest.mark.parametrize(
    "error",
    [
        httpx.ConnectError("refused"),
        httpx.ConnectTimeout("late"),
        httpx.ReadTimeout("late"),
        httpx.PoolTimeout("late"),
        httpx.ReadError("reset"),
        httpx.RemoteProtocolError("cut off"),
        httpx.ProxyError("no"),
        httpx.DecodingError("gzip"),
    ],
    ids=lambda error: type(error).__name__,
)
def test_a_broken_connection_is_tried_again(vendor: Vendor, error: Exception) -> None:
    """What got no answer is asked again, and is `network` when it stays so."""
    vendor.script = [error, OK]
    assert vendor.client().get("/x") == {"ok": True}
    vendor.script = [error]
    with pytest.raises(errors.SourceBusyError) as raised:
        vendor.client().get("/x")
    assert raised.value.code == "network"
    assert raised.value.__cause__ is None
    assert raised.value.__context__ is None


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 410, 413, 422])
def test_what_stays_is_not_tried_again(vendor: Vendor, status: int) -> None:
    """A refusal is final after one request."""
    vendor.script = [refused(status)]
    client = vendor.client()
    with pytest.raises(errors.SourceError):
        client.get("/x")
    assert (client.requests, client.retries) == (1, 0)


def test_the_vendors_word_on_trying_again_comes_first(vendor: Vendor) -> None:
    """`x-should-retry` decides against the status, in both directions."""
    vendor.script = [httpx.Response(500, headers={"x-should-retry": "false"})]
    with pytest.raises(errors.SourceBusyError):
        vendor.client().get("/x")
    assert len(vendor.asked) == 1
    vendor.script = [OK, httpx.Response(409, headers={"x-should-retry": "true"}), OK]
    assert vendor.client().get("/x") == {"ok": True}
    assert len(vendor.asked) == 3


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({"retry_after": "7"}, 7),
        ({"retry_after": "0.5"}, 0.5),
        ({"retry_after_ms": "1500", "retry_after": "60"}, 1.5),
        ({"retry_after": format_datetime(START + timedelta(seconds=90), usegmt=True)}, 90),
    ],
)
def test_advice_is_waited_out(vendor: Vendor, headers: dict[str, str], seconds: float) -> None:
    """Milliseconds come before seconds, and seconds may be a date."""
    vendor.script = [limit(**headers), OK]
    vendor.client().get("/x")
    assert vendor.naps == [seconds]


@pytest.mark.parametrize("text", ["soon", "nan", "inf", "-5", "", "Wed, 99 Foo 2026 00:00:00 GMT"])
def test_advice_that_is_none_leaves_it_to_the_backoff(vendor: Vendor, text: str) -> None:
    """What cannot be read as a time is not waited for."""
    vendor.script = [limit(retry_after=text), OK]
    vendor.client().get("/x")
    assert len(vendor.naps) == 1
    assert 0 < vendor.naps[0] <= 1


def test_backoff_doubles_up_to_a_bound_with_jitter(
    vendor: Vendor, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The bound of the random wait grows from one second to thirty and stays there."""
    monkeypatch.setattr("random.uniform", lambda _, high: high)
    vendor.script = [httpx.Response(503)]
    client = vendor.client()
    with pytest.raises(errors.SourceBusyError):
        client.get("/x")
    assert vendor.naps == [1, 2, 4, 8, 16, 30, 30, 30]
    assert client.requests == READING.tries


def test_advice_that_is_too_long_says_until_when(vendor: Vendor) -> None:
    """Nobody sleeps for an hour: the error names the time, and the next request waits no less."""
    vendor.script = [limit(retry_after="3600"), OK]
    client = vendor.client()
    for _ in range(2):
        with pytest.raises(errors.SourceBusyError, match="until 2026-11-18 13:00 UTC"):
            client.get("/x")
    assert vendor.naps == []
    assert len(vendor.asked) == 1


def test_a_storm_of_limits_is_outlasted(vendor: Vendor) -> None:
    """Refusals by the request limit do not use up the tries, but there is an end to them."""
    vendor.script = [*[limit(retry_after="5")] * 60, OK]
    assert vendor.client().get("/x") == {"ok": True}
    vendor.script, vendor.naps = [limit(retry_after="5")], []
    with pytest.raises(errors.SourceBusyError):
        vendor.client().get("/x")
    assert vendor.elapsed <= READING.total_wait_s


def test_a_form_is_not_kept_waiting(vendor: Vendor) -> None:
    """Somebody who looks at a form gets an answer after three tries."""
    vendor.script = [httpx.ConnectError("refused")]
    with pytest.raises(errors.SourceBusyError):
        vendor.client().get("/x", patience=ASKING)
    assert len(vendor.asked) == ASKING.tries
    vendor.script = [limit(retry_after="60")]
    with pytest.raises(errors.SourceBusyError, match="until"):
        vendor.client().get("/x", patience=ASKING)
    assert vendor.elapsed <= ASKING.total_wait_s


def test_a_limit_on_one_thread_holds_all_of_them() -> None:
    """While one request waits as it was told, no other is sent."""
    told, others = threading.Event(), threading.Event()

    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/limited" and not told.is_set():
            return limit(retry_after="30")
        return OK

    sent_at: list[float] = []
    naps: list[float] = []
    lock = threading.Lock()

    def sleep(seconds: float) -> None:
        told.set()
        if not others.is_set():
            assert others.wait(10)
        with lock:
            naps.append(seconds)

    def hear(request: httpx.Request) -> httpx.Response:
        sent_at.append(max(naps, default=0.0))
        return answer(request)

    client = AnthropicClient(
        "https://vendor.example",
        SecretStr(KEY),
        lambda: None,
        transport=httpx.MockTransport(hear),
        sleep=sleep,
        now=lambda: START,
        elapsed=lambda: max(naps, default=0.0),
    )
    first = threading.Thread(target=client.get, args=("/limited",))
    first.start()
    assert told.wait(10)
    second = threading.Thread(target=client.get, args=("/other",))
    second.start()
    others.set()
    first.join(10)
    second.join(10)
    assert sent_at == [0, 30, 30]


def test_threads_share_one_client(vendor: Vendor) -> None:
    """Requests of several threads are all answered and all counted."""
    vendor.script = [OK]
    client = vendor.client()
    threads = [threading.Thread(target=client.get, args=(f"/{i}",)) for i in range(20)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(10)
    assert client.requests == vendor.turns == len(vendor.asked) == 20


@pytest.mark.parametrize(
    ("answer", "kind", "code"),
    [
        (httpx.Response(200, text="[]", headers={"content-type": "application/json"}),
         errors.SourceShapeError, "other"),
        (httpx.Response(200, text='{"data": [1,', headers={"content-type": "application/json"}),
         errors.SourceShapeError, "other"),
        (httpx.Response(200, text='{"a": NaN}', headers={"content-type": "application/json"}),
         errors.SourceShapeError, "other"),
        (httpx.Response(200, content=b'{"a": "\xff"}', headers={"content-type": "text/json"}),
         errors.SourceShapeError, "other"),
        (httpx.Response(200, text="[" * 100_000, headers={"content-type": "application/json"}),
         errors.SourceShapeError, "other"),
        (httpx.Response(200, html="<h1>Sign in</h1>"), errors.SourceError, "wrong_address"),
    ],
)  # fmt: skip
def test_what_is_no_answer_is_tried_again_and_then_named(
    vendor: Vendor, answer: httpx.Response, kind: type[errors.SourceError], code: str
) -> None:
    """A malformed body may be better next time; a page for people is from somewhere else."""
    vendor.script = [answer, OK]
    assert vendor.client().get("/x") == {"ok": True}
    vendor.script = [answer]
    with pytest.raises(errors.SourceError) as raised:
        vendor.client().get("/x")
    assert (type(raised.value), raised.value.code) == (kind, code)


def test_an_answer_without_content_is_none(vendor: Vendor) -> None:
    """204 is not an empty report."""
    vendor.script = [httpx.Response(204)]
    with pytest.raises(errors.SourceShapeError):
        vendor.client().get("/x")


def test_a_body_that_is_too_large_is_left(vendor: Vendor, monkeypatch: pytest.MonkeyPatch) -> None:
    """Reading stops at the cap, counted after decompression."""
    monkeypatch.setattr(exchange, "MAX_BODY_BYTES", 1000)
    vendor.script = [httpx.Response(200, text=json.dumps({"a": "x" * 1000}))]
    with pytest.raises(errors.SourceShapeError, match="64 MiB"):
        vendor.client().get("/x")
    assert len(vendor.asked) == 1


def test_a_body_that_trickles_is_left() -> None:
    """A body that never ends and is never late is given up."""
    clock = iter(range(0, 1_000_000, 100))

    class Trickle(httpx.SyncByteStream):
        def __iter__(self) -> Any:
            yield from (b"{", b'"a"', b":", b"1")

    client = AnthropicClient(
        "https://vendor.example",
        SecretStr(KEY),
        lambda: None,
        transport=httpx.MockTransport(lambda _: httpx.Response(200, stream=Trickle())),
        sleep=lambda _: None,
        elapsed=lambda: float(next(clock)),
    )
    with pytest.raises(errors.SourceBusyError, match="in time"):
        client.get("/x", patience=ASKING)


# --- walks ---------------------------------------------------------------------------------------
