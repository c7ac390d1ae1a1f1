"""A bucket of logs behind a strict AWS: every fact is the truth, whatever comes when."""

import gzip
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from operator import mul

import pytest
from sqlalchemy import Engine, select

from claude_dash.facts import tables as t
from claude_dash.ingest import bedrock_batch as batch
from tests.aws_gate import cloud, moto
from tests.bedrock_bucket import LAST, Tree, joined
from tests.bedrock_callers import ACCOUNTS, SONNET, UNPRICED
from tests.bedrock_records import COUNTERS, TWICE, Line
from tests.conftest import FrozenClock
from tests.journey.bedrock_reader import RELEASED, STORED, Begin, begin, store
from tests.postgres import postgres_server, postgres_url

__all__ = ["begin", "cloud", "moto", "postgres_server", "postgres_url", "store"]


@pytest.mark.parametrize(("seed", "prefix"), [(1, "team-logs"), (2, "org/bedrock//x/")])
def test_every_fact_is_the_truth(store: Engine, begin: Begin, seed: int, prefix: str) -> None:
    """Four accounts, five Regions and every trap come to what is true; each log is read once.

    A second sync reads no object and changes nothing.
    """
    reader = begin(store, Tree(seed, prefix=prefix))
    reader.connect()
    outcome = reader.sync_well()
    reader.assert_true()
    assert sorted(reader.gate.read()) == sorted(reader.tree.logs)
    assert outcome.records == reader.tree.truth().lines
    before = reader.stored(*STORED, *RELEASED)
    assert before[t.RELEASE_ROW.name]
    reader.forget()
    again = reader.sync_well()
    assert (again.records, again.facts) == (0, 0)
    assert reader.gate.read() == []
    assert reader.stored(*STORED, *RELEASED) == before


def few(seed: int = 5, days: int = 3) -> Tree:
    """Return a bucket of a dozen ordinary objects."""
    return Tree(seed, days=days, accounts=ACCOUNTS[:1], a_day=12, is_odd=False)


def at(hour: int, *, days_ago: int = 1) -> datetime:
    """Return a time of some day before the one at which the clock stands."""
    return datetime(2026, 11, 18, hour, 20, tzinfo=UTC) - timedelta(days=days_ago)


def usual(tree: Tree, moment: datetime, number: int = 3) -> list[Line]:
    """Return some calls more."""
    calls = tree.calls()
    return [calls.usual(moment) for _ in range(number)]


def test_what_comes_later_is_added(store: Engine, begin: Begin, clock: FrozenClock) -> None:
    """New objects, stragglers of past hours and copies of known ones are read once and added."""
    reader = begin(store, few())
    reader.connect()
    reader.sync_well()
    tree, truth = reader.tree, reader.tree.truth()
    new = tree.store(tree.calls(), at(11, days_ago=0), usual(tree, at(11, days_ago=0)))
    late = tree.store(tree.calls(), at(4), usual(tree, at(4)))
    older = tree.store(tree.calls(1), at(4, days_ago=2), usual(tree, at(4, days_ago=2)))
    known = next(iter(few().logs.values()))
    assert known.lines
    copy = tree.store(tree.calls(), at(7), known.lines)
    unseen = tree.store(tree.calls(), at(4, days_ago=40), usual(tree, at(4, days_ago=40)))
    came = new | late | older | copy | unseen
    reader.put(came)
    clock.advance(hours=2)
    reader.forget()
    reader.sync_well()
    truth.add(came)
    reader.assert_true(truth)
    assert sorted(reader.gate.read()) == sorted(came)


def test_what_is_replaced_is_read_again(engine: Engine, begin: Begin) -> None:
    """A rejected object counts once it is whole; one that grew adds what it did not have before.

    One that is still broken stays rejected, and is not read again before it changes.
    """
    tree = few()
    broken = tree.key(tree.calls(), at(9)), tree.key(tree.calls(), at(10))
    for key in broken:
        tree.keep(key, b"\x1f\x8b and no more", at(9).date(), None)
    reader = begin(engine, tree)
    reader.connect()
    reader.sync_well()
    reader.assert_true()
    truth, lines = tree.truth(), usual(tree, at(9))
    mended = tree.keep(broken[0], gzip.compress(joined(lines)), at(9).date(), lines)
    key, grown = next((key, one) for key, one in tree.logs.items() if one.day == LAST and one.lines)
    more = [*(grown.lines or ()), *usual(tree, at(8))]
    body = joined(more) if key.endswith(".json") else gzip.compress(joined(more))
    changed = tree.keep(key, body, grown.day, more)
    reader.put(mended | changed)
    reader.forget()
    reader.sync_well()
    assert sorted(reader.gate.read()) == sorted([*mended, *changed])
    truth.add(mended | changed)
    reader.assert_true(truth)
    reader.forget()
    reader.sync_well()
    assert reader.gate.read() == []


