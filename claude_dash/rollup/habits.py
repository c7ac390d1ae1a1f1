"""What is counted over several weeks: who came, stayed, returned, paused; cohorts and segments."""

from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
from sqlalchemy import Connection, select

from claude_dash.clock import Grain, label, month_of, next_month
from claude_dash.facts import tables as t
from claude_dash.privacy.cells import Ints
from claude_dash.privacy.policy import Policy
from claude_dash.rollup.counts import count_people
from claude_dash.rollup.crowd import Crowd
from claude_dash.rollup.finality import Held
from claude_dash.rollup.holding import keep_groups
from claude_dash.rollup.presence import NOBODY, Presence, Spans
from claude_dash.rollup.rows import (
    ALL,
    COHORTS,
    FLOWS,
    ORGANIZATION,
    SEGMENTS,
    SMALL_GROUP,
    STARTS,
    VISIBLE,
    Rows,
    replace_measures,
)
from claude_dash.rollup.uses import Seats, Uses
from claude_dash.rollup.vendor_counts import INVITES, Told

WEEK = timedelta(days=7)
LOOKBACK_WEEKS = 4
VISIBLE_WEEKS = 4
SEGMENT_WEEKS = 12
HABIT_WEEKS = 9  # of 12, as in Microsoft's identify_usage_segments, read 2026-11-21
POWER_SESSIONS = 10  # a week, on average
STARTED_DAYS = 14
COHORT_LOOKBACK = timedelta(days=28)


@dataclass(frozen=True, slots=True)
class History:
    """What is known across weeks.

    weeks: presence by Monday. spans: of everybody ever seen. first_read: the first day read.
    oldest_open: the first week that is not purged; None when none is. invites: rows of dates.
    uses: of any surface. told: what the vendor says of seats and invitations. seats: how many there
    are. held: which weeks keep figures of groups.
    """

    weeks: dict[date, Presence]
    spans: Spans
    first_read: date
    oldest_open: date | None
    invites: tuple[tuple[date, date | None, date | None, str], ...]
    uses: Uses
    told: Told
    seats: Seats
    held: Held

    def week(self, monday: date) -> Presence:
        """Return who was active in a week."""
        return self.weeks.get(monday, NOBODY)

    def knows(self, monday: date) -> bool:
        """Say whether everything from a week on can still be counted."""
        return self.oldest_open is None or monday >= self.oldest_open


def read_invites(
    connection: Connection,
) -> tuple[tuple[date, date | None, date | None, str], ...]:
    """Return the dates of every invitation: sent, accepted, expired, and its status."""
    rows = connection.execute(
        select(
            t.INVITE.c.invited_at, t.INVITE.c.accepted_at, t.INVITE.c.expires_at, t.INVITE.c.status
        )
    )
    return tuple(
        (sent.date(), accepted and accepted.date(), expires and expires.date(), status)
        for sent, accepted, expires, status in rows
    )


def split_flows(active: Ints, before: Ints, starters: Ints) -> dict[str, Ints]:
    """Return who is new, retained, returned and paused.

    Args:
        active: Who was active in the period.
        before: Who was active in the time before it that counts.
        starters: Whose first active day ever lies in the period.
    """
    new = np.intersect1d(active, starters)
    retained = np.setdiff1d(np.intersect1d(active, before), new)
    returned = np.setdiff1d(active, np.union1d(new, retained))
    found = (new, retained, returned, np.setdiff1d(before, active))
    return dict(zip(FLOWS, found, strict=True))


def count_flows(
    rows: Rows, crowd: Crowd, history: History, *, active: Ints, before: Ints, policy: Policy,
    until: date,
) -> None:  # fmt: skip
    """Add who is new, retained, returned and paused in a period that ends at `until`."""
    flows = split_flows(active, before, history.spans.starting(rows.start, until))
    for measure, persons in flows.items():
        count_people(rows, crowd, measure, persons, policy)


def count_starts(rows: Rows, crowd: Crowd, history: History, until: date, policy: Policy) -> None:
    """Add who had begun, who had made it a habit, and what was offered and not taken up."""
    spans, end = history.spans, until.toordinal()
    is_activated = (spans.activated > 0) & (spans.activated < end)
    has_started = spans.first + STARTED_DAYS <= end
    count_people(rows, crowd, "activated", spans.people[is_activated], policy)
    count_people(rows, crowd, "started", spans.people[has_started], policy, at_least=policy.k)
    # Shares only, of groups with at least k starters: the part is hidden with the whole.
    before = len(rows.made)
    count_people(rows, crowd, "started_activated", spans.people[has_started & is_activated], policy)
    _hide_with(rows, "started", before)
    holders = crowd.people[crowd.seat]
    since = crowd.seat_since[crowd.seat]
    used = np.zeros(len(holders), dtype=bool)
    if len(spans.people):
        at = np.searchsorted(spans.people, holders).clip(max=len(spans.people) - 1)
        used = (spans.people[at] == holders) & (spans.first[at] < end) & (spans.last[at] >= since)
    used |= history.uses.used(holders, since, until)
    count_people(rows, crowd, "never_used_seats", holders[~used], policy)
    installed = np.intersect1d(history.uses.installers(until), crowd.people[crowd.eligible])
    count_people(rows, crowd, "installers", installed, policy)
    small = SMALL_GROUP if crowd.partition.population < policy.k else ""
    rows.add(ORGANIZATION, ALL, "pending_invites", _pending(history, rows.start, until), small)


