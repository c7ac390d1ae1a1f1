"""Secrets, encrypted at rest; the vault key is kept outside the database."""

import hmac
import os
import secrets
from base64 import urlsafe_b64encode
from pathlib import Path

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from claude_dash.config import Settings
from claude_dash.errors import ConfigError

KEY_BYTES = 32
MIN_KEY_CHARS = 32


class Vault:
    """Encrypts what must come back and derives the keys of what must not.

    The master key is `VAULT_KEY`, or the content of `VAULT_KEY_FILE`, or that of
    `DATA_DIR/vault.key`, which is made on first use with mode 0600.

    Raises:
        ConfigError: The key that is set is too short or its file cannot be used.
    """

    def __init__(self, settings: Settings) -> None:
        self._master = _master(settings)
        self._fernet = Fernet(urlsafe_b64encode(self._derive("secrets")))

    def __repr__(self) -> str:
        """Show nothing of the key."""
        return "Vault()"

    def _derive(self, purpose: str) -> bytes:
        kdf = HKDF(algorithm=SHA256(), length=KEY_BYTES, salt=None, info=purpose.encode())
        return kdf.derive(self._master)

    @property
    def pseudonym_key(self) -> bytes:
        """Return the key under which identities are hashed."""
        return self._derive("pseudonyms")

    @property
    def cookie_key(self) -> bytes:
        """Return the key under which cookies and tokens are hashed."""
        return self._derive("cookies")

    def fingerprint(self, secret: str) -> str:
        """Return a keyed hash by which a secret is recognised and from which nothing is learnt."""
        return hmac.new(self._derive("fingerprints"), secret.encode(), "sha256").hexdigest()[:32]

    def seal(self, secret: str) -> bytes:
        """Return a secret encrypted."""
        return self._fernet.encrypt(secret.encode())

    def unseal(self, token: bytes) -> str:
        """Return a secret again.

        Raises:
            ConfigError: It was encrypted with another vault key.
        """
        try:
            return self._fernet.decrypt(token).decode()
        except InvalidToken:
            message = "A stored key cannot be read: the vault key is not the one it was saved with."
            raise ConfigError(message, "Restore the vault key, or replace the key.") from None


def _master(settings: Settings) -> bytes:
    if settings.vault_key is not None:
        return _checked(settings.vault_key.get_secret_value(), "CLAUDE_DASH_VAULT_KEY")
    path = settings.vault_key_file or settings.data_dir / "vault.key"
    try:
        if settings.vault_key_file is None and not path.exists():
            _make(path)
        return _checked(path.read_text(encoding="utf-8"), "The vault key file")
    except OSError:
        message = "The vault key file cannot be read or made."
        raise ConfigError(message, "Check CLAUDE_DASH_VAULT_KEY_FILE or DATA_DIR.") from None


def _checked(key: str, name: str) -> bytes:
    key = key.strip()
    if len(key) < MIN_KEY_CHARS:
        message = f"{name} is too short: {MIN_KEY_CHARS} characters at least."
        raise ConfigError(message, "Make one with: openssl rand -hex 32.")
    return key.encode()


def _make(path: Path) -> None:
    """Write a new key that only its owner can read; whoever comes second uses the first one."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    draft = path.with_name(f"{path.name}.{secrets.token_hex(8)}")
    file = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(file, "w", encoding="utf-8") as stream:
        stream.write(secrets.token_hex(KEY_BYTES))
    try:
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
