"""Connections: nothing refused is saved, and each key stays with its organization."""

import json
import threading
from dataclasses import asdict
from typing import Any

import pytest
from sqlalchemy import Engine, select

from claude_dash import connections, ingest
from claude_dash.errors import ConfigError, UnknownNameError
from claude_dash.facts import tables as t
from claude_dash.people import vendor
from claude_dash.store.vault import Vault
from tests import tiny
from tests.unit.desk import FIRST, KEPT, ONE, TODAY, TWO, WRONG, Desk, desk
from tests.unit.store.conftest import connect, stored

__all__ = ["desk"]


def test_a_good_key_is_saved_encrypted(desk: Desk) -> None:
    """The key comes back from the vault alone; its row and the log hold its tail at most."""
    said = desk.add("  Main   org ")
    assert (said.name, said.status, said.error) == ("Main org", "ok", None)
    assert desk.key("Main org") == ONE
    row = desk.row("Main org")
    assert (row.key_tail, row.organization_id, row.status) == (ONE[-4:], "one", "ok")
    whole = repr(stored(desk.engine, t.CONNECTION, t.SECRET, t.AUDIT_ENTRY, t.SETTING))
    assert ONE[:-4] not in whole
    assert desk.audit() == ["connection added: console Main org"]


def test_a_refused_key_is_not_saved(desk: Desk) -> None:
    """Nothing is stored, and what scripts read has a fixed code and no key."""
    said = asdict(desk.add(key=WRONG))
    assert (said["status"], said["error"]["code"]) == ("refused", "revoked")
    assert set(said) == {"name", "kind", "status", "found", "error"}
    assert WRONG not in json.dumps(said)
    assert not connections.exist(desk.engine)
    assert stored(desk.engine, t.SECRET, t.AUDIT_ENTRY) == {"secret": set(), "audit_entry": set()}


def test_an_untried_key_is_saved_when_asked(desk: Desk) -> None:
    """With `test=False` the vendor is not asked; the first sync finds out."""
    assert desk.add(key=WRONG, test=False).status == "ok"
    assert desk.row().organization_id == ""
    assert desk.sync()["Main"].status == "failed"
    assert desk.row().status == "paused"


def test_an_organization_is_connected_once(desk: Desk) -> None:
    """A second connection of the organization is refused by the name of the first."""
    desk.add()
    with pytest.raises(ConfigError, match="connected already, as Main"):
        desk.add("Again", f"{ONE}x")
    assert desk.add("Other", TWO).status == "ok"


@pytest.mark.parametrize(("name", "says"), [("main", "There is a connection"), (" ", "a name")])
def test_a_name_is_one_of_its_own(desk: Desk, name: str, says: str) -> None:
    """A name that is taken or empty is refused before the vendor is asked."""
    desk.add()
    with pytest.raises(ConfigError, match=says):
        desk.add(name, TWO)


def test_another_kind_is_unknown(desk: Desk) -> None:
    """A kind that cannot be connected is answered with those that can."""
    with pytest.raises(UnknownNameError, match="Did you mean console"):
        connections.add(desk.engine, desk.vault, desk.settings, "consol", "Main", ONE)


def test_an_unknown_name_is_answered(desk: Desk) -> None:
    """The nearest name is offered; without any connection, how to make one."""
    with pytest.raises(UnknownNameError, match="nothing is connected yet"):
        desk.row("Mian")
    desk.add()
    with pytest.raises(UnknownNameError, match="Did you mean Main"):
        desk.row("Mian")


# --- testing, replacing, pausing -----------------------------------------------------------------


def test_a_stored_key_is_tried(desk: Desk) -> None:
    """A test says what the key reaches and changes nothing."""
    desk.add()
    before = stored(desk.engine, t.CONNECTION, t.SECRET)
    said = connections.test(
        desk.engine, desk.vault, desk.settings, "Main", transport=desk.transport
    )
    assert (said.status, said.found["organization"]) == ("ok", "one")
    assert said.found["people"] == tiny.PEOPLE
    assert stored(desk.engine, t.CONNECTION, t.SECRET) == before


def test_a_new_key_resumes(desk: Desk) -> None:
    """A connection whose key was refused goes on with another key of its organization."""
    desk.add(key=WRONG, test=False)
    desk.sync()
    assert desk.replace(ONE).status == "ok"
    row = desk.row()
    assert (row.status, row.error_message, row.failing_since) == ("ok", "", None)
    assert (desk.key(), row.key_tail) == (ONE, ONE[-4:])
    assert desk.audit()[-1] == "key replaced: Main"


