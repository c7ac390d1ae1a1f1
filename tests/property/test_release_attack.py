"""From what the roll-up stores of Enterprise and of all spend, nothing that fails follows."""

from collections.abc import Iterable

import numpy as np
import pytest

from claude_dash.config import Settings
from claude_dash.privacy.policy import Policy
from tests.property.attacker import Attacker
from tests.property.stores import (
    AUTOMATION,
    CALLED,
    SUBJECTS,
    Subject,
    Town,
    Weekly,
    random_town,
)
from tests.rolled import ALL, MONDAY

POLICY = Policy()
SEEDS = range(6)


def rolled_town(seed: int, settings: Settings, *, has_logs: bool, has_others: bool) -> Town:
    """Return a random store of one week that was rolled up."""
    rng = np.random.default_rng(seed)
    town = random_town(rng, settings)
    if has_others:
        town.fill(rng, [MONDAY])
    if has_logs:
        town.call(rng, [MONDAY])
    town.store.read(MONDAY)
    town.store.roll()
    return town


def leaks(town: Town, subjects: Iterable[Subject]) -> list[str]:
    """Return what an attacker finds in a store."""
    found = []
    for subject in subjects:
        weekly = Weekly(town, subject)
        if weekly.facts:
            words = Attacker(weekly.truth, list(weekly.known()), POLICY).leaks()
            found += [f"{subject.measure}: {one}" for one in words]
    town.store.engine.dispose()
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_that_fails_follows_from_what_is_released(seed: int, settings: Settings) -> None:
    """No linear combination of a week's figures is one that may not be shown."""
    town = rolled_town(seed, settings, has_logs=False, has_others=True)
    assert leaks(town, SUBJECTS) == []


@pytest.mark.parametrize("has_others", [False, True], ids=["alone", "beside"])
@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_that_fails_follows_from_logs_of_calls(
    seed: int,
    has_others: bool,  # noqa: FBT001 - a case
    settings: Settings,
) -> None:
    """The same of calls on Bedrock: by team, model, source, type, terminal and day."""
    town = rolled_town(seed, settings, has_logs=True, has_others=has_others)
    assert leaks(town, CALLED) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_people_of_logs_alone_are_counted_once(seed: int, settings: Settings) -> None:
    """Whoever has several names in logs is one person; few people are not told of."""
    town = rolled_town(seed, settings, has_logs=True, has_others=seed % 2 == 0)
    people = sum(group != AUTOMATION for group in town.group_of.values())
    expected = len(town.without_sessions()) if people >= POLICY.k else "small group"
    assert town.store.released("active_in_logs_alone") == {(ALL, ""): expected}
    town.store.engine.dispose()
