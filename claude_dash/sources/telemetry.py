"""Telemetry of Claude Code clients: what the points of its metrics and its events count.

Source:  POST /v1/metrics and /v1/logs, as OTLP/HTTP
Grain:   data point; identity x UTC day x terminal_type x setup, and model or tool
Facts:   ClientDay, ClientModelDay, ClientToolDay, FeatureDay, EventDay

Attributes are taken by an allow-list (contract 10); whatever is not on it ends here.
"""

import struct
from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

import msgspec

from claude_dash.facts.identity import Identified
from claude_dash.facts.parcels import (
    Digest,
    Feature,
    Parcel,
    Point,
    Sender,
    Series,
    Setup,
    pseudonyms,
    session_of,
)
from claude_dash.sources import otlp_attributes, otlp_events
from claude_dash.sources.otlp import CUMULATIVE, DELTA, RawEvent, RawPoint, Sent
from claude_dash.sources.otlp_attributes import Encoding, Value
from claude_dash.sources.texts import address, named

REPORT = "telemetry.metrics"
NO_NUMBER = "value: not a number that can be counted"
NO_TIME = "timeUnixNano: none"
NO_TEMPORALITY = "aggregationTemporality: neither delta nor cumulative"
NO_ATTRIBUTES = "attributes: not those of OTLP"
NO_SENDER = "attributes: nothing names a sender"
UNKNOWN = "name or type: not known"
MAX_VALUE = 10**14  # of a point in units of the column: what is more is a fault, no usage
MAX_KNOWN = 20_000  # series and identities that are remembered, about a kilobyte each
MAX_KNOWN_BYTES = 8_192  # of one of them: what is longer is read anew each time
_NANO, _MILLI = 10**9, 10**3
_SCALE = {"cost_estimated": _NANO, "active_ms": _MILLI}
_PLAIN = {
    "claude_code.commit.count": "commits",
    "claude_code.pull_request.count": "pull_requests",
    "claude_code.cost.usage": "cost_estimated",
}
_TYPED = {
    "claude_code.lines_of_code.count": {"added": "lines_added", "removed": "lines_removed"},
    "claude_code.token.usage": {
        "input": "input_tokens",
        "output": "output_tokens",
        "cacheRead": "cache_read_tokens",
        "cacheCreation": "cache_write_tokens",
    },
    "claude_code.active_time.total": {"user": "active_ms", "cli": "active_ms"},
}
_STARTS, _DECISIONS = "claude_code.session.count", "claude_code.code_edit_tool.decision"
_DECIDED = {"accept": "suggestions_accepted", "reject": "suggestions_rejected"}
_NO_CONVERSATION = "agents_view"  # start of a local dashboard (contract 6)
STARTS = "starts"
_OF_MODELS = frozenset({"cost_estimated", *_TYPED["claude_code.token.usage"].values()})
_FEATURES = {
    "skill.name": "skill",
    "agent.name": "subagent",
    "mcp_server.name": "mcp_server",
    "plugin.name": "plugin",
}
_IDENTITY = ("user.account_uuid", "user.email", "user.id")
Attributes = Mapping[str, Value]


class Whose(NamedTuple):
    """How a connection names people: by which key, and whose the token is.

    person_key: the attribute that names a person where no account does. person: an address.
    """

    person_key: str
    person: str


class _Known(NamedTuple):
    """A series that was met; reason: why it is no usage, empty where it is."""

    reason: str
    digest: bytes
    sender: Sender | None
    measure: str = ""
    item: str = ""
    features: tuple[Feature, ...] = ()


