"""The strict server is itself strict, gives everything once, and tells the same as the truth."""

import json
from collections.abc import Iterator
from datetime import date
from decimal import Decimal
from http.client import HTTPConnection
from typing import Any
from urllib.parse import urlencode

import pytest

from tests import enterprise_truth as truth
from tests.enterprise_organization import EnterpriseOrganization
from tests.enterprise_server import ANALYTICS, BETA, EnterpriseServer
from tests.vendor_server import ROOT

FIRST, LAST = date(2026, 11, 2), date(2026, 11, 8)
SPAN = [("starting_at", "2026-11-02T00:00:00Z"), ("ending_at", "2026-11-09T00:00:00Z")]
DAILY = [*SPAN, ("time_bucket_width", "1d")]
HEADERS = {"anthropic-version": "2026-10-21", "anthropic-beta": BETA}
Pairs = list[tuple[str, str]]


def ask(
    server: EnterpriseServer, path: str, pairs: Pairs, headers: dict[str, str] | None = None
) -> tuple[int, Any]:
    one = HTTPConnection(*server._http.server_address[:2])
    sent = HEADERS if headers is None else headers
    one.request("GET", f"{path}?{urlencode(pairs)}", headers={"x-api-key": server.key, **sent})
    answer = one.getresponse()
    body = json.loads(answer.read())
    one.close()
    return answer.status, body


def walk(server: EnterpriseServer, path: str, pairs: Pairs) -> Iterator[Any]:
    following = None
    while True:
        page = [("page", following)] if following else []
        status, body = ask(server, path, [*pairs, *page])
        assert status == 200, body
        yield from body["data"]
        following = body["next_page"]
        if following is None:
            return


def organization(kind: str = "enterprise") -> EnterpriseOrganization:
    return EnterpriseOrganization(60, FIRST, LAST, kind=kind)


def test_everything_follows_from_the_seed() -> None:
    """Two organizations of one seed are the same, and of another seed they are not."""
    one, same = organization(), organization()
    other = EnterpriseOrganization(60, FIRST, LAST, seed=2)
    assert truth.cost(one) == truth.cost(same) != truth.cost(other)
    assert one.users(LAST) == same.users(LAST)


@pytest.mark.parametrize("limit", ["7", "1000"])
def test_paging_gives_each_person_once(limit: str) -> None:
    """Pages of any size hold each row of the day once, in order."""
    with EnterpriseServer(organization()) as server:
        pairs = [("date", "2026-11-04"), ("limit", limit)]
        rows = [*walk(server, f"{ANALYTICS}/users", pairs)]
        assert rows == server.organization.users(date(2026, 11, 4))
        assert not server.forbidden


@pytest.mark.parametrize("kind", ["enterprise", "console"])
def test_usage_and_cost_add_up_to_the_truth(kind: str) -> None:
    """Pages of usage and cost, however grouped, add up to the organization's tokens and money."""
    by = [("group_by[]", name) for name in ("actor", "model", "product")]
    with EnterpriseServer(organization(kind)) as server:
        org = server.organization
        usage = walk(server, f"{ANALYTICS}/usage", [*DAILY, *by, ("limit", "50")])
        total = sum(row["usage"]["total_tokens"] for row in usage)
        assert total == sum(truth.tokens(org).values())
        pairs = [*DAILY, *by, ("group_by[]", "cost_type"), ("limit", "50")]
        for _ in range(2):
            cost = walk(server, f"{ANALYTICS}/cost", pairs)
            money = sum(Decimal(row["cost"]["amount"]) for row in cost) / 100
            assert money == sum(truth.cost(org).values())
            org.revise(LAST, [org.persons[n].user_id for n in range(20)], 3)
        assert not server.forbidden


@pytest.mark.parametrize("report", ["usage_report", "user_usage_report"])
def test_older_reports_add_up_to_the_truth(report: str) -> None:
    """The older reports tell what they may: no Console products, and by person people only."""
    with EnterpriseServer(organization(), beta=False, shapes="2023-06-01") as server:
        assert ask(server, f"{ANALYTICS}/usage", DAILY)[0] == 404
        rows = [*walk(server, f"{ANALYTICS}/{report}", [*SPAN, ("limit", "5")])]
        flat = [one for row in rows for one in row.get("results", [row])]
        where = truth.per_person if report.startswith("user") else truth.legacy
        own = truth.tokens_by_type(server.organization, where=where)
        told = sum(one["output_tokens"] for one in flat)
        assert told == sum(n for (_, name), n in own.items() if name == "output_tokens")
        assert not server.forbidden


def test_older_console_reports_add_up_to_the_truth() -> None:
    """The Console's own older reports tell tokens without executions and cost without priority."""
    with EnterpriseServer(organization("console"), beta=False) as server:
        by = [("group_by[]", "workspace_id"), ("group_by[]", "description")]
        buckets = walk(server, f"{ROOT}/cost_report", [*SPAN, *by, ("limit", "3")])
        money = sum(Decimal(row["amount"]) for one in buckets for row in one["results"]) / 100
        assert money == sum(truth.cost(server.organization, where=truth.console_cost).values())
        buckets = walk(server, f"{ROOT}/usage_report/messages", [*SPAN, ("limit", "3")])
        told = sum(row["output_tokens"] for one in buckets for row in one["results"])
        own = truth.tokens_by_type(server.organization, where=truth.messages_report)
        assert told == sum(n for (_, name), n in own.items() if name == "output_tokens")
        status, body = ask(server, f"{ANALYTICS}/users", [("date", "2026-11-04")])
        assert (status, "Got: ['api:admin']" in body["error"]["message"]) == (403, True)


