"""The vendor's own counts of its organization: active users over trailing windows, and seats."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from sqlalchemy import Connection, select

from claude_dash.facts import tables as t
from claude_dash.privacy.policy import Policy
from claude_dash.rollup.rows import ALL, ORGANIZATION, SMALL_GROUP, Rows

WINDOWS = {"day": "daily_active", "week": "weekly_active", "month": "monthly_active"}
ACTIVE = "vendor_active"
SEATS, INVITES = "assigned_seats", "pending_invites"
WEEK_DAYS = 7
_SUMMARY = t.SUMMARY_DAY.c


def release(connection: Connection, rows: Rows, population: int, policy: Policy) -> None:
    """Add what the vendor counted: each day, and the seven days that end with the week."""
    monday = rows.start
    for number in range(WEEK_DAYS):
        day = monday + timedelta(days=number)
        _add(connection, rows, ("day", day), day, is_small=2 * policy.k > population)
    sunday = monday + timedelta(days=WEEK_DAYS - 1)
    _add(connection, rows, ("week", monday), sunday, is_small=policy.k > population)


def release_month(connection: Connection, rows: Rows, last: date, *, is_small: bool) -> None:
    """Add the trailing window of a month that ends on its last day."""
    _add(connection, rows, ("month", rows.start), last, is_small=is_small)


def _add(
    connection: Connection, rows: Rows, period: tuple[str, date], day: date, *, is_small: bool
) -> None:
    grain, start = period
    for product, value in _counted(connection, WINDOWS[grain], day):
        rows.add(
            ORGANIZATION, ALL, ACTIVE, value, SMALL_GROUP if is_small else "",
            dimension="product" if product else "", item=product, start=start, grain=grain,
        )  # fmt: skip


def _counted(connection: Connection, name: str, day: date) -> Iterator[tuple[str, int]]:
    """Yield what was counted by product, over all connections; what could not be is left out."""
    query = select(_SUMMARY.product, _SUMMARY.value)
    found: dict[str, int | None] = {}
    for product, value in connection.execute(
        query.where(_SUMMARY.day == day, _SUMMARY.name == name)
    ):
        before = found.get(product, 0)
        found[product] = None if value is None or before is None else before + value
    yield from ((product, value) for product, value in found.items() if value is not None)


@dataclass(frozen=True, slots=True)
class Told:
    """What the vendor says of seats and invitations: (day, connection, name, value), by day."""

    rows: Sequence[tuple[date, int, str, int]]

    @classmethod
    def load(cls, connection: Connection) -> "Told":
        """Read everything that was said."""
        c = _SUMMARY
        query = select(c.day, c.connection_id, c.name, c.value).where(
            c.name.in_((SEATS, INVITES)), c.value.is_not(None)
        )
        return cls([tuple(row) for row in connection.execute(query.order_by(c.day))])

    def newest(self, name: str, since: date, until: date) -> int | None:
        """Return the newest number in a half-open interval, over all organizations.

        None where the vendor says nothing.
        """
        inside = [row for row in self.rows if row[2] == name and since <= row[0] < until]
        by_connection = {number: value for _, number, _, value in inside}
        return sum(by_connection.values()) if by_connection else None
