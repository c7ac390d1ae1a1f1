"""A bucket of invocation logs as a seed makes it, and what is true of it.

Everything here is the standard library's: nothing is shared with the program that reads it.
"""

import gzip
import random
import re
import zlib
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta

from tests.bedrock_callers import ACCOUNTS, Account
from tests.bedrock_records import (
    BAD_LINE,
    OTHER_ACCOUNT,
    TWICE,
    Calls,
    Line,
    Place,
    banded,
    counted,
    noon,
)

MARKER = "amazon-bedrock-logs-permission-check"
LOGS = "BedrockModelInvocationLogs"
LAST = date(2026, 11, 17)
DAY = timedelta(days=1)


@dataclass
class Stored:
    """A log object: its bytes, the day and account of its key, and its lines.

    lines: None: it is to be rejected.
    """

    body: bytes
    day: date
    account: str
    lines: Sequence[Line] | None


@dataclass
class Truth:
    """What log objects come to, in the order in which they are read: newest day first, by key.

    sums: (day, place) -> requests, then the counters. left_out: (day, reason) -> records.
    emails: kind and value of an identity -> address.
    """

    sums: dict[tuple[date, Place], list[int]] = field(default_factory=dict)
    left_out: Counter[tuple[date, str]] = field(default_factory=Counter)
    emails: dict[tuple[str, str], str] = field(default_factory=dict)
    rejected: set[str] = field(default_factory=set)
    seen: set[str] = field(default_factory=set)
    lines: int = 0

    def add(self, objects: dict[str, Stored]) -> None:
        """Count some objects."""
        for key, one in sorted(
            objects.items(), key=lambda item: (-item[1].day.toordinal(), item[0])
        ):
            if one.lines is None:
                self.rejected.add(key)
                continue
            self.rejected.discard(key)
            for line in one.lines:
                self._count(line, line.day or one.day)

    def _count(self, line: Line, day: date) -> None:
        self.lines += 1
        if line.reason == OTHER_ACCOUNT:  # a copy in a wrong place does not stand for the call
            self.left_out[day, line.reason] += 1
            return
        if line.request in self.seen:
            self.left_out[day, TWICE] += 1
            return
        if line.request:
            self.seen.add(line.request)
        if line.reason:
            self.left_out[day, line.reason] += 1
        if line.place is None:
            return
        sums = self.sums.setdefault((day, line.place), [0] * 5)
        for at, number in enumerate((1, *line.numbers)):
            sums[at] += number
        self.emails[line.place[:2]] = line.email

    def days(self) -> list[date]:
        """Return the days on which something counts."""
        return sorted({day for day, _ in self.sums})

    def total(self) -> list[int]:
        """Return the requests and counters of everything."""
        return [sum(column) for column in zip(*self.sums.values(), strict=True)]


