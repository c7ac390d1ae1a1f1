"""Connecting a bucket: the external id is ours, what is refused is not saved, nothing counts twice.

The roles have the very policies of the kit, and the gate holds them.
"""

import json
from dataclasses import asdict, replace
from typing import Any

import pytest
from sqlalchemy import Engine

from claude_dash import connections, ingest
from claude_dash.config import Settings
from claude_dash.connections import bedrock
from claude_dash.connections.bedrock_kit import Kit
from claude_dash.connections.bedrock_options import Options
from claude_dash.errors import ConfigError, UnknownNameError
from claude_dash.facts import tables as t
from claude_dash.sources.bedrock_probe import BucketProbe
from claude_dash.store.vault import Vault
from tests import bedrock_lines as lines
from tests.aws_gate import OUR_ARN, AwsGate, Role, cloud, moto
from tests.aws_policy import allows
from tests.bedrock_lines import BUCKET, ONE, PEOPLE, REGION, ROLE
from tests.unit.store.conftest import stored

__all__ = ["cloud", "moto"]
ID_BITS = 128
OURS = Options(BUCKET, REGION)
THEIRS = Options(BUCKET, REGION, role_arn=ROLE)


class Desk:
    """Connects buckets."""

    def __init__(self, engine: Engine, settings: Settings, gate: AwsGate) -> None:
        self.engine, self.settings, self.gate = engine, settings, gate
        self.vault = Vault(settings)

    def add(
        self, name: str = "Logs", options: Options = THEIRS, **more: Any
    ) -> bedrock.TestedBucket:
        """Connect a bucket."""
        return bedrock.add_bucket(self.engine, self.settings, name, options, **more)

    def test(self, name: str = "Logs") -> connections.Tested:
        """Test a connection."""
        return connections.test(self.engine, self.vault, self.settings, name)

    def kit(self, name: str = "Logs") -> Kit:
        """Return the kit of a connection."""
        return bedrock.kit_of(name, self.options(name))

    def options(self, name: str = "Logs") -> Options:
        """Return what is stored of a connection."""
        return bedrock.options_of(self.engine, name)

    def trusted(self, name: str = "Logs", options: Options = THEIRS) -> None:
        """Connect a bucket, and make its role."""
        assert self.add(name, options).status == "waiting"
        lines.install(self.gate, self.kit(name))
        assert self.test(name).status == "ok"

    def sync(self, *names: str, **more: Any) -> dict[str, ingest.Outcome]:
        """Read what is new."""
        done = ingest.sync(self.engine, self.vault, self.settings, names=names, **more)
        return {one.name: one for one in done}

    def status(self, name: str = "Logs") -> str:
        """Return how a connection is."""
        return next(one.status for one in connections.list_all(self.engine) if one.name == name)


@pytest.fixture
def desk(engine: Engine, settings: Settings, cloud: AwsGate) -> Desk:
    """Return a desk with nothing connected, and a bucket with the calls of five people."""
    cloud.make_bucket(BUCKET)
    lines.fill(cloud, *map(lines.sso, PEOPLE))
    return Desk(engine, settings, cloud)


# --- adding --------------------------------------------------------------------------------------


def test_a_role_waits_for_our_external_id(desk: Desk) -> None:
    """It is saved with an id that nobody can guess; its own policies then let us in."""
    said = desk.add("  Cloud   logs ")
    assert (said.name, said.status) == ("Cloud logs", "waiting")
    assert said.error is not None
    assert said.error["code"] == "missing_scope"
    assert desk.options("Cloud logs").external_id == said.external_id
    assert len(said.external_id.removeprefix("claude-dash-")) * 6 >= ID_BITS
    assert desk.status("Cloud logs") == "waiting"
    kit = desk.kit("Cloud logs")
    assert kit.principal == OUR_ARN
    lines.install(desk.gate, kit)
    found = desk.test("Cloud logs")
    assert (found.status, found.error) == ("ok", None)
    assert found.found["refuses_without_external_id"] is True
    assert desk.status("Cloud logs") == "ok"


def test_every_connection_has_an_id_of_its_own(desk: Desk) -> None:
    """Two connections do not share one, and it stands in no log of what was done."""
    ids = {desk.add(str(one), replace(THEIRS, prefix=str(one))).external_id for one in range(3)}
    assert len(ids) == 3
    whole = repr(stored(desk.engine, t.AUDIT_ENTRY, t.SETTING))
    assert not any(one in whole for one in ids)
    assert not any(one in repr(desk.options(str(number))) for number in range(3) for one in ids)


def test_a_bucket_of_ours_needs_no_role(desk: Desk) -> None:
    """It is read as whoever the SDK says we are; there is no external id."""
    said = desk.add(options=OURS)
    assert (said.status, said.error, said.external_id) == ("ok", None, "")
    assert said.found["refuses_without_external_id"] is None
    assert said.found["identity"] == "unique people"
    assert desk.sync()["Logs"].records == 10 * len(PEOPLE)


