"""A bucket of logs behind a strict AWS: every fact is the truth, whatever comes when."""

from datetime import UTC, datetime

import pytest
from sqlalchemy import Engine

from claude_dash.facts import tables as t
from tests.aws_gate import cloud, moto
from tests.bedrock_bucket import Tree
from tests.journey.bedrock_reader import RELEASED, STORED, Begin, begin, store
from tests.postgres import postgres_server, postgres_url

__all__ = ["begin", "cloud", "moto", "postgres_server", "postgres_url", "store"]
NOON = datetime(2026, 11, 18, 12, tzinfo=UTC)


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
