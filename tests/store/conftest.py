"""What the tests on both stores stand on."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Engine

from claude_dash.store.engine import migrate, open_store
from tests.postgres import postgres_server, postgres_url

__all__ = ["postgres_server", "postgres_url"]


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """Yield an empty, migrated store of each kind."""
    sqlite = f"sqlite:///{tmp_path}/store.db"
    url = sqlite if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    engine = open_store(url)
    migrate(engine)
    yield engine
    engine.dispose()
