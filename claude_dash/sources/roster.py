"""Who belongs to a vendor organization: its members, invitations, workspaces and theirs.

Source:  GET /v1/organizations/{users,invites,workspaces,workspaces/ID/members}
Grain:   the lists as they are now
Facts:   none; people, seats and teams
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from claude_dash.errors import SourceAuthError, SourceRequestError
from claude_dash.sources.client import AnthropicClient

ROOT = "/v1/organizations"
PAGE_ROWS = 1000
Unavailable = (SourceAuthError, SourceRequestError)


class _Item(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


class User(_Item):
    """A member of the organization."""

    id: str
    email: str
    name: str | None = None
    role: str | None = None
    added_at: datetime | None = None


class Invitation(_Item):
    """An invitation; its address is not read."""

    id: str
    status: str
    invited_at: datetime
    expires_at: datetime | None = None
    accepted_at: datetime | None = None


class Workspace(_Item):
    """A workspace of a Console organization; the nearest thing to a team."""

    id: str
    name: str
    archived_at: datetime | None = None


class Member(_Item):
    """A member of a workspace, by the vendor's user id."""

    user_id: str
    workspace_id: str


@dataclass(slots=True)
class Roster:
    """What the lists said; `unavailable` names those that the key may not read.

    members: workspace id -> user ids. default_workspace: id, where the list told which it is.
    """

    users: list[User] = field(default_factory=list)
    invites: list[Invitation] = field(default_factory=list)
    workspaces: list[Workspace] = field(default_factory=list)
    members: dict[str, list[str]] = field(default_factory=dict)
    default_workspace: str = ""
    unavailable: list[str] = field(default_factory=list)
    rejected: int = 0


def _items(
    client: AnthropicClient, path: str, model: type[_Item], made: Roster, **params: str | bool
) -> Iterator[Any]:
    for page in client.cursor_pages(f"{ROOT}/{path}", {"limit": PAGE_ROWS, **params}):
        for sent in page["data"]:
            try:
                yield model.model_validate(sent)
            except ValidationError:
                made.rejected += 1


def read_roster(client: AnthropicClient) -> Roster:
    """Return the lists of an organization; one that is refused is named and left empty.

    Raises:
        SourceError: The vendor could not be reached, or the key was refused altogether.
    """
    made = Roster()
    reads: dict[str, Callable[[AnthropicClient, Roster], None]] = {
        "users": _read_users,
        "invites": _read_invites,
        "workspaces": _read_workspaces,
    }
    for name, read in reads.items():
        try:
            read(client, made)
        except Unavailable as error:
            if error.code == "revoked":
                raise
            made.unavailable.append(name)
    return made


def _read_users(client: AnthropicClient, made: Roster) -> None:
    made.users = list(_items(client, "users", User, made))


def _read_invites(client: AnthropicClient, made: Roster) -> None:
    made.invites = list(_items(client, "invites", Invitation, made))


def _read_workspaces(client: AnthropicClient, made: Roster) -> None:
    listed = {one.id for one in _items(client, "workspaces", Workspace, made)}
    every = _items(client, "workspaces", Workspace, made, include_default=True)
    made.workspaces = [one for one in every if one.archived_at is None]
    added = [one.id for one in made.workspaces if one.id not in listed]
    made.default_workspace = added[0] if added else ""
    for workspace in made.workspaces:
        path = f"workspaces/{workspace.id}/members"
        try:
            made.members[workspace.id] = [one.user_id for one in _items(client, path, Member, made)]
        except Unavailable:
            if workspace.id != made.default_workspace:  # which may have no list of members
                raise
