"""What was told of a week: what its figures were made of, and why they are made anew."""

from datetime import date

from sqlalchemy import Column, LargeBinary, Text
from sqlmodel import Field, SQLModel

from claude_dash.facts.types import table_of

# Why a week is rolled up again.
LATE_DATA, TEAMS, IDENTITY = "late data", "teams", "identity"
POLICY, DEFINITION = "policy", "definition"
SOURCE = "source"  # one came or went, or was read for the first time


class ToldWeek(SQLModel, table=True):
    """What the figures of the groups of a week were made of when they were released.

    It tells how many people a change of final figures concerns, and goes with the facts.
    """

    __tablename__ = "told_week"
    week: date = Field(primary_key=True)
    measures: str = Field(default="{}", sa_type=Text)  # JSON: name -> whether it counts people
    finals: str = Field(default="{}", sa_type=Text)  # JSON: name -> the day it became final
    is_held: bool = False  # whether groups keep earlier figures
    crowd: bytes = Field(sa_column=Column(LargeBinary, nullable=False))  # see store.told
    blocks: bytes = Field(sa_column=Column(LargeBinary, nullable=False))


TOLD_WEEK = table_of(ToldWeek)
