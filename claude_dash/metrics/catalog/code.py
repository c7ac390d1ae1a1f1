"""Output: what comes out, and how much of what was suggested was kept."""

from claude_dash.metrics.define import PEOPLE_GRAINS, Metric, people, total

GENERATED = "Generated files count like any other."

LINES_ADDED = Metric(
    name="lines_added",
    label="Lines added",
    unit="{line}",
    value=total("lines_added"),
    definition="Lines added by Claude Code in accepted changes.",
    reliability="low",
    distortions=GENERATED,
)
LINES_REMOVED = Metric(
    name="lines_removed",
    label="Lines removed",
    unit="{line}",
    value=total("lines_removed"),
    definition="Lines removed by Claude Code in accepted changes.",
    reliability="low",
    distortions=GENERATED,
)
COMMITS = Metric(
    name="commits",
    label="Commits",
    unit="{commit}",
    value=total("commits"),
    definition="Commits made through Claude Code.",
    reliability="medium",
    distortions="Commits made outside Claude Code are not seen.",
)
PULL_REQUESTS = Metric(
    name="pull_requests",
    label="Pull requests",
    unit="{pull_request}",
    value=total("pull_requests"),
    definition="Pull requests created through Claude Code.",
    distortions="Pull requests that contain its code but were created elsewhere are not seen.",
)
SUGGESTIONS_ACCEPTED = Metric(
    name="suggestions_accepted",
    label="Suggestions accepted",
    unit="{suggestion}",
    value=total("suggestions_accepted"),
    definition="Proposed edits that were accepted, every tool of the report included.",
    reliability="low",
    distortions="Automatic acceptance counts as acceptance.",
)
SUGGESTIONS_REJECTED = Metric(
    name="suggestions_rejected",
    label="Suggestions rejected",
    unit="{suggestion}",
    value=total("suggestions_rejected"),
    definition="Proposed edits that were rejected, every tool of the report included.",
    reliability="low",
    distortions="Automatic acceptance hides rejections.",
)
ACCEPT_RATE = Metric(
    name="accept_rate",
    label="Accept rate",
    unit="1",
    value=total("suggestions_accepted")
    / (total("suggestions_accepted") + total("suggestions_rejected")),
    definition="Accepted suggestions over accepted and rejected ones.",
    reliability="low",
    distortions="Automatic acceptance moves it towards 100 %; it does not measure quality. "
    "Data trust tells which share settings and hooks decided, where clients report it.",
)


def _per_active_user(metric: Metric) -> Metric:
    measure = metric.name
    return Metric(
        name=f"{measure}_per_active_user",
        label=f"{metric.label} per active user",
        unit=f"{metric.unit}/{{user}}",
        value=total(measure, people_only=True) / people("active"),
        definition=f"{metric.label} of people, without automation, over active users.",
        grains=("day", *PEOPLE_GRAINS),
        reliability=metric.reliability,
        distortions=metric.distortions,
    )


LINES_ADDED_PER_ACTIVE_USER = _per_active_user(LINES_ADDED)
LINES_REMOVED_PER_ACTIVE_USER = _per_active_user(LINES_REMOVED)
COMMITS_PER_ACTIVE_USER = _per_active_user(COMMITS)
PULL_REQUESTS_PER_ACTIVE_USER = _per_active_user(PULL_REQUESTS)
