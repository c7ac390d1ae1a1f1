"""Colours, the look of axes, and how a number, a day and a reason are spelled."""

import math
from collections import Counter
from datetime import date
from decimal import Decimal
from fractions import Fraction

import plotly.graph_objects as go

from claude_dash.facts.dimensions import OTHER, UNATTRIBUTED, model_family
from claude_dash.metrics.release import Value

# One palette for light and dark, 3:1 or more on both grounds, told apart in colour-blind sight.
BLUE, ORANGE, SAGE, MAGENTA, LILAC, BROWN, GREY = (
    "#3a67d0", "#e26b1b", "#5c9878", "#b7298b", "#a97ec3", "#865c32", "#7d828c",
)  # fmt: skip
SERIES = (BLUE, ORANGE, SAGE, MAGENTA, LILAC, BROWN)
FAMILY_COLORS = {"Sonnet": BLUE, "Haiku": ORANGE, "Opus": SAGE, "Fable": MAGENTA, "Mythos": BROWN}
PRODUCT_COLORS = {
    "Claude Code": BLUE,
    "Chat": ORANGE,
    "Cowork": SAGE,
    "Chat and Cowork, unified": MAGENTA,
    "Claude Design": LILAC,
    "Office": BROWN,
}
PRODUCTS = {
    "chat_and_claude_code": "Chat and Claude Code, not told apart",
    "chat_cowork_unified": "Chat and Cowork, unified",
    "claude_code": "Claude Code",
    "claude_design": "Claude Design",
    "claude_science": "Claude Science",
    "claude_tag": "Claude in Slack",
    "office_agent": "Office",
}
COLLECTIVE = {"feature": "Other features"}  # where names that too few people use stand together
# Dimensions whose values are names that are not ours.
VERBATIM = frozenset({"team", "department", "feature", "workspace", "connection", "terminal_type"})
REST = "Other"  # the series beyond the sixth
NOTHING = "\u2013"  # where there is no value
NOT_TOLD = "Not told"
BAND = "rgba(125,130,140,0.13)"
GRID = "rgba(125,130,140,0.22)"
AREA = "rgba(58,103,208,0.10)"
TEXT_SIZE = 12
TICKS = 5
MAX_SERIES = 6
REASONS = {
    "small group": "too few people",
    "dominance": "one contributor would stand out",
    "secondary": "protects another figure",
}
_THOUSAND, _MILLION, _BILLION = 1_000, 1_000_000, 1_000_000_000
_PER_CENT = 100


def reason(hidden: str) -> str:
    """Return the words for why something is hidden, the same on every page."""
    return REASONS.get(hidden, hidden)


def day(value: date) -> str:
    """Spell a day: `Sun 15 Nov`."""
    return f"{value:%a} {value.day} {value:%b}"


def full_day(value: date) -> str:
    """Spell a day with its year: `15 Nov 2026`."""
    return f"{value.day} {value:%b %Y}"


def period(grain: str, start: date) -> str:
    """Spell the period that begins on a day: `W46`, `Nov 2026` or `Sun 15 Nov`."""
    match grain:
        case "week":
            return f"W{start.isocalendar().week:02d}"
        case "month":
            return f"{start:%b %Y}"
    return day(start)


def _scaled(value: float) -> str:
    for size, mark in ((_BILLION, "B"), (_MILLION, "M"), (_THOUSAND, "k")):
        if abs(value) >= size:
            return f"{value / size:.1f}{mark}"
    return f"{value:.0f}"


def number(value: Value, unit: str) -> str:
    """Spell a value as it is read: `168`, `1.2k`, `70%`, `$171`, `8.6`."""
    if value is None:
        return NOTHING
    plain = float(value)
    if unit.startswith("USD"):
        return money(plain)
    if unit == "1":
        return f"{plain * _PER_CENT:.0f}%"
    if unit == "{token}":
        return tokens(plain)
    if isinstance(value, Fraction) and abs(plain) < _THOUSAND:
        return f"{plain:.1f}"
    return _scaled(plain).replace("-", "\u2212")


def tokens(value: float) -> str:
    """Spell a number of tokens, always in millions or billions."""
    size, mark = (_BILLION, "B") if abs(value) >= _BILLION else (_MILLION, "M")
    return f"{value / size:.1f}{mark}"


def money(value: float) -> str:
    """Spell dollars: `$35.60` below a hundred, `$171` above, `$5.9k` from ten thousand on."""
    sign, size = ("\u2212" if value < 0 else ""), abs(value)
    if size < _PER_CENT:
        return f"{sign}${size:.2f}"
    return f"{sign}${size:,.0f}" if size < 10 * _THOUSAND else f"{sign}${_scaled(size)}"