def _hide_with(rows: Rows, measure: str, since: int) -> None:
    reasons = {(one["level"], one["key"]): one["hidden"] for one in rows.made[:since]
               if one["measure"] == measure}  # fmt: skip
    for one in rows.made[since:]:
        if reasons.get((one["level"], one["key"])):
            one.update(value=None, hidden=reasons[one["level"], one["key"]])


def _pending(history: History, since: date, until: date) -> int:
    told = history.told.newest(INVITES, since, until)
    if told is not None and not history.invites:
        return told
    return sum(
        sent < until
        and status != "deleted"
        and (accepted is None or accepted >= until)
        and (expires is None or expires >= until)
        for sent, accepted, expires, status in history.invites
    )


def count_cohorts(
    rows: Rows, history: History, active: Ints, cohorts: list[tuple[date, date]], policy: Policy,
    *, small: str,
) -> None:  # fmt: skip
    """Add, for each cohort (first day, end), its size and how many of it are active.

    The last cohort of the list is also the one that is shown when none is asked for.
    """
    grain: Grain = "week" if rows.grain == "week" else "month"
    for start, until in cohorts:
        members = history.spans.starting(start, until)
        is_small = bool(small) or len(members) < policy.k
        if start < history.first_read + COHORT_LOOKBACK or not len(members):
            continue
        numbers = (len(members), int(np.isin(members, active).sum()))
        is_default = (start, until) == _default_cohort(rows)
        for measure, number in zip(COHORTS, numbers, strict=True):
            hidden = SMALL_GROUP if is_small else ""
            if not is_small:
                rows.add(ORGANIZATION, ALL, measure, number, dimension="cohort",
                         item=label(grain, start))  # fmt: skip
            if is_default:
                rows.add(ORGANIZATION, ALL, measure, number, hidden)


def _default_cohort(rows: Rows) -> tuple[date, date]:
    if rows.grain == "week":
        start = rows.start - LOOKBACK_WEEKS * WEEK
        return start, start + WEEK
    start = month_of(rows.start - timedelta(days=1))
    return start, next_month(start)


def week_cohorts(history: History, monday: date) -> list[tuple[date, date]]:
    """Return the weekly cohorts before a week, oldest first."""
    start = history.first_read - timedelta(days=history.first_read.weekday())
    found = []
    while start < monday:
        found.append((start, start + WEEK))
        start += WEEK
    return found


def _count_segments(rows: Rows, crowd: Crowd, history: History, policy: Policy) -> None:
    weeks = [history.week(rows.start - number * WEEK) for number in range(SEGMENT_WEEKS)]
    people = crowd.people[crowd.eligible] if crowd.eligible.any() else crowd.people
    actions = np.zeros((len(people), SEGMENT_WEEKS), dtype=np.int64)
    for number, week in enumerate(weeks):
        known = np.isin(week.people, people)
        # Logs have no sessions: on a day on which somebody was active there was one at least.
        counted = np.where(week.sessions > 0, week.sessions, np.bitwise_count(week.days))
        actions[np.searchsorted(people, week.people[known]), number] = counted[known]
    mean = actions.mean(axis=1)
    has_habit = (actions > 0).sum(axis=1) >= HABIT_WEEKS
    names = np.select(
        [has_habit & (mean >= POWER_SESSIONS), has_habit, mean >= 1, mean > 0],
        ["power", "habitual", "novice", "low"],
        "none",
    )
    small = SMALL_GROUP if crowd.partition.population < policy.k else ""
    for name in ("power", "habitual", "novice", "low", "none"):
        number = int((names == name).sum())
        rows.add(ORGANIZATION, ALL, "segment_users", number, small, dimension="segment", item=name)


def _count_visible(rows: Rows, crowd: Crowd, history: History, policy: Policy) -> None:
    """Add which eligible people a source lists, or has a fact of in the weeks that end here."""
    seen = [history.week(rows.start - number * WEEK).seen for number in range(VISIBLE_WEEKS)]
    is_visible = crowd.seat | np.isin(crowd.people, np.concatenate(seen))
    count_people(rows, crowd, "visible", crowd.people[crowd.eligible & is_visible], policy)


def roll_up_habits(connection: Connection, crowd: Crowd, history: History, policy: Policy) -> None:
    """Rebuild what one week shows over several weeks, as far as those weeks are still known."""
    monday = crowd.monday
    rows, measures = Rows("week", monday), [*STARTS, *COHORTS]
    active = history.week(monday).people
    count_starts(rows, crowd, history, monday + WEEK, policy)
    small = SMALL_GROUP if crowd.partition.population < policy.k else ""
    count_cohorts(rows, history, active, week_cohorts(history, monday), policy, small=small)
    if history.knows(monday - LOOKBACK_WEEKS * WEEK):
        before = [history.week(monday - n * WEEK).people for n in range(1, LOOKBACK_WEEKS + 1)]
        count_flows(rows, crowd, history, active=active, before=np.unique(np.concatenate(before)),
                    policy=policy, until=monday + WEEK)  # fmt: skip
        measures += FLOWS
    if history.knows(monday - (VISIBLE_WEEKS - 1) * WEEK):
        _count_visible(rows, crowd, history, policy)
        measures += VISIBLE
    if history.knows(monday - (SEGMENT_WEEKS - 1) * WEEK):
        _count_segments(rows, crowd, history, policy)
        measures += SEGMENTS
    if history.held.keeps([monday]):
        keep_groups(connection, rows)
    replace_measures(connection, rows, measures)
