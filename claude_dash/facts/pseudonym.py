"""A keyed hash of an identity: the only form in which facts know anybody."""

import hashlib
import hmac

PSEUDONYM_BITS = 63  # fits a signed 64-bit column; 10,000 people collide with odds of 1 in 10^11


def pseudonym(key: bytes, kind: str, value: str) -> int:
    """Return the pseudonym of an identity.

    Args:
        key: The pseudonym key of this installation, kept outside the database.
        kind: How the source names the person, for example `email`.
        value: The name itself; letters are folded, so spellings that differ in case are one.
    """
    message = f"{kind}\0{value.strip().casefold()}".encode()
    digest = hmac.new(key, message, hashlib.sha256).digest()
    return int.from_bytes(digest[:8], "big") >> (64 - PSEUDONYM_BITS)
