"""Every error the product raises on purpose, split by what the reader can do about it.

ClaudeDashError(message, hint)      exit  HTTP
├── ConfigError                       2    500   a setting is missing or wrong, and where it is set
├── SourceError                       3
│   ├── SourceAuthError               3     -    the key was refused: its kind or scope
│   │   └── SourceUntrustedError      3     -    a role does not let us in, or not yet
│   ├── SourceBusyError     (retry)   3     -    the vendor asks to wait or is out of reach
│   ├── SourceShapeError              3     -    the report changed: the path, never the value
│   ├── SourceRequestError            3     -    a day or parameter that the vendor does not take
│   ├── SourceExpiredError            3     -    a page token that ran out; the walk starts again
│   └── SourceObjectError             3     -    one object of many; the others can be read
├── BodyRejected                      -   4xx    to a sender: unauthorised, too large, wrong type
├── StoreError                        4    503   the store cannot be used
│   └── StoreBehindError              4    503   the schema is older than the program
└── QueryError                        2    400
    ├── UnknownNameError              2    400   with the nearest known name
    └── RefusedError                  2    403   a breakdown that is not published, or the role

A message holds no identity, no payload and no secret.
"""

from collections.abc import Iterable
from difflib import get_close_matches
from typing import ClassVar


class ClaudeDashError(Exception):
    """Something went wrong that a reader can act on.

    Args:
        message: One plain sentence that says what happened.
        hint: What to do next; empty when the message says it already.
    """

    exit_code: ClassVar[int] = 1
    http_status: ClassVar[int] = 500
    retry: ClassVar[bool] = False

    def __init__(self, message: str, hint: str = "") -> None:
        """Keep the sentence and the next step apart, so that each floor can lay them out."""
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        """Return the sentence followed by the next step."""
        return f"{self.message} {self.hint}".strip()


class ConfigError(ClaudeDashError):
    """A setting is missing or wrong."""

    exit_code = 2


class SourceError(ClaudeDashError):
    """A source could not be read.

    `code` is one of the fixed codes of `connect test`: wrong_kind, revoked, missing_scope,
    switched_off, network, wrong_address, not_found or other.
    """

    exit_code = 3

    def __init__(self, message: str, hint: str = "", *, code: str = "other") -> None:
        """Remember the fixed code that scripts read."""
        super().__init__(message, hint)
        self.code = code


class SourceAuthError(SourceError):
    """The source refused the credential; trying again does not help."""


class SourceUntrustedError(SourceAuthError):
    """A role does not let us in: it may wait for our external id, which only we can make."""


class SourceBusyError(SourceError):
    """The source asked to wait, or could not be reached; trying later helps."""

    retry = True


class SourceShapeError(SourceError):
    """The source answered with something that the contract does not describe."""


class SourceRequestError(SourceError):
    """The source does not take the day or a parameter that was asked for."""


class SourceExpiredError(SourceError):
    """A page token ran out while a report was read; the walk starts again."""


class SourceObjectError(SourceError):
    """One object of many cannot be read: it is archived, refused or too large."""


class BodyRejected(ClaudeDashError):  # noqa: N818 - the house's name for it: an answer, not a fault
    """What a sender posted was not taken."""

    http_status = 400


class StoreError(ClaudeDashError):
    """The store cannot be used."""

    exit_code = 4
    http_status = 503


class StoreBehindError(StoreError):
    """The store's schema is older than this program."""


class QueryError(ClaudeDashError):
    """A question cannot be answered as it was asked."""

    exit_code = 2
    http_status = 400


class UnknownNameError(QueryError):
    """A name is not known; the nearest known one is offered."""

    @classmethod
    def of(cls, what: str, name: str, known: Iterable[str]) -> "UnknownNameError":
        """Build the error for `name`, which is not among `known`."""
        names = sorted(known)
        near = get_close_matches(name, names, n=1)
        hint = f"Did you mean {near[0]}?" if near else f"Known: {', '.join(names)}."
        return cls(f"There is no {what} named {name!r}.", hint)


class RefusedError(QueryError):
    """The question is understood and may not be answered."""

    http_status = 403
