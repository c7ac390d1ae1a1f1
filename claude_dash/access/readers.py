"""Who is asking, in which role, and what that role may do (A4)."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

Capability = Literal[
    "signed_in", "figures", "exports", "notes", "money", "admin", "settings", "audit"
]


class Role(StrEnum):
    """What an account may see and do."""

    VIEWER = "viewer"
    CHAMPION = "champion"
    FINANCE = "finance"
    ADMIN = "admin"
    AUDITOR = "auditor"


_VIEWER: frozenset[Capability] = frozenset({"signed_in", "figures"})
_CHAMPION: frozenset[Capability] = _VIEWER | {"exports", "notes"}
_FINANCE: frozenset[Capability] = _VIEWER | {"exports", "money"}
MAY: dict[Role, frozenset[Capability]] = {
    Role.VIEWER: _VIEWER,
    Role.CHAMPION: _CHAMPION,
    Role.FINANCE: _FINANCE,
    Role.ADMIN: _CHAMPION | _FINANCE | {"admin", "settings", "audit"},
    Role.AUDITOR: frozenset({"signed_in", "settings", "audit"}),
}


@dataclass(frozen=True, slots=True)
class Reader:
    """Somebody who asks: the name that the access log keeps, and the role."""

    name: str
    role: Role


def may(role: Role, capability: Capability) -> bool:
    """Say whether a role may do something."""
    return capability in MAY[role]
