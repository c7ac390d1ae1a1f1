"""From what the roll-up stores of Enterprise and of all spend, nothing that fails follows."""

import numpy as np
import pytest

from claude_dash.config import Settings
from claude_dash.privacy.policy import Policy
from tests.property.attacker import Attacker
from tests.property.stores import SUBJECTS, Weekly, random_town
from tests.rolled import MONDAY

POLICY = Policy()
SEEDS = range(10)


def leaks(seed: int, settings: Settings) -> list[str]:
    """Return what an attacker finds in a random store."""
    rng = np.random.default_rng(seed)
    town = random_town(rng, settings)
    town.fill(rng, [MONDAY])
    town.store.read(MONDAY)
    town.store.roll()
    found = []
    for subject in SUBJECTS:
        weekly = Weekly(town, subject)
        if weekly.facts:
            words = Attacker(weekly.truth, list(weekly.known()), POLICY).leaks()
            found += [f"{subject.measure}: {one}" for one in words]
    town.store.engine.dispose()
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_that_fails_follows_from_what_is_released(seed: int, settings: Settings) -> None:
    """No linear combination of a week's figures is one that may not be shown."""
    assert leaks(seed, settings) == []
