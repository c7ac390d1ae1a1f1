"""What everybody did with their Enterprise seat on a day, surface by surface."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import lru_cache
from typing import Any, TypeAlias

import numpy as np

from claude_dash.demo.organization import CLIENT_TEAMS, Organization, Somebody
from claude_dash.demo.payloads import SATURDAY, WEEKEND, coded

CHAT, CODE, COWORK, OFFICE, DESIGN, UNIFIED = (
    "chat", "claude_code", "cowork", "office_agent", "claude_design", "chat_cowork_unified",
)  # fmt: skip
SURFACES = (CHAT, CODE, COWORK, OFFICE, DESIGN, UNIFIED)
APPS = ("excel", "powerpoint", "word", "outlook")
UNIFIED_DAYS = 40  # before the end, some people get Chat and Cowork as one
UNIFIED_OF_20 = frozenset({3, 8, 15})  # 15 per cent
IDLE_EVERY, IDLE_DAYS = 23, 35  # somebody in so many put the seat aside so long ago
COWORKERS, OFFICE_WORKERS, DESIGNERS = 0.25, 0.35, 0.08
TRAITS, DRAWS = 5, 8
KEPT_DAYS = 64  # a window of a month, and the one before it
CLIENT_DAYS = 45  # since when some teams are on a Team plan, and their clients send
STREAM = 4711  # tells these draws from those of the Console


@dataclass(slots=True)
class Did:
    """One person's day: messages on each surface, and Claude Code's records of it."""

    one: Somebody
    is_unified: bool
    chat: int = 0
    cowork: int = 0
    design: int = 0
    apps: dict[str, int] = field(default_factory=dict)
    coded: list[dict[str, Any]] = field(default_factory=list)
    luck: float = 0.0  # decides what else varies: the model, web searches, a little money

    def messages(self) -> Iterator[tuple[str, int]]:
        """Yield each product that was used, and how many messages it saw."""
        sessions = sum(row["core_metrics"]["num_sessions"] for row in self.coded)
        apart = 0 if self.is_unified else 1
        found = (
            (CHAT, self.chat * apart),
            (COWORK, self.cowork * apart),
            (UNIFIED, (self.chat + self.cowork) * (1 - apart)),
            (CODE, sessions),
            (OFFICE, sum(self.apps.values())),
            (DESIGN, self.design),
        )
        yield from ((name, count) for name, count in found if count)


Coded: TypeAlias = list[tuple[Somebody | None, dict[str, Any]]]


class Days:
    """The days of an organisation, made when asked for; several threads may share it."""

    def __init__(self, organization: Organization) -> None:
        self.organization = organization
        self._traits = np.random.default_rng([organization.seed, STREAM]).random(
            (len(organization.people), TRAITS)
        )
        self.console = lru_cache(maxsize=KEPT_DAYS)(self._console)
        self.active = lru_cache(maxsize=None)(self._active)
        self._done: dict[date, list[Did]] = {}  # small, unlike the records of the Console
        self._invoked: dict[date, list[tuple[Somebody, dict[str, Any]]]] = {}
        # Before that they had keys of the Console: no report covers a Team plan.
        self.sent_since = organization.last - timedelta(days=CLIENT_DAYS)
        self._sent: dict[date, list[tuple[Somebody, dict[str, Any]]]] = {}

    def _console(self, day: date) -> Coded:
        """Return the Console's records of one day, and whose they are."""
        by_seat: dict[int, list[dict[str, Any]]] = {}
        found: Coded = []
        invoked: list[tuple[Somebody, dict[str, Any]]] = []
        sent: list[tuple[Somebody, dict[str, Any]]] = []
        for one, row in coded(self.organization, day):
            if one and one.has_code_by_seat:
                by_seat.setdefault(one.number, []).append(row)
            elif one and one.team in CLIENT_TEAMS and day >= self.sent_since:
                sent.append((one, row))
            elif one and one.has_code_by_bedrock(day):
                invoked += [(one, part) for part in row["model_breakdown"]]
            else:
                found.append((one, row))
        if day not in self._done:
            self._invoked[day], self._sent[day] = invoked, sent
            self._done[day] = list(self._did(day, by_seat)) if found else []
        return found

    def invoked(self, day: date) -> list[tuple[Somebody, dict[str, Any]]]:
        """Return who used which model through Amazon Bedrock on one day, and how much of it."""
        self.did(day)
        return self._invoked[day]

    def sent(self, day: date) -> list[tuple[Somebody, dict[str, Any]]]:
        """Return whose client told of one day, and of what."""
        self.did(day)
        return self._sent[day]

    def did(self, day: date) -> list[Did]:
        """Return what everybody did by seat on one day; nothing outside the simulated days."""
        if day not in self._done:
            self.console(day)
        return self._done[day]

    def _did(self, day: date, by_seat: dict[int, list[dict[str, Any]]]) -> Iterator[Did]:
        people = self.organization.people
        rng = np.random.default_rng([self.organization.seed, day.toordinal(), STREAM])
        draws = rng.random((len(people), DRAWS)).tolist()
        amounts = rng.gamma(2.0, 3.5, len(people)).tolist()
        weekday = WEEKEND if day.weekday() >= SATURDAY else 1.0
        unified_since = self.organization.last - timedelta(days=UNIFIED_DAYS)
        traits = self._traits.tolist()
        for one, draw, amount, trait in zip(people, draws, amounts, traits, strict=True):
            rows = by_seat.get(one.number, [])
            is_unified = day >= unified_since and one.number % 20 in UNIFIED_OF_20
            made = Did(one, is_unified, coded=rows, luck=draw[7])
            if self._holds(one, day):
                _fill(made, draw, amount, trait, weekday)
            if next(made.messages(), None):
                yield made

    def _holds(self, one: Somebody, day: date) -> bool:
        """Say whether somebody may use a seat on a day: a member, and neither aloof nor idle."""
        if not one.keen or not one.is_member(day):
            return False
        is_idle = one.number % IDLE_EVERY == 0 and not one.has_code_by_seat
        return not is_idle or (self.organization.last - day).days > IDLE_DAYS + one.number % 20

    def _active(self, day: date) -> dict[str, frozenset[int]]:
        """Return the numbers of those who were active on a day, by surface; "" is any of them."""
        found: dict[str, set[int]] = {name: set() for name in ("", *SURFACES)}
        for did in self.did(day):
            found[""].add(did.one.number)
            for name, _ in did.messages():
                found[name].add(did.one.number)
        return {name: frozenset(numbers) for name, numbers in found.items()}


def _fill(made: Did, draw: list[float], amount: float, trait: list[float], weekday: float) -> None:
    """Decide by chance which surfaces somebody used."""
    if draw[0] < (0.05 + 0.5 * trait[0]) * weekday:
        made.chat = 1 + round(amount)
    if trait[1] < COWORKERS and draw[1] < 0.3 * weekday:
        made.cowork = 2 + round(amount / 2)
    if trait[2] < OFFICE_WORKERS:
        chances = zip(APPS, (0.28, 0.08, 0.07, 0.05), draw[2:6], strict=True)
        made.apps = {app: 1 + round(amount / 3) for app, p, drawn in chances if drawn < p * weekday}
    if trait[3] < DESIGNERS and draw[6] < 0.2 * weekday:
        made.design = 1 + round(amount / 2)
