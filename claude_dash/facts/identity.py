"""How a source names somebody, on the way into the person tables and nowhere else."""

from dataclasses import dataclass, field
from typing import Literal

from claude_dash.facts.pseudonym import pseudonym

IdentityKind = Literal[
    "email",
    "user_id",
    "account",
    "configured",
    "installation",
    "principal",
    "api_key",
    "service_account",
    "federated",
    "unnamed",
    "unattributed",
]
PEOPLE = frozenset({"email", "user_id", "account", "configured", "installation", "principal"})
IDS = frozenset({"user_id", "account"})  # of one account each, and an account has one of them


@dataclass(frozen=True, slots=True)
class Identified:
    """A person by address or by the vendor's id, or a key or account that is nobody; never printed.

    email: the address that came beside a vendor's id, an attribute that may change. A `principal`
    of a cloud names a person; an `unnamed` one may be anybody, or a program. Clients name an
    `account`, whom an admin `configured`, or nothing but the `installation`.
    """

    kind: IdentityKind
    value: str = field(repr=False)
    email: str = field(default="", repr=False, compare=False)

    @property
    def is_automation(self) -> bool:
        """Say whether nobody in particular is behind it."""
        return self.kind not in PEOPLE

    def who(self, key: bytes) -> int:
        """Return the pseudonym under the installation's key."""
        return pseudonym(key, self.kind, self.value)
