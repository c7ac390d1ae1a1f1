"""`connect` for a bucket: exit codes, one JSON document, and nothing that may not be told."""

import json
import subprocess
import sys
from typing import Any

import pytest
from click.testing import Result
from sqlalchemy import Engine
from typer.testing import CliRunner

from claude_dash.cli import app
from claude_dash.connections import bedrock
from claude_dash.errors import ClaudeDashError
from tests import bedrock_lines as lines
from tests.aws_gate import AwsGate, cloud, moto
from tests.bedrock_lines import BUCKET, PEOPLE, REGION, ROLE

__all__ = ["cloud", "moto"]
WHERE = ("--bucket", BUCKET, "--region", REGION)
ADD = ("add", "bedrock", "Logs", *WHERE)
WITH_ROLE = (*ADD, "--role-arn", ROLE)


@pytest.fixture(autouse=True)
def _bucket(cloud: AwsGate) -> None:
    """Have a bucket with the calls of five people."""
    cloud.make_bucket(BUCKET)
    lines.fill(cloud, *map(lines.sso, PEOPLE))


def connect(*args: str) -> Result:
    """Run `claude-dash connect`."""
    return CliRunner().invoke(app, ["connect", *args])


def document(*args: str, code: int = 0) -> dict[str, Any]:
    """Return the one JSON document that a command prints."""
    result = connect(*args, "--json")
    assert result.exit_code == code, result.output
    found: dict[str, Any] = json.loads(result.stdout)
    return found


def install(gate: AwsGate, engine: Engine) -> None:
    """Make the role as its owner does, from what the kit says."""
    lines.install(gate, bedrock.kit_of("Logs", bedrock.options_of(engine, "Logs")))


def test_a_role_is_connected_in_three_steps(cloud: AwsGate, engine: Engine) -> None:
    """Add prints the external id and waits; the kit carries it; then a test makes it work."""
    said = document(*WITH_ROLE)
    assert set(said) == {"name", "kind", "status", "found", "error", "external_id"}
    assert (said["name"], said["kind"], said["status"]) == ("Logs", "bedrock", "waiting")
    assert said["error"]["code"] == "missing_scope"
    assert said["external_id"] in connect("kit", "Logs").output
    (listed,) = document("list")["connections"]
    assert (listed["status"], listed["first_day"]) == ("waiting", None)
    assert document("test", "Logs")["status"] == "waiting"
    install(cloud, engine)
    tested = document("test", "Logs")
    assert (tested["status"], tested["error"]) == ("ok", None)
    assert tested["found"]["identity"] == "unique people"
    assert tested["found"]["last_day"] == "2026-11-17"
    assert document("list")["connections"][0]["status"] == "ok"
    result = CliRunner().invoke(app, ["sync", "--json"])
    assert json.loads(result.stdout)["connections"][0]["records"] == 10 * len(PEOPLE)


def test_a_bucket_of_ours_is_connected_at_once() -> None:
    """Without a role there is no external id; what was found stands line by line."""
    result = connect(*ADD)
    assert result.exit_code == 0
    assert "Logs: ok" in result.output
    assert "Identity: Grade: unique people." in result.output
    assert "external" not in result.output.replace("refuses_without_external_id", "")
    assert "datetime" not in result.output


def test_a_refused_bucket_is_not_saved(cloud: AwsGate) -> None:
    """The command leaves with 3, and the list stays empty."""
    cloud.fail("ListObjectsV2", "NoSuchBucket", times=9)
    said = document(*ADD, code=3)
    assert (said["status"], said["error"]["code"], said["found"]) == ("refused", "not_found", {})
    assert document("list") == {"connections": []}


def test_an_untried_role_waits(cloud: AwsGate) -> None:
    """With `--no-test` AWS is not asked, and the id is told all the same."""
    said = document(*WITH_ROLE, "--no-test")
    assert (said["status"], bool(said["external_id"])) == ("waiting", True)
    assert cloud.asked == []


@pytest.mark.parametrize(
    ("args", "says"),
    [
        (("add", "bedrock", "Logs", "--region", REGION), "without s3://"),
        (("add", "bedrock", "Logs", "--bucket", BUCKET), "us-east-1"),
        ((*ADD, "--key-stdin"), "not with a key"),
        ((*ADD, "--role-arn", "claude-dash"), "arn:aws:iam::"),
        (("add", "console", "Main", "--bucket", BUCKET), "belongs to the kind bedrock"),
        (("add", "bedrok", "Logs"), "Did you mean bedrock"),
    ],
)
def test_wrong_use_is_told(args: tuple[str, ...], says: str) -> None:
    """An option that is missing, wrong or of another kind leaves with 2 and says what to give."""
    error = connect(*args).exception
    assert isinstance(error, ClaudeDashError)
    assert error.exit_code == 2
    assert says in str(error)


def test_an_external_id_is_never_taken() -> None:
    """There is no way to enter one: a customer could enter another's."""
    result = connect(*WITH_ROLE, "--external-id", "chosen")
    assert result.exit_code == 2
    assert "external-id" in result.output


def test_the_kit_is_printed_before_there_is_a_connection() -> None:
    """With placeholders, which are explained; for a connection all is filled in."""
    result = connect("kit", "bedrock")
    assert result.exit_code == 0
    assert "EXTERNAL_ID stands for" in result.output
    connect(*WITH_ROLE)
    own = connect("kit", "Logs").output
    assert ROLE.rpartition("/")[2] in own
    assert f"arn:aws:s3:::{BUCKET}/AWSLogs/*" in own
    assert "EXTERNAL_ID" not in own


@pytest.mark.parametrize("purge", [(), ("--purge",)])
def test_a_bucket_is_removed(purge: tuple[str, ...], engine: Engine) -> None:
    """There is no key to remove; what was read is kept or purged as it is for others."""
    connect(*ADD)
    CliRunner().invoke(app, ["sync"])
    assert connect("remove", "Logs", *purge).exit_code == 0
    with engine.connect() as connection:
        left = connection.exec_driver_sql("SELECT count(*) FROM log_object").scalar_one()
    assert bool(left) is (not purge)


def test_nobody_is_named(cloud: AwsGate, engine: Engine) -> None:
    """Callers are in no output, whatever is asked for."""
    said = connect(*WITH_ROLE).output
    install(cloud, engine)
    for args in (("test", "Logs"), ("list",), ("kit", "Logs"), ("test", "Logs", "--json")):
        said += connect(*args).output
    assert not any(name in said for name in (*PEOPLE, "rin.sato", "AWSReservedSSO"))


def test_a_refusal_is_logged_without_who_was_refused() -> None:
    """The SDK warns of it with a trace that names us; neither is written by the real command."""
    command = "from claude_dash.cli import main; main()"
    args = [sys.executable, "-c", command, "connect", *WITH_ROLE]
    ran = subprocess.run(args, capture_output=True, text=True, check=True, timeout=120)
    assert "Logs: waiting" in ran.stdout
    assert ran.stderr == ""
