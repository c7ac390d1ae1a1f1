"""Money: what usage is estimated to cost, what is billed, what it lists at, and per what."""

from dataclasses import replace

from claude_dash.metrics.define import PEOPLE_GRAINS, Metric, people, quotient, total

SMALLEST_COUNT = 30  # below it a cost per event says more about chance than about cost
_LEAST = {"commits": SMALLEST_COUNT, "pull_requests": SMALLEST_COUNT}
ESTIMATE = "An estimate at list rates, not an invoice."
BY_SEAT = "Claude Code by Enterprise seat is counted below the line, and not estimated above it."
CREDITS = "Under a seat plan it covers usage credits only."
REVISED = "The vendor revises it for up to 30 days."

COST_ESTIMATED = Metric(
    name="cost_estimated",
    label="Cost, estimated",
    unit="USD",
    value=total("cost_estimated"),
    definition="Cost of the tokens as the vendor's report estimates it, and of calls on Amazon "
    "Bedrock at list price or at prices of our own.",
    reliability="medium",
    distortions=f"{ESTIMATE} Tokens of a model without a price are not in it: it is at least this. "
    "Bedrock's logs do not tell how long a cache write is kept: it is priced at 5 minutes, which "
    "understates what is kept for an hour by up to 37.5%.",
)
COST_BILLED = Metric(
    name="cost_billed",
    label="Cost, billed",
    unit="USD",
    value=total("cost_billed"),
    definition=f"Claude Code's cost after negotiated discounts and before credits. {CREDITS}",
    distortions=REVISED,
)
COST_LIST = Metric(
    name="cost_list",
    label="Cost, at list price",
    unit="USD",
    value=total("cost_list"),
    definition=f"Claude Code's cost at list price, before discounts. {CREDITS}",
    distortions=REVISED,
)
SPEND_BILLED = Metric(
    name="spend_billed",
    label="All spend, billed",
    unit="USD",
    value=total("cost_billed") + total("cost_billed_elsewhere"),
    definition="Cost of every product, not of Claude Code alone, after negotiated discounts and "
    f"before credits. {CREDITS}",
    distortions=f"{REVISED} Priority Tier is not part of it.",
)
SPEND_LIST = Metric(
    name="spend_list",
    label="All spend, at list price",
    unit="USD",
    value=total("cost_list") + total("cost_list_elsewhere"),
    definition=f"Cost of every product, not of Claude Code alone, at list price. {CREDITS}",
    distortions=f"{REVISED} Priority Tier is not part of it.",
)
RECONCILIATION_GAP = Metric(
    name="reconciliation_gap",
    label="Estimate against invoice",
    unit="1",
    value=(total("cost_estimated", source="console") - total("cost_billed")) / total("cost_billed"),
    definition="Cost of Claude Code that the Console estimates, less its billed cost, over billed "
    "cost. Amazon Bedrock is estimated here and billed by AWS: it is in neither.",
    grains=("week", "month", "total"),
    levels=(),
    technical=(),
    distortions="Discounts, a stale price table, and people whom only one of the two sees: Claude "
    "Code by Enterprise seat is billed and not estimated.",
)


def _per(name: str, label: str, unit: str, below: str, words: str) -> Metric:
    """Return estimated cost over something; billed cost where nothing estimates."""

    def made(kind: str) -> Metric:
        is_person = below == "active"
        above = total(f"cost_{kind}", people_only=is_person)
        return Metric(
            name=name,
            label=label,
            unit=unit,
            value=above / people(below)
            if is_person
            else quotient(above, total(below), at_least=_LEAST.get(below, 1)),
            definition=f"{kind.capitalize()} cost{words}",
            grains=("day", *PEOPLE_GRAINS),
            technical=None if is_person else (),
            reliability="medium" if below not in _LEAST else "low",
            distortions=f"{ESTIMATE} {BY_SEAT}" if kind == "estimated" else CREDITS,
        )

    return replace(made("estimated"), otherwise=made("billed"))


COST_PER_ACTIVE_USER = _per(
    "cost_per_active_user",
    "Cost per active user",
    "USD/{user}",
    "active",
    " of people, without automation, over active users.",
)
COST_PER_SESSION = _per(
    "cost_per_session", "Cost per session", "USD/{session}", "sessions", " over sessions."
)
COST_PER_COMMIT = _per(
    "cost_per_commit",
    "Cost per commit",
    "USD/{commit}",
    "commits",
    " over commits made through Claude Code; empty below 30 commits. It does not measure value.",
)
COST_PER_PULL_REQUEST = _per(
    "cost_per_pull_request",
    "Cost per pull request",
    "USD/{pull_request}",
    "pull_requests",
    " over pull requests created through Claude Code; empty below 30 pull requests. It does not "
    "measure value.",
)
