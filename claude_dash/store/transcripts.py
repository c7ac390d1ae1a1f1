"""What was counted of session files: each answer and change once, over all connections.

The rows are what facts add up from (`session_facts`): a second reading of a line changes nothing,
and a larger one replaces the smaller.
"""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from operator import itemgetter
from typing import Any, NamedTuple

from sqlalchemy import Connection, Date, Table, delete, func, insert, select, update

from claude_dash.facts import tables as t
from claude_dash.facts.transcripts import united
from claude_dash.prices import Price, Tokens, band_of
from claude_dash.prices.first_party import cost_of, key_of, price_for
from claude_dash.store.adding import insert_or
from claude_dash.store.locks import take_turns

BATCH = 500
_ANSWER, _CHANGE, _COST, _FILE, _SETUP = (
    t.SESSION_ANSWER,
    t.SESSION_CHANGE,
    t.SESSION_COST,
    t.SESSION_FILE,
    t.CLIENT_SETUP,
)
_TOKENS = tuple(f"{name}_tokens" for name in Tokens._fields)
_tokens = itemgetter(*_TOKENS)


class PersonDay(NamedTuple):
    """Facts that are to be told anew."""

    number: int
    day: date
    who: int


def lock(connection: Connection) -> None:
    """Let one transaction at a time count session files: they share what was counted."""
    take_turns(connection, "session files")


def batches(items: Iterable[int], size: int = BATCH) -> Iterator[list[int]]:
    """Yield some items at a time, as many as a statement may name."""
    rest = list(items)
    for start in range(0, len(rest), size):
        yield rest[start : start + size]


# --- files -----------------------------------------------------------------------------------


def files(connection: Connection, number: int) -> dict[int, Any]:
    """Return how far each file of a connection was read."""
    query = select(_FILE).where(_FILE.c.connection_id == number)
    return {row.file: row for row in connection.execute(query)}