def test_old_records_in_a_replaced_object_count_once(engine: Engine, begin: Begin) -> None:
    """An object of a week ago, with records of the day before it, is replaced harmlessly."""
    tree = few(days=1)
    midnight = datetime(2026, 11, 11, tzinfo=UTC)
    lines = [*usual(tree, midnight - timedelta(seconds=1)), *usual(tree, midnight)]
    old = tree.store(tree.calls(), midnight, lines)
    broken = tree.key(tree.calls(), midnight + timedelta(hours=1))
    tree.keep(broken, b"not gzip", midnight.date(), None)
    reader = begin(engine, tree)
    reader.connect()
    reader.sync_well()
    truth = tree.truth()
    reader.assert_true(truth)
    (key,) = old
    changed = tree.keep(key, gzip.compress(joined(lines), 1) + b"\0", midnight.date(), lines)
    reader.put(changed)
    reader.sync_well()
    assert reader.facts() == reader.true_facts(truth)


def test_the_first_of_two_contents_is_kept(store: Engine, begin: Begin) -> None:
    """Of one request with two contents that counts which is read first; the other is reported."""
    tree = few(days=1)
    line = tree.calls().usual(at(9))
    other = replace(line, text=line.text.replace(b'TokenCount":', b'TokenCount":1', 1))
    tree.store(tree.calls(), at(9), [line])
    tree.store(tree.calls(), at(3, days_ago=2), [other])
    reader = begin(store, tree)
    reader.connect()
    reader.sync_well()
    reader.assert_true()
    assert tree.truth().left_out[line.day, TWICE] == 1


def test_sealed_weeks_stay(engine: Engine, begin: Begin, clock: FrozenClock) -> None:
    """Once facts are purged nothing of their days is read or added, whatever still comes."""
    tree = few(days=9)
    reader = begin(engine, tree)
    reader.settings = reader.settings.model_copy(update={"retention_person_days": 20})
    reader.connect()
    reader.sync_well()
    clock.advance(days=50)
    reader.sync_well()
    before = reader.stored(*RELEASED)
    assert before[t.RELEASE_ROW.name]
    assert reader.facts() == {}
    sealed = at(9, days_ago=2)
    tree.store(tree.calls(), sealed, usual(tree, sealed))
    today = at(9, days_ago=-50)
    odd = tree.store(tree.calls(), today, [*usual(tree, sealed), *(new := usual(tree, today))])
    reader.put(tree.logs)
    reader.forget()
    reader.sync_well()
    assert reader.gate.read() == list(odd)
    assert {key[0] for key in reader.facts()} == {today.date()}
    assert sum(sums[0] for sums in reader.facts().values()) == len(new)
    assert reader.left_out() == {(sealed.date(), batch.SEALED): 3}
    after = reader.stored(*RELEASED)
    assert before[t.RELEASE_ROW.name] <= after[t.RELEASE_ROW.name]


def test_cost_is_told_from_the_totals(engine: Engine, begin: Begin) -> None:
    """Each row costs what its tokens do at its model's price, rounded once; else it has none."""
    reader = begin(engine, Tree(9, a_day=20, accounts=ACCOUNTS[:2]))
    reader.connect()
    reader.sync_well()
    per_million = [Decimal(one) for one in ("2", "10", "0.1", "2.5")]  # in the order of COUNTERS
    with engine.connect() as connection:
        rows = connection.execute(select(t.INVOCATION_DAY)).all()
    priced = 0
    for row in rows:
        if row.model == UNPRICED or "/" in row.model:
            assert row.cost_estimated is None
        if row.model == SONNET and row.scope != "us-gov":
            tokens = [getattr(row, f"{name}_tokens") for name in COUNTERS]
            exact = sum(map(mul, tokens, per_million), Decimal()) * 1000
            exact *= 1 if row.scope == "global" else Decimal("1.1")
            assert row.cost_estimated == int(exact.quantize(Decimal(1), ROUND_HALF_EVEN))
            priced += 1
    assert priced > 9
