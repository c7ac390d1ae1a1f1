"""What can be read of a bucket of logs, in words for whoever entered it; never a name."""

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Literal

from claude_dash.clock import today
from claude_dash.errors import SourceError, SourceUntrustedError
from claude_dash.sources.aws import LogBucket
from claude_dash.sources.aws_session import ASKING_TRIES, Access, is_open
from claude_dash.sources.bedrock_reading import Reading
from claude_dash.sources.bedrock_sample import (
    COLLAPSED,
    SHARED,
    UNIQUE,
    Place,
    Sample,
    take_sample,
)
from claude_dash.sources.findings import Finding

MAX_PLACES = 20  # accounts and Regions that are looked into: somebody waits for the answer
AT_ONCE = 8
QUIET = timedelta(days=3)
GRADES: Mapping[str, str] = {
    UNIQUE: "Nearly every call names a person.",
    SHARED: (
        "Many calls come from a role that several people share. Let everybody assume it with a "
        "session name of their own, best the mail address, for example through IAM Identity "
        "Center; or enter a pattern that finds the person in the session names."
    ),
    COLLAPSED: (
        "Most calls come from one role, as behind a gateway: all its people are one. Let the "
        "gateway send who asks as request metadata (X-Amzn-Bedrock-Request-Metadata) and enter "
        "its key here; until then usage counts for the organisation alone."
    ),
}
ONE_NAME = " It is one and the same: one person, or a user that several people share."
NOT_COVERED = (
    "sessions, lines, commits and features: logs have none",
    "bedrock-mantle, which AWS does not log",
    "Regions in which logging is not switched on",
)
EMPTY = (
    "No log was found under this prefix. Logging may be off: in the AWS console, Bedrock, "
    "Settings, Model invocation logging, per account and Region. After it was switched on, "
    "objects come within 35 minutes of the next call."
)
CLOSED = "It asks for the external id."
OPEN = (
    "The role lets us in without the external id, and then anybody whom its trust policy names: "
    "add the condition on sts:ExternalId."
)
NO_BODIES = "Prompts are not in the bucket."
BODIES = (
    "Prompts or answers are delivered to the bucket. They are never read; switch the delivery of "
    "text off in Bedrock's settings: logs get smaller, and no prompt is stored."
)


@dataclass(slots=True)
class BucketProbe:
    """The outcome of asking; `waiting` while the role does not trust us.

    spans: of each account and Region the first and last day; None where there is none, or where
    nobody looked. refuses: whether the role refuses a call without the external id; None without a
    role. region: the bucket's own.
    """

    status: Literal["ok", "refused", "unreachable", "waiting"] = "ok"
    error: SourceError | None = None
    findings: list[Finding] = field(default_factory=list)
    spans: dict[Place, tuple[date, date] | None] = field(default_factory=dict)
    refuses: bool | None = None
    region: str = ""
    sample: Sample = field(default_factory=Sample)
    not_covered: tuple[str, ...] = NOT_COVERED

    @property
    def first_day(self) -> date | None:
        """Return the first day of any log."""
        return min((span[0] for span in self.spans.values() if span), default=None)

    @property
    def last_day(self) -> date | None:
        """Return the last day of any log."""
        return max((span[1] for span in self.spans.values() if span), default=None)

    def found(self) -> dict[str, Any]:
        """Return what was found, as scripts read it."""
        if self.error is not None:
            return {}
        return {
            "accounts": sorted({account for account, _ in self.spans}),
            "regions": sorted({region for _, region in self.spans}),
            "first_day": self.first_day,
            "last_day": self.last_day,
            "days": {
                f"{account} {region}": span and {"first_day": span[0], "last_day": span[1]}
                for (account, region), span in self.spans.items()
            },
            "bucket_region": self.region,
            "bodies": self.sample.has_bodies,
            "identity": self.sample.grade,
            "refuses_without_external_id": self.refuses,
            "sample": {"objects": self.sample.objects, "calls": self.sample.calls},
            "left_out": dict(self.sample.left_out),
            "reports": {
                one.report: {"found": one.is_found, "says": one.sentence} for one in self.findings
            },
            "not_covered": list(self.not_covered),
        }