def keep_files(connection: Connection, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep how far some files were read."""
    _put(connection, _FILE, rows)


def note_seen(connection: Connection, number: int, seen: Iterable[int], on: date) -> None:
    """Keep that some files are still there."""
    c = _FILE.c
    for some in batches(seen):
        there = update(_FILE).where(c.connection_id == number, c.file.in_(some))
        connection.execute(there.values(seen_on=on))


def forget_files(connection: Connection, number: int, before: date) -> None:
    """Forget files that were not met since a day; what they told stays known."""
    c = _FILE.c
    connection.execute(delete(_FILE).where(c.connection_id == number, c.seen_on < before))


# --- setups ----------------------------------------------------------------------------------


def setups(connection: Connection, wanted: Collection[tuple[str, str]]) -> dict[Any, int]:
    """Return the number of each entry point and version, of clients that say nothing else."""
    c, rest = _SETUP.c, {"organization_id": "", "provider": "", "plan": ""}
    rows = [{**rest, "entry_point": one, "version": other} for one, other in sorted(wanted)]
    if rows:
        connection.execute(insert_or(connection, _SETUP).on_conflict_do_nothing(), rows)
    query = select(c.entry_point, c.version, c.id).where(
        *(c[name] == value for name, value in rest.items())
    )
    return {(row.entry_point, row.version): row.id for row in connection.execute(query)}


# --- answers and changes ---------------------------------------------------------------------


class _Reading:
    """A row that was made, to be read like one that is stored."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        self.__dict__.update(row)


def keep_answers(
    connection: Connection, rows: Sequence[dict[str, Any]], overrides: Sequence[Price]
) -> tuple[set[PersonDay], set[int]]:
    """Keep answers with unique keys; return whose facts change, and which sessions.

    An answer that is known stays with the connection and the person that it was counted for.

    Args:
        connection: In a transaction, under `lock`.
        rows: Every column but the costs.
        overrides: Prices of our own.
    """
    touched, sessions, changed = set[PersonDay](), set[int](), []
    known = _known(connection, _ANSWER, [row["answer"] for row in rows])
    price = _Pricing(overrides)
    for row in rows:
        old = known.get(row["answer"])
        made = row
        if old is not None:
            best, both = united(old, _Reading(row))
            made = {name: getattr(best, name) for name in row}
            made |= both | {"connection_id": old.connection_id, "who": old.who}
            if all(getattr(old, name) == value for name, value in made.items()):
                continue
            touched.add(PersonDay(old.connection_id, old.day, old.who))
            sessions.add(old.session)
        made["cost_listed"] = made["cost_estimated"] = price.of(made)
        changed.append(made)
        touched.add(PersonDay(made["connection_id"], made["day"], made["who"]))
        sessions.add(made["session"])
    _put(connection, _ANSWER, changed)
    return touched, sessions


def keep_changes(connection: Connection, rows: Sequence[dict[str, Any]]) -> set[PersonDay]:
    """Keep edits and pull requests with unique keys; return whose facts change.

    A pull request that is named again counts on the first day on which it was.
    """
    touched, changed = set[PersonDay](), []
    known = _known(connection, _CHANGE, [row["change"] for row in rows])
    for row in rows:
        old, made = known.get(row["change"]), row
        if old is not None:
            if (row["day"], row["session"]) >= (old.day, old.session):
                continue
            made = row | {"connection_id": old.connection_id, "who": old.who}
            touched.add(PersonDay(old.connection_id, old.day, old.who))
        changed.append(made)
        touched.add(PersonDay(made["connection_id"], made["day"], made["who"]))
    _put(connection, _CHANGE, changed)
    return touched


def _known(connection: Connection, table: Table, keys: Sequence[int]) -> dict[int, Any]:
    (key,) = table.primary_key
    found: dict[int, Any] = {}
    if connection.execute(select(key).limit(1)).first() is None:
        return found
    for some in batches(keys):
        for row in connection.execute(select(table).where(key.in_(some))):
            found[row[0]] = row
    return found


def _put(connection: Connection, table: Table, rows: Sequence[Mapping[str, Any]]) -> None:
    """Store rows with unique keys, in the place of those with the same keys."""
    if not rows:
        return
    keys = [column.name for column in table.primary_key]
    made = insert_or(connection, table)
    others = {one.name: made.excluded[one.name] for one in table.columns if not one.primary_key}
    in_order = sorted(rows, key=itemgetter(*keys))
    statement = made.on_conflict_do_update(index_elements=keys, set_=others)
    # Straight through the driver: there may be a great many.
    text = statement.compile(dialect=connection.dialect, column_keys=list(in_order[0]))
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql(str(text), in_order)
        return
    names = text.positiontup or ()
    days = [at for at, name in enumerate(names) if isinstance(table.c[name].type, Date)]
    values = [list(one) for one in map(itemgetter(*names), in_order)]
    for one in values:
        for at in days:
            one[at] = one[at].isoformat()
    connection.exec_driver_sql(str(text), [tuple(one) for one in values])


class _Pricing:
    """Prices of answers by the list, each looked up once.

    Args:
        overrides: Prices of our own, before it.
    """

    def __init__(self, overrides: Sequence[Price]) -> None:
        self._overrides = overrides
        self._known: dict[tuple[str, date], tuple[Price | None, int | None]] = {}

    def of(self, row: Mapping[str, Any]) -> int | None:
        """Return what an answer costs, in nanodollars; None: there is no price for it."""
        if row["is_fast"]:
            return None
        key = row["model"], row["day"]
        if key not in self._known:
            self._known[key] = price_for(*key, self._overrides), band_of(key_of(row["model"]))
        price, band = self._known[key]
        if price is None:
            return None
        tokens = Tokens(*_tokens(row))
        prompt = tokens.input + tokens.cache_read + tokens.cache_write
        is_above = band is not None and prompt > band
        return cost_of(tokens, row["hour_write_tokens"], price, is_above=is_above)


# --- what the client says of its cost ----------------------------------------------------------


def keep_costs(connection: Connection, sessions: Mapping[int, Sequence[dict[str, Any]]]) -> None:
    """Keep what clients said of some sessions last: it only grows, so the larger is the later."""
    c = _COST.c
    size = func.sum(sum((_COST.c[name] for name in _TOKENS[1:]), c.input_tokens))
    for some in batches(sessions):
        query = select(c.session, size).where(c.session.in_(some)).group_by(c.session)
        known = dict(connection.execute(query).all())
        later = [
            one
            for one in some
            if sum(row[name] for row in sessions[one] for name in _TOKENS) >= known.get(one, 0)
        ]
        connection.execute(delete(_COST).where(c.session.in_(later)))
        rows = [row for one in later for row in sessions[one]]
        if rows:
            connection.execute(insert(_COST), rows)


def settle(connection: Connection, sessions: Collection[int]) -> set[PersonDay]:
    """Let sessions cost what their clients say; return whose facts change.

    What a client says of a session and a model takes the place of our prices where it is about the
    very tokens that were counted of them, and is never added to these. It covers requests that
    are in no file as well, and of a session that goes on it is behind: then our prices stand, and
    without one the cost is unknown.
    """
    touched = set[PersonDay]()
    for some in batches(sessions):
        for session, model, says in _unsettled(connection, some):
            touched |= _share(connection, session, model, says)
    return touched


def _unsettled(connection: Connection, some: Collection[int]) -> Iterator[tuple[int, str, Any]]:
    """Yield sessions and models that cost something else than they should, and what: None: listed.

    A sum of which a part is unknown is unknown.
    """
    a, said = _ANSWER.c, _COST.c
    tokens = [func.sum(a[name]).label(name) for name in _TOKENS]
    costs = [func.sum(a[name]).label(name) for name in ("cost_listed", "cost_estimated")]
    counts = [
        func.count().label("answers"),
        func.count(a.cost_listed).label("listed"),
        func.count(a.cost_estimated).label("estimated"),
    ]
    counted = (
        select(a.session, a.model, *tokens, *costs, *counts)
        .where(a.session.in_(some))
        .group_by(a.session, a.model)
    )
    words = select(_COST).where(said.session.in_(some))
    says = {(row.session, row.model): row for row in connection.execute(words)}
    for row in connection.execute(counted).all():
        told = says.get((row.session, row.model))
        wanted = None
        if told is not None and told.cost is not None:
            is_about_these = all(getattr(told, name) == getattr(row, name) for name in _TOKENS)
            wanted = told.cost if is_about_these else None
        is_listed = row.cost_listed == row.cost_estimated and row.listed == row.estimated
        if wanted is None and not is_listed:
            yield row.session, row.model, None
        elif wanted is not None and (wanted != row.cost_estimated or row.estimated < row.answers):
            yield row.session, row.model, wanted


def _share(connection: Connection, session: int, model: str, cost: int | None) -> set[PersonDay]:
    """Give each answer of a session and model its part of a cost, by our prices or by tokens."""
    a = _ANSWER.c
    query = select(_ANSWER).where(a.session == session, a.model == model).order_by(a.answer)
    rows = connection.execute(query).all()
    weights = [row.cost_listed for row in rows]
    if None in weights or not sum(weights):
        weights = [sum(getattr(row, name) for name in _TOKENS) for row in rows]
    touched, total, so_far, given = set[PersonDay](), sum(weights), 0, 0
    for row, weight in zip(rows, weights, strict=True):
        share = row.cost_listed
        if cost is not None:
            so_far += weight
            share = (cost * so_far // total if total else cost) - given
            given += share
        if share != row.cost_estimated:
            changed = update(_ANSWER).where(a.answer == row.answer).values(cost_estimated=share)
            connection.execute(changed)
            touched.add(PersonDay(row.connection_id, row.day, row.who))
    return touched
