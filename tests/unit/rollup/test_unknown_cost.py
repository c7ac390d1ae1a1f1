"""Cost where a model has no price: at least what is known, and never nothing."""

from datetime import date, timedelta
from decimal import Decimal

from claude_dash.access.readers import Reader, Role
from claude_dash.answers import ask
from claude_dash.facts import tables as t
from claude_dash.metrics.release import Query, Row
from claude_dash.rollup.magnitudes import MOST_VALUES
from tests.rolled import ALL, MONDAY, WEEK, Rolled

BEDROCK = 3
CENT = 10_000_000  # nanodollars
READER = Reader("test", Role.VIEWER)
MODEL, NEW = "anthropic.claude-sonnet-5-5", "anthropic.claude-next"


def call(store: Rolled, who: int, model: str, cost: int | None, day: date = MONDAY) -> None:
    """Let somebody call a model with a hundred tokens."""
    store.add(
        t.INVOCATION_DAY, who, day, connection_id=BEDROCK, model=model, scope="us", requests=1,
        output_tokens=100, cost_estimated=cost,
    )  # fmt: skip


def filled(store: Rolled) -> Rolled:
    """Let a team call a model with a price and one without, one the latter alone, one nothing."""
    store.connect(BEDROCK, "bedrock")
    store.teams(One=[1], Two=[2], Three=[3])
    for team in (1, 2, 3):
        store.people(range(10 * team - 9, 10 * team + 1), team)
    for number in range(1, 21):
        call(store, number, NEW, None)
        if number <= 10:
            call(store, number, MODEL, CENT)
            call(store, number, NEW, None, MONDAY + timedelta(days=1))
    store.read(MONDAY)
    return store


def rows(store: Rolled, metric: str, **asked: object) -> list[Row]:
    """Return the answer for the week."""
    query = Query(metric, since=MONDAY, until=MONDAY + WEEK, **asked)  # type: ignore[arg-type]
    return list(ask(store.engine, query, READER).rows)


def test_a_total_holds_what_has_a_price(store: Rolled) -> None:
    """The organisation's cost is that of the priced model; tokens are those of both."""
    filled(store).roll()
    assert store.released("cost_estimated")[ALL, ""] == 10 * CENT
    assert store.released("tokens")[ALL, ""] == 40 * 100
    assert [row.value for row in rows(store, "cost_estimated")] == [Decimal("0.1")]


def test_a_model_without_a_price_costs_nothing_that_is_shown(store: Rolled) -> None:
    """It has tokens and no cost: no row says that it was free."""
    filled(store).roll()
    assert {row.groups["model"] for row in rows(store, "cost_estimated", by=("model",))} == {MODEL}
    assert {row.groups["model"] for row in rows(store, "tokens", by=("model",))} == {MODEL, NEW}


def test_what_is_not_known_of_a_team_is_missing(store: Rolled) -> None:
    """Where nothing that was used has a price; where nothing was used the cost is 0."""
    filled(store)
    store.roll()
    found = {row.groups["team"]: row for row in rows(store, "cost_estimated", by=("team",))}
    assert (found["Team 1"].value, found["Team 1"].status) == (Decimal("0.1"), "provisional")
    assert (found["Team 2"].value, found["Team 2"].status) == (None, "missing")
    assert (found["Team 3"].value, found["Team 3"].status) == (0, "provisional")
    by_day = {row.start.day: row.value for row in rows(store, "cost_estimated", grain="day")}
    assert by_day == {9: Decimal("0.1"), 10: None, 11: 0, 12: 0, 13: 0, 14: 0, 15: 0}


def test_an_organisation_without_any_price_has_no_cost(store: Rolled) -> None:
    """Neither in total, nor for an active user, nor in the month; its tokens are counted."""
    filled(store)
    store.rows = [(table, row) for table, row in store.rows if row["model"] == NEW]
    store.roll()
    for metric in ("cost_estimated", "cost_per_active_user"):
        assert [(row.value, row.status) for row in rows(store, metric)] == [(None, "missing")]
    assert [row.value for row in rows(store, "tokens")] == [3000]
    month = store.released("cost_estimated", grain="month", start=date(2026, 11, 1))
    assert month == {("department:3", ""): 0, ("team:3", ""): 0}


def test_a_model_that_is_free_is_told_apart_from_many_without_a_price(store: Rolled) -> None:
    """However many names a log holds: what costs nothing by our price costs 0, and is shown."""
    filled(store)
    for number in range(MOST_VALUES + 50):
        call(store, 1, f"application-inference-profile/{number:04d}", None)
    for number in range(1, 21):
        call(store, number, "we-pay-nothing", 0)
    store.roll()
    found = store.released("cost_estimated", "model")
    assert found[ALL, "we-pay-nothing"] == 0
    assert {item for key, item in found if key == ALL} == {MODEL, "we-pay-nothing"}
