"""Facts of session files: sums of what was counted, told anew for the person-days that changed."""

from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import Any

from sqlalchemy import (
    Connection,
    Select,
    Table,
    case,
    delete,
    func,
    insert,
    literal,
    select,
    union_all,
)

from claude_dash.facts import tables as t
from claude_dash.facts.dimensions import CLAUDE_CODE
from claude_dash.store.transcripts import PersonDay, batches

_ANSWER, _CHANGE = t.SESSION_ANSWER, t.SESSION_CHANGE
_TOKENS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
_CHANGES = ("lines_added", "lines_removed", "pull_requests")
_PEOPLE = 200  # at a time: their days are asked for together


def tell(connection: Connection, touched: Collection[PersonDay]) -> None:
    """Put sums of what is kept in the place of the facts of some person-days."""
    by_person: dict[tuple[int, int], set[Any]] = defaultdict(set)
    for number, day, who in touched:
        by_person[number, who].add(day)
    for number in {number for number, _ in by_person}:
        for some in batches([who for one, who in by_person if one == number], _PEOPLE):
            _tell(connection, number, some, {day for who in some for day in by_person[number, who]})


def _tell(connection: Connection, number: int, people: Collection[int], days: set[Any]) -> None:
    def ours(table: Table) -> list[Any]:
        c = table.c
        return [c.connection_id == number, c.day.in_(days), c.who.in_(people)]

    for table, made in (
        (t.CLIENT_DAY, _activity(ours)),
        (t.CLIENT_MODEL_DAY, _usage(ours)),
        (t.FEATURE_DAY, _features(ours)),
    ):
        connection.execute(delete(table).where(*ours(table)))
        names = [column.name for column in made.selected_columns]
        connection.execute(insert(table).from_select(names, made))


def _usage(ours: Any) -> Select[Any]:  # noqa: ANN401 - which rows of a table
    """Return tokens and cost by model; a cost of which a part is unknown is unknown."""
    a = _ANSWER.c
    keys = (a.connection_id, a.day, a.who, a.setup, a.model)
    is_whole = func.count(a.cost_estimated) == func.count()
    return (
        select(
            *keys,
            literal("").label("terminal_type"),
            *(func.sum(a[name]).label(name) for name in _TOKENS),
            case((is_whole, func.sum(a.cost_estimated))).label("cost_estimated"),
            func.count().label("requests"),
        )
        .where(*ours(_ANSWER))
        .group_by(*keys)
    )


def _activity(ours: Any) -> Select[Any]:  # noqa: ANN401 - same
    """Return sessions, lines and pull requests; a session of two setups counts for one."""
    seen = union_all(
        *(
            select(c.connection_id, c.day, c.who, c.session, c.setup).where(*ours(table))
            for table in (_ANSWER, _CHANGE)
            for c in (table.c,)
        )
    ).subquery()
    key = (seen.c.connection_id, seen.c.day, seen.c.who, seen.c.session)
    once = select(*key, func.max(seen.c.setup).label("setup")).group_by(*key).subquery()
    changes = _CHANGE.c
    both = union_all(
        select(
            once.c.connection_id,
            once.c.day,
            once.c.who,
            once.c.setup,
            literal(1).label("sessions"),
            *(literal(0).label(name) for name in _CHANGES),
        ),
        select(
            changes.connection_id,
            changes.day,
            changes.who,
            changes.setup,
            literal(0),
            *(changes[name] for name in _CHANGES),
        ).where(*ours(_CHANGE)),
    ).subquery()
    keys = (both.c.connection_id, both.c.day, both.c.who, both.c.setup)
    zero = (literal(0).label("commits"), literal(0).label("active_ms"))
    sums = (func.sum(both.c[name]).label(name) for name in ("sessions", *_CHANGES))
    return select(*keys, literal("").label("terminal_type"), *sums, *zero).group_by(*keys)


def _features(ours: Any) -> Any:  # noqa: ANN401 - same, and a union
    """Return uses of features: calls of servers, runs of subagents, sessions with the others.

    An answer names a server when it took in what a call of it brought. It names a skill, a plugin
    or a subagent for as long as that goes on, so answers are not counted.
    """
    a = _ANSWER.c
    uses: dict[str, Any] = {
        "mcp_server": func.count(),
        "skill": func.count(a.session.distinct()),
        "plugin": func.count(a.session.distinct()),
        "subagent": func.count(a.run.distinct()),
    }

    def of(kind: str) -> Iterator[Any]:
        yield from (a.connection_id, a.day, a.who, a[kind].label("feature"))
        yield from (literal(kind).label("kind"), literal(CLAUDE_CODE).label("product"))
        yield uses[kind].label("uses")

    return union_all(
        *(
            select(*of(kind))
            .where(*ours(_ANSWER), a[kind] != "")
            .group_by(a.connection_id, a.day, a.who, a[kind])
            for kind in uses
        )
    )
