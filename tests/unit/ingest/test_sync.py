"""A sync: what each connection comes to, and what one that fails leaves alone."""

import json
from datetime import date, timedelta
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine, func, select

from claude_dash import connections, ingest
from claude_dash.config import Settings
from claude_dash.facts import tables as t
from claude_dash.store import seals
from claude_dash.store.vault import Vault
from tests import tiny
from tests.unit.store.conftest import stored

FIRST = date(2026, 10, 19)
TODAY = date(2026, 11, 18)
OCTOBER, NOVEMBER = date(2026, 10, 1), date(2026, 11, 1)
KEYS = {name: "sk-ant-" + f"admin01-invented-{name}" for name in ("one", "two")}


class World:
    """Two organizations that are alike, and the program that reads them.

    `spoil` names the days whose report cannot be understood; `revoked` the keys that are refused.
    """

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self.engine = engine
        self.vault = Vault(settings)
        update = {"requests_per_minute": 1_000_000, "backfill_since": FIRST}
        self.settings = settings.model_copy(update=update)
        self.spoil: set[str] = set()
        self.revoked: set[str] = set()
        self.asked: list[tuple[str, str]] = []
        self.transport = httpx.MockTransport(self._answer)

    def _answer(self, request: httpx.Request) -> httpx.Response:
        name = next(name for name, key in KEYS.items() if key == request.headers["x-api-key"])
        if name in self.revoked:
            body = {"type": "error", "error": {"type": "authentication_error", "message": "no"}}
            return httpx.Response(401, json=body)
        if request.url.path.endswith("/me"):
            return httpx.Response(200, json={"id": name, "type": "organization", "name": name})
        if not request.url.path.endswith("/claude_code"):
            request.headers["x-api-key"] = tiny.KEY
            return tiny.answer(request)
        day = request.url.params["starting_at"]
        self.asked.append((name, day))
        if day in self.spoil:
            return httpx.Response(200, json={"data": "what is this"})
        rows = tiny.rows(day) if day >= str(FIRST) else []
        page = {"data": rows, "has_more": False, "next_page": None}
        return httpx.Response(200, content=json.dumps(page).encode())

    def add(self, name: str) -> None:
        """Connect an organization."""
        said = connections.add(
            self.engine, self.vault, self.settings, "console", name, KEYS[name],
            transport=self.transport,
        )  # fmt: skip
        assert said.status == "ok"

    def sync(self, **options: Any) -> dict[str, ingest.Outcome]:
        """Read, and return what came of each connection."""
        found = ingest.sync(
            self.engine, self.vault, self.settings, transport=self.transport, **options
        )
        return {one.name: one for one in found}

    def row(self, name: str) -> Any:
        """Return a connection as it is stored."""
        with self.engine.connect() as connection:
            return connections.row_of(connection, name)

    def sessions(self, month: date) -> int:
        """Return the released sessions of a month of the organization."""
        c = t.RELEASE_ROW.c
        query = select(c.value).where(
            c.measure == "sessions", c.grain == "month", c.start == month, c.dimension == "",
            c.level == "organization",
        )  # fmt: skip
        with self.engine.connect() as connection:
            return int(connection.execute(query).scalar_one())

    def oldest(self) -> date | None:
        """Return the oldest day that has a fact."""
        with self.engine.connect() as connection:
            return connection.execute(select(func.min(t.ACTIVITY_DAY.c.day))).scalar()

    def keep(self, days: int) -> None:
        """Keep facts for so many days from now on."""
        self.settings = self.settings.model_copy(update={"retention_person_days": days})


@pytest.fixture
def world(engine: Engine, settings: Settings, monkeypatch: pytest.MonkeyPatch) -> World:
    """Return the two organizations, neither of them connected; no wait of a client is waited."""
    monkeypatch.setattr("claude_dash.sources.patience.FIRST_BACKOFF_S", 0.001)
    return World(engine, settings)


def truth(since: date, until: date) -> int:
    """Return the sessions of one organization over the half-open days."""
    days = [since + timedelta(days=n) for n in range((until - since).days)]
    return sum(r["core_metrics"]["num_sessions"] for day in days for r in tiny.rows(str(day)))


def test_an_outcome_says_what_was_read(world: World) -> None:
    """Days, records and facts of each connection are counted, and the backfill is known done."""
    world.add("one")
    one = world.sync()["one"]
    assert (one.status, one.error) == ("ok", None)
    assert (one.first_day, one.last_day) == (FIRST, TODAY)
    days = [FIRST + timedelta(days=n) for n in range((TODAY - FIRST).days + 1)]
    assert one.records == sum(len(tiny.rows(str(day))) for day in days)
    assert one.facts == sum(len(rows) for rows in stored(world.engine).values())
    assert world.row("one").backfill_done
    assert world.row("one").progress == ""


