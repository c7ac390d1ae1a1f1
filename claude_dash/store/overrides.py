"""Prices of our own, before the list prices: negotiated discounts, and models not listed."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

import orjson
from sqlalchemy import Connection, Engine, delete, insert, select

from claude_dash.clock import week_of
from claude_dash.errors import ConfigError
from claude_dash.facts import tables as t
from claude_dash.prices import EVERY, OURS, Price, Rates, made
from claude_dash.store import invocations
from claude_dash.store.audit import note
from claude_dash.store.seals import sealed_weeks
from claude_dash.store.write import touch

NAME = "prices.overrides"  # setting
SCOPES = (EVERY, "global", "geo", "us-gov")
MOST_USD = 10_000  # per million tokens
RATES = ("input", "cache_write_5m", "cache_write_1h", "cache_read", "output")


def overrides(connection: Connection) -> Sequence[Price]:
    """Return our prices, by model and day."""
    query = select(t.SETTING.c.value).where(t.SETTING.c.name == NAME)
    kept = connection.execute(query).scalar()
    return [price_from(row) for row in orjson.loads(kept)] if kept else []


def save(engine: Engine, prices: Sequence[Price], *, actor: str) -> None:
    """Keep our prices in the place of those before, and price open weeks anew.

    Raises:
        ConfigError: Two of them hold for the same model, scope and day.
    """
    kept = sorted(prices, key=lambda one: (one.model, one.scope, one.starts))
    if len({(one.model, one.scope, one.starts) for one in kept}) < len(kept):
        message = "Two prices begin on the same day for the same model and scope."
        raise ConfigError(message, "Keep one of them.")
    with engine.begin() as connection:
        connection.execute(delete(t.SETTING).where(t.SETTING.c.name == NAME))
        if kept:
            value = orjson.dumps([_row(one) for one in kept]).decode()
            connection.execute(insert(t.SETTING).values(name=NAME, value=value))
        named = ", ".join(f"{one.model} {one.scope} from {one.starts}" for one in kept)
        note(connection, actor, "prices changed", named or "list prices alone")
        _reprice(connection, kept)


def _reprice(connection: Connection, kept: Sequence[Price]) -> None:
    found = connection.execute(select(t.INVOCATION_DAY.c.day).distinct()).scalars()
    sealed = sealed_weeks(connection)
    days = [day for day in found if week_of(day) not in sealed]
    invocations.reprice(connection, days, kept)
    touch(connection, {week_of(day) for day in days})


def price_from(row: dict[str, Any]) -> Price:
    """Return a price from what was typed or kept.

    Raises:
        ConfigError: Which part of it cannot be used.
    """
    model, scope = str(row["model"] or "").strip(), str(row["scope"] or EVERY)
    if not model:
        message = "A price needs a model."
        raise ConfigError(message, "Enter it as the trust page lists it.")
    if scope not in SCOPES:
        message = f"{scope} is no scope."
        raise ConfigError(message, f"Choose one of {', '.join(SCOPES)}.")
    try:
        starts = date.fromisoformat(str(row["starts"]))
    except ValueError:
        message = f"The price of {model} has no first day."
        raise ConfigError(message, "Enter it as 2026-11-01.") from None
    numbers = {name: _rate(model, name, row.get(name)) for name in RATES}
    return made(model, scope, starts, Rates(**numbers), OURS)  # type: ignore[arg-type]  # only one may be None


def _rate(model: str, name: str, value: object) -> Decimal | None:
    if name == "cache_write_1h" and value in {None, ""}:
        return None
    try:
        found = Decimal(str(value))
    except InvalidOperation:
        found = Decimal(-1)
    if not found.is_finite() or not 0 <= found <= MOST_USD:
        message = f"The price of {model} for {name.replace('_', ' ')} is no amount."
        raise ConfigError(message, "Enter US dollars per million tokens, for example 2.5.")
    return found


def _row(one: Price) -> dict[str, str | None]:
    rates = {
        name: None if rate is None else str(rate) for name, rate in one.rates._asdict().items()
    }
    return {"model": one.model, "scope": one.scope, "starts": one.starts.isoformat(), **rates}
