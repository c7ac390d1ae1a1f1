"""Roster files as people make them."""

from datetime import date

import pytest

from claude_dash.errors import QueryError
from claude_dash.people.roster_file import parse

HEADER = "email,team,department,eligible,joined,left"


def rows(text: str, encoding: str = "utf-8") -> list[tuple[str, str]]:
    """Return address and team of each row taken."""
    return [(row.email, row.team) for row in parse(text.encode(encoding)).rows]


def reasons(*lines: str, header: str = HEADER) -> list[tuple[int, str]]:
    """Return what was set aside."""
    return parse("\n".join([header, *lines]).encode()).rejected


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"])
@pytest.mark.parametrize("delimiter", [",", ";", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_files_of_spreadsheets_are_read(encoding: str, delimiter: str, end: str) -> None:
    """Whatever mark, delimiter and line end Excel writes, the rows are the same."""
    lines = [["Email ", " TEAM"], [" Ann@Example.com ", " Zahlung  Süd "], ["", ""]]
    text = end.join(delimiter.join(cells) for cells in lines)
    assert rows(text, encoding) == [("ann@example.com", "Zahlung Süd")]


def test_excel_may_tell_the_delimiter() -> None:
    """A first line `sep=;` is no row, and lines are counted with it."""
    made = parse(b"sep=;\r\nemail;team\r\nann@example.com;A, B\r\nbob;A\r\n")
    assert [row.team for row in made.rows] == ["A, B"]
    assert [line for line, _ in made.rejected] == [4]


def test_columns_come_in_any_order_with_others_between() -> None:
    """Columns are found by name; unknown ones are ignored, missing ones are empty."""
    text = "Joined,cost centre,team,E-Mail,email\n2026-01-02,44,A,x,ann@example.com\n"
    (row,) = parse(text.encode()).rows
    assert (row.email, row.span.starts, row.eligible) == (
        "ann@example.com",
        date(2026, 1, 2),
        True,
    )


def test_quoted_cells_keep_what_they_hold() -> None:
    """A quoted comma is part of a name, and a name like a formula is kept as it is."""
    text = 'email,team\nann@example.com,"Web, Mobile"\nbob@example.com,"=SUM(A1)"\n'
    assert [team for _, team in rows(text)] == ["Web, Mobile", "=SUM(A1)"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", True), ("TRUE", True), ("yes", True), ("1", True), ("Wahr", True),
        ("false", False), ("No", False), ("0", False), ("FALSCH", False),
    ],
)  # fmt: skip
def test_eligible_is_true_when_empty(text: str, expected: object) -> None:
    """Spreadsheets of several languages say true and false; nothing means true."""
    (row,) = parse(f"email,team,eligible\na@example.com,A,{text}\n".encode()).rows
    assert row.eligible is expected


@pytest.mark.parametrize(
    "text", ["2026-06-01", "2026/6/1", "01.06.2026", "1.6.2026", "2026-06-01 00:00:00"]
)
def test_dates_of_spreadsheets_are_read(text: str) -> None:
    """ISO dates, and the dotted form with the day first."""
    (row,) = parse(f"email,team,joined\na@example.com,A,{text}\n".encode()).rows
    assert row.span.starts == date(2026, 6, 1)


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (",A,,,,", "the email is missing"),
        ("ann,A,,,,", "the email is not an address"),
        ("ann @example.com,A,,,,", "the email is not an address"),
        ("a@example.com,A,,maybe,,", "eligible is neither true nor false"),
        ("a@example.com,A,,,06/07/2026,", "joined may be read in two ways; write 2026-11-30"),
        ("a@example.com,A,,,,2026-02-30", "left is not a date like 2026-11-30"),
        ("a@example.com,A,,,46000,", "joined is not a date like 2026-11-30"),
        ("a@example.com,A,,,2026-06-01,2026-06-01", "left is not after joined"),
        ("a@example.com,unassigned,,,,", "the team is a reserved name"),
        ("a@example.com,Other Small  Teams,,,,", "the team is a reserved name"),
        ("a@example.com,ALL,,,,", "the team is a reserved name"),
        ("a@example.com,A,Automation,,,", "the department is a reserved name"),
        ("a@example.com," + "x" * 101 + ",,,,", "the team is longer than 100 characters"),
        ("a@example.com,,Sales,,,", "a department without a team"),
        ("a@example.com,A,,,,,,stray", "more cells than the first line has"),
    ],
)
def test_a_bad_row_is_set_aside_with_its_reason(line: str, reason: str) -> None:
    """The line number counts the header, the reason repeats no address, good rows are kept."""
    made = parse(f"{HEADER}\ngood@example.com,A,,,,\n{line}".encode())
    assert made.rejected == [(3, reason)]
    assert [row.email for row in made.rows] == ["good@example.com"]


def test_line_numbers_are_those_of_the_file() -> None:
    """Blank lines and line breaks inside quotes count."""
    text = f'{HEADER}\n\n"a@example.com","A",,,,\n,,,,,\nb@example.com,"A\nB",,,,\nbad,A,,,,\n'
    made = parse(text.encode())
    assert made.rejected == [
        (5, "the team holds a line break"),
        (7, "the email is not an address"),
    ]
    assert [(row.line, row.team) for row in made.rows] == [(3, "A")]


def test_nobody_is_in_two_teams_at_a_time() -> None:
    """The later row is set aside, with the line of the earlier one; teams that follow are fine."""
    assert reasons("a@example.com,A,,,,", "A@example.com,B,,,,") == [
        (3, "overlaps in time with the other team on line 2")
    ]
    assert reasons("a@example.com,A,,,,2026-06-01", "a@example.com,B,,,2026-06-01,") == []
    assert reasons("a@example.com,A,,,,2026-06-02", "a@example.com,B,,,2026-06-01,") == [
        (3, "overlaps in time with the other team on line 2")
    ]


def test_a_repeated_row_is_set_aside() -> None:
    """One row per person and team, but for somebody who came back."""
    assert reasons("a@example.com,A,,,,", "a@example.com,a,,,,") == [(3, "repeats line 2")]
    assert reasons("a@example.com,A,,,,2026-03-01", "a@example.com,A,,,2026-06-01,") == []


def test_a_team_belongs_to_one_department() -> None:
    """The later row that says otherwise is set aside; an empty cell says nothing."""
    lines = ("a@example.com,A,Sales,,,", "b@example.com,a,,,,", "c@example.com,A,Legal,,,")
    assert reasons(*lines) == [(4, "the team is in another department on line 2")]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "The file is empty."),
        (b"\n;;\n", "The file is empty."),
        (b"name,team\nAnn,A\n", "The file has no column email."),
        (b"\x89PNG\r\n\x1a\n\x00\x00", "The file has no column email and no column team."),
        (b'email,team\na@example.com,"' + b"x" * 200_000, "The file cannot be read as a table"),
    ],
)
def test_what_is_no_roster_is_refused(content: bytes, message: str) -> None:
    """A file without the columns is refused with what is expected."""
    with pytest.raises(QueryError, match=message.replace(".", r"\.")) as refused:
        parse(content)
    assert refused.value.hint


def test_an_address_is_not_printed_with_its_row() -> None:
    """What is printed of a file shows no address."""
    made = parse(b"email,team\nann@example.com,A\nann@example.com,B\n")
    assert "ann" not in repr(made)
