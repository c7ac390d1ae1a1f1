"""A seeded tree of Bedrock's log objects and what it comes to, made without the product's code."""

import gzip
import json
import random
from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

ACCOUNTS = ("111122223333", "444455556666")
REGIONS = ("us-east-1", "eu-central-1")
PERMISSION_MARKER = "amazon-bedrock-logs-permission-check"
COUNTERS = ("input", "output", "cache_read", "cache_write")
_SSO = "assumed-role/AWSReservedSSO_Claude_Code_0f3a9c1d2b4e5f60"
_A = ACCOUNTS[0]
_ROLE = f"arn:aws:sts::{_A}:assumed-role"
# ARN as logged, `#` for what changes on every run, and whom it is known by in the end.
PRINCIPALS: tuple[tuple[Any, str], ...] = (
    (f"arn:aws:sts::{_A}:{_SSO}/Kim.Lee@Example.com", "kim.lee@example.com"),
    (f"arn:aws:sts::{ACCOUNTS[1]}:{_SSO}/kim.lee@example.com", "kim.lee@example.com"),
    (f"arn:aws-us-gov:sts::{_A}:assumed-role/Dev/ccwb-rin@example.com", "rin@example.com"),
    (
        f"arn:aws:sts::{_A}:assumed-role/Dev/botocore-session-#",
        f"arn:aws:sts::{_A}:assumed-role/Dev",
    ),
    (f"arn:aws:sts::{_A}:assumed-role/Ci/i-#", f"arn:aws:sts::{_A}:assumed-role/Ci"),
    (f"arn:aws:iam::{_A}:user/eng/tools/Sam", f"arn:aws:iam::{_A}:user/eng/tools/sam"),
    (f"arn:aws:iam::{_A}:user/BedrockAPIKey-x1", f"arn:aws:iam::{_A}:user/BedrockAPIKey-x1"),
    (f"arn:aws:sts::{_A}:federated-user/lou@example.com", "lou@example.com"),
    (f"arn:aws-cn:sts::{_A}:{_SSO}/klee", f"arn:aws-cn:sts::{_A}:{_SSO}/klee"),
    (f"arn:aws:iam::{_A}:root", f"arn:aws:iam::{_A}:root"),
    ([f"arn:aws:sts::{_A}:federated-user/lou@example.com"], "lou@example.com"),
    (None, ""),
)
_BEDROCK = f"arn:aws:bedrock:us-east-1:{_A}"
_SONNET, _MIX = "anthropic.claude-sonnet-4-6", "application-inference-profile/abc123"
_OLD = "anthropic.claude-3-7-sonnet-20250219-v1:0"
MODELS: tuple[tuple[str, str, str], ...] = (  # as logged, canonical, scope
    (f"us.{_SONNET}", _SONNET, "us"),
    (f"{_BEDROCK}:inference-profile/us.{_SONNET}", _SONNET, "us"),
    (f"{_BEDROCK}:inference-profile/global.{_SONNET}", _SONNET, "global"),
    ("us-gov.anthropic.claude-opus-5", "anthropic.claude-opus-5", "us-gov"),
    ("jp.anthropic.claude-haiku-5-5", "anthropic.claude-haiku-5-5", "jp"),
    (f"{_BEDROCK}:{_MIX}", _MIX, ""),
    (f"arn:aws:bedrock:us-east-1::foundation-model/{_OLD}", _OLD, ""),
    ("eu.anthropic.claude-opus-9-1", "anthropic.claude-opus-9-1", "eu"),
)
BAND = 100_000  # of Haiku 5.5
_STREAM = "InvokeModelWithResponseStream"
FAILED, OTHER_OPERATION, OTHER_MODEL = (
    "the call failed", "not Claude Code: another operation", "not Claude Code: another model",
)  # fmt: skip
Who = tuple[str, date, str, str, int]  # who, day, model, scope, band