def test_progress_is_told_to_its_end(world: World) -> None:
    """What is told counts up to as many days as there are."""
    world.add("one")
    told: list[ingest.Progress] = []
    world.sync(progress=told.append)
    assert (told[-1].read, told[-1].of) == (3 * 31, 3 * 31)
    assert told[-1].day == FIRST
    told.clear()
    world.sync(progress=told.append)
    again = 4 + 2 * 31  # what may still be revised of the usage report, and of usage and cost
    assert (told[-1].read, told[-1].of) == (again, again)


def test_a_failed_source_does_not_stop_the_others(world: World) -> None:
    """A revoked key pauses its connection; the other one is read as ever."""
    world.add("one")
    world.add("two")
    world.revoked = {"one"}
    outcomes = world.sync()
    assert {name: one.status for name, one in outcomes.items()} == {"one": "failed", "two": "ok"}
    assert world.row("one").status == "paused"
    assert world.sync()["one"].status == "paused"
    world.revoked = set()
    assert world.sync(names=["one"])["one"].status == "ok"
    assert world.row("one").failing_since is None


def test_a_day_that_makes_no_sense_is_set_aside(world: World) -> None:
    """The other days are read, the connection says which day is missing, and it is tried again."""
    world.add("one")
    world.spoil = {"2026-10-27"}
    one = world.sync()["one"]
    assert one.status == "failed"
    assert one.error is not None
    assert one.error["message"].startswith("2026-10-27: ")
    row = world.row("one")
    assert (row.status, row.error_code) == ("ok", one.error["code"])
    assert row.failing_since is not None
    assert world.oldest() == FIRST
    world.spoil, world.asked = set(), []
    assert world.sync()["one"].status == "ok"
    assert ("one", "2026-10-27") in world.asked
    assert (world.row("one").error_message, world.row("one").failing_since) == ("", None)


def test_facts_go_even_if_a_source_fails(world: World) -> None:
    """What is past its age is purged though the key was revoked meanwhile."""
    world.add("one")
    world.sync()
    world.revoked = {"one"}
    world.keep(10)
    world.sync()
    assert world.oldest() == NOVEMBER
    assert world.sessions(OCTOBER) == truth(FIRST, NOVEMBER)


def test_nothing_is_purged_while_history_is_read(world: World) -> None:
    """As long as one connection has not reached its end, facts stay."""
    world.add("one")
    world.sync()
    world.add("two")
    world.keep(10)
    world.spoil = set()
    world.sync(names=["one"])
    assert world.oldest() == FIRST
    world.sync()
    assert world.oldest() == NOVEMBER
    assert world.sessions(OCTOBER) == 2 * truth(FIRST, NOVEMBER)


def test_a_later_connection_leaves_sealed_weeks_alone(world: World) -> None:
    """A backfill that meets sealed weeks goes around them and comes to its end."""
    world.add("one")
    world.sync()
    world.keep(10)
    world.sync()
    world.add("two")
    assert world.sync()["two"].status == "ok"
    assert world.row("two").backfill_done
    assert min(day for name, day in world.asked if name == "two") == "2026-11-02"
    assert world.sessions(OCTOBER) == truth(FIRST, NOVEMBER)


def test_a_sealed_month_is_read_again_by_everybody(world: World) -> None:
    """`since` over a whole sealed month reads it through every connection, and seals it again."""
    world.add("one")
    world.add("two")
    world.keep(10)
    world.sync()
    both = 2 * truth(FIRST, NOVEMBER)
    assert world.sessions(OCTOBER) == both
    assert {one.status for one in world.sync(since=date(2026, 9, 28)).values()} == {"ok"}
    assert world.sessions(OCTOBER) == both
    assert world.oldest() == NOVEMBER
    with world.engine.connect() as connection:
        assert OCTOBER in seals.sealed(connection, "month")


def test_a_sealed_month_that_one_reads_again_waits_for_the_other(world: World) -> None:
    """It is not sealed with half of its facts: the next sync of the other adds them."""
    world.add("one")
    world.add("two")
    world.keep(10)
    world.sync()
    both = world.sessions(OCTOBER)
    world.sync(names=["one"], since=date(2026, 9, 28))
    assert world.oldest() == FIRST
    world.sync()
    assert world.sessions(OCTOBER) == both
    assert world.oldest() == NOVEMBER


def test_a_part_of_a_sealed_month_is_refused(world: World) -> None:
    """A read that begins inside a sealed month says so, and changes none of its figures."""
    world.add("one")
    world.keep(10)
    world.sync()
    before = world.sessions(OCTOBER)
    one = world.sync(since=date(2026, 10, 22))["one"]
    assert one.status == "failed"
    assert one.error is not None
    assert "was sealed on 2026-11-18" in one.error["message"]
    assert world.sessions(OCTOBER) == before
    assert world.row("one").status == "ok"
