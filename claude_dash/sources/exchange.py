"""One exchange with a server: the connections, a bounded body, and JSON with exact amounts."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import httpx

from claude_dash import __version__
from claude_dash.errors import ConfigError, SourceError
from claude_dash.sources.refusals import shape, unreachable

# Sent deliberately; readers accept the shapes of both (contracts, read 2026-11-21).
VERSION = "2023-06-01"
ANALYTICS_VERSION = "2026-10-21"
ANALYTICS = "/v1/organizations/analytics/"
BETAS = {
    f"{ANALYTICS}usage": "analytics-usage-cost-2026-08-24",
    f"{ANALYTICS}cost": "analytics-usage-cost-2026-08-24",
}
TIMEOUT = httpx.Timeout(connect=10, read=60, write=10, pool=120)
MAX_ANSWER_S = 180.0  # for a body that trickles in without ever being late
MAX_CONNECTIONS = 16
MAX_BODY_BYTES = 64 * 1024 * 1024


def http_client(base_url: str, transport: httpx.BaseTransport | None) -> httpx.Client:
    """Return the connections to an address; certificates are always verified.

    Raises:
        ConfigError: The address, or the proxy or certificates of this machine, are unusable.
    """
    try:
        return httpx.Client(
            base_url=base_url,
            timeout=TIMEOUT,
            transport=transport,
            follow_redirects=False,
            # A proxy is never handed a request that is not encrypted, and with it the key.
            trust_env=base_url.startswith("https:"),
            limits=httpx.Limits(
                max_connections=MAX_CONNECTIONS, max_keepalive_connections=MAX_CONNECTIONS
            ),
            headers={
                "accept": "application/json",
                "anthropic-version": VERSION,
                "user-agent": f"claude-dash/{__version__}",
            },
        )
    except (httpx.InvalidURL, ValueError, ImportError, OSError):
        message = (
            "The vendor's address, or the proxy or certificates of this machine, are unusable."
        )
        hint = "Check CLAUDE_DASH_ANTHROPIC_BASE_URL, HTTPS_PROXY and SSL_CERT_FILE."
        raise ConfigError(message, hint) from None


def headers_for(path: str) -> dict[str, str]:
    """Return the headers of a path beyond those of every request."""
    headers = {"anthropic-version": ANALYTICS_VERSION} if path.startswith(ANALYTICS) else {}
    return headers | ({"anthropic-beta": BETAS[path]} if path in BETAS else {})


def body_of(response: httpx.Response, elapsed: Callable[[], float]) -> bytes | SourceError:
    """Return a body, unless it is too large to be a report or takes for ever."""
    size, chunks = 0, []
    late_at = elapsed() + MAX_ANSWER_S
    for chunk in response.iter_bytes():
        size += len(chunk)
        if size > MAX_BODY_BYTES:
            return shape("an answer is larger than 64 MiB")
        if elapsed() > late_at:
            return unreachable(httpx.ReadTimeout(""))
        chunks.append(chunk)
    return b"".join(chunks)


def json_of(body: bytes) -> Any:  # noqa: ANN401 - whatever the vendor sent
    """Return what a body says, its fractions as decimals; None when it is not JSON."""
    try:
        return json.loads(body, parse_float=Decimal, parse_constant=_refuse)
    except (ValueError, ArithmeticError, RecursionError):
        return None


def _refuse(_: str) -> None:
    """Refuse NaN and Infinity, which are not JSON."""
    raise ValueError
