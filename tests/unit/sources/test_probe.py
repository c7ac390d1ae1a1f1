"""What is said about a pasted key, and with how few requests."""

from typing import Any

import httpx
import pytest

from claude_dash.sources.probe import SEATS_ABSENT, USAGE, Probe, probe
from tests.unit.sources.conftest import KEY, Step, Vendor, listed, page, refused, report_row

ORGANIZATION = {"id": "5b0c1c52", "type": "organization", "name": "Example Org"}
REPORT = "usage_report/claude_code"
SCOPED_KEY = "sk-ant-" + "api01-invented"
STANDARD_KEY = "sk-ant-" + "api03-invented"


class Org:
    """An organization that answers by path; a test changes single answers."""

    def __init__(self, vendor: Vendor) -> None:
        pending = {"id": "i1", "status": "pending"}
        self.vendor = vendor
        self.steps: dict[str, Step] = {
            "me": httpx.Response(200, json=ORGANIZATION),
            REPORT: page(report_row()),
            "users": listed({"id": "u1"}, {"id": "u2"}),
            "invites": listed(pending, {"id": "i2", "status": "accepted"}),
            "workspaces": listed({"id": "w1"}, has_more=True, last="w1"),
        }
        self.by_day: dict[str, Step] = {}
        vendor.answer = self.answer

    def answer(self, request: httpx.Request) -> Step:
        """Answer by path, the report also by day."""
        day = request.url.params.get("starting_at", "")
        path = request.url.path.removeprefix("/v1/organizations/")
        return self.by_day.get(day, self.steps[path])

    def probe(self, key: str = KEY) -> Probe:
        """Ask what a key can read."""
        return probe(self.vendor.client(key))


@pytest.fixture
def org(vendor: Vendor) -> Org:
    """Return an organization that answers everything."""
    return Org(vendor)


def rows(made: Probe) -> dict[str, bool]:
    """Return which report was found."""
    return {one.report: one.is_found for one in made.findings}


def test_a_good_key_is_told_what_was_found(org: Org) -> None:
    """Organization, people, open invitations, workspaces and the newest day seen are named."""
    made = org.probe()
    assert (made.status, made.error) == ("ok", None)
    assert (made.organization_id, made.organization_name) == ("5b0c1c52", "Example Org")
    assert (made.people, made.open_invites, made.workspaces) == (2, 1, 1)
    said = {one.report: one.sentence for one in made.findings}
    assert said == {
        USAGE: f"Rows up to Tue 17 Nov 2026. {SEATS_ABSENT}",
        "Members": "2 people.",
        "Invitations": "1 open.",
        "Workspaces": "1 or more, which can serve as teams.",
    }
    assert set(rows(made).values()) == {True}
    assert "Amazon Bedrock" in made.not_covered


def test_without_workspaces_teams_come_from_elsewhere(org: Org) -> None:
    """An organization without workspaces is told how it gets teams."""
    org.steps["workspaces"] = listed()
    assert org.probe().findings[-1].sentence == "None; teams come from a file."


def test_few_requests_are_made(org: Org) -> None:
    """Six at most, also where the report is empty."""
    org.probe()
    assert len(org.vendor.asked) == 5
    org.vendor.asked.clear()
    org.steps[REPORT] = page()
    org.probe()
    days = [
        request.url.params["starting_at"]
        for request in org.vendor.asked
        if request.url.path.endswith(REPORT)
    ]
    assert days == ["2026-11-17", "2026-11-14"]
    assert len(org.vendor.asked) == 6


def test_an_empty_report_says_who_is_absent_from_it(org: Org) -> None:
    """An organization whose people use seats shows no rows, and is told so."""
    org.steps[REPORT] = page()
    made = org.probe()
    assert made.status == "ok"
    assert made.last_day_seen is None
    assert made.findings[0].sentence == f"The report answers and is empty. {SEATS_ABSENT}"


def test_seats_that_are_there_are_not_called_absent(org: Org) -> None:
    """Where a row of a seat comes, nothing is said about absence."""
    org.steps[REPORT] = page(report_row(), report_row(customer_type="subscription"))
    assert org.probe().findings[0].sentence == "Rows up to Tue 17 Nov 2026."


def test_a_weekend_is_not_an_empty_organization(org: Org) -> None:
    """An earlier day is asked for when yesterday is empty."""
    org.by_day["2026-11-17"] = page()
    assert "Sat 14 Nov 2026" in org.probe().findings[0].sentence


def test_a_day_before_the_organization_is_no_refusal(org: Org) -> None:
    """An organization made today refuses yesterday; the key is good all the same."""
    org.steps[REPORT] = refused(400, "before the organization existed")
    made = org.probe()
    assert made.status == "ok"
    assert rows(made)[USAGE] is False
    assert "before the organization existed" in made.findings[0].sentence


GOT = "Missing required scopes. Got: ['{}'] Needed: ['{}']"


