"""How the lists of an organization are read, whole or in part."""

from datetime import UTC, datetime
from typing import Any

import httpx
import pytest

from claude_dash import errors
from claude_dash.sources.roster import Roster, read_roster
from tests.unit.sources.conftest import Step, Vendor, listed, refused

ADDED = "2026-03-04T09:12:44Z"


def user(number: int, **changes: Any) -> dict[str, Any]:
    """Return a member, as the contract shows one."""
    return {
        "id": f"user_{number}",
        "type": "user",
        "email": f"p{number}@example.org",
        "name": "Rin Example",
        "role": "claude_code_user",
        "added_at": ADDED,
        **changes,
    }


def invitation(**changes: Any) -> dict[str, Any]:
    """Return an invitation, as the contract shows one."""
    return {
        "id": "invite_1",
        "type": "invite",
        "email": "new@example.org",
        "role": "developer",
        "status": "pending",
        "invited_at": "2026-11-10T08:00:00Z",
        "expires_at": "2026-12-01T08:00:00Z",
        "accepted_at": None,
        "rbac_group_ids": [],
        **changes,
    }


def workspace(name: str, **changes: Any) -> dict[str, Any]:
    """Return a workspace whose id is made from its name."""
    return {"id": f"wrkspc_{name}", "type": "workspace", "name": name, **changes}


def member(number: int, workspace_id: str) -> dict[str, Any]:
    """Return a member of a workspace."""
    role = "workspace_developer"
    return {"user_id": f"user_{number}", "workspace_id": workspace_id, "workspace_role": role}


class Lists:
    """The lists of an organization by path; `steps` stands in the place of some answers."""

    def __init__(self, vendor: Vendor) -> None:
        self.steps: dict[str, Step] = {}
        self.users = [user(1), user(2)]
        self.invites = [invitation()]
        self.workspaces = [workspace("Payments"), workspace("Old", archived_at=ADDED)]
        self.default = workspace("Default")
        self.members = {"wrkspc_Payments": [1], "wrkspc_Default": [1, 2]}
        self.vendor = vendor
        vendor.answer = self.answer

    def answer(self, request: httpx.Request) -> Step:
        """Answer from the lists."""
        path = request.url.path.removeprefix("/v1/organizations/")
        if path in self.steps:
            return self.steps[path]
        if path == "users":
            after = request.url.params.get("after_id")
            first = self.users[0]["id"]
            if after is None:
                return listed(self.users[0], has_more=True, last=first)
            return listed(*self.users[1:], last=self.users[-1]["id"])
        if path == "invites":
            return listed(*self.invites)
        if path == "workspaces":
            shown = request.url.params.get("include_default") == "true"
            return listed(*self.workspaces, *([self.default] if shown else []))
        _, name, _ = path.split("/")
        return listed(*[member(number, name) for number in self.members[name]])

    def read(self) -> Roster:
        """Read the lists."""
        return read_roster(self.vendor.client())


@pytest.fixture
def lists(vendor: Vendor) -> Lists:
    """Return an organization with two members, an invitation and two workspaces."""
    return Lists(vendor)


def test_every_list_is_read(lists: Lists) -> None:
    """Members over all pages, invitations, workspaces that are not archived, and theirs."""
    made = lists.read()
    assert [one.email for one in made.users] == ["p1@example.org", "p2@example.org"]
    assert made.users[0].role == "claude_code_user"
    assert made.users[0].added_at == datetime(2026, 3, 4, 9, 12, 44, tzinfo=UTC)
    assert [one.status for one in made.invites] == ["pending"]
    assert [one.name for one in made.workspaces] == ["Payments", "Default"]
    assert made.members == {"wrkspc_Payments": ["user_1"], "wrkspc_Default": ["user_1", "user_2"]}
    assert made.default_workspace == "wrkspc_Default"
    assert (made.unavailable, made.rejected) == ([], 0)
    limits = {request.url.params["limit"] for request in lists.vendor.asked}
    assert limits == {"1000"}
    assert "wrkspc_Old" not in "".join(lists.vendor.paths)


def test_an_invitation_keeps_no_address(lists: Lists) -> None:
    """Whom an invitation went to is not read."""
    assert "new@example.org" not in repr(lists.read().invites)


