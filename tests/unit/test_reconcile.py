"""Promises about two sources side by side: what explains a difference, and that nobody shows."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import combinations, permutations, product
from typing import Any

import numpy as np
import pytest
from sqlalchemy import insert

from claude_dash.config import Settings
from claude_dash.facts import tables as t
from claude_dash.privacy.policy import Policy
from claude_dash.reconcile import Line, Reconciled, pairs, reconcile
from claude_dash.reconcile.protection import why_hidden
from claude_dash.reconcile.sides import DAYS, MEASURES, Side
from tests.rolled import CONSOLE, MONDAY, WEEK, Rolled, rolled

TELEMETRY = 4
WEEKS = [MONDAY - number * WEEK for number in range(4)]
SINCE = WEEKS[-1]
PEOPLE = range(1, 25)
POLICY = Policy()
K = POLICY.k
A, B = f"console {CONSOLE}", f"telemetry {TELEMETRY}"


@pytest.fixture
def store(settings: Settings, clock: Any) -> Iterator[Rolled]:
    """Return 24 people of whom nothing is told yet; every day is read and final."""
    clock.at(datetime(2026, 11, 20, 12, tzinfo=UTC))
    with rolled(settings) as made:
        made.connect(TELEMETRY, "telemetry", "")
        made.read(*WEEKS)
        made.people(PEOPLE)
        made.setup(1, version="2.1.329", provider="firstParty")
        made.setup(2, version="2.0.76", provider="firstParty")
        made.setup(3, version="2.1.329", provider="bedrock")
        yield made


def day(number: int) -> Any:
    """Return a day of the weeks, from 0 on."""
    return SINCE + timedelta(days=number)


def console(store: Rolled, who: int, at: int, sessions: int, **more: Any) -> None:
    """Let the Console tell of somebody."""
    more = {"customer_type": "subscription", "terminal_type": "vscode", **more}
    store.add(t.ACTIVITY_DAY, who, day(at), connection_id=CONSOLE, sessions=sessions, **more)


def sent(store: Rolled, who: int, at: int, sessions: int, setup: int = 1) -> None:
    """Let a client tell of somebody."""
    store.add(t.CLIENT_DAY, who, day(at), connection_id=TELEMETRY, setup=setup, terminal_type="",
              sessions=sessions, lines_added=1)  # fmt: skip


def both(store: Rolled, *, more: int = 0, less: int = 0, last: int = DAYS) -> None:
    """Let both tell the same of everybody and every day, or one of them more."""
    for who in PEOPLE:
        for at in range(last):
            console(store, who, at, 10 + more, lines_added=1)
            sent(store, who, at, 10 + less)


def found(store: Rolled, policy: Policy = POLICY) -> Reconciled:
    """Return both side by side."""
    store.write()
    made = reconcile(store.engine, policy, A, B)
    assert made is not None
    return made


def line(made: Reconciled, measure: str = "sessions") -> Line:
    """Return one measure."""
    return next(one for one in made.lines if one.measure == measure)


def test_sources_that_agree_need_no_explanation(store: Rolled) -> None:
    """The same people and days have the same totals, and nothing speaks for a difference."""
    both(store)
    made = found(store)
    total = 10 * len(PEOPLE) * DAYS
    assert line(made) == Line("sessions", (total, total), "")
    assert (made.people, made.only) == (len(PEOPLE), (0, 0))
    assert made.causes == []
    assert (A, B) in pairs(store.engine)


def _shift(store: Rolled) -> None:
    of_day = [4 * (5 + at * 7 % 11) for at in range(DAYS + 1)]
    for who in PEOPLE:
        for at in range(DAYS):
            console(store, who, at, of_day[at])
            sent(store, who, at, (3 * of_day[at] + of_day[at + 1]) // 4)


def _shift_east(store: Rolled) -> None:
    of_day = [4 * (5 + at * 7 % 11) for at in range(-1, DAYS)]
    for who in PEOPLE:
        for at in range(DAYS):
            console(store, who, at, of_day[at + 1])
            sent(store, who, at, (3 * of_day[at + 1] + of_day[at]) // 4)


def _unread(store: Rolled) -> None:
    both(store, last=DAYS - 3)
    for who in PEOPLE:
        for at in range(DAYS - 3, DAYS):
            console(store, who, at, 10)
    for at in range(DAYS - 3, DAYS):
        store.erase(t.DAY_READ, connection_id=TELEMETRY, day=day(at))


def _revised(store: Rolled) -> None:
    both(store, last=DAYS - 2)
    for who in PEOPLE:
        for at in (DAYS - 2, DAYS - 1):
            console(store, who, at, 3)
            sent(store, who, at, 10)
    for at in (DAYS - 2, DAYS - 1):
        store.erase(t.DAY_READ, connection_id=CONSOLE, day=day(at))
        read_at = datetime(2026, 11, 16, 9, tzinfo=UTC)
        row = {"connection_id": CONSOLE, "report": "console.claude_code", "day": day(at),
               "read_at": read_at, "records": 0, "rejected": 0, "facts": 0}  # fmt: skip
        store._insert(t.DAY_READ, [row])


def _without_address(store: Rolled) -> None:
    both(store)
    for who in range(101, 107):
        store._insert(t.PERSON, [{"id": who, "automation": False, "name": ""}])
        identity = {"who": who, "person_id": who, "kind": "installation", "value": f"v{who}"}
        store._insert(t.IDENTITY, [identity])
        for at in range(DAYS):
            sent(store, who, at, 10)


def _too_old(store: Rolled) -> None:
    for who in PEOPLE:
        for at in range(DAYS):
            console(store, who, at, 10)
            sent(store, who, at, *((0, 2) if who < 7 else (10, 1)))


def _elsewhere(store: Rolled) -> None:
    both(store)
    for who in range(1, 7):
        for at in range(DAYS):
            sent(store, who, at, 5, setup=3)


def _unpriced(store: Rolled) -> None:
    for who in PEOPLE:
        for at in range(DAYS):
            for model, cost in (("known", 9), ("new", None)):
                usage = {"model": model, "input_tokens": 5, "terminal_type": ""}
                store.add(t.CLIENT_MODEL_DAY, who, day(at), connection_id=TELEMETRY, setup=1,
                          cost_estimated=cost, **usage)  # fmt: skip
                store.add(t.MODEL_USAGE_DAY, who, day(at), connection_id=CONSOLE,
                          cost_estimated=9, **usage)  # fmt: skip


def _without_subscriptions(store: Rolled) -> None:
    for who in PEOPLE:
        for at in range(DAYS):
            console(store, who, at, 4, customer_type="api")
            sent(store, who, at, 10)


def _set_aside(store: Rolled, report: str) -> None:
    both(store, more=2)
    row = {"connection_id": TELEMETRY, "report": report, "day": day(3), "reason": "a field",
           "records": 1_234}  # fmt: skip
    store._insert(t.REJECT, [row])


PLANTED: dict[str, tuple[Callable[[Rolled], None], str]] = {
    "shifted west": (_shift, (f"Days of {B} look shifted: they begin about 6 hours later than "
                             f"those of {A}.")),
    "shifted east": (_shift_east, (f"Days of {B} look shifted: they begin about 6 hours earlier "
                                  f"than those of {A}.")),
    "late": (_unread, (f"3 of 28 days of {B} were not read, or not whole; its newest whole day is "
                      "12 Nov.")),
    "revised": (_revised, f"2 of 28 days of {A} may still be revised."),
    "no address": (_without_address, (f"6 people of {B} have no address and cannot be found in "
                                     f"{A}.")),
    "old clients": (_too_old, f"6 people of {B} use clients before 2.1, which send no sessions."),
    "elsewhere": (_elsewhere, (f"6 people of {B} sent requests to an organisation or cloud that "
                              f"{A} does not report.")),
    "no price": (_unpriced, (f"1 model has no price in {B}: that cost is unknown, and not in its "
                            "total.")),
    "no subscriptions": (_without_subscriptions, (f"{A} has no rows of subscriptions: what people "
                                                 "do by a seat is not in it.")),
    "command line": (lambda store: both(store, more=4), (f"{B} covers the command line alone; {A} "
                                                        "also tells of other clients.")),
    "unreadable": (lambda store: _set_aside(store, "telemetry.metrics"),
                   f"1,234 records of {B} could not be read: Data trust lists the reasons."),
    "left out": (lambda store: _set_aside(store, "telemetry.left_out"),
                 f"1,234 records of {B} do not count: Data trust lists the reasons."),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTED)
def test_what_explains_a_difference_is_said(store: Rolled, name: str) -> None:
    """Of each planted disagreement the cause stands there, and no cause that was not planted."""
    plant, says = PLANTED[name]
    plant(store)
    made = found(store)
    differ = any(one.values and one.values[0] != one.values[1] for one in made.lines)
    assert differ or any(made.only) or "late" in name
    consequence = PLANTED["command line"][1]  # of a client that tells less, whyever
    assert says in made.causes
    assert {*made.causes} - {says, consequence} == set()


def test_a_cause_does_not_tell_who_is_left_of_another_number(store: Rolled) -> None:
    """Of ten people whom one source alone has, three with an address follow from seven without."""
    _without_address(store)  # six whom telemetry alone has
    for who in range(107, 111):
        kind, named = ("installation", False) if who == 107 else ("email", True)
        store._insert(t.PERSON, [{"id": who, "automation": False, "name": ""}])
        value = f"person-{who}@example.com" if named else f"v{who}"
        identity = {"who": who, "person_id": who, "kind": kind, "value": value}
        store._insert(t.IDENTITY, [identity])
        sent(store, who, 0, 10)
    made = found(store)
    assert made.only == (0, 10)
    assert f"Some people of {B} have no address and cannot be found in {A}." in made.causes


def test_two_causes_do_not_tell_who_has_one_of_them_alone(store: Rolled) -> None:
    """Numbers of eight with old clients and of six of them sent elsewhere leave two."""
    both(store)
    for who in range(1, 9):
        for at in range(DAYS):
            sent(store, who, at, 1, setup=2)
            if who < 7:
                sent(store, who, at, 5, setup=3)
    made = found(store)
    assert f"8 people of {B} use clients before 2.1, which send no sessions." in made.causes
    assert any(says.startswith(f"Some people of {B} sent requests") for says in made.causes)


def test_numbers_of_two_pairs_do_not_tell_who_is_between_them(store: Rolled) -> None:
    """Who has files sends telemetry too, so two more in both follow from two pairs with a third."""
    store.connect(TELEMETRY + 1, "sessions", "")
    for who in PEOPLE:
        console(store, who, 0, 10)
        if who <= 14:
            sent(store, who, 0, 10)
        if who <= 12:
            store.add(t.CLIENT_DAY, who, day(0), connection_id=TELEMETRY + 1, setup=1,
                      terminal_type="", sessions=1)  # fmt: skip
    names = [A, B, f"sessions {TELEMETRY + 1}"]
    store.write()
    told = {}
    for one, other in combinations(names, 2):
        made = reconcile(store.engine, POLICY, one, other)
        assert made is not None
        told[one, other] = (made.people, *made.only)
    assert told[A, B] == (14, 10, 0)
    assert told[A, names[2]] == (None, None, 0)
    assert told[B, names[2]] == (None, None, 0)


def test_a_cost_that_nobody_knows_is_not_zero(store: Rolled) -> None:
    """Where one side has a price for nothing there is no line of cost, and the cause stands."""
    for who in PEOPLE:
        usage = {"model": "new", "input_tokens": 5, "terminal_type": ""}
        store.add(t.CLIENT_MODEL_DAY, who, day(1), connection_id=TELEMETRY, setup=1, **usage)
        store.add(t.MODEL_USAGE_DAY, who, day(1), connection_id=CONSOLE, cost_estimated=9, **usage)
    made = found(store)
    assert line(made, "tokens").values is not None
    assert "cost_estimated" not in {one.measure for one in made.lines}
    assert PLANTED["no price"][1] in made.causes


@pytest.mark.parametrize("people", [1, 2])
def test_a_difference_of_few_is_not_told(store: Rolled, people: int) -> None:
    """Neither total is told where one or two people make all of the difference."""
    both(store)
    for who in range(1, people + 1):
        console(store, who, 3, 5, terminal_type="other")
    assert line(found(store)) == Line("sessions", None, "small group")
    assert line(found(store), "lines_added").values is not None


def test_one_who_makes_most_of_it_hides_it(store: Rolled) -> None:
    """One heavy user, whom the second largest could work out, stands out in no total."""
    both(store)
    for at in range(DAYS):
        console(store, 1, at, 10_000, terminal_type="other")
        sent(store, 1, at, 10_000, setup=2)
    assert line(found(store)).hidden == "dominance"


def test_who_is_left_over_is_protected(store: Rolled) -> None:
    """One person of whom the Console alone tells follows from no release less a total."""
    both(store)
    store.people([30])
    for at in range(DAYS):
        console(store, 30, at, 1)
    made = found(store)
    assert line(made).hidden == "small group"
    assert (made.people, made.only) == (None, (None, 0))


def test_what_was_hidden_by_source_stays_hidden(store: Rolled) -> None:
    """Where a release hides a measure of a source in one of the weeks, no total tells it."""
    both(store)
    store.roll(*WEEKS)
    assert line(found(store)).values is not None
    row = store.rows_of(t.RELEASE_ROW, measure="sessions", level="organization", grain="week",
                        dimension="source", start=WEEKS[1])[0]  # fmt: skip
    store.erase(t.RELEASE_ROW, measure="sessions", level="organization", grain="week",
                dimension="source", start=WEEKS[1], item=row.item)  # fmt: skip
    with store.engine.begin() as connection:
        hidden = {**row._asdict(), "value": None, "hidden": "secondary"}
        connection.execute(insert(t.RELEASE_ROW), hidden)
    assert line(found(store)) == Line("sessions", None, "secondary")


def test_below_k_people_there_are_no_totals(store: Rolled) -> None:
    """Four people whom both see make no line, and their number is not told."""
    for who in range(1, K):
        for at in range(DAYS):
            console(store, who, at, 10)
            sent(store, who, at, 12)
    made = found(store)
    assert made.lines == []
    assert made.people is None


def _fails(sums: Any) -> bool:
    """Say whether the total of some people singles out one of them (R3, R4)."""
    some = sorted((int(one) for one in np.abs(sums) if one), reverse=True)
    x1, x2 = [*some, 0, 0][:2]
    return 0 < len(some) < POLICY.c or sum(some) - x1 - x2 < POLICY.p / 100 * x1


def _of(side: Side, inside: Any) -> Any:
    """Return what each person did of a side on some pairs."""
    flat = np.zeros(len(inside), dtype=np.int64)
    flat[side.pairs] = side.amounts[:, 0]
    return np.where(inside, flat, 0).reshape(-1, DAYS).sum(axis=1)


def _random(seed: int) -> tuple[list[Side], int]:
    """Return three sources that overlap and differ in places, and the number of pairs there are."""
    rng = np.random.default_rng(seed)
    count, sides = int(rng.integers(6, 40)), []
    for number in range(3):
        seen = rng.random((count, DAYS)) < rng.choice([0.2, 0.6, 1.0])
        seen &= (rng.random(count) < rng.choice([0.5, 0.95, 1.0]))[:, None]
        found = np.flatnonzero(seen.ravel())
        amounts = np.zeros((len(found), len(MEASURES)), dtype=np.int64)
        off = np.where(rng.random(len(found)) < rng.choice([0, 0.1, 1]), number, 0)
        amounts[:, 0] = (found * 7 + off) % 11 + 1
        nobody = np.zeros(len(found), dtype=bool)
        sides.append(Side(number, f"{number}", "telemetry", "", found, amounts, nobody))
    return sides, count * DAYS


@pytest.mark.parametrize("seed", range(300))
def test_nobody_follows_from_all_pairs_together(seed: int) -> None:
    """No total, difference, rest or difference of two pairs is a figure of a few people.

    The attacker asks for every pair of three sources, over any weeks that follow each other, and
    knows what each source told in each week.
    """
    sides, size = _random(seed)
    every = np.arange(size)
    told = [
        (one, other, np.isin(every, np.intersect1d(one.pairs, other.pairs)))
        for one, other in combinations(sides, 2)
        if not why_hidden(one, other, sides, POLICY)[0]
    ]
    for (one, other, same), (first, last) in product(told, combinations(range(5), 2)):
        inside = (every % DAYS // 7 >= first) & (every % DAYS // 7 < last)
        for side, part in product((one, other), (inside & same, inside & ~same)):
            assert not _fails(_of(side, part))
        assert not _fails(_of(one, inside & same) - _of(other, inside & same))
    for (*first, same), (*second, also) in permutations(told, 2):
        for side in (each for each in first if each in second):
            if not (also & ~same)[side.pairs].any():
                assert not _fails(_of(side, same & ~also))


def test_something_is_told_at_all() -> None:
    """The attack above is not on nothing: of random sources, some totals are told."""
    worlds = [_random(seed)[0] for seed in range(300)]
    told = sum(not why_hidden(*sides[:2], sides, POLICY)[0] for sides in worlds)
    assert told > 50
