"""Settings from the environment or a `.env` file, read once; secrets are never printed."""

import re
from datetime import date, timedelta
from functools import cache
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import urlsplit

from platformdirs import user_data_path
from pydantic import BeforeValidator, Field, SecretStr, ValidationError, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from claude_dash.errors import ConfigError

PREFIX = "CLAUDE_DASH_"
ANTHROPIC_URL = "https://api.anthropic.com"
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}


def _duration(value: Any) -> Any:  # noqa: ANN401 - pydantic hands over whatever was set
    """Read `6h`, `30m`, `45s`, `1d` or `0`."""
    if isinstance(value, timedelta):
        return value
    match = re.fullmatch(r"(\d+)\s*([smhd]?)", str(value).strip())
    if not match or (not match[2] and int(match[1])):
        message = "write a number and a unit, for example 6h, 30m or 0"
        raise ValueError(message)
    return timedelta(**{_UNITS[match[2] or "s"]: int(match[1])})


Duration = Annotated[timedelta, BeforeValidator(_duration)]


class Settings(BaseSettings):
    """What an operator may set; names are those of the environment without the prefix."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, env_file=".env", extra="ignore", hide_input_in_errors=True
    )

    database_url: SecretStr | None = None
    data_dir: Path = Field(default_factory=lambda: user_data_path("claude-dash"))
    vault_key: SecretStr | None = None
    vault_key_file: Path | None = None
    anthropic_base_url: str = ANTHROPIC_URL
    requests_per_minute: int = Field(default=50, ge=1)
    sync_every: Duration = timedelta(hours=6)
    backfill_since: date | None = None
    min_group_size: int = Field(default=5, ge=5, le=50)
    retention_person_days: int = Field(default=120, ge=1)
    retention_release_months: int = Field(default=36, ge=1)
    public_url: str = "http://127.0.0.1:8501"

    @field_validator("anthropic_base_url")
    @classmethod
    def _only_encrypted(cls, value: str) -> str:
        """Accept https anywhere and plain http to this machine alone."""
        parts = urlsplit(value)
        plain_and_local = parts.scheme == "http" and parts.hostname in LOOPBACK
        if not parts.hostname or (parts.scheme != "https" and not plain_and_local):
            message = "use an https address; plain http is accepted to loopback only"
            raise ValueError(message)
        return value.rstrip("/")

    @property
    def url(self) -> str:
        """The store's address: the one set, else a SQLite file in the data folder."""
        if self.database_url is not None:
            return self.database_url.get_secret_value()
        return f"sqlite:///{self.data_dir / 'claude-dash.db'}"


def load() -> Settings:
    """Read the settings anew.

    Raises:
        ConfigError: A value cannot be used; the message names the variable, never the value.
    """
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = PREFIX + str(first["loc"][0]).upper()
        reason = str(first["msg"]).removeprefix("Value error, ")
        message = f"{name} cannot be used: {reason}."
        raise ConfigError(message, "Set it in the environment or in .env.") from None


@cache
def settings() -> Settings:
    """Return the settings of this process."""
    return load()
