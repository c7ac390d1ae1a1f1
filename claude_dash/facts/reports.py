"""The reports we read: what each feeds, when a day is complete, and for how long it may change."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from claude_dash.clock import end_of
from claude_dash.facts.measures import (
    ACTIVITY,
    ELSEWHERE_COST,
    ELSEWHERE_USAGE,
    FEATURES,
    HOURS,
    MODEL_USAGE,
    PROJECTS,
    PUBLISHED,
    REQUESTS,
    SPEND,
    SURFACES,
    TOOLS,
    Measure,
)

AT_ONCE = timedelta()
SETTLED = timedelta(hours=1)  # the Console withholds rows that are younger than an hour
DELIVERED = timedelta(minutes=35)  # log objects come within 10 to 35 (contract 2)
PRESENCE = "presence"  # stands for every number of people that is counted from activity
SEATS = "seats"
LEFT_OUT = ".left_out"  # after a kind: under it what is no usage is counted, by reason


@dataclass(frozen=True, slots=True)
class Report:
    """One report of a vendor, whichever endpoint it is read from.

    name: `kind.report`. revised_days: days after its end during which the vendor may still revise
    a day, as documented or observed, as is the lag (read 2026-11-21). waits: how long after its end
    a day must have been read to hold all of it. measures: what it feeds; legacy_measures: what is
    left of them where only the older endpoint answers.
    """

    name: str
    label: str
    revised_days: int
    measures: frozenset[str]
    waits: timedelta = AT_ONCE
    legacy_measures: frozenset[str] | None = None

    @property
    def kind(self) -> str:
        """Return the kind of connection that it belongs to."""
        return self.name.partition(".")[0]

    @property
    def promised_lag_days(self) -> int:
        """Return by how many days the newest whole day usually lies behind today, at most."""
        return 2 if self.kind == "enterprise" or self.name == "console.cost" else 1

    def fed(self, *, is_legacy: bool = False) -> frozenset[str]:
        """Return the measures that come from it."""
        if is_legacy and self.legacy_measures is not None:
            return self.legacy_measures
        return self.measures


def _names(*groups: tuple[Measure, ...], also: tuple[str, ...] = ()) -> frozenset[str]:
    return frozenset([*(one.name for group in groups for one in group), *also])


_ELSEWHERE_TOKENS = frozenset({"tokens_elsewhere"})
_ELSEWHERE_BILLED = frozenset({"cost_billed_elsewhere"})  # no product, and no list price
_COSTS = _names(SPEND, ELSEWHERE_COST)
_OF_FILES = tuple(one for one in ACTIVITY if one.name != "commits")  # they are in no file
_STARTED = tuple(one for one in ACTIVITY if one.name == "sessions")
REPORTS = {
    one.name: one
    for one in (
        Report("console.claude_code", "Claude Code usage", 3,
               _names(ACTIVITY, MODEL_USAGE, TOOLS, also=(PRESENCE,)), SETTLED),
        Report("console.usage", "API usage", 30, _names(REQUESTS, ELSEWHERE_USAGE),
               legacy_measures=_ELSEWHERE_TOKENS),
        Report("console.cost", "API cost", 30, _COSTS, legacy_measures=_ELSEWHERE_BILLED),
        Report("bedrock.logs", "Invocation logs", 2,
               _names(MODEL_USAGE, REQUESTS, also=("active_days", PRESENCE)), DELIVERED),
        Report("telemetry.metrics", "Metrics of clients", 2,
               _names(ACTIVITY, HOURS, MODEL_USAGE, TOOLS, FEATURES, also=(PRESENCE,))),
        Report("hooks.events", "Hooks of clients", 2,
               _names(_STARTED, FEATURES, also=("active_days", PRESENCE))),
        Report("sessions.files", "Session files", 2,
               _names(_OF_FILES, MODEL_USAGE, REQUESTS, FEATURES, also=(PRESENCE,))),
        Report("enterprise.summaries", "Seats and active users", 7,
               frozenset({SEATS, "vendor_active"})),
        Report("enterprise.usage", "Tokens", 30,
               _names(REQUESTS, ELSEWHERE_USAGE, also=("tokens",))),
        Report("enterprise.cost", "Cost", 30, _COSTS),
        Report("enterprise.users", "Activity by surface", 7,
               _names(ACTIVITY, TOOLS, SURFACES, also=(PRESENCE,))),
        Report("enterprise.skills", "Skills", 7, _names(FEATURES)),
        Report("enterprise.connectors", "Connectors", 7, _names(FEATURES)),
        Report("enterprise.plugins", "Plugins", 7, _names(FEATURES, also=("installers",))),
        Report("enterprise.projects", "Chat projects", 7, _names(PROJECTS)),
        Report("enterprise.artifacts", "Artifacts", 7, _names(PUBLISHED)),
    )
}  # fmt: skip


SENT_REPORTS = {"telemetry": "telemetry.metrics", "hooks": "hooks.events"}  # by kind of connection


# Numbers of people come from reports under another name than their own; the rest is presence.
_PEOPLE_FED_BY = {
    "vendor_active": ("vendor_active",),
    "seats": (SEATS, PRESENCE),
    "idle_seats": (SEATS, PRESENCE),
    "never_used_seats": (SEATS, PRESENCE),
    "pending_invites": (SEATS, PRESENCE),
    "feature_users": ("feature_uses",),
    "project_users": ("project_messages",),
    "surface_users": ("messages",),
    "installers": ("installers",),
}


def feeding(measure: str, *, is_people: bool) -> tuple[str, ...]:
    """Return under which names reports say that they feed a measure; any of them will do."""
    return _PEOPLE_FED_BY.get(measure, (PRESENCE,)) if is_people else (measure,)


def kinds_feeding(names: tuple[str, ...]) -> frozenset[str]:
    """Return the kinds of connections that can feed any of some names."""
    return frozenset(one.kind for one in REPORTS.values() if one.measures.intersection(names))


def is_complete(read_at: datetime, day: date, report: str) -> bool:
    """Say whether a read came late enough to hold the whole day.

    Args:
        read_at: Up to when the vendor had counted: when we asked, or what it said of itself.
        day: UTC.
        report: Its name.
    """
    return read_at >= end_of(day) + REPORTS[report].waits


def is_final(read_at: datetime, day: date, report: str) -> bool:
    """Say whether a read came after the last revision that is expected of the day."""
    one = REPORTS[report]
    return read_at >= end_of(day) + max(timedelta(days=one.revised_days), one.waits)
