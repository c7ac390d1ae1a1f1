"""Settings: where they come from and what is refused."""

from datetime import timedelta

import pytest

from claude_dash.config import load
from claude_dash.errors import ConfigError


def test_durations_are_written_with_a_unit(monkeypatch: pytest.MonkeyPatch) -> None:
    """`6h`, `30m` and `0` are durations."""
    for text, expected in (
        ("6h", timedelta(hours=6)),
        ("30m", timedelta(minutes=30)),
        ("0", timedelta()),
    ):
        monkeypatch.setenv("CLAUDE_DASH_SYNC_EVERY", text)
        assert load().sync_every == expected


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("MIN_GROUP_SIZE", "4"),
        ("MIN_GROUP_SIZE", "51"),
        ("SYNC_EVERY", "6"),
        ("SYNC_EVERY", "soon"),
        ("REQUESTS_PER_MINUTE", "0"),
        ("BACKFILL_SINCE", "yesterday"),
        ("ANTHROPIC_BASE_URL", "http://api.example.org"),
        ("ANTHROPIC_BASE_URL", "api.example.org"),
    ],
)
def test_what_cannot_be_used_is_named_without_its_value(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str
) -> None:
    """A wrong setting stops the program, names the variable and never repeats what was set."""
    monkeypatch.setenv(f"CLAUDE_DASH_{name}", value)
    with pytest.raises(ConfigError) as caught:
        load()
    assert f"CLAUDE_DASH_{name}" in str(caught.value)
    assert caught.value.hint
    assert value not in str(caught.value) or len(value) < 3


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:8080", "http://localhost:1", "https://x.example/a/"]
)
def test_plain_http_is_for_this_machine_alone(monkeypatch: pytest.MonkeyPatch, url: str) -> None:
    """A key travels encrypted, or not beyond this machine."""
    monkeypatch.setenv("CLAUDE_DASH_ANTHROPIC_BASE_URL", url)
    assert load().anthropic_base_url == url.rstrip("/")


def test_a_database_address_is_not_printed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Showing the settings shows no password."""
    monkeypatch.setenv("CLAUDE_DASH_DATABASE_URL", "postgresql+psycopg://dash:hunter2@db/dash")
    assert "hunter2" not in repr(load())
