"""Log lines never carry a key, a token, an ARN or an address."""

import logging

import pytest

from claude_dash.log import MASK, configure, event, scrub

SECRETS = [
    "sk-ant-admin01-abcDEF_123-xyz",
    "Bearer abc.def-123",
    "arn:aws:iam::111122223333:role/some-role",
    "Rin.Example+tag@sub.example.org",
]


@pytest.mark.parametrize("secret", SECRETS)
def test_a_secret_is_masked_wherever_it_stands(secret: str) -> None:
    """What must not be written is replaced, and the words around it stay."""
    text = scrub(f"before {secret} after")
    assert secret not in text
    assert text == f"before {MASK} after"


def test_a_password_in_an_address_is_masked() -> None:
    """A database address may be logged without its credentials."""
    assert "hunter2" not in scrub("postgresql+psycopg://dash:hunter2@db.example/dash")


def test_a_request_has_no_line(caplog: pytest.LogCaptureFixture) -> None:
    """No request of a client is logged, whatever level Streamlit gives uvicorn's log of them."""
    configure()
    access = logging.getLogger("uvicorn.access")
    access.setLevel(logging.INFO)
    access.info("192.0.2.1 sent something")
    assert not access.isEnabledFor(logging.INFO)
    assert not caplog.records


def test_a_trace_is_masked_too(capsys: pytest.CaptureFixture[str]) -> None:
    """An exception that quotes a key is written without it."""

    def fail() -> None:
        message = f"refused {SECRETS[0]}"
        raise RuntimeError(message)

    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    try:
        configure()
        try:
            fail()
        except RuntimeError:
            logging.getLogger("test").exception("failed for %s", SECRETS[3])
        event(logging.getLogger("test"), "read", day="2026-11-18", records=3)
    finally:
        root.handlers[:], root.level = handlers, level
    written = capsys.readouterr().err
    assert "read day=2026-11-18 records=3" in written
    assert "Traceback" in written
    assert not any(secret in written for secret in SECRETS)
