"""Prices of our own, before the list prices: negotiated discounts, and models not listed."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from operator import attrgetter

import orjson
from sqlalchemy import Connection, Engine, delete, insert, select

from claude_dash.clock import week_of
from claude_dash.errors import ConfigError
from claude_dash.facts import tables as t
from claude_dash.facts.told import DEFINITION
from claude_dash.prices import EVER, EVERY, GEO, Price, Rates, list_version, made
from claude_dash.store import invocations
from claude_dash.store.audit import note
from claude_dash.store.seals import sealed_weeks
from claude_dash.store.write import touch

NAME, LIST = "prices.overrides", "prices.list"  # settings
SCOPES = (EVERY, "global", GEO, "us-gov")
MOST_USD = 10_000  # per million tokens
MOST_DECIMALS = 6  # so that money stays exact
MOST_LETTERS = 200  # of a model's name
RATES = Rates._fields


def overrides(connection: Connection) -> Sequence[Price]:
    """Return our prices, by model, scope and day."""
    kept = _get(connection, NAME)
    return [price_from(row) for row in orjson.loads(kept)] if kept else []


def save(engine: Engine, prices: Sequence[Price], *, actor: str) -> None:
    """Keep our prices in the place of those before, and price what they change in open weeks anew.

    Raises:
        ConfigError: Two of them begin on the same day for the same model and scope.
    """
    kept = sorted(prices, key=attrgetter("key"))
    if len({one.key for one in kept}) < len(kept):
        message = "Two prices begin on the same day for the same model and scope."
        raise ConfigError(message, "Keep one of them.")
    with engine.begin() as connection:
        invocations.lock(connection)  # what is counted meanwhile is priced by what is kept here
        before = overrides(connection)
        _set(connection, NAME, orjson.dumps([_row(one) for one in kept]).decode() if kept else "")
        changed = [one for one in (*before, *kept) if one not in before or one not in kept]
        for one in changed:
            what = "price set" if one in kept else "price removed"
            note(connection, actor, what, f"{one.model}, {one.scope}, from {one.starts}")
        if changed:
            models, first = {one.model for one in changed}, min(one.starts for one in changed)
            for number, day in _open_days(connection, first):
                _reprice(connection, number, day, models)


def follow_list(engine: Engine) -> None:
    """Price open weeks anew, day by day, when the list is another than they were priced by."""
    with engine.connect() as connection:
        if _get(connection, LIST) == list_version():
            return
        days = _open_days(connection, EVER)
    for number, day in days:
        with engine.begin() as connection:
            invocations.lock(connection)
            _reprice(connection, number, day)
    with engine.begin() as connection:
        _set(connection, LIST, list_version())


def _open_days(connection: Connection, since: date) -> list[tuple[int, date]]:
    sealed = sealed_weeks(connection)
    days = invocations.days_of(connection, since)
    return [(number, day) for number, day in days if week_of(day) not in sealed]


def _reprice(
    connection: Connection, number: int, day: date, models: set[str] | None = None
) -> None:
    if invocations.reprice(connection, number, day, overrides(connection), models):
        touch(connection, {week_of(day)}, DEFINITION)


def _get(connection: Connection, name: str) -> str:
    c = t.SETTING.c
    return connection.execute(select(c.value).where(c.name == name)).scalar() or ""


def _set(connection: Connection, name: str, value: str) -> None:
    connection.execute(delete(t.SETTING).where(t.SETTING.c.name == name))
    if value:
        connection.execute(insert(t.SETTING).values(name=name, value=value))


def price_from(row: Mapping[str, object]) -> Price:
    """Return a price from what was typed or kept.

    Raises:
        ConfigError: Which part of it cannot be used, and how to enter it.
    """
    model, scope = str(row.get("model") or "").strip(), str(row.get("scope") or EVERY)
    if not model or len(model) > MOST_LETTERS or not model.isprintable():
        message = "A price needs a model."
        raise ConfigError(message, "Enter its id without geography, as the list has it.")
    if model.find("anthropic.") > 0:
        message = f"{model} names a geography."
        raise ConfigError(message, "Leave out what stands before anthropic, and choose a scope.")
    if scope not in SCOPES:
        message = f"{scope} is no scope of a price."
        raise ConfigError(message, f"Choose one of {', '.join(SCOPES)}.")
    try:
        starts = date.fromisoformat(str(row.get("starts")))
    except ValueError:
        message = f"The price of {model} has no first day."
        raise ConfigError(message, "Enter it as 2026-11-01.") from None
    numbers = {name: _rate(name, row.get(name)) for name in RATES}
    return made(model, scope, starts, Rates(**numbers))  # type: ignore[arg-type]  # only one may be None


def _rate(name: str, value: object) -> Decimal | None:
    if name == "cache_write_1h" and value in {None, ""}:
        return None
    what = name.replace("_", " ")
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        found = Decimal("NaN")
    if not found.is_finite():
        message = f"The price for {what} is not a number."
        raise ConfigError(message, "Enter US dollars per million tokens, for example 2.5.")
    if not 0 <= found <= MOST_USD:
        message = f"The price for {what} must be from 0 to {MOST_USD:,}."
        raise ConfigError(message, "Enter US dollars per million tokens, not per token.")
    if found != round(found, MOST_DECIMALS):
        message = f"The price for {what} has more than {MOST_DECIMALS} decimals."
        raise ConfigError(message, "Enter US dollars per million tokens, for example 2.5.")
    return found


def _row(one: Price) -> dict[str, str | None]:
    rates = {
        name: None if rate is None else str(rate) for name, rate in one.rates._asdict().items()
    }
    return {"model": one.model, "scope": one.scope, "starts": one.starts.isoformat(), **rates}