class Telemetry:
    """Reads what the clients of one connection send.

    Args:
        connection: Its number.
        whose: How it names people.
        key: Of the pseudonyms.
        seal: Encrypts an identity.
    """

    def __init__(
        self, connection: int, whose: Whose, key: bytes, seal: Callable[[str], bytes]
    ) -> None:
        self._connection = connection
        self.whose = whose
        self._key = key
        self._seal = seal
        self._digest = Digest(key)
        self._known: dict[tuple[object, ...], _Known] = {}
        self._identities: dict[Identified, tuple[int, int, bytes]] = {}

    def parcel(self, sent: Sequence[Sent[RawPoint]], encoding: Encoding, arrived: int) -> Parcel:
        """Return what some points count; those that cannot be read are counted by reason."""
        made = Parcel(self._connection, arrived, [], [], [], {})
        places: dict[int, int] = {}  # of series, by the identity of what is known of them
        met: list[_Known] = []  # so that none of these is forgotten, and its identity given anew
        senders: dict[Sender, int] = {}
        for of in sent:
            for raw in of.items:
                key = (of.resource, raw.name, raw.temporality, raw.attributes, encoding)
                known = self._known.get(key)
                if known is None:
                    known = self._remember(key, of.resource, raw, encoding)
                reason, value = known.reason, 0
                if not reason:
                    value = _counted(raw.value, known.measure)
                    reason = NO_NUMBER if value < 0 else "" if raw.time > 0 else NO_TIME
                if reason:
                    made.rejects[reason] = made.rejects.get(reason, 0) + 1
                    continue
                place = places.get(id(known))
                if place is None:
                    place = places[id(known)] = len(made.series)
                    made.series.append(_series(known, senders, made, raw))
                    met.append(known)
                point = struct.pack("<QQd", raw.start & _U64, raw.time & _U64, raw.value)
                made.points.append(
                    Point(place, self._digest.of(known.digest, point), raw.start, raw.time, value)
                )
        return made

    def events(self, sent: Sequence[Sent[RawEvent]], encoding: Encoding, arrived: int) -> Parcel:
        """Return what some events count: their names, and whitelisted numbers."""
        made = Parcel(self._connection, arrived, [], [], [], {})
        for of in sent:
            whole = otlp_attributes.of_resource(of.resource, encoding)
            for raw in of.items:
                found = otlp_attributes.of_point(raw.attributes)
                if whole is None or found is None:
                    made.rejects[NO_ATTRIBUTES] = made.rejects.get(NO_ATTRIBUTES, 0) + 1
                    continue
                sender = self._sender(found, whole)
                at = struct.pack("<Q", raw.time & _U64)
                digest = self._digest.of(_canonical(whole), _canonical(found), at)
                time = min(raw.time or arrived, arrived)
                for number, counted in enumerate(otlp_events.counted(found)):
                    if sender is None and counted.measure != otlp_events.EVENT:
                        continue
                    made.senders.append(sender or _NOBODY)
                    series = Series(len(made.senders) - 1, *counted, 0)
                    made.series.append(series)
                    again = self._digest.of(digest.to_bytes(8, "big"), bytes([number]))
                    made.points.append(Point(len(made.series) - 1, again, time, time, 1))
        return made

    def _remember(
        self, key: tuple[object, ...], resource: bytes, raw: RawPoint, encoding: Encoding
    ) -> _Known:
        known = self._read(resource, raw, encoding)
        if len(self._known) >= MAX_KNOWN:
            self._known.clear()
            self._identities.clear()
        if len(resource) + len(raw.name) + len(raw.attributes) <= MAX_KNOWN_BYTES:
            self._known[key] = known
        return known

    def _read(self, resource: bytes, raw: RawPoint, encoding: Encoding) -> _Known:
        whole = otlp_attributes.of_resource(resource, encoding)
        found = otlp_attributes.of_point(raw.attributes)
        if whole is None or found is None:
            return _Known(NO_ATTRIBUTES, b"", None)
        measure, item = _meaning(raw.name, found)
        if not measure:
            return _Known(UNKNOWN, b"", None)
        if raw.temporality not in {DELTA, CUMULATIVE}:
            return _Known(NO_TEMPORALITY, b"", None)
        sender = self._sender(found, whole)
        if sender is None:
            return _Known(NO_SENDER, b"", None)
        digest = self._digest.of(raw.name.encode(), _canonical(whole), _canonical(found))
        return _Known(
            "", digest.to_bytes(8, "big"), sender, measure, item, _features(raw.name, found)
        )

    def _sender(self, found: Attributes, whole: Attributes) -> Sender | None:
        identity = self._identity(found, whole)
        if identity is None:
            return None
        if identity not in self._identities:
            if len(self._identities) >= MAX_KNOWN:
                self._identities.clear()
            self._identities[identity] = pseudonyms(identity, self._key, self._seal)
        session = found.get("session.id")
        return Sender(
            *self._identities[identity],
            session_of(self._digest, str(session)) if session else 0,
            named(found.get("terminal.type")),
            Setup(
                named(found.get("organization.id")),
                named(found.get("anthropic.provider")),
                named(found.get("anthropic.plan")),
                named(found.get("app.entrypoint")),
                named(found.get("app.version")) or named(whole.get("service.version")),
            ),
        )

    def _identity(self, found: Attributes, whole: Attributes) -> Identified | None:
        """Return who sent something, in the order of contract 11."""
        account, email, installation = (named(found.get(name)) for name in _IDENTITY)
        email = address(email)
        if account:
            return Identified("account", account, email)
        if email:
            return Identified("email", email)
        key = self.whose.person_key
        configured = named(found.get(key)) or named(whole.get(key))
        if configured:
            mail = address(configured)
            return Identified("email", mail) if mail else Identified("configured", configured)
        if self.whose.person:
            return Identified("email", self.whose.person)
        return Identified("installation", installation) if installation else None