@pytest.mark.parametrize(
    ("fault", "status", "code"),
    [
        ("NoSuchBucket", "refused", "not_found"),
        ("AccessDenied", "refused", "missing_scope"),
        ("SlowDown", "unreachable", "other"),
    ],
)
def test_what_is_refused_is_not_saved(desk: Desk, fault: str, status: str, code: str) -> None:
    """Nothing is stored, and no external id is told that would be of no use."""
    desk.gate.fail("ListObjectsV2", fault, times=10)
    said = asdict(desk.add(options=OURS))
    assert (said["status"], said["error"]["code"]) == (status, code)
    assert (said["external_id"], said["found"]) == ("", {})
    assert not connections.exist(desk.engine)
    assert stored(desk.engine, t.AUDIT_ENTRY) == {"audit_entry": set()}


def test_what_is_not_tried_waits_where_there_is_a_role(desk: Desk) -> None:
    """A new external id is trusted by nobody yet; the first sync does not pause the connection."""
    assert desk.add(options=THEIRS, test=False).status == "waiting"
    assert desk.add("Ours", replace(OURS, prefix="x"), test=False).status == "ok"
    assert desk.gate.asked == []
    outcome = desk.sync("Logs")["Logs"]
    assert outcome.status == "failed"
    assert desk.status() == "waiting"
    lines.install(desk.gate, desk.kit())
    assert desk.sync("Logs")["Logs"].status == "ok"
    assert desk.status() == "ok"


def test_the_region_is_learned(desk: Desk) -> None:
    """A bucket in another Region than was entered is found, and the right one is kept."""
    desk.gate.make_bucket("far-logs", "eu-west-1")
    said = desk.add(options=Options("far-logs", REGION))
    assert said.found["bucket_region"] == "eu-west-1"
    assert desk.options().region == "eu-west-1"


@pytest.mark.parametrize("prefix", ["team", "team/"])
def test_the_same_logs_are_connected_once(desk: Desk, prefix: str) -> None:
    """Another name, role or spelling of the prefix does not make them count twice."""
    desk.add(options=replace(THEIRS, prefix="team"))
    with pytest.raises(ConfigError, match="connected already, as Logs"):
        desk.add("Again", replace(OURS, prefix=prefix))
    assert desk.add("Other", replace(OURS, prefix="team/a")).status == "ok"


@pytest.mark.parametrize("name", ["logs", " "])
def test_a_name_is_one_of_its_own(desk: Desk, name: str) -> None:
    """A name that is taken or empty is refused before AWS is asked."""
    desk.add(options=OURS)
    desk.gate.asked.clear()
    with pytest.raises(ConfigError, match=r"There is a connection|needs a name"):
        desk.add(name, replace(OURS, prefix="x"))
    assert desk.gate.asked == []


# --- testing -------------------------------------------------------------------------------------


def test_an_open_role_is_told(desk: Desk) -> None:
    """A role that lets anybody of ours in, without the external id, works and is warned of."""
    desk.add()
    trust = desk.kit().trust()
    del trust["Statement"][0]["Condition"]
    desk.gate.roles[ROLE] = Role(trust, desk.kit().permissions())
    said = desk.test()
    assert said.status == "ok"
    assert said.found["refuses_without_external_id"] is False
    assert said.found["reports"]["Role"]["found"] is False
    assert "sts:ExternalId" in said.found["reports"]["Role"]["says"]


def test_a_role_that_trusted_us_once_is_refused(desk: Desk) -> None:
    """A connection that worked does not wait when its role is gone: somebody has to act."""
    desk.trusted()
    desk.gate.roles.clear()
    said = desk.test()
    assert said.status == "refused"
    assert said.error is not None
    assert ROLE in said.error["message"]
    assert desk.sync()["Logs"].status == "failed"
    assert desk.status() == "paused"


def test_another_bucket_of_the_owner_is_closed(desk: Desk) -> None:
    """With the kit's policies no other bucket, prefix or body can be had."""
    desk.trusted()
    access = desk.options().access()
    desk.gate.make_bucket("other")
    assert bedrock.try_bucket(replace(THEIRS, external_id=access.external_id)).status == "ok"
    for other in ({"bucket": "other"}, {"prefix": "team"}):
        options = replace(THEIRS, external_id=access.external_id, **other)
        found = bedrock.try_bucket(options)
        assert (found.status, found.error and found.error.code) == ("refused", "missing_scope")


