"""`import sessions` and `connect` for a folder: exit codes, one JSON document, no content."""

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import Engine, select
from typer.testing import CliRunner

from claude_dash.cli import app
from claude_dash.connections.session_files import is_address
from claude_dash.errors import ClaudeDashError
from claude_dash.facts import tables as t
from tests import session_lines as lines
from tests.session_lines import EMAIL, answer


@pytest.fixture
def folder(tmp_path: Path, engine: Engine) -> Path:
    """Return a folder with one person's file, beside a store."""
    del engine
    lines.write(tmp_path / "mirror" / EMAIL / "a.jsonl", [answer(1), answer(2), "broken"])
    return tmp_path / "mirror"


def run(*args: object) -> Result:
    """Run a command."""
    return CliRunner().invoke(app, [str(one) for one in args])


def document(*args: object, code: int = 0) -> dict[str, Any]:
    """Return the one JSON document that a command prints."""
    result = run(*args, "--json")
    assert result.exit_code == code, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def refused(*args: object) -> ClaudeDashError:
    """Return the error with which a command ends."""
    result = run(*args)
    assert isinstance(result.exception, ClaudeDashError), result.output
    return result.exception


def test_an_import_says_what_was_taken_and_why_not_the_rest(folder: Path, engine: Engine) -> None:
    """Lines that were taken, reasons with their number; nothing the second time; no content."""
    said = document("import", "sessions", folder, "--person", EMAIL)
    reason = "a line that is not JSON (1)"
    assert said == {"accepted": 2, "rejected": [{"line": None, "reason": reason}]}
    again = run("import", "sessions", folder, "--person", f" {EMAIL.upper()} ")
    assert again.output.splitlines()[-1] == "0 lines taken, 0 set aside."
    (listed,) = document("connect", "list")["connections"]
    assert (listed["name"], listed["kind"], listed["status"]) == ("Session files", "sessions", "ok")
    assert (listed["first_day"], listed["last_day"]) == (lines.DAY, "2026-11-18")
    with engine.connect() as connection:
        assert len(connection.execute(select(t.IDENTITY)).all()) == 1
    (synced,) = document("sync")["connections"]
    assert (synced["status"], synced["records"]) == ("ok", 0)


def test_imports_of_several_people_belong_to_one_connection(
    folder: Path, tmp_path: Path, engine: Engine
) -> None:
    """One for whatever is imported, under a name that nobody took."""
    lines.write(tmp_path / "own" / "a.jsonl", [answer(9)])
    document("connect", "add", "sessions", "Session files", "--dir", folder)
    document("import", "sessions", tmp_path / "own", "--person", EMAIL)
    document("import", "sessions", folder, "--person", "person-2@example.com")
    names = [one["name"] for one in document("connect", "list")["connections"]]
    assert names == ["Session files", "Session files 2"]
    assert lines.totals(engine)["requests"] == 3


def test_an_import_needs_a_folder_and_an_address(tmp_path: Path, engine: Engine) -> None:
    """What is missing is said without the path; nothing is connected by it."""
    error = refused("import", "sessions", tmp_path / "nowhere", "--person", EMAIL)
    assert error.exit_code == 3
    assert str(tmp_path) not in str(error)
    assert refused("import", "sessions", tmp_path, "--person", "somebody").exit_code == 2
    with engine.connect() as connection:
        assert connection.execute(select(t.CONNECTION)).all() == []


def test_a_mirror_is_connected_read_tried_and_removed(folder: Path, engine: Engine) -> None:
    """Add says how many files and people there are; sync counts; a purge leaves nothing."""
    said = document("connect", "add", "sessions", "Mirror", "--dir", folder)
    assert (said["status"], said["error"]) == ("ok", None)
    assert said["found"] == {"files": 1, "identities": 1, "by_address": 1}
    (synced,) = document("sync", "Mirror")["connections"]
    assert (synced["status"], synced["records"], synced["rejected"]) == ("ok", 2, 1)
    assert document("connect", "test", "Mirror")["found"] == said["found"]
    assert refused("connect", "add", "sessions", "Again", "--dir", folder).exit_code == 2
    (folder / EMAIL / "a.jsonl").unlink()
    (folder / EMAIL).rmdir()
    folder.rmdir()
    assert document("connect", "test", "Mirror", code=3)["error"]["code"] == "not_found"
    assert run("connect", "remove", "Mirror", "--purge").exit_code == 0
    with engine.connect() as connection:
        kept = (*lines.FACTS, *t.SESSION_TABLES, t.SESSION_FILE, t.REJECT, t.DAY_READ, t.PERSON)
        for table in kept:
            assert connection.execute(select(table)).all() == [], table.name


def test_what_was_read_stays_without_a_purge(folder: Path, engine: Engine) -> None:
    """The same folder connected again counts nothing twice, and goes on."""
    for name in ("One", "Two"):
        document("connect", "add", "sessions", name, "--dir", folder, "--person", EMAIL)
        document("sync", name)
        assert lines.totals(engine)["requests"] == 2
        assert run("connect", "remove", name).exit_code == 0
    lines.grow(folder / EMAIL / "a.jsonl", answer(3))
    document("connect", "add", "sessions", "Three", "--dir", folder, "--person", EMAIL)
    document("sync", "Three")
    assert lines.totals(engine)["requests"] == 3


def test_a_folder_that_is_not_there_is_not_saved(tmp_path: Path, engine: Engine) -> None:
    """As with any source: what cannot be reached is said, and saved only without a test."""
    where = ("connect", "add", "sessions", "Mirror", "--dir", tmp_path / "later")
    assert document(*where, code=3)["status"] == "unreachable"
    with engine.connect() as connection:
        assert connection.execute(select(t.CONNECTION)).all() == []
    assert document(*where, "--no-test")["status"] == "ok"


@pytest.mark.parametrize(
    "given",
    [
        ("sessions",),
        ("sessions", "--dir", ".", "--key-env", "KEY"),
        ("sessions", "--dir", ".", "--bucket", "B"),
        ("console", "--dir", "."),
        ("bedrock", "--person", EMAIL),
    ],
)
def test_options_of_another_kind_are_refused(given: tuple[str, ...], engine: Engine) -> None:
    """Whatever has no meaning for a kind is wrong use."""
    del engine
    kind, *options = given
    assert refused("connect", "add", kind, "Name", *options).exit_code == 2


def test_the_kit_says_what_to_mirror_and_what_files_lack() -> None:
    """Where files are, how they are copied, how long they live, and what no file holds."""
    text = " ".join(run("connect", "kit", "sessions").output.split())
    for part in (
        "~/.claude/projects",
        "CLAUDE_CONFIG_DIR",
        "cleanupPeriodDays",
        "*.jsonl",
        "best effort",
        "does not repeat a write that failed",
        "retention is yours",
        "Compaction",
        "works forward only",
        "cannot be undone",
        "plain text",
        "--person EMAIL",
        "connect add sessions",
    ):
        assert part in text, part


def test_addresses_are_told_from_other_names() -> None:
    """A folder's name is an address only when it can be one."""
    assert is_address("person-1@example.com")
    for other in ("alice", "@example.com", "a@b", "a b@example.com", "a@example.com\n", "x" * 300):
        assert not is_address(other)