_U64 = 2**64 - 1
_NOBODY = Sender(0, 0, b"", 0, "", Setup())


def _series(known: _Known, senders: dict[Sender, int], made: Parcel, raw: RawPoint) -> Series:
    sender = known.sender or _NOBODY
    if sender not in senders:
        senders[sender] = len(made.senders)
        made.senders.append(sender)
    digest = int.from_bytes(known.digest, "big") if raw.temporality == CUMULATIVE else 0
    return Series(senders[sender], known.measure, known.item, known.features, digest)


def _counted(value: float | None, measure: str) -> int:
    """Return a value in whole units of the fact's column; -1 where it cannot be counted."""
    counted = -1 if value is None or value < 0 else value * _SCALE.get(measure, 1)
    return round(counted) if counted <= MAX_VALUE else -1


def _meaning(name: str, found: Attributes) -> tuple[str, str]:
    """Return the measure that a point counts, and its item; the measure is empty if unknown."""
    kind = named(found.get("type"))
    measure = _PLAIN.get(name) or _TYPED.get(name, {}).get(kind, "")
    if measure:
        return measure, named(found.get("model")) if measure in _OF_MODELS else ""
    if name == _STARTS and found.get("start_type") != _NO_CONVERSATION:
        return STARTS, ""
    if name == _DECISIONS and (measure := _DECIDED.get(named(found.get("decision")), "")):
        return measure, f"{named(found.get('tool_name'))}|{named(found.get('source'))}"
    return "", ""


def _features(name: str, found: Attributes) -> tuple[Feature, ...]:
    """Return the features that a point shows to be used; how often, no metric says."""
    if name == _DECISIONS:
        tool = named(found.get("tool_name"))
        return (Feature("tool", tool),) if tool else ()
    if name != "claude_code.token.usage":
        return ()
    return tuple(
        Feature(kind, value) for key, kind in _FEATURES.items() if (value := named(found.get(key)))
    )


def _canonical(found: Attributes) -> bytes:
    """Return attributes in one form, in whatever order and encoding they came."""
    pairs = [(key, type(value).__name__, str(value)) for key, value in found.items()]
    return msgspec.json.encode(sorted(pairs))