def exact(value: Value, unit: str) -> str:
    """Spell a value in full, for the hover."""
    if value is None:
        return NOTHING
    if unit == "1":
        return f"{float(value) * _PER_CENT:.1f}%"
    if unit.startswith("USD"):
        return f"${float(value):,.2f}"
    if isinstance(value, (Fraction, Decimal)) and value != int(value):
        return f"{float(value):,.2f}"
    return f"{int(value):,}"


def change(now: Value, before: Value, unit: str) -> str:
    """Spell a change: per cent for totals, points for rates, the difference for small counts."""
    if now is None or before is None:
        return ""
    step = float(now) - float(before)
    if unit == "1":
        points = round(step * _PER_CENT)
        return "no change" if not points else f"{points:+d} {'pt' if abs(points) == 1 else 'pts'}"
    is_small = abs(float(before)) < _THOUSAND and not unit.startswith("USD")
    if isinstance(now, Fraction) and is_small:
        return "no change" if abs(step) < 0.05 else f"{step:+.1f}"  # noqa: PLR2004 - one decimal
    if is_small:
        return "no change" if not round(step) else f"{step:+.0f}"
    if not before:
        return ""
    share = round(step / float(before) * _PER_CENT)
    return "no change" if not share else f"{share:+d}%"


def color_of(dimension: str, item: str, place: int) -> str:
    """Return the colour of a series: fixed for model families, else by its place."""
    if dimension == "model":
        family = model_family(item)
        return FAMILY_COLORS.get(family.split(" ")[0], GREY)
    if dimension == "product":
        return PRODUCT_COLORS.get(label_of(dimension, item), GREY)
    return SERIES[place] if place < len(SERIES) else GREY


_NO_TAGS = str.maketrans("<>", "‹›")  # noqa: RUF001 - angles that are no tag


def label_of(dimension: str, item: str) -> str:
    """Return how a technical value is called on a chart, without what Plotly takes for a tag."""
    return _called(dimension, item).translate(_NO_TAGS)


def _called(dimension: str, item: str) -> str:
    if dimension == "model":
        return model_family(item)
    if item in {"", UNATTRIBUTED}:
        return NOT_TOLD
    if item == OTHER and dimension in COLLECTIVE:
        return COLLECTIVE[dimension]
    if dimension in VERBATIM:
        return item
    return PRODUCTS.get(item, item.replace("_", " ").capitalize())


def figure(height: int = 300) -> go.Figure:
    """Return an empty figure with our axes: from zero, few ticks, no zoom."""
    made = go.Figure()
    made.update_layout(
        height=height,
        margin={"l": 8, "r": 16, "t": 28, "b": 8},
        hovermode="x unified",
        dragmode=False,
        legend={
            "orientation": "h",
            "y": 1.06,
            "yanchor": "bottom",  # it grows away from the chart
            "x": 0,
            "title": None,
            "traceorder": "normal",
        },
        barmode="stack",
        bargap=0.25,
        font={"size": TEXT_SIZE},
        paper_bgcolor="rgba(0,0,0,0)",
        plot_bgcolor="rgba(0,0,0,0)",
    )
    made.update_xaxes(showgrid=False, fixedrange=True, title=None, nticks=9)
    made.update_yaxes(
        rangemode="tozero",
        fixedrange=True,
        title=None,
        nticks=TICKS,
        gridcolor=GRID,
        zeroline=False,
    )
    return made


def scale(made: go.Figure, unit: str) -> None:
    """Give the upright axis of a figure that has its data the unit's number format."""
    if unit.startswith("{token}"):
        _token_ticks(made)
    elif unit == "1":
        made.update_yaxes(tickformat=".0%")
    else:  # steps below one are decimals, where SI would write 500m
        sign = "$" if unit.startswith("USD") else ""
        small = {"dtickrange": [None, 1], "value": f"{sign}~f"}
        made.update_yaxes(tickformatstops=[small, {"dtickrange": [1, None], "value": f"{sign}~s"}])


def _token_ticks(made: go.Figure) -> None:
    """Mark an axis in millions or billions; the chart's own formats call a billion G."""
    sums: Counter[object] = Counter()
    for trace in made.data:
        for x, y in zip(trace.x or (), trace.y or (), strict=True):
            sums[x if trace.type == "bar" else (x, trace.name)] += y or 0
    most = max(sums.values(), default=0) or 1
    size = 10.0 ** math.floor(math.log10(most / TICKS))
    step = next(size * n for n in (1, 2, 5, 10) if size * n * TICKS >= most)
    marks = [step * n for n in range(int(most / step) + 1)]
    made.update_yaxes(
        tickvals=marks, ticktext=["0", *(tokens(one).replace(".0", "") for one in marks[1:])]
    )
