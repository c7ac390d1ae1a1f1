"""A session file as it grows: its new whole lines, and the answers and edits that they tell of.

Source:  `projects/*/*.jsonl` of a client's folder, subagents beside or below (contract, section 9)
Grain:   answer of the API, edit, pull request, cost of a session
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from functools import lru_cache
from hashlib import blake2b
from typing import BinaryIO

import msgspec

from claude_dash.facts.dimensions import UNATTRIBUTED
from claude_dash.facts.transcripts import united
from claude_dash.sources.session_lines import Line, Usage, edited, lines_of

BLOCK_BYTES = 4 * 2**20
MAX_LINE_BYTES = 64 * 2**20  # a line with pictures has some megabytes
HEAD_BYTES, TAIL_BYTES = 4096, 1024
MAX_NAME, MAX_MODEL = 100, 200
SYNTHETIC = "<synthetic>"  # a note of the client's own about an error
FAST = "fast"  # costs another price, which no list of ours has
TOO_LONG = f"a line of more than {MAX_LINE_BYTES // 2**20} MiB"
UNTIMED = "a line without a time"
NANODOLLARS = 1_000_000_000
_DAY_CHARS = 10


class Answer(msgspec.Struct, gc=False):
    """One answer of the API, by the digest of its ids, in the names of the table that keeps it.

    session, run: digests; a run is that of a subagent, or the session. day: UTC.
    """

    answer: int
    session: int
    run: int
    day: str
    version: str
    entry_point: str
    model: str
    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    hour_write_tokens: int
    is_fast: bool
    mcp_server: str
    skill: str
    plugin: str
    subagent: str


class Change(msgspec.Struct, gc=False):
    """An edit or a pull request, by the digest of its id."""

    change: int
    session: int
    day: str
    version: str
    entry_point: str
    lines_added: int = 0
    lines_removed: int = 0
    pull_requests: int = 0


class Said(msgspec.Struct, gc=False):
    """What the client said of one model of a session; cost: nanodollars, None where it guessed."""

    input_tokens: int
    output_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    cost: int | None


@dataclass(slots=True)
class Found:
    """What some lines tell of. said: session -> day, and what its client said of each model, last.

    The day is that of the last line before it, empty where there was none. rejects: why lines
    could not be read -> how many.
    """

    answers: dict[int, Answer] = field(default_factory=dict)
    changes: dict[int, Change] = field(default_factory=dict)
    said: dict[int, tuple[str, dict[str, Said]]] = field(default_factory=dict)
    lines: int = 0
    rejects: Counter[str] = field(default_factory=Counter)

    def __len__(self) -> int:
        """Return how much there is to store."""
        return len(self.answers) + len(self.changes) + len(self.said)


class Reader:
    """Takes the lines of one file.

    Args:
        found: Where what they tell of is added.
        key: The installation's: without it no digest tells what it is of.
        path_digest: Stands for the session where lines name none.
    """

    def __init__(self, found: Found, key: bytes, path_digest: int) -> None:
        self._found = found
        self._key = key
        self._path = path_digest
        self._version = self._entry_point = self._day = ""  # of the last line that had them
        self._setup: tuple[str | None, str | None] = (None, None)  # as it was sent
        self._last: Line | None = None  # line of an answer
        self._sessions: dict[str, int] = {}
        self._takers = {
            "assistant": self._take_answer,
            "user": self._take_edit,
            "pr-link": self._take_link,
            "cost-state": self._take_cost,
        }

    def go_on(self, found: Found) -> None:
        """Add what comes from now on to something else, since what was found is stored."""
        self._found, self._last = found, None

    def take(self, block: bytes) -> None:
        """Add what a block of whole lines tells of."""
        found = self._found
        rejects: dict[str, int] = {}
        for line in lines_of(block, rejects):
            found.lines += 1
            take = self._takers.get(line.type)
            if take is not None:
                try:
                    take(line)
                except ValueError:
                    found.rejects[UNTIMED] += 1
        found.rejects.update(rejects)

    def _note_setup(self, line: Line) -> None:
        if line.version and (line.version, line.entrypoint) != self._setup:
            self._setup = (line.version, line.entrypoint)
            self._version, self._entry_point = _name(line.version), _name(line.entrypoint)

    def _take_answer(self, line: Line) -> None:
        head = line.message
        if head is None or head.usage is None:
            return
        if line.is_api_error_message or head.model == SYNTHETIC:
            return
        self._note_setup(line)
        if self._last is not None and _repeats(line, self._last):
            return
        if head.id:
            name = f"answer {head.id} {line.request_id or ''}"
        elif line.uuid:
            name = f"line {line.uuid}"
        else:
            return  # it could be counted twice
        self._last = line
        answer, session = digest(self._key, name), self._session(line)
        run = digest(self._key, f"agent {line.agent_id}") if line.agent_id else session
        input_, output, read, write, hour = _counts(head.usage)
        made = Answer(
            answer,
            session,
            run,
            day_of(line.timestamp),
            self._version,
            self._entry_point,
            _name(head.model, MAX_MODEL) or UNATTRIBUTED,
            input_,
            output,
            read,
            write,
            hour,
            head.usage.speed == FAST,
            _name(line.attribution_mcp_server),
            _name(line.attribution_skill),
            _name(line.attribution_plugin),
            _name(line.attribution_agent),
        )
        self._day = made.day
        known = self._found.answers.get(answer)
        if known is not None:
            made, both = united(known, made)
            for name, value in both.items():
                setattr(made, name, value)
        self._found.answers[answer] = made

    def _take_edit(self, line: Line) -> None:
        change = edited(line.tool_use_result) if line.uuid else None
        if change is not None:
            self._note_setup(line)
            self._take_change(line, f"edit {line.uuid}", change[0], change[1])

    def _take_link(self, line: Line) -> None:
        if line.pr_url:
            self._take_change(line, f"pull request {line.pr_url}", pull_requests=1)

    def _take_change(
        self, line: Line, name: str, added: int = 0, removed: int = 0, *, pull_requests: int = 0
    ) -> None:
        change = digest(self._key, name)
        made = Change(
            change,
            self._session(line),
            day_of(line.timestamp),
            self._version,
            self._entry_point,
            added,
            removed,
            pull_requests,
        )
        self._day = made.day
        known = self._found.changes.get(change)
        if known is None or (made.day, made.session) < (known.day, known.session):
            self._found.changes[change] = made

    def _take_cost(self, line: Line) -> None:
        if line.model_usage is None:
            return
        is_guess = bool(line.has_unknown_model_cost)
        said = {
            _name(model, MAX_MODEL) or UNATTRIBUTED: Said(
                one.input_tokens or 0,
                one.output_tokens or 0,
                one.cache_read_input_tokens or 0,
                one.cache_creation_input_tokens or 0,
                None if is_guess or one.cost_usd is None else round(one.cost_usd * NANODOLLARS),
            )
            for model, one in line.model_usage.items()
        }
        self._found.said[self._session(line)] = self._day, said

    def _session(self, line: Line) -> int:
        name = line.session_id
        if not name:
            return self._path
        found = self._sessions.get(name)
        if found is None:
            found = self._sessions[name] = digest(self._key, f"session {name}")
        return found


def _repeats(line: Line, last: Line) -> bool:
    """Say whether a line tells no more of an answer than the last one did: its next block."""
    head, before = line.message, last.message
    if head is None or before is None or head.id is None or head.id != before.id:
        return False
    now, then = head.usage, before.usage
    return (
        now is not None
        and then is not None
        and line.request_id == last.request_id
        and line.session_id == last.session_id
        and (now.output_tokens or 0) <= (then.output_tokens or 0)
        and (line.timestamp or "") >= (last.timestamp or "")
        and line.attribution_mcp_server == last.attribution_mcp_server
        and line.attribution_skill == last.attribution_skill
        and line.attribution_plugin == last.attribution_plugin
        and line.attribution_agent == last.attribution_agent
    )


def _counts(usage: Usage) -> tuple[int, int, int, int, int]:
    """Return input, output, cache read, cache write, and those of the writes kept for an hour."""
    split = usage.cache_creation
    hour = (split.ephemeral_1h_input_tokens or 0) if split else 0
    write = usage.cache_creation_input_tokens
    write = hour if write is None else write
    return (
        usage.input_tokens or 0,
        usage.output_tokens or 0,
        usage.cache_read_input_tokens or 0,
        write,
        min(hour, write),
    )


def _name(sent: str | None, most: int = MAX_NAME) -> str:
    """Return a name as it is kept; what cannot be one is left out."""
    return sent if sent and len(sent) <= most and sent.isprintable() else ""


@lru_cache(maxsize=1024)
def _checked(day: str) -> str:
    return date.fromisoformat(day).isoformat()


def day_of(timestamp: str | None) -> str:
    """Return the UTC day of a time of RFC 3339.

    Raises:
        ValueError: It is none.
    """
    at = timestamp or ""
    if at.endswith("Z") and at[_DAY_CHARS : _DAY_CHARS + 1] == "T":
        return _checked(at[:_DAY_CHARS])
    found = datetime.fromisoformat(at)
    try:
        return (found.astimezone(UTC) if found.tzinfo else found).date().isoformat()
    except OverflowError:  # at the ends of the calendar
        raise ValueError from None


def digest(key: bytes, text: str) -> int:
    """Return a digest that nobody without the key can compare with anything; 63 bits."""
    return _number(key, text.encode("utf-8", "surrogatepass"))


def _number(key: bytes, text: bytes) -> int:
    made = blake2b(text, key=key[: blake2b.MAX_KEY_SIZE], digest_size=8).digest()
    return int.from_bytes(made, "big") >> 1


def proof(file: BinaryIO, offset: int, key: bytes) -> int:
    """Return a digest of the start and the end of what was read of a file, up to an offset."""
    file.seek(0)
    head = file.read(min(offset, HEAD_BYTES))
    file.seek(max(offset - TAIL_BYTES, 0))
    return _number(key, head + file.read(min(offset, TAIL_BYTES)))


def blocks(file: BinaryIO, offset: int, rejects: Counter[str]) -> Iterator[tuple[bytes, int]]:
    """Yield blocks of whole lines from an offset on, each with the offset of its end.

    A last line without its end waits. One that is too long to be held is stepped over, once its
    end is there.
    """
    begun, is_skipping, at = b"", False, offset
    while text := _at(file, at):
        at += len(text)
        if is_skipping:
            first = text.find(b"\n") + 1
            if not first:
                continue
            is_skipping, text = False, text[first:]
            rejects[TOO_LONG] += 1
            yield b"", at - len(text)
        end = text.rfind(b"\n") + 1
        if end:
            yield begun + text[:end], at - len(text) + end
            begun = text[end:]
        else:
            begun += text
        if len(begun) > MAX_LINE_BYTES:
            begun, is_skipping = b"", True


def _at(file: BinaryIO, offset: int) -> bytes:
    file.seek(offset)  # whoever takes a block may read elsewhere in the file
    return file.read(BLOCK_BYTES)
