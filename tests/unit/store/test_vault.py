"""The vault: what is encrypted, under which key, and what is said when it is another one."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from claude_dash.config import Settings
from claude_dash.errors import ConfigError
from claude_dash.store.vault import Vault
from tests.unit.store.conftest import Start

SECRET = "sk-ant-admin01-planted"
OTHER = "another-master-key-of-32-characters!"


def test_what_is_sealed_comes_back(settings: Settings) -> None:
    """A secret is read again by the next process, and is not there in the clear."""
    token = Vault(settings).seal(SECRET)
    assert SECRET.encode() not in token
    assert Vault(settings).unseal(token) == SECRET


def test_the_key_is_made_for_its_owner_alone(settings: Settings) -> None:
    """The first use writes a key file of mode 0600, and no second one beside it."""
    Vault(settings)
    first = (settings.data_dir / "vault.key").read_text()
    Vault(settings)
    assert [path.name for path in settings.data_dir.iterdir()] == ["vault.key"]
    assert (settings.data_dir / "vault.key").stat().st_mode & 0o777 == 0o600
    assert (settings.data_dir / "vault.key").read_text() == first


def test_several_that_start_together_share_one_key(settings: Settings, start: Start) -> None:
    """Processes that all make the first key end up with the same one."""
    code = (
        "import sys; from pathlib import Path\n"
        "from claude_dash.config import Settings; from claude_dash.store.vault import Vault\n"
        "print(Vault(Settings(data_dir=Path(sys.argv[1]))).pseudonym_key.hex())"
    )
    several = [start(code, settings.data_dir) for _ in range(2)]
    keys = {one.communicate()[0].strip() for one in several}
    assert keys == {Vault(settings).pseudonym_key.hex()}


def test_another_vault_key_is_said_in_one_sentence(settings: Settings) -> None:
    """What was sealed under another key is refused with what to do, and without the secret."""
    token = Vault(settings).seal(SECRET)
    other = Vault(settings.model_copy(update={"vault_key": SecretStr(OTHER)}))
    with pytest.raises(ConfigError) as raised:
        other.unseal(token)
    assert "vault key is not the one" in raised.value.message
    assert "replace the key" in raised.value.hint.lower()
    assert raised.value.__cause__ is None


def test_the_keys_for_each_purpose_differ(settings: Settings) -> None:
    """Pseudonyms, cookies and fingerprints are hashed under keys of their own."""
    vault = Vault(settings)
    assert len({vault.pseudonym_key, vault.cookie_key, vault.fingerprint("x")}) == 3
    assert vault.pseudonym_key == Vault(settings).pseudonym_key
    assert vault.fingerprint("a") != vault.fingerprint("b")
    assert SECRET not in vault.fingerprint(SECRET)


def test_a_key_of_the_environment_writes_no_file(settings: Settings) -> None:
    """With `VAULT_KEY` nothing is made on the disk."""
    Vault(settings.model_copy(update={"vault_key": SecretStr(OTHER)}))
    assert not settings.data_dir.exists()


def test_a_key_file_is_read(settings: Settings, tmp_path: Path) -> None:
    """`VAULT_KEY_FILE` gives the same keys as its content in `VAULT_KEY`."""
    path = tmp_path / "key"
    path.write_text(f"{OTHER}\n")
    by_file = Vault(settings.model_copy(update={"vault_key_file": path}))
    by_name = Vault(settings.model_copy(update={"vault_key": SecretStr(OTHER)}))
    assert by_file.pseudonym_key == by_name.pseudonym_key


def test_a_missing_key_file_is_not_made(settings: Settings, tmp_path: Path) -> None:
    """A key file that was set and is not there is an error, not a new key."""
    path = tmp_path / "nowhere"
    with pytest.raises(ConfigError):
        Vault(settings.model_copy(update={"vault_key_file": path}))
    assert not path.exists()


def test_a_short_key_is_refused(settings: Settings) -> None:
    """A key that could be guessed is refused, with how to make one, and is not shown."""
    with pytest.raises(ConfigError) as raised:
        Vault(settings.model_copy(update={"vault_key": SecretStr("hunter2")}))
    assert "openssl rand" in raised.value.hint
    assert "hunter2" not in repr(raised.value)


def test_a_vault_shows_nothing(settings: Settings) -> None:
    """Its text form holds no key."""
    vault = Vault(settings)
    assert repr(vault) == "Vault()"
    assert str(vault) == "Vault()"
