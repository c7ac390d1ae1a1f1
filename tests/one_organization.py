"""One invented organization, and what each source tells of it: the same people and days.

Everything follows from the seed. Sources miss people, days and single numbers, lag behind, and
tell numbers that differ a little, so that it shows in a sum which of them was counted.
"""

import random
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from functools import cached_property

CONSOLE, ENTERPRISE, BEDROCK = "console", "enterprise", "bedrock"
TELEMETRY, SESSIONS, HOOKS = "telemetry", "sessions", "hooks"
SOURCES = (CONSOLE, ENTERPRISE, BEDROCK, TELEMETRY, SESSIONS, HOOKS)
ORGANIZATIONS = {
    CONSOLE: "c0000000-0000-4000-8000-000000000001",
    ENTERPRISE: "e0000000-0000-4000-8000-000000000002",
}
STRANGER = "f0000000-0000-4000-8000-000000000003"  # an organization that nobody connected
FIRST_PARTY = "firstParty"
ACTIVITY = ("sessions", "lines_added", "lines_removed", "commits", "pull_requests")
SUGGESTIONS = ("suggestions_accepted", "suggestions_rejected")
TOKENS = ("input_tokens", "output_tokens", "cache_read_tokens", "cache_write_tokens")
COST, BILLED, REQUESTS = "cost_estimated", "cost_billed", "requests"
MOST = {"sessions": 3, "lines_added": 30, "lines_removed": 12, "commits": 3, "pull_requests": 2,
        "suggestions_accepted": 9, "suggestions_rejected": 4, "input_tokens": 900,
        "output_tokens": 4_000, "cache_read_tokens": 90_000, "cache_write_tokens": 7_000,
        COST: 400, BILLED: 300, REQUESTS: 9}  # fmt: skip
CENT = 10_000_000  # nanodollars
# Nanodollars of a token, in the order of TOKENS: Sonnet 4.6 of a geography on Bedrock, and Sonnet
# 4.5 at the vendor's own address (price lists, read 2026-11-21).
CLOUD_PRICES, FILE_PRICES = (3_300, 16_500, 330, 4_125), (3_000, 15_000, 300, 3_750)
ELSEWHERE = "elsewhere"
# Where somebody works, and how many of a hundred do.
PLACES = (((CONSOLE,), 34), ((ENTERPRISE,), 24), ((BEDROCK,), 12), ((CONSOLE, ENTERPRISE), 8),
          ((CONSOLE, BEDROCK), 6), ((ENTERPRISE, BEDROCK), 4), ((CONSOLE, ELSEWHERE), 4),
          ((), 8))  # fmt: skip
CLIENTS = {"": 50, "account": 20, "email": 10, "enduser": 8, "nameless": 4}
FILES = {"": 70, "address": 24, "folder": 6}
KEYS = ("ci-runner", "nightly-docs", "release-bot", "audit-bot")
TEAM_SIZE = 20
SKEW = {TELEMETRY: 1, SESSIONS: 2}
MISSES = 0.06  # how likely a source has no row, or no such part of it
LAGS = {CONSOLE: 1, ENTERPRISE: 2}  # days before today of which there is nothing yet
# Of every so many days one is missing, that of this number.
GAPS = {
    CONSOLE: (11, 4),
    ENTERPRISE: (13, 6),
    BEDROCK: (17, 2),
    TELEMETRY: (7, 5),
    SESSIONS: (19, 1),
}


@dataclass(frozen=True)
class Person:
    """Somebody, where they work, and how clients and folders name them; empty: not at all.

    is_silent: their clients do not tell whom they bill. has_seat_rows: the Console reports what
    they do with their seat as well. is_login: the cloud knows no address of theirs.
    """

    number: int
    team: str
    places: tuple[str, ...]
    client: str
    folder: str
    is_silent: bool
    has_seat_rows: bool
    is_login: bool

    @property
    def address(self) -> str:
        """Return the address by which they are one person."""
        return f"person-{self.number}@example.com"


