"""The weekly set is what interfaces promise, file by file."""

import csv
import hashlib
import io
import json
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from claude_dash import answers
from claude_dash.access.readers import Reader, Role
from claude_dash.config import Settings
from claude_dash.errors import QueryError, RefusedError
from claude_dash.exports import log, weekly
from claude_dash.metrics.lookup import metrics
from claude_dash.metrics.release import Query, Release, Row
from claude_dash.store import export_log

MONDAY = date(2026, 11, 9)
CHAMPION = Reader("ada@example.com", Role("champion"))
SUMMARY_HEADER = (
    "week,week_start,team,people,active_users,adoption_rate_pct,new_users,sessions,"
    "sessions_per_active_user,lines_added,lines_removed,commits,pull_requests,accept_rate_pct,"
    "input_tokens,output_tokens,cache_read_tokens,cache_write_tokens,cost_estimated_usd,"
    "cost_billed_usd,cost_per_active_user_usd,support_tickets,status,hidden"
)
GROUPS = ("Other small teams", "zeta", "Unassigned", "=Apps", "Automation")
VALUES: dict[str, Any] = {
    "adoption_rate": Fraction(2, 3),
    "accept_rate": Fraction(1, 8),
    "sessions_per_active_user": Fraction(10, 3),
    "cost_estimated": Decimal("12.345"),
    "cost_per_active_user": Fraction(617, 100),
}
PEOPLE = {"people", "active_users", "adoption_rate", "new_users", "cost_per_active_user"}
UNFED = {"cost_billed"}
ITEMS: dict[tuple[str, ...], tuple[dict[str, str], ...]] = {
    (): ({},),
    ("model",): ({"model": "claude-opus-4-7"}, {"model": "Claude-haiku"}),
    ("kind", "feature"): ({"kind": "skill", "feature": "release-notes"},),
}


class Answers:
    """Stands in for the door: five groups, two models, a feature, one hidden and one unread."""

    def __init__(self) -> None:
        self.asked: list[Query] = []
        self.as_of: dict[str, date | None] = {"main": date(2026, 11, 16)}
        self.changed: dict[tuple[str, str], dict[str, Any]] = {
            ("sessions", "zeta"): {"value": None, "hidden": "dominance"},
            ("lines_added", "zeta"): {"value": None, "hidden": "secondary"},
            ("commits", "=Apps"): {"status": "provisional"},
            ("new_users", "All"): {"value": None, "status": "missing"},
        }

    def ask(self, engine: object, query: Query, reader: Reader) -> Release:
        """Answer any metric of the catalogue."""
        del engine, reader
        self.asked.append(query)
        metric = metrics()[query.metric]
        return Release(
            metric=metric.name,
            label=metric.label,
            unit=metric.unit,
            definition=metric.definition,
            grain="week",
            by=query.by,
            policy=3,
            as_of={} if metric.name in UNFED else self.as_of,
            rows=tuple(self._rows(query)),
            k=5,
        )

    def _rows(self, query: Query) -> Iterator[Row]:
        for group in GROUPS if "team" in query.by else ("All",):
            if group == "Automation" and query.metric in PEOPLE:
                continue
            for item in ITEMS[tuple(name for name in query.by if name != "team")]:
                team = {"team": group} if "team" in query.by else {}
                row = Row(
                    "2026-W46",
                    MONDAY,
                    MONDAY + timedelta(days=7),
                    team | item,
                    VALUES.get(query.metric, 1234567),
                    "final",
                )
                yield replace(row, **self.changed.get((query.metric, group), {}))


@pytest.fixture
def door(monkeypatch: pytest.MonkeyPatch) -> Answers:
    """Put the stand-in where `answers.ask` is."""
    stand_in = Answers()
    monkeypatch.setattr(answers, "ask", stand_in.ask)
    return stand_in


def read(content: bytes) -> list[dict[str, str]]:
    """Return the rows of a file by column."""
    return list(csv.DictReader(io.StringIO(content.decode(), newline="")))


