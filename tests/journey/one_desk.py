"""The program in front of every source of one organization, and what it shows of them."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import Engine, select

from claude_dash import connections, ingest
from claude_dash.access.readers import Reader, Role
from claude_dash.answers import ask
from claude_dash.clock import Grain
from claude_dash.config import Settings
from claude_dash.connections import bedrock, senders, session_files
from claude_dash.connections.bedrock_options import Options
from claude_dash.facts import tables as t
from claude_dash.metrics.release import Query, Row
from claude_dash.people.roster import import_csv
from claude_dash.store.vault import Vault
from tests.aws_gate import AwsGate
from tests.bedrock_lines import REGION
from tests.enterprise_server import EnterpriseServer
from tests.one_organization import (
    BEDROCK,
    CONSOLE,
    ENTERPRISE,
    HOOKS,
    SESSIONS,
    World,
)
from tests.one_truth import Figures, Place, of_others
from tests.one_wire import log_objects, organizations, otlp_bodies, write_files
from tests.recorded_clients import receiver
from tests.vendor_server import KEY, VendorServer

VIEWER = Reader("journey", Role.VIEWER)
NANO = 10**9
DAY = timedelta(days=1)
ASKED: tuple[tuple[Grain, str], ...] = (
    ("day", ""), ("week", ""), ("month", ""), ("week", "team"), ("week", "department"),
)  # fmt: skip
MONEY = ("cost_estimated", "cost_billed")
SHOWN = {
    "active": "active_users",
    **{name: name for name in (
        "sessions", "lines_added", "lines_removed", "commits", "pull_requests",
        "suggestions_accepted", "suggestions_rejected", "input_tokens", "output_tokens",
        "cache_read_tokens", "cache_write_tokens", "requests", *MONEY,
    )},
}  # fmt: skip


@dataclass
class Vendors:
    """Whatever answers for a world, for as long as a test needs it."""

    world: World
    bucket: str
    urls: dict[str, str]
    keys: dict[str, str]
    bodies: list[bytes]
    folder: Path


@contextmanager
def vendors(world: World, gate: AwsGate, folder: Path) -> Iterator[Vendors]:
    """Yield the sources of a world; all of them answer until the end."""
    bucket = f"logs-of-{world.people}"
    gate.make_bucket(bucket)
    gate.put(bucket, log_objects(world))
    console, enterprise = organizations(world)
    lagging = EnterpriseServer(enterprise, lags={"users": 2}, today=lambda: world.today)
    with VendorServer(console) as one, lagging as other:
        urls = {CONSOLE: one.url, ENTERPRISE: other.url}
        keys = {CONSOLE: KEY, ENTERPRISE: other.key}
        files = write_files(world, folder)
        yield Vendors(world, bucket, urls, keys, [*otlp_bodies(world)], files)
        assert not one.forbidden
        assert not other.forbidden


@dataclass
class Desk:
    """The program over one store, in front of all sources."""

    engine: Engine
    settings: Settings
    at: Vendors
    tokens: dict[str, str] = field(default_factory=dict)
    here: set[str] = field(default_factory=set)

    def __post_init__(self) -> None:
        """Open the vault, and take in the roster."""
        self.vault, world = Vault(self.settings), self.at.world
        import_csv(self.engine, self.vault, world.roster(), today=world.today)

    def _settings(self, source: str) -> Settings:
        update = {
            "anthropic_base_url": self.at.urls.get(source, self.settings.anthropic_base_url),
            "requests_per_minute": 1_000_000,
            "backfill_since": self.at.world.first,
        }
        return self.settings.model_copy(update=update)

    def connect(self, source: str) -> None:
        """Connect a source, by its kind as its name."""
        settings = self._settings(source)
        said: connections.Tested
        if source in self.at.keys:
            key = self.at.keys[source]
            said = connections.add(self.engine, self.vault, settings, source, source, key)
        elif source == BEDROCK:
            options = Options(self.at.bucket, REGION)
            said = bedrock.add_bucket(self.engine, settings, source, options)
        elif source == SESSIONS:
            folder = session_files.Options(str(self.at.folder))
            said = session_files.add(self.engine, settings, source, folder)
        else:
            person = self.at.world.hooked if source == HOOKS else ""
            made = senders.add(self.engine, source, source, senders.Options(person=person))
            self.tokens[source], said = made.token, made
        assert said.status in {"ok", "waiting"}, said
        self.here.add(source)

    def read(self, source: str, **options: Any) -> ingest.Outcome:
        """Read what is new of a source, or let its clients send everything; then roll up."""
        if source in self.tokens:
            self._send(source)
            options = {}
        (outcome,) = ingest.sync(
            self.engine, self.vault, self._settings(source), names=[source], **options
        )
        assert (outcome.status, outcome.error) == ("ok", None), outcome
        return outcome

    def read_again(self, source: str) -> None:
        """Read every day of a source again."""
        self.read(source, since=self.at.world.first)

    def remove(self, source: str, *, purge: bool = False) -> None:
        """Remove a source."""
        connections.remove(self.engine, self.settings, source, purge=purge)
        self.tokens.pop(source, None)
        self.here.remove(source)

    def _send(self, source: str) -> None:
        headers = {"authorization": f"Bearer {self.tokens[source]}",
                   "content-type": "application/json"}  # fmt: skip
        path, bodies = "/v1/metrics", self.at.bodies
        if source == HOOKS:
            event = {"hook_event_name": "UserPromptSubmit", "session_id": "hooked"}
            path, bodies = "/v1/hooks", [json.dumps(event).encode()]
        with receiver(self.engine, self.vault, self.settings) as client:
            for body in bodies:
                answer = client.post(path, content=body, headers=headers)
                assert answer.status_code == 200, answer.text

    def released(self) -> list[set[tuple[Any, ...]]]:
        """Return what is released, and of which groups, but for what is told of a connection."""
        c = t.RELEASE_ROW.c
        rows = (select(t.RELEASE_ROW).where(c.dimension != "connection"), select(t.GROUP_ROW))
        with self.engine.connect() as connection:
            return [set(map(tuple, connection.execute(query))) for query in rows]

    def wrong(
        self, true: Figures, asked: Sequence[tuple[Grain, str]] = ASKED
    ) -> tuple[list[Any], Counter[str]]:
        """Return what is shown and is not true, and how many figures were compared, by level."""
        found, compared = [], Counter[str]()
        for grain, by in asked:
            for measure, metric in SHOWN.items():
                rows = self._shown(metric, grain, by)
                for place, row in rows.items():
                    if row.value is None:
                        compared["hidden" if row.hidden else row.status] += 1
                        continue
                    compared[by or grain] += 1
                    is_rest = place[-1].startswith("Other small")
                    expected = of_others(true, rows, place) if is_rest else true[place]
                    value = row.value * NANO if measure in MONEY else row.value
                    if value != expected[measure]:
                        found.append((*place, measure, value, expected[measure]))
        return found, compared

    def _shown(self, metric: str, grain: Grain, by: str) -> dict[Place, Row]:
        world, names = self.at.world, (by,) if by else ()
        query = Query(metric, grain, names, since=world.first, until=world.today + DAY)
        rows = ask(self.engine, query, VIEWER).rows
        return {(grain, row.start, by, row.groups.get(by, "")): row for row in rows}
