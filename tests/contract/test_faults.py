"""How every source bears a vendor that fails or changes, on whichever of its recorded pages."""

from datetime import date
from typing import Any

import httpx
import pytest

from claude_dash import errors
from claude_dash.facts.batch import DayFacts
from tests.contract.recorded import Case, Recording, cases, lists_of

CASES = {case.name: case for case in cases()}
FAULTS: dict[str, tuple[httpx.Response | Exception, type[errors.SourceError]]] = {
    "revoked": (httpx.Response(401, json={"error": {"type": "x"}}), errors.SourceAuthError),
    "scope": (httpx.Response(403, json={"error": {"type": "x"}}), errors.SourceAuthError),
    "missing": (httpx.Response(404, json={"error": {"type": "x"}}), errors.SourceAuthError),
    "bad day": (httpx.Response(400, json={"error": {"type": "x"}}), errors.SourceRequestError),
    "refreshed": (httpx.Response(410, json={}), errors.SourceExpiredError),
    "limit": (httpx.Response(429, json={}), errors.SourceBusyError),
    "broken": (httpx.Response(500, json={}), errors.SourceBusyError),
    "gateway": (httpx.Response(502, text="<html>"), errors.SourceBusyError),
    "away": (httpx.Response(503), errors.SourceBusyError),
    "slow": (httpx.Response(504, json={}), errors.SourceBusyError),
    "overloaded": (httpx.Response(529, json={}), errors.SourceBusyError),
    "cut off": (httpx.ReadError("reset"), errors.SourceBusyError),
    "half a page": (
        httpx.Response(200, text='{"data": [', headers={"content-type": "application/json"}),
        errors.SourceShapeError,
    ),
    "a list": (httpx.Response(200, json=[]), errors.SourceShapeError),
    "no list": (httpx.Response(200, json={"data": {}}), errors.SourceShapeError),
    "lost token": (
        httpx.Response(200, json={"data": [], "has_more": True, "next_page": None}),
        errors.SourceShapeError,
    ),
}
PASSING = ("limit", "broken", "gateway", "away", "slow", "overloaded", "cut off", "half a page")
# Objects whose names are values: of tools and apps, and of whatever tells a cloud's account.
OPEN = frozenset({"tool_actions", "office_metrics", "provider"})
BROKEN = ["mallory@example.org", None, 7, {"mallory": "@example.org"}]
every_case = pytest.mark.parametrize("case", CASES.values(), ids=CASES)


@every_case
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_stays_becomes_its_error(case: Case, fault: str) -> None:
    """A walk whose last page fails raises the right error, and nothing of the days is returned."""
    answer, kind = FAULTS[fault]
    for *_, at in Recording(case.name).walks:
        recording = Recording(case.name)
        recording.fail(at, answer)
        with pytest.raises(errors.SourceError) as raised:
            case.read(recording)
        assert type(raised.value) is kind
        said = f"{raised.value!r} {raised.value.__cause__!r} {raised.value.__context__!r}"
        assert [one for one in {*recording.identities, recording.key} if one in said] == []


@every_case
def test_a_report_that_is_not_there_is_told_apart(case: Case) -> None:
    """A 404 has a code of its own: on it the older endpoint is tried where there is one."""
    recording = Recording(case.name)
    recording.fail(0, FAULTS["missing"][0])
    with pytest.raises(errors.SourceAuthError) as raised:
        case.read(recording)
    assert (raised.value.code, len(recording.asked)) == ("not_found", 1)


@every_case
@pytest.mark.parametrize("fault", PASSING)
def test_a_fault_that_passes_leaves_no_trace(case: Case, fault: str) -> None:
    """A page that fails once is asked for again, with the same token, and nothing is lost."""
    whole = case.read()
    for at in range(len(Recording(case.name).exchanges)):
        recording = Recording(case.name)
        recording.fail(at, FAULTS[fault][0], times=1)
        assert case.read(recording) == whole
        again = [str(request.url) for request in recording.asked]
        assert again[at] == again[at + 1]
        assert len(again) == len(recording.exchanges) + 1


@every_case
def test_an_expired_token_starts_the_walk_again(case: Case) -> None:
    """After a 410 the days are read from the first page, and what was seen before is not added."""
    whole = case.read()
    for at in range(len(Recording(case.name).exchanges)):
        recording = Recording(case.name)
        recording.fail(at, FAULTS["refreshed"][0], times=1)
        assert case.read(recording) == whole
        assert recording.asked[at + 1].url == recording.asked[0].url


@pytest.mark.parametrize(
    ("case", "at"),
    [
        pytest.param(case, at, id=f"{case.name} {at}")
        for case in CASES.values()
        for walk in Recording(case.name).walks
        for at in walk[1:]
    ],
)
def test_a_vendor_that_runs_in_circles_is_left(case: Case, at: int) -> None:
    """A page that leads back to an earlier one of its walk is an error, not an endless walk."""
    recording = Recording(case.name)
    (walk,) = (one for one in recording.walks if at in one)
    token = recording.exchanges[walk[1]]["params"]["page"]
    back: dict[str, Any] = {"has_more": True, "next_page": token}
    page = {**recording.exchanges[at]["body"], **back}
    recording.fail(at, httpx.Response(200, json=page))
    with pytest.raises(errors.SourceShapeError):
        case.read(recording)
    assert len(recording.asked) == at + 1


@every_case
def test_a_broken_record_is_set_aside(case: Case) -> None:
    """It is counted with a reason that holds nothing of it, on whichever page; the rest is kept."""
    added = 0

    def spoil(body: Any) -> Any:
        nonlocal added
        for rows in lists_of(body):
            rows.extend(BROKEN)
            added += len(BROKEN)
        return body

    recording = Recording(case.name)
    recording.rewrite(spoil)
    read, whole = case.read(recording), case.read()
    assert _rows(read.days) == _rows(whole.days)
    assert _total(read.days, "records") == _total(whole.days, "records") + added
    assert _total(read.days, "rejected") == _total(whole.days, "rejected") + added
    assert "mallory" not in repr(read)


@every_case
@pytest.mark.parametrize("value", ["mallory", 7, 0.5, None, ["mallory"], {"mallory": 7}], ids=str)
def test_a_field_that_nobody_announced_changes_nothing(case: Case, value: Any) -> None:
    """Wherever it stands and whatever it holds."""
    recording = Recording(case.name)
    recording.rewrite(lambda body: _with_field(body, value))
    assert case.read(recording) == case.read()


def _with_field(body: Any, value: Any) -> Any:
    if isinstance(body, list):
        return [_with_field(one, value) for one in body]
    if not isinstance(body, dict):
        return body
    inner = {name: one if name in OPEN else _with_field(one, value) for name, one in body.items()}
    return {**inner, "field_of_tomorrow": value}


def _rows(made: dict[date, DayFacts]) -> dict[date, Any]:
    return {day: (facts.rows, facts.identities, facts.links) for day, facts in made.items()}


def _total(made: dict[date, DayFacts], name: str) -> int:
    return sum(getattr(facts, name) for facts in made.values())
