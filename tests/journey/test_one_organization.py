"""One organization that all sources see at once: every figure is the truth, in whatever order."""

import random
import shutil
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from claude_dash import clock, ingest
from claude_dash.clock import Grain
from claude_dash.config import Settings
from claude_dash.rollup import roll_up
from claude_dash.rollup.order import set_order
from claude_dash.store.engine import open_store
from tests.aws_gate import AwsGate, moto
from tests.conftest import NOON, FrozenClock
from tests.journey.conftest import STORE
from tests.journey.one_desk import SHOWN, Desk, Vendors, vendors
from tests.one_organization import (
    BEDROCK,
    CONSOLE,
    ENTERPRISE,
    HOOKS,
    SESSIONS,
    SOURCES,
    TELEMETRY,
    World,
)
from tests.one_truth import RANK, figures

__all__ = ["moto"]
PEOPLE, DAYS = 300, 60
FEW_PEOPLE, FEW_DAYS, FEW_COMPARED = 40, 10, 100  # where everything is done again and again
TEAMS: tuple[tuple[Grain, str], ...] = (("week", ""), ("week", "team"))
KEPT, PURGED = False, True
# What clients sent cannot be asked for again, so that is kept.
REMOVALS = (
    {ENTERPRISE: KEPT, CONSOLE: PURGED, TELEMETRY: KEPT},
    {SESSIONS: KEPT, BEDROCK: PURGED, ENTERPRISE: PURGED, HOOKS: KEPT},
)
one_worker = pytest.mark.xdist_group("one organization")  # what all of them begin with is made once


@pytest.fixture(scope="module")
def gate(moto: tuple[str, int]) -> Iterator[AwsGate]:
    """Yield an AWS of its own."""
    with AwsGate(moto) as made:
        yield made


@pytest.fixture
def whole(gate: AwsGate, tmp_path: Path) -> Iterator[Vendors]:
    """Yield the sources of everybody and every day."""
    with vendors(World(PEOPLE, DAYS, NOON.date()), gate, tmp_path / "files") as made:
        yield made


@pytest.fixture(scope="module")
def small(gate: AwsGate, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vendors]:
    """Yield the sources of few people and days."""
    folder = tmp_path_factory.mktemp("files")
    with vendors(World(FEW_PEOPLE, FEW_DAYS, NOON.date()), gate, folder) as made:
        yield made


@pytest.fixture(scope="module")
def full(
    gate: AwsGate, small: Vendors, migrated_store: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Desk]:
    """Yield the program after it has read every source of few people, in the usual order."""
    folder = tmp_path_factory.mktemp("full")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(clock, "datetime", FrozenClock(NOON))
        reach(gate, patch)
        with opened(Settings(data_dir=folder), migrated_store, small) as desk:
            for source in SOURCES:
                desk.connect(source)
                desk.read(source)
            with desk.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            yield desk


@pytest.fixture(autouse=True)
def _reached(gate: AwsGate, monkeypatch: pytest.MonkeyPatch) -> None:
    reach(gate, monkeypatch)


def reach(gate: AwsGate, patch: pytest.MonkeyPatch) -> None:
    """Let the SDK of this process go to an AWS, with our credentials."""
    for name, value in gate.environment().items():
        patch.setenv(name, value)


@contextmanager
def opened(settings: Settings, store: Path, at: Vendors) -> Iterator[Desk]:
    """Yield the program over a copy of a store, in a folder of its own."""
    shutil.copy(store, settings.data_dir / STORE)
    engine = open_store(settings.url)
    yield Desk(engine, settings, at)
    engine.dispose()


def test_every_figure_is_the_truth(
    engine: Any, settings: Settings, whole: Vendors, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever is shown of the organization, departments and teams is right to the last unit."""
    desk = Desk(engine, settings, whole)
    with monkeypatch.context() as patch:
        patch.setattr(ingest, "roll_up", lambda *_: 0)  # once is enough, at the end
        for source in SOURCES:
            desk.connect(source)
            desk.read(source)
    roll_up(engine, settings)
    wrong, compared = desk.wrong(figures(whole.world))
    assert wrong == []
    assert compared["week"] == len(SHOWN) * 10
    assert compared["day"] > 14 * DAYS
    assert compared["team"] > 15 * compared["week"]
    assert compared["department"] > 6 * compared["week"]


@one_worker
@pytest.mark.parametrize("source", SOURCES)
def test_without_a_source_only_what_it_alone_saw_disappears(
    full: Desk, tmp_path: Path, source: str
) -> None:
    """What is left is what the others tell, as if it had never been connected."""
    shutil.copy(full.settings.data_dir / "vault.key", tmp_path)
    with opened(Settings(data_dir=tmp_path), full.settings.data_dir / STORE, full.at) as desk:
        desk.here = {*SOURCES}
        desk.remove(source, purge=True)
        wrong, compared = desk.wrong(figures(full.at.world, desk.here))
        assert wrong == []
        assert compared["team"] + compared["department"] > FEW_COMPARED
        assert desk.released() != full.released()


@one_worker
@pytest.mark.parametrize("seed", range(len(REMOVALS)))
def test_any_order_ends_in_the_same_figures(
    full: Desk, seed: int, migrated_store: Path, tmp_path: Path
) -> None:
    """Connected, removed, connected again and read again in any order: the same figures.

    On the way what is shown is what those tell that are connected, or were with their data kept,
    in whatever order sources count.
    """
    dice = random.Random(seed)

    def check(told: Collection[str], rank: Sequence[str] = RANK) -> None:
        assert desk.wrong(figures(full.at.world, told, rank), TEAMS)[0] == []

    def reorder(rank: Sequence[str]) -> None:
        set_order(desk.engine, rank, actor="admin")
        roll_up(desk.engine, desk.settings)

    with opened(Settings(data_dir=tmp_path), migrated_store, full.at) as desk:
        for source in dice.sample(SOURCES, len(SOURCES)):
            desk.connect(source)
            desk.read(source)
            if dice.random() < 0.3:
                desk.read_again(dice.choice(sorted(desk.here)))
            check(desk.here)
        for source, purge in REMOVALS[seed].items():
            desk.remove(source, purge=purge)
            rank = (*dice.sample(RANK[:-1], len(RANK) - 1), RANK[-1])
            reorder(rank)
            check(desk.here | (set() if purge else {source}), rank)
            desk.connect(source)
            desk.read(source)
            check(SOURCES, rank)
        reorder(RANK)
        assert desk.released() == full.released()
