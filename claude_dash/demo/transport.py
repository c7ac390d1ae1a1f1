"""Answers requests as the vendor's Admin API does, out of the simulated organisation."""

from datetime import date
from typing import Any

import httpx

from claude_dash.demo.organization import Organization
from claude_dash.demo.payloads import day_rows

KEY = "sk-ant-admin01-demo-0000"
DEFAULT_LIMIT = 20


class DemoTransport(httpx.BaseTransport):
    """Stands in for the network: the same paths, parameters, pages and refusals."""

    def __init__(self, organization: Organization) -> None:
        self._organization = organization
        self._days: dict[str, list[dict[str, Any]]] = {}

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        if request.headers.get("x-api-key") != KEY:
            return _refused(401, "authentication_error", "invalid x-api-key")
        query, path = dict(request.url.params), request.url.path
        name = path.rsplit("/", 1)[-1]
        if name == "me":
            return httpx.Response(
                200, json={"id": "demo", "type": "organization", "name": "Demo organisation"}
            )
        limit = int(query.get("limit", DEFAULT_LIMIT))
        if name == "claude_code":
            return self._report(query, limit)
        lists = {"users": self._users, "invites": self._invites}
        if name in lists:
            return _page(lists[name](), query, limit)
        if name in {"workspaces", "members"}:  # teams come from the roster file
            return _page([], query, limit)
        return _refused(404, "not_found_error", "no such path")

    def _report(self, query: dict[str, str], limit: int) -> httpx.Response:
        asked = query.get("starting_at", "")
        try:
            day = date.fromisoformat(asked)
        except ValueError:
            return _refused(400, "invalid_request_error", "starting_at is not a date")
        rows = self._days.get(asked)
        if rows is None:
            rows = self._days[asked] = day_rows(self._organization, day)
        start = int(query.get("page", "0"))
        following = start + limit if start + limit < len(rows) else None
        if following is None:
            self._days.pop(asked, None)
        return httpx.Response(
            200,
            json={
                "data": rows[start : start + limit],
                "has_more": following is not None,
                "next_page": None if following is None else str(following),
            },
        )

    def _users(self) -> list[dict[str, Any]]:
        return [
            {
                "id": f"user_{one.number:05d}",
                "type": "user",
                "email": one.email,
                "name": one.name,
                "role": "claude_code_user",
                "added_at": f"{one.joined or self._organization.first}T08:00:00Z",
            }
            for one in self._organization.people
            if one.left is None
        ]

    def _invites(self) -> list[dict[str, Any]]:
        last = self._organization.last
        return [
            {
                "id": f"invite_{number}",
                "type": "invite",
                "email": f"invited{number}@example.org",
                "role": "developer",
                "status": "pending" if number < 6 else "expired",  # noqa: PLR2004 - six are open
                "invited_at": f"{date.fromordinal(last.toordinal() - 3 * number - 2)}T08:00:00Z",
                "expires_at": f"{date.fromordinal(last.toordinal() - 3 * number + 19)}T08:00:00Z",
                "accepted_at": None,
            }
            for number in range(9)
        ]


def _page(found: list[dict[str, Any]], query: dict[str, str], limit: int) -> httpx.Response:
    ids = [one["id"] for one in found]
    start = ids.index(query["after_id"]) + 1 if query.get("after_id") in ids else 0
    page = found[start : start + limit]
    return httpx.Response(
        200,
        json={
            "data": page,
            "has_more": start + limit < len(found),
            "first_id": page[0]["id"] if page else None,
            "last_id": page[-1]["id"] if page else None,
        },
    )


def _refused(status: int, kind: str, message: str) -> httpx.Response:
    body = {"type": "error", "error": {"type": kind, "message": message}}
    return httpx.Response(status, json=body)
