"""Parameters and page tokens of a strict server: what no correct reader sends is refused."""

import base64
import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NoReturn, TypeVar

from tests.vendor_server import Refused

FANNED = {"cost_type", "token_type"}
Pairs = list[tuple[str, str]]
T = TypeVar("T")


def refuse(message: str, why: str) -> NoReturn:
    """Answer 400, because no correct reader asks so."""
    raise Refused(400, "invalid_request_error", message, why=why)


@dataclass
class Query:
    """The parameters of one request for a path, all of them known there."""

    path: str
    pairs: Pairs

    def one(self, name: str, default: str = "") -> str:
        """Return a parameter that may come once."""
        return dict(self.pairs).get(name, default)

    def many(self, name: str) -> list[str]:
        """Return the values of a list."""
        return [value for key, value in self.pairs if key == name]

    def check(self, known: Iterable[str]) -> None:
        """Refuse unknown parameters, those sent twice, and long lists."""
        times = Counter(name for name, _ in self.pairs)
        for name, number in times.items():
            if name not in set(known):
                refuse(f"{name}: unknown parameter", "parameter")
            if number > (100 if name.endswith("[]") else 1):
                refuse(f"{name}: too many", "parameter")

    def limit(self, default: int, most: int) -> int:
        """Return how many a page may hold."""
        text = self.one("limit", str(default))
        if not text.isdigit() or not 1 <= int(text) <= most:
            refuse(f"limit: 1 to {most}", "limit")
        return int(text)

    def choice(self, name: str, allowed: Iterable[str]) -> str:
        """Return a parameter that has to be one of a few; the first when left out."""
        options = tuple(allowed)
        found = self.one(name, options[0])
        if found not in options:
            refuse(f"{name}: not one of {options}", name)
        return found

    def group_by(self, allowed: Iterable[str], most: int = 100) -> list[str]:
        """Return the dimensions asked for; the fanned ones are not counted."""
        found = self.many("group_by[]")
        if set(found) - set(allowed) or len(set(found)) < len(found):
            refuse("group_by[]: unsupported dimension", "group_by")
        if len(set(found) - FANNED) > most:
            refuse(f"group_by[]: at most {most}", "group_by")
        return found


@dataclass
class Pages:
    """Page tokens. expires: which page token asked for answers 410, counted from 1, once."""

    expires: int = 0
    _asked: int = 0
    _expired: set[str] = field(default_factory=set)

    def token(self, query: Query, start: int) -> str:
        """Return the token of the page that begins there."""
        text = base64.urlsafe_b64encode(f"{start} {self._print(query, start)}".encode()).decode()
        self._expired.discard(text)
        return text

    def place(self, query: Query) -> int:
        """Return where the page asked for begins."""
        token = query.one("page")
        if not token:
            return 0
        self._asked += 1
        if token in self._expired:
            raise Refused(410, "expired", "The page token has expired.", why="expired token")
        if self._asked == self.expires:
            self.expire(token)
            raise Refused(410, "expired", "The page token has expired.")
        try:
            start, told = base64.urlsafe_b64decode(token).decode().split(" ")
        except ValueError:
            refuse("page: not a token", "token")
        if told != self._print(query, int(start)):
            refuse("page: parameters changed", "changed parameters")
        return int(start)

    def expire(self, token: str) -> None:
        """Refuse a token until it is given out again."""
        self._expired.add(token)

    def _print(self, query: Query, start: int) -> str:
        asked = sorted(pair for pair in query.pairs if pair[0] != "page")
        return hashlib.sha256(json.dumps([query.path, asked, start]).encode()).hexdigest()[:16]

    def cut(self, query: Query, items: list[T], limit: int) -> tuple[list[T], str | None]:
        """Return the items of a page, and the token of the next one."""
        start = self.place(query)
        end = start + limit
        return items[start:end], self.token(query, end) if end < len(items) else None
