"""Identities that changed hands, kept for as long as it can be undone, and pairs that stay two."""

from datetime import datetime

from sqlalchemy import BigInteger, Text
from sqlmodel import Field, SQLModel

from claude_dash.facts.types import instant, table_of

VENDOR_LIST = "vendor's list"  # the actor of what a list of members decided


class IdentityMove(SQLModel, table=True):
    """Identities that went from one person to another, and what was united on the way.

    A person who has none left is kept without a name in any list, so that its number is not given
    to somebody else.
    """

    __tablename__ = "identity_move"
    id: int | None = Field(default=None, primary_key=True)
    at: datetime = instant()
    actor: str = ""  # account address, or what did it by itself
    person_id: int = Field(foreign_key="person.id", index=True, ondelete="CASCADE")  # from whom
    into_id: int = Field(foreign_key="person.id", index=True, ondelete="CASCADE")
    is_split: bool = False  # whom they went to was made for it
    kept: str = Field(default="{}", sa_type=Text)  # JSON: what undoing it needs, see people.moves


class DismissedPair(SQLModel, table=True):
    """Two identities that an admin said are not one person; the smaller pseudonym first."""

    __tablename__ = "dismissed_pair"
    one: int = Field(
        primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False}
    )
    other: int = Field(
        primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False}
    )
    at: datetime = instant()


IDENTITY_MOVE = table_of(IdentityMove)
DISMISSED_PAIR = table_of(DismissedPair)
