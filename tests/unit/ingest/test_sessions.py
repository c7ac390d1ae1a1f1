"""Session files as they grow, are cut, copied, written anew and cannot be read."""

import os
import random
import shutil
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as trying
from hypothesis import strategies as some
from sqlalchemy import Engine, event, select

from claude_dash.config import Settings
from claude_dash.errors import SourceError
from claude_dash.facts import tables as t
from claude_dash.ingest.sessions import import_folder
from claude_dash.sources import session_files
from claude_dash.store.engine import open_store
from claude_dash.store.vault import Vault
from tests import session_lines as lines
from tests.session_lines import EMAIL, USAGE, Take, answer, edit, line, with_output

# --- what counts once --------------------------------------------------------------------------


def test_an_answer_counts_once_however_many_lines_it_has(
    engine: Engine, folder: Path, take: Take
) -> None:
    """One line for each block, growing snapshots, copies in forks: the largest output counts."""
    snapshots = [answer(1, with_output(tokens), uuid=f"u{tokens}") for tokens in (2, 700, 20)]
    lines.write(folder / "a.jsonl", [*snapshots, answer(2), answer(2)])
    fork = answer(1, with_output(900), sessionId="session-2")
    lines.write(folder / "b.jsonl", [fork, answer(2, sessionId="session-2")])
    take()
    assert lines.totals(engine)["requests"] == 2
    assert lines.totals(engine)["output_tokens"] == 900 + USAGE["output_tokens"]
    assert lines.totals(engine)["input_tokens"] == 2 * USAGE["input_tokens"]


def test_ids_that_are_missing_are_made_up_for(engine: Engine, folder: Path, take: Take) -> None:
    """Without a request id the message's counts, without that the line's; without any nothing."""
    lines.write(
        folder / "a.jsonl",
        [
            answer(1, request=None),
            answer(2, id="msg-1", request=None),
            answer(3, id=None, request=None),
            answer(3, id=None, request=None),
            answer(4, id=None, request=None, uuid=None),
            answer(5, model="<synthetic>", isApiErrorMessage=True),
        ],
    )
    take()
    assert lines.totals(engine)["requests"] == 2


def test_the_earliest_time_of_an_answer_is_its_day(
    engine: Engine, folder: Path, take: Take
) -> None:
    """A copy with an earlier time moves the answer to that day, whichever is read first."""
    lines.write(folder / "a.jsonl", [answer(1)])
    take()
    lines.write(folder / "b.jsonl", [answer(1, timestamp="2026-11-16T23:59:59.000+00:00")])
    take()
    with engine.connect() as connection:
        days = connection.execute(select(t.CLIENT_MODEL_DAY.c.day)).scalars().all()
    assert days == [date(2026, 11, 16)]


def test_sessions_count_by_day(engine: Engine, folder: Path, take: Take) -> None:
    """A session counts on each day on which it did something, once whatever the client was."""
    lines.write(
        folder / "a.jsonl",
        [
            answer(1),
            answer(2, version="2.1.330"),
            answer(3, timestamp="2026-11-18T00:00:00Z"),
            edit(4, "+", sessionId="session-2"),
            line("user", 5, sessionId="session-3", message={"content": "nothing came of it"}),
        ],
    )
    take()
    assert lines.totals(engine)["sessions"] == 3


def test_edits_count_their_lines(engine: Engine, folder: Path, take: Take) -> None:
    """Marks of the patch; of a new file its pieces; nothing of a failed edit or of another tool."""
    new = {"type": "create", "filePath": "/srv/new", "content": "a\nb\n", "structuredPatch": []}
    empty = {**new, "content": ""}
    lines.write(
        folder / "a.jsonl",
        [
            edit(1, "+", "+", "-", " "),
            edit(1, "+", "+", "-", " "),
            line("user", 2, toolUseResult=new),
            line("user", 3, toolUseResult=empty),
            line("user", 4, toolUseResult="Error: +one"),
            line("user", 5, toolUseResult=[{"structuredPatch": []}]),
            line("user", 6, toolUseResult={"stdout": "+one\n+two", "structuredPatch": None}),
            line("user", 7, toolUseResult={"structuredPatch": [{"lines": ["+one"]}]}),
        ],
    )
    take()
    totals = lines.totals(engine)
    assert (totals["lines_added"], totals["lines_removed"]) == (2 + 3, 1)


