"""Session files of real clients, three generations of them, against what their API served."""

import json
import shutil
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, func, select

from claude_dash.config import Settings
from claude_dash.facts import tables as t
from claude_dash.ingest.sessions import import_folder
from claude_dash.store.vault import Vault
from tests import recorded_clients as clients
from tests import session_lines as lines
from tests.session_lines import EMAIL, RECORDED, TOTALS

SERVED: dict[str, dict[str, int]] = json.loads((clients.PAYLOADS / "transcripts.json").read_text())
COUNTED = ("requests", *list(TOTALS)[:4])
PEOPLE = {
    "alice": ("01", "02", "03", "04", "05", "18", "19", "20", "21"),
    "bob": ("06", "07", "08", "09", "10", "11"),
    "carol": ("12", "13", "14", "15", "16", "17"),
    "frank": ("23", "24", "25"),
    "grace": ("22",),
    "heidi": ("26", "27"),
}
OLD = {"heidi"}  # clients that ask for titles and topics, which no file tells of
TOKENS = {
    "token.usage{input}": "input_tokens",
    "token.usage{output}": "output_tokens",
    "token.usage{cacheRead}": "cache_read_tokens",
    "token.usage{cacheCreation}": "cache_write_tokens",
    "lines_of_code.count{added}": "lines_added",
    "lines_of_code.count{removed}": "lines_removed",
    "pull_request.count": "pull_requests",
}


@pytest.fixture(autouse=True)
def _after(clock: Any) -> None:
    """Let it be some days after the files were recorded."""
    clock.at(datetime(2026, 11, 24, 12, tzinfo=UTC))


def test_each_file_adds_what_was_served_to_it(
    engine: Engine, settings: Settings, folder: Path
) -> None:
    """One by one, the last first, and each once more under another name: to the token."""
    files, vault = sorted(RECORDED.rglob("*.jsonl"), reverse=True), Vault(settings)
    assert {file.stem for file in files} == SERVED.keys()
    folder.mkdir()
    for file in files:
        before = lines.totals(engine)
        for copy in (file.name, f"copy-{file.name}"):
            shutil.copy(file, folder / copy)
            import_folder(engine, vault, settings, folder, EMAIL)
        added = Counter(lines.totals(engine))
        added.subtract(before)
        served = SERVED[file.stem]
        assert {name: added[name] for name in COUNTED} == {
            name: served.get(name, 0) for name in COUNTED
        }, file.stem
    assert lines.totals(engine) == TOTALS


@pytest.mark.parametrize("person", PEOPLE)
def test_files_and_telemetry_of_the_same_work_agree(
    person: str, engine: Engine, settings: Settings, clock: Any
) -> None:
    """To the token and the line; old clients ask for more than their files tell of, uncached."""
    runs = [run for run in clients.INDEX["runs"] if run.startswith(PEOPLE[person])]
    sending = clients.Sending(engine, settings, clock)
    for run in runs:
        sending.send(clients.requests(run))
    sent = {name: clients.totals(engine).get(told, 0) for told, name in TOKENS.items()}
    clock.at(datetime(2026, 11, 24, 12, tzinfo=UTC))
    imported = Vault(settings)
    import_folder(engine, imported, settings, RECORDED / person, f"{person}@example.com")
    both = lines.totals(engine)
    told = {name: both[name] - sent[name] for name in sent}
    if person in OLD:
        for name in ("input_tokens", "output_tokens"):
            assert 0 < told.pop(name) < sent.pop(name)
    assert told == sent


def test_who_sends_and_whose_files_are_imported_is_one_person(
    engine: Engine, settings: Settings, clock: Any
) -> None:
    """A person who signed in with an address is the one whose files are imported under it."""
    clients.Sending(engine, settings, clock).send(clients.requests("23-account-json"))
    clock.at(datetime(2026, 11, 24, 12, tzinfo=UTC))
    import_folder(engine, Vault(settings), settings, RECORDED / "frank", "frank@example.com")
    with engine.connect() as connection:
        assert connection.execute(select(func.count()).select_from(t.PERSON)).scalar() == 1


@pytest.mark.usefixtures("engine")
def test_a_command_says_and_keeps_nothing_of_the_content(settings: Settings) -> None:
    """Not on a terminal, not in the store or beside it; a second time it takes nothing."""
    assert sum(file.read_text().count(lines.CANARY) for file in RECORDED.rglob("*.jsonl")) > 50
    command = [sys.executable, "-m", "claude_dash", "import", "sessions", str(RECORDED)]
    said = [
        subprocess.run([*command, "--person", EMAIL], check=True, capture_output=True)
        for _ in range(2)
    ]
    assert said[0].stdout.endswith(b" lines taken, 0 set aside.\n")
    assert said[1].stdout == b"0 lines taken, 0 set aside.\n"
    kept = [file for file in settings.data_dir.rglob("*") if file.is_file()]
    for text in (*(one.stdout + one.stderr for one in said), *(one.read_bytes() for one in kept)):
        assert lines.CANARY.encode() not in text
        assert b"-srv-" not in text
