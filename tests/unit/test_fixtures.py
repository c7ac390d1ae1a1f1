"""What the shared fixtures promise."""

import socket
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from claude_dash import clock as time
from claude_dash import config


def test_the_clock_stands_still_until_it_is_moved(clock: Any) -> None:
    """Today is 18 November 2026 until a test moves the clock."""
    assert time.today() == date(2026, 11, 18)
    assert time.parse_week("2026-W46") == date(2026, 11, 9)
    clock.advance(days=1)
    assert time.today() == date(2026, 11, 19)


def test_the_network_is_refused_but_loopback() -> None:
    """A test cannot reach another machine."""
    with socket.socket() as sock, pytest.raises(UserWarning, match="tried to use"):
        sock.connect(("192.0.2.1", 80))


def test_settings_are_the_tests_own(settings: config.Settings, tmp_path: Path) -> None:
    """The store of a test lies in its temporary folder."""
    assert settings.data_dir == tmp_path / "data"
