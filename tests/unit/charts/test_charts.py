"""What charts draw of a release: kinds of money, a month's end, parts beyond the sixth."""

from datetime import date, timedelta
from decimal import Decimal

from claude_dash.charts import bars, heat, money, stack, theme
from claude_dash.metrics.release import Release, Row, Value

MONDAY, TODAY = date(2026, 11, 2), date(2026, 11, 18)
WEEK = timedelta(days=7)


def release(*rows: Row, metric: str = "cost_billed", unit: str = "USD") -> Release:
    """Return an answer by week."""
    return Release(metric, "", unit, "", "week", (), 1, {"a": TODAY}, rows)


def row(
    value: Value, item: str = "", *, week: int = 0, hidden: str = "", by: str = "product"
) -> Row:
    """Return a row of a week; a value that is neither there nor hidden is missing."""
    start = MONDAY + week * WEEK
    status = "final" if value is not None or hidden else "missing"
    return Row(str(start), start, start + WEEK, {by: item}, value, status, hidden)


def test_kinds_of_money_stand_beside_each_other() -> None:
    """Bars are grouped, never stacked; each kind has its colour; a hidden one is a cross."""
    one = release(row(Decimal(3)), row(None, week=1, hidden="small group"))
    two = release(row(Decimal(4)), row(Decimal(5), week=1), metric="cost_estimated")
    drawn = money.kinds([("Billed", one), ("Estimated", two)])
    assert drawn.layout.barmode == "group"
    assert [(t.name, t.marker.color) for t in drawn.data if t.type == "bar"] == [
        ("Billed", theme.BLUE),
        ("Estimated", theme.LILAC),
    ]
    assert drawn.data[0].y == (3.0, None)
    (cross,) = [t for t in drawn.data if t.type == "scatter"]
    assert cross.text == ("hidden · too few people",)


def test_a_month_pauses_at_a_hidden_day() -> None:
    """From a hidden day on the sum so far is not known, so the line ends; the outlook stays."""
    first = date(2026, 11, 1)
    days = [(first, Decimal(1)), (date(2026, 11, 2), None), (date(2026, 11, 3), Decimal(1))]
    drawn = money.month(
        days, first=first, through=date(2026, 11, 3), spent=Decimal(5),
        outcome=(Decimal(8), Decimal(9), Decimal(10)), budget=20.0,
    )  # fmt: skip
    assert drawn.data[0].y == (1.0, None, None)
    assert drawn.data[2].y == (5.0, 9.0)
    assert drawn.layout.annotations[0].text == "budget $20.00"


def test_parts_beyond_the_sixth_stand_together() -> None:
    """Nothing is left out: the smallest parts are one grey series, and the sum is the same."""
    rows = [row(10 - n, f"name{n}", by="feature") for n in range(9)]
    drawn = stack.stacked(release(*rows, unit="{use}"), "feature", TODAY)
    assert [one.name for one in drawn.data][-1] == theme.REST
    assert len(drawn.data) == theme.MAX_SERIES + 1
    assert sum(one.y[0] for one in drawn.data) == sum(10 - n for n in range(9))


def test_a_product_keeps_its_colour() -> None:
    """A product's colour does not depend on its size; those without one stand together."""
    rows = [row(1, "chat"), row(9, "cowork"), row(2, "claude_science")]
    drawn = stack.stacked(release(*rows, unit="{message}"), "product", TODAY)
    assert {one.name: one.marker.color for one in drawn.data} == {
        "Chat": theme.ORANGE,
        "Cowork": theme.SAGE,
        "Other": theme.GREY,
    }


def test_stages_show_a_hidden_count_as_hidden() -> None:
    """A hidden stage is a box of fixed length with words, never a zero."""
    drawn = bars.stages(["Seats", "Idle"], [40, None], ["", "small group"])
    assert drawn.data[0].text == ("40 · 100%", "hidden · too few people")
    assert drawn.data[0].x[1] > 0


def test_names_that_are_not_ours_stay_as_they_are() -> None:
    """Teams, features and workspaces keep their spelling; technical values become words."""
    assert theme.label_of("team", "data_platform") == "data_platform"
    assert theme.label_of("feature", "other") == "Other features"
    assert theme.label_of("cost_type", "web_search") == "Web search"
    assert theme.label_of("product", "unattributed") == "Not told"
    assert "<" not in theme.label_of("feature", "skill:<a href='https://example.com'>free</a>")


def test_a_day_that_is_not_there_yet_is_not_missing() -> None:
    """Each state of a day has its own squares; a day before the first one has none."""
    shown = [date(2026, 11, n) for n in (1, 2, 3, 4)]
    states = {shown[1]: "final", shown[2]: "missing", shown[3]: "early"}
    made = heat.strip({"Main": states}, shown)
    assert {trace.name: list(trace.x) for trace in made.data} == {
        "final": [shown[1]],
        "may change": [],
        "missing": [shown[2]],
        "not there yet": [shown[3]],
    }
