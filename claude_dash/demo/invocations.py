"""What Amazon Bedrock logs of the simulated organisation: an object for some hours of each day."""

import gzip
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np
import orjson

from claude_dash.demo.habits import Days
from claude_dash.demo.organization import KEYS, Somebody
from claude_dash.demo.payloads import SATURDAY, UNKNOWN_MODEL

ACCOUNT, REGION = "111122223333", "us-east-1"
FOLDER = f"AWSLogs/{ACCOUNT}/BedrockModelInvocationLogs/{REGION}/"
HOURS = (8, 11, 14, 17)  # in which objects are closed
PROMPT = 150_000  # tokens read from the cache by a usual call
DAMAGED_BACK = 5  # days before the last one, an object was cut off on its way
LOGIN_EVERY, LOGIN_AT = 5, 2  # these sessions have a login for a name, and no address
ROLES, PEOPLE = (
    f"arn:aws:sts::{ACCOUNT}:assumed-role/",
    "AWSReservedSSO_ClaudeCode_0f3a9c1d2b4e5f60/",
)
SHARED = f"{ROLES}pairing-station/i-0a1b2c3d4e5f60718"
GUEST = f"arn:aws:iam::{ACCOUNT}:user/guests/contractor-1"
AGENT = f"{ROLES}support-agent/run"
PROFILE = "application-inference-profile/3f9k2m7q1xz8"  # of which nobody tells the model
MODELS = {
    "claude-sonnet-4-6": "inference-profile/global.anthropic.claude-sonnet-4-6",
    "claude-sonnet-5": "inference-profile/global.anthropic.claude-sonnet-5",
    "claude-opus-4-8": "inference-profile/us.anthropic.claude-opus-4-8",
    "claude-haiku-4-5": "inference-profile/global.anthropic.claude-haiku-4-5-20251001-v1:0",
    UNKNOWN_MODEL: PROFILE,
}
HAIKU, SONNET = MODELS["claude-haiku-4-5"], MODELS["claude-sonnet-5"]
NOVA, TITAN = "amazon.nova-pro-v1:0", "amazon.titan-embed-text-v2:0"
INVOKE, CONVERSE = "InvokeModelWithResponseStream", "ConverseStream"
COUNTERS = ("inputTokenCount", "cacheReadInputTokenCount", "cacheWriteInputTokenCount")
# Who else calls on a workday: caller, operation, model, how often, and what each call has of
# input, cache read, cache write and output.
OTHERS = (
    (f"{ROLES}{KEYS[0]}/build", INVOKE, HAIKU, 9, (3_000, 40_000, 2_000, 600)),
    (f"{ROLES}{KEYS[0]}/build", INVOKE, PROFILE, 2, (2_500, 30_000, 1_500, 500)),
    (SHARED, INVOKE, SONNET, 7, (900, 90_000, 5_000, 1_100)),
    (GUEST, INVOKE, SONNET, 3, (700, 80_000, 4_000, 900)),
    (AGENT, CONVERSE, SONNET, 4, (1_800, 0, 0, 400)),
    (AGENT, "InvokeModel", NOVA, 2, (1_200, 0, 0, 300)),
    (AGENT, "InvokeModel", TITAN, 3, (400, 0, 0, 0)),
)
FAILURES = 3  # calls a workday that were one too many
STREAM = 1_203  # tells these draws from the others


def keys(days: Days) -> list[str]:
    """Return the key of every object, sorted."""
    first, last = days.organization.first, days.organization.last
    found = [
        _key(first + timedelta(days=at), hour)
        for at in range((last - first).days + 1)
        for hour in HOURS
    ]
    return sorted([*found, _damaged(last)])


def objects(days: Days, day: date) -> dict[str, bytes]:
    """Return the objects of a day by key."""
    lines: dict[int, list[bytes]] = {hour: [] for hour in HOURS}
    for number, (at, call) in enumerate(_calls(days, day)):
        hour = HOURS[at % len(HOURS)]
        stamp = f"{day}T{hour - at // 7 % 3:02}:{at * 7 % 60:02}:{at * 11 % 60:02}Z"
        id_ = f"{day.toordinal():08x}-0000-4000-8000-{number:012x}"
        lines[hour].append(orjson.dumps({"timestamp": stamp, "requestId": id_} | call))
    made = {_key(day, hour): _stored(some) for hour, some in lines.items()}
    last = days.organization.last
    if day == last - timedelta(days=DAMAGED_BACK):
        whole = made[_key(day, HOURS[0])]
        made[_damaged(last)] = whole[: len(whole) // 2]
    return made


def _key(day: date, hour: int, name: str = "9b86bf4994c4ab1c") -> str:
    return f"{FOLDER}{day:%Y/%m/%d}/{hour:02}/{day:%Y%m%d}T{hour:02}5930000Z_{name}.json.gz"


def _damaged(last: date) -> str:
    return _key(last - timedelta(days=DAMAGED_BACK), HOURS[0], "c01dc0ffee5eed00")


def _stored(lines: list[bytes]) -> bytes:
    return gzip.compress(b"\n".join(lines), 1, mtime=0)  # the same bytes have the same ETag


def _calls(days: Days, day: date) -> Iterator[tuple[int, dict[str, Any]]]:
    """Yield every call of a day, and a number that scatters them over it."""
    for one, part in days.invoked(day):
        told = part["tokens"]
        counters = (told["input"], told["cache_read"], told["cache_creation"], told["output"])
        times = max(1, round(told["cache_read"] / PROMPT))
        arn = f"{ROLES}{PEOPLE}{_session(one)}"
        for at in range(times):  # parts that add up to the whole
            share = [count * (at + 1) // times - count * at // times for count in counters]
            yield one.number + at, _call(arn, INVOKE, MODELS[part["model"]], share)
    rng = np.random.default_rng([days.organization.seed, day.toordinal(), STREAM])
    usual = 1.0 if day.weekday() < SATURDAY else 0.1
    for arn, operation, model, often, each in OTHERS:
        for at in range(int(rng.poisson(often * usual))):
            yield at * 5, _call(arn, operation, model, each)
    for at in range(int(rng.poisson(FAILURES * usual))):
        yield at * 3, _call(SHARED, INVOKE, SONNET, None)


def _session(one: Somebody) -> str:
    """Return the name of a session of IAM Identity Center: an address, or what stands before @."""
    return one.email.partition("@")[0] if one.number % LOGIN_EVERY == LOGIN_AT else one.email


def _call(
    arn: str, operation: str, model: str, counters: tuple[int, ...] | list[int] | None
) -> dict[str, Any]:
    """Return a record but for its id and time; without counters the call failed."""
    id_ = model if model.startswith("amazon.") else f"arn:aws:bedrock:{REGION}:{ACCOUNT}:{model}"
    made: dict[str, Any] = {
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        "accountId": ACCOUNT,
        "region": REGION,
        "identity": {"arn": arn},
        "operation": operation,
        "modelId": id_,
        "input": {"inputContentType": "application/json"},
        "output": {"outputContentType": "application/json"},
    }
    if counters is None:
        return made | {"errorCode": "ThrottlingException"}
    *put, out = counters
    made["input"] |= dict(zip(COUNTERS, put, strict=True))
    made["output"]["outputTokenCount"] = out
    return made