class Tree:
    """A bucket: `logs` are its log objects, `others` what a reader must never ask for.

    Args:
        seed: Of everything.
        days: How many, up to the last.
        last: The last day.
        prefix: What the owner's configuration has before `AWSLogs/`.
        accounts: Whose calls there are.
        a_day: How many usual calls a Region has on a day.
        is_odd: Whether there are traps.
    """

    def __init__(
        self,
        seed: int = 1,
        *,
        days: int = 3,
        last: date = LAST,
        prefix: str = "",
        accounts: Sequence[Account] = ACCOUNTS,
        a_day: int = 20,
        is_odd: bool = True,
    ) -> None:
        self.rng = random.Random(seed)
        self.prefix = prefix
        self.root = f"{prefix}{'' if not prefix or prefix.endswith('/') else '/'}AWSLogs/"
        self.days = [last - DAY * at for at in reversed(range(days))]
        self.is_odd = is_odd
        self.logs: dict[str, Stored] = {}
        self.others: dict[str, bytes] = {}
        self.places = [(account, region) for account in accounts for region in account.regions]
        for account, region in self.places:
            calls = Calls(self.rng, account, region)
            for day in self.days:
                self._fill(calls, day, a_day)
                if is_odd:
                    self._mark(account, region, day)
            if is_odd and (account, region) in {self.places[0], self.places[-1]}:
                self._trap(calls)
        if is_odd:
            self._litter(prefix)

    def truth(self) -> Truth:
        """Return what all of it comes to."""
        made = Truth()
        made.add(self.logs)
        return made

    def bodies(self) -> dict[str, bytes]:
        """Return every object by key, as it is put into a bucket."""
        return {key: one.body for key, one in self.logs.items()} | self.others

    def calls(self, at: int = 0) -> Calls:
        """Return what makes up more calls of an account and Region."""
        return Calls(self.rng, *self.places[at])

    def store(
        self, calls: Calls, moment: datetime, lines: Iterable[Line], *, is_plain: bool = False
    ) -> dict[str, Stored]:
        """Add an object of lines that was closed at a moment; return it by its key."""
        found = list(lines)
        body = b"\n".join(line.text for line in found) + b"\n" * bool(found)
        key = self.key(calls, moment, ".json" if is_plain else ".json.gz")
        return self.keep(key, body if is_plain else self._zipped(body), moment.date(), found)

    def keep(
        self, key: str, body: bytes, day: date, lines: Sequence[Line] | None
    ) -> dict[str, Stored]:
        """Add an object with these bytes, or put it in the place of another one."""
        account = key[len(self.root) :].partition("/")[0]
        self.logs[key] = Stored(body, day, account, lines)
        return {key: self.logs[key]}

    def key(self, calls: Calls, moment: datetime, ending: str = ".json.gz") -> str:
        """Return the key of an object that was closed at a moment."""
        stamp = f"{moment:%Y%m%dT%H%M%S}"
        if self.rng.random() < 0.7:
            stamp += f"{moment.microsecond // 1000:03d}"
        name = f"{stamp}Z_{self.rng.getrandbits(64):016x}{ending}"
        return f"{self._folder(calls.account, calls.region)}{moment:%Y/%m/%d/%H}/{name}"

    # --- days ------------------------------------------------------------------------------------

    def _fill(self, calls: Calls, day: date, number: int) -> None:
        """Write a day: objects of a few lines, some of which belong to the days around it."""
        rng, left = self.rng, number
        midnight = datetime(day.year, day.month, day.day, tzinfo=UTC)
        while left > 0:
            closed = midnight + timedelta(milliseconds=rng.randrange(86_400_000))
            some = rng.randrange(1, 12)
            left -= some
            lines = [
                calls.usual(max(closed - timedelta(seconds=rng.randrange(90)), midnight))
                for _ in range(some)
            ]
            if self.is_odd:
                lines += [calls.odd(closed) for _ in range(rng.randrange(2))]
                lines += [calls.none(closed) for _ in range(rng.random() < 0.1)]
                lines += [self._again(lines) for _ in range(rng.random() < 0.2)]
                rng.shuffle(lines)
            self.store(calls, closed, lines, is_plain=rng.random() < 0.1)
        if not self.is_odd:
            return
        second = timedelta(seconds=1)
        before = [calls.usual(midnight - second), calls.usual(midnight)]
        self.store(calls, midnight + 30 * second, before)
        after = [calls.usual(midnight + DAY - second), calls.usual(midnight + DAY)]
        self.store(calls, midnight + DAY - 2 * second, after)
        self.store(calls, midnight + 60 * second, self._from_elsewhere(calls, day))

    def _again(self, lines: Sequence[Line]) -> Line:
        """Return a call of the same object once more, with other content."""
        one = self.rng.choice([line for line in lines if line.request])
        text = re.sub(rb'TokenCount":(?=\d)', b'TokenCount":1', one.text)
        numbers = counted(text)
        return replace(one, text=text, numbers=numbers, place=banded(one.place, numbers))

    def _from_elsewhere(self, calls: Calls, day: date) -> list[Line]:
        """Return calls that another object of these days holds too, of whichever account."""
        recent = [
            one for one in self.logs.values() if one.lines and day - 2 * DAY <= one.day <= day
        ]
        return [
            line
            if one.account == calls.account.number
            else replace(line, place=None, reason=OTHER_ACCOUNT)
            for one in self.rng.sample(recent, 3)
            for line in (one.lines or ())[:4]
            if line.request
        ]

    # --- traps -----------------------------------------------------------------------------------

    def _trap(self, calls: Calls) -> None:
        """Write objects of every form that a reader may meet, and some that are broken."""
        day = self.rng.choice(self.days)
        moment = datetime(day.year, day.month, day.day, 9, 30, tzinfo=UTC)

        def some(number: int = 3) -> list[Line]:
            return [calls.usual(moment) for _ in range(number)]

        def put(body: bytes, lines: Sequence[Line] | None, ending: str = ".json.gz") -> None:
            self.keep(self.key(calls, moment, ending), body, day, lines)

        put(b"", [])
        put(gzip.compress(b""), [])
        put(gzip.compress(b"\n\n"), [])
        first, second, third = some(), some(), some()
        put(b"".join(map(_one_member, (first, second, third))), [*first, *second, *third])
        put(_one_member(first := some()) + b"\0" * 512, first)
        whole = _one_member(some(40))
        put(whole[:-9], None)
        put(whole[: len(whole) // 2], None)
        put(_one_member(some()) + whole[: len(whole) // 2], None)
        put(_one_member(some()) + b"and more", None)
        put(_flipped(whole, len(whole) // 2), None)
        put(_flipped(whole, len(whole) - 6), None)  # in the checksum
        put(_flipped(whole, len(whole) - 2), None)  # in the length
        put(_flipped(_stored_only(some()), 400), None)  # in text: nothing but the sum tells
        put(b"<html>this is not gzip</html>", None)
        put(b"\x1f", None)
        lines = some()
        half = Line(lines[-1].text[:-30], reason=BAD_LINE)
        put(gzip.compress(joined([*lines[:-1], half])[:-1]), [*lines[:-1], half])
        put(gzip.compress(joined(first := some(), b"")), first)
        put(gzip.compress(b"[" + joined(first := some(), b",")[:-1] + b"]"), first)
        put(joined(first := some()).rstrip(), first, ".json")
        put(joined(first := some()).replace(b"\n", b"\r\n"), first, ".json")
        first = [calls.above_band(moment, 1, prompt) for prompt in (99_999, 100_000, 100_001)]
        put(_one_member(first), first)

    def _mark(self, account: Account, region: str, day: date) -> None:
        """Put what lies beside logs: bodies that could be read as logs, and markers."""
        hour = f"{self._folder(account, region)}{day:%Y/%m/%d}/09"
        calls = Calls(self.rng, account, region)
        moment = datetime(day.year, day.month, day.day, 9, tzinfo=UTC)
        for direction in ("input", "output"):
            name = f"{self.rng.getrandbits(64):016x}_{direction}.json.gz"
            self.others[f"{hour}/data/{name}"] = _one_member([calls.usual(moment)])
        self.others[f"{hour}/{MARKER}"] = b""
        self.others[f"{hour}/{MARKER}.json.gz"] = b""

    def _litter(self, prefix: str) -> None:
        """Put what is no log at all, at every height of the tree."""
        account, region = self.places[0]
        body = _one_member([Calls(self.rng, account, region).usual(noon(self.days[-1]))])
        day = f"{self.days[-1]:%Y/%m/%d}"
        for key in (
            f"{prefix}{MARKER}",
            f"{self.root}{MARKER}",
            f"{self.root}{account.number}/{LOGS}/{MARKER}",
            f"{self.root}{account.number}/{LOGS}/{region}/{MARKER}",
        ):
            self.others[key] = b""
        for key in (
            f"{self.root}{account.number}/CloudTrail/{region}/{day}/09/a.json.gz",
            f"{self.root}{account.number}/{LOGS}/{region}/{day}/09/notes.txt",
            f"{self.root}{account.number}/{LOGS}/{region}/{day}/a.json.gz",
            f"{self.root}{account.number}/{LOGS}/{region}/2026/13/45/09/a.json.gz",
            f"{self.root}12345/{LOGS}/{region}/{day}/09/a.json.gz",
            f"elsewhere/AWSLogs/{account.number}/{LOGS}/{region}/{day}/09/a.json.gz",
        ):
            self.others[key] = body

    # --- bytes -----------------------------------------------------------------------------------

    def _folder(self, account: Account, region: str) -> str:
        return f"{self.root}{account.number}/{LOGS}/{region}/"

    def _zipped(self, body: bytes) -> bytes:
        return gzip.compress(body, self.rng.choice((1, 6, 9)))


def joined(lines: Sequence[Line], end: bytes = b"\n") -> bytes:
    """Return lines as they stand in an object."""
    return b"".join(line.text + end for line in lines)


def _one_member(lines: Sequence[Line]) -> bytes:
    return gzip.compress(joined(lines))


def _stored_only(lines: Sequence[Line]) -> bytes:
    """Return gzip that is not compressed, so that any bit may change and still be text."""
    made = zlib.compressobj(0, zlib.DEFLATED, 31)
    return made.compress(joined(lines)) + made.flush()


def _flipped(body: bytes, at: int) -> bytes:
    """Return it with one bit turned, there or near it: some bits make no difference."""
    made = body[:at] + bytes([body[at] ^ 4]) + body[at + 1 :]
    try:
        gzip.decompress(made)
    except (OSError, EOFError, zlib.error):
        return made
    return _flipped(body, at + 1)