def test_a_pull_request_counts_once(engine: Engine, folder: Path, take: Take) -> None:
    """However often its address is written, in whichever session."""
    link = {"type": "pr-link", "sessionId": "session-1", "timestamp": "2026-11-17T10:00:00Z"}
    first = {**link, "prUrl": "https://forge.example.com/pull/1"}
    later = {**first, "sessionId": "session-2", "timestamp": "2026-11-18T10:00:00Z"}
    second = {**link, "prUrl": "https://forge.example.com/pull/2"}
    lines.write(folder / "a.jsonl", [later, first, first])
    take()
    lines.write(folder / "b.jsonl", [later, second])
    take()
    assert lines.totals(engine)["pull_requests"] == 2


def test_features_count_what_a_person_did(engine: Engine, folder: Path, take: Take) -> None:
    """Calls of servers, runs of subagents, sessions with a skill or plugin; never answers."""
    named = {"attributionSkill": "review", "attributionPlugin": "tools"}
    agent = {"attributionAgent": "explorer", "isSidechain": True}
    lines.write(
        folder / "a.jsonl",
        [
            *(answer(number, **named) for number in range(5)),
            *(answer(number, attributionMcpServer="tracker") for number in (5, 6)),
            *(answer(number, agentId="one", **agent) for number in (7, 8)),
            answer(9, agentId="two", **agent),
        ],
    )
    take()
    with engine.connect() as connection:
        c = t.FEATURE_DAY.c
        rows = connection.execute(select(c.kind, c.feature, c.product, c.uses)).all()
    assert sorted(map(tuple, rows)) == [
        ("mcp_server", "tracker", "claude_code", 2),
        ("plugin", "tools", "claude_code", 1),
        ("skill", "review", "claude_code", 1),
        ("subagent", "explorer", "claude_code", 2),
    ]


# --- files that grow, change and break -----------------------------------------------------------


@trying(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=some.integers(0, 2**32))
def test_pieces_come_to_the_whole(
    seed: int,
    settings: Settings,
    migrated_store: Path,
    tmp_path_factory: pytest.TempPathFactory,
    clock: Any,
) -> None:
    """Files in any order, each cut at any byte as often as you like, give what all at once do."""
    clock.at(datetime(2026, 11, 24, 12, tzinfo=UTC))
    luck, place = random.Random(seed), tmp_path_factory.mktemp("pieces")
    steps = luck.randint(1, 6)
    engine = open_store(f"sqlite:///{shutil.copy(migrated_store, place / 'store.db')}")
    names = sorted(lines.RECORDED.rglob("*.jsonl"))
    luck.shuffle(names)
    (place / "mirror").mkdir()
    lines.connect(engine, settings, place / "mirror")
    for step in range(1, steps + 1):
        for name in names:
            whole = name.read_bytes()
            file = place / "mirror" / name.relative_to(lines.RECORDED)
            begun = file.stat().st_size if file.exists() else 0
            end = len(whole) if step == steps else luck.randint(begun, len(whole))
            if end > begun or (step == steps and not begun):
                file.parent.mkdir(parents=True, exist_ok=True)
                with file.open("ab") as opened:
                    opened.write(whole[begun:end])
        outcome = lines.read(engine, settings)
        assert outcome.rejected == 0
    assert lines.totals(engine) == lines.TOTALS
    engine.dispose()


