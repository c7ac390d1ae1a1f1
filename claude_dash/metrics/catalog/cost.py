"""Money: what the usage is estimated to cost, and per what."""

from claude_dash.metrics.define import PEOPLE_GRAINS, Metric, people, quotient, total

SMALLEST_COUNT = 30  # below it a cost per event says more about chance than about cost
ESTIMATE = "An estimate at list rates, not an invoice."

COST_ESTIMATED = Metric(
    name="cost_estimated",
    label="Cost, estimated",
    unit="USD",
    value=total("cost_estimated"),
    definition="Cost of the tokens as the vendor's report estimates it.",
    reliability="medium",
    distortions=ESTIMATE,
)
COST_PER_ACTIVE_USER = Metric(
    name="cost_per_active_user",
    label="Cost per active user",
    unit="USD/{user}",
    value=total("cost_estimated", people_only=True) / people("active"),
    definition="Estimated cost of people, without automation, over active users.",
    grains=("day", *PEOPLE_GRAINS),
    reliability="medium",
    distortions=ESTIMATE,
)
COST_PER_SESSION = Metric(
    name="cost_per_session",
    label="Cost per session",
    unit="USD/{session}",
    value=total("cost_estimated") / total("sessions"),
    definition="Estimated cost over sessions.",
    technical=(),
    reliability="medium",
    distortions=ESTIMATE,
)
COST_PER_COMMIT = Metric(
    name="cost_per_commit",
    label="Cost per commit",
    unit="USD/{commit}",
    value=quotient(total("cost_estimated"), total("commits"), at_least=SMALLEST_COUNT),
    definition="Estimated cost over commits made through Claude Code; empty below 30 commits. "
    "It does not measure value.",
    technical=(),
    reliability="low",
    distortions=ESTIMATE,
)
COST_PER_PULL_REQUEST = Metric(
    name="cost_per_pull_request",
    label="Cost per pull request",
    unit="USD/{pull_request}",
    value=quotient(total("cost_estimated"), total("pull_requests"), at_least=SMALLEST_COUNT),
    definition="Estimated cost over pull requests created through Claude Code; empty below 30 "
    "pull requests. It does not measure value.",
    technical=(),
    reliability="low",
    distortions=ESTIMATE,
)
