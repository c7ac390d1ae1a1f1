"""Promises about the coverage map: its numbers are true, and none of them tells of a few."""

from collections.abc import Iterator
from fractions import Fraction
from itertools import combinations

import numpy as np
import pytest

from claude_dash.access.readers import Reader, Role
from claude_dash.answers import ask
from claude_dash.config import Settings
from claude_dash.coverage import Coverage, coverage
from claude_dash.facts import tables as t
from claude_dash.metrics.release import Query
from claude_dash.privacy.overlaps import told
from claude_dash.privacy.policy import Policy
from tests.rolled import CONSOLE, MONDAY, WEEK, Rolled, rolled

BUCKET, TELEMETRY = 3, 4
WEEKS = [MONDAY - number * WEEK for number in range(5)]
POLICY = Policy()
K = POLICY.k


@pytest.fixture
def store(settings: Settings) -> Iterator[Rolled]:
    """Return 60 people of a roster file in three teams, without any use."""
    with rolled(settings) as made:
        made.connect(BUCKET, "bedrock", "123456789012")
        made.connect(TELEMETRY, "telemetry", "")
        made.read(*WEEKS)
        made.setup(1)
        made.teams(Platform=(1, 2), Sales=(3,))
        for team in (1, 2, 3):
            made.people(range(20 * team - 19, 20 * team + 1), team)
        made.erase(t.ROSTER_ENTRY, origin="vendor")
        yield made


def sent(store: Rolled, who: int, weeks: int = 0) -> None:
    """Let somebody's client report."""
    store.add(t.CLIENT_DAY, who, MONDAY - weeks * WEEK, connection_id=TELEMETRY, setup=1,
              terminal_type="", sessions=1)  # fmt: skip


def called(store: Rolled, who: int, calls: int = 1) -> None:
    """Let somebody, or a role, call Amazon Bedrock."""
    store.add(t.INVOCATION_DAY, who, MONDAY, connection_id=BUCKET, model="m", requests=calls)


def found(store: Rolled) -> Coverage:
    """Return the map, of what was rolled up."""
    store.roll(*WEEKS)
    made = coverage(store.engine, POLICY)
    assert made is not None
    return made


def shares(store: Rolled, *by: str) -> dict[str, Fraction | None]:
    """Return what the metric says of the last closed week, by group."""
    query = Query("coverage_rate", by=by, since=MONDAY, until=MONDAY + WEEK)
    rows = ask(store.engine, query, Reader("viewer", Role.VIEWER)).rows
    return {row.groups.get("team", "All"): row.value for row in rows}  # type: ignore[misc]


def test_the_numbers_are_the_truth(store: Rolled) -> None:
    """Of 60 eligible people each source knows whom it has a fact of, and 15 nobody knows."""
    for who in range(1, 31):
        store.code(who)
    for who in range(21, 41):
        sent(store, who)
    for who in range(36, 46):
        called(store, who)
    made = found(store)
    assert (made.eligible, made.visible, made.none) == (60, 45, 15)
    assert dict(made.sources) == {"console": 30, "bedrock": 10, "telemetry": 20, "enterprise": 0}
    assert made.several == 10 + 5
    assert shares(store) == {"All": Fraction(45, 60)}
    assert shares(store, "team") == {
        "Team 1": Fraction(1), "Team 2": Fraction(1), "Team 3": Fraction(5, 20)
    }  # fmt: skip


def test_a_member_without_use_is_visible(store: Rolled) -> None:
    """Who is on a source's own list could be told of, and is inactive, not out of sight."""
    entry = {"origin": "vendor", "connection_id": CONSOLE, "vendor_user_id": "", "role": "",
             "eligible": True, "starts": None}  # fmt: skip
    listed = [{**entry, "person_id": who, "ends": None} for who in range(1, 11)]
    listed += [{**entry, "person_id": who, "ends": MONDAY} for who in range(11, 21)]  # they left
    store._insert(t.ROSTER_ENTRY, listed)
    made = found(store)
    assert (made.visible, dict(made.sources)["console"]) == (10, 10)
    assert shares(store) == {"All": Fraction(10, 60)}


def test_only_the_last_four_closed_weeks_count(store: Rolled) -> None:
    """A client that fell silent five weeks ago is out of sight."""
    for who in range(1, 11):
        sent(store, who, weeks=3)
        sent(store, 10 + who, weeks=4)
    made = found(store)
    assert made.visible == 10
    assert shares(store) == {"All": Fraction(10, 60)}


def test_strangers_and_keys_are_not_eligible(store: Rolled) -> None:
    """Whoever is on no roster makes nothing visible."""
    for who in range(101, 111):
        store.somebody(who)
        store.code(who)
    store.somebody(200, automation=True)
    store.code(200)
    made = found(store)
    assert (made.eligible, made.visible) == (60, 0)


def test_below_k_there_is_no_map(settings: Settings) -> None:
    """Of four people no number is told."""
    with rolled(settings) as store:
        store.people(range(1, K))
        assert coverage(store.engine, POLICY) is None


def test_a_source_that_few_share_is_not_told(store: Rolled) -> None:
    """One person whom telemetry does not know follows from no number."""
    for who in range(1, 41):
        store.code(who)
        if who != 7:
            sent(store, who)
    made = found(store)
    assert made.visible == 40
    assert dict(made.sources)["telemetry"] in {None, 39}
    assert {dict(made.sources)["console"], dict(made.sources)["telemetry"]} == {40, None}
    assert made.several is None


@pytest.mark.parametrize(
    ("people", "roles", "grade"),
    [((9, 9), (2,), "people"), ((1, 1), (18,), "one role"), ((4, 4), (4, 4, 4), "roles"),
     ((1, 1), (), "")],
)  # fmt: skip
def test_what_calls_are_made_as(
    store: Rolled, people: tuple[int, ...], roles: tuple[int, ...], grade: str
) -> None:
    """The grade of a bucket is that of its calls, in words and without a number."""
    for who, calls in enumerate(people, 1):
        called(store, who, calls)
    for who, calls in enumerate(roles, 200):
        store.somebody(who, automation=True)
        called(store, who, calls)
    assert found(store).names == grade


@pytest.mark.parametrize("seed", range(200))
def test_no_few_people_follow_from_what_is_told(seed: int) -> None:
    """An attacker who adds and subtracts what is told finds no set of fewer than k people."""
    rng = np.random.default_rng(seed)
    people = set(range(int(rng.integers(K, 60))))
    sets = {
        f"s{number}": {p for p in people if rng.random() < rng.choice([0.05, 0.5, 0.95])}
        for number in range(4)
    }
    visible = set[int]().union(*sets.values())
    shown = [sets[name] for name, number in told(sets, people, K).items() if number is not None]
    signs = np.array([[p in one for p in sorted(people)] for one in [*shown, people]], dtype=int)
    atoms = {tuple(column) for column in signs.T}
    for count in range(1, len(atoms) + 1):
        for some in combinations(sorted(atoms), count):
            inside = [tuple(column) in some for column in signs.T]
            solvable = np.linalg.matrix_rank(np.vstack([signs, inside])) == np.linalg.matrix_rank(
                signs
            )
            assert not solvable or sum(inside) >= K
    assert all(len(sets[n]) == number for n, number in told(sets, people, K).items()
               if number is not None)  # fmt: skip
    assert told({"all": visible}, people, K, known=(visible,)) == {"all": len(visible)}
