"""Column types that behave alike on SQLite and PostgreSQL."""

from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import BigInteger, Column, DateTime, Dialect, Index, Table, text
from sqlalchemy.types import TypeDecorator
from sqlmodel import Field, SQLModel


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC instant; both stores keep it without a zone."""

    impl = DateTime
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Turn an aware instant into naive UTC."""
        del dialect
        return None if value is None else value.astimezone(UTC).replace(tzinfo=None)

    def process_result_value(self, value: Any, dialect: Dialect) -> datetime | None:  # noqa: ANN401
        """Give the zone back."""
        del dialect
        return None if value is None else value.replace(tzinfo=UTC)


def instant(*, nullable: bool = False, index: bool = False) -> Any:  # noqa: ANN401 - a column
    """Return a column that holds an instant."""
    return Field(sa_column=Column(UtcDateTime, nullable=nullable, index=index))


def table_of(model: type[SQLModel]) -> Table:
    """Return the table behind a model, for statements over many rows."""
    found: Table = model.__table__  # type: ignore[attr-defined] # SQLModel adds it to each table
    return found


def by_unpriced_model(name: str) -> Index:
    """Return an index of the rows without a cost: few, and looked for on every view of cost."""
    without = text("cost_estimated IS NULL")
    return Index(name, "model", sqlite_where=without, postgresql_where=without)


class IdentityDay(SQLModel):
    """The key that all facts share: connection, UTC day and pseudonym."""

    connection_id: int = Field(primary_key=True)
    day: date = Field(primary_key=True)
    who: int = Field(primary_key=True, sa_type=BigInteger)
