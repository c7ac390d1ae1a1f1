"""Prices of our own, before the list prices: negotiated discounts, and models not listed."""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal, InvalidOperation

import orjson
from sqlalchemy import Connection, Engine, delete, insert, select

from claude_dash.clock import week_of
from claude_dash.errors import ConfigError
from claude_dash.facts import tables as t
from claude_dash.prices import EVERY, GEO, Price, Rates, made
from claude_dash.store import invocations
from claude_dash.store.audit import note
from claude_dash.store.seals import sealed_weeks
from claude_dash.store.write import touch

NAME = "prices.overrides"  # setting
SCOPES = (EVERY, "global", GEO, "us-gov")
MOST_USD = 10_000  # per million tokens
MOST_DECIMALS = 6  # so that money stays exact
MOST_LETTERS = 200  # of a model's name
RATES = Rates._fields


def overrides(connection: Connection) -> Sequence[Price]:
    """Return our prices, by model, scope and day."""
    query = select(t.SETTING.c.value).where(t.SETTING.c.name == NAME)
    kept = connection.execute(query).scalar()
    return [price_from(row) for row in orjson.loads(kept)] if kept else []


def save(engine: Engine, prices: Sequence[Price], *, actor: str) -> None:
    """Keep our prices in the place of those before, and price what they change in open weeks anew.

    Raises:
        ConfigError: Two of them begin on the same day for the same model and scope.
    """
    kept = sorted(prices, key=_key)
    if len({_key(one) for one in kept}) < len(kept):
        message = "Two prices begin on the same day for the same model and scope."
        raise ConfigError(message, "Keep one of them.")
    with engine.begin() as connection:
        invocations.lock(connection)  # what is counted meanwhile is priced by what is kept here
        before = overrides(connection)
        connection.execute(delete(t.SETTING).where(t.SETTING.c.name == NAME))
        if kept:
            value = orjson.dumps([_row(one) for one in kept]).decode()
            connection.execute(insert(t.SETTING).values(name=NAME, value=value))
        changed = [one for one in (*before, *kept) if one not in before or one not in kept]
        for one in changed:
            what = "price set" if one in kept else "price removed"
            note(connection, actor, what, f"{one.model}, {one.scope}, from {one.starts}")
        _reprice(connection, changed, kept)


def _reprice(connection: Connection, changed: Sequence[Price], kept: Sequence[Price]) -> None:
    if not changed:
        return
    models, first = {one.model for one in changed}, min(one.starts for one in changed)
    c, sealed = t.INVOCATION_DAY.c, sealed_weeks(connection)
    found = connection.execute(select(c.day).distinct().where(c.model.in_(models), c.day >= first))
    days = [day for day in found.scalars() if week_of(day) not in sealed]
    invocations.reprice(connection, days, models, kept)
    touch(connection, {week_of(day) for day in days})


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


def _key(one: Price) -> tuple[str, str, date]:
    return one.model, one.scope, one.starts


def _row(one: Price) -> dict[str, str | None]:
    rates = {
        name: None if rate is None else str(rate) for name, rate in one.rates._asdict().items()
    }
    return {"model": one.model, "scope": one.scope, "starts": one.starts.isoformat(), **rates}
