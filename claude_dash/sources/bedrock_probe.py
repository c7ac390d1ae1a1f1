"""What can be read of a bucket of logs, in words for whoever entered it; never a name."""

from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import islice
from typing import Any, Literal

from claude_dash.errors import SourceError, SourceUntrustedError
from claude_dash.sources.aws import LogBucket
from claude_dash.sources.aws_session import ASKING_TRIES, Access, is_open
from claude_dash.sources.bedrock_log import BrokenObject, Call, read_object
from claude_dash.sources.bedrock_names import APPLICATION_PROFILE
from claude_dash.sources.bedrock_reading import Placed, Reading
from claude_dash.sources.findings import Finding

MAX_PLACES = 20  # accounts and Regions that are looked into: somebody waits for the answer
SAMPLE_OBJECTS = 20
FEW_CALLS = 10
MOST, HALF = 0.9, 0.5
MAX_SAMPLE_BYTES = 64 * 2**20
UNIQUE, SHARED, COLLAPSED = "unique people", "shared role", "gateway-collapsed"
GRADES: Mapping[str, str] = {
    UNIQUE: "Nearly every call names a person.",
    SHARED: (
        "Many calls come from a role that several people share. Let everybody assume it with a "
        "session name of their own, best the mail address, for example through IAM Identity "
        "Center; or enter a pattern that finds the person in the session names."
    ),
    COLLAPSED: (
        "Nearly all calls come from one principal, as behind a gateway. Let the gateway send "
        "who asks as request metadata (X-Amzn-Bedrock-Request-Metadata) and enter its key here; "
        "until then usage counts for the organisation alone."
    ),
}
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
OPEN = (
    "The role lets us in without the external id, and then anybody whom its trust policy names: "
    "add the condition on sts:ExternalId."
)


@dataclass(slots=True)
class BucketProbe:
    """The outcome of asking; `waiting` while the role does not trust us.

    regions: account -> Regions. identity: how well calls name people; empty when too few are seen.
    has_bodies: None when no call was seen. refuses: whether the role refuses a call without the
    external id; None without a role.
    """

    status: Literal["ok", "refused", "unreachable", "waiting"] = "ok"
    error: SourceError | None = None
    findings: list[Finding] = field(default_factory=list)
    regions: dict[str, list[str]] = field(default_factory=dict)
    first_day: date | None = None
    last_day: date | None = None
    has_bodies: bool | None = None
    identity: str = ""
    refuses: bool | None = None
    region: str = ""
    left_out: dict[str, int] = field(default_factory=dict)
    not_covered: tuple[str, ...] = NOT_COVERED

    def found(self) -> dict[str, Any]:
        """Return what was found, as scripts read it."""
        if self.error is not None:
            return {}
        return {
            "accounts": sorted(self.regions),
            "regions": sorted({region for some in self.regions.values() for region in some}),
            "first_day": self.first_day,
            "last_day": self.last_day,
            "bucket_region": self.region,
            "bodies": self.has_bodies,
            "identity": self.identity,
            "refuses_without_external_id": self.refuses,
            "left_out": self.left_out,
            "reports": {
                one.report: {"found": one.is_found, "says": one.sentence} for one in self.findings
            },
            "not_covered": list(self.not_covered),
        }


def probe_bedrock(access: Access, reading: Reading) -> BucketProbe:
    """Ask what can be read: the role, accounts and Regions, days, and some of the newest calls."""
    made = BucketProbe()
    try:
        _ask(made, access, reading)
    except SourceUntrustedError as error:
        made.status, made.error = "waiting", error
    except SourceError as error:
        made.status, made.error = ("unreachable" if error.retry else "refused"), error
    return made


