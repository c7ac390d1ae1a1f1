"""What the records of all reports have in common: how a number, a name and a day are checked.

Unknown fields are ignored and unknown values accepted; null is the same as absent, unless a field
says otherwise.
"""

import datetime as dt
from collections.abc import Iterator
from decimal import Decimal
from functools import cache
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    model_validator,
)

MAX_COUNT = 10**15  # of one person and day; far above any, and sums of it still fit 64 bits
MAX_CENTS = 10**8
_PLAIN = r"^[^\x00-\x1f\x7f]*$"  # a store takes no control characters
_MIDNIGHT = "T00:00:00Z"


def utc_day(sent: Any) -> dt.date:  # noqa: ANN401 - whatever the vendor sent
    """Return the UTC day of a bare date or of an instant."""
    if not isinstance(sent, str):
        message = "not a date"
        raise ValueError(message)  # noqa: TRY004 - pydantic turns ValueError into a reject
    text = sent.strip().removesuffix(_MIDNIGHT)
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        at = dt.datetime.fromisoformat(text)
        return (at if at.tzinfo is None else at.astimezone(dt.UTC)).date()


def _number(sent: Any) -> Any:  # noqa: ANN401 - whatever the vendor sent
    """Refuse what only counts as a number in Python."""
    if isinstance(sent, bool):
        message = "not a number"
        raise ValueError(message)  # noqa: TRY004 - pydantic turns ValueError into a reject
    return sent


Count = Annotated[int, Field(strict=True, ge=0, lt=MAX_COUNT)]
Cents = Annotated[Decimal, BeforeValidator(_number), Field(ge=0, lt=MAX_CENTS)]
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=320, pattern=_PLAIN)]


class Block(BaseModel):
    """Part of a record."""

    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)

    @model_validator(mode="before")
    @classmethod
    def _null_is_absent(cls, sent: Any) -> Any:  # noqa: ANN401 - whatever the vendor sent
        if isinstance(sent, dict) and None in sent.values():
            return {name: value for name, value in sent.items() if value is not None}
        return sent


def _blocks(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    for block in model.__subclasses__():
        yield block
        yield from _blocks(block)


@cache
def _fields() -> frozenset[str]:
    return frozenset(name for block in _blocks(Block) for name in block.model_fields)


def where(error: ValidationError) -> str:
    """Return where a record is wrong and in what way, never what it holds."""
    first = error.errors(include_input=False, include_url=False, include_context=False)[0]
    # Names inside open maps are the vendor's own, and numbers are places: a star for both.
    steps = [str(step) if step in _fields() else "*" for step in first["loc"]]
    return f"{'.'.join(steps) or 'record'}: {first['type']}"
