"""Texts that clients send: bounded, without control characters, and addresses told apart."""

import re

MAX_CHARS = 120
MAX_ADDRESS_CHARS = 254
_ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")
# Half a character, as clients cut text: JSON allows it, our decoder does not, and it is content.
_HALF = re.compile(
    rb"\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])"
    rb"|(?<!\\u[dD][89abAB]..)\\u[dD][c-fC-F][0-9a-fA-F]{2}"
)
_WHOLE = rb"\\ufffd"


def mended(sent: bytes) -> bytes:
    """Return JSON in which no half of a character stands alone."""
    return _HALF.sub(_WHOLE, sent)


def named(sent: object) -> str:
    """Return a name as it is kept; empty for what is none, or so long that it must be a text."""
    if not isinstance(sent, str) or len(sent) > MAX_ADDRESS_CHARS:
        return ""
    text = sent.strip()
    is_address = bool(_ADDRESS.fullmatch(text))
    return text if text.isprintable() and (is_address or len(text) <= MAX_CHARS) else ""


def address(sent: str) -> str:
    """Return a mail address in lower case; empty for what is none."""
    return sent.casefold() if _ADDRESS.fullmatch(sent) else ""
