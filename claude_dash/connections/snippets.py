"""What clients are told so that they send: variables and settings, as text to be pasted.

Never a switch for content: no OTEL_LOG_*, no traces; what a client may send by itself is enough.
"""

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote, urlsplit

from claude_dash.config import LOOPBACK
from claude_dash.errors import ConfigError

TOKEN = "INGEST_TOKEN"  # noqa: S105 - what stands for one
TOKEN_VARIABLE = "CLAUDE_DASH_INGEST_TOKEN"  # noqa: S105 - a name
PROTOCOLS = ("http/json", "http/protobuf")
INTERVAL_MS, SHORTEST_MS = 3_600_000, 1_000
EVENTS_INTERVAL_MS = 60_000  # a client's own 5 s would be a request each, of every developer
_PLAIN = "@:/+"  # beside letters, digits and -._~: what need not be encoded in a value
_KEY = re.compile(r"[A-Za-z][A-Za-z0-9._-]*")
_ADDRESS = re.compile(r"https?://[A-Za-z0-9.:\[\]-]+(?:/[A-Za-z0-9._~/-]*)?")  # nothing to quote
_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]+")
Settings = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Wanted:
    """What snippets are made for.

    base_url: where clients reach us. attributes: of everybody who gets the snippet, such as a team.
    person_key: of the attribute that names a person where no account does. interval_ms: between
    two exports of metrics. counts_events: whether events are sent too.
    """

    name: str
    base_url: str
    token: str = field(default=TOKEN, repr=False)
    protocol: str = PROTOCOLS[0]
    interval_ms: int = INTERVAL_MS
    attributes: Mapping[str, str] = field(default_factory=dict)
    person_key: str = "enduser.id"
    counts_events: bool = False

    def __post_init__(self) -> None:
        """Refuse what a client would not take, or what would break a snippet.

        Raises:
            ConfigError: Which part, and how it is written.
        """
        if not _ADDRESS.fullmatch(self.base_url):
            message = "The address that clients send to cannot be used."
            raise ConfigError(message, "For example: https://dash.example.com.")
        if self.protocol not in PROTOCOLS:
            message = f"{self.protocol} is not taken."
            raise ConfigError(message, f"Choose one of {' and '.join(PROTOCOLS)}.")
        if self.interval_ms < SHORTEST_MS:
            message = "The interval is too short."
            raise ConfigError(message, f"It is in milliseconds, {SHORTEST_MS} at the least.")
        for key in (*self.attributes, self.person_key):
            if not _KEY.fullmatch(key):
                message = f"{key!r} cannot be the name of an attribute."
                raise ConfigError(message, "For example: team.id or department.")
        if not _TOKEN.fullmatch(self.token):
            message = "This is not an ingest token."
            raise ConfigError(message, "A token is one word, as it was shown.")

    @property
    def is_plain(self) -> bool:
        """Say whether the token would travel unencrypted over a network."""
        return self.base_url.startswith("http:") and not self.is_local

    @property
    def is_local(self) -> bool:
        """Say whether only clients on the same machine reach the address."""
        return urlsplit(self.base_url).hostname in LOOPBACK

    def address(self, path: str) -> str:
        """Return one of our addresses: metrics, logs or hooks."""
        return f"{self.base_url.rstrip('/')}/v1/{path}"


def pairs(lines: Iterable[str]) -> dict[str, str]:
    """Return attributes that are written KEY=VALUE.

    Raises:
        ConfigError: One is not written so.
    """
    found = {}
    for line in lines:
        key, equals, value = line.partition("=")
        if not equals or not value.strip():
            message = f"{line!r} is no attribute."
            raise ConfigError(message, "Write KEY=VALUE, for example team.id=platform.")
        found[key.strip()] = value.strip()
    return found


def attributes_of(lines: Mapping[str, str]) -> str:
    """Return attributes as `OTEL_RESOURCE_ATTRIBUTES` holds them, percent-encoded."""
    return ",".join(f"{key}={quote(value, safe=_PLAIN)}" for key, value in lines.items())


def variables(wanted: Wanted) -> dict[str, str]:
    """Return the environment that lets a client send metrics to us, and events if they count."""
    found = {
        "CLAUDE_CODE_ENABLE_TELEMETRY": "1",
        **_signal(wanted, "METRICS", "metrics"),
        "OTEL_METRIC_EXPORT_INTERVAL": str(wanted.interval_ms),
        "OTEL_METRICS_INCLUDE_VERSION": "true",
        "OTEL_METRICS_INCLUDE_ENTRYPOINT": "true",
    }
    if wanted.counts_events:
        found |= _signal(wanted, "LOGS", "logs")
        found["OTEL_LOGS_EXPORT_INTERVAL"] = str(EVENTS_INTERVAL_MS)
    if wanted.attributes:
        found["OTEL_RESOURCE_ATTRIBUTES"] = attributes_of(wanted.attributes)
    return found


def _signal(wanted: Wanted, signal: str, path: str) -> dict[str, str]:
    prefix = f"OTEL_EXPORTER_OTLP_{signal}"  # of its own, so that no other backend sees the token
    return {
        f"OTEL_{signal}_EXPORTER": "otlp",
        f"{prefix}_PROTOCOL": wanted.protocol,
        f"{prefix}_ENDPOINT": wanted.address(path),
        f"{prefix}_HEADERS": f"Authorization=Bearer {wanted.token}",
    }


def managed_settings(wanted: Wanted) -> Settings:
    """Return the settings that switch telemetry on."""
    return {"env": variables(wanted)}


def spelled(settings: Settings) -> str:
    """Return settings as JSON."""
    return json.dumps(settings, indent=2, ensure_ascii=False)
