"""What a vendor's lists look like from here: the shape of what a source hands over."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol


class User(Protocol):
    """A member of the organization."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def email(self) -> str: ...  # noqa: D102
    @property
    def name(self) -> str | None: ...  # noqa: D102
    @property
    def role(self) -> str | None: ...  # noqa: D102
    @property
    def added_at(self) -> datetime | None: ...  # noqa: D102


class Invitation(Protocol):
    """An invitation, without its address."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def status(self) -> str: ...  # noqa: D102
    @property
    def invited_at(self) -> datetime: ...  # noqa: D102
    @property
    def expires_at(self) -> datetime | None: ...  # noqa: D102
    @property
    def accepted_at(self) -> datetime | None: ...  # noqa: D102


class Workspace(Protocol):
    """A workspace that is not archived."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def name(self) -> str: ...  # noqa: D102


class Lists(Protocol):
    """The lists of an organization; `unavailable` names those that the key may not read.

    members: workspace id -> user ids. rejected: elements that could not be understood.
    """

    @property
    def users(self) -> Sequence[User]: ...  # noqa: D102
    @property
    def invites(self) -> Sequence[Invitation]: ...  # noqa: D102
    @property
    def workspaces(self) -> Sequence[Workspace]: ...  # noqa: D102
    @property
    def members(self) -> Mapping[str, Sequence[str]]: ...  # noqa: D102
    @property
    def default_workspace(self) -> str: ...  # noqa: D102
    @property
    def unavailable(self) -> Sequence[str]: ...  # noqa: D102
    @property
    def rejected(self) -> int: ...  # noqa: D102