@dataclass
class Tree:
    """Objects of a bucket by key, and what they come to.

    sums: requests, input, output, cache read and cache write. rejected: keys that do not count.
    never: keys that must not be asked for.
    """

    objects: dict[str, bytes] = field(default_factory=dict)
    sums: dict[Who, list[int]] = field(default_factory=lambda: defaultdict(lambda: [0] * 5))
    left_out: Counter[str] = field(default_factory=Counter)
    rejected: set[str] = field(default_factory=set)
    never: set[str] = field(default_factory=set)

    @property
    def logs(self) -> set[str]:
        """Return the keys that are to be read, once each."""
        return set(self.objects) - self.never


class Grower:
    """Makes a tree.

    Args:
        today: The last day of it, UTC.
        days: How many days it has.
        prefix: Before `AWSLogs/`.
        seed: The same one gives the same tree.
        people: With addresses of their own, `person-N@example.com`, besides the odd ones.
    """

    def __init__(
        self, today: date, days: int = 4, prefix: str = "", seed: int = 7, people: int = 24
    ) -> None:
        self.rng = random.Random(seed)
        self.tree = Tree()
        self.today, self.days, self.prefix = today, days, prefix
        role = f"arn:aws:sts::{_A}:{_SSO}"
        named = [f"person-{number}@example.com" for number in range(people)]
        self.principals = [*PRINCIPALS, *((f"{role}/{one}", one) for one in named)]
        self.number = 0

    def grow(self, objects: int) -> Tree:
        """Add ordinary objects, spread over days, accounts and Regions, then one of each trap."""
        for _ in range(objects):
            self.add([self.record() for _ in range(self.rng.randint(1, 9))])
        self.traps()
        return self.tree

    # --- records ---------------------------------------------------------------------------------

    def record(self, **given: Any) -> dict[str, Any]:
        """Return a record that is not in any object yet; `given` replaces its fields."""
        rng = self.rng
        at = self._moment()
        arn, who = rng.choice(self.principals)
        arn = arn.replace("#", str(rng.randrange(10**6))) if isinstance(arn, str) else arn
        model_id, model, scope = rng.choice(MODELS)
        counts = {
            "inputTokenCount": rng.randrange(50),
            "cacheReadInputTokenCount": rng.choice([0, 61_230, rng.randrange(90_000), 150_000]),
            "cacheWriteInputTokenCount": rng.randrange(4000),
        }
        output = rng.randrange(2000)
        made = {
            "timestamp": self._spelled(at),
            "accountId": _A,
            "region": "us-east-1",
            "requestId": str(UUID(int=rng.getrandbits(128))),
            "operation": rng.choice([_STREAM, _STREAM, "InvokeModel"]),
            "modelId": model_id,
            "input": {"inputContentType": "application/json", **counts, **self._prompt()},
            "output": {"outputContentType": "application/json", "outputTokenCount": output,
                       **self._answer(counts, output)},
            "schemaType": "ModelInvocationLog",
            "schemaVersion": rng.choice(["1.0", "1.1"]),
            "aFieldOfTomorrow": {"identity": {"arn": "arn:aws:iam::000000000000:user/decoy"}},
            **({} if arn is None else {"identity": {"arn": arn}}),
            **given,
        }  # fmt: skip
        day = at.astimezone(UTC).date()
        made["#"] = (who, day, model, scope, *self._odd(made))
        items = list(made.items())
        if rng.random() < 0.5:
            rng.shuffle(items)
        return dict(items)

    def _ordinary(self, _: int) -> dict[str, Any] | None:
        """Return a record that counts; every few none."""
        made = self.record()
        return None if made["#"][-1] or "errorCode" in made else made

    def _odd(self, made: dict[str, Any]) -> tuple[str]:
        """Turn some records into those that do not count, or not as most; return the reason."""
        chance = self.rng.random()
        if chance < 0.05:
            made["errorCode"] = "ThrottlingException"
            made["input"] = {"inputContentType": "application/json"}
            made["output"] = {}
            return (FAILED,)
        if chance < 0.08:
            made["errorCode"] = "ModelStreamErrorException"  # with counters: usage, too
        elif chance < 0.12:
            made["operation"] = self.rng.choice(["Converse", "ConverseStream", "ChatCompletions"])
            return (OTHER_OPERATION,)
        elif chance < 0.16:
            made["modelId"] = self.rng.choice(
                ["us.amazon.nova-lite-v1:0", "cohere.embed-english-v3"]
            )
            return (OTHER_MODEL,)
        elif chance < 0.18:
            made["input"].pop("cacheReadInputTokenCount")
            made["input"].pop("cacheWriteInputTokenCount")
        return ("",)

    def _moment(self) -> datetime:
        """Return a time of the tree; every eighth is at one end of its day."""
        day = self.today - timedelta(days=self.rng.randrange(self.days))
        start = datetime(day.year, day.month, day.day, tzinfo=UTC)
        if self.rng.random() < 0.125:
            return start + timedelta(seconds=self.rng.choice([0, 1, 86_398, 86_399]))
        return start + timedelta(seconds=self.rng.randrange(86_400))

    def _spelled(self, at: datetime) -> str:
        match self.rng.randrange(8):
            case 0:
                return f"{at:%Y-%m-%dT%H:%M:%S}.{self.rng.randrange(1000):03d}Z"
            case 1:
                moved = at + timedelta(hours=9)
                return f"{moved:%Y-%m-%dT%H:%M:%S}+09:00"
        return f"{at:%Y-%m-%dT%H:%M:%SZ}"

    def _prompt(self) -> dict[str, Any]:
        if self.rng.random() < 0.3:
            return {}
        decoy = {"inputTokenCount": 999_999, "requestId": "decoy", "identity": {"arn": "decoy"}}
        text = f'CANARY-{self.rng.randrange(10**9)} \\ " \u00e9 {"x" * 300}'
        return {"inputBodyJson": {"messages": [{"role": "user", "content": text}], **decoy}}

    def _answer(self, counts: dict[str, int], output: int) -> dict[str, Any]:
        usage = {"input_tokens": counts["inputTokenCount"], "output_tokens": 1}
        last = {"type": "message_delta", "usage": {"output_tokens": output}}
        match self.rng.randrange(4):
            case 0:
                return {}
            case 1:
                return {"outputBodyS3Path": f"s3://logs/data/CANARY-{self.number}_output.json.gz"}
            case 2:
                return {"outputBodyJson": {"content": "CANARY-merged", "usage": usage}}
        metrics = {"inputTokenCount": 777, "outputTokenCount": 777}
        return {
            "outputBodyJson": [
                {"type": "message_start", "message": {"usage": usage}},
                {"type": "content_block_delta", "delta": {"text": f"CANARY-{output}"}},
                last,
                {"type": "message_stop", "amazon-bedrock-invocationMetrics": metrics},
            ]
        }

    # --- objects ---------------------------------------------------------------------------------

    def key(self, day: date | None = None, name: str = "", account: str = _A) -> str:
        """Return the key of a new log object."""
        self.number += 1
        day = day or self.today - timedelta(days=self.rng.randrange(self.days))
        stamp = self.rng.choice([f"{day:%Y%m%d}T164851056Z", f"{day:%Y%m%d}T164851Z"])
        name = name or f"{stamp}_{self.number:016x}.json.gz"
        region = self.rng.choice(REGIONS)
        root = f"{self.prefix}AWSLogs/{account}/BedrockModelInvocationLogs/{region}"
        return f"{root}/{day:%Y/%m/%d}/{self.rng.randrange(24):02d}/{name}"

    def add(self, records: list[dict[str, Any]], *, key: str = "") -> str:
        """Put records into an object of their account, count them, and return its key."""
        account = records[0]["accountId"] if records else _A
        key = key or self.key(self._day_of(records), account=account)
        for one in records:
            self.count(one)
        lines = "".join(line(one) + "\n" for one in records).encode()
        self.tree.objects[key] = gzip.compress(lines) if key.endswith(".gz") else lines
        return key

    def _day_of(self, records: list[dict[str, Any]]) -> date:
        """Return a day of a key: often that of the newest record, at times the one after."""
        newest = max((one["#"][1] for one in records), default=self.today)
        late = self.rng.random() < 0.2
        return min(newest + timedelta(days=1), self.today) if late else newest

    def count(self, one: dict[str, Any]) -> None:
        """Add a record to the truth."""
        who, day, model, scope, reason = one["#"]
        if reason:
            self.tree.left_out[reason] += 1
            return
        put, out = one["input"], one["output"]
        counts = [put.get("inputTokenCount", 0), out.get("outputTokenCount", 0),
                  put.get("cacheReadInputTokenCount", 0), put.get("cacheWriteInputTokenCount", 0)]  # fmt: skip
        prompt = counts[0] + counts[2] + counts[3]
        band = int(model == "anthropic.claude-haiku-5-5" and prompt > BAND)
        sums = self.tree.sums[who, day, model, scope, band]
        for at, number in enumerate([1, *counts]):
            sums[at] += number

    def traps(self) -> None:
        """Add one object of each trap."""
        tree = self.tree
        made = [one for one in map(self._ordinary, range(90)) if one is not None]
        text = [line(one).encode() + b"\n" for one in made]
        whole = gzip.compress(b"".join(text[:4]))

        def put(body: bytes, counted: list[dict[str, Any]], name: str = "") -> str:
            key = self.key(name=name)
            tree.objects[key] = body
            for one in counted:
                self.count(one)
            return key

        put(gzip.compress(b""), [])
        put(b"", [])
        put(gzip.compress(text[4]) + gzip.compress(text[5] + text[6]), made[4:7])
        put(gzip.compress(text[7] + text[8][: len(text[8]) // 2]), made[7:8])
        tree.left_out["line: not a record"] += 1
        put(gzip.compress(text[9] + b'{"schemaType": "Other", "input": 5}\nnot json\n'), made[9:10])
        tree.left_out["line: not a record"] += 1
        tree.left_out["schemaType: another kind of log"] += 1
        newer = {**made[10], "schemaVersion": "2.0"}
        put(gzip.compress(line(newer).encode() + b"\n" + text[11]), made[11:12])
        tree.left_out["schemaVersion: not 1"] += 1
        put(gzip.compress(f"[{line(made[12])},{line(made[13])}]".encode()), made[12:14])
        put(gzip.compress(text[14].strip() + text[15].strip()), made[14:16])
        put(text[16], made[16:17], name="20261118T010203Z_0a.json")
        again = gzip.compress(text[17] + text[17])
        put(again, made[17:18])
        tree.left_out["the same request again"] += 1
        copy = {**made[18], "input": {**made[18]["input"], "inputTokenCount": 4_000}}
        put(gzip.compress(text[18] + line(copy).encode() + b"\n" + text[19]), made[18:20])
        tree.left_out["the same request again"] += 1
        elsewhere = {**copy, "requestId": str(UUID(int=1)), "accountId": "000000000000"}
        put(gzip.compress(line(elsewhere).encode()), [])
        tree.left_out["another account than the object's"] += 1
        long = {**made[20], "aLongField": "y" * 300_000}
        put(gzip.compress(line(long).encode()), made[20:21])
        odd = line(made[21]).encode().replace(b"xxx", b"\xff\xfe\x80")
        put(gzip.compress(odd), made[21:22])
        flipped = bytearray(whole)
        flipped[len(whole) // 2] ^= 0x10
        for body in (whole[:-9], whole[:20], bytes(flipped), b"not gzip at all"):
            tree.rejected.add(put(body, []))
        for name in (PERMISSION_MARKER, f"{PERMISSION_MARKER}.json.gz", "data/1_input.json.gz",
                     "data/1_output.json.gz"):  # fmt: skip
            tree.never.add(put(whole if "data" in name else b"", [], name=name))
        tree.objects[f"{self.prefix}AWSLogs/{_A}/CloudTrail/us-east-1/2026/11/18/x.json.gz"] = whole
        tree.never.add(f"{self.prefix}AWSLogs/{_A}/CloudTrail/us-east-1/2026/11/18/x.json.gz")


def line(record: dict[str, Any]) -> str:
    """Return a record as it is logged."""
    return json.dumps({name: value for name, value in record.items() if name != "#"})
