"""Connections: nothing refused is saved, nothing counts twice, and what is removed is gone."""

import json
import threading
from dataclasses import asdict
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, func, insert, select

from claude_dash import connections, ingest
from claude_dash.clock import days
from claude_dash.config import Settings
from claude_dash.errors import ConfigError, UnknownNameError
from claude_dash.facts import tables as t
from claude_dash.store.vault import Vault
from claude_dash.store.write import replace_day
from tests import tiny
from tests.unit.store.conftest import connect, stored, write

FIRST, TODAY = date(2026, 11, 9), date(2026, 11, 18)
ONE, TWO, WRONG = ("sk-ant-" + f"admin01-invented-{name}" for name in ("one1", "two2", "none"))
KEPT = (*t.FACT_TABLES, t.DAY_READ, t.ROSTER_ENTRY, t.INVITE, t.PERSON, t.IDENTITY)


class Desk:
    """Connects organizations `one` and `two`, told apart by their keys; others are refused."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self.engine, self.vault = engine, Vault(settings)
        update = {"requests_per_minute": 1_000_000, "backfill_since": FIRST}
        self.settings = settings.model_copy(update=update)
        self.transport = httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        name = {ONE: "one", f"{ONE}x": "one", TWO: "two"}.get(request.headers["x-api-key"])
        if name is None:
            body = {"type": "error", "error": {"type": "authentication_error", "message": "no"}}
            return httpx.Response(401, json=body)
        if request.url.path.endswith("/me"):
            return httpx.Response(200, json={"id": name, "type": "organization", "name": name})
        request.headers["x-api-key"] = tiny.KEY
        return tiny.answer(request)

    def add(self, name: str = "Main", key: str = ONE, **options: Any) -> connections.Tested:
        """Connect an organization."""
        return connections.add(
            self.engine, self.vault, self.settings, "console", name, key,
            transport=self.transport, **options,
        )  # fmt: skip

    def replace(self, key: str, name: str = "Main") -> connections.Tested:
        """Replace the key of a connection."""
        return connections.replace_key(
            self.engine, self.vault, self.settings, name, key, transport=self.transport
        )

    def remove(self, name: str = "Main", *, purge: bool = False) -> None:
        """Remove a connection."""
        connections.remove(self.engine, self.settings, name, purge=purge)

    def sync(self, **options: Any) -> dict[str, ingest.Outcome]:
        """Read what is new."""
        args = (self.engine, self.vault, self.settings)
        return {one.name: one for one in ingest.sync(*args, transport=self.transport, **options)}

    def row(self, name: str = "Main") -> Any:
        """Return a connection as it is stored."""
        with self.engine.connect() as connection:
            return connections.row_of(connection, name)

    def key(self, name: str = "Main") -> str:
        """Return the key that is stored for a connection."""
        with self.engine.connect() as connection:
            number = connections.row_of(connection, name).id
            return connections.key_of(connection, self.vault, number)

    def audit(self) -> list[str]:
        """Return what the log says was done."""
        with self.engine.connect() as connection:
            query = select(t.AUDIT_ENTRY).order_by(t.AUDIT_ENTRY.c.id)
            return [f"{one.action}: {one.detail}" for one in connection.execute(query)]

    def week_sessions(self) -> int:
        """Return the released sessions of the last whole week."""
        c = t.RELEASE_ROW.c
        query = select(c.value).where(
            c.measure == "sessions", c.grain == "week", c.start == FIRST, c.dimension == "",
            c.level == "organization",
        )  # fmt: skip
        with self.engine.connect() as connection:
            return int(connection.execute(query).scalar_one())


@pytest.fixture
def desk(engine: Engine, settings: Settings) -> Desk:
    """Return a desk with nothing connected."""
    return Desk(engine, settings)


def truth() -> int:
    """Return the sessions of one organization in the last whole week."""
    week = days(FIRST, FIRST + timedelta(days=7))
    return sum(row["core_metrics"]["num_sessions"] for day in week for row in tiny.rows(str(day)))


# --- adding --------------------------------------------------------------------------------------


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
    real = ingest.vendor.take

    def take(engine: Engine, vault: Vault, number: int, *args: Any) -> None:
        if number == desk.row().id:
            raise KeyError(tiny.ADDRESSES[0])
        real(engine, vault, number, *args)

    monkeypatch.setattr(ingest.vendor, "take", take)
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


def test_what_was_read_can_be_kept(desk: Desk) -> None:
    """Without `purge` the key goes, and every figure stays."""
    desk.add()
    desk.sync()
    before = stored(desk.engine, *KEPT)
    desk.remove()
    assert stored(desk.engine, *KEPT) == before
    assert stored(desk.engine, t.SECRET, t.CONNECTION) == {"secret": set(), "connection": set()}
    assert desk.week_sessions() == truth()
    assert desk.audit()[-1] == "connection removed: Main, data kept"


def test_what_was_read_can_go(desk: Desk) -> None:
    """With `purge` no fact, no figure, no name and no address is left."""
    desk.add()
    desk.sync()
    desk.remove(purge=True)
    left = stored(desk.engine, *KEPT, t.PERSON_WEEK, t.PERSON_SPAN, t.MEMBERSHIP)
    assert not any(left.values())
    with desk.engine.connect() as connection:
        shown = select(func.count()).select_from(t.RELEASE_ROW).where(t.RELEASE_ROW.c.value > 0)
        assert connection.execute(shown).scalar() == 0
    assert desk.audit()[-1] == "connection removed: Main, data purged"


def test_others_keep_what_is_theirs(desk: Desk) -> None:
    """People whom another connection or a file names stay when one connection is purged."""
    connect(desk.engine, "Main")
    connect(desk.engine, "Other")
    write(desk.engine, TODAY, connection_id=1)
    write(desk.engine, TODAY - timedelta(days=1), connection_id=2)  # the same person
    write_one(desk.engine, "only.here@example.org", 1)
    write_one(desk.engine, "listed@example.org", 1)
    with desk.engine.begin() as connection:
        query = select(t.IDENTITY.c.person_id).where(t.IDENTITY.c.value == "listed@example.org")
        person = connection.execute(query).scalar_one()
        entry = {"person_id": person, "origin": "csv", "vendor_user_id": "", "role": ""}
        connection.execute(insert(t.ROSTER_ENTRY).values(**entry, eligible=True))
    desk.remove("Main", purge=True)
    with desk.engine.connect() as connection:
        left = set(connection.execute(select(t.IDENTITY.c.value)).scalars())
    assert left == {"rin@example.org", "listed@example.org"}


def write_one(engine: Engine, email: str, number: int) -> None:
    """Write a day of one person, in a week of their own."""
    from tests.unit.store.conftest import REPORT, day_facts  # noqa: PLC0415 - used once

    day = date(2026, 10, 1) + timedelta(days=len(email))
    facts = day_facts({email: 1}, day, connection_id=number)
    read_at = connections.now()
    replace_day(engine, connection_id=number, report=REPORT, day=day, facts=facts, read_at=read_at)


def test_a_number_is_never_given_again(desk: Desk) -> None:
    """Another organization does not take over what a removed connection left."""
    desk.add()
    desk.sync()
    number = desk.row().id
    desk.remove()
    desk.add("Other", TWO)
    assert desk.row("Other").id > number
    desk.sync()
    with desk.engine.connect() as connection:
        read = select(t.DAY_READ.c.connection_id, func.count()).group_by(t.DAY_READ.c.connection_id)
        assert {count for _, count in connection.execute(read)} == {10}


@pytest.mark.parametrize("tried", [True, False])
def test_an_organization_that_comes_back_counts_once(desk: Desk, *, tried: bool) -> None:
    """Removed with its data kept and connected again, it has the figures that it had.

    Whether its key was tried when it was added or not.
    """
    desk.add()
    desk.sync()
    before = desk.week_sessions(), stored(desk.engine, t.PERSON, t.IDENTITY)
    facts = {name: len(rows) for name, rows in stored(desk.engine, *KEPT).items()}
    desk.remove()
    desk.add("Back", f"{ONE}x", test=tried)
    assert desk.sync()["Back"].status == "ok"
    assert (desk.week_sessions(), stored(desk.engine, t.PERSON, t.IDENTITY)) == before
    assert desk.week_sessions() == truth()
    assert {name: len(rows) for name, rows in stored(desk.engine, *KEPT).items()} == facts
    assert connections.list_all(desk.engine)[0].first_day == FIRST


def test_days_read_anew_win_over_what_was_left(desk: Desk) -> None:
    """A connection that read some days before it was recognised keeps its own reading of them."""
    desk.add()
    desk.sync()
    desk.remove()
    connect(desk.engine, "Blind", id=9)
    write(desk.engine, TODAY, connection_id=9)
    with desk.engine.begin() as connection:
        connections.take_over(connection, 9, "one")
    with desk.engine.connect() as connection:
        mine = select(func.count()).select_from(t.ACTIVITY_DAY)
        assert connection.execute(mine.where(t.ACTIVITY_DAY.c.day == TODAY)).scalar() == 1
        read = select(func.count()).select_from(t.DAY_READ).where(t.DAY_READ.c.connection_id == 9)
        assert connection.execute(read).scalar() == 10
        assert connection.execute(select(t.TOUCHED_WEEK.c.week)).scalars().all()
