"""Which source counts where several see the same use: one rule, by person, day and measure (B1)."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from claude_dash.privacy.cells import Bools, Ints

BEDROCK = "bedrock"  # a kind of connections, and what a client calls the provider
CLIENTS = ("telemetry", "sessions", "hooks")
LAST_RESORT = "hooks"  # counts for people alone whom no other source sees on the day
ELSEWHERE = "elsewhere"  # any organization that no connection reads
ORDER = ("enterprise", "console", BEDROCK, *CLIENTS)
SEAT = "seat"  # a provider: of a Console's rows about people who have a seat of the other kind


@dataclass(frozen=True, slots=True)
class Source:
    """A connection, and of clients what they said of where their requests went; empty: nothing.

    organization_id: whom it bills. provider: of clients, and of the Console's rows about seats.
    """

    number: int
    kind: str
    organization_id: str = ""
    provider: str = ""


def sees_the_same(one: Source, other: Source) -> bool:
    """Say whether two sources may tell of the same use."""
    clients = [each for each in (one, other) if each.kind in CLIENTS]
    has_seats = SEAT in (one.provider, other.provider)
    if not clients:
        is_one = bool(one.organization_id) and one.organization_id == other.organization_id
        return is_one or (has_seats and {one.kind, other.kind} == {"console", "enterprise"})
    if len(clients) > 1:
        return one.kind != other.kind  # a client sends to one connection of a kind
    client, vendor = (one, other) if one.kind in CLIENTS else (other, one)
    if vendor.kind == BEDROCK:
        says_nothing = not client.provider and not client.organization_id
        return client.provider == BEDROCK or says_nothing
    is_one = client.organization_id in ("", vendor.organization_id)
    return client.provider != BEDROCK and (is_one or has_seats)


def yields(one: Source, other: Source, order: Sequence[str]) -> bool:
    """Say whether a source does not count where the other has a value."""

    def place(source: Source) -> tuple[int, int]:
        return order.index(source.kind), source.number

    return place(other) < place(one) and sees_the_same(one, other)


def overlap(sources: Sequence[Source], order: Sequence[str]) -> bool:
    """Say whether any source yields to another."""
    return any(yields(one, other, order) for one in sources for other in sources)


def counted(
    sources: Sequence[Source], source: Ints, key: Ints, known: Bools, order: Sequence[str]
) -> Bools:
    """Say which values of some rows count, so that no use counts twice.

    Args:
        sources: Whoever has rows.
        source: The place of each row's source among them.
        key: Who and when, a number per row; rows with different keys never tell the same.
        known: Which measures each row has a value of, 0 included, of shape (rows, measures).
        order: Kinds of connections, the first that has a value counts.
    """
    kept = known.copy()
    for one in dict.fromkeys(sources):
        above = [n for n, other in enumerate(sources) if yields(one, other, order)]
        if not above:
            continue
        own = [n for n, other in enumerate(sources) if other == one]
        mine, theirs = np.flatnonzero(np.isin(source, own)), np.isin(source, above)
        for measure in range(known.shape[1]):
            taken = key[theirs & known[:, measure]]
            kept[mine, measure] &= ~np.isin(key[mine], taken)
    return kept
