"""Which calls in a log are Claude Code: no field says so (contract, section 6)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

Rule = Literal["people", "roles", "metadata", "profiles"]
RULES: Mapping[Rule, str] = {
    "people": "InvokeModel of a Claude model, by whoever is no known service",
    "roles": "Calls by some roles, permission sets or users",
    "metadata": "Calls that carry an agreed value",
    "profiles": "Calls through some application inference profiles",
}
OTHER_OPERATION = "not Claude Code: another operation"
OTHER_MODEL = "not Claude Code: another model"
SERVICE = "not Claude Code: a service"
OTHER_ROLE = "not Claude Code: another role or user"
OTHER_METADATA = "not Claude Code: without the agreed value"
OTHER_PROFILE = "not Claude Code: another inference profile"


@dataclass(frozen=True, slots=True)
class Selection:
    """The rule in force.

    names: of roles, permission sets or users for `roles`; ids of profiles for `profiles`; for
    `metadata` the key and the value, as `key=value`.
    """

    rule: Rule = "people"
    names: Sequence[str] = ()

    @property
    def keys(self) -> frozenset[str]:
        """Return the keys of request metadata that the rule asks for."""
        named = self.names if self.rule == "metadata" else ()
        return frozenset(name.partition("=")[0] for name in named)

    def leaves_out(
        self,
        *,
        operation: str,
        model: str,
        is_claude: bool,
        kind: str,
        role: str,
        metadata: Mapping[str, str] | None,
    ) -> str:
        """Return why a call does not count as Claude Code; empty when it does.

        Args:
            operation: As logged.
            model: Its canonical name.
            is_claude: Whether that is, or may be, a Claude model.
            kind: Of the principal: person, unnamed or service.
            role: The role, permission set or user name of the principal.
            metadata: What the call carried.
        """
        if not is_claude:
            return OTHER_MODEL
        match self.rule:
            case "people":
                if not operation.startswith("InvokeModel"):
                    return OTHER_OPERATION
                return SERVICE if kind == "service" else ""
            case "roles":
                return "" if role in self.names else OTHER_ROLE
            case "metadata":
                sent = {f"{key}={value}" for key, value in (metadata or {}).items()}
                return "" if sent.intersection(self.names) else OTHER_METADATA
            case "profiles":
                return "" if model.rpartition("/")[2] in self.names else OTHER_PROFILE
