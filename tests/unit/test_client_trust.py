"""Promises about what is told of clients: numbers of people, of k and more, over whole weeks."""

from collections.abc import Iterator
from datetime import timedelta
from fractions import Fraction

import numpy as np
import pytest
from sqlalchemy import insert

from claude_dash.clients import Clients, clients, priced_by_clients, told
from claude_dash.config import Settings
from claude_dash.facts import tables as t
from claude_dash.facts.dimensions import sends_sessions
from claude_dash.privacy.policy import Policy
from tests.rolled import MONDAY, WEEK, Rolled, rolled

TELEMETRY = 3
POLICY = Policy()
K = POLICY.k


@pytest.fixture
def store(settings: Settings) -> Iterator[Rolled]:
    """Return a store without anybody, to which clients send."""
    with rolled(settings) as made:
        made.connect(TELEMETRY, "telemetry", "")
        made.setup(1, version="2.1.329", provider="firstParty", plan="team")
        made.setup(2, version="2.0.76", provider="firstParty")
        yield made


def work(store: Rolled, who: int, setup: int = 1, weeks: int = 0) -> None:
    """Let somebody's client report something."""
    store.add(t.CLIENT_DAY, who, MONDAY - weeks * WEEK, connection_id=TELEMETRY, setup=setup,
              terminal_type="", sessions=1)  # fmt: skip


def decide(store: Rolled, who: int, by: str, edits: int) -> None:
    """Let somebody, or a setting of theirs, decide on edits."""
    store.add(t.CLIENT_TOOL_DAY, who, MONDAY, connection_id=TELEMETRY, setup=1, tool="Edit",
              terminal_type="", decided_by=by, suggestions_accepted=edits)  # fmt: skip


def found(store: Rolled) -> Clients:
    """Return what is told."""
    store.write()
    made = clients(store.engine, POLICY)
    assert made is not None
    return made


def test_values_of_few_stand_together(store: Rolled) -> None:
    """A version of fewer than k people is not named, nor is it the rest of the others."""
    for who in range(1, 21):
        store.somebody(who)
        work(store, who, setup=2 if who < K else 1)
    made = found(store)
    assert made.people == 20
    assert made.values["Version"] == [("other", 20)]
    assert made.values["Provider"] == [("firstParty", 20)]
    assert made.values["Entry point"] == [("not reported", 20)]


def test_a_person_counts_for_each_value_and_once_in_all(store: Rolled) -> None:
    """Whoever moved to a newer version is in both numbers, in whole closed weeks alone."""
    for who in range(1, 21):
        store.somebody(who)
        work(store, who)
        work(store, who, setup=2, weeks=1 if who <= K else 4)
    made = found(store)
    assert made.people == 20
    assert made.values["Version"] == [("2.0.76", K), ("2.1.329", 20)]


def test_of_too_few_nothing_is_told(store: Rolled) -> None:
    """Below k people there is no number at all."""
    for who in range(1, K):
        store.somebody(who)
        work(store, who)
    store.write()
    assert clients(store.engine, POLICY) is None


@pytest.mark.parametrize(("old", "told"), [(0, 0), (K, K), (K - 1, None), (18, None), (20, 20)])
def test_clients_too_old_are_counted(store: Rolled, old: int, told: int | None) -> None:
    """Whose clients are before 2.1 is told, but neither of a few nor of all but a few."""
    for who in range(1, 21):
        store.somebody(who)
        work(store, who, setup=2 if who <= old else 1)
    assert found(store).too_old == told


@pytest.mark.parametrize(
    ("version", "old"),
    [("1.0.128", True), ("2.0.76", True), ("2.1.0", False), ("2.10.1", False), ("other", False)],
)
def test_versions_are_compared_as_numbers(version: str, old: bool) -> None:  # noqa: FBT001
    """2.10 is newer than 2.1, and what is no number is not old."""
    assert sends_sessions(version) is not old


@pytest.mark.parametrize(
    ("installations", "accounts", "told"),
    [(K, K, (5, 10)), (K, 1, (5, None)), (2, K, (None, 7)), (2, 1, (None, None)), (0, 0, (0, 0))],
)
def test_who_has_no_address_is_counted(
    store: Rolled, installations: int, accounts: int, told: tuple[int | None, int | None]
) -> None:
    """Installations have no person, accounts may have no address; of a few neither is told."""
    for who in range(1, 9):
        store.somebody(who)
        work(store, who)
    kinds = [*["installation"] * installations, *["account"] * accounts]
    for who, kind in enumerate(kinds, 21):
        with store.engine.begin() as connection:
            connection.execute(insert(t.PERSON), [{"id": who, "automation": False, "name": ""}])
            identity = {"who": who, "person_id": who, "kind": kind, "value": f"v{who}"}
            connection.execute(insert(t.IDENTITY), [identity])
        work(store, who)
    made = found(store)
    assert made.people == 8 + installations + accounts
    assert (made.installations, made.without_address) == told


def test_the_share_that_settings_decided(store: Rolled) -> None:
    """Config and hook count against people; decisions that say nothing count for neither."""
    for who in range(1, 13):
        store.somebody(who)
        decide(store, who, "config" if who % 2 else "hook", 3)
        decide(store, who, "user_temporary", 1)
        decide(store, who, "", 7)
        work(store, who)
    assert found(store).automatic == Fraction(3, 4)


@pytest.mark.parametrize(("others", "most"), [(1, 1), (8, 400)])
def test_a_share_that_tells_of_one_is_not_told(store: Rolled, others: int, most: int) -> None:
    """Neither where two people decided for themselves, nor where one did almost all."""
    for who in range(1, 13):
        store.somebody(who)
        decide(store, who, "config", 3)
        work(store, who)
    decide(store, 1, "user_reject", most)
    for who in range(2, 2 + others):
        decide(store, who, "user_reject", 1)
    assert found(store).automatic is None


def test_models_that_clients_alone_can_price(store: Rolled) -> None:
    """A model of a version that our list has is not named, under whatever name it goes."""
    store.somebody(1)
    for model, cost in (
        ("claude-opus-4-8", 5), ("us.anthropic.claude-sonnet-4-5-20250929-v1:0", 5),
        ("private-model", 5), ("unpriced-model", None),
    ):  # fmt: skip
        store.add(t.CLIENT_MODEL_DAY, 1, MONDAY + timedelta(days=1), connection_id=TELEMETRY,
                  setup=1, terminal_type="", model=model, cost_estimated=cost)  # fmt: skip
    store.write()
    assert priced_by_clients(store.engine) == ["private-model"]


@pytest.mark.parametrize("seed", range(50))
def test_every_number_is_of_k_people_or_none(seed: int) -> None:
    """Whatever values people have, each number told is of k and more."""
    rng = np.random.default_rng(seed)
    users = {
        f"v{value}": set(rng.integers(0, 30, rng.integers(1, 12)).tolist()) for value in range(6)
    }
    shown = dict(told(users, K))
    assert all(number >= K for number in shown.values())
    assert all(len(users[value]) == number for value, number in shown.items() if value != "other")
    rest = set[int]().union(*(people for value, people in users.items() if value not in shown))
    assert shown.get("other", 0) == (len(rest) if len(rest) >= K else 0)
