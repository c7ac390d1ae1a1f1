"""What the tests of people stand on: read weeks, a vault, the lists of a vendor."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, insert, select

from claude_dash import clock
from claude_dash.config import Settings
from claude_dash.facts import tables as t
from claude_dash.people.roster import Imported, import_csv
from claude_dash.people.standing import Standing, Standings
from claude_dash.people.vendor import take
from claude_dash.store.vault import Vault

TODAY = date(2026, 11, 18)  # Wednesday of W47


@dataclass
class User:
    """A member as a source hands it over."""

    id: str
    email: str
    name: str | None = None
    role: str | None = "developer"
    added_at: datetime | None = None


@dataclass
class Workspace:
    """A workspace as a source hands it over."""

    id: str
    name: str


@dataclass
class Lists:
    """The lists as a source hands them over."""

    users: list[User] = field(default_factory=list)
    invites: list[Any] = field(default_factory=list)
    workspaces: list[Workspace] = field(default_factory=list)
    members: dict[str, list[str]] = field(default_factory=dict)
    default_workspace: str = ""
    unavailable: list[str] = field(default_factory=list)
    rejected: int = 0


class Town:
    """A store with people in it, asked and changed in the words of the rules."""

    def __init__(self, engine: Engine, settings: Settings) -> None:
        self.engine = engine
        self.vault = Vault(settings)
        self.today = TODAY

    def read_weeks(self, *mondays: date) -> None:
        """Let these weeks have been read."""
        with self.engine.begin() as conn:
            for monday in mondays:
                row = {"connection_id": 1, "report": "r", "day": monday, "read_at": clock.now()}
                conn.execute(insert(t.DAY_READ), {**row, "records": 0, "rejected": 0, "facts": 0})

    def seal(self, monday: date) -> None:
        """Seal a week."""
        with self.engine.begin() as conn:
            conn.execute(insert(t.SEAL).values(grain="week", start=monday, sealed_at=clock.now()))

    def touched(self) -> list[date]:
        """Return the marked weeks and take the marks away."""
        with self.engine.begin() as conn:
            weeks = sorted(conn.execute(select(t.TOUCHED_WEEK.c.week)).scalars())
            conn.execute(t.TOUCHED_WEEK.delete())
        return weeks

    def file(self, *lines: str, header: str = "email,team", **options: Any) -> Imported:
        """Import a roster file."""
        content = "\r\n".join([header, *lines]).encode()
        return import_csv(self.engine, self.vault, content, today=self.today, **options)

    def lists(
        self,
        users: Iterable[User | str],
        workspaces: dict[str, list[str]] | None = None,
        connection: int = 1,
        **options: Any,
    ) -> None:
        """Take a vendor's lists; an address stands for the member with that id."""
        spaces = workspaces or {}
        made = Lists(
            users=[User(one, one) if isinstance(one, str) else one for one in users],
            workspaces=[Workspace(f"w-{name}", name) for name in spaces],
            members={f"w-{name}": members for name, members in spaces.items()},
            **options,
        )
        take(self.engine, self.vault, connection, made, self.today)

    def take(self, lists: Any) -> None:
        """Take lists as they are."""
        take(self.engine, self.vault, 1, lists, self.today)

    def person(self, email: str) -> int:
        """Return the person of an address."""
        with self.engine.connect() as conn:
            query = select(t.IDENTITY.c.person_id).where(t.IDENTITY.c.value == email)
            return conn.execute(query).scalar_one()

    def standing(self, email: str, day: date) -> Standing | None:
        """Return where the person of an address stands on a day."""
        with self.engine.connect() as conn:
            return Standings.load(conn).on(day).get(self.person(email))

    def team(self, email: str, day: date) -> str | None:
        """Return the name of the team of an address on a day."""
        with self.engine.connect() as conn:
            standings = Standings.load(conn)
        one = standings.on(day).get(self.person(email))
        return standings.teams[one.team_id][0] if one and one.team_id else None

    def teams(self) -> dict[str, int]:
        """Return the teams that exist, by name."""
        with self.engine.connect() as conn:
            return {name: team for team, (name, _) in Standings.load(conn).teams.items()}

    def audit(self) -> list[str]:
        """Return the actions of the audit log with their details."""
        with self.engine.connect() as conn:
            rows = conn.execute(select(t.AUDIT_ENTRY.c.action, t.AUDIT_ENTRY.c.detail))
            return [f"{action}: {detail}" for action, detail in rows]


@pytest.fixture
def town(engine: Engine, settings: Settings) -> Town:
    """Return a store without anybody; today is a Wednesday."""
    return Town(engine, settings)


@pytest.fixture
def user() -> Callable[..., User]:
    """Return what makes a member: `user("u1", "ann@example.com", added="2026-03-04")`."""

    def make(number: str, email: str, *, added: str = "", name: str | None = None) -> User:
        at = datetime.fromisoformat(added).replace(tzinfo=UTC) if added else None
        return User(number, email, name=name, added_at=at)

    return make


@pytest.fixture
def days() -> Callable[[int], date]:
    """Return what counts days from today on."""
    return lambda number: TODAY + timedelta(days=number)
