"""What a viewer is shown of a bucket of logs is the truth, alone and beside a Console."""

import csv
import io
import shutil
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from claude_dash import clock, connections, ingest
from claude_dash.access.readers import Reader as Asker
from claude_dash.access.readers import Role
from claude_dash.answers import ask
from claude_dash.clock import week_of
from claude_dash.config import Settings
from claude_dash.exports import weekly
from claude_dash.metrics.release import Query, Row
from claude_dash.people.roster import import_csv
from claude_dash.store.engine import open_store
from tests import tiny
from tests.aws_gate import AwsGate, moto
from tests.bedrock_bucket import LAST, Tree, Truth
from tests.bedrock_callers import ACCOUNTS, FIRST_LOGIN, address
from tests.bedrock_records import COUNTERS, Place
from tests.conftest import NOON, FrozenClock
from tests.journey.bedrock_reader import BUCKET, LogReader

__all__ = ["moto"]
VIEWER = Asker("journey", Role.VIEWER)
CHAMPION = Asker("journey", Role.CHAMPION)
TEAMS, DAYS = 4, 9
MONDAY = date(2026, 11, 9)
UNTIL = LAST + timedelta(days=2)
STORE = "claude-dash.db"
UNASSIGNED, AUTOMATION = "Unassigned", "Automation"
KINDS = dict(zip(COUNTERS, range(1, 5), strict=True))
Amounts = Counter[str]


def team_of(number: int) -> str:
    """Return the team of a person."""
    return f"Team {number % TEAMS}"


TEAM = {address(number): team_of(number) for number in range(FIRST_LOGIN)}


@pytest.fixture(scope="module")
def once(
    moto: tuple[str, int], migrated_store: Path, tmp_path_factory: pytest.TempPathFactory
) -> LogReader:
    """Return a store into which two weeks and a roster of four teams were read; to be copied."""
    folder = tmp_path_factory.mktemp("bedrock")
    shutil.copy(migrated_store, folder / STORE)
    settings = Settings(data_dir=folder)
    tree = Tree(12, days=DAYS, accounts=ACCOUNTS[:2], a_day=45, is_odd=False)
    with pytest.MonkeyPatch.context() as patch, AwsGate(moto) as gate:
        patch.setattr(clock, "datetime", FrozenClock(NOON))
        for name, value in gate.environment().items():
            patch.setenv(name, value)
        made = LogReader(open_store(settings.url), settings, gate, tree, None)
        gate.make_bucket(BUCKET)
        gate.put(BUCKET, tree.bodies())
        lines = ["email,team", *(f"{mail},{team}" for mail, team in TEAM.items())]
        import_csv(made.engine, made.vault, "\n".join(lines).encode(), today=NOON.date())
        made.connect()
        made.sync_well()
    with made.engine.connect() as connection:
        connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
    made.engine.dispose()
    return made


@pytest.fixture
def reader(once: LogReader, settings: Settings) -> Iterator[LogReader]:
    """Return the program over a copy of that store."""
    settings.data_dir.mkdir(parents=True)
    for name in (STORE, "vault.key"):
        shutil.copy(once.settings.data_dir / name, settings.data_dir / name)
    engine = open_store(settings.url)
    yield LogReader(engine, settings, once.gate, once.tree, None)
    engine.dispose()


def amounts(
    truth: Truth, week: date, of: Callable[[Place, str], str], numbers: Iterable[int]
) -> Amounts:
    """Return what one week comes to, by some value of each place and its address."""
    found: Amounts = Counter()
    for (day, place), sums in truth.sums.items():
        if week_of(day) == week:
            found[of(place, truth.emails[place[:2]])] += sum(sums[at] for at in numbers)
    return found


def everything(_: Place, __: str) -> str:
    """Put everything together."""
    return ""


def by_team(place: Place, email: str) -> str:
    """Return the team of whoever called."""
    return TEAM.get(email, UNASSIGNED if place[0] == "principal" else AUTOMATION)


def by_model(place: Place, _: str) -> str:
    """Return the model as it is released: without the vendor's name."""
    return place[2]


def asked(reader: LogReader, metric: str, *by: str) -> list[Row]:
    """Ask for weeks."""
    query = Query(metric, "week", by, since=MONDAY, until=UNTIL)
    return list(ask(reader.engine, query, VIEWER).rows)


def assert_shown(rows: list[Row], dimension: str, week: date, true: Amounts) -> int:
    """Compare the rows of a week with the truth; return how many are shown."""
    of_week = {row.groups.get(dimension, ""): row for row in rows if row.start == week}
    shown = {name: row.value for name, row in of_week.items() if row.value is not None}
    assert shown == {name: true[name] for name in shown}
    assert all(row.hidden for row in of_week.values() if row.value is None)
    return len(shown)


MEASURES: dict[str, list[int]] = {
    "tokens": [1, 2, 3, 4],
    "requests": [0],
    **{f"{kind}_tokens": [at] for kind, at in KINDS.items()},
}