def test_a_refused_new_key_changes_nothing(desk: Desk) -> None:
    """The old key stays when the new one is refused or belongs to another organization."""
    desk.add()
    assert desk.replace(WRONG).status == "refused"
    with pytest.raises(ConfigError, match="another organization"):
        desk.replace(TWO)
    assert desk.key() == ONE


def test_a_key_cannot_make_two_connections_one(desk: Desk) -> None:
    """An untried connection does not take the key of an organization that is connected."""
    desk.add()
    desk.add("Blind", WRONG, test=False)
    with pytest.raises(ConfigError, match="connected already, as Main"):
        desk.replace(f"{ONE}x", "Blind")


def test_a_paused_connection_is_left_alone(desk: Desk) -> None:
    """A pause lasts until it is ended; both stand in the log."""
    desk.add()
    connections.pause(desk.engine, "Main", actor="rin@example.org")
    assert desk.sync()["Main"].status == "paused"
    assert stored(desk.engine, t.DAY_READ) == {"day_read": set()}
    connections.resume(desk.engine, "Main")
    assert desk.sync()["Main"].status == "ok"
    assert desk.audit()[1:3] == ["connection paused: Main", "connection resumed: Main"]


def test_a_pause_ends_a_sync_that_is_running(desk: Desk) -> None:
    """The pause holds when the sync is over, nothing is written after it, and reading goes on."""
    desk.add()
    said = desk.sync(progress=lambda _: connections.pause(desk.engine, "Main"))["Main"]
    assert said.status == "paused"
    row = desk.row()
    assert (row.status, row.backfill_done, row.progress) == ("paused", False, "")
    with desk.engine.connect() as connection:
        read = set(connection.execute(select(t.DAY_READ.c.day)).scalars())
    assert read == {TODAY}
    connections.resume(desk.engine, "Main")
    assert desk.sync()["Main"].first_day == FIRST
    assert desk.row().backfill_done


def test_a_removal_ends_a_sync_that_is_running(desk: Desk) -> None:
    """It does not wait until a year is read, and nothing is left behind by the sync."""
    desk.add()
    removals: list[threading.Thread] = []

    def remove(_: ingest.Progress) -> None:
        removals.append(threading.Thread(target=desk.remove, kwargs={"purge": True}))
        removals[0].start()
        while desk.row().status == "ok":
            removals[0].join(0.01)

    assert desk.sync(progress=remove)["Main"].first_day == TODAY
    removals[0].join()
    assert not connections.exist(desk.engine)
    assert not any(stored(desk.engine, *KEPT).values())


def test_a_fault_of_ours_does_not_stop_the_others(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It is noted at its connection without its words, which may hold anything."""
    desk.add()
    desk.add("Other", TWO)
    real = vendor.take

    def take(engine: Engine, vault: Vault, number: int, *args: Any) -> None:
        if number == desk.row().id:
            raise KeyError(tiny.ADDRESSES[0])
        real(engine, vault, number, *args)

    monkeypatch.setattr(vendor, "take", take)
    outcomes = desk.sync()
    assert {name: one.status for name, one in outcomes.items()} == {"Main": "failed", "Other": "ok"}
    assert desk.row().error_message.startswith("Something unexpected happened")
    assert desk.row().status == "ok"


# --- listing -------------------------------------------------------------------------------------


def test_a_list_says_how_each_is(desk: Desk) -> None:
    """Names in the order in which they were made, the days that were read, what went wrong."""
    desk.add()
    desk.add("Blind", WRONG, test=False)
    empty = asdict(connections.list_all(desk.engine)[0])
    assert empty == {
        "name": "Main", "kind": "console", "status": "ok", "first_day": None, "last_day": None,
        "last_sync": None, "error": None,
    }  # fmt: skip
    desk.sync()
    main, blind = connections.list_all(desk.engine)
    assert (main.first_day, main.last_day, main.error) == (FIRST, TODAY, None)
    assert main.last_sync is not None
    assert (blind.name, blind.status, blind.first_day) == ("Blind", "paused", None)
    assert blind.error is not None
    assert blind.error["code"] == "revoked"


def test_progress_is_read_back(desk: Desk) -> None:
    """What a running sync notes is what the page reads; nothing when none runs."""
    connect(desk.engine, progress='{"day": "2026-11-18", "read": 1, "of": 4}')
    assert connections.progress_of(desk.row()) == {"day": "2026-11-18", "read": 1, "of": 4}
    connect(desk.engine, "Idle")
    assert connections.progress_of(desk.row("Idle")) == {}


# --- removing ------------------------------------------------------------------------------------
