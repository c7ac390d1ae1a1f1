"""The program in front of a bucket of logs, and what is true of it in the program's own words."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from threading import Condition
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from claude_dash import ingest
from claude_dash.config import Settings
from claude_dash.connections import bedrock
from claude_dash.connections.bedrock_options import Options
from claude_dash.facts import tables as t
from claude_dash.facts.pseudonym import pseudonym
from claude_dash.ingest import bedrock_batch as batch
from claude_dash.sources import bedrock_reading, bedrock_rule
from claude_dash.store.engine import migrate, open_store
from claude_dash.store.vault import Vault
from tests import bedrock_records as made
from tests.aws_gate import OUR_ARN, Asked, AwsGate, Role
from tests.bedrock_bucket import Tree, Truth
from tests.conftest import FrozenClock

BUCKET, NAME = "invented-logs", "Logs"
ROLE = "arn:aws:iam::111122223333:role/claude-dash-bedrock-logs"
STORED = (t.INVOCATION_DAY, t.LOG_OBJECT, t.LOG_REQUEST, t.REJECT, t.IDENTITY, t.PERSON)
RELEASED = (t.RELEASE_ROW, t.GROUP_ROW, t.PERSON_WEEK, t.PERSON_SPAN)
REASONS = {
    made.OTHER_MODEL: bedrock_rule.OTHER_MODEL,
    made.OTHER_OPERATION: bedrock_rule.OTHER_OPERATION,
    made.SERVICE: bedrock_rule.SERVICE,
    made.OTHER_ACCOUNT: bedrock_reading.ANOTHER_ACCOUNT,
    made.FAILED: batch.FAILED,
    made.UNCOUNTED: batch.UNCOUNTED,
    made.TWICE: batch.TWICE,
    made.BAD_LINE: batch.BAD_LINE,
    made.FOREIGN: batch.FOREIGN,
    made.OTHER_VERSION: batch.OTHER_VERSION,
}
Fact = tuple[date, int, str, str, int]
Begin = Callable[..., "LogReader"]


class Heard(list[Asked]):
    """What a gate was asked, with somebody who waits for it, or acts on it.

    heard: called after each request.
    """

    def __init__(self, heard: Callable[[Asked], None] = lambda _: None) -> None:
        super().__init__()
        self._heard = heard
        self._news = Condition()

    def append(self, one: Asked) -> None:
        """Keep a request."""
        with self._news:
            super().append(one)
            self._news.notify_all()
        self._heard(one)

    def wait_for_reads(self, number: int, timeout: float) -> bool:
        """Wait until so many objects were asked for; say whether they were."""

        def is_enough() -> bool:
            return sum(one.what == "GetObject" for one in self) >= number

        with self._news:
            return self._news.wait_for(is_enough, timeout)


@dataclass
class LogReader:
    """The program, one connection to the bucket of a tree, and the cloud that it is in."""

    engine: Engine
    settings: Settings
    gate: AwsGate
    tree: Tree
    clock: FrozenClock | None

    def __post_init__(self) -> None:
        """Open the vault."""
        self.vault = Vault(self.settings)

    def connect(self, *, region: str = "us-east-1", test: bool = True) -> None:
        """Make the connection, let the bucket's owner do as the kit says, and try it."""
        options = Options(BUCKET, region, self.tree.prefix, ROLE)
        said = bedrock.add_bucket(self.engine, self.settings, NAME, options, test=test)
        assert said.status == "waiting", said
        kit = bedrock.kit_of(NAME, bedrock.options_of(self.engine, NAME))
        assert kit.principal == OUR_ARN
        self.gate.roles[ROLE] = Role(kit.trust(), kit.permissions())
        if test:
            tested = bedrock.test(self.engine, NAME)
            assert (tested.status, tested.error) == ("ok", None), tested
        self.forget()

    def forget(self) -> None:
        """Begin anew to note what is asked for."""
        self.gate.asked.clear()

    def sync(self, **options: Any) -> ingest.Outcome:
        """Read what is new, or what the options ask for, a while after whatever was before."""
        if self.clock is not None:
            self.clock.advance(minutes=1)
        (outcome,) = ingest.sync(self.engine, self.vault, self.settings, **options)
        return outcome

    def sync_well(self, **options: Any) -> ingest.Outcome:
        """Read what is new, without any trouble."""
        outcome = self.sync(**options)
        assert (outcome.status, outcome.error) == ("ok", None), outcome
        return outcome

    # --- what is stored, and what should be ------------------------------------------------------

    def stored(self, *tables: Any) -> dict[str, set[tuple[Any, ...]]]:
        """Return the rows of some tables."""
        with self.engine.connect() as connection:
            return {one.name: set(map(tuple, connection.execute(select(one)))) for one in tables}

    def facts(self) -> dict[Fact, list[int]]:
        """Return requests and counters by day, identity, model, scope and band."""
        with self.engine.connect() as connection:
            rows = connection.execute(select(t.INVOCATION_DAY)).all()
        return {
            (row.day, row.who, row.model, row.scope, row.band): [
                row.requests,
                *(getattr(row, f"{name}_tokens") for name in made.COUNTERS),
            ]
            for row in rows
        }

    def true_facts(self, truth: Truth) -> dict[Fact, list[int]]:
        """Return the same of a truth."""
        key, found = self.vault.pseudonym_key, {}
        for (day, (kind, value, *rest)), sums in truth.sums.items():
            model, scope, band = rest
            found[day, pseudonym(key, kind, value), model, scope, band] = sums
        return found

    def left_out(self) -> dict[tuple[date, str], int]:
        """Return how many records do not count, or not fully, by day and reason."""
        c = t.REJECT.c
        query = select(c.day, c.reason, func.sum(c.records)).group_by(c.day, c.reason)
        with self.engine.connect() as connection:
            return {(row[0], row[1]): int(row[2]) for row in connection.execute(query)}

    def states(self) -> dict[str, str]:
        """Return what became of each object."""
        c = t.LOG_OBJECT.c
        with self.engine.connect() as connection:
            return {row.key: row.state for row in connection.execute(select(c.key, c.state))}

    def assert_true(self, truth: Truth | None = None) -> None:
        """Compare everything that is stored with what is true."""
        truth = truth or self.tree.truth()
        assert_same(self.facts(), self.true_facts(truth))
        expected = {(day, REASONS[why]): number for (day, why), number in truth.left_out.items()}
        assert_same(self.left_out(), expected)
        states = self.states()
        assert states.keys() == self.tree.logs.keys()
        assert {key for key, state in states.items() if state != "done"} == truth.rejected
        self.assert_discreet()

    def assert_discreet(self) -> None:
        """See that nothing was asked for but logs, and each person is known by their address."""
        assert set(self.gate.read()) <= set(self.tree.logs)
        identity, person = t.IDENTITY.c, {}
        with self.engine.connect() as connection:
            for row in connection.execute(
                select(identity.kind, identity.value, identity.person_id)
            ):
                person[row.kind, row.value] = row.person_id
        for (kind, value), email in self.tree.truth().emails.items():
            if email and (kind, value) in person:
                assert person[kind, value] == person["email", email]

    def put(self, objects: Any) -> None:
        """Put objects of the tree into the bucket."""
        self.gate.put(BUCKET, {key: one.body for key, one in objects.items()})


def assert_same(found: Mapping[Any, Any], expected: Mapping[Any, Any]) -> None:
    """Say where two tables differ: what was found, and what should have been."""
    wrong = {
        key: (found.get(key), expected.get(key))
        for key in {**found, **expected}
        if found.get(key) != expected.get(key)
    }
    assert not wrong, wrong


def opened(url: str) -> Engine:
    """Open a store with the newest schema."""
    engine = open_store(url)
    migrate(engine)
    return engine


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest) -> Iterator[Engine]:
    """Yield an empty store of each kind."""
    if request.param == "sqlite":
        yield request.getfixturevalue("engine")
        return
    engine = opened(request.getfixturevalue("postgres_url"))
    yield engine
    engine.dispose()


@pytest.fixture
def begin(cloud: AwsGate, settings: Settings, clock: FrozenClock | None) -> Begin:
    """Return `begin(engine, tree)`: the program in front of the bucket of a tree."""

    def make(engine: Engine, tree: Tree, **options: Any) -> LogReader:
        cloud.make_bucket(BUCKET, options.get("home", "us-east-1"))
        cloud.put(BUCKET, tree.bodies())
        return LogReader(engine, settings, cloud, tree, clock)

    return make
