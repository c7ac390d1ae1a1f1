"""The numbers of the privacy policy: k people, c contributors, p per cent; versioned."""

from dataclasses import dataclass

from sqlalchemy import Connection, insert, select

from claude_dash.clock import now
from claude_dash.errors import ConfigError
from claude_dash.facts import tables as t
from claude_dash.facts.told import POLICY
from claude_dash.people.changes import touch_open_weeks
from claude_dash.store.audit import note

MIN_K = 5
MAX_K = 50


@dataclass(frozen=True, slots=True)
class Policy:
    """A version of the policy; k may be raised from 5 to 50 and never lowered.

    k: smallest population of a shown group (R2). c: smallest number of contributors of a shown
    magnitude (R3). p: how close, in per cent of the largest contributor, the second largest may
    come to knowing it (R4).
    """

    version: int = 1
    k: int = MIN_K
    c: int = 3
    p: int = 10


def current(connection: Connection, smallest: int = MIN_K) -> Policy:
    """Return the policy that holds: the larger of the stored k and the one that is set."""
    query = select(t.POLICY_VERSION).order_by(t.POLICY_VERSION.c.version.desc()).limit(1)
    stored = connection.execute(query).first()
    if stored is None:
        return Policy(k=max(smallest, MIN_K))
    return Policy(version=stored.version, k=max(stored.k, smallest, MIN_K))


def raise_k(
    connection: Connection, k: int, *, made_by: str, reason: str, smallest: int = MIN_K
) -> None:
    """Save a version of the policy with a larger smallest group; every open week is marked.

    Raises:
        ConfigError: It would be smaller than what holds, or beyond the largest.
    """
    before = current(connection, smallest)
    if not before.k <= k <= MAX_K:
        message = f"The smallest group can be {before.k} to {MAX_K} people."
        raise ConfigError(message, "It is raised, never lowered.")
    row = {"k": k, "made_at": now(), "made_by": made_by, "reason": reason.strip()}
    connection.execute(insert(t.POLICY_VERSION).values(version=before.version + 1, **row))
    touch_open_weeks(connection, POLICY)
    note(connection, made_by, "policy changed", f"smallest group {k}")