def test_the_kit_allows_what_reading_asks_for_and_no_more(desk: Desk) -> None:
    """A whole sync under a prefix passes the very policies; a body beside the logs does not."""
    desk.gate.make_bucket(BUCKET)
    lines.fill(desk.gate, *map(lines.sso, PEOPLE), prefix="team/x/")
    body = f"{lines.log(prefix='team/x/').rpartition('/')[0]}/data/6d0c_input.json.gz"
    desk.gate.put(BUCKET, {body: lines.PROMPT.encode()})
    desk.trusted(options=replace(THEIRS, prefix="team/x"))
    assert desk.sync()["Logs"].records == 10 * len(PEOPLE)
    assert {one.code for one in desk.gate.asked if one.bucket} == {"ok"}
    assert desk.gate.read("data") == []
    policy = desk.kit().permissions()
    objects = f"arn:aws:s3:::{BUCKET}/"
    assert allows(policy, "s3:GetObject", objects + lines.log(prefix="team/x/"), {})
    assert not allows(policy, "s3:GetObject", objects + body, {})
    assert {one["Action"] for one in policy["Statement"]} == {"s3:ListBucket", "s3:GetObject"}


def test_a_test_does_not_end_a_sync_that_is_running(desk: Desk) -> None:
    """A sync that finds the role open says so at once, and a test meanwhile changes nothing."""
    desk.add()
    lines.install(desk.gate, desk.kit())
    seen: list[str] = []

    def look(_: ingest.Progress) -> None:
        seen.append(desk.status())
        assert desk.test().status == "ok"

    assert desk.sync(progress=look)["Logs"].status == "ok"
    assert (seen[0], desk.status()) == ("ok", "ok")


def test_a_test_does_not_undo_a_change(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """A rule that is changed while AWS is asked stays changed."""
    desk.add(options=OURS)
    real = bedrock.try_bucket

    def slowly(options: Options, **more: Any) -> BucketProbe:
        bedrock.change(desk.engine, "Logs", rule="roles", names=("Dev",))
        return real(options, **more)

    monkeypatch.setattr(bedrock, "try_bucket", slowly)
    assert desk.test().status == "ok"
    assert desk.options().rule == "roles"


# --- changing and removing -----------------------------------------------------------------------


def test_a_rule_holds_from_then_on(desk: Desk) -> None:
    """What was counted stays; a new object goes by the new rule, and the change is logged."""
    desk.add(options=OURS)
    desk.sync()
    bedrock.change(desk.engine, "Logs", rule="roles", names=("Other",))
    assert desk.options().selection().rule == "roles"
    before = stored(desk.engine, t.INVOCATION_DAY)
    desk.gate.put(BUCKET, {lines.log(99): lines.packed(lines.record(lines.sso(PEOPLE[0])))})
    assert desk.sync()["Logs"].status == "ok"
    assert stored(desk.engine, t.INVOCATION_DAY) == before
    assert any(
        "names, rule" in str(row) for row in stored(desk.engine, t.AUDIT_ENTRY)["audit_entry"]
    )


@pytest.mark.parametrize(
    "values",
    [{"rule": "roles"}, {"rule": "other"}, {"patterns": ("(",)}, {"patterns": ("dev-.+",)}],
)
def test_a_rule_that_cannot_hold_is_refused(desk: Desk, values: dict[str, Any]) -> None:
    """A rule without names, or a pattern that finds no one, changes nothing."""
    desk.add(options=OURS)
    with pytest.raises(ConfigError):
        bedrock.change(desk.engine, "Logs", **values)
    assert desk.options() == OURS


def test_what_was_read_goes_with_the_connection(desk: Desk) -> None:
    """With `purge` nothing is left, the keys of objects and the ids of requests neither."""
    desk.add(options=OURS)
    desk.sync()
    tables = (*t.DAY_TABLES, t.DAY_READ, t.IDENTITY, t.PERSON)
    assert stored(desk.engine, t.LOG_OBJECT)["log_object"]
    connections.remove(desk.engine, desk.settings, "Logs", purge=True)
    assert not any(stored(desk.engine, *tables).values())
    with pytest.raises(UnknownNameError):
        desk.options()


def test_what_was_kept_is_taken_over(desk: Desk) -> None:
    """A bucket that is connected again, here through a role, counts no object twice."""
    desk.add(options=OURS)
    desk.sync()
    before = {row[1:] for row in stored(desk.engine, t.INVOCATION_DAY)["invocation_day"]}
    connections.remove(desk.engine, desk.settings, "Logs")
    desk.trusted("Role")
    assert desk.sync()["Role"].records == 0
    after = {row[1:] for row in stored(desk.engine, t.INVOCATION_DAY)["invocation_day"]}
    assert after == before


def test_what_is_stored_comes_back(desk: Desk) -> None:
    """Options are the same after a round through the store, and JSON in it."""
    options = replace(
        OURS, prefix="p", rule="metadata", names=("app=cc",), patterns=(r"dev-(?P<name>\w+)",),
        person_key="user",
    )  # fmt: skip
    desk.add(options=options)
    assert desk.options() == options
    assert json.loads(options.dump())["names"] == ["app=cc"]
    assert ONE not in options.dump()