def _ask(made: BucketProbe, access: Access, reading: Reading) -> None:
    bucket = LogBucket(access, tries=ASKING_TRIES)
    accounts = bucket.list_accounts()
    if access.role_arn:
        made.refuses = not is_open(access)
        said = "It asks for the external id." if made.refuses else OPEN
        made.findings.append(Finding("Role", made.refuses, said))
    made.regions = {account: bucket.list_regions(account) for account in accounts}
    places = [(account, region) for account in accounts for region in made.regions[account]]
    days = {place: bucket.list_days(*place) for place in places[:MAX_PLACES]}
    every = [day for some in days.values() for day in some]
    made.first_day, made.last_day = min(every, default=None), max(every, default=None)
    made.region = bucket.region
    made.findings.append(_logs(made, len(places)))
    if every:
        _sample(made, bucket, days, reading)


def _logs(made: BucketProbe, places: int) -> Finding:
    if made.first_day is None or made.last_day is None:
        return Finding("Logs", is_found=False, sentence=EMPTY)
    seen = f" Looked into {MAX_PLACES} of {places}." if places > MAX_PLACES else ""
    where = "; ".join(f"{one}: {', '.join(some)}" for one, some in sorted(made.regions.items()))
    said = f"{where}. From {made.first_day} to {made.last_day}.{seen}"
    return Finding("Logs", is_found=True, sentence=said)


def _sample(
    made: BucketProbe,
    bucket: LogBucket,
    days: dict[tuple[str, str], list[date]],
    reading: Reading,
) -> None:
    """Read some of the newest objects of every account and Region."""
    counted: Counter[tuple[str, str]] = Counter()  # kind, and who called: kept in memory alone
    profiles: set[str] = set()
    left_out: Counter[str] = Counter()
    for call, placed in _calls(made, bucket, days, reading):
        if placed.reason:
            left_out[placed.reason] += 1
            continue
        counted[placed.principal.kind, call.arn or placed.principal.value] += 1
        if placed.model.model.startswith(APPLICATION_PROFILE):
            profiles.add(placed.model.model)
    made.left_out = dict(left_out)
    if made.has_bodies is not None:
        said = "Prompts are not in the bucket."
        if made.has_bodies:
            said = (
                "Prompts or answers are delivered to the bucket. They are never read; switch the "
                "delivery of text off in Bedrock's settings: logs get smaller, and no prompt is "
                "stored."
            )
        made.findings.append(Finding("Bodies", not made.has_bodies, said))
    made.identity = _grade(counted)
    if made.identity:
        said = f"Grade: {made.identity}. {GRADES[made.identity]}"
        made.findings.append(Finding("Identity", made.identity == UNIQUE, said))
    if profiles:
        said = (
            f"{len(profiles)} application inference profiles hide their model: their calls count, "
            "and are unpriced until a price is entered for them in settings."
        )
        made.findings.append(Finding("Models", is_found=False, sentence=said))


def _calls(
    made: BucketProbe,
    bucket: LogBucket,
    days: dict[tuple[str, str], list[date]],
    reading: Reading,
) -> Iterator[tuple[Call, Placed]]:
    each = max(1, SAMPLE_OBJECTS // len(days))
    for (account, region), some in days.items():
        if not some:
            continue
        folder = bucket.folder_of(account, region, some[-1])
        for one in islice(bucket.objects(folder), each):
            fetched = bucket.get(one.key)
            if fetched is None:
                continue
            try:
                found = read_object(
                    fetched.chunks,
                    is_gzip=one.key.endswith(".gz"),
                    keys=reading.keys,
                    max_json_bytes=MAX_SAMPLE_BYTES,
                )
            except BrokenObject:
                continue  # the first sync lists it
            if found.calls:
                made.has_bodies = made.has_bodies or found.has_bodies
            yield from ((call, reading.place(call, account)) for call in found.calls)


def _grade(counted: Counter[tuple[str, str]]) -> str:
    calls = counted.total()
    if calls < FEW_CALLS:
        return ""
    named = sum(number for (kind, _), number in counted.items() if kind == "person")
    if named >= MOST * calls:
        return UNIQUE
    ((kind, _), most), *_ = counted.most_common(1)
    return COLLAPSED if kind != "person" and most >= HALF * calls else SHARED
