"""Promises about clients of which no person is known: they are counted, and hide nobody less."""

from collections import Counter

import numpy as np
import pytest
from sqlalchemy import insert

from claude_dash.config import Settings
from claude_dash.facts import tables as t
from claude_dash.people.hints import join_team
from claude_dash.privacy.policy import Policy
from tests.rolled import ALL, MONDAY, Rolled, rolled

K = Policy().k
TELEMETRY = 3
INSTALLATIONS = 1_000  # and upwards are numbers of installations


def installation(store: Rolled, number: int, team: int | None = None) -> None:
    """Make somebody of whom an installation alone is known."""
    with store.engine.begin() as connection:
        connection.execute(insert(t.PERSON), [{"id": number, "automation": False, "name": ""}])
        connection.execute(insert(t.IDENTITY), [
            {"who": number, "person_id": number, "kind": "installation", "value": f"{number:064x}"}
        ])  # fmt: skip
        if team is not None:
            join_team(connection, TELEMETRY, [number], f"Team {team}", MONDAY)


class Town:
    """Teams of known people and of installations, some of them without a team."""

    def __init__(self, store: Rolled, rng: np.random.Generator) -> None:
        store.connect(TELEMETRY, "telemetry", "")
        store.setup(1)
        store.read(MONDAY)
        teams = list(range(1, int(rng.integers(2, 6))))
        store.teams(Half=teams[::2], Rest=teams[1::2])
        self.known: Counter[str] = Counter()
        self.installations = 0
        number = 0
        for team in [*teams, None]:
            key = "unassigned" if team is None else f"team:{team}"
            for _ in range(int(rng.integers(0, rng.choice([1, 4, 12])))):
                number += 1
                store.people([number], team)
                self.known[key] += 1
                self._work(store, number, rng)
            for _ in range(int(rng.integers(0, rng.choice([1, 4, 12])))):
                self.installations += 1
                who = INSTALLATIONS + self.installations
                installation(store, who, team)
                self._work(store, who, rng, always=True)
        store.roll()

    @staticmethod
    def _work(store: Rolled, who: int, rng: np.random.Generator, *, always: bool = False) -> None:
        if always or rng.random() < 0.6:
            store.add(t.CLIENT_DAY, who, MONDAY, connection_id=TELEMETRY, setup=1,
                      terminal_type="", sessions=int(rng.integers(1, 5)))  # fmt: skip
            store.add(t.FEATURE_DAY, who, MONDAY, connection_id=TELEMETRY, kind="skill", uses=1,
                      product="claude_code", feature=f"s{rng.integers(2)}")  # fmt: skip


@pytest.mark.parametrize("seed", range(30))
def test_a_group_is_of_k_known_people(settings: Settings, seed: int) -> None:
    """Whatever installations are in it, a row stands for k people who are known, or for none.

    The organisation counts every installation; where no row can hold k there are no rows.
    """
    with rolled(settings) as store:
        town = Town(store, np.random.default_rng(seed))
        rows = store.rows_of(t.GROUP_ROW, grain="week")
        (whole,) = [row for row in rows if row.level == "organization"]
        assert whole.population == town.known.total() + town.installations
        shown = [row for row in rows if row.level != "organization"]
        is_told = town.known.total() >= K and whole.population >= 2 * K
        assert bool(shown) == is_told
        for row in shown:
            if row.level == "team":
                assert row.population == sum(town.known[one] for one in row.members.split(","))
            assert row.population >= K
        released = {row.key for row in store.rows_of(t.RELEASE_ROW, grain="week")}
        assert released <= {ALL, *(row.key for row in shown)}
        months = store.rows_of(t.GROUP_ROW, grain="month")
        assert all(row.population >= K for row in months if row.level != "organization")


def test_installations_do_not_tell_the_name_of_a_skill(settings: Settings) -> None:
    """Five clients of one developer are not five people who use a private skill."""
    with rolled(settings) as store:
        store.connect(TELEMETRY, "telemetry", "")
        store.read(MONDAY)
        store.people(range(1, 13))
        for who in range(1, 13):
            store.use(who, "skill:known", 1, product="claude_code", connection_id=TELEMETRY)
        for who in range(INSTALLATIONS, INSTALLATIONS + 6):
            installation(store, who)
            store.use(who, "skill:private", 1, product="claude_code", connection_id=TELEMETRY)
        store.roll()
        for measure in ("feature_uses", "feature_users"):
            names = {item for _, item in store.released(measure, "feature")}
            assert names == {"skill:known", "skill:other"}


def test_an_organization_of_installations_has_figures_and_no_groups(settings: Settings) -> None:
    """A fleet without accounts is shown as a whole, by week and by day."""
    with rolled(settings) as store:
        store.connect(TELEMETRY, "telemetry", "")
        store.setup(1)
        store.read(MONDAY)
        for who in range(INSTALLATIONS, INSTALLATIONS + 2 * K):
            installation(store, who)
            store.add(t.CLIENT_DAY, who, MONDAY, connection_id=TELEMETRY, setup=1, sessions=2,
                      terminal_type="")  # fmt: skip
        store.roll()
        assert store.released("sessions") == {(ALL, ""): 4 * K}
        assert store.released("active") == {(ALL, ""): 2 * K}
        assert store.released("sessions", grain="day") == {(ALL, ""): 4 * K}
