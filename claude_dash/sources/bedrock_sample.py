"""A sample of a bucket of logs: some of the newest calls, counted; no name leaves it."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from itertools import chain, islice, zip_longest

from claude_dash.errors import SourceObjectError
from claude_dash.facts.logs import Listed
from claude_dash.sources.aws import LogBucket
from claude_dash.sources.bedrock_log import BrokenObject, ObjectCalls, read_object
from claude_dash.sources.bedrock_names import APPLICATION_PROFILE
from claude_dash.sources.bedrock_reading import Reading

Place = tuple[str, str]  # account, Region
SAMPLE_OBJECTS, SAMPLE_DAYS = 20, 7
MAX_SAMPLE_BYTES = 64 * 2**20  # of one object, after decompression
FEW_CALLS = 10
FEW_SESSIONS = 8  # of one role: a gateway has some tasks, a shared role a session for every run
MOST, HALF = 0.9, 0.5
UNIQUE, SHARED, COLLAPSED = "unique people", "shared role", "gateway-collapsed"


@dataclass(slots=True)
class Sample:
    """What some objects hold.

    calls: those that count. names: of people, who count for how many calls; roles: the same of
    others, by whatever stays the same of them; sessions: under which names those called. None of
    the three is ever told. has_bodies: None before any call was seen.
    """

    objects: int = 0
    calls: int = 0
    left_out: Counter[str] = field(default_factory=Counter)
    set_aside: Counter[str] = field(default_factory=Counter)
    profiles: set[str] = field(default_factory=set)
    has_bodies: bool | None = None
    names: Counter[str] = field(default_factory=Counter, repr=False)
    roles: Counter[str] = field(default_factory=Counter, repr=False)
    sessions: dict[str, set[str]] = field(default_factory=lambda: defaultdict(set), repr=False)

    @property
    def grade(self) -> str:
        """Say how well calls name people; empty when too few were seen."""
        if self.calls < FEW_CALLS:
            return ""
        if self.names.total() >= MOST * self.calls:
            return UNIQUE
        ((busiest, most),) = self.roles.most_common(1)
        is_one = most >= HALF * self.calls and len(self.sessions[busiest]) <= FEW_SESSIONS
        return COLLAPSED if is_one else SHARED


def take_sample(bucket: LogBucket, days: Mapping[Place, list[date]], reading: Reading) -> Sample:
    """Read some of the newest objects of every account and Region.

    Args:
        bucket: Where they are.
        days: The days of each account and Region, oldest first.
        reading: How a call is read.

    Raises:
        SourceError: No object can be read.
    """
    made = Sample()
    refused: SourceObjectError | None = None
    each = max(1, SAMPLE_OBJECTS // len(days))
    for (account, region), some in days.items():
        for one in _newest(bucket, account, region, some, each):
            try:
                found = _read(bucket, one, reading)
            except BrokenObject as error:
                made.set_aside[error.reason] += 1
            except SourceObjectError as error:
                refused = error
                made.set_aside[str(error)] += 1
            else:
                if found is not None:
                    _add(made, found, account, reading)
    if refused is not None and not made.objects:
        raise refused
    return made


def _newest(
    bucket: LogBucket, account: str, region: str, days: list[date], most: int
) -> Iterator[Listed]:
    """Yield objects of the newest days, one of every hour and then the next of every hour."""
    folders = (
        hour
        for day in days[: -SAMPLE_DAYS - 1 : -1]
        for hour in reversed(bucket.list_hours(account, region, day))
    )
    listed = [bucket.objects(one) for one in islice(folders, most)]
    rounds = chain.from_iterable(zip_longest(*listed))
    yield from islice((one for one in rounds if one is not None), most)


def _read(bucket: LogBucket, one: Listed, reading: Reading) -> ObjectCalls | None:
    fetched = bucket.get(one.key)
    if fetched is None:
        return None
    return read_object(
        fetched.chunks,
        is_gzip=one.key.endswith(".gz"),
        keys=reading.keys,
        max_json_bytes=MAX_SAMPLE_BYTES,
    )


def _add(made: Sample, found: ObjectCalls, account: str, reading: Reading) -> None:
    made.objects += 1
    if found.calls:
        made.has_bodies = bool(made.has_bodies) or found.has_bodies
    for call in found.calls:
        placed = reading.place(call, account)
        if placed.reason:
            made.left_out[placed.reason] += 1
            continue
        made.calls += 1
        if placed.model.model.startswith(APPLICATION_PROFILE):
            made.profiles.add(placed.model.model)
        who = placed.principal
        if who.kind == "person":
            made.names[who.value] += 1
        else:
            made.roles[who.value] += 1
            made.sessions[who.value].add(call.arn)
