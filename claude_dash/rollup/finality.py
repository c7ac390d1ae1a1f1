"""Which weeks are final, since when, and which of them keep figures of groups."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, select, update

from claude_dash.clock import today
from claude_dash.facts import tables as t
from claude_dash.facts.reports import feeding
from claude_dash.metrics import status
from claude_dash.rollup.basis import Basis

WEEK = timedelta(days=7)
_TOLD = t.TOLD_WEEK
ACTIVE = "active"


def mark(connection: Connection) -> None:
    """Keep of each week which measures are shown as final from today on."""
    readings = None
    for row in connection.execute(select(_TOLD.c.week, _TOLD.c.measures, _TOLD.c.finals)).all():
        known, finals = json.loads(row.measures), json.loads(row.finals)
        rest = known.keys() - finals.keys()
        readings = readings or (status.load(connection) if rest else None)
        if readings is None:
            continue
        new = {
            name: today().isoformat()
            for name in sorted(rest)
            if readings.feeding(feeding(name, is_people=known[name])).status(
                row.week, row.week + WEEK
            ) == "final"
        }  # fmt: skip
        if new:
            changed = update(_TOLD).where(_TOLD.c.week == row.week)
            connection.execute(changed.values(finals=json.dumps(finals | new)))


@dataclass(frozen=True, slots=True)
class Held:
    """From which week on groups keep figures, and the weeks that were shown as final."""

    since: date | None
    finals: frozenset[date]

    @classmethod
    def of(cls, told: Mapping[date, Basis]) -> "Held":
        """Return it of what is kept of weeks."""
        held = [monday for monday, one in told.items() if one.is_held]
        finals = (monday for monday, one in told.items() if ACTIVE in one.told)
        return cls(min(held, default=None), frozenset(finals))

    def keeps(self, mondays: Iterable[date]) -> bool:
        """Say whether what groups show over several weeks stays as it was in some final weeks.

        It is made of those weeks and of earlier ones, of which one at least keeps figures.
        """
        weeks = set(mondays)
        is_final = bool(weeks) and weeks <= self.finals
        return is_final and self.since is not None and self.since <= max(weeks)
