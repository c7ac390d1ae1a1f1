"""Where everybody stands on a day: team, roster, eligibility and seat."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from sqlalchemy import Connection, select

from claude_dash.facts import tables as t

CSV, WORKSPACE, VENDOR = "csv", "workspace", "vendor"


@dataclass(frozen=True, slots=True)
class Standing:
    """One person as of a day.

    team_id: the primary team, None for none. on_roster: on the roster that counts, the file where
    one was imported and else the vendor's list. eligible: in scope. has_seat: a member of the
    vendor's organization, since `seat_since` when that is known.
    """

    person_id: int
    team_id: int | None
    on_roster: bool
    eligible: bool
    has_seat: bool
    seat_since: date | None


@dataclass(frozen=True, slots=True)
class _Span:
    starts: date | None
    ends: date | None

    def holds(self, day: date) -> bool:
        return (self.starts is None or self.starts <= day) and (
            self.ends is None or day < self.ends
        )


@dataclass(frozen=True, slots=True)
class _Member(_Span):
    team_id: int


@dataclass(frozen=True, slots=True)
class _Entry(_Span):
    eligible: bool


@dataclass(frozen=True, slots=True)
class Standings:
    """Everybody who is or was on a roster or in a team; automation never is.

    teams: id -> (name, department id), those that were merged left out. departments: id -> name.
    """

    teams: Mapping[int, tuple[str, int | None]]
    departments: Mapping[int, str]
    members: Mapping[int, Sequence[_Member]]
    csv: Mapping[int, Sequence[_Entry]]
    vendor: Mapping[int, Sequence[_Entry]]

    @classmethod
    def load(cls, connection: Connection) -> "Standings":
        """Read everything once; `on` is then asked week by week."""
        teams = connection.execute(select(t.Team.__table__)).all()  # type: ignore[attr-defined]
        merged = {row.id: row.merged_into for row in teams}

        def final(team: int) -> int:
            while merged.get(team) is not None:
                team = merged[team]
            return team

        members: dict[int, dict[str, list[_Member]]] = {}
        for row in connection.execute(select(t.Membership.__table__).order_by(t.Membership.id)):  # type: ignore[attr-defined]
            span = _Member(row.starts, row.ends, final(row.team_id))
            members.setdefault(row.person_id, {}).setdefault(row.origin, []).append(span)
        entries: dict[str, dict[int, list[_Entry]]] = {CSV: {}, VENDOR: {}}
        for row in connection.execute(select(t.RosterEntry.__table__)):  # type: ignore[attr-defined]
            entry = _Entry(row.starts, row.ends, row.eligible)
            entries[row.origin].setdefault(row.person_id, []).append(entry)
        return cls(
            teams={r.id: (r.name, r.department_id) for r in teams if r.merged_into is None},
            departments=dict(
                connection.execute(select(t.Department.id, t.Department.name)).tuples().all()
            ),
            members={person: _governing(found) for person, found in members.items()},
            csv=entries[CSV],
            vendor=entries[VENDOR],
        )

    def on(self, day: date) -> Mapping[int, Standing]:
        """Return where everybody stands on a day, by person."""
        roster = self.csv or self.vendor
        found = {}
        for person in self.members.keys() | self.csv.keys() | self.vendor.keys():
            entry = _holding(roster.get(person, ()), day)
            seat = _holding(self.vendor.get(person, ()), day)
            team = _holding(self.members.get(person, ()), day)
            if entry or seat or team:
                found[person] = Standing(
                    person_id=person,
                    team_id=team.team_id if team else None,
                    on_roster=entry is not None,
                    eligible=entry is not None and entry.eligible,
                    has_seat=seat is not None,
                    seat_since=seat.starts if seat else None,
                )
        return found


def _governing(by_origin: Mapping[str, Sequence[_Member]]) -> Sequence[_Member]:
    """Return the memberships that count: a person whom a file names is governed by the file."""
    return by_origin.get(CSV) or by_origin.get(WORKSPACE, ())


S = TypeVar("S", bound=_Span)


def _holding(spans: Iterable[S], day: date) -> S | None:
    return next((span for span in spans if span.holds(day)), None)
