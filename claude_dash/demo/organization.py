"""Who works in the simulated organisation, in which teams, and how keen each of them is."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np

# Team, department, and its part of the organisation. Sizes run from 3 to 60 at 240 people.
TEAMS = (
    ("Platform", "Infrastructure", 60),
    ("Checkout", "Product", 30),
    ("Search", "Product", 24),
    ("Mobile", "Product", 22),
    ("Data", "Infrastructure", 18),
    ("Billing", "Product", 16),
    ("Growth", "Product", 14),
    ("Web", "Product", 12),
    ("Identity", "Infrastructure", 10),
    ("Quality", "Enablement", 10),
    ("Internal Tools", "Enablement", 8),
    ("Embedded", "Devices", 8),
    ("Firmware", "Devices", 5),
    ("Research", "Enablement", 3),
)
PILOT, STUCK, DROPPED = "Platform", "Embedded", "Search"
SEAT_TEAMS, SEAT_EVERY = frozenset({"Data", "Growth", "Quality"}), 4
CLIENT_TEAMS = frozenset({"Checkout", "Web", "Identity"})  # on a Team plan since a while
BEDROCK_TEAMS, BOTH_EVERY = frozenset({"Mobile", "Billing"}), 3
FIRST = ("Ada", "Bo", "Cleo", "Dara", "Eli", "Finn", "Gia", "Hugo", "Inga", "Jon", "Kaya", "Liv",
         "Milo", "Nia", "Omar", "Pia", "Quin", "Rin", "Sami", "Tove")  # fmt: skip
LAST = ("Abel", "Brook", "Cole", "Drum", "Ekow", "Fenn", "Gale", "Hale", "Ito", "Juhl", "Kerr",
        "Lund", "Moss", "Nash", "Orr", "Penn", "Ruiz", "Stone", "Tran", "Voss")  # fmt: skip
KEYS = ("ci-runner", "nightly-docs", "release-bot")
WHOLE = 240
PILOT_DAYS = 42
UNUSED_EVERY, JOINER_EVERY = 17, 37


@dataclass(frozen=True, slots=True)
class Somebody:
    """One simulated person; keen is how likely a workday has use, strong how much of it."""

    number: int
    name: str
    email: str
    team: str
    department: str
    keen: float
    strong: float
    starts: date
    joined: date | None = None
    left: date | None = None

    def __hash__(self) -> int:
        """Return the number, which is nobody else's; hashing every field takes long."""
        return self.number

    @property
    def id(self) -> str:
        """Return the vendor's id, the same in both organizations."""
        return f"user_{self.number:05d}"

    @property
    def has_code_by_seat(self) -> bool:
        """Say whether Claude Code is used through the Enterprise seat and not the Console."""
        return self.team in SEAT_TEAMS and self.number % SEAT_EVERY == 0

    def has_code_by_bedrock(self, day: date) -> bool:
        """Say whether Claude Code goes through Amazon Bedrock on a day; for some every other."""
        is_both = self.number % BOTH_EVERY == 0
        return self.team in BEDROCK_TEAMS and (not is_both or day.toordinal() % 2 == 0)

    def is_member(self, day: date) -> bool:
        """Say whether somebody had joined, and had not left, on a day."""
        return (self.joined is None or day >= self.joined) and (
            self.left is None or day < self.left
        )


@dataclass(frozen=True, slots=True)
class Organization:
    """The people and the days; the same seed gives the same organisation."""

    people: tuple[Somebody, ...]
    first: date
    last: date
    seed: int

    @classmethod
    def simulate(cls, people: int, days: int, seed: int, last: date) -> "Organization":
        """Return an organisation of so many people over so many days up to `last`."""
        rng = np.random.default_rng(seed)
        first = last - timedelta(days=days - 1)
        made = []
        for number, (team, department) in enumerate(_places(people)):
            name = f"{FIRST[number % len(FIRST)]} {LAST[(number // len(FIRST)) % len(LAST)]}"
            suffix = "" if number < len(FIRST) * len(LAST) else str(number)
            email = f"{name.lower().replace(' ', '.')}{suffix}@example.org"
            is_early = team == PILOT or rng.random() < 0.08  # noqa: PLR2004 - early adopters
            wait = 0 if is_early else PILOT_DAYS + int(rng.exponential(28))
            keen = float(np.clip(rng.beta(1.1, 1.4), 0.01, 0.95))
            if team == STUCK:
                keen, wait = 0.006, PILOT_DAYS
            if number % UNUSED_EVERY == 1 and team != PILOT:  # seats that nobody ever uses
                keen = 0.0
            strong = float(np.clip(rng.lognormal(0, 0.45), 0.3, 3))
            joined = first + timedelta(days=days // 2) if number % JOINER_EVERY == 1 else None
            left = last - timedelta(days=days // 4) if number in {19, 45} else None
            made.append(
                Somebody(
                    number,
                    name,
                    email,
                    team,
                    department,
                    keen,
                    8.0 if number == 7 else strong,  # noqa: PLR2004 - the heavy user
                    first + timedelta(days=wait),
                    joined,
                    left,
                )
            )
        return cls(tuple(made), first, last, seed)

    def roster_csv(self) -> bytes:
        """Return the roster as the file that an administrator would import."""
        lines = ["email,team,department,eligible,joined,left"]
        lines += [
            f"{one.email},{one.team},{one.department},true,{one.joined or ''},{one.left or ''}"
            for one in self.people
        ]
        return ("\r\n".join(lines) + "\r\n").encode()


def _places(people: int) -> list[tuple[str, str]]:
    """Return a team and department for each person; few people are in few teams."""
    if people < 2 * len(TEAMS):
        return [TEAMS[number % (1 if people < 6 else 2)][:2] for number in range(people)]  # noqa: PLR2004
    found: list[tuple[str, str]] = []
    for team, department, size in TEAMS[1:]:
        found += [(team, department)] * max(3, round(size * people / WHOLE))
    rest = max(people - len(found), 3)
    return ([TEAMS[0][:2]] * rest + found)[:people]