@pytest.mark.usefixtures("door")
def test_the_files_have_the_promised_names_headers_and_line_ends() -> None:
    """Five files; UTF-8 without a mark, comma, CRLF, the columns in their order."""
    files = weekly.build(None, CHAMPION, MONDAY).files
    assert sorted(files) == [
        "README.txt",
        "features.csv",
        "manifest.json",
        "models.csv",
        "summary.csv",
    ]
    assert files["summary.csv"].decode().split("\r\n")[0] == SUMMARY_HEADER
    head = b"week,team,model,tokens,cost_estimated_usd,status,hidden\r\n"
    assert files["models.csv"].startswith(head)
    head = b"week,team,kind,feature,users,uses,status,hidden\r\n"
    assert files["features.csv"].startswith(head)
    assert len(files["features.csv"].splitlines()) == 1 + 1 + len(GROUPS)
    for name in ("summary.csv", "models.csv", "features.csv"):
        assert files[name].count(b"\n") == files[name].count(b"\r\n")


@pytest.mark.usefixtures("door")
def test_rows_stand_in_the_promised_order() -> None:
    """All, teams by name without case, Unassigned, Automation, Other small teams."""
    files = weekly.build(None, CHAMPION, MONDAY).files
    teams = ["All", "'=Apps", "zeta", "Unassigned", "Automation", "Other small teams"]
    assert [row["team"] for row in read(files["summary.csv"])] == teams
    models = [(row["team"], row["model"]) for row in read(files["models.csv"])]
    assert models == [
        (team, model) for team in teams for model in ("Claude-haiku", "claude-opus-4-7")
    ]


@pytest.mark.usefixtures("door")
def test_values_are_spelled_as_ruled() -> None:
    """Rates are percentages with one decimal, money has two, half even; counts have no marks."""
    row = read(weekly.build(None, CHAMPION, MONDAY).files["summary.csv"])[1]
    assert row["week"] == "2026-W46"
    assert row["week_start"] == "2026-11-09"
    assert row["adoption_rate_pct"] == "66.7"
    assert row["accept_rate_pct"] == "12.5"
    assert row["sessions_per_active_user"] == "3.33"
    assert row["cost_estimated_usd"] == "12.34"
    assert row["cost_per_active_user_usd"] == "6.17"
    assert row["output_tokens"] == "1234567"


@pytest.mark.usefixtures("door")
def test_a_hidden_value_is_an_empty_cell_with_its_reason() -> None:
    """The reasons stand as `column: reason`, joined by `; `, in the order of the columns."""
    rows = {
        row["team"]: row for row in read(weekly.build(None, CHAMPION, MONDAY).files["summary.csv"])
    }
    assert rows["zeta"]["sessions"] == rows["zeta"]["lines_added"] == ""
    assert rows["zeta"]["hidden"] == "sessions: dominance; lines_added: secondary"
    assert rows["All"]["hidden"] == ""


@pytest.mark.usefixtures("door")
def test_a_row_has_the_worst_status_of_the_columns_that_are_fed() -> None:
    """One unread column makes the row missing; columns without a source do not count."""
    made = weekly.build(None, CHAMPION, MONDAY)
    rows = {row["team"]: row for row in read(made.files["summary.csv"])}
    assert rows["All"]["status"] == "missing"
    assert rows["'=Apps"]["status"] == "provisional"
    assert rows["zeta"]["status"] == "final"
    assert rows["zeta"]["cost_billed_usd"] == rows["zeta"]["support_tickets"] == ""
    assert made.status == "missing"


@pytest.mark.usefixtures("door")
def test_the_manifest_says_what_is_needed_to_judge_the_set() -> None:
    """Who, when, policy, definitions, as-of, unfed columns, day of deletion, hashes."""
    files = weekly.build(None, CHAMPION, MONDAY).files
    manifest = json.loads(files["manifest.json"])
    assert manifest["made_at"] == "2026-11-18T12:00:00+00:00"
    assert manifest["made_by_role"] == "champion"
    assert manifest["policy"] == 3
    assert manifest["as_of"] == {"main": "2026-11-16"}
    assert manifest["delete_by"] == "2027-02-16"
    unfed = ["cost_billed_usd", "support_tickets"]
    assert manifest["columns_without_source"] == unfed
    assert manifest["definitions"]["sessions"]["definition"] == metrics()["sessions"].definition
    for name, digest in manifest["files"].items():
        assert hashlib.sha256(files[name]).hexdigest() == digest
    assert set(manifest["files"]) == set(files) - {"manifest.json"}
    assert "ada@example.com" not in b"".join(files.values()).decode()


