"""What is counted and told of clients is the same on both stores."""

from fractions import Fraction
from typing import Any

from sqlalchemy import Engine

from claude_dash.clients import clients, priced_by_clients
from claude_dash.coverage import coverage
from claude_dash.facts import tables as t
from claude_dash.people.hints import join_team
from claude_dash.privacy.policy import Policy
from claude_dash.reconcile import reconcile
from claude_dash.store.adding import count_aside
from tests.postgres import postgres_server, postgres_url  # noqa: F401 - fixtures
from tests.rolled import ALL, MONDAY, WEEK, Rolled

BUCKET, TELEMETRY = 1, 2
PEOPLE = range(1, 13)


def test_clients_beside_a_log(store: Engine, settings: Any) -> None:
    """Tokens of the log, commits and hours of the client, teams by hint, and who decided."""
    made = Rolled(settings, store)
    made.connect(BUCKET, "bedrock", "123456789012")
    made.connect(TELEMETRY, "telemetry", "")
    made.setup(1, provider="bedrock", version="2.1.329")
    made.read(MONDAY)
    sent = {"connection_id": TELEMETRY, "setup": 1, "terminal_type": ""}
    for who in PEOPLE:
        made.somebody(who)
        made.add(t.INVOCATION_DAY, who, MONDAY, connection_id=BUCKET, model="m", scope="",
                 input_tokens=7)  # fmt: skip
        made.add(t.CLIENT_DAY, who, MONDAY, **sent, commits=3, active_ms=1_800_000)
        made.add(t.CLIENT_MODEL_DAY, who, MONDAY, **sent, model="private", input_tokens=5,
                 cost_estimated=9)  # fmt: skip
        for by, edits in (("config", 3), ("user_temporary", 1)):
            made.add(t.CLIENT_TOOL_DAY, who, MONDAY, **sent, tool="Edit", decided_by=by,
                     suggestions_accepted=edits)  # fmt: skip
    with store.begin() as connection:
        join_team(connection, TELEMETRY, PEOPLE, "Platform", MONDAY)
    made.roll()
    assert made.released("tokens")[ALL, ""] == 7 * len(PEOPLE)
    assert made.released("commits")[ALL, ""] == 3 * len(PEOPLE)
    assert made.released("active_ms")[ALL, ""] == 1_800_000 * len(PEOPLE)
    assert made.released("suggestions_accepted", "tool")[ALL, "edit_tool"] == 4 * len(PEOPLE)
    assert {row.key for row in made.rows_of(t.GROUP_ROW, level="team", grain="week")} == {"team:1"}
    told = clients(store, Policy())
    assert told is not None
    assert (told.automatic, told.values["Version"]) == (Fraction(3, 4), [("2.1.329", 12)])
    assert priced_by_clients(store) == ["private"]


def test_who_is_visible_and_two_sources_side_by_side(store: Engine, settings: Any) -> None:
    """Map and totals are the same: of whom both tell, the client tells less, and one is unread."""
    made = Rolled(settings, store)
    made.connect(BUCKET, "bedrock", "123456789012")
    made.connect(TELEMETRY, "telemetry", "")
    made.setup(1, provider="firstParty", version="2.0.76")
    made.people(PEOPLE)
    made.erase(t.ROSTER_ENTRY, origin="vendor")
    for who in PEOPLE:
        made.add(t.INVOCATION_DAY, who, MONDAY, connection_id=BUCKET, model="m", scope="",
                 input_tokens=7, requests=1)  # fmt: skip
        made.add(t.CLIENT_MODEL_DAY, who, MONDAY, connection_id=TELEMETRY, setup=1,
                 terminal_type="", model="m", input_tokens=5, cost_estimated=9)  # fmt: skip
    made.read(*(MONDAY - number * WEEK for number in range(4)))
    with store.begin() as connection:
        count_aside(connection, TELEMETRY, "telemetry.metrics", {(MONDAY, "a field"): 1_234})
    made.roll()
    seen = coverage(store, Policy())
    assert seen is not None
    assert (seen.visible, seen.several, seen.names) == (12, 12, "people")
    assert dict(seen.sources) == {"bedrock": 12, "telemetry": 12}
    both = reconcile(store, Policy(), "bedrock 1", "telemetry 2")
    assert both is not None
    assert [(one.measure, one.values) for one in both.lines] == [("tokens", (84, 60))]
    assert "1 model has no price in bedrock 1" in " ".join(both.causes)
    assert "12 people of telemetry 2 use clients before 2.1" in " ".join(both.causes)
    assert "12 people of telemetry 2 sent requests to an organisation" in " ".join(both.causes)
    assert "1,234 records of telemetry 2 could not be read" in " ".join(both.causes)
