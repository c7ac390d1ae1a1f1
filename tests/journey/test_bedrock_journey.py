"""A bucket of Bedrock's logs behind a strict AWS: every fact is the truth, whatever goes wrong."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from claude_dash import ingest
from claude_dash.config import Settings
from claude_dash.connections import bedrock
from claude_dash.connections.bedrock_options import Options
from claude_dash.facts import tables as t
from claude_dash.store.engine import open_store
from claude_dash.store.vault import Vault
from tests.aws_gate import OUR_ARN, AwsGate, Role, cloud, moto
from tests.bedrock_tree import Grower, Tree
from tests.postgres import postgres_server, postgres_url

__all__ = ["cloud", "moto", "postgres_server", "postgres_url"]
TODAY = date(2026, 11, 18)
BUCKET, NAME = "logs", "Logs"
ROLE = "arn:aws:iam::111122223333:role/claude-dash-bedrock-logs"
OBJECTS = 60
LOGS = (t.INVOCATION_DAY, t.LOG_OBJECT, t.REJECT)
Begin = Callable[..., "Reader"]


@dataclass
class Reader:
    """The program in front of a bucket, read through a role that trusts it."""

    engine: Engine
    settings: Settings
    gate: AwsGate
    tree: Tree

    def connect(self, prefix: str = "", region: str = "us-east-1") -> None:
        """Make the connection, then the role as the kit says, and test it."""
        options = Options(BUCKET, region, prefix, ROLE)
        said = bedrock.add_bucket(self.engine, self.settings, NAME, options)
        assert said.status == "waiting"
        kit = bedrock.kit_of(NAME, bedrock.options_of(self.engine, NAME))
        assert kit.principal == OUR_ARN
        self.gate.roles[ROLE] = Role(kit.trust(), kit.permissions())
        found = bedrock.test(self.engine, NAME)
        assert (found.status, found.error) == ("ok", None), found
        assert found.found["refuses_without_external_id"] is True
        self.gate.asked.clear()

    def sync(self, **options: Any) -> ingest.Outcome:
        """Read what is new."""
        (outcome,) = ingest.sync(self.engine, Vault(self.settings), self.settings, **options)
        return outcome

    def facts(self) -> dict[Any, list[int]]:
        """Return what is stored, by whom it is about: an address, or what the log has."""
        fact, identity = t.INVOCATION_DAY.c, t.IDENTITY.c
        with self.engine.connect() as connection:
            rows = connection.execute(select(t.IDENTITY)).all()
            found = connection.execute(select(t.INVOCATION_DAY)).all()
        del fact, identity
        address = {row.person_id: row.value for row in rows if row.kind == "email"}
        names = {row.who: address.get(row.person_id, row.value) for row in rows}
        sums: dict[Any, list[int]] = {}
        for row in found:
            key = (names[row.who], row.day, row.model, row.scope, row.band)
            mine = sums.setdefault(key, [0] * 5)
            for at, number in enumerate(
                (row.requests, row.input_tokens, row.output_tokens,
                 row.cache_read_tokens, row.cache_write_tokens)
            ):  # fmt: skip
                mine[at] += number
        return sums

    def left_out(self) -> dict[str, int]:
        """Return how many records do not count, by reason."""
        c = t.REJECT.c
        with self.engine.connect() as connection:
            query = select(c.reason, func.sum(c.records)).group_by(c.reason)
            return {reason: int(number) for reason, number in connection.execute(query)}

    def states(self) -> dict[str, str]:
        """Return what became of every object."""
        c = t.LOG_OBJECT.c
        with self.engine.connect() as connection:
            return dict(connection.execute(select(c.key, c.state)).all())

    def stored(self) -> dict[str, set[tuple[Any, ...]]]:
        """Return the rows that reading makes."""
        with self.engine.connect() as connection:
            return {one.name: set(map(tuple, connection.execute(select(one)))) for one in LOGS}

    def holds(self) -> None:
        """Compare everything with the truth."""
        assert self.facts() == {key: sums for key, sums in self.tree.sums.items()}
        aside = {key for key, state in self.states().items() if state == "rejected"}
        assert aside == self.tree.rejected
        assert self.left_out() == dict(self.tree.left_out)


@pytest.fixture(params=["sqlite", "postgresql"])
def store(request: pytest.FixtureRequest, settings: Settings) -> Iterator[Engine]:
    """Yield an empty store of each kind."""
    from claude_dash.store.engine import migrate  # noqa: PLC0415 - as the program does

    url = settings.url
    if request.param == "postgresql":
        url = request.getfixturevalue("postgres_url")
    engine = open_store(url)
    migrate(engine)
    yield engine
    engine.dispose()


@pytest.fixture
def begin(cloud: AwsGate, settings: Settings) -> Begin:
    """Return `begin(engine, ...)`: a reader in front of a bucket with a tree."""

    def make(engine: Engine, *, prefix: str = "", seed: int = 7, objects: int = OBJECTS) -> Reader:
        cloud.make_bucket(BUCKET)
        tree = Grower(TODAY, prefix=prefix, seed=seed).grow(objects)
        cloud.put(BUCKET, tree.objects)
        return Reader(engine, settings, cloud, tree)

    return make


@pytest.mark.parametrize(("prefix", "seed"), [("", 7), ("team/logs/", 8), ("a//", 9)])
def test_every_fact_is_the_truth(store: Engine, begin: Begin, prefix: str, seed: int) -> None:
    """Each log is read once, nothing else is asked for, and a second sync reads nothing."""
    reader = begin(store, prefix=prefix, seed=seed)
    reader.connect(prefix)
    outcome = reader.sync()
    assert (outcome.status, outcome.error) == ("ok", None)
    reader.holds()
    assert Counter(reader.gate.read()) == Counter(reader.tree.logs)
    before = reader.stored()
    reader.gate.asked.clear()
    again = reader.sync()
    assert (again.status, again.facts, reader.gate.read()) == ("ok", 0, [])
    assert reader.stored() == before
