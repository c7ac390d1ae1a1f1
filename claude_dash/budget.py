"""Where the month will end, the budget beside it, idle seats, limits, and prices of our own."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

import numpy as np
from sqlalchemy import Engine, delete, insert, select

from claude_dash.access.readers import Reader, may
from claude_dash.answers import ask
from claude_dash.clock import ONE_DAY, days, month_of, next_month, today
from claude_dash.errors import ConfigError, RefusedError
from claude_dash.facts import tables as t
from claude_dash.metrics.release import Query, Release
from claude_dash.people.limits import limits
from claude_dash.prices import Price
from claude_dash.store.audit import note
from claude_dash.store.overrides import overrides, price_from, save
from claude_dash.units import usd

MONTHLY, SEAT_PRICE = "budget.monthly_usd", "seat.price_usd"  # settings
KINDS = ("cost_billed", "cost_estimated")
WORKDAYS = 10  # whose mean stands for each workday that is left
LOOKBACK_DAYS = 62
SATURDAY = 5
DRAWS, SEED = 4_000, 20_240_101
OUTCOMES = (10, 90)  # percentiles: 8 in 10 outcomes lie between them
CENT = Decimal("0.01")
_NAMES = {MONTHLY: "monthly budget", SEAT_PRICE: "seat price"}
_MOST = {MONTHLY: Decimal(1_000_000_000), SEAT_PRICE: Decimal(10_000)}


@dataclass(frozen=True, slots=True)
class Outlook:
    """Where a month is heading, in USD.

    kind: the metric that it is made of. spent: the days of the month up to and including
    `through`, the last complete day. by_day: what each of them cost, None where it is hidden.
    low, high: 8 in 10 outcomes lie between them. is_at_least: a hidden day is not in it.
    """

    kind: str
    month: date
    through: date
    spent: Decimal
    by_day: tuple[tuple[date, Decimal | None], ...]
    expected: Decimal
    low: Decimal
    high: Decimal
    workdays_left: int
    is_at_least: bool = False


@dataclass(frozen=True, slots=True)
class Reclaim:
    """An estimate: idle seats of a closed month, and what they cost a month at our price."""

    month: date
    seats: int
    monthly: Decimal


@dataclass(frozen=True, slots=True)
class Limit:
    """A spend limit in force, in USD; None is no cap, and fewer than k people."""

    source: str
    period: str
    amount: Decimal | None
    people: int | None


def month_outlook(engine: Engine, reader: Reader) -> Outlook | None:
    """Return where the month of today is heading; billed cost if there is any, else estimated.

    None when fewer than ten complete workdays have a value.
    """
    return next((made for kind in KINDS if (made := _outlook(engine, reader, kind))), None)


def _outlook(engine: Engine, reader: Reader, kind: str) -> Outlook | None:
    now = today()
    since, until = now - timedelta(days=LOOKBACK_DAYS), now + ONE_DAY
    release = ask(engine, Query(kind, grain="day", since=since, until=until), reader)
    complete = [day for day in release.as_of.values() if day]
    if not complete:
        return None
    through = min(complete)
    values = {day: value for day, value in _amounts(release).items() if day <= through}
    recent = [value for day, value in sorted(values.items()) if day.weekday() < SATURDAY]
    recent = recent[-WORKDAYS:]
    if len(recent) < WORKDAYS or not any(values.values()):
        return None
    first, past = month_of(now), through + ONE_DAY
    so_far = [(day, values.get(day)) for day in days(first, past)]
    spent = sum((value for _, value in so_far if value is not None), Decimal(0))
    is_at_least = any(value is None for _, value in so_far)
    if is_at_least:  # a week may be shown whose single days may not
        whole = ask(engine, Query(kind, grain="total", since=first, until=past), reader)
        for value in _amounts(whole).values():
            spent, is_at_least = value, False
    left = sum(day.weekday() < SATURDAY for day in days(max(past, first), next_month(first)))
    low, expected, high = _range(recent, left)
    return Outlook(
        kind=kind,
        month=first,
        through=through,
        spent=spent,
        by_day=tuple(so_far),
        expected=(spent + expected).quantize(CENT),
        low=(spent + low).quantize(CENT),
        high=(spent + high).quantize(CENT),
        workdays_left=left,
        is_at_least=is_at_least,
    )


def _amounts(release: Release) -> dict[date, Decimal]:
    return {row.start: row.value for row in release.rows if isinstance(row.value, Decimal)}


def _range(recent: Sequence[Decimal], left: int) -> tuple[Decimal, Decimal, Decimal]:
    """Return the low end, the mean and the high end of so many more workdays.

    Workdays are drawn with replacement from the recent ones, with a fixed seed: the same facts
    give the same range.
    """
    mean = sum(recent, Decimal(0)) / len(recent) * left
    if not left:
        return mean, mean, mean
    dice = np.random.default_rng(SEED)
    drawn = dice.choice([float(one) for one in recent], size=(DRAWS, left)).sum(axis=1)
    low, high = (Decimal(str(float(one))) for one in np.percentile(drawn, OUTCOMES))
    return min(low, mean), mean, max(high, mean)


def monthly_budget(engine: Engine) -> Decimal | None:
    """Return the budget of a month in USD, None where none is set."""
    return _read(engine, MONTHLY)


def seat_price(engine: Engine) -> Decimal | None:
    """Return what a seat costs a month in USD, None where nobody said."""
    return _read(engine, SEAT_PRICE)


def _read(engine: Engine, name: str) -> Decimal | None:
    query = select(t.SETTING.c.value).where(t.SETTING.c.name == name)
    with engine.connect() as connection:
        value = connection.execute(query).scalar()
    return None if value is None else Decimal(value)


def set_monthly_budget(engine: Engine, reader: Reader, amount: object) -> None:
    """Set the budget of a month in USD; None takes it back.

    Raises:
        RefusedError: The role does not change money.
        ConfigError: The amount is not one.
    """
    _write(engine, reader, MONTHLY, amount)


def set_seat_price(engine: Engine, reader: Reader, amount: object) -> None:
    """Set what a seat costs a month in USD; None takes it back.

    Raises:
        RefusedError: The role does not change money.
        ConfigError: The amount is not one.
    """
    _write(engine, reader, SEAT_PRICE, amount)


def set_price(engine: Engine, reader: Reader, row: Mapping[str, object]) -> None:
    """Set a price of our own, in the place of one for the same model, scope and first day.

    Raises:
        RefusedError: The role does not change money.
        ConfigError: Which part of it cannot be used.
    """
    _refuse_others(reader, "prices")
    made = price_from(row)
    save(engine, [*_but(engine, made), made], actor=reader.name)


def remove_price(engine: Engine, reader: Reader, price: Price) -> None:
    """Take back a price of our own: what was before it holds again.

    Raises:
        RefusedError: The role does not change money.
    """
    _refuse_others(reader, "prices")
    save(engine, _but(engine, price), actor=reader.name)


def _but(engine: Engine, price: Price) -> list[Price]:
    """Return our prices but the one that holds for the same."""
    with engine.connect() as connection:
        return [one for one in overrides(connection) if one.key != price.key]


def _refuse_others(reader: Reader, what: str) -> None:
    if not may(reader.role, "money"):
        message = f"Your role does not change {what}."
        raise RefusedError(message, "Ask finance or an administrator.")


def _write(engine: Engine, reader: Reader, name: str, amount: object) -> None:
    _refuse_others(reader, "budgets")
    value = None if amount is None else _checked(name, amount)
    c = t.SETTING.c
    with engine.begin() as connection:
        connection.execute(delete(t.SETTING).where(c.name == name))
        if value is not None:
            connection.execute(insert(t.SETTING).values(name=name, value=str(value)))
        note(connection, reader.name, name, "taken back" if value is None else "set")


def _checked(name: str, amount: object) -> Decimal:
    what, most = _NAMES[name], _MOST[name]
    try:
        value = Decimal(str(amount))
    except InvalidOperation:
        value = Decimal("NaN")
    if not value.is_finite():
        message = f"The {what} is not a number."
        raise ConfigError(message, "Give US dollars a month, for example 30000.")
    if value < 0:
        message = f"The {what} cannot be negative."
        raise ConfigError(message, "Give US dollars a month, or leave it empty.")
    if value > most:
        message = f"The {what} cannot be above ${most:,}."
        raise ConfigError(message, "Give whole US dollars a month, not cents.")
    return value.quantize(CENT)


def reclaim(engine: Engine, reader: Reader) -> Reclaim | None:
    """Return what the idle seats of the last closed month cost; None without price or count."""
    price, first = seat_price(engine), month_of(today())
    if price is None:
        return None
    before = month_of(first - ONE_DAY)
    query = Query("idle_seats", grain="month", since=before, until=first)
    values = [row.value for row in ask(engine, query, reader).rows if row.value is not None]
    if not values:
        return None
    seats = int(values[-1])
    return Reclaim(before, seats, (price * seats).quantize(CENT))


def limits_in_force(engine: Engine, k: int) -> Sequence[Limit]:
    """Return the spend limits in force; people is None where they are fewer than k."""
    with engine.connect() as connection:
        found = limits(connection, k)
    return [
        Limit(one.source, one.period, None if one.amount is None else usd(one.amount), one.people)
        for one in found
    ]
