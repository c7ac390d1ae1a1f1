"""How a call is read: who made it, with which model, and whether it counts as Claude Code."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from claude_dash.sources.bedrock_log import Call
from claude_dash.sources.bedrock_names import (
    ModelName,
    Principal,
    is_claude,
    model_of,
    principal_named,
    principal_of,
)
from claude_dash.sources.bedrock_rule import Selection

MAX_LETTERS = 2_048  # of an ARN; a model's is shorter
NO_NAME = "a caller or model whose name cannot be one"
ANOTHER_ACCOUNT = "another account than the object's"


class Placed(NamedTuple):
    """Who called which model, and why the call does not count; empty when it does."""

    principal: Principal
    model: ModelName
    reason: str


@dataclass(frozen=True, slots=True)
class Reading:
    """What a connection says of its calls.

    patterns: of session names that name a person. person_key: of request metadata that does.
    """

    selection: Selection = field(default_factory=Selection)
    patterns: Sequence[re.Pattern[str]] = ()
    person_key: str = ""

    @property
    def keys(self) -> frozenset[str]:
        """Return the keys of request metadata that are needed."""
        return self.selection.keys | {self.person_key} - {""}

    def place(self, call: Call, account: str) -> Placed:
        """Return where a call belongs.

        Args:
            call: As read.
            account: That the object's key names.
        """
        sent = (call.metadata or {}).get(self.person_key, "")
        names = (call.arn, call.model_id, sent)
        if any(len(name) > MAX_LETTERS or not name.isprintable() for name in names):
            return Placed(Principal("unnamed", ""), ModelName("", ""), NO_NAME)
        principal, model = principal_of(call.arn, self.patterns), model_of(call.model_id)
        if sent:
            principal = principal_named(sent, principal.role)
        if call.account and account and call.account != account:
            return Placed(principal, model, ANOTHER_ACCOUNT)
        reason = self.selection.leaves_out(
            operation=call.operation,
            model=model.model,
            is_claude=is_claude(model.model),
            kind=principal.kind,
            role=principal.role,
            metadata=call.metadata,
        )
        return Placed(principal, model, reason)
