"""What the journeys stand on: a vendor that fails often, and a reader that does not wait long."""

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, select

from claude_dash import clock, connections, ingest
from claude_dash.config import Settings
from claude_dash.facts import tables as t
from claude_dash.sources import client
from claude_dash.sources.client import AnthropicClient
from claude_dash.store.engine import open_store
from claude_dash.store.vault import Vault
from tests.conftest import NOON, FrozenClock
from tests.enterprise_organization import EnterpriseOrganization
from tests.enterprise_server import EnterpriseServer
from tests.vendor_faults import Faults
from tests.vendor_organization import Organization
from tests.vendor_server import KEY, VendorServer

TODAY = date(2026, 11, 18)
FIRST = date(2026, 9, 20)
ENTERPRISE_FIRST = date(2026, 9, 28)  # a Monday, seven weeks ago
ENTERPRISE_LAST = date(2026, 11, 17)
NAME = "Main"
STORE = "claude-dash.db"
LONGEST_WAIT_S = 0.002
FACTS = (t.ACTIVITY_DAY, t.MODEL_USAGE_DAY, t.TOOL_DAY)
RELEASED = (t.RELEASE_ROW, t.GROUP_ROW, t.PERSON_WEEK, t.PERSON_SPAN)
Serve = Callable[..., VendorServer]
ServeEnterprise = Callable[..., EnterpriseServer]


class Reader:
    """The program in front of a vendor: one connection of its kind, one store."""

    kind = "console"

    def __init__(self, engine: Engine, settings: Settings, server: Any) -> None:
        self.engine = engine
        self.vault = Vault(settings)
        self.server = server
        update = {"anthropic_base_url": server.url, "requests_per_minute": 1_000_000}
        self.settings = settings.model_copy(update=update)

    def connect(self, key: str = KEY) -> connections.Tested:
        """Try a key and save it."""
        return connections.add(self.engine, self.vault, self.settings, self.kind, NAME, key)

    def sync(self, **options: Any) -> ingest.Outcome:
        """Read what is new, or what the options ask for."""
        (outcome,) = ingest.sync(self.engine, self.vault, self.settings, **options)
        return outcome

    def stored(self, *tables: Any) -> dict[str, set[tuple[Any, ...]]]:
        """Return the rows of some tables."""
        with self.engine.connect() as connection:
            return {
                table.name: set(map(tuple, connection.execute(select(table)))) for table in tables
            }


class EnterpriseReader(Reader):
    """The same in front of Claude Enterprise, reading from a first day on."""

    kind = "enterprise"
    server: EnterpriseServer

    def __init__(self, engine: Engine, settings: Settings, server: EnterpriseServer) -> None:
        super().__init__(engine, settings, server)
        since = {"backfill_since": server.organization.first}
        self.settings = self.settings.model_copy(update=since)

    @property
    def organization(self) -> EnterpriseOrganization:
        """Return who is read about."""
        return self.server.organization


def faults(seed: int = 1) -> Faults:
    """Return a plan of every kind of fault, for a clock that stands at noon."""
    return Faults(seed=seed, now=lambda: NOON)


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Return `serve(organization, ...)`: a vendor that answers until the test ends."""
    started: list[VendorServer] = []

    def begin(organization: Organization, **options: Any) -> VendorServer:
        started.append(VendorServer(organization, **options).__enter__())
        return started[-1]

    yield begin
    for one in started:
        one.__exit__()


@pytest.fixture
def serve_enterprise() -> Iterator[ServeEnterprise]:
    """Return `serve_enterprise(organization, ...)`: a vendor that answers until the test ends."""
    started: list[EnterpriseServer] = []

    def begin(organization: EnterpriseOrganization, **options: Any) -> EnterpriseServer:
        started.append(EnterpriseServer(organization, **options).__enter__())
        return started[-1]

    yield begin
    for one in started:
        one.__exit__()


@pytest.fixture(scope="session")
def hurried() -> Iterator[None]:
    """Let every wait of the client be over at once, without changing when it waits."""

    def nap(seconds: float) -> None:
        time.sleep(min(seconds, LONGEST_WAIT_S))

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(client, "AnthropicClient", partial(AnthropicClient, sleep=nap))
        yield


@dataclass
class Read:
    """A store into which 200 people and 60 days were read, and what happened meanwhile."""

    folder: Path
    outcome: ingest.Outcome
    server: Any


def _read(folder: Path, server: Any, make: type[Reader], migrated_store: Path) -> ingest.Outcome:
    """Read everything into a store of that folder, at noon, and leave one file of it."""
    shutil.copy(migrated_store, folder / STORE)
    settings = Settings(data_dir=folder)
    engine = open_store(settings.url)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "datetime", FrozenClock(NOON))
        reader = make(engine, settings, server)
        assert reader.connect(getattr(server, "key", KEY)).status == "ok"
        outcome = reader.sync()
    with engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    engine.dispose()
    return outcome


@pytest.fixture(scope="session")
def read_once(
    hurried: None, migrated_store: Path, tmp_path_factory: pytest.TempPathFactory
) -> Read:
    """Return what one long sync through every kind of fault came to; made once, to be copied."""
    del hurried
    folder = tmp_path_factory.mktemp("journey")
    organization = Organization(200, FIRST, TODAY)
    with VendorServer(
        organization, faults=faults(), refuses_history=True, odd_pages=True
    ) as server:
        return Read(folder, _read(folder, server, Reader, migrated_store), server)


@pytest.fixture
def reader(read_once: Read, settings: Settings, serve: Serve) -> Iterator[Reader]:
    """Return the program over a copy of that store, in front of a vendor with other faults."""
    engine = _copy(read_once, settings)
    organization = Organization(200, FIRST, TODAY)
    yield Reader(engine, settings, serve(organization, faults=faults(seed=2), refuses_history=True))
    engine.dispose()


def _copy(read: Read, settings: Settings) -> Engine:
    settings.data_dir.mkdir(parents=True)
    for name in (STORE, "vault.key"):
        shutil.copy(read.folder / name, settings.data_dir / name)
    return open_store(settings.url)


def enterprise_organization() -> EnterpriseOrganization:
    """Return 120 people over seven weeks."""
    return EnterpriseOrganization(120, ENTERPRISE_FIRST, ENTERPRISE_LAST)


@pytest.fixture(scope="session")
def enterprise_once(
    hurried: None, migrated_store: Path, tmp_path_factory: pytest.TempPathFactory
) -> Read:
    """Return what one long sync of Enterprise came to, through every kind of fault.

    Pages are short, so that tokens run out; the reports lag by one day and by two.
    """
    del hurried
    folder = tmp_path_factory.mktemp("enterprise")
    options = {"lags": {"skills": 2, "users": 1}, "page_rows": 40, "expire_tokens": 5}
    with EnterpriseServer(enterprise_organization(), faults=faults(), **options) as server:
        return Read(folder, _read(folder, server, EnterpriseReader, migrated_store), server)


@pytest.fixture
def enterprise(
    enterprise_once: Read, settings: Settings, serve_enterprise: ServeEnterprise
) -> Iterator[EnterpriseReader]:
    """Return the program over a copy of that store, in front of a vendor without faults.

    It tells the same as the other one did.
    """
    engine = _copy(enterprise_once, settings)
    server = serve_enterprise(enterprise_organization(), lags=enterprise_once.server.lags)
    yield EnterpriseReader(engine, settings, server)
    engine.dispose()
