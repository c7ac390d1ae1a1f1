"""What every test stands on: no network, a frozen clock, a store and settings of its own.

- The network is refused but for loopback.
- The clock stands at `NOON`, a Wednesday of 2026-W47, but for tests that drive a browser;
  the `clock` fixture moves it: `clock.advance(hours=2)`, `clock.at(datetime(...))`.
- No variable and no `.env` of this machine is seen; `DATA_DIR` is a temporary folder.
- `settings` are those settings; `engine` is an empty, migrated SQLite store;
  `snapshot("figures/trend.txt", text)` compares with `tests/snapshots/figures/trend.txt` and
  `pytest --snapshot-update` rewrites it.
"""

import os
import shutil
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from pytest_socket import socket_allow_hosts

from claude_dash import clock as clock_module
from claude_dash import config

if TYPE_CHECKING:
    from sqlalchemy import Engine

NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)
LOOPBACK = ["127.0.0.1", "::1", "localhost"]
MADE_ONCE = ("read_once", "enterprise_once", "once")  # stores that whole journeys are copies of
SNAPSHOTS = Path(__file__).parent / "snapshots"
CHROMIUM_NAMES = ("chromium", "chromium-browser", "google-chrome", "chrome")
CHROMIUM_MISSING = "Chromium is not installed: sudo apt-get install -y chromium"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option that rewrites snapshots and generated documents."""
    parser.addoption("--snapshot-update", action="store_true", help="rewrite the snapshots")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the markers that only the tests need."""
    config.addinivalue_line("markers", "real_clock: time is not frozen")


@pytest.hookimpl(tryfirst=True)  # before the workers look at the groups
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let one worker have the browser, and what takes long to make once.

    Two browsers would wait for each other's pages.
    """
    for item in items:
        used = getattr(item, "fixturenames", ())
        made = next((name for name in MADE_ONCE if name in used), None)
        if item.get_closest_marker("browser"):
            item.add_marker(pytest.mark.xdist_group("browser"))
        elif made:
            item.add_marker(pytest.mark.xdist_group(made))


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Refuse the network but loopback, and a browser test where there is no browser.

    With `CI` set a missing browser fails the test; elsewhere it is skipped with the command that
    installs it.
    """
    socket_allow_hosts(LOOPBACK, allow_unix_socket=True)
    if item.get_closest_marker("browser") and find_chromium() is None:
        if os.environ.get("CI"):
            pytest.fail(CHROMIUM_MISSING, pytrace=False)
        pytest.skip(CHROMIUM_MISSING)


def find_chromium() -> str | None:
    """Return the path of an installed Chromium, None where there is none."""
    return next((path for name in CHROMIUM_NAMES if (path := shutil.which(name))), None)


class FrozenClock:
    """Stands in for `datetime` inside `claude_dash.clock`; time moves only when it is told to."""

    def __init__(self, instant: datetime) -> None:
        self.instant = instant

    def now(self, zone: Any = UTC) -> datetime:
        """Return the instant at which the clock stands."""
        return self.instant.astimezone(zone)

    def at(self, instant: datetime) -> None:
        """Set the clock."""
        self.instant = instant

    def advance(self, **amount: float) -> None:
        """Move the clock forward by `timedelta(**amount)`."""
        self.instant += timedelta(**amount)

    def __getattr__(self, name: str) -> Any:
        return getattr(datetime, name)


@pytest.fixture(autouse=True)
def clock(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[FrozenClock | None]:
    """Freeze `claude_dash.clock` at `NOON`, but for tests marked `browser` or `real_clock`."""
    if any(request.node.get_closest_marker(name) for name in ("browser", "real_clock")):
        yield None
        return
    frozen = FrozenClock(NOON)
    monkeypatch.setattr(clock_module, "datetime", frozen)
    yield frozen


@pytest.fixture(autouse=True)
def _own_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let a test see no setting of this machine and write to no folder but its own."""
    for name in list(os.environ):
        if name.startswith((config.PREFIX, "AWS_")):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, str(tmp_path / "aws"))
    monkeypatch.setenv(f"{config.PREFIX}DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setitem(config.Settings.model_config, "env_file", None)
    config.settings.cache_clear()
    yield
    config.settings.cache_clear()


@pytest.fixture
def settings() -> config.Settings:
    """Return the settings of this process: defaults, in a temporary data folder."""
    return config.settings()


@pytest.fixture(scope="session")
def migrated_store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return an empty SQLite file with the newest schema, to be copied."""
    from claude_dash.store.engine import migrate, open_store  # noqa: PLC0415 - heavy, not for all

    path = tmp_path_factory.mktemp("store") / "empty.db"
    engine = open_store(f"sqlite:///{path}")
    migrate(engine)
    with engine.connect() as conn:
        conn.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return path


@pytest.fixture
def engine(migrated_store: Path, settings: config.Settings) -> Iterator["Engine"]:
    """Return an empty, migrated SQLite store, the one that `settings.url` names."""
    from claude_dash.store.engine import open_store  # noqa: PLC0415 - heavy, not for all

    settings.data_dir.mkdir(parents=True, exist_ok=True)
    shutil.copy(migrated_store, settings.data_dir / "claude-dash.db")
    engine = open_store(settings.url)
    yield engine
    engine.dispose()


@pytest.fixture
def snapshot(request: pytest.FixtureRequest) -> Callable[[str, str], None]:
    """Return `snapshot(name, text)`: `text` equals the file `tests/snapshots/<name>`."""

    def compare(name: str, text: str) -> None:
        path = SNAPSHOTS / name
        if request.config.getoption("--snapshot-update"):
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode())
            return
        if not path.exists():
            pytest.fail(f"There is no snapshot {name}; write it with --snapshot-update.")
        assert text == path.read_bytes().decode(), f"{name} differs; see --snapshot-update."

    return compare