@dataclass(frozen=True)
class Told:
    """What one source tells of somebody and a day; what it does not measure is not there.

    who: an address, or whatever else the source knows. organization, provider: whom it is billed
    to, as far as the source tells. place: where it was done. is_seat: a Console's row about a seat.
    """

    source: str
    day: date
    who: str
    amounts: Mapping[str, int]
    organization: str = ""
    provider: str = ""
    place: str = ""
    is_seat: bool = False
    person: Person | None = None

    def spelled(self) -> str:
        """Return the address as this row spells it."""
        dice = random.Random(f"{self.who} {self.day}")
        return dice.choice((self.who, self.who, self.who.title(), self.who.upper()))


@dataclass
class World:
    """So many people over so many days up to `today`."""

    people: int
    days: int
    today: date
    seed: int = 1
    told: list[Told] = field(default_factory=list, init=False)

    def __post_init__(self) -> None:
        """Let everybody work, and every source tell of it."""
        for person in self.persons:
            for day in self.every_day:
                self.told += self._day(person, day)
        for day in self.every_day:
            for key in KEYS:
                dice = random.Random(f"{self.seed} {key} {day}")
                amounts = _drawn(dice, (*ACTIVITY, *SUGGESTIONS, *TOKENS, COST))
                if not self._misses(dice, CONSOLE, day):
                    organization = ORGANIZATIONS[CONSOLE]
                    self.told.append(Told(CONSOLE, day, key, amounts, organization, place=CONSOLE))
        self.told.append(Told(HOOKS, self.today, self.hooked, {"sessions": 1}))

    @property
    def first(self) -> date:
        """Return the first day."""
        return self.today - timedelta(days=self.days - 1)

    @property
    def every_day(self) -> list[date]:
        """Return every day, oldest first."""
        return [self.first + timedelta(days=at) for at in range(self.days)]

    @cached_property
    def hooked(self) -> str:
        """Return the address of whose hooks come today: of whom else the log alone tells then.

        It tells of no sessions, and still they do not count. Or telemetry alone does.
        """
        told = Counter(one.who for one in self.told if one.day == self.today)
        alone = (
            one.who
            for one in (*self.of(BEDROCK), *self.of(TELEMETRY))
            if one.day == self.today and "@" in one.who and told[one.who] == 1
        )
        return next(alone, self.persons[0].address)

    @cached_property
    def persons(self) -> list[Person]:
        """Return everybody; some are in no team, and some of them never do anything."""
        return [self._person(number) for number in range(self.people)]

    @cached_property
    def teams(self) -> dict[str, str]:
        """Return the team of each address that is on the roster."""
        return {one.address: one.team for one in self.persons if one.team}

    @cached_property
    def departments(self) -> dict[str, str]:
        """Return the department of each team, three of which make one."""
        teams = set(self.teams.values())
        return {team: f"Department {int(team.split()[1]) // 3}" for team in teams}

    def of(self, source: str, place: str = "") -> list[Told]:
        """Return what a source tells, of one place where that is named."""
        return [one for one in self.told if one.source == source and place in {"", one.place}]

    def roster(self) -> bytes:
        """Return the file of the teams."""
        lines = [
            f"{address},{team},{self.departments[team]}" for address, team in self.teams.items()
        ]
        return "\n".join(["email,team,department", *lines]).encode()

    def _person(self, number: int) -> Person:
        dice = random.Random(f"{self.seed} person {number}")
        teams = max(self.people // TEAM_SIZE, 1)
        places, weights = zip(*PLACES, strict=True)
        return Person(
            number,
            f"Team {number % teams}" if number % 23 else "",
            dice.choices(places, weights)[0],
            dice.choices(list(CLIENTS), list(CLIENTS.values()))[0],
            dice.choices(list(FILES), list(FILES.values()))[0],
            is_silent=dice.random() < 0.25,
            has_seat_rows=dice.random() < 0.5,
            is_login=dice.random() < 0.15,
        )

    def _misses(self, dice: random.Random, source: str, day: date) -> bool:
        """Say whether a source has nothing of somebody on a day."""
        is_late = (self.today - day).days <= LAGS.get(source, -1)
        every, missing = GAPS[source]
        is_gap = (day - self.first).days % every == missing
        return is_late or is_gap or dice.random() < MISSES

    def _day(self, person: Person, day: date) -> Iterator[Told]:
        dice = random.Random(f"{self.seed} {person.number} {day}")
        if dice.random() > (0.08 if day.weekday() > 4 else 0.4):
            return
        uses = {place: _drawn(dice, MOST) for place in person.places if dice.random() < 0.85}
        for place, use in uses.items():
            yield from self._reported(dice, person, day, place, use)
            if person.client and not self._misses(dice, TELEMETRY, day):
                yield self._client(person, day, place, use)
        if uses and person.folder and not self._misses(dice, SESSIONS, day):
            sums = {name: sum(use[name] for use in uses.values()) for name in MOST}
            kept = ("sessions", "lines_added", "lines_removed", "pull_requests", REQUESTS, *TOKENS)
            amounts = _skewed(sums, kept, SKEW[SESSIONS])
            amounts[COST] = _priced(amounts, FILE_PRICES)
            who = person.address if person.folder == "address" else f"folder {person.number}"
            yield Told(SESSIONS, day, who, amounts, person=person)

    def _reported(
        self, dice: random.Random, person: Person, day: date, place: str, use: Mapping[str, int]
    ) -> Iterator[Told]:
        """Yield what vendors tell of a use."""
        told = {"day": day, "person": person, "place": place}
        done = (*ACTIVITY, *SUGGESTIONS)
        if place == BEDROCK and not self._misses(dice, BEDROCK, day):
            who = f"login {person.number}" if person.is_login else person.address
            amounts = {name: use[name] for name in (*TOKENS, REQUESTS)}
            amounts[COST] = _priced(amounts, CLOUD_PRICES)
            yield Told(BEDROCK, who=who, amounts=amounts, **told)
        if place == ENTERPRISE:
            for names in (done, (*TOKENS, REQUESTS, BILLED)):
                if not self._misses(dice, ENTERPRISE, day):
                    amounts = {name: use[name] for name in names}
                    owner = ORGANIZATIONS[ENTERPRISE]
                    yield Told(ENTERPRISE, who=person.address, amounts=amounts,
                               organization=owner, **told)  # fmt: skip
        is_seat = place == ENTERPRISE and person.has_seat_rows
        if (place == CONSOLE or is_seat) and not self._misses(dice, CONSOLE, day):
            names = done if dice.random() < MISSES else (*done, *TOKENS, COST)
            amounts = _skewed(use, names, 3 * is_seat)
            yield Told(CONSOLE, who=person.address, amounts=amounts, is_seat=is_seat,
                       organization=ORGANIZATIONS[CONSOLE], **told)  # fmt: skip

    def _client(self, person: Person, day: date, place: str, use: Mapping[str, int]) -> Told:
        """Return what somebody's client sends of a use."""
        names = (*ACTIVITY, *SUGGESTIONS, *TOKENS, COST)
        amounts = _skewed(use, names, SKEW[TELEMETRY])
        organization, provider = {ELSEWHERE: STRANGER, **ORGANIZATIONS}.get(place, ""), FIRST_PARTY
        if place == BEDROCK:
            provider = BEDROCK
        elif person.is_silent and place != ELSEWHERE:
            organization = provider = ""
        who = person.address
        if person.client == "nameless":
            who = installation(person, day)
        return Told(TELEMETRY, day, who, amounts, organization, provider, place, person=person)


def installation(person: Person, day: date) -> str:
    """Return which of their two installations somebody uses on a day."""
    return f"installation {person.number} {day.toordinal() % 2}"


def _drawn(dice: random.Random, names: Iterable[str]) -> dict[str, int]:
    found = {name: dice.randint(0, MOST[name]) for name in names}
    found["sessions"] = max(found["sessions"], 1)
    found["lines_added"] += MOST["sessions"]  # some of each session
    if REQUESTS in found:
        found[REQUESTS] += found["sessions"]  # one of each at least
    found["suggestions_accepted"] += 1  # a tool of which nothing is told is not told of
    return found | {name: found[name] * CENT for name in {COST, BILLED} & found.keys()}


def _skewed(use: Mapping[str, int], names: Iterable[str], by: int) -> dict[str, int]:
    return {name: use[name] + by * (CENT if name == COST else 1) for name in names}


def _priced(amounts: Mapping[str, int], prices: Iterable[int]) -> int:
    return sum(amounts[name] * price for name, price in zip(TOKENS, prices, strict=True))
