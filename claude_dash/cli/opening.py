"""What commands open first: the settings, the store with its newest schema, the vault, a reader."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING

import typer

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from claude_dash.access.readers import Reader
    from claude_dash.config import Settings
    from claude_dash.store.vault import Vault


def settings() -> "Settings":
    """Return the settings of this process."""
    from claude_dash import config  # noqa: PLC0415 - start-up is fast

    return config.settings()


@contextmanager
def opened() -> "Iterator[Engine]":
    """Yield the store, brought up to date, and close it afterwards.

    Raises:
        StoreError: The store cannot be used.
    """
    from claude_dash.store.engine import migrate, open_store  # noqa: PLC0415 - start-up is fast

    engine = open_store(settings().url)
    try:
        migrate(engine)
        yield engine
    finally:
        engine.dispose()


def vault() -> "Vault":
    """Return the vault of this deployment; its key is made on first use."""
    from claude_dash.store.vault import Vault  # noqa: PLC0415 - start-up is fast

    return Vault(settings())


def reader(role: str) -> "Reader":
    """Return the command line as a reader in `role`: the gate has no back door."""
    from claude_dash.access.readers import Reader, Role  # noqa: PLC0415 - start-up is fast

    return Reader("command line", Role(role))


def parse_day(text: str) -> date:
    """Read `2026-11-18`.

    Raises:
        typer.BadParameter: It is not a day.
    """
    try:
        return date.fromisoformat(text)
    except ValueError:
        message = f"{text!r} is not a day; write it as 2026-11-18."
        raise typer.BadParameter(message) from None
