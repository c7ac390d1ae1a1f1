"""What clients sent: what is said of it, and that it goes with its connection, on both stores."""

from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, func, insert, select

from claude_dash import connections
from claude_dash.clock import now, today
from claude_dash.config import Settings
from claude_dash.connections import senders
from claude_dash.connections.clients import Arrived, arrived, test
from claude_dash.connections.senders import Options
from claude_dash.facts import tables as t
from claude_dash.store import tokens
from tests.senders import VERSION, arrive, report

test.__test__ = False  # no test of pytest's
KEPT = (t.CLIENT_DAY, t.SENT_SESSION, t.INGEST_TOKEN, t.PERSON, t.IDENTITY)


@pytest.fixture
def store(store: Engine) -> Engine:
    """Return a store of each kind with two connections for telemetry."""
    senders.add(store, "telemetry", "Clients", Options())
    senders.add(store, "telemetry", "Others", Options())
    return store


def left(engine: Engine) -> dict[str, int]:
    """Return how many rows each table has."""
    with engine.connect() as connection:
        return {
            one.name: connection.execute(select(func.count()).select_from(one)).scalar_one()
            for one in KEPT
        }


def status(engine: Engine, name: str) -> str:
    """Return a connection's status."""
    (found,) = [one.status for one in connections.list_all(engine) if one.name == name]
    return found


def test_nothing_arrived_yet(store: Engine) -> None:
    """A connection waits, and nothing is made up."""
    assert arrived(store, "Clients") == Arrived()
    said = test(store, "Clients")
    assert (said.status, dict(said.found), said.error) == ("waiting", {"arrived": False}, None)


def test_what_arrived_is_named(store: Engine) -> None:
    """Days, versions, entry points and providers; people only from five on, and not for scripts."""
    report(store, "Clients", people=5)
    found = arrived(store, "Clients")
    assert (found.points, found.first_day, found.last_day) == (1, today(), today())
    assert found.last_used == now()
    assert (found.versions, found.entry_points) == ({VERSION: 5}, {"cli": 5})
    assert found.providers == {"firstParty": 5}
    assert found.missing == ("team",)
    said = test(store, "Clients")
    assert (said.status, said.found["client_versions"]) == ("ok", [VERSION])
    assert arrived(store, "Others") == Arrived()


def test_whoever_is_in_a_team_lacks_none(store: Engine) -> None:
    """A membership that goes on is enough."""
    report(store, "Clients")
    with store.begin() as connection:
        person = connection.execute(select(t.PERSON.c.id)).scalar_one()
        made = connection.execute(insert(t.TEAM).values(name="Core").returning(t.TEAM.c.id))
        row = {"person_id": person, "team_id": made.scalar_one(), "origin": "csv"}
        connection.execute(insert(t.MEMBERSHIP).values(**row))
    assert arrived(store, "Clients").missing == ()


def test_a_few_people_are_not_counted(store: Engine) -> None:
    """Where one version has fewer than k people no version is counted: the rest would tell."""
    report(store, "Clients", people=6)
    report(store, "Clients", people=4, version="2.0.76")
    found = arrived(store, "Clients")
    assert found.versions == {"2.0.76": None, VERSION: None}
    assert found.entry_points == {"cli": 10}
    assert arrived(store, "Clients", smallest=11).entry_points == {"cli": None}


def test_several_machines_are_one_person(store: Engine) -> None:
    """Identities of one person count once."""
    report(store, "Clients", people=4)
    with store.begin() as connection:
        person = connection.execute(select(t.IDENTITY.c.person_id).limit(1)).scalar_one()
        row = {"who": 99, "person_id": person, "kind": "installation", "value": "invented"}
        connection.execute(insert(t.IDENTITY).values(**row))
        key = connection.execute(select(t.CLIENT_DAY).limit(1)).mappings().one()
        connection.execute(insert(t.CLIENT_DAY).values(**{**key, "who": 99}))
    assert arrived(store, "Clients").versions == {VERSION: None}


def test_installations_are_no_people(store: Engine) -> None:
    """Five of them may be one person's."""
    report(store, "Clients", people=5, kind="installation")
    assert arrived(store, "Clients").versions == {VERSION: None}


def test_what_clients_do_not_say_is_named(store: Engine) -> None:
    """Address, version, entry point and team."""
    report(store, "Clients", kind="installation", version="", entry_point="")
    found = arrived(store, "Clients")
    assert found.missing == ("email", "entry point", "team", "version")
    assert found.versions == {}


def test_what_was_missing_long_ago_is_forgotten(store: Engine) -> None:
    """It is about clients of the last days."""
    report(store, "Clients", version="", day=today() - timedelta(days=8))
    assert arrived(store, "Clients").missing == ()


def test_what_was_sent_goes_with_its_connection(store: Engine, settings: Settings) -> None:
    """With `purge` neither fact, session, token nor person is left; another's stay."""
    report(store, "Clients", people=2)
    arrive(store, "Others")
    connections.remove(store, settings, "Clients", purge=True)
    assert left(store) == dict.fromkeys((one.name for one in KEPT), 0) | {"ingest_token": 1}


def test_tokens_end_with_a_connection_that_leaves_its_facts(
    store: Engine, settings: Settings
) -> None:
    """Without `purge` facts stay, and nothing can be sent any more."""
    report(store, "Clients", people=2)
    connections.remove(store, settings, "Clients")
    found = left(store)
    assert (found["client_day"], found["sent_session"], found["ingest_token"]) == (2, 2, 1)


def test_a_rotated_token_ends_after_the_overlap(store: Engine, clock: Any) -> None:
    """Both are taken for a while, then the new one alone; a revoked one never again."""
    new = senders.rotate(store, "Clients", timedelta(hours=1)).token
    with store.connect() as connection:
        number = connections.row_of(connection, "Clients").id
        assert (
            len([one for one in tokens.targets(connection).values() if one.connection == number])
            == 2
        )
    clock.advance(hours=2)
    with store.connect() as connection:
        found = tokens.targets(connection)
    mine = [digest for digest, one in found.items() if one.connection == number]
    assert mine == [tokens.digest_of(new)]
    senders.revoke(store, "Clients")
    with store.connect() as connection:
        assert number not in {one.connection for one in tokens.targets(connection).values()}


def test_a_pause_ends_as_it_was(store: Engine) -> None:
    """What never sent is waited for again; what did is taken again."""
    for name, after in (("Clients", "waiting"), ("Others", "ok")):
        if after == "ok":
            arrive(store, name)
        connections.pause(store, name)
        assert status(store, name) == "paused"
        connections.resume(store, name)
        assert status(store, name) == after