@pytest.mark.parametrize("kind", ["skills", "connectors", "plugins", "artifacts", "projects"])
def test_features_by_person_add_up_to_the_truth(kind: str) -> None:
    """A feature report grouped by person, page by page, adds up to the uses of the day."""
    day = date(2026, 11, 4)
    path = f"{ANALYTICS}/{'apps/chat/projects' if kind == 'projects' else kind}"
    pairs = [("date", f"{day}"), ("group_by[]", "user_id"), ("limit", "5")]
    with EnterpriseServer(organization()) as server:
        rows = [*walk(server, path, pairs)]
        told = sum(row[name] or 0 for row in rows for name in truth.USES[kind])
        assert told == sum(truth.feature_uses(server.organization, kind, [day]).values()) > 0
        assert not server.forbidden


@pytest.mark.parametrize(
    ("path", "pairs"),
    [
        ("users", [("date", "2026-11-10")]),
        ("users", [("date", "2025-12-31")]),
        ("users", [("date", "2026-11-04"), ("starting_date", "2026-11-04")]),
        ("users", [("starting_at", "2026-11-04T00:00:00Z")]),
        ("users", [("date", "2026-11-04"), ("limit", "1001")]),
        ("users", [("date", "2026-11-04"), ("page", "MCB4")]),
        ("skills", [("date", "2026-11-04"), ("group_by[]", "model")]),
        ("summaries", [("starting_date", "2026-01-01"), ("ending_date", "2026-11-10")]),
        ("usage", [("starting_at", "2026-10-01T00:00:00Z"), SPAN[1]]),
        ("usage", [*SPAN, ("bucket_width", "1d")]),
        ("cost", [*SPAN, *(("group_by[]", one) for one in (
            "actor", "model", "product", "speed", "context_window", "inference_geo"))]),
        ("everything", []),
    ],
)  # fmt: skip
def test_forbidden_requests_are_noted(path: str, pairs: Pairs) -> None:
    """What no correct reader asks is refused and noted."""
    with EnterpriseServer(organization()) as server:
        assert ask(server, f"{ANALYTICS}/{path}", pairs)[0] in {400, 404}
        assert len(server.forbidden) == 1


@pytest.mark.parametrize(("left_out", "path"), [("anthropic-version", "users"),
                                                ("anthropic-beta", "usage")])  # fmt: skip
def test_missing_headers_are_noted(left_out: str, path: str) -> None:
    """A request without a header that it needs is refused and noted."""
    headers = {name: value for name, value in HEADERS.items() if name != left_out}
    with EnterpriseServer(organization()) as server:
        status, _ = ask(server, f"{ANALYTICS}/{path}", [], headers)
        assert (status, len(server.forbidden)) == (400 if path == "users" else 404, 1)


@pytest.mark.parametrize("path", ["users", "skills", "connectors", "plugins", "artifacts"])
def test_a_day_too_recent_is_answered_with_the_latest(path: str) -> None:
    """A day that is not there yet is refused in words that name the latest; nobody is blamed."""
    with EnterpriseServer(organization(), lags={"skills": 2}) as server:
        status, body = ask(server, f"{ANALYTICS}/{path}", [("date", f"{server.today()}")])
        assert status == 400
        assert f"{server.latest(path)}" in body["error"]["message"]
        assert not server.forbidden


def test_a_token_expires_once_and_the_walk_begins_again() -> None:
    """The page token told to expire answers 410 until the walk gives it out again."""
    path, pairs = f"{ANALYTICS}/users", [("date", "2026-11-04"), ("limit", "10")]
    with EnterpriseServer(organization(), expire_tokens=1) as server:
        token = ask(server, path, pairs)[1]["next_page"]
        assert ask(server, path, [*pairs, ("page", token)])[0] == 410
        assert len([*walk(server, path, pairs)]) > 10
        assert not server.forbidden
        assert (
            ask(server, path, [("date", "2026-11-03"), ("limit", "10"), ("page", token)])[0] == 400
        )
        assert len(server.forbidden) == 1


def test_missing_scopes_are_named() -> None:
    """A key without a scope is told which one it has and which one it needs."""
    with EnterpriseServer(organization(), scopes={"read:analytics"}) as server:
        status, body = ask(server, f"{ROOT}/users", [])
        wanted = "Missing required scopes. Got: ['read:analytics'] Needed: ['read:members']"
        assert (status, body["error"]["message"]) == (403, wanted)


def test_the_roster_is_whole() -> None:
    """The roster, page by page, holds who has not left; groups hold no one else."""
    with EnterpriseServer(organization()) as server:
        ids, cursor = [], []
        while True:
            _, body = ask(server, f"{ROOT}/users", [("limit", "7"), *cursor])
            ids += [one["id"] for one in body["data"]]
            if not body["has_more"]:
                break
            cursor = [("after_id", body["last_id"])]
        assert sorted(ids) == sorted(one.user_id for one in server.organization.members)
        for group in walk(server, f"{ROOT}/rbac_groups", [("limit", "1")]):
            members = walk(server, f"{ROOT}/rbac_groups/{group['id']}/members", [("limit", "3")])
            assert {one["user_id"] for one in members} <= set(ids)
        assert [*walk(server, f"{ROOT}/spend_limits/effective", [("limit", "50")])]


def test_too_many_requests_are_noted() -> None:
    """The request beyond the limit of a minute is refused and noted."""
    with EnterpriseServer(organization(), limit=2) as server:
        assert [ask(server, f"{ROOT}/me", [])[0] for _ in range(3)] == [200, 200, 429]
        assert len(server.forbidden) == 1