def test_what_is_shown_is_true(reader: LogReader) -> None:
    """Requests and tokens of both weeks, by team and model, are exact wherever they are shown."""
    truth, shown = reader.tree.truth(), Counter[str]()
    for metric, numbers in MEASURES.items():
        for dimension, of in {"": everything, "team": by_team, "model": by_model}.items():
            if dimension == "model" and metric not in {"tokens", "requests"}:
                continue
            rows = asked(reader, metric, *filter(None, [dimension]))
            for week in (MONDAY, MONDAY + timedelta(days=7)):
                true = amounts(truth, week, of, numbers)
                shown[dimension] += assert_shown(rows, dimension, week, true)
    assert shown[""] == 2 * len(MEASURES)
    assert shown["team"] > 4 * len(MEASURES)
    assert shown["model"] > 12


def test_everything_comes_from_the_logs(reader: LogReader) -> None:
    """By source all of it is Bedrock's, and by kind of token the four counters are the log's."""
    truth = reader.tree.truth()
    total = amounts(truth, MONDAY, everything, [1, 2, 3, 4])[""]
    assert_shown(asked(reader, "tokens", "source"), "source", MONDAY, Counter(bedrock=total))
    kinds = {kind: amounts(truth, MONDAY, everything, [at])[""] for kind, at in KINDS.items()}
    assert assert_shown(asked(reader, "tokens", "type"), "type", MONDAY, Counter(kinds)) == 4


def people_of(truth: Truth, week: date) -> set[str]:
    """Return who called in a week: by address, or by what else names them."""
    return {
        truth.emails[place[:2]] or place[1]
        for day, place in truth.sums
        if week_of(day) == week and place[0] == "principal"
    }


def test_one_person_with_several_names_is_active_once(reader: LogReader) -> None:
    """People are counted by person, whatever accounts and roles they came through."""
    truth = reader.tree.truth()
    (row,) = (row for row in asked(reader, "active_users") if row.start == MONDAY)
    assert row.value == len(people_of(truth, MONDAY))
    by_place = {place[:2] for day, place in truth.sums if week_of(day) == MONDAY}
    assert len(by_place) > len(people_of(truth, MONDAY))


def test_the_weekly_set_has_the_logs(reader: LogReader) -> None:
    """The summary of a week and its teams holds the same figures."""
    made = weekly.build(reader.engine, CHAMPION, MONDAY)
    rows = list(csv.DictReader(io.StringIO(made.files["summary.csv"].decode("utf-8-sig"))))
    truth = reader.tree.truth()
    shown = 0
    for kind, at in KINDS.items():
        true = amounts(truth, MONDAY, by_team, [at])
        true[weekly.ALL] = true.total()
        cells = {row["team"]: row[f"{kind}_tokens"] for row in rows if row[f"{kind}_tokens"]}
        assert cells == {team: str(true[team]) for team in cells}
        assert weekly.ALL in cells
        shown += len(cells)
    assert shown > 4 * TEAMS
    whole = next(row for row in rows if row["team"] == weekly.ALL)
    assert int(whole["active_users"]) == len(people_of(truth, MONDAY))
    assert Decimal(whole["cost_estimated_usd"]) > 0
    assert {whole[name] for name in ("sessions", "commits", "lines_added")} == {""}
    models = list(csv.DictReader(io.StringIO(made.files["models.csv"].decode("utf-8-sig"))))
    by_names = amounts(truth, MONDAY, by_model, [1, 2, 3, 4])
    cells = {
        row["model"]: row["tokens"] for row in models if row["team"] == weekly.ALL and row["tokens"]
    }
    assert cells == {model: str(by_names[model]) for model in cells}
    assert len(cells) > 3


def test_a_console_beside_it_is_added(reader: LogReader, monkeypatch: pytest.MonkeyPatch) -> None:
    """A person whom both see is active once; tokens of two billing organizations are added."""
    names = [address(number) for number in range(20)] + tiny.ADDRESSES[20:]
    monkeypatch.setattr(tiny, "ADDRESSES", names)
    common: dict[str, Any] = {"transport": tiny.transport()}
    settings = reader.settings.model_copy(update={"backfill_since": MONDAY})
    store = reader.engine, reader.vault, settings
    assert connections.add(*store, "console", "Main", tiny.KEY, **common).status == "ok"
    (outcome,) = ingest.sync(*store, names=["Main"], **common)
    assert outcome.status == "ok", outcome
    truth = reader.tree.truth()
    days = [MONDAY + timedelta(days=at) for at in range(7)]
    of_console = [row for day in days for row in tiny.rows(day.isoformat())]
    tokens = sum(
        sum(one["tokens"].values()) for row in of_console for one in row["model_breakdown"]
    )
    seen = {row["actor"].get("email_address") for row in of_console} - {None}
    (shown,) = (row for row in asked(reader, "tokens") if row.start == MONDAY)
    assert shown.value == tokens + amounts(truth, MONDAY, everything, [1, 2, 3, 4])[""]
    (active,) = (row for row in asked(reader, "active_users") if row.start == MONDAY)
    assert active.value == len(people_of(truth, MONDAY) | seen)
    assert len(people_of(truth, MONDAY) & seen) > 9
