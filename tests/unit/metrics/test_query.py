"""Questions over hand-made releases: rows, values, statuses and refusals."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from fractions import Fraction

import pytest
from sqlalchemy import Connection, create_engine, insert
from sqlmodel import SQLModel

from claude_dash.errors import QueryError, RefusedError, UnknownNameError
from claude_dash.facts import tables as t
from claude_dash.metrics.query import answer
from claude_dash.metrics.release import Query, Release

WEEK = date(2026, 11, 9)
NEXT = WEEK + timedelta(days=7)
READ_AT = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def connection() -> Iterator[Connection]:
    engine = create_engine("sqlite://")
    SQLModel.metadata.create_all(engine)
    with engine.connect() as made:
        made.execute(
            insert(t.Connection),
            {
                "id": 1,
                "name": "Main",
                "kind": "console",
                "created_at": READ_AT,
                "backfill_done": True,
            },
        )
        for day in range(14):
            made.execute(
                insert(t.DayRead),
                {
                    "connection_id": 1,
                    "report": "console.claude_code",
                    "day": WEEK + timedelta(days=day),
                    "read_at": READ_AT,
                },
            )
        made.execute(insert(t.Team), [{"id": 1, "name": "beta"}, {"id": 2, "name": "Alpha"}])
        made.execute(insert(t.Team), [{"id": 3, "name": "Tiny"}])
        yield made
    engine.dispose()


def group(made: Connection, start: date, level: str, key: str, members: str = "") -> None:
    made.execute(
        insert(t.GroupRow),
        {
            "grain": "week",
            "start": start,
            "level": level,
            "key": key,
            "parent": "",
            "members": members or key,
            "population": 7,
        },
    )


def release(
    made: Connection,
    measure: str,
    value: int | None,
    *,
    start: date = WEEK,
    level: str = "organization",
    key: str = "all",
    dimension: str = "",
    item: str = "",
    hidden: str = "",
    grain: str = "week",
) -> None:
    made.execute(
        insert(t.ReleaseRow),
        {
            "measure": measure,
            "grain": grain,
            "level": level,
            "dimension": dimension,
            "start": start,
            "key": key,
            "item": item,
            "value": value,
            "hidden": hidden,
        },
    )


def ask(made: Connection, metric: str, **more: object) -> Release:
    options = {"since": WEEK, "until": NEXT, **more}
    return answer(made, Query(metric, **options))  # type: ignore[arg-type]


def test_a_total_is_what_was_released(connection: Connection) -> None:
    """A week's figure of the organisation is the stored value, final when no day may change."""
    release(connection, "sessions", 42)
    (row,) = ask(connection, "sessions").rows
    assert (row.period, row.value, row.status, row.hidden) == ("2026-W46", 42, "final", "")


def test_money_is_exact(connection: Connection) -> None:
    """Nanodollars become dollars without a rounding error."""
    release(connection, "cost_estimated", 417_250_000_001)
    assert ask(connection, "cost_estimated").rows[0].value == Decimal("417.250000001")


def test_a_quotient_without_denominator_is_null(connection: Connection) -> None:
    """Nobody active: a figure per active user is empty, not zero and not an error."""
    release(connection, "sessions", 0)
    release(connection, "active", 0)
    row = ask(connection, "sessions_per_active_user").rows[0]
    assert (row.value, row.status, row.hidden) == (None, "final", "")


def test_a_quotient_is_hidden_with_its_part(connection: Connection) -> None:
    """Where a part is hidden the quotient is, with the same reason."""
    release(connection, "sessions", None, hidden="dominance")
    release(connection, "active", 9)
    row = ask(connection, "sessions_per_active_user").rows[0]
    assert (row.value, row.hidden) == (None, "dominance")