def test_a_last_line_without_its_end_waits(engine: Engine, folder: Path, take: Take) -> None:
    """Half a line is no broken line; it counts when the rest is there."""
    text = lines.dumped(answer(1))
    folder.mkdir()
    (folder / "a.jsonl").write_bytes(text[:-1])
    taken = take()
    assert (taken.accepted, taken.rejected.total()) == (0, 0)
    (folder / "a.jsonl").write_bytes(text)
    assert take().accepted == 1
    assert lines.totals(engine)["requests"] == 1


@pytest.mark.parametrize("is_shorter", [True, False])
def test_a_file_that_was_written_anew_is_read_again(
    engine: Engine, folder: Path, take: Take, *, is_shorter: bool
) -> None:
    """Cut short or not, what is new in it counts, and what was counted does not count again."""
    file = lines.write(folder / "a.jsonl", [answer(number) for number in range(3)])
    take()
    kept = [answer(0)] if is_shorter else [answer(number) for number in range(9)]
    lines.write(file, [{"type": "summary", "summary": lines.MARKED}, *kept, answer("new")])
    take()
    assert lines.totals(engine)["requests"] == (4 if is_shorter else 10)


def test_lines_that_cannot_be_read_are_counted_and_the_rest_counts(
    engine: Engine, folder: Path, take: Take, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Broken, without a time, of another shape, too long; unknown types are stepped over."""
    monkeypatch.setattr(session_files, "BLOCK_BYTES", 1000)
    monkeypatch.setattr(session_files, "MAX_LINE_BYTES", 20_000)
    lines.write(
        folder / "a.jsonl",
        [
            "not json",
            '{"type":"assistant","message"',
            answer(1, timestamp=None),
            answer(2, timestamp="yesterday"),
            answer(3, {"input_tokens": "many"}),
            answer(4, {"input_tokens": -1}),
            {"type": "something-new", "message": 5, "timestamp": 7},
            line("attachment", 6, attachment="x" * 60_000),
            line("user", 7, message={"content": "half \ud83d".encode("utf-8", "replace").decode()}),
            '{"type":"user","message":{"content":"\\ud83d"}}',
            "",
            answer(8),
        ],
    )
    taken = take()
    assert dict(taken.rejected) == {
        "a line that is not JSON": 2,
        "a line without a time": 2,
        "a line whose fields are not those of a session": 2,
        session_files.TOO_LONG: 1,
    }
    assert lines.totals(engine)["requests"] == 1
    with engine.connect() as connection:
        kept = connection.execute(select(t.REJECT.c.records)).scalars().all()
    assert sum(kept) == 7


def test_what_cannot_be_read_is_said_and_does_not_stop_the_rest(
    engine: Engine, settings: Settings, folder: Path
) -> None:
    """Links that go round, lead nowhere or lie outside any person's folder; folders of content."""
    lines.write(folder / EMAIL / "projects" / "a.jsonl", [answer(1)])
    lines.write(folder / "loose.jsonl", [answer(2)])
    lines.write(folder / EMAIL / "projects" / "s" / "tool-results" / "b.jsonl", [answer(3)])
    lines.write(folder / EMAIL / "notes.txt", [answer(4)])
    (folder / EMAIL / "round").symlink_to(folder, target_is_directory=True)
    (folder / EMAIL / "gone.jsonl").symlink_to(folder / "nowhere")
    (folder / EMAIL / "itself.jsonl").symlink_to(folder / EMAIL / "itself.jsonl")
    lines.connect(engine, settings, folder)
    outcome = lines.read(engine, settings)
    assert outcome.status == "ok"
    assert outcome.error == {
        "code": "other",
        "message": "Left out: a file or folder that cannot be read (2), a file that lies in "
        "nobody's folder (1), a folder that was met before, through a link (1).",
    }
    assert lines.totals(engine)["requests"] == 1
    with engine.connect() as connection:
        c = t.IDENTITY.c
        assert connection.execute(select(c.kind, c.value)).all() == [("email", EMAIL)]


def test_a_folder_whose_name_is_no_text_does_not_stop_the_rest(
    engine: Engine, settings: Settings, folder: Path
) -> None:
    """It is nobody's, and everybody else's files count."""
    lines.write(folder / os.fsdecode(b"a\xff") / "a.jsonl", [answer(1)])
    lines.write(folder / ("b" * 121) / "b.jsonl", [answer(2)])
    lines.write(folder / EMAIL / "c.jsonl", [answer(3)])
    lines.connect(engine, settings, folder)
    outcome = lines.read(engine, settings)
    assert outcome.status == "ok"
    assert (outcome.error or {})["message"] == "Left out: a file that lies in nobody's folder (2)."
    assert lines.totals(engine)["requests"] == 1


def test_a_folder_that_is_not_there_fails(engine: Engine, settings: Settings, folder: Path) -> None:
    """A disk that is not mounted is a failure, and forgets nothing."""
    file = lines.write(folder / "a.jsonl", [answer(1)])
    lines.connect(engine, settings, folder, EMAIL)
    lines.read(engine, settings)
    away = folder.rename(folder.with_name("away"))
    outcome = lines.read(engine, settings)
    assert (outcome.status, (outcome.error or {}).get("code")) == ("failed", "not_found")
    with pytest.raises(SourceError):
        import_folder(engine, Vault(settings), settings, folder, EMAIL)
    away.rename(folder)
    lines.grow(file, answer(2))
    assert lines.read(engine, settings).records == 1


def test_a_run_that_is_cut_off_leaves_nothing_half_done(
    engine: Engine, folder: Path, take: Take
) -> None:
    """Facts and how far files were read are stored together or not at all."""
    lines.write(folder / "a.jsonl", [answer(number) for number in range(5)])

    class Killed(BaseException):
        """Stands for the end of the process."""

    def kill(*args: Any) -> None:
        if "INSERT INTO session_file" in args[2]:
            raise Killed

    event.listen(engine, "before_cursor_execute", kill)
    with pytest.raises(Killed):
        take()
    event.remove(engine, "before_cursor_execute", kill)
    assert lines.totals(engine)["requests"] == 0
    take()
    assert lines.totals(engine)["requests"] == 5


def test_days_that_are_sealed_to_come_or_too_old_are_left_out(
    engine: Engine, folder: Path, take: Take
) -> None:
    """Each with its reason; the others count."""
    with engine.begin() as connection:
        seal = t.SEAL.insert().values(
            grain="week", start=date(2026, 6, 1), sealed_at=datetime(2026, 11, 1, tzinfo=UTC)
        )
        connection.execute(seal)
    days = ("2026-06-03", "2027-01-01", "1999-01-01", lines.DAY)
    lines.write(
        folder / "a.jsonl",
        [answer(number, timestamp=f"{day}T01:00:00Z") for number, day in enumerate(days)],
    )
    take()
    assert lines.totals(engine)["requests"] == 1
    with engine.connect() as connection:
        c = t.REJECT.c
        rows = connection.execute(select(c.report, c.reason, c.records).order_by(c.reason)).all()
    assert [tuple(row) for row in rows] == [
        ("sessions.left_out", "a day before the first one that is read", 1),
        ("sessions.left_out", "a day to come", 1),
        ("sessions.left_out", "its week is sealed", 1),
    ]


def test_files_that_are_gone_are_forgotten_and_what_they_told_is_not(
    engine: Engine, settings: Settings, folder: Path, clock: Any
) -> None:
    """Clients delete files after a month; a file that comes back does not count again."""
    file = lines.write(folder / "a.jsonl", [answer(1)])
    lines.connect(engine, settings, folder, EMAIL)
    lines.read(engine, settings)
    text = file.read_bytes()
    file.unlink()
    clock.advance(days=31)
    lines.read(engine, settings)
    with engine.connect() as connection:
        assert connection.execute(select(t.SESSION_FILE)).all() == []
    file.write_bytes(text)
    lines.read(engine, settings)
    assert lines.totals(engine)["requests"] == 1
