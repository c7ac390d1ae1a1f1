"""Rosters from files: who is in which team, who is in scope, and since when."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Any

from sqlalchemy import Connection, Engine, insert, select, update

from claude_dash.facts import tables as t
from claude_dash.people.changes import touch_changed_weeks
from claude_dash.people.memberships import CSV_ROSTER, CSV_TEAMS
from claude_dash.people.names import folded
from claude_dash.people.persons import persons_of
from claude_dash.people.roster_file import RosterFile, Row, parse
from claude_dash.people.standing import successors
from claude_dash.people.timeline import Span, apart, held, splice
from claude_dash.store.audit import note
from claude_dash.store.vault import Vault

_TEAM, _DEPARTMENT = t.TEAM, t.DEPARTMENT
COMMAND_LINE = "command line"


@dataclass(slots=True)
class Imported:
    """What came of a file, or would come of it.

    accepted: rows taken. rejected: line and reason. added: people not on an earlier file. changed:
    people of an earlier file whose team, time or eligibility changed. absent: people of an
    earlier file whom this one does not name. teams: names of teams made.
    """

    accepted: int
    rejected: list[tuple[int, str]]
    added: int = 0
    changed: int = 0
    absent: int = 0
    teams: list[str] = field(default_factory=list)


def import_csv(
    engine: Engine,
    vault: Vault,
    content: bytes,
    *,
    today: date,
    actor: str = COMMAND_LINE,
    reattribute: bool = False,
    is_whole: bool = False,
) -> Imported:
    """Take in the good rows of a file; weeks in which somebody stands elsewhere are marked.

    What the first file says of a person holds for all days. What a later one says holds from
    today on, unless `reattribute`: then it holds for all days too. With `is_whole` whoever
    is not in the file leaves the roster today.

    Raises:
        QueryError: The file is no table, or lacks a column.
    """
    parsed = parse(content)
    with engine.begin() as connection, touch_changed_weeks(connection):
        made = _take(connection, vault, parsed, today, reattribute=reattribute, is_whole=is_whole)
        detail = f"{made.accepted} rows taken, {len(made.rejected)} set aside"
        if reattribute:
            detail += "; closed weeks re-attributed"
        note(connection, actor, "roster.import", detail)
    return made


def preview(
    engine: Engine,
    vault: Vault,
    content: bytes,
    *,
    today: date,
    reattribute: bool = False,
    is_whole: bool = False,
) -> Imported:
    """Return what `import_csv` would do; nothing is kept.

    Raises:
        QueryError: The file is no table, or lacks a column.
    """
    parsed = parse(content)
    with engine.begin() as connection:
        made = _take(connection, vault, parsed, today, reattribute=reattribute, is_whole=is_whole)
        connection.rollback()
    return made


def _take(
    connection: Connection,
    vault: Vault,
    parsed: RosterFile,
    today: date,
    *,
    reattribute: bool,
    is_whole: bool,
) -> Imported:
    persons = persons_of(connection, vault, [row.email for row in parsed.rows])
    rows = [row for row in parsed.rows if row.email in persons]
    erased = [(row.line, "erased") for row in parsed.rows if row.email not in persons]
    teams, made = _teams(connection, rows)
    by_person: dict[int, list[Row]] = {}
    for row in rows:
        by_person.setdefault(persons[row.email], []).append(row)

    before = CSV_ROSTER.read(connection)
    kept = by_person.keys() | _persons_among(connection, parsed.doubtful)
    absent = [who for who, spans in before.items() if who not in kept and held(spans, today)]
    named: dict[int, Sequence[Row]] = dict(by_person)
    if is_whole and rows:
        named |= dict.fromkeys(absent, ())
    changed: set[int] = set()
    for record, spans_of in (
        (CSV_TEAMS, partial(_teams_of, teams=teams)),
        (CSV_ROSTER, _roster_of),
    ):
        stored = record.read(connection)
        # The addresses of one person may be in two teams; the file again is not a move.
        wanted = {
            who: apart(spans_of(of), held(stored.get(who, ()), today)) for who, of in named.items()
        }
        if not reattribute:
            wanted = {w: splice(stored.get(w, ()), spans, today) for w, spans in wanted.items()}
        changed |= record.rewrite(connection, stored, wanted)
    return Imported(
        accepted=len(rows),
        rejected=sorted([*parsed.rejected, *erased]),
        added=len(by_person.keys() - before.keys()),
        changed=len(changed & before.keys()),
        absent=len(absent),
        teams=made,
    )


def _persons_among(connection: Connection, addresses: set[str]) -> set[int]:
    c = t.IDENTITY.c
    query = select(c.value, c.person_id).where(c.kind == "email")
    return {who for value, who in connection.execute(query) if value in addresses}


def _teams_of(rows: Sequence[Row], *, teams: Mapping[str, int]) -> list[Span[Any]]:
    """Return the time in each team; a row without a team is time in none."""
    spans = [
        Span(row.span.starts, row.span.ends, teams[folded(row.team)]) for row in rows if row.team
    ]
    return sorted(spans, key=lambda span: span.starts or date.min)


def _roster_of(rows: Sequence[Row]) -> list[Span[Any]]:
    """Return the time on the roster: from the first joining to the last leaving."""
    if not rows:
        return []
    starts = [row.span.starts for row in rows]
    ends = [row.span.ends for row in rows]
    newest = max(rows, key=lambda row: row.span.starts or date.min)
    return [
        Span(
            None if None in starts else min(day for day in starts if day),
            None if None in ends else max(day for day in ends if day),
            newest.eligible,
        )
    ]


def _teams(connection: Connection, rows: Sequence[Row]) -> tuple[dict[str, int], list[str]]:
    """Return the team of each name, folded, and the names of those that were made."""
    c = _TEAM.c
    known = connection.execute(select(c.id, c.name, c.merged_into)).all()
    final = successors({row.id: row.merged_into for row in known})
    found = {folded(row.name): final[row.id] for row in known}
    spellings = {folded(row.team): row.team for row in reversed(rows) if row.team}
    made = [name for key, name in spellings.items() if key not in found]
    for name in sorted(made):
        found[folded(name)] = make_team(connection, name)
    _place(connection, rows, found)
    return found, sorted(made)


def _place(connection: Connection, rows: Sequence[Row], teams: Mapping[str, int]) -> None:
    """Put teams into the departments that the rows name."""
    wanted: dict[int, str] = {}
    for row in rows:
        if row.department:
            wanted.setdefault(teams[folded(row.team)], row.department)
    for team, name in wanted.items():
        department = department_of(connection, name)
        connection.execute(
            update(_TEAM)
            .where(_TEAM.c.id == team, _TEAM.c.department_id.is_distinct_from(department))
            .values(department_id=department)
        )


def make_team(connection: Connection, name: str) -> int:
    """Store a new team; return its id."""
    made = insert(_TEAM).values(name=name, rank=0, workspace_id="", workspace_name="")
    return int(connection.execute(made.returning(_TEAM.c.id)).scalar_one())


def department_of(connection: Connection, name: str) -> int:
    """Return the department of a name, made when it is new."""
    c = _DEPARTMENT.c
    for number, known in connection.execute(select(c.id, c.name)):
        if folded(known) == folded(name):
            return int(number)
    made = insert(_DEPARTMENT).values(name=name).returning(c.id)
    return int(connection.execute(made).scalar_one())
