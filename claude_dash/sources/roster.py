"""Who belongs to a vendor organization: its members, invitations, and workspaces or groups.

Source:  GET /v1/organizations/{users,invites}; Console: workspaces, workspaces/ID/members;
         Enterprise: rbac_groups, rbac_groups/ID/members
Grain:   the lists as they are now
Facts:   none; people, seats and teams
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar
from urllib.parse import quote

from pydantic import (
    AfterValidator,
    AliasChoices,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
)

from claude_dash.errors import SourceAuthError, SourceRequestError, SourceShapeError
from claude_dash.sources.client import AnthropicClient

ROOT = "/v1/organizations"
PAGE_ROWS = 1000
GROUPS = "rbac_groups"  # walked by page tokens, unlike the other lists
# What one list says about itself alone; a key that is refused altogether ends the reading.
Unavailable = (SourceAuthError, SourceRequestError, SourceShapeError)
KEY_IS_USELESS = frozenset({"revoked", "wrong_kind"})

Instant = Annotated[
    datetime, AfterValidator(lambda at: at if at.tzinfo else at.replace(tzinfo=UTC))
]
_PLAIN = r"^[^\x00-\x1f\x7f]*$"  # a store takes no control characters
Text = Annotated[str, StringConstraints(strip_whitespace=True, max_length=320, pattern=_PLAIN)]
Name = Annotated[Text, Field(min_length=1)]


class _Item(BaseModel):
    model_config = ConfigDict(extra="ignore", hide_input_in_errors=True)


class User(_Item):
    """A member of the organization."""

    id: Name
    email: Name = Field(validation_alias=AliasChoices("email", "email_address"))
    name: Text | None = None
    role: Text | None = None
    added_at: Instant | None = None


class Invitation(_Item):
    """An invitation; its address is not read."""

    id: Name
    status: Text
    invited_at: Instant
    expires_at: Instant | None = None
    accepted_at: Instant | None = None


class Workspace(_Item):
    """A workspace of a Console organization; the nearest thing to a team."""

    id: Name
    name: Name
    archived_at: Instant | None = None


class Member(_Item):
    """A member of a workspace, by the vendor's user id."""

    user_id: Name
    workspace_role: Text | None = None


_Listed = TypeVar("_Listed", bound=_Item)


@dataclass(slots=True)
class Roster:
    """What the lists said; `unavailable` names those that could not be read.

    members: workspace id -> user ids. default_workspace: id, where the list told which it is.
    rejected: how many elements were not understood.
    """

    users: list[User] = field(default_factory=list)
    invites: list[Invitation] = field(default_factory=list)
    workspaces: list[Workspace] = field(default_factory=list)
    members: dict[str, list[str]] = field(default_factory=dict)
    default_workspace: str = ""
    unavailable: list[str] = field(default_factory=list)
    rejected: int = 0


def read_roster(client: AnthropicClient, kind: str = "console") -> Roster:
    """Return the lists of an organization; one that cannot be read is named and left empty.

    The groups of Enterprise stand where the Console has workspaces: both are teams to be.

    Raises:
        SourceError: The vendor could not be reached, or the Console's key was refused altogether.
    """
    made, is_console = Roster(), kind == "console"
    reads: dict[str, Callable[[AnthropicClient, Roster], None]] = {
        "users": _read_users,
        "invites": _read_invites,
        "workspaces": _read_workspaces if is_console else _read_groups,
    }
    for name, read in reads.items():
        try:
            read(client, made)
        except Unavailable as error:
            # A scoped key may lack any of these, and is refused with 401 as well as with 403.
            if is_console and error.code in KEY_IS_USELESS:
                raise
            made.unavailable.append(name)
    return made


def _items(
    client: AnthropicClient, path: str, model: type[_Listed], made: Roster, **params: bool
) -> list[_Listed]:
    """Return the elements of a list; what moved to a later page meanwhile is there once."""
    items: list[_Listed] = []
    walk = client.pages if path.startswith(GROUPS) else client.cursor_pages
    for page in walk(f"{ROOT}/{path}", {"limit": PAGE_ROWS, **params}):
        for sent in page["data"]:
            try:
                items.append(model.model_validate(sent))
            except ValidationError:
                made.rejected += 1
    unique: dict[Any, _Listed] = {
        getattr(item, "user_id", None) or getattr(item, "id", None): item for item in items
    }
    return list(unique.values())


def _read_users(client: AnthropicClient, made: Roster) -> None:
    made.users = _items(client, "users", User, made)


def _read_invites(client: AnthropicClient, made: Roster) -> None:
    made.invites = _items(client, "invites", Invitation, made)


def _read_workspaces(client: AnthropicClient, made: Roster) -> None:
    """Read the workspaces twice: which of them is the default one shows in the difference alone."""
    listed = {one.id for one in _items(client, "workspaces", Workspace, made)}
    every = _items(client, "workspaces", Workspace, made, include_default=True)
    present = [one for one in every if one.archived_at is None]
    made.default_workspace = next((one.id for one in present if one.id not in listed), "")
    for workspace in present:
        is_default = workspace.id == made.default_workspace
        path = f"workspaces/{quote(workspace.id, safe='')}/members"
        try:
            members = _items(client, path, Member, made)
        except Unavailable as error:
            if error.code == "not_found" and not is_default:
                continue  # it was removed while we read
            if error.code in KEY_IS_USELESS or not is_default:
                raise
            members = []  # the default workspace may have no list of members
        made.workspaces.append(workspace)
        made.members[workspace.id] = [one.user_id for one in members]


def _read_groups(client: AnthropicClient, made: Roster) -> None:
    """Read the groups as they are now; people may be in several."""
    for group in _items(client, GROUPS, Workspace, made):
        path = f"{GROUPS}/{quote(group.id, safe='')}/members"
        try:
            members = _items(client, path, Member, made)
        except Unavailable as error:
            if error.code == "not_found":
                continue  # it was removed while we read
            raise
        made.workspaces.append(group)
        made.members[group.id] = [one.user_id for one in members]
