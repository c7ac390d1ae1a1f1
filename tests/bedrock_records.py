"""Records of invocation logs, as lines, each with what it comes to; bodies hold planted strings."""

import gc
import json
import random
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any
from uuid import UUID

from tests.bedrock_callers import (
    BANDS,
    HAIKU,
    OTHERS,
    PEOPLE,
    Account,
    Called,
    Caller,
    called,
    nobody,
    person,
    service,
)

PLANTED = "CANARY-"
_PLANTED = re.compile(PLANTED.encode() + rb"[0-9a-f]{16}")
OTHER_MODEL, OTHER_OPERATION, SERVICE = "model", "operation", "service"
FAILED, UNCOUNTED, TWICE, OTHER_ACCOUNT = "failed", "uncounted", "twice", "account"
BAD_LINE, FOREIGN, OTHER_VERSION = "line", "schema", "version"
_OPERATIONS = ("Converse", "ConverseStream", "ChatCompletions", "Rerank")
STREAM, INVOKE = "InvokeModelWithResponseStream", "InvokeModel"
COUNTERS = ("input", "output", "cache_read", "cache_write")
FIELDS = {
    "input": "inputTokenCount",
    "cache_read": "cacheReadInputTokenCount",
    "cache_write": "cacheWriteInputTokenCount",
}
Place = tuple[str, str, str, str, int]  # kind and value of the identity, model, scope, band


@dataclass(frozen=True)
class Line:
    """A line of a log object, and what it comes to.

    day: of the call; of a line that is no call None. place: where it counts. numbers: in the order
    of COUNTERS. reason: why it does not count, or not fully.
    """

    text: bytes
    day: date | None = None
    request: str = ""
    place: Place | None = None
    numbers: tuple[int, ...] = (0, 0, 0, 0)
    reason: str = ""
    email: str = ""


@dataclass
class Counts:
    """The counters of a record; None: the record has no such field."""

    input: int | None = 3
    output: int | None = 200
    cache_read: int | None = 0
    cache_write: int | None = 0

    def numbers(self) -> tuple[int, ...]:
        """Return them in the order of COUNTERS, what is missing as 0."""
        return tuple(getattr(self, name) or 0 for name in COUNTERS)


NO_COUNTS = Counts(None, None, None, None)


