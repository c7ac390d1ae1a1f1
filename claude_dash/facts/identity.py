"""How a source names somebody, on the way into the person tables and nowhere else."""

from dataclasses import dataclass, field
from typing import Literal

from claude_dash.facts.pseudonym import pseudonym

IdentityKind = Literal["email", "api_key"]


@dataclass(frozen=True, slots=True)
class Identified:
    """A person by address, or a key by its display name; never printed."""

    kind: IdentityKind
    value: str = field(repr=False)

    @property
    def is_automation(self) -> bool:
        """Say whether nobody in particular is behind it."""
        return self.kind == "api_key"

    def who(self, key: bytes) -> int:
        """Return the pseudonym under the installation's key."""
        return pseudonym(key, self.kind, self.value)
