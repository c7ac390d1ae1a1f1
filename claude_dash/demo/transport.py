"""Answers requests as the vendors do, out of the simulated organisation.

These are the two Admin APIs, and AWS for a bucket of logs.
"""

from datetime import date
from typing import Any

import httpx

from claude_dash.demo.analytics import Analytics
from claude_dash.demo.answers import answered, by_id, by_token, invalid, refused
from claude_dash.demo.cloud import HOST, Cloud
from claude_dash.demo.enterprise import OPEN_INVITES
from claude_dash.demo.habits import Days
from claude_dash.demo.organization import Organization
from claude_dash.demo.payloads import UNKNOWN_MODEL

KEY = "sk-ant-admin01-demo-0000"
ENTERPRISE_KEY = "sk-ant-api01-demo-0000"
ROOT, ANALYTICS = "/v1/organizations/", "analytics/"
NOT_FOUND = (404, "not_found_error", "no such path")


class DemoTransport(httpx.BaseTransport):
    """Stands in for the network: the same paths, parameters, pages and refusals.

    Args:
        organization: Who answers, with a Console key and with an Enterprise key.
        early: The cost of some days is what it was before the vendor revised it.
    """

    def __init__(self, organization: Organization, *, early: bool = False) -> None:
        self._organization = organization
        self._days = Days(organization)
        self._analytics = Analytics(self._days, early=early)
        self._cloud = Cloud(self._days)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        """Answer one request."""
        if request.url.host.endswith(HOST):
            return self._cloud.answer(request)
        key, path = request.headers.get("x-api-key"), request.url.path
        if key not in {KEY, ENTERPRISE_KEY}:
            return refused(401, "authentication_error", "invalid x-api-key")
        if not path.startswith(ROOT):
            return refused(*NOT_FOUND)
        name, is_enterprise = path.removeprefix(ROOT), key == ENTERPRISE_KEY
        try:
            if name.startswith(ANALYTICS):
                report = name.removeprefix(ANALYTICS)
                return self._analytics.answer(report, request, is_enterprise=is_enterprise)
            query = request.url.params
            return self._enterprise(name, query) if is_enterprise else self._console(name, query)
        except ValueError as error:
            return invalid(str(error))

    def _console(self, name: str, query: httpx.QueryParams) -> httpx.Response:
        if name == "usage_report/claude_code":
            return self._report(query)
        if name == "spend_limits/effective":
            return invalid("organization_type_not_supported")
        if name.rsplit("/", 1)[-1] in {"workspaces", "members"}:
            return by_id([], query)  # teams come from the roster file
        return self._both(name, query, "demo", "Demo organisation", "claude_code_user")

    def _enterprise(self, name: str, query: httpx.QueryParams) -> httpx.Response:
        if name == "spend_limits/effective":
            return self._analytics.limits(query)
        if name == "rbac_groups":
            return by_token([], query)
        return self._both(name, query, "demo-enterprise", "Demo Enterprise", "user")

    def _both(
        self, name: str, query: httpx.QueryParams, id_: str, title: str, role: str
    ) -> httpx.Response:
        if name == "me":
            return answered({"id": id_, "type": "organization", "name": title})
        if name == "users":
            return by_id(self._users(role), query)
        if name == "invites":
            return by_id(self._invites(), query)
        return refused(*NOT_FOUND)

    def _report(self, query: httpx.QueryParams) -> httpx.Response:
        try:
            day = date.fromisoformat(query.get("starting_at", ""))
        except ValueError:
            return invalid("starting_at is not a date")
        found = self._days.console(day)
        return by_token([_reported(row) for _, row in found], query)

    def _users(self, role: str) -> list[dict[str, Any]]:
        return [
            {
                "id": one.id,
                "type": "user",
                "email": one.email,
                "name": one.name,
                "role": role,
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
                "role": "user",
                "status": "pending" if number < OPEN_INVITES else "expired",
                "invited_at": f"{date.fromordinal(last.toordinal() - 3 * number - 2)}T08:00:00Z",
                "expires_at": f"{date.fromordinal(last.toordinal() - 3 * number + 19)}T08:00:00Z",
                "accepted_at": None,
                "rbac_group_ids": [],
            }
            for number in range(9)
        ]


def _reported(row: dict[str, Any]) -> dict[str, Any]:
    """Return a record as the report has it: a model that is too new has no estimate yet."""
    parts = [
        {**part, "estimated_cost": None} if part["model"] == UNKNOWN_MODEL else part
        for part in row["model_breakdown"]
    ]
    return {**row, "model_breakdown": parts}
