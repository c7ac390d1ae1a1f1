"""Cells stay few, however many names a source has."""

import numpy as np

from claude_dash.facts.dimensions import OTHER
from claude_dash.rollup.facts import Split
from claude_dash.rollup.magnitudes import bounded


def test_names_beyond_the_most_used_stand_together() -> None:
    """Of names that are too many those with the most people stay; no row is lost."""
    split = Split(np.array([0, 1, 1, 2, 3, 3, 3]), ("a", "b", "c", "d"))
    person = np.array([1, 1, 2, 1, 1, 1, 1])
    found = bounded(split, person, 2)
    assert [found.values[code] for code in found.codes] == ["a", "b", "b", *[OTHER] * 4]


def test_names_that_are_few_stay_as_they_are() -> None:
    """Nothing is united below the limit."""
    split = Split(np.array([0, 1]), ("a", "b"))
    assert bounded(split, np.array([1, 1]), 2) is split
