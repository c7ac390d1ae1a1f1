"""Cumulative series: what each point adds, in whatever order the points arrive."""

import json
from bisect import insort

from sqlalchemy import Connection, delete, select

from claude_dash.facts import tables as t
from claude_dash.store.adding import insert_or

MAX_POINTS = 50  # of one series and start time: further back no point comes out of order
_SERIES = t.SENT_SERIES


class Differences:
    """What points of cumulative series add to what was counted of them before."""

    def __init__(self, connection: Connection, hour: int) -> None:
        self._connection = connection
        self._hour = hour
        self._points: dict[int, list[list[int]]] = {}

    def of(self, digest: int, start: int, time: int, value: int) -> list[tuple[int, int]]:
        """Return what a point adds, and takes from the point after it, as (time, difference).

        A value below the one before it is counted from zero (contract 12, trap 2). A point that
        arrives out of order comes between its neighbours, and what they add is told anew.
        """
        series = (digest ^ (start * 0x9E3779B97F4A7C15)) & (2**63 - 1)
        points = self._points.get(series)
        if points is None:
            points = self._points[series] = self._load(series)
        one = [time, value]
        insort(points, one)
        at = points.index(one)
        before = points[at - 1][1] if at else 0
        found = [(time, _step(before, value))]
        if at + 1 < len(points):
            later, after = points[at + 1]
            found.append((later, _step(value, after) - _step(before, after)))
        if len(points) > MAX_POINTS:
            del points[0]
        return found

    def store(self) -> None:
        """Keep the points that may still matter."""
        if not self._points:
            return
        made = insert_or(self._connection, _SERIES)
        changed = made.on_conflict_do_update(
            index_elements=["series"],
            set_={"points": made.excluded.points, "hour": made.excluded.hour},
        )
        rows = [
            {"series": series, "points": json.dumps(points), "hour": self._hour}
            for series, points in self._points.items()
        ]
        self._connection.execute(changed, rows)

    def _load(self, series: int) -> list[list[int]]:
        query = select(_SERIES.c.points).where(_SERIES.c.series == series)
        found: list[list[int]] = json.loads(self._connection.execute(query).scalar() or "[]")
        return found


def _step(before: int, value: int) -> int:
    return value - before if value >= before else value


def forget(connection: Connection, before: int) -> None:
    """Delete series of which nothing came since an hour."""
    connection.execute(delete(_SERIES).where(_SERIES.c.hour < before))