def test_both_spellings_are_read(lists: Lists) -> None:
    """A member whose address stands under another name, or without name and role, is one."""
    bare = {"id": "user_3", "email_address": "p3@example.org", "added_at": "2026-03-04T09:12:44"}
    lists.users = [user(1, name=None, role="novel_role", novel=1), bare]
    made = lists.read()
    assert [one.email for one in made.users] == ["p1@example.org", "p3@example.org"]
    assert made.users[1].added_at == datetime(2026, 3, 4, 9, 12, 44, tzinfo=UTC)
    assert made.rejected == 0


@pytest.mark.parametrize("status", [400, 403, 404])
@pytest.mark.parametrize("path", ["users", "invites", "workspaces"])
def test_a_list_that_is_refused_is_named_and_the_rest_is_read(
    lists: Lists, path: str, status: int
) -> None:
    """A refusal of one list does not take the others with it."""
    lists.steps[path] = refused(status)
    made = lists.read()
    assert made.unavailable == [path]
    whole = {"users": made.users, "invites": made.invites, "workspaces": made.workspaces}
    assert {name for name, found in whole.items() if not found} == {path}


def test_a_list_of_another_shape_is_named(lists: Lists) -> None:
    """A list that changed its form is unavailable, like one that is refused."""
    lists.steps["users"] = httpx.Response(200, json={"data": {}})
    assert lists.read().unavailable == ["users"]


def test_a_half_read_list_is_not_a_list(lists: Lists) -> None:
    """When the second page is refused, the first is not taken for the whole."""
    answer = lists.answer

    def second_refused(request: httpx.Request) -> Step:
        return refused(403) if "after_id" in request.url.params else answer(request)

    lists.vendor.answer = second_refused
    made = lists.read()
    assert (made.unavailable, made.users) == (["users"], [])


@pytest.mark.parametrize("status", [401, 429, 503])
def test_a_key_or_a_vendor_that_is_out_ends_the_reading(lists: Lists, status: int) -> None:
    """A revoked key and a vendor out of reach concern every list."""
    lists.steps["users"] = refused(status)
    expected = errors.SourceAuthError if status == 401 else errors.SourceBusyError
    with pytest.raises(expected):
        lists.read()
    assert set(lists.vendor.paths) == {"users"}


def test_an_enterprise_key_ends_the_reading(lists: Lists) -> None:
    """A key of the wrong kind is told at once."""
    lists.steps["users"] = refused(403, "Got: ['read:analytics'] Needed: ['read:members']")
    with pytest.raises(errors.SourceAuthError) as raised:
        lists.read()
    assert raised.value.code == "wrong_kind"


def test_what_is_not_understood_is_counted(lists: Lists) -> None:
    """A broken element is counted and the others are kept."""
    lists.users = [user(1), user(2, email=None), user(3, id=7), user(4, name="x\x00")]
    lists.invites += [invitation(id="invite_2", invited_at="soon"), "new@example.org"]
    made = lists.read()
    assert [one.id for one in made.users] == ["user_1"]
    assert len(made.invites) == 1
    assert made.rejected == 5


def test_who_moved_to_a_later_page_is_there_once(lists: Lists) -> None:
    """A member added while the list was read pushes another onto two pages."""
    lists.users = [user(1), user(1), user(2)]
    assert [one.id for one in lists.read().users] == ["user_1", "user_2"]


def test_a_workspace_that_was_removed_meanwhile_is_left_out(lists: Lists) -> None:
    """A workspace whose members are not found is gone; the others stand."""
    lists.steps["workspaces/wrkspc_Payments/members"] = refused(404)
    made = lists.read()
    assert [one.name for one in made.workspaces] == ["Default"]
    assert made.unavailable == []


def test_a_default_workspace_without_members_is_kept(lists: Lists) -> None:
    """The default workspace need not have a list of members."""
    lists.steps["workspaces/wrkspc_Default/members"] = refused(400)
    made = lists.read()
    assert made.members == {"wrkspc_Payments": ["user_1"], "wrkspc_Default": []}
    assert made.unavailable == []


def test_members_that_are_refused_make_the_workspaces_unavailable(lists: Lists) -> None:
    """Without its members a workspace would look empty, so none is taken."""
    lists.steps["workspaces/wrkspc_Payments/members"] = refused(403)
    assert lists.read().unavailable == ["workspaces"]


def test_a_default_workspace_that_cannot_be_told_is_none(lists: Lists) -> None:
    """Where the list holds the default workspace anyway, it is one among the others."""
    lists.workspaces.append(lists.default)
    made = lists.read()
    assert made.default_workspace == ""
    assert len(made.workspaces) == 2
