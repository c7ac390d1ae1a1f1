"""Whether a policy of IAM allows a request: the part of its language that our policies use.

What is not understood is an error and never an answer.
"""

import re
from collections.abc import Mapping, Sequence
from typing import Any

Policy = Mapping[str, Any]
_KNOWN = {"Sid", "Effect", "Action", "Resource", "Principal", "Condition"}


def allows(policy: Policy, action: str, resource: str, context: Mapping[str, str]) -> bool:
    """Say whether a policy of a role allows it; a deny beats every allow."""
    effects = {
        one["Effect"]
        for one in statements(policy)
        if _any(one["Action"], action) and _any(one["Resource"], resource) and _holds(one, context)
    }
    return "Allow" in effects and "Deny" not in effects


def trusts(policy: Policy, principal: str, context: Mapping[str, str]) -> bool:
    """Say whether a trust policy lets a principal assume its role."""
    effects = {
        one["Effect"]
        for one in statements(policy)
        if _any(one["Action"], "sts:AssumeRole")
        and principal in _list(one["Principal"].get("AWS", []))
        and _holds(one, context)
    }
    return "Allow" in effects and "Deny" not in effects


def statements(policy: Policy) -> Sequence[Mapping[str, Any]]:
    """Return the statements of a policy, each of a form that is understood here."""
    assert policy["Version"] == "2012-10-17"
    for one in policy["Statement"]:
        assert set(one) <= _KNOWN, one
        assert one["Effect"] in {"Allow", "Deny"}, one
    found: Sequence[Mapping[str, Any]] = policy["Statement"]
    return found


def _holds(statement: Mapping[str, Any], context: Mapping[str, str]) -> bool:
    for operator, wanted in statement.get("Condition", {}).items():
        for name, values in wanted.items():
            given = context.get(name)
            match operator:
                case "StringEquals":
                    is_met = given in _list(values)
                case "StringLike":
                    is_met = given is not None and _any(values, given)
                case _:
                    raise NotImplementedError(operator)
            if not is_met:
                return False
    return True


def _any(patterns: str | Sequence[str], text: str) -> bool:
    return any(
        re.fullmatch(re.escape(one).replace(r"\*", ".*").replace(r"\?", "."), text, re.DOTALL)
        for one in _list(patterns)
    )


def _list(value: str | Sequence[str]) -> Sequence[str]:
    return [value] if isinstance(value, str) else value