@dataclass
class Calls:
    """Makes up calls of one account and Region, the same for the same seed."""

    rng: random.Random
    account: Account
    region: str
    bodies: bool = True
    people: int = PEOPLE
    made: int = field(default=0)

    # --- lines -----------------------------------------------------------------------------------

    def usual(self, moment: datetime) -> Line:
        """Return a call of Claude Code's by a person, or by nobody in particular."""
        rng = self.rng
        caller = (
            nobody(rng, self.account)
            if rng.random() < 0.06
            else person(rng, rng.randrange(self.people), self.account)
        )
        model = called(rng, self.account, self.region)
        if rng.random() < 0.02:  # the counter's fallback, an ordinary call
            return self.call(moment, caller, model, Counts(8, 1, None, None))
        counts = Counts(
            rng.randrange(1, 40),
            rng.randrange(1, 2000),
            rng.randrange(70_000) if rng.random() < 0.9 else None,
            rng.randrange(6_000) if rng.random() < 0.8 else None,
        )
        if model.model in BANDS and rng.random() < 0.4:  # just at the band, or just above it
            rest = counts.numbers()[0] + counts.numbers()[3]
            counts.cache_read = BANDS[model.model] - rest + rng.choice((0, 1, 50_000))
        return self.call(moment, caller, model, counts)

    def odd(self, moment: datetime) -> Line:
        """Return a call that does not count, or not fully, or that has an unusual form."""
        rng, account = self.rng, self.account
        other = Called(rng.choice(OTHERS), "", "")

        usual = {
            "caller": person(rng, rng.randrange(self.people), account),
            "model": called(rng, account, self.region),
        }

        def say(counts: Counts | None = None, **more: Any) -> Line:
            return self.call(moment, counts=counts, **(usual | more))

        forms: tuple[Callable[[], Line], ...] = (
            lambda: say(NO_COUNTS, error="ThrottlingException"),
            lambda: say(Counts(), error="ModelStreamErrorException"),
            lambda: say(NO_COUNTS),
            lambda: say(Counts(output=None)),
            lambda: say(Counts(output=None), model=other, reason=OTHER_MODEL),
            lambda: say(operation=rng.choice(_OPERATIONS), reason=OTHER_OPERATION),
            lambda: say(caller=service(account), reason=SERVICE),
            lambda: say(reason=OTHER_ACCOUNT, accountId="999900001111"),
            lambda: say(schemaVersion="1.7", requestMetadata={"team": self._planted()}),
            lambda: say(body={"deep": _nested(60), "padding": "x" * 200_000}),
        )
        return rng.choice(forms)()

    def none(self, moment: datetime) -> Line:
        """Return a line that is no call, though it may look like one."""
        rng = self.rng
        reason, fields = BAD_LINE, {}
        match rng.randrange(7):
            case 0:
                text = self.usual(moment).text
                return Line(text[: len(text) // 2], reason=BAD_LINE)
            case 1:
                text = b"this is no JSON: \xff\xfe " + self._planted().encode()
                return Line(text, reason=BAD_LINE)
            case 2:
                fields = {"requestId": ""}
            case 3:
                fields = {"timestamp": "yesterday at noon"}
            case 4:
                fields = {"timestamp": "2026-02-30T10:00:00Z"}
            case 5:
                reason, fields = FOREIGN, {"schemaType": "GuardrailTrace"}
            case _:
                reason, fields = OTHER_VERSION, {"schemaVersion": "2.0"}
        someone = person(rng, 0, self.account)
        one = self.call(moment, someone, called(rng, self.account, self.region), **fields)
        return Line(one.text, reason=reason)

    def above_band(self, moment: datetime, number: int, prompt: int) -> Line:
        """Return a call to Haiku 5.5 with so many prompt tokens."""
        model = Called(f"global.{HAIKU}", HAIKU, "global")
        counts = Counts(5, 10, prompt - 5, None)
        return self.call(moment, person(self.rng, number, self.account), model, counts)

    # --- one record ------------------------------------------------------------------------------

    def call(
        self,
        moment: datetime,
        caller: Caller,
        model: Called,
        counts: Counts | None = None,
        *,
        operation: str = "",
        error: str = "",
        reason: str = "",
        body: Any = None,
        request: str = "",
        **more: Any,
    ) -> Line:
        """Return the line of a record, and what it comes to."""
        rng = self.rng
        counts = counts or Counts()
        request = request or str(UUID(int=rng.getrandbits(128)))
        self.made += 1
        record: dict[str, Any] = {
            "timestamp": self._written(moment),
            "accountId": self.account.number,
            "region": self.region,
            "requestId": request,
            "operation": operation or rng.choice((STREAM, STREAM, STREAM, INVOKE)),
            "modelId": model.id,
            "input": self._input(counts, request, body),
            "output": self._output(counts, body),
            "schemaType": "ModelInvocationLog",
            "schemaVersion": "1.0",
        }
        if caller.arn is not None:
            record["identity"] = {"arn": caller.arn}
        elif rng.random() < 0.5:
            record["identity"] = {}
        if error:
            record["errorCode"] = error
        if rng.random() < 0.3:
            record |= {"inferenceRegion": "us-west-2", "performanceConfig": {"latency": "standard"}}
        if rng.random() < 0.2:
            record["addedLater"] = {
                "identity": {"arn": "decoy"},
                "requestId": "decoy",
                "x": [1, {}],
            }
        record |= more
        text = _text(record, rng)
        if not more and rng.random() < 0.1:  # a body need not be UTF-8
            text = text.replace(PLANTED.encode(), b"\xff\xc3" + PLANTED.encode(), 1)
        numbers = counts.numbers()
        if error and counts == NO_COUNTS:
            reason = FAILED
        elif not reason and not error and None in {counts.input, counts.output}:
            reason = UNCOUNTED
        if reason not in {"", UNCOUNTED}:
            return Line(text, moment.date(), request, None, numbers, reason)
        place = banded((caller.kind, caller.value, model.model, model.scope, 0), numbers)
        return Line(text, moment.date(), request, place, numbers, reason, caller.email)

    def _written(self, moment: datetime) -> str:
        """Return a moment in one of the ways in which readers meet it."""
        rng = self.rng
        form = rng.random()
        if form < 0.8:
            return f"{moment:%Y-%m-%dT%H:%M:%SZ}"
        if form < 0.9:
            return f"{moment:%Y-%m-%dT%H:%M:%S}.{rng.choice(('5', '123', '999999', '000000001'))}Z"
        hours = rng.choice((-8, -5, 0, 2, 9))
        return moment.astimezone(timezone(timedelta(hours=hours))).isoformat(timespec="seconds")

    # --- bodies ----------------------------------------------------------------------------------

    def _input(self, counts: Counts, request: str, body: Any) -> dict[str, Any]:
        made: dict[str, Any] = {"inputContentType": "application/json"}
        made |= _present({name: getattr(counts, one) for one, name in FIELDS.items()}, self.rng)
        if body is not None or (self.bodies and self.rng.random() < 0.3):
            made["inputBodyJson"] = {"messages": [self._decoy()], **(body or {})}
        elif self.rng.random() < 0.7:
            made["inputBodyS3Path"] = f"s3://logs/data/{request}_input.json.gz"
        return made

    def _output(self, counts: Counts, body: Any) -> dict[str, Any] | None:
        rng = self.rng
        made: dict[str, Any] = {"outputContentType": "application/json"}
        form = rng.random() if self.bodies else 1.0
        if body is not None or form < 0.4:
            made["outputBodyJson"] = self._events(counts)
        elif form < 0.55:
            usage = {"inputTokens": 777_777, "outputTokens": 777_777, "outputTokenCount": 777_777}
            made["outputBodyJson"] = {"usage": usage, "message": self._decoy()}
        elif form < 0.65:
            made["outputBodyS3Path"] = "s3://logs/data/decoy_output.json.gz"
        elif form < 0.7 and counts.output is None:
            return None
        made |= _present({"outputTokenCount": counts.output}, rng)
        return dict(rng.sample(list(made.items()), len(made)))

    def _events(self, counts: Counts) -> list[dict[str, Any]]:
        """Return a stream as it is logged: it tells the usage three times over."""
        usage = dict(zip(("input_tokens", "output_tokens"), counts.numbers()[:2], strict=True))
        metrics = {"inputTokenCount": usage["input_tokens"], "outputTokenCount": 654_321}
        return [
            {"type": "message_start", "message": {"usage": usage | {"output_tokens": 1}}},
            {
                "type": "content_block_delta",
                "delta": {"text": f"{self._planted()} \u00e9 \U0001f600"},
            },
            {"type": "content_block_delta", "delta": self._decoy()},
            {"type": "message_delta", "usage": usage},
            {"type": "message_stop", "amazon-bedrock-invocationMetrics": metrics},
        ]

    def _decoy(self) -> dict[str, Any]:
        """Return content in which a user wrote what a reader might look for."""
        fields = {
            "inputTokenCount": 999_999,
            "cacheReadInputTokenCount": 999_999,
            "outputTokenCount": 999_999,
            "requestId": "00000000-0000-0000-0000-000000000000",
            "identity": {"arn": "arn:aws:iam::000000000000:user/decoy@example.com"},
            "schemaType": "Decoy",
            "errorCode": "Decoy",
        }
        return {"role": "user", **fields, "text": f"{self._planted()} {json.dumps(fields)}\n}}{{"}

    def _planted(self) -> str:
        return f"{PLANTED}{self.rng.getrandbits(64):016x}"


def _present(fields: Mapping[str, int | None], rng: random.Random) -> dict[str, int | None]:
    """Return the fields that there are; one without a value may be there, and say null."""
    return {name: one for name, one in fields.items() if one is not None or rng.random() < 0.1}


def _text(record: Mapping[str, Any], rng: random.Random) -> bytes:
    """Return a record in one of the two orders that were seen, or in none."""
    items = list(record.items())
    order = rng.randrange(3)
    if order == 1:
        items.sort(key=lambda item: item[0] not in {"schemaType", "schemaVersion"})
    elif order:
        rng.shuffle(items)
    is_ascii = rng.random() < 0.5
    return json.dumps(dict(items), ensure_ascii=is_ascii, separators=(",", ":")).encode()


def _nested(depth: int) -> Any:
    made: Any = 1
    for at in range(depth):
        made = [made] if at % 2 else {"inputTokenCount": made}
    return made


def counted(text: bytes) -> tuple[int, ...]:
    """Return the counters in the head of a record, in the order of COUNTERS."""
    head = json.loads(text.decode(errors="replace"))
    put, out = head["input"], head["output"] or {}
    found = {one: put.get(name) or 0 for one, name in FIELDS.items()}
    return tuple((found | {"output": out.get("outputTokenCount") or 0})[one] for one in COUNTERS)


def banded(place: Place | None, numbers: tuple[int, ...]) -> Place | None:
    """Return where a call with these counters counts."""
    if place is None:
        return None
    *rest, model, scope, _ = place
    prompt = sum(numbers) - numbers[1]
    return (*rest, model, scope, int(model in BANDS and prompt > BANDS[model]))


def planted_in(blob: bytes) -> bool:
    """Say whether something that was planted stands in these bytes."""
    return _PLANTED.search(blob) is not None


def planted_objects() -> int:
    """Return how many strings and bytes that anything alive refers to hold something planted."""
    gc.collect()
    texts = {
        id(one): one
        for holder in gc.get_objects()
        for one in gc.get_referents(holder)
        if isinstance(one, str | bytes | bytearray)
    }
    return sum(
        planted_in(one.encode(errors="replace") if isinstance(one, str) else bytes(one))
        for one in texts.values()
    )


def noon(day: date) -> datetime:
    """Return noon of a UTC day."""
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)
