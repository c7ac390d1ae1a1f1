"""The numbers of the privacy policy: k people, c contributors, p per cent; versioned."""

from dataclasses import dataclass

from sqlalchemy import Connection, select

from claude_dash.facts import tables as t

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
    query = select(t.PolicyVersion).order_by(t.POLICY_VERSION.c.version.desc()).limit(1)
    stored = connection.execute(query).first()
    if stored is None:
        return Policy(k=max(smallest, MIN_K))
    return Policy(version=stored.version, k=max(stored.k, smallest, MIN_K))
