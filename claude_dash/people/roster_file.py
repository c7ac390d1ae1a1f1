"""Rows of a roster file as spreadsheets write it: `email,team,department,eligible,joined,left`."""

import csv
import io
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import NoReturn

from claude_dash.errors import QueryError
from claude_dash.people.names import fault, folded, spelled
from claude_dash.people.timeline import Span

COLUMNS = ("email", "team", "department", "eligible", "joined", "left")
REQUIRED = ("email", "team")
EXPECTED = f"The first line names the columns: {','.join(COLUMNS)}."
MAX_BYTES = 20 * 2**20
MAX_ADDRESS_CHARS = 254  # RFC 5321
DELIMITERS = ",;\t"
TRUE = {"", "true", "yes", "y", "1", "x", "t", "wahr", "ja", "j", "vrai", "oui", "si", "sí"}
FALSE = {"false", "no", "n", "0", "f", "falsch", "nein", "faux", "non", "-"}
ADDRESS = re.compile(r"[^\s@,;:<>()\[\]\"]+@[^\s@,;:<>()\[\]\"]+")
DATES = (
    (re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:[T ]00:00(?::00(?:\.0+)?)?Z?)?"), (1, 2, 3)),
    (re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})(?: 00:00(?::00)?)?"), (3, 2, 1)),
)


class Refused(ValueError):  # noqa: N818 - an answer to a row, not a fault
    """A row is set aside; its text is the reason, free of addresses."""


def _refuse(reason: str) -> NoReturn:
    raise Refused(reason)


@dataclass(frozen=True, slots=True)
class Row:
    """One line that was understood; `team` is empty for nobody's, the time is in `span`."""

    line: int
    email: str = field(repr=False)
    department: str
    eligible: bool
    span: Span[str]

    @property
    def team(self) -> str:
        """Return the name of the team, without stray spaces."""
        return self.span.value


@dataclass(slots=True)
class RosterFile:
    """What a file says: rows that can be taken, and lines set aside with the reason.

    doubtful: the addresses of lines set aside; not taken, and not missing either.
    """

    rows: list[Row] = field(default_factory=list)
    rejected: list[tuple[int, str]] = field(default_factory=list)
    doubtful: set[str] = field(default_factory=set, repr=False)


def parse(content: bytes) -> RosterFile:
    """Return the rows of a file; a row that contradicts an earlier one is set aside.

    Raises:
        QueryError: It is no table, or a column that is needed is missing.
    """
    made = RosterFile()
    mates: dict[str, list[Row]] = {}
    departments: dict[str, tuple[str, int]] = {}
    for line, cells, slid in _records(content):
        try:
            row = _row(line, cells, slid=slid)
            _check_department(row, departments)
            _check_time(row, mates.get(row.email, ()))
        except Refused as refused:
            made.rejected.append((line, str(refused)))
            made.doubtful.add(cells["email"].casefold())
            continue
        if row.team and row.department:
            departments.setdefault(folded(row.team), (folded(row.department), line))
        mates.setdefault(row.email, []).append(row)
        made.rows.append(row)
    return made


def _check_department(row: Row, departments: Mapping[str, tuple[str, int]]) -> None:
    known, line = departments.get(folded(row.team), ("", 0))
    if row.department and known and known != folded(row.department):
        _refuse(f"the team is in another department on line {line}")


def _check_time(row: Row, mates: Sequence[Row]) -> None:
    for other in mates:
        if other.span.overlaps(row.span):
            same = folded(other.team) == folded(row.team)
            what = "repeats" if same else "overlaps in time with the other team on"
            _refuse(f"{what} line {other.line}")


def _row(line: int, cells: Mapping[str, str], *, slid: bool) -> Row:
    if slid:
        _refuse("more cells than the first line has")
    email = cells["email"].casefold()
    if not email:
        _refuse("the email is missing")
    if not ADDRESS.fullmatch(email) or len(email) > MAX_ADDRESS_CHARS:
        _refuse("the email is not an address")
    for column in ("team", "department"):
        if wrong := fault(cells[column]):
            _refuse(f"the {column} {wrong}")
    if cells["department"] and not cells["team"]:
        _refuse("a department without a team")
    joined, left = _date(cells["joined"], "joined"), _date(cells["left"], "left")
    if joined and left and left <= joined:
        _refuse("left is not after joined")
    return Row(
        line=line,
        email=email,
        department=spelled(cells["department"]),
        eligible=_claim(cells["eligible"]),
        span=Span(joined, left, spelled(cells["team"])),
    )


def _claim(text: str) -> bool:
    if folded(text) in TRUE:
        return True
    if folded(text) in FALSE:
        return False
    _refuse("eligible is neither true nor false")


def _date(text: str, column: str) -> date | None:
    if not text:
        return None
    for pattern, order in DATES:
        if found := pattern.fullmatch(text):
            parts = [int(found[number]) for number in order]
            try:
                return datetime(*parts, tzinfo=UTC).date()  # type: ignore[arg-type,misc]
            except ValueError:
                break
    if "/" in text:
        _refuse(f"{column} may be read in two ways; write 2026-11-30")
    _refuse(f"{column} is not a date like 2026-11-30")


# --- bytes to cells ------------------------------------------------------------------------------


def _records(content: bytes) -> Iterator[tuple[int, dict[str, str], bool]]:
    """Yield number and cells by column of each line that is not blank, and whether it has more."""
    if len(content) > MAX_BYTES:
        message = f"The file is larger than {MAX_BYTES // 2**20} MB."
        raise QueryError(message, "Leave out other columns.")
    lines = _lines(_text(content))
    header: list[str] = []
    for line, cells in lines:
        if not any(cells):
            continue
        if not header:
            header = [folded(cell) for cell in cells]
            missing = [name for name in REQUIRED if name not in header]
            if missing:
                message = f"The file has no column {' and no column '.join(missing)}."
                raise QueryError(message, EXPECTED)
            continue
        named = dict(zip(reversed(header), reversed(_padded(cells, len(header))), strict=False))
        yield line, {name: named.get(name, "") for name in COLUMNS}, any(cells[len(header) :])
    if not header:
        message = "The file is empty."
        raise QueryError(message, EXPECTED)


def _padded(cells: Sequence[str], width: int) -> list[str]:
    return [*cells[:width], *[""] * (width - len(cells))]


def _text(content: bytes) -> str:
    """Decode what Excel writes: UTF-8 or UTF-16, with or without a mark, else Windows-1252."""
    if content.startswith((b"\xff\xfe", b"\xfe\xff")):
        return content.decode("utf-16", errors="replace")
    if content[1:2] == b"\0" or content[:1] == b"\0":
        return content.decode("utf-16-le" if content[1:2] == b"\0" else "utf-16-be", "replace")
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError:
        return content.decode("cp1252", errors="replace")


def _lines(text: str) -> Iterator[tuple[int, list[str]]]:
    """Yield number and cells of each line; a first line `sep=;` is Excel's way to tell."""
    head = next((line for line in text.splitlines() if line.strip()), "")
    told = re.fullmatch(r"\"?sep=([,;\t])\"?", head.strip(" \r\n"), re.IGNORECASE)
    delimiter = told[1] if told else max(DELIMITERS, key=head.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    before = 0
    try:
        for cells in reader:
            line, before = before + 1, reader.line_num
            if not (told and "".join(cells).casefold().startswith("sep=")):
                yield line, [cell.strip(" \t\r\n\xa0\ufeff\u200b") for cell in cells]
    except csv.Error:
        message = f"The file cannot be read as a table from line {before + 1} on."
        raise QueryError(message, "Save it as CSV again.") from None
