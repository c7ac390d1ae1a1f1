"""What is in order on this machine, and what to do about the rest; no secret is printed."""

import os
import re
import shutil
import stat
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass

from pydantic import SecretStr
from pydantic_settings import DotEnvSettingsSource
from sqlalchemy import Engine

from claude_dash import clock, connections, log
from claude_dash.config import PREFIX, Settings
from claude_dash.errors import ClaudeDashError, ConfigError, SourceError
from claude_dash.rollup.progress import rebuilding
from claude_dash.store import locks
from claude_dash.store.engine import check, open_store
from claude_dash.store.vault import Vault

FREE_DISK_BYTES = 1_000_000_000
PRIVATE = 0o077  # rights of anybody but the owner
SYNC_LOCKS = "*.lock"
_URL_PASSWORD = re.compile(r"(?<=:)[^:@/]+(?=@)")


@dataclass(frozen=True, slots=True)
class Check:
    """One thing looked at; hint says what to do, or what was found. exit_code: 0 when ok."""

    name: str
    ok: bool
    hint: str = ""
    exit_code: int = 0


@dataclass(frozen=True, slots=True)
class Examination:
    """All checks, and each setting as (name, value, where it came from)."""

    checks: list[Check]
    settings: list[tuple[str, str, str]]

    @property
    def exit_code(self) -> int:
        """The gravest exit code: the store before a source before the configuration."""
        return max((one.exit_code for one in self.checks), default=0)

    def document(self) -> dict[str, object]:
        """Lay it out as interfaces promise it."""
        return {
            "checks": [
                {name: value for name, value in asdict(one).items() if name != "exit_code"}
                for one in self.checks
            ],
            "settings": [
                {"name": name, "value": value, "from": origin}
                for name, value, origin in self.settings
            ],
        }


def examine(settings: Settings) -> Examination:
    """Return what can be checked on this machine; nothing is changed and no source is asked."""
    checks = [_judge("data folder", lambda: _data_folder(settings))]
    checks.append(_judge("free disk", lambda: _free_disk(settings)))
    engine = open_store(settings.url)
    try:
        store = _judge("store", lambda: _store(engine))
        checks.append(store)
        vault_check = _judge("vault key", lambda: _vault_key(settings))
        checks.append(vault_check)
        if store.ok:
            checks.append(_judge("clock", lambda: _clock(engine)))
            checks.append(_judge("locks", lambda: _locks(engine)))
            checks.append(_judge("figures", lambda: _figures(engine)))
            checks += _connections(engine)
    finally:
        engine.dispose()
    return Examination(checks, list(describe(settings)))


def describe(settings: Settings) -> Iterator[tuple[str, str, str]]:
    """Yield each setting, masked where it is secret, and where it came from."""
    file = settings.model_config.get("env_file")
    written = {name.upper() for name in DotEnvSettingsSource(type(settings)).env_vars}
    environment = {name.upper() for name in os.environ}
    for field in type(settings).model_fields:
        name = PREFIX + field.upper()
        origin = (
            "environment" if name in environment else str(file) if name in written else "default"
        )
        yield name.removeprefix(PREFIX), _masked(field, getattr(settings, field)), origin


def _masked(field: str, value: object) -> str:
    """Spell a value; an address without its password, a secret not at all."""
    if isinstance(value, SecretStr):
        secret = value.get_secret_value()
        return _URL_PASSWORD.sub("***", secret) if field == "database_url" else log.MASK
    return "" if value is None else log.scrub(str(value))


def _judge(name: str, look: Callable[[], str]) -> Check:
    """Run one check; an error of ours becomes its hint and its exit code."""
    try:
        return Check(name, ok=True, hint=look())
    except ClaudeDashError as error:
        return Check(name, ok=False, hint=str(error), exit_code=error.exit_code)


def _data_folder(settings: Settings) -> str:
    folder = settings.data_dir
    if not folder.exists():
        return f"{folder} is made on the first start"
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        message = f"{folder} cannot be written to."
        raise ConfigError(message, "Give the account that runs claude-dash the right to write.")
    return str(folder)


def _free_disk(settings: Settings) -> str:
    folder = next(path for path in (settings.data_dir, *settings.data_dir.parents) if path.exists())
    free = shutil.disk_usage(folder).free
    if free < FREE_DISK_BYTES:
        message = f"Only {free / 1e6:.0f} MB are free."
        raise ConfigError(message, "Make room: the store grows by some megabytes a day.")
    return f"{free / 1e9:.0f} GB free"


def _store(engine: Engine) -> str:
    check(engine)
    return f"{engine.dialect.name}, schema is current"


def _vault_key(settings: Settings) -> str:
    if settings.vault_key is not None:
        Vault(settings)
        return "from the environment"
    path = settings.vault_key_file or settings.data_dir / "vault.key"
    if not path.exists():
        if settings.vault_key_file:
            message = f"{path} does not exist."
            raise ConfigError(message, "Put the vault key there, or unset VAULT_KEY_FILE.")
        return "made on the first start"
    if stat.S_IMODE(path.stat().st_mode) & PRIVATE:
        message = f"{path} can be read by others."
        raise ConfigError(message, f"Run chmod 600 {path}.")
    Vault(settings)
    return str(path)


def _clock(engine: Engine) -> str:
    newest = max(
        (one.last_sync for one in connections.list_all(engine) if one.last_sync), default=None
    )
    if newest and newest > clock.now():
        message = "The clock of this machine is behind the last sync."
        raise ConfigError(message, "Set it by NTP; days and freshness depend on it.")
    return f"{clock.now():%Y-%m-%d %H:%M} UTC"


def _locks(engine: Engine) -> str:
    """Locks belong to the operating system, so what is held is held by a living process."""
    with locks.hold(engine, "sync", wait=False) as is_free:
        return "none is held" if is_free else "a sync is running"


def _figures(engine: Engine) -> str:
    weeks = rebuilding(engine)
    return f"rebuilding: {weeks[0]} of {weeks[1]} weeks" if weeks else "no rebuild is running"


def _connections(engine: Engine) -> Iterator[Check]:
    """Yield a check for each connection: what came of its last sync."""
    for one in connections.list_all(engine):
        name = f"connection {one.name}"
        if one.error:
            hint = one.error["message"]
            yield Check(name, ok=False, hint=hint, exit_code=SourceError.exit_code)
        elif one.status == "paused":
            hint = "It is paused. Resume it on the page Connect."
            yield Check(name, ok=False, hint=hint, exit_code=SourceError.exit_code)
        else:
            last = f"read up to {one.last_day}" if one.last_day else "nothing read yet"
            yield Check(name, ok=True, hint=last)
    if not connections.list_all(engine):
        yield Check("connections", ok=True, hint="none yet: claude-dash connect add console NAME")