def test_a_figure_per_person_leaves_automation_out(connection: Connection) -> None:
    """Sessions of keys are in the total and not in the numerator of a per-person figure."""
    release(connection, "sessions", 100)
    release(connection, "sessions", 60, dimension="actor", item="people")
    release(connection, "sessions", 40, dimension="actor", item="automation")
    release(connection, "active", 30)
    assert ask(connection, "sessions_per_active_user").rows[0].value == Fraction(2)


def test_teams_are_ordered_by_name_with_collective_rows_last(connection: Connection) -> None:
    """Names are ordered without case; Unassigned, Automation and the small teams follow."""
    for key, members in (
        ("team:1", ""),
        ("team:2", ""),
        ("automation", ""),
        ("unassigned", ""),
        ("other:", "team:3,team:9"),
    ):
        group(connection, WEEK, "team", key, members)
        release(connection, "sessions", 1, level="team", key=key)
    rows = ask(connection, "sessions", by=("team",)).rows
    assert [row.groups["team"] for row in rows] == [
        "Alpha",
        "beta",
        "Unassigned",
        "Automation",
        "Other small teams",
    ]


def test_a_merged_team_is_one_hidden_row(connection: Connection) -> None:
    """Asked by name, a team that stands with others is null for being small."""
    group(connection, WEEK, "team", "other:", "team:3,team:9")
    release(connection, "sessions", 9, level="team", key="other:")
    (row,) = ask(connection, "sessions", where={"team": ("Tiny",)}).rows
    assert (row.value, row.hidden) == (None, "small group")


def test_an_unread_period_is_missing(connection: Connection) -> None:
    """A week of which no day was read is missing: no value and no reason."""
    (row,) = ask(
        connection, "sessions", since=NEXT + timedelta(days=7), until=date(2026, 11, 30)
    ).rows
    assert (row.value, row.status, row.hidden) == (None, "missing", "")


def cost_was_read(made: Connection, *, is_legacy: bool) -> None:
    """Let the cost of the Console be read, from either endpoint."""
    report = {"connection_id": 1, "report": "console.cost"}
    for day in range(7):
        at = {"day": WEEK + timedelta(days=day), "read_at": READ_AT}
        made.execute(insert(t.DayRead), {**report, **at})
    made.execute(insert(t.ReportState), {**report, "is_legacy": is_legacy})


def test_a_sum_that_nothing_feeds_is_missing(connection: Connection) -> None:
    """Where no report of cost was read, all spend is not zero."""
    (row,) = ask(connection, "spend_billed").rows
    assert (row.value, row.status, row.hidden) == (None, "missing", "")


def test_a_sum_is_that_of_the_parts_that_are_fed(connection: Connection) -> None:
    """The older report of cost tells no product: all spend is what it bills, list price unknown."""
    cost_was_read(connection, is_legacy=True)
    release(connection, "cost_billed_elsewhere", 3_000_000_000)
    release(connection, "cost_list_elsewhere", 0)
    (billed,) = ask(connection, "spend_billed").rows
    (at_list,) = ask(connection, "spend_list").rows
    (of_code,) = ask(connection, "cost_billed").rows
    assert (billed.value, billed.status) == (Decimal(3), "provisional")
    assert (at_list.value, at_list.status) == (None, "missing")
    assert (of_code.value, of_code.status) == (None, "missing")


def test_all_spend_needs_both_parts_where_both_are_fed(connection: Connection) -> None:
    """The newer report tells Claude Code from the rest; the sum is of both."""
    cost_was_read(connection, is_legacy=False)
    release(connection, "cost_billed", 2_000_000_000)
    release(connection, "cost_billed_elsewhere", 3_000_000_000)
    (row,) = ask(connection, "spend_billed").rows
    assert row.value == Decimal(5)


