"""A folder of one person's session files."""

from pathlib import Path

import pytest
from sqlalchemy import Engine

from claude_dash.config import Settings
from claude_dash.ingest.sessions import import_folder
from claude_dash.store.vault import Vault
from tests.session_lines import EMAIL, Take


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a folder for session files."""
    return tmp_path / "projects"


@pytest.fixture
def take(engine: Engine, settings: Settings, folder: Path) -> Take:
    """Return what imports the folder."""
    return lambda: import_folder(engine, Vault(settings), settings, folder, EMAIL)
