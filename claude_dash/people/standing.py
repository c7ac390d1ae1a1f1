"""Where everybody stands on a day: team, roster, eligibility and seat."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import cached_property, partial
from typing import Any

from sqlalchemy import ColumnElement, Connection, Table, select

from claude_dash.facts import tables as t
from claude_dash.people.timeline import Span, Steps, held, steps

CSV, WORKSPACE, VENDOR = "csv", "workspace", "vendor"
HINT = "connection:"  # and its number: the origin of a team that a connection hints at

_TEAM, _DEPARTMENT, _PERSON = t.TEAM, t.DEPARTMENT, t.PERSON
_MEMBER, _ENTRY = t.MEMBERSHIP, t.ROSTER_ENTRY

Spans = Mapping[int, Sequence[Span[Any]]]


@dataclass(frozen=True, slots=True)
class Standing:
    """One person as of a day.

    team_id: the primary team, None for none. on_roster: on the roster that counts, the file where
    one was imported and else the vendor's list. eligible: in scope. has_seat: a member of the
    vendor's organization, since `seat_since` when that is known. is_hinted: the team is that of a
    connection that the person was seen through, so it is told of whom it still sees.
    """

    person_id: int
    team_id: int | None
    on_roster: bool
    eligible: bool
    has_seat: bool
    seat_since: date | None
    is_hinted: bool = False


@dataclass(frozen=True)
class Standings:
    """Everybody who is or was on a roster or in a team; automation never is.

    teams: id -> (name, department id), those that were merged left out. departments: id -> name.
    members: the teams of a person, by the file where it names the person and else by workspaces.
    hints: by connections, where the file does not name the person and no workspace has a team.
    csv, vendor: the time on a roster, with eligibility.
    """

    teams: Mapping[int, tuple[str, int | None]]
    departments: Mapping[int, str]
    members: Spans
    hints: Spans
    csv: Spans
    vendor: Spans

    @classmethod
    def load(cls, connection: Connection) -> "Standings":
        """Read everything once; `on` is then asked week by week."""
        c = _TEAM.c
        teams = connection.execute(select(c.id, c.name, c.department_id, c.merged_into)).all()
        final = successors({row.id: row.merged_into for row in teams})
        keys = select(_PERSON.c.id).where(_PERSON.c.automation.is_(True))
        automation = set(connection.execute(keys).scalars())
        members = _spans(connection, _MEMBER, _MEMBER.c.team_id, automation)
        rosters = _spans(connection, _ENTRY, _ENTRY.c.eligible, automation)
        teams_of = {
            origin: {p: [replace(s, value=final[s.value]) for s in of] for p, of in found.items()}
            for origin, found in members.items()
        }
        csv = rosters.get(CSV, {})
        # A row of the file wins: whom it names is in the file's team, or in none.
        by_workspace = {p: of for p, of in teams_of.get(WORKSPACE, {}).items() if p not in csv}
        hints: dict[int, list[Span[int]]] = {}
        for number in sorted(_number(one) for one in teams_of if one.startswith(HINT)):
            for person, of in teams_of[hinted_by(number)].items():
                if person not in csv:
                    hints.setdefault(person, []).extend(of)
        return cls(
            teams={r.id: (r.name, r.department_id) for r in teams if r.merged_into is None},
            departments=dict(
                connection.execute(select(_DEPARTMENT.c.id, _DEPARTMENT.c.name)).all()
            ),
            members=by_workspace | teams_of.get(CSV, {}),
            hints=hints,
            csv=csv,
            vendor=rosters.get(VENDOR, {}),
        )

    def on(self, day: date) -> Mapping[int, Standing]:
        """Return where everybody stands on a day, by person."""
        return {
            person: one for person, path in self._paths.items() if (one := path.on(day)) is not None
        }

    @cached_property
    def _paths(self) -> Mapping[int, Steps[Standing | None]]:
        """Where each person stands, and the days on which that changes."""
        roster = self.csv or self.vendor
        found = {}
        named = self.members.keys() | self.hints.keys() | self.csv.keys() | self.vendor.keys()
        for person in named:
            teams = self.members.get(person, ()), self.hints.get(person, ())
            entries, seats = roster.get(person, ()), self.vendor.get(person, ())
            found[person] = steps(
                (*teams[0], *teams[1], *entries, *seats),
                partial(_standing, person, teams, entries, seats),
            )
        return found


def hinted_by(number: int) -> str:
    """Return the origin of the teams that a connection hints at."""
    return f"{HINT}{number}"


def _number(origin: str) -> int:
    return int(origin.removeprefix(HINT))


def _spans(
    connection: Connection,
    table: Table,
    value: ColumnElement[Any],
    automation: set[int],
) -> dict[str, dict[int, list[Span[Any]]]]:
    """Return the spans of each origin by person, in the order in which they were entered."""
    found: dict[str, dict[int, list[Span[Any]]]] = {}
    c = table.c
    query = select(c.person_id, c.origin, c.starts, c.ends, value).order_by(c.id)
    for person, origin, starts, ends, carried in connection.execute(query):
        if person not in automation:
            found.setdefault(origin, {}).setdefault(person, []).append(Span(starts, ends, carried))
    return found


def _standing(
    person: int,
    teams: tuple[Sequence[Span[int]], Sequence[Span[int]]],
    entries: Sequence[Span[bool]],
    seats: Sequence[Span[bool]],
    day: date,
) -> Standing | None:
    own, entry, seat = held(teams[0], day), held(entries, day), held(seats, day)
    team = own or held(teams[1], day)
    if team is None and entry is None and seat is None:
        return None
    return Standing(
        person_id=person,
        team_id=team.value if team else None,
        on_roster=entry is not None,
        eligible=entry is not None and entry.value,
        has_seat=seat is not None,
        seat_since=seat.starts if seat else None,
        is_hinted=team is not None and own is None,
    )


def successors(merged: Mapping[int, int | None]) -> dict[int, int]:
    """Return the team that stands for each one now, following mergers to their end."""

    def final(team: int) -> int:
        while (into := merged.get(team)) is not None:
            team = into
        return team

    return {team: final(team) for team in merged}
