"""What is read of one ISO week: its facts, who was active in it, and who used what."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from sqlalchemy import Connection

from claude_dash.privacy.cells import Ints
from claude_dash.rollup import facts as week_facts
from claude_dash.rollup import feeds
from claude_dash.rollup.known import Known
from claude_dash.rollup.presence import Presence
from claude_dash.rollup.sightings import Seen

WEEK = timedelta(days=7)


@dataclass(frozen=True, slots=True)
class Read:
    """What was read of a week."""

    facts: week_facts.WeekFacts
    here: Presence
    seen: Seen


def read_week(connection: Connection, monday: date, known: Known) -> Read:
    """Read a week."""
    facts = week_facts.load(connection, monday)
    seen = Seen.read(connection, known.persons, monday, monday + WEEK)
    return Read(facts, _presence(facts, known.unnamed.keys), seen)


def _presence(facts: week_facts.WeekFacts, keys: Ints) -> Presence:
    """Return the active days and sessions of the people, not the keys, and who else was seen."""
    person, day = facts.active_days()
    is_person = ~np.isin(person, keys)
    person, day = person[is_person], day[is_person]
    people, index = np.unique(person, return_inverse=True)
    days = np.zeros(len(people), dtype=np.int64)
    np.bitwise_or.at(days, index, np.left_shift(1, day))
    sessions = np.zeros(len(people), dtype=np.int64)
    activity = facts.of(feeds.ACTIVITY)
    known = np.isin(activity.person, people)
    at = np.searchsorted(people, activity.person[known])
    np.add.at(sessions, at, activity.amounts[known, 0])
    elsewhere = np.setdiff1d(facts.seen, np.union1d(people, keys))
    return Presence(people, days, sessions, elsewhere)
