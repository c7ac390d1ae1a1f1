"""Habit: how often and how deeply it is used."""

from claude_dash.metrics.define import PEOPLE_GRAINS, Metric, people, total

SESSIONS = Metric(
    name="sessions",
    label="Sessions",
    unit="{session}",
    value=total("sessions"),
    definition="Sessions started, as the vendor counts them, added up; of clients, distinct "
    "sessions with activity on the day.",
    distortions="A session that clients report on two days counts on both.",
)
ACTIVE_HOURS = Metric(
    name="active_hours",
    label="Active hours",
    unit="h",
    value=total("active_ms"),
    definition="Hours in which people typed or Claude Code worked for them, as clients report.",
    reliability="medium",
    distortions="Of people whose clients send telemetry; print mode tells Claude's part alone.",
)
SESSIONS_PER_ACTIVE_USER = Metric(
    name="sessions_per_active_user",
    label="Sessions per active user",
    unit="{session}/{user}",
    value=total("sessions", people_only=True) / people("active"),
    definition="Sessions of people, without automation, over active users.",
    grains=("day", *PEOPLE_GRAINS),
)
ACTIVE_DAYS_PER_ACTIVE_USER = Metric(
    name="active_days_per_active_user",
    label="Active days per active user",
    unit="d/{user}",
    value=total("active_days") / people("active"),
    definition="Active person-days over active users.",
    grains=PEOPLE_GRAINS,
)
