"""Reach: who could use Claude Code, who does, who came, stayed, came back and left."""

from claude_dash.metrics.define import PEOPLE_GRAINS, Metric, people

LOOKBACK_DAYS = 28
SEGMENT_LOOKBACK_DAYS = 84
VISIBLE_LOOKBACK_DAYS = 28

PEOPLE = Metric(
    name="people",
    label="People",
    unit="{person}",
    value=people("people"),
    definition="Eligible people of the roster on the Thursday of the week; the vendor's user list "
    "is the roster where no file was imported.",
    grains=("day", *PEOPLE_GRAINS),
)
ACTIVE_USERS = Metric(
    name="active_users",
    label="Active users",
    unit="{user}",
    value=people("active"),
    definition="Distinct people with any kept counter above 0 on a UTC day of the period; keys and "
    "service accounts are not people.",
    grains=("day", *PEOPLE_GRAINS),
    technical=("product",),
)
VENDOR_ACTIVE_USERS = Metric(
    name="vendor_active_users",
    label="Active users, as the vendor counts",
    unit="{user}",
    value=people("vendor_active"),
    definition="Active users of all surfaces as Claude Enterprise counts them: of the day, of the "
    "7 days that end with the week, of the 30 days that end with the month.",
    grains=("day", "week", "month"),
    levels=(),
    technical=("product",),
    distortions="The vendor counts token use on any surface; ours counts work in Claude Code.",
)
ADOPTION_RATE = Metric(
    name="adoption_rate",
    label="Adoption rate",
    unit="1",
    value=people("active_eligible") / people("people"),
    definition="Active eligible people over eligible people of the roster.",
    grains=("day", *PEOPLE_GRAINS),
)
COVERAGE_RATE = Metric(
    name="coverage_rate",
    label="Coverage",
    unit="1",
    value=people("visible") / people("people"),
    definition="Eligible people whom a source lists as member or has any record of in the four "
    "weeks that end with the week, over eligible people of the roster.",
    grains=("week",),
    lookback_days=VISIBLE_LOOKBACK_DAYS - 7,
    distortions="Being visible is not being active. Where no roster file was imported, the "
    "roster is the vendor's own list, and whoever is on no list is not missed.",
)
LOGS_ALONE = Metric(
    name="logs_alone_rate",
    label="Seen in logs alone",
    unit="1",
    value=people("active_in_logs_alone") / people("active"),
    definition="Active users of whom no source tells sessions, lines or commits, as Bedrock's logs "
    "do not, over active users.",
    grains=("week",),
    levels=(),
)
STICKINESS = Metric(
    name="stickiness",
    label="Workday stickiness",
    unit="1",
    value=people("workday_actives") / people("workdays") / people("active"),
    definition="Mean daily active users from Monday to Friday of the calendar month over active "
    "users of the month.",
    grains=("month",),
    levels=(),
)
NEW_USERS = Metric(
    name="new_users",
    label="New users",
    unit="{user}",
    value=people("new"),
    definition="People whose first active day ever seen lies in the period.",
    grains=PEOPLE_GRAINS,
    lookback_days=LOOKBACK_DAYS,
)
RETAINED_USERS = Metric(
    name="retained_users",
    label="Retained users",
    unit="{user}",
    value=people("retained"),
    definition="People active in the period and in the four weeks before it; for a month, in the "
    "month before.",
    grains=PEOPLE_GRAINS,
    lookback_days=LOOKBACK_DAYS,
)
RESURRECTED_USERS = Metric(
    name="resurrected_users",
    label="Returned users",
    unit="{user}",
    value=people("resurrected"),
    definition="People active in the period and seen before, but not in the four weeks before it; "
    "for a month, not in the month before.",
    grains=PEOPLE_GRAINS,
    lookback_days=LOOKBACK_DAYS,
)
LAPSED_USERS = Metric(
    name="lapsed_users",
    label="Paused users",
    unit="{user}",
    value=people("lapsed"),
    definition="People active in the four weeks before the period, or for a month in the month "
    "before, and not in it.",
    grains=PEOPLE_GRAINS,
    lookback_days=LOOKBACK_DAYS,
)
ACTIVATED_USERS = Metric(
    name="activated_users",
    label="Activated users",
    unit="{user}",
    value=people("activated"),
    definition="People who, by the end of the period, had been active on three days within 14 days "
    "of their first use.",
    grains=PEOPLE_GRAINS,
    lookback_days=LOOKBACK_DAYS,
)
ACTIVATION_RATE = Metric(
    name="activation_rate",
    label="Activation rate",
    unit="1",
    value=people("started_activated") / people("started"),
    definition="Of the people who started 14 or more days before the end of the period, the share "
    "that was active on three days within 14 days of first use.",
    grains=PEOPLE_GRAINS,
    lookback_days=LOOKBACK_DAYS,
)
RETENTION_RATE = Metric(
    name="retention_rate",
    label="Retention rate",
    unit="1",
    value=people("cohort_active") / people("cohort_size"),
    definition="Of the people who first used it in the cohort's week (for months: month), the "
    "share that is active in the period; without a cohort, those who began four weeks (one month) "
    "before. Cohorts of fewer people than the smallest group are hidden.",
    grains=("week", "month"),
    levels=(),
    technical=("cohort",),
)
SEGMENT_USERS = Metric(
    name="segment_users",
    label="People by segment",
    unit="{person}",
    value=people("segment_users"),
    definition="People by their last 12 weeks: power (a session in 9 of them and 10 or more a week "
    "on average), habitual (a session in 9 of them), novice (one or more a week), low (any), none. "
    "Where no source tells somebody's sessions of a week, an active day counts as one.",
    grains=("week",),
    levels=(),
    technical=("segment",),
    lookback_days=SEGMENT_LOOKBACK_DAYS - 7,
)
SEATS = Metric(
    name="seats",
    label="Seats",
    unit="{seat}",
    value=people("seats"),
    definition="Seats that Enterprise has assigned, and members of other organizations on the "
    "Thursday of the week; below the organization, members alone.",
    grains=PEOPLE_GRAINS,
)
SEAT_UTILIZATION = Metric(
    name="seat_utilization",
    label="Seat utilization",
    unit="1",
    value=people("active") / people("seats"),
    definition="Active users over seats.",
    grains=PEOPLE_GRAINS,
)
IDLE_SEATS = Metric(
    name="idle_seats",
    label="Idle seats",
    unit="{seat}",
    value=people("idle_seats"),
    definition="Seats that were not used on any surface in the month.",
    grains=("month", "total"),
)
NEVER_USED_SEATS = Metric(
    name="never_used_seats",
    label="Never used seats",
    unit="{seat}",
    value=people("never_used_seats"),
    definition="Seats of members who used no surface since the seat was given.",
    grains=PEOPLE_GRAINS,
)
PENDING_INVITES = Metric(
    name="pending_invites",
    label="Open invitations",
    unit="{invitation}",
    value=people("pending_invites"),
    definition="Invitations sent, not accepted and not expired at the end of the period.",
    grains=PEOPLE_GRAINS,
    levels=(),
)
