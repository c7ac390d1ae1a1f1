"""What is deleted when: facts by whole months, a person on request, old releases and exports."""

from datetime import date, datetime, timedelta

from sqlalchemy import Connection, Engine, delete, func, insert, or_, select

from claude_dash.clock import month_of, next_month, now
from claude_dash.config import Settings
from claude_dash.facts import tables as t
from claude_dash.facts.identity import Identified
from claude_dash.store import seals, told
from claude_dash.store.absorbed import absorbed_by, forget_old_moves
from claude_dash.store.audit import note
from claude_dash.store.locks import take_turns
from claude_dash.store.vault import Vault

AUDIT_MONTHS = 24
ATTEMPT_DAYS = 1
_PERSON_TABLES = (
    t.PERSON_WEEK,
    t.PERSON_SPAN,
    t.PERSON_USE,
    t.MEMBERSHIP,
    t.ROSTER_ENTRY,
    t.IDENTITY,
)


def due(connection: Connection, settings: Settings, today: date) -> list[date]:
    """Return the months, by first day, whose facts are past their age, oldest first (A6)."""
    oldest = min(
        (
            day
            for table in t.FACT_TABLES
            if (day := connection.execute(select(func.min(table.c.day))).scalar())
        ),
        default=None,
    )
    if oldest is None:
        return []
    last_kept = today - timedelta(days=settings.retention_person_days)
    known, month, found = seals.sealed(connection, "month"), month_of(oldest), []
    while seals.weeks_touching(month)[-1] + seals.WEEK <= last_kept:
        if month not in known and not seals.is_being_read(connection, month, today):
            found.append(month)
        month = next_month(month)
    return found


def purge(engine: Engine, settings: Settings, today: date, *, dry_run: bool = False) -> list[date]:
    """Seal the months past their age, delete their facts, and what else is too old.

    Returns:
        The months that were sealed, or with `dry_run` would be, by first day. What they show was
        rolled up before.
    """
    with engine.begin() as connection:
        take_turns(connection, "retention")
        months = due(connection, settings, today)
        if dry_run:
            return months
        for month in months:
            seals.seal(connection, month, now())
            note(connection, "retention", "month sealed", f"{month:%Y-%m}")
        if months:
            _delete_sealed_facts(connection)
            forget_old_moves(connection)
        _delete_old(connection, settings, today)
    return months


def _delete_sealed_facts(connection: Connection) -> None:
    weeks = seals.sealed_weeks(connection)
    for month in seals.sealed(connection, "month"):
        end = next_month(month)
        for monday in seals.weeks_touching(month):
            if monday not in weeks:
                continue
            first, last = max(monday, month), min(monday + seals.WEEK, end)
            for table in t.DAY_TABLES:
                inside = (table.c.day >= first, table.c.day < last)
                connection.execute(delete(table).where(*inside))
    # A week cut by the end of the last sealed month is still needed by the month after it.
    first_open = next_month(max(seals.sealed(connection, "month")))
    weeks_table = t.PERSON_WEEK
    whole = weeks_table.c.week <= first_open - seals.WEEK
    connection.execute(delete(weeks_table).where(whole))
    told.forget_sealed(connection)


def _delete_old(connection: Connection, settings: Settings, today: date) -> None:
    oldest = _months_before(today, settings.retention_release_months)
    for table in (t.RELEASE_ROW, t.GROUP_ROW, t.REVISION):
        connection.execute(delete(table).where(table.c.start < oldest))
    log_from = datetime.combine(
        _months_before(today, AUDIT_MONTHS), datetime.min.time(), now().tzinfo
    )
    audit, attempts, access = t.AUDIT_ENTRY, t.SIGN_IN_ATTEMPT, t.ACCESS_ENTRY
    connection.execute(delete(audit).where(audit.c.at < log_from))
    connection.execute(delete(access).where(access.c.day < log_from.date()))
    recent = now() - timedelta(days=ATTEMPT_DAYS)
    connection.execute(delete(attempts).where(attempts.c.at < recent))


def _months_before(day: date, months: int) -> date:
    first = month_of(day)
    for _ in range(months):
        first = month_of(first - timedelta(days=1))
    return first


def reopen(engine: Engine, since: date, until: date) -> list[date]:
    """Open the sealed months that a read covers whole, to be sealed again after it.

    Every connection has to read them again, since their facts are gone; a month that a removed
    connection took part in stays sealed.
    """
    with engine.begin() as connection:
        months = [
            month
            for month in seals.months_inside(connection, since, until)
            if seals.can_be_read(connection, month)
        ]
        for month in months:
            seals.unseal(connection, month, now().date())
            note(connection, "retention", "month reopened", f"{month:%Y-%m}")
    return months


def erase(engine: Engine, vault: Vault, email: str, *, actor: str = "command line") -> bool:
    """Delete a person's identities and facts, and drop them at the door from then on.

    Releases stay as they are: they hold no person. Returns whether anybody was known.
    """
    asked = Identified("email", email).who(vault.pseudonym_key)
    identity, erased = t.IDENTITY, t.ERASED_IDENTITY
    person_table = t.PERSON
    with engine.begin() as connection:
        take_turns(connection, "persons")
        query = select(identity.c.person_id).where(identity.c.who == asked)
        person = connection.execute(query).scalar()
        rows = select(identity.c.who).where(identity.c.person_id == person)
        found = set(connection.execute(rows).scalars()) if person is not None else set()
        known = set(connection.execute(select(erased.c.who)).scalars())
        for who in (found | {asked}) - known:
            connection.execute(insert(erased).values(who=who))
        for table in (*t.FACT_TABLES, t.SENT_SESSION, *t.SESSION_TABLES):
            connection.execute(delete(table).where(table.c.who.in_(found | {asked})))
        pairs = t.DISMISSED_PAIR
        is_about = or_(pairs.c.one.in_(found), pairs.c.other.in_(found))
        connection.execute(delete(pairs).where(is_about))
        persons = set() if person is None else {person, *absorbed_by(connection, {person})}
        told.forget(connection, persons)
        for table in _PERSON_TABLES:
            connection.execute(delete(table).where(table.c.person_id.in_(persons)))
        connection.execute(delete(person_table).where(person_table.c.id.in_(persons)))
        note(connection, actor, "person erased")
    return person is not None
