"""Names in invocation logs: who an ARN is, which model an id means (contract, sections 3, 5).

An ARN is attribution, not proof: whoever can make a role can name it like a colleague's.
"""

import re
from collections.abc import Sequence
from typing import Literal, NamedTuple

CLAUDE = "anthropic.claude"
APPLICATION_PROFILE = "application-inference-profile"
PROVISIONED = "provisioned-model"
PATTERNS = (  # of session names that name a person, whatever the role
    re.compile(r"ccwb-(?P<email>[^@\s]+@[^@\s]+\.[^@\s]+)"),  # a sample solution that is widespread
    re.compile(r"(?P<email>[^@\s]+@[^@\s]+\.[^@\s]+)"),
)
_ARN = re.compile(r"arn:(?P<partition>[\w-]+):(?P<service>\w+):[^:]*:(?P<account>\d*):(?P<what>.+)")
_IDENTITY_CENTER = re.compile(r"AWSReservedSSO_(?P<set>.+)_[0-9a-f]{16}")
_SERVICE_ROLE, _API_KEY = "AWSServiceRoleFor", "BedrockAPIKey-"
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_MAX_SESSION = 64  # letters, says AWS; a pattern takes its time with more
_OPAQUE = (APPLICATION_PROFILE, PROVISIONED, "custom-model", "imported-model")
_MODEL = re.compile(r"(?:(?P<scope>(?!anthropic\.)[a-z0-9-]+)\.)?(?P<model>[a-z0-9]+\..+)")


class Principal(NamedTuple):
    """Who called.

    kind: a person; `unnamed`, who may be anybody or a program; or a known service. value: what
    stays the same of it. email: case-folded, where its name holds one. role: the role, permission
    set or user.
    """

    kind: Literal["person", "unnamed", "service"]
    value: str
    email: str = ""
    role: str = ""


class ModelName(NamedTuple):
    """A model by its key in price lists, and the scope of the profile; empty within a Region."""

    model: str
    scope: str


def principal_of(arn: str, patterns: Sequence[re.Pattern[str]] = ()) -> Principal:
    """Return who an ARN is, in any partition.

    Args:
        arn: As logged; empty when the record names nobody.
        patterns: Of whole session names that name a person, before our own; with a group `email`
            or `name`.
    """
    match = _ARN.fullmatch(arn)
    if match is None:
        return Principal("service" if arn.endswith(".amazonaws.com") else "unnamed", arn)
    kind, _, name = match["what"].partition("/")
    match kind:
        case "assumed-role":
            return _of_session(arn, name, patterns)
        case "user":
            user = name.rpartition("/")[2]
            if user.startswith(_API_KEY):
                return Principal("unnamed", arn, role=user)
            return _person(arn.removesuffix(user), user, user)
        case "federated-user":
            return _person(arn.removesuffix(name), name, name)
        case _:
            return Principal("unnamed", arn, role=kind)


def principal_named(name: str, role: str) -> Principal:
    """Return the person that the caller itself named, for example a gateway with one role."""
    return _person("metadata:", name, role)


def _of_session(arn: str, name: str, patterns: Sequence[re.Pattern[str]]) -> Principal:
    role, _, session = name.partition("/")
    if role.startswith(_SERVICE_ROLE):
        return Principal("service", arn.removesuffix(f"/{session}"), role=role)
    base = arn.removesuffix(session)
    if found := _IDENTITY_CENTER.fullmatch(role):
        return _person(base, session, found["set"])
    for pattern in (*patterns, *PATTERNS) if len(session) <= _MAX_SESSION else ():
        match = pattern.fullmatch(session)
        named = match.groupdict() if match else {}
        who = named.get("email") or named.get("name")
        if who:
            return _person(base, who, role)
    return Principal("unnamed", base.removesuffix("/"), role=role)  # a session changes on every run


def _person(base: str, name: str, role: str) -> Principal:
    who = name.casefold()
    return Principal("person", base + who, who if _EMAIL.fullmatch(who) else "", role)


def model_of(model_id: str) -> ModelName:
    """Return the model that an id or ARN means; an opaque one is its own name."""
    name = model_id
    if model_id.startswith("arn:"):
        kind, _, name = model_id.split(":", 5)[-1].partition("/")
        if kind in _OPAQUE:
            return ModelName(f"{kind}/{name}", "")
    match = _MODEL.fullmatch(name)
    return ModelName(match["model"], match["scope"] or "") if match else ModelName(name, "")


def is_claude(model: str) -> bool:
    """Say whether a model is, or behind a profile or reserved capacity may be, a Claude model."""
    return model.startswith((CLAUDE, f"{APPLICATION_PROFILE}/", f"{PROVISIONED}/"))