def test_all_spend_by_product_counts_each_product_once(connection: Connection) -> None:
    """Claude Code's part is Claude Code, another product's is its own and not twice that."""
    cost_was_read(connection, is_legacy=False)
    release(connection, "cost_billed", 2_000_000_000)
    release(connection, "cost_billed_elsewhere", 3_000_000_000)
    release(connection, "cost_billed_elsewhere", 3_000_000_000, dimension="product", item="chat")
    rows = ask(connection, "spend_billed", by=("product",)).rows
    assert {row.groups["product"]: row.value for row in rows} == {
        "chat": Decimal(3),
        "claude_code": Decimal(2),
    }


def test_a_week_with_an_unread_day_is_provisional(connection: Connection) -> None:
    """One day that was not read makes the week provisional."""
    connection.execute(t.DayRead.__table__.delete().where(t.DayRead.day == WEEK))
    connection.execute(t.Connection.__table__.update().values(backfill_done=False))
    release(connection, "sessions", 42)
    assert ask(connection, "sessions").rows[0].status == "provisional"


def test_a_total_takes_whole_weeks_and_the_days_around(connection: Connection) -> None:
    """The total of the organisation over days adds whole weeks and the days at the edges."""
    release(connection, "sessions", 70)
    for day in range(3):
        release(connection, "sessions", 5, start=NEXT + timedelta(days=day), grain="day")
    (row,) = ask(connection, "sessions", grain="total", until=NEXT + timedelta(days=3)).rows
    assert (row.value, row.period) == (85, "2026-11-09/2026-11-19")


def test_a_total_with_a_hidden_piece_is_hidden(connection: Connection) -> None:
    """A total never silently leaves out what is hidden inside."""
    release(connection, "sessions", 70)
    release(connection, "sessions", None, start=NEXT, grain="day", hidden="small group")
    (row,) = ask(connection, "sessions", grain="total", until=NEXT + timedelta(days=1)).rows
    assert (row.value, row.hidden) == (None, "small group")


def test_people_are_never_added_over_periods(connection: Connection) -> None:
    """A people count over several weeks is refused; over exactly one week it is that week's."""
    release(connection, "active", 9)
    with pytest.raises(RefusedError):
        ask(connection, "active_users", grain="total", until=NEXT + timedelta(days=7))
    assert ask(connection, "active_users", grain="total").rows[0].value == 9


@pytest.mark.parametrize(
    ("metric", "options", "error"),
    [
        ("sesions", {}, UnknownNameError),
        ("sessions", {"by": ("teem",)}, UnknownNameError),
        ("sessions", {"by": ("model",)}, RefusedError),
        ("tokens", {"by": ("model", "type")}, RefusedError),
        ("sessions", {"by": ("team",), "grain": "day"}, RefusedError),
        ("sessions", {"by": ("team", "department")}, RefusedError),
        ("sessions", {"since": NEXT, "until": WEEK}, QueryError),
        ("sessions", {"where": {"team": ("Nowhere",)}}, UnknownNameError),
        ("tokens", {"where": {"model": ("claude-nothing",)}}, UnknownNameError),
    ],
)
def test_what_is_not_published_is_refused(
    connection: Connection, metric: str, options: dict[str, object], error: type[QueryError]
) -> None:
    """Unknown names and unpublished breakdowns are errors with a next step, not empty answers."""
    with pytest.raises(error) as caught:
        ask(connection, metric, **options)
    assert caught.value.hint


def test_technical_values_are_listed_where_seen(connection: Connection) -> None:
    """By model there is a row for each model of the period, and zero where another is asked for."""
    release(connection, "tokens", 30)
    release(connection, "tokens", 20, dimension="model", item="a")
    release(connection, "tokens", 10, dimension="model", item="b")
    release(connection, "tokens", 0, start=NEXT)
    rows = ask(connection, "tokens", by=("model",), until=NEXT + timedelta(days=7)).rows
    assert [(row.groups["model"], row.value) for row in rows] == [("a", 20), ("b", 10)]
    rows = ask(connection, "tokens", where={"model": ("a",)}, until=NEXT + timedelta(days=7)).rows
    assert [row.value for row in rows] == [20, 0]
