"""What is remembered of those who send: enough to be fast, and never without end."""

import json
from typing import Any

import pytest

from claude_dash.sources import telemetry
from claude_dash.sources.otlp import RawEvent, RawPoint, Sent
from claude_dash.sources.telemetry import Telemetry, Whose

AT = 1_795_229_330 * 10**9


@pytest.fixture
def reader() -> Telemetry:
    """Return a reader of one connection."""
    return Telemetry(1, Whose("", ""), b"k" * 32, str.encode)


def attributes(**more: str) -> bytes:
    """Return attributes as JSON."""
    named = {"user.id": "one", "type": "input", **more}
    return json.dumps(
        [{"key": key, "value": {"stringValue": value}} for key, value in named.items()]
    ).encode()


def points(*sent: bytes) -> Any:
    """Return a point for each of some attributes."""
    of = [RawPoint("claude_code.token.usage", 1, one, AT, AT, 5.0) for one in sent]
    return [Sent(b"{}", of)]


def test_what_is_very_long_counts_and_is_not_remembered(reader: Telemetry) -> None:
    """A usual series is read once; one that is megabytes long would fill the memory."""
    long = attributes(note="x" * telemetry.MAX_KNOWN_BYTES)
    made = reader.parcel(points(attributes(), long, attributes()), "json", AT)
    assert [one.value for one in made.points] == [5, 5, 5]
    assert not made.rejects
    assert len(reader._known) == 1


def test_identities_of_events_are_forgotten_when_they_are_many(
    reader: Telemetry, monkeypatch: pytest.MonkeyPatch
) -> None:
    """However many installations tell events, so many are remembered; all are counted."""
    monkeypatch.setattr(telemetry, "MAX_KNOWN", 3)
    told = [
        RawEvent(attributes(**{"user.id": f"installation-{number}", "event.name": "auth"}), AT)
        for number in range(10)
    ]
    made = reader.events([Sent(b"{}", told)], "json", AT)
    assert len(made.points) == 10
    assert len(reader._identities) <= 3
