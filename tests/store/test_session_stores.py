"""Recorded session files, on SQLite and on PostgreSQL: the same totals, and nothing twice."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, event, select

from claude_dash import connections
from claude_dash.config import Settings
from claude_dash.connections.session_files import IMPORTED
from claude_dash.facts import tables as t
from claude_dash.ingest.sessions import import_folder
from claude_dash.store import retention
from claude_dash.store.vault import Vault
from tests import session_lines as lines
from tests.session_lines import EMAIL, TOTALS

AFTER = datetime(2026, 11, 24, 12, tzinfo=UTC)  # the files were recorded on the 21st


@pytest.fixture
def store(store: Engine, clock: Any) -> Engine:
    """Return an empty store of each kind, some days after the files were recorded."""
    clock.at(AFTER)
    return store


def test_a_mirror_gives_what_the_api_served(
    store: Engine, settings: Settings, tmp_path: Path
) -> None:
    """Three generations of clients, six people: every counter is right, and a second time."""
    folder = lines.recorded(tmp_path / "mirror")
    lines.connect(store, settings, folder)
    outcome = lines.read(store, settings)
    assert (outcome.status, outcome.error, outcome.rejected) == ("ok", None, 0)
    assert lines.totals(store) == TOTALS
    told = lines.facts(store)
    again = lines.read(store, settings)
    assert (again.records, again.facts) == (0, 0)
    lines.read(store, settings, since=AFTER.date())  # all files from their start
    assert lines.facts(store) == told
    with store.connect() as connection:
        read = connection.execute(select(t.DAY_READ.c.day)).scalars().all()
        kinds = connection.execute(select(t.IDENTITY.c.kind)).scalars().all()
        weeks = connection.execute(select(t.RELEASE_ROW.c.start).limit(1)).all()
    assert (min(read).isoformat(), max(read).isoformat()) == ("2026-11-21", "2026-11-24")
    assert kinds == ["configured"] * 6
    assert weeks


def test_what_comes_both_ways_counts_once(
    store: Engine, settings: Settings, tmp_path: Path
) -> None:
    """A folder that was imported, and is mirrored as well; a purge takes away what it counted."""
    folder, vault = lines.recorded(tmp_path / "mirror"), Vault(settings)
    for person in sorted(folder.iterdir()):
        import_folder(store, vault, settings, person, f"{person.name}@example.com")
    assert lines.totals(store) == TOTALS
    told = lines.facts(store)
    lines.connect(store, settings, folder)
    lines.read(store, settings)
    taken = import_folder(store, vault, settings, folder / "alice", "alice@example.com")
    assert taken.accepted == 0
    assert lines.facts(store) == told
    connections.remove(store, settings, "Session files", purge=True)
    assert lines.totals(store)["requests"] == 0
    lines.read(store, settings, since=AFTER.date())
    assert lines.totals(store) == TOTALS


def test_a_folder_that_comes_back_has_what_it_left(
    store: Engine, settings: Settings, tmp_path: Path
) -> None:
    """Removed with its data kept and connected again, nothing counts twice, and a purge finds it.

    What was imported does so as well.
    """
    folder = lines.recorded(tmp_path / "mirror")

    def mirrored() -> None:
        lines.connect(store, settings, folder)
        lines.read(store, settings)

    def imported() -> None:
        for person in sorted(folder.iterdir()):
            import_folder(store, Vault(settings), settings, person, f"{person.name}@example.com")

    for take, name in ((mirrored, "Files"), (imported, IMPORTED)):
        take()
        told = lines.totals(store)
        connections.remove(store, settings, name)
        take()
        assert lines.totals(store) == told == TOTALS
        with store.connect() as connection:
            number = connections.row_of(connection, name).id
            numbers = [
                set(connection.execute(select(table.c.connection_id)).scalars())
                for table in (t.CLIENT_DAY, t.SESSION_ANSWER, t.SESSION_CHANGE, t.DAY_READ)
            ]
        assert numbers == [{number}] * len(numbers)
        connections.remove(store, settings, name, purge=True)
        assert lines.totals(store) == dict.fromkeys(TOTALS, 0)


def test_who_was_erased_stays_away(store: Engine, settings: Settings, tmp_path: Path) -> None:
    """Erasure takes what was counted and what it was made of, and new lines are dropped."""
    vault, file = Vault(settings), tmp_path / "own" / "one.jsonl"
    lines.write(file, [lines.answer(1), lines.edit(2, "+"), lines.cost(1, lines.said_of(1))])
    import_folder(store, vault, settings, file.parent, EMAIL)
    assert lines.totals(store)["requests"] == 1
    assert retention.erase(store, vault, EMAIL)
    lines.grow(file, lines.answer(3))
    import_folder(store, vault, settings, file.parent, EMAIL)
    with store.connect() as connection:
        for table in (*lines.FACTS, *t.SESSION_TABLES, t.IDENTITY):
            assert connection.execute(select(table)).all() == [], table.name


def test_no_content_is_kept(
    store: Engine, settings: Settings, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """No prompt, code, command, argument, output, reply or path is in any statement or log line."""
    said: list[str] = []

    @event.listens_for(store, "before_cursor_execute")
    def _listen(*args: Any) -> None:
        said.append(f"{args[2]} {args[3]}")

    folder = lines.recorded(tmp_path / "mirror")
    text = "".join(path.read_text() for path in folder.rglob("*.jsonl"))
    assert text.count(lines.CANARY) > 50
    lines.grow(
        folder / "alice" / "broken.jsonl",
        f'{{"type":"assistant","message":{{"content":"{lines.MARKED}"',
        f'{{"type":"user","timestamp":{{"{lines.MARKED}":1}}}}',
        lines.answer(1, model=f"{lines.MARKED}\n", attributionSkill="x" * 500),
    )
    lines.connect(store, settings, folder)
    outcome = lines.read(store, settings)
    assert outcome.rejected == 2
    everything = "\n".join([*said, caplog.text, str(outcome)])
    assert lines.CANARY not in everything
    for path in ("/srv/", "-srv-", "x" * 101):
        assert path not in everything.replace(str(folder), "")
