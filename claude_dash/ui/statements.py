"""What a card's title says: fixed patterns fed by the release, never a guess at causes."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction

from claude_dash.charts import theme
from claude_dash.facts.dimensions import OTHER
from claude_dash.metrics.release import Release, Row

STEADY = 0.02
NOTHING_SHOWN = "No group is large enough to be shown"
NO_DATA = "Nothing was read for this range yet"
EN_DASH = "\u2013"
NOT_FED = "No connected source reports this"
HALF = Fraction(1, 2)
ENOUGH = Fraction(9, 10)  # of eligible people: below it, what is not seen is not small
WORDS = (
    "No",
    "One",
    "Two",
    "Three",
    "Four",
    "Five",
    "Six",
    "Seven",
    "Eight",
    "Nine",
    "Ten",
    "Eleven",
    "Twelve",
)


def nothing(release: Release) -> str:
    """Say why a release has nothing to show."""
    if not release.as_of:
        return NOT_FED
    return NOTHING_SHOWN if release.is_all_hidden else NO_DATA


def spelled(count: int) -> str:
    """Spell a small count at the start of a sentence."""
    return WORDS[count] if count < len(WORDS) else str(count)


def closed(release: Release, today: date) -> list[Row]:
    """Return the rows of periods that are over and shown."""
    return [row for row in release.rows if row.end <= today and row.value is not None]


def level(release: Release, today: date, verb: str) -> str:
    """Say where a measure stands and how that compares with the first period shown."""
    rows = closed(release, today)
    if not rows:
        return nothing(release)
    first, last = rows[0], rows[-1]
    now = theme.number(last.value, release.unit)
    at = theme.period(release.grain, last.start)
    if first is last or last.value is None or first.value is None:
        return f"{now} {verb} in {at}"
    known = [float(row.value) for row in rows if row.value is not None]
    if len(known) > 2 and float(last.value) == max(known) > min(known):  # noqa: PLR2004 - a record
        return f"{now} {verb} in {at}, the most so far"
    step = float(last.value) - float(first.value)
    then = theme.number(first.value, release.unit)
    since = theme.period(release.grain, first.start)
    if abs(step) <= STEADY * max(abs(float(first.value)), 1e-9):
        return f"{now} {verb} in {at}, held at the level of {since}"
    return f"{now} {verb} in {at}, {'up' if step > 0 else 'down'} from {then} in {since}"


def rate(release: Release, today: date, name: str) -> str:
    """Say where a rate stands: `Adoption rate is 70% in W46, up from 18% in W22`."""
    rows = closed(release, today)
    if not rows:
        return nothing(release)
    first, last = rows[0], rows[-1]
    now, at = theme.number(last.value, release.unit), theme.period(release.grain, last.start)
    then, since = theme.number(first.value, release.unit), theme.period(release.grain, first.start)
    if first is last or now == then:
        return f"{name} held at {now} in {at}"
    step = float(last.value or 0) - float(first.value or 0)
    return f"{name} is {now} in {at}, {'up' if step > 0 else 'down'} from {then} in {since}"


def mix(release: Release, dimension: str, today: date, of_what: str) -> str:
    """Say which part is largest: `Opus 4.7 is 37% of estimated cost, up from 8% in W22`."""
    rows = [row for row in closed(release, today) if row.value]
    if not rows:
        return nothing(release)
    # A share needs the whole: periods with a hidden part have none that can be shown.
    torn = {row.start for row in release.rows if row.hidden}
    rows = [row for row in rows if row.start not in torn]
    if not rows:
        return f"Some parts of {of_what} are hidden"
    first, last = min(row.start for row in rows), max(row.start for row in rows)

    parts: dict[date, dict[str, Fraction]] = {}  # as drawn: a model may have several ids
    for row in rows:
        here, name = (
            parts.setdefault(row.start, {}),
            theme.label_of(dimension, row.groups[dimension]),
        )
        here[name] = here.get(name, Fraction(0)) + Fraction(row.value or 0)
    label = max(parts[last], key=lambda one: parts[last][one])
    now, before = (
        parts[start].get(label, Fraction(0)) / sum(parts[start].values()) for start in (last, first)
    )
    part = theme.number(now, "1")
    at = theme.period(release.grain, last)
    if first == last or theme.number(before, "1") == part:
        return f"{label} is {part} of {of_what} in {at}"
    way = "up" if now > before else "down"
    of_what += f" in {at}" if max(torn, default=last) > last else ""
    since = theme.period(release.grain, first)
    return f"{label} is {part} of {of_what}, {way} from {theme.number(before, '1')} in {since}"


def teams_above(release: Release, dimension: str) -> str:
    """Count the groups above one half: `Nine of twelve teams are above 50%`."""
    rows = [
        row
        for row in release.rows
        if row.value is not None and row.groups.get(dimension) != "Automation"
    ]
    if not rows:
        return NOTHING_SHOWN if release.as_of else NOT_FED
    above = sum(Fraction(row.value) > HALF for row in rows if row.value is not None)
    return f"{spelled(above)} of {spelled(len(rows)).lower()} teams are above 50%"


def span(release: Release, dimension: str, what: str) -> str:
    """Say how far groups lie apart: `Cost per active user lies between $127 and $171 by team`."""
    values = [
        row.value
        for row in release.rows
        if row.value is not None and row.groups.get(dimension) != "Automation"
    ]
    if not values:
        return NOTHING_SHOWN if release.as_of else NOT_FED
    low = theme.number(min(values, key=float), release.unit)
    high = theme.number(max(values, key=float), release.unit)
    return f"{what} is {low}" if low == high else f"{what} is between {low} and {high} by team"


def most(release: Release, dimension: str, verb: str, of_what: str) -> str:
    """Name the largest of what is no group of people: `Chat: 120 people in W46, most of 6`."""
    rows = [row for row in release.rows if row.value is not None]
    named = [row for row in rows if row.groups[dimension] != OTHER]
    if not named:
        return NOTHING_SHOWN if rows else nothing(release)
    top = max(named, key=lambda row: float(row.value or 0))
    label = theme.label_of(dimension, top.groups[dimension])
    now, at = theme.number(top.value, release.unit), theme.period(release.grain, top.start)
    start = f"{label}: {now} {verb} in {at}"
    return f"{start}, the most of {len(named)} {of_what}" if len(named) > 1 else start


def outlook(month: str, low: Decimal, high: Decimal, budget: Decimal | None) -> str:
    """Say where a month is heading: `November is heading for $26k-$29k, inside the $30k budget`."""
    ends = list(dict.fromkeys(theme.money(float(one)) for one in (low, high)))
    start = f"{month} is heading for {EN_DASH.join(ends)}"
    if budget is None:
        return start
    where = "inside" if high <= budget else "above" if low > budget else "at the edge of"
    return f"{start}, {where} the {theme.money(float(budget))} budget"


def against_invoice(gap: Release, today: date) -> str:
    """Say how far the estimate lies from the invoice in the last closed month that has both."""
    rows = closed(gap, today)
    if not rows:
        return "Estimated cost by month" if gap.is_empty else NOTHING_SHOWN
    share, at = float(rows[-1].value or 0), theme.period("month", rows[-1].start)
    if abs(share) < STEADY:
        return f"The estimate met the invoice in {at}"
    way = "above" if share > 0 else "below"
    return f"The estimate ran {abs(share):.0%} {way} the invoice in {at}"


def visible(release: Release) -> str:
    """Say how many eligible people any source knows: `84% of eligible people are visible`."""
    row = release.rows[-1] if release.rows else None
    if row is None or row.value is None:
        why = theme.reason(row.hidden) if row and row.hidden else "not known yet"
        return f":material/visibility: How many eligible people are visible: {why}"
    at = theme.period(release.grain, row.start)
    says = f"{theme.number(row.value, '1')} of eligible people are visible ({at})"
    if Fraction(row.value) < ENOUGH:
        return f":orange[:material/warning: Only {says}: adoption may be understated]"
    return f":material/visibility: {says}"


def count_of(row: Row | None) -> int | None:
    """Return the count of a row, None where there is none to show."""
    return None if row is None or row.value is None else int(row.value)


def seats(never: int | None, idle: int | None) -> str:
    """Say how many seats lie unused: `14 seats were never used; 25 were idle for a month`."""
    words = []
    if never is not None:
        words.append(f"{never} {'seat was' if never == 1 else 'seats were'} never used")
    if idle is not None:
        words.append(f"{idle} {'was' if idle == 1 else 'were'} idle for a month")
    return "; ".join(words) if never is not None else "Seats and how they are used"


def alt(title: str, releases: Sequence[Release]) -> str:
    """Return what a chart shows for who cannot see it: statement, range, first and last value."""
    rows = [row for release in releases[:1] for row in release.rows if row.value is not None]
    if not rows:
        return title
    unit, grain = releases[0].unit, releases[0].grain
    first, last = rows[0], rows[-1]
    return (
        f"{title}. From {theme.period(grain, first.start)} ({theme.number(first.value, unit)}) "
        f"to {theme.period(grain, last.start)} ({theme.number(last.value, unit)})."
    )