def probe_bedrock(access: Access, reading: Reading) -> BucketProbe:
    """Ask what can be read: the role, accounts and Regions, days, and some of the newest calls."""
    made = BucketProbe()
    try:
        with closing(LogBucket(access, tries=ASKING_TRIES)) as bucket:
            _ask(made, bucket, reading)
    except SourceUntrustedError as error:
        made.status, made.error = "waiting", error
    except SourceError as error:
        made.status, made.error = ("unreachable" if error.retry else "refused"), error
    return made


def _ask(made: BucketProbe, bucket: LogBucket, reading: Reading) -> None:
    access = bucket.access
    accounts = bucket.list_accounts()
    if access.role_arn:
        made.refuses = not is_open(access)
        made.findings.append(Finding("Role", made.refuses, CLOSED if made.refuses else OPEN))
    places = [(account, region) for account in accounts for region in bucket.list_regions(account)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        listed = pool.map(lambda place: bucket.list_days(*place), places[:MAX_PLACES])
        days = dict(zip(places, listed, strict=False))
    made.spans = {
        place: (some[0], some[-1]) if (some := days.get(place)) else None for place in places
    }
    made.region = bucket.region
    made.findings.append(_logs(made))
    if made.last_day is not None:
        made.sample = take_sample(bucket, days, reading)
        made.findings += _of_sample(made.sample)


def _logs(made: BucketProbe) -> Finding:
    last = made.last_day
    if last is None:
        return Finding("Logs", is_found=False, sentence=EMPTY)
    said = " ".join(
        f"{account}, {region}: {_spelled(span[0])} to {_spelled(span[1])}."
        for (account, region), span in made.spans.items()
        if span
    )
    places = len(made.spans)
    if places > MAX_PLACES:
        said += f" Looked into {MAX_PLACES} of {places} accounts and Regions."
    if is_quiet := last < today() - QUIET:
        said += (
            f" Nothing since {_spelled(last)}: logging or replication may have been switched off."
        )
    return Finding("Logs", not is_quiet, said)


def _spelled(day: date) -> str:
    return f"{day.day} {day:%b %Y}"


def _of_sample(sample: Sample) -> list[Finding]:
    found = []
    if sample.set_aside:
        number = sample.set_aside.total()
        of = sample.objects + number
        reasons = "; ".join(one.rstrip(".") for one in sorted(sample.set_aside))
        said = f"{number} of {of} in a sample cannot be counted: {reasons}."
        found.append(Finding("Objects", is_found=False, sentence=said))
    if sample.has_bodies is None:
        return found
    found.append(_calls(sample))
    said = BODIES if sample.has_bodies else NO_BODIES
    found.append(Finding("Bodies", not sample.has_bodies, said))
    if grade := sample.grade:
        one = ONE_NAME if grade == UNIQUE and len(sample.names) == 1 else ""
        said = f"Grade: {grade}. {GRADES[grade]}{one}"
        found.append(Finding("Identity", grade == UNIQUE and not one, said))
    if sample.profiles:
        number = len(sample.profiles)
        hide = "profile hides its model" if number == 1 else "profiles hide their models"
        said = (
            f"{number} application inference {hide}: such calls count, and are unpriced until a "
            "price is entered for the profile in settings."
        )
        found.append(Finding("Models", is_found=False, sentence=said))
    return found


def _calls(sample: Sample) -> Finding:
    left_out = sample.left_out.total()
    said = f"{sample.calls} of {sample.calls + left_out} in a sample count as Claude Code."
    if left_out:
        reasons = (f"{number} {reason}" for reason, number in sample.left_out.most_common())
        said += f" Left out: {'; '.join(reasons)}."
    return Finding("Calls", sample.calls > 0, said)
