"""The demo's clients: what they send is counted as it was simulated, however often it comes."""

from collections import Counter
from datetime import date, timedelta

from sqlalchemy import Engine, func, select

from claude_dash.config import Settings
from claude_dash.demo import clients
from claude_dash.demo.habits import CLIENT_DAYS, Days
from claude_dash.demo.organization import CLIENT_TEAMS, Organization
from claude_dash.facts import tables as t
from claude_dash.ingest.arrivals import take_all
from claude_dash.store.engine import migrate
from claude_dash.store.inbox import Inbox
from claude_dash.store.vault import Vault

TODAY = date(2026, 11, 18)  # where the clock of the tests stands
ORGANIZATION = Organization.simulate(120, 70, 7, TODAY)
DAY_COLUMNS = ("sessions", "commits", "pull_requests", "lines_added", "lines_removed")


def sent() -> Counter[str]:
    """Return what was simulated, in the store's words."""
    days, found = Days(ORGANIZATION), Counter[str]()
    for back in range(70):
        for _, row in days.sent(TODAY - timedelta(days=back)):
            core = row["core_metrics"]
            found["sessions"] += core["num_sessions"]
            found["commits"] += core["commits_by_claude_code"]
            found["pull_requests"] += core["pull_requests_by_claude_code"]
            found["lines_added"] += core["lines_of_code"]["added"]
            found["lines_removed"] += core["lines_of_code"]["removed"]
            found["output_tokens"] += sum(one["tokens"]["output"] for one in row["model_breakdown"])
    return found


def stored(engine: Engine) -> Counter[str]:
    """Return what was counted."""
    columns = [*(t.CLIENT_DAY.c[name] for name in DAY_COLUMNS), t.CLIENT_MODEL_DAY.c.output_tokens]
    with engine.connect() as connection:
        return Counter({
            one.name: connection.execute(select(func.sum(one))).scalar_one() for one in columns
        })  # fmt: skip


def test_what_is_sent_is_what_was_simulated(engine: Engine, settings: Settings) -> None:
    """Everything is counted, once, and the last days again change nothing."""
    migrate(engine)
    vault = Vault(settings)
    for _ in range(2):
        clients.send(engine, vault, Days(ORGANIZATION), "demo")
        inbox = Inbox(engine)
        assert take_all(engine, vault, inbox, wait=True)
        inbox.close()
        assert stored(engine) == sent()
    with engine.connect() as connection:
        read = set(connection.execute(select(t.DAY_READ.c.day)).scalars())
        kinds = set(connection.execute(select(t.IDENTITY.c.kind)).scalars())
    assert read == {TODAY - timedelta(days=back) for back in range(CLIENT_DAYS + 1)}
    assert {"account", "installation"} <= kinds


def test_nothing_else_tells_of_those_teams() -> None:
    """Nobody whose client tells of them is in the Console's report or in the bucket."""
    days = Days(ORGANIZATION)
    for back in range(20):
        day = TODAY - timedelta(days=back)
        reported = [one for one, _ in [*days.console(day), *days.invoked(day)] if one]
        assert not {one.team for one in reported} & CLIENT_TEAMS
        assert {one.team for one, _ in days.sent(day)} <= CLIENT_TEAMS
