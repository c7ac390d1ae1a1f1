"""Days, weeks and calendar months of calls in a random store: months tell nothing new."""

from collections.abc import Iterator
from datetime import date, timedelta
from itertools import combinations

import numpy as np
import pytest

from claude_dash.clock import next_month
from claude_dash.config import Settings
from claude_dash.facts import tables as t
from claude_dash.privacy.policy import Policy
from tests.property.attacker import Attacker, Masks, Reduced, Truth
from tests.property.stores import AUTOMATION, CALLED, Subject, Town, Weekly, random_town
from tests.rolled import ALL

POLICY = Policy()
FIRST = date(2026, 9, 28)  # cut by October, whose last week is cut by November
WEEKS = [FIRST + timedelta(weeks=number) for number in range(7)]
LENGTH = {"day": 1, "week": 7}
SEEDS = range(6)


class Months(Weekly):
    """One measure of the organization over some weeks, by day."""

    days = 7 * len(WEEKS)

    def __init__(self, town: Town, subject: Subject) -> None:
        super().__init__(town, subject, FIRST, self.days)
        self.teams = [ALL]

    def spans(self) -> Iterator[tuple[Masks, int]]:
        """Yield every figure of a day, week or month that is shown, as (days and values, value)."""
        for row in self.released:
            first = (row.start - FIRST).days
            if row.key != ALL or row.hidden or row.dimension == "actor" or row.grain == "part":
                continue
            if row.grain == "month":
                last = (next_month(row.start) - FIRST).days
            else:
                last = first + LENGTH[row.grain]
            if first >= 0 and last <= self.days:
                mask = np.zeros((self.days, len(self.combinations)), dtype=np.int64)
                mask[first:last] = self.column(row.dimension, row.item)
                yield mask.ravel(), row.value

    def leaks(self) -> list[tuple[int, int, str]]:
        """Return the spans of days, of all or one value, that can be computed and fail."""
        known = list(self.spans())
        people = sorted(self.town.group_of)
        amounts = np.zeros((len(people), self.days, len(self.combinations)), dtype=np.int64)
        for who, day, values, amount in self.facts:
            amounts[people.index(who), day, self.combinations.index(values)] += amount
        flat = amounts.reshape(len(people), -1)
        masks = np.array([mask for mask, _ in known]).reshape(len(known), flat.shape[1])
        assert (masks @ flat.T).sum(axis=1).tolist() == [value for _, value in known]
        zeros = masks[(masks @ flat.T).sum(axis=1) == 0].any(axis=0)
        columns = {"": self.column("", "")}
        for dimension in ("model", "source"):
            for one in self.combinations:
                item = self.value_of(dimension, one)
                columns[f"{dimension} {item}"] = self.column(dimension, item)
        names, tried = [], []
        for first, end in combinations(range(self.days + 1), 2):
            for name, column in columns.items():
                mask = np.zeros((self.days, len(self.combinations)), dtype=np.int64)
                mask[first:end] = column
                names.append((first, end, name))
                tried.append(mask.ravel())
        wanted = np.array(tried)
        reached = Reduced(masks, zeros).reaches(wanted)
        is_key = np.array([self.town.group_of[who] == AUTOMATION for who in people])
        truth = Truth(amounts, np.zeros(len(people), dtype=np.int64), 1, is_key, [])
        failing = Attacker(truth, [], POLICY).fails(wanted[reached] @ flat.T)
        return [names[at] for at in np.flatnonzero(reached)[failing]]


@pytest.mark.parametrize("seed", SEEDS)
def test_months_of_calls_tell_nothing_new(seed: int, settings: Settings) -> None:
    """No span of days of requests or cost can be computed that fails, though weeks are cut."""
    rng = np.random.default_rng(seed)
    town = random_town(rng, settings)
    town.call(rng, WEEKS)
    town.store.read(*WEEKS)
    town.store.roll(*WEEKS)
    grains = {row.grain for row in town.store.rows_of(t.RELEASE_ROW, measure="requests")}
    assert {"day", "week", "month"} <= grains
    found = [Months(town, subject).leaks() for subject in CALLED[:2]]
    town.store.engine.dispose()
    assert found == [[], []]