@pytest.mark.parametrize(
    ("steps", "key", "code", "words"),
    [
        ({"me": refused(401)}, KEY, "revoked", "revoked"),
        ({"me": refused(401)}, STANDARD_KEY, "wrong_kind", "standard API key"),
        ({"me": refused(403)}, STANDARD_KEY, "wrong_kind", "standard API key"),
        ({"me": refused(401)}, SCOPED_KEY, "wrong_kind", "Enterprise key"),
        ({REPORT: refused(403)}, SCOPED_KEY, "wrong_kind", "Enterprise key"),
        ({REPORT: refused(404)}, SCOPED_KEY, "wrong_kind", "without the Console's"),
        (
            {"me": refused(403, GOT.format("read:analytics", "org:me"))},
            "other-key",
            "wrong_kind",
            "Enterprise key",
        ),
        (
            {"me": refused(404), REPORT: refused(403, GOT.format("read:members", "api:admin"))},
            "other-key",
            "wrong_kind",
            "Enterprise key",
        ),
        ({REPORT: refused(403, GOT.format("api:admin", "x"))}, KEY, "missing_scope", "may not"),
        ({REPORT: refused(404)}, KEY, "switched_off", "switched off"),
        ({"me": refused(404), REPORT: refused(404)}, KEY, "not_found", "no such report"),
        (
            {REPORT: refused(400, error_code="organization_type_not_supported")},
            KEY,
            "wrong_kind",
            "plan",
        ),
        ({REPORT: httpx.Response(200, json={"data": 1})}, KEY, "other", "changed"),
    ],
)
def test_each_refusal_has_its_own_sentence(
    org: Org, steps: dict[str, Step], key: str, code: str, words: str
) -> None:
    """What the vendor refuses becomes a fixed code, a sentence and a next step."""
    org.steps |= steps
    made = org.probe(key)
    assert made.status == "refused"
    assert made.error is not None
    assert made.error.code == code
    assert words in made.error.message
    assert made.error.hint
    assert rows(made)[USAGE] is False


def test_a_dead_key_is_not_tried_on_the_rest(org: Org) -> None:
    """After a 401 nothing else is asked."""
    org.steps["me"] = refused(401)
    org.probe()
    assert org.vendor.paths == ["me"]


def test_a_key_of_the_wrong_kind_shows_what_it_can_do(org: Org) -> None:
    """An Enterprise key reads the members; the rows say so beside the refusal."""
    org.steps |= {REPORT: refused(403), "workspaces": refused(403)}
    made = org.probe(SCOPED_KEY)
    found = rows(made)
    assert made.status == "refused"
    assert (found[USAGE], found["Members"], found["Workspaces"]) == (False, True, False)


@pytest.mark.parametrize(
    ("step", "code", "words"),
    [
        (httpx.ConnectError("x"), "network", "no connection"),
        (httpx.ConnectTimeout("x"), "network", "in time"),
        (httpx.Response(503), "other", "not well"),
        (httpx.Response(429, headers={"retry-after": "600"}), "other", "until"),
        (httpx.Response(200, html="<h1>Hello</h1>"), "wrong_address", "other than the vendor"),
        (httpx.Response(200, json={"hello": 1}), "wrong_address", "other than the vendor"),
        (httpx.Response(404, html="nothing here"), "wrong_address", "at this address"),
        (httpx.Response(302, headers={"location": "/"}), "wrong_address", "elsewhere"),
        (httpx.Response(403, html="blocked"), "wrong_address", "before the vendor"),
    ],
)
def test_what_is_out_of_reach_is_not_the_keys_fault(
    org: Org, step: Step, code: str, words: str
) -> None:
    """No network, a busy vendor and a wrong address are `unreachable`, not refused."""
    org.steps["me"] = step
    made = org.probe()
    assert made.status == "unreachable"
    assert made.error is not None
    assert made.error.code == code
    assert words in made.error.message
    assert set(org.vendor.paths) == {"me"}


def test_a_list_that_is_refused_does_not_refuse_the_key(org: Org) -> None:
    """What is only nice to have is shown as not found, with the reason."""
    org.steps |= {"users": refused(403), "invites": httpx.Response(503)}
    made = org.probe()
    assert made.status == "ok"
    said = {one.report: (one.is_found, one.sentence) for one in made.findings}
    assert said["Members"] == (False, "The key may not read this report.")
    assert said["Invitations"] == (False, "It did not answer.")
    assert (made.people, made.open_invites) == (None, None)


def test_an_organization_that_is_not_told_is_no_refusal(org: Org) -> None:
    """A key that reads the report is good, even where it may not ask whose it is."""
    org.steps["me"] = refused(404)
    made = org.probe()
    assert (made.status, made.organization_id) == ("ok", "")
    assert rows(made)[USAGE]


@pytest.mark.parametrize("body", [{"data": [7, None, {"x": 1}]}, {"data": []}])
def test_strange_rows_do_not_break_it(org: Org, body: dict[str, Any]) -> None:
    """Elements of another form are counted or passed over, not fatal."""
    for path in (REPORT, "users", "invites", "workspaces"):
        org.steps[path] = httpx.Response(200, json=body)
    assert org.probe().status == "ok"


def test_nobody_is_named(org: Org) -> None:
    """No address of a row or a list and no key is in the outcome."""
    org.steps["users"] = listed({"id": "u1", "email": "rin@example.org"})
    assert "rin@" not in repr(org.probe())
    assert "invented" not in repr(org.probe(SCOPED_KEY))