def test_without_a_connection_the_files_hold_their_headers_alone(door: Answers) -> None:
    """Nothing feeds any column, and the manifest says so."""
    door.as_of = {}
    made = weekly.build(None, CHAMPION, MONDAY)
    assert read(made.files["summary.csv"]) == []
    assert "sessions" in json.loads(made.files["manifest.json"])["columns_without_source"]


def test_only_answers_of_the_week_are_asked(door: Answers) -> None:
    """Every figure comes through the door, for this week alone."""
    weekly.build(None, CHAMPION, MONDAY + timedelta(days=3))
    assert {(one.grain, one.since, one.until) for one in door.asked} == {
        ("week", MONDAY, MONDAY + timedelta(days=7))
    }


@pytest.mark.parametrize("role", ["viewer", "auditor"])
def test_a_role_below_champion_gets_no_set(role: str, door: Answers) -> None:
    """Viewers and auditors are refused, before anything is asked."""
    with pytest.raises(RefusedError):
        weekly.build(None, Reader("bo", Role(role)), MONDAY)
    assert door.asked == []


@pytest.mark.parametrize("role", ["champion", "finance", "admin"])
@pytest.mark.usefixtures("door")
def test_champions_finance_and_administrators_may_export(role: str) -> None:
    """These roles get the set."""
    assert weekly.build(None, Reader("bo", Role(role)), MONDAY).label == "2026-W46"


@pytest.mark.usefixtures("door")
def test_a_week_that_has_not_begun_is_refused() -> None:
    """There is nothing to hand on of the future."""
    with pytest.raises(QueryError, match="2026-W48 has not begun"):
        weekly.build(None, CHAMPION, date(2026, 11, 23))


def test_the_default_week_is_the_last_complete_one() -> None:
    """On Wednesday of W47 it is W46."""
    assert weekly.last_complete_week() == MONDAY


@pytest.mark.usefixtures("door")
def test_an_export_is_logged_and_our_copy_deleted_on_its_day(
    engine: Any, settings: Settings, clock: Any
) -> None:
    """The log keeps who, when, role and hash; after 90 days the copy is gone, the line stays."""
    made = weekly.build(engine, CHAMPION, MONDAY)
    content = weekly.record(engine, CHAMPION, made, settings.data_dir)
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        assert archive.read("2026-W46/summary.csv") == made.files["summary.csv"]
    [entry] = export_log.newest(engine)
    assert (entry.actor, entry.role) == ("ada@example.com", "champion")
    assert entry.what == "weekly-2026-W46.zip"
    assert entry.sha256 == hashlib.sha256(content).hexdigest()
    copy = settings.data_dir / entry.path
    assert copy.read_bytes() == content
    assert copy.stat().st_mode & 0o077 == 0
    clock.advance(days=89)
    assert log.delete_due(engine, settings.data_dir) == 0
    clock.advance(days=1)
    assert log.due(engine) == [copy.name]
    assert log.delete_due(engine, settings.data_dir) == 1
    assert not copy.exists()
    assert export_log.newest(engine)[0].deleted


@pytest.mark.usefixtures("door")
def test_the_same_set_gives_the_same_bytes() -> None:
    """An archive depends on its content alone."""
    first, second = (weekly.build(None, CHAMPION, MONDAY) for _ in range(2))
    assert weekly.zip_bytes(first) == weekly.zip_bytes(second)


@pytest.mark.usefixtures("door")
def test_the_files_of_a_known_week_are_reviewed(snapshot: Callable[[str, str], None]) -> None:
    """A changed format shows as a changed snapshot."""
    made = weekly.build(None, CHAMPION, MONDAY)
    for name in ("summary.csv", "models.csv", "features.csv", "README.txt"):
        snapshot(f"weekly/{name}", made.files[name].decode())
