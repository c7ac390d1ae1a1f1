"""What every source of the folder keeps to, shown on recorded answers."""

import json
import logging
from collections.abc import Callable
from datetime import date
from typing import Any

import httpx
import pytest
from sqlalchemy import Engine

from claude_dash import errors
from claude_dash.clock import now
from claude_dash.facts.batch import DayFacts
from claude_dash.facts.measures import MEASURES
from claude_dash.facts.reports import REVISED_DAYS
from claude_dash.sources.base import Source, found
from claude_dash.store.write import replace_day
from tests.contract.recorded import KEY, PAYLOADS, Recording

SOURCES = found()
DAY = date(2026, 11, 17)
PSEUDONYM_KEY = b"contract" * 4
every_source = pytest.mark.parametrize("source", SOURCES.values(), ids=SOURCES.keys())


def read(source: Source, recording: Recording) -> DayFacts:
    """Return what the source makes of the recorded day."""
    return source.read_day(recording.client(), DAY, 1, PSEUDONYM_KEY)


def test_an_accidental_source_shows(snapshot: Callable[[str, str], None]) -> None:
    """The names of all sources are reviewed."""
    snapshot("sources.txt", "\n".join(SOURCES) + "\n")


@every_source
def test_it_has_a_recording_and_a_ruling(source: Source) -> None:
    """There are recorded answers, and it is ruled how long a day may be revised."""
    assert Recording(source.name).exchanges, f"record into {PAYLOADS}"
    assert source.name in REVISED_DAYS


@every_source
def test_it_makes_facts_of_known_measures(source: Source) -> None:
    """The recorded day becomes facts whose columns are those of the measures it declares."""
    facts = read(source, Recording(source.name))
    assert facts.facts > 0
    columns = {column for name in source.measures for column in MEASURES[name].columns}
    seen = set()
    for table, rows in facts.rows.items():
        keys = {column.name for column in table.primary_key}
        for row in rows:
            assert row.keys() == {column.name for column in table.columns}
            seen |= {name for name in row if name not in keys and row[name]}
    assert seen == columns


@every_source
def test_its_keys_are_unique(source: Source) -> None:
    """No two facts of a day have the same key; records of one key are added up."""
    for table, rows in read(source, Recording(source.name)).rows.items():
        keys = [tuple(row[column.name] for column in table.primary_key) for row in rows]
        assert len(set(keys)) == len(keys)


@every_source
def test_everybody_in_the_facts_is_known(source: Source) -> None:
    """Each pseudonym of a fact has its identity, and each identity has a fact."""
    facts = read(source, Recording(source.name))
    assert {row["who"] for rows in facts.rows.values() for row in rows} == set(facts.identities)


@every_source
def test_reading_twice_changes_nothing(source: Source, engine: Engine) -> None:
    """The same day read and written again leaves the store as it was."""
    changed = [
        replace_day(
            engine,
            connection_id=1,
            report=source.name,
            day=DAY,
            facts=read(source, Recording(source.name)),
            read_at=now(),
        )
        for _ in range(2)
    ]
    assert changed == [True, False]


@every_source
def test_nobody_is_named(source: Source, caplog: pytest.LogCaptureFixture) -> None:
    """No name of the payload and no key stands in a fact, a reject or a log line."""
    caplog.set_level(logging.DEBUG)
    recording = Recording(source.name)
    facts = read(source, recording)
    # Transport libraries are told to be quiet by `log.configure`; a stand-in logs through httpx.
    lines = [record.getMessage() for record in caplog.records]
    said = repr((facts.rows, facts.rejects, facts.identities, lines))
    assert [name for name in {*recording.identities, KEY} if name in said] == []


@every_source
def test_paging_stops(source: Source) -> None:
    """Every recorded page is asked for once, and nothing after the last."""
    recording = Recording(source.name)
    read(source, recording)
    asked = [dict(request.url.params.multi_items()) for request in recording.asked]
    assert asked == [exchange["params"] for exchange in recording.exchanges]


@every_source
def test_a_vendor_that_runs_in_circles_is_left(source: Source) -> None:
    """A page that leads back to an earlier one is an error, not an endless walk."""
    recording = Recording(source.name)
    first, second = recording.exchanges[:2]
    token = second["params"]["page"]
    recording.spoil = lambda _, __: httpx.Response(
        200, json={**first["body"], "has_more": True, "next_page": token}
    )
    with pytest.raises(errors.SourceShapeError):
        read(source, recording)
    assert len(recording.asked) == 2


FAULTS: dict[str, tuple[Any, type[errors.SourceError]]] = {
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


@every_source
@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_that_stays_becomes_its_error(source: Source, fault: str) -> None:
    """A page that fails for good raises the right error, and nothing of the day is returned."""
    answer, kind = FAULTS[fault]
    recording = Recording(source.name)
    second = recording.exchanges[1]["params"]

    def spoil(_: int, good: httpx.Response) -> httpx.Response:
        if dict(recording.asked[-1].url.params.multi_items()) != second:
            return good
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    recording.spoil = spoil
    with pytest.raises(errors.SourceError) as raised:
        read(source, recording)
    assert type(raised.value) is kind
    said = f"{raised.value!r} {raised.value.__cause__!r} {raised.value.__context__!r}"
    assert [name for name in {*recording.identities, KEY} if name in said] == []


@every_source
@pytest.mark.parametrize(
    "fault", ["limit", "broken", "gateway", "away", "slow", "overloaded", "cut off", "half a page"]
)
def test_a_fault_that_passes_leaves_no_trace(source: Source, fault: str) -> None:
    """A page that fails once is asked for again, with the same token, and nothing is lost."""
    answer, _ = FAULTS[fault]
    recording = Recording(source.name)

    def spoil(number: int, good: httpx.Response) -> httpx.Response:
        if number != 2:
            return good
        if isinstance(answer, Exception):
            raise answer
        return httpx.Response(answer.status_code, headers=answer.headers, content=answer.content)

    recording.spoil = spoil
    assert read(source, recording) == read(source, Recording(source.name))
    again = [str(request.url) for request in recording.asked]
    assert again[1] == again[2]


@every_source
def test_an_expired_token_starts_the_walk_again(source: Source) -> None:
    """After a 410 the day is read from its first page, and what was seen before is not added."""
    recording = Recording(source.name)
    recording.spoil = lambda number, good: (
        httpx.Response(410, json={"error": {}}) if number == 3 else good
    )
    assert read(source, recording) == read(source, Recording(source.name))
    assert recording.asked[3].url == recording.asked[0].url


@every_source
def test_a_broken_record_is_set_aside(source: Source) -> None:
    """A record that is none is counted with a reason that holds nothing of it; the rest is kept."""
    recording = Recording(source.name)
    whole = read(source, Recording(source.name))

    def spoil(number: int, good: httpx.Response) -> httpx.Response:
        body = json.loads(good.content)
        if number == 1:
            body["data"] += ["mallory@example.org", None, 7, {"mallory": "@example.org"}]
        return httpx.Response(200, json=body)

    recording.spoil = spoil
    facts = read(source, recording)
    assert facts.rows == whole.rows
    assert facts.records == whole.records + 4
    assert facts.rejected == whole.rejected + 4
    assert "mallory" not in repr(facts)
