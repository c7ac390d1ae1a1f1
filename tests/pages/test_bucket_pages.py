"""The connect page for a bucket: check, save, wait for the role, and what is changed later."""

from collections.abc import Callable
from importlib import import_module

import pytest
from streamlit.testing.v1 import AppTest

from claude_dash import connections, ingest
from claude_dash.access.readers import Role
from claude_dash.connections import bedrock
from claude_dash.connections.bedrock_kit import spelled
from claude_dash.connections.bedrock_options import Options
from claude_dash.ui import server
from tests import bedrock_lines as lines
from tests.aws_gate import AwsGate, cloud, moto
from tests.bedrock_lines import BUCKET, PEOPLE, REGION, ROLE
from tests.pages.test_pages import show, store, words

__all__ = ["cloud", "moto", "show", "store"]
FORM = "2 Enter key or bucket"


@pytest.fixture(autouse=True)
def begun(cloud: AwsGate, monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Have a bucket with the calls of five people; return the connections whose reading began."""
    cloud.make_bucket(BUCKET)
    lines.fill(cloud, *map(lines.sso, PEOPLE))
    names: list[str] = []
    for module in ("buckets", "connecting"):
        found = import_module(f"claude_dash.ui.{module}")
        monkeypatch.setattr(found, "sync_in_background", names.append)
    return names


@pytest.fixture
def page(show: Callable[..., AppTest]) -> AppTest:
    """Return the form for a bucket."""
    shown = show("connect")
    shown.radio(key="step").set_value(FORM).run()
    return shown.radio(key="connect-kind").set_value("Bedrock").run()


def check(page: AppTest, **values: str) -> AppTest:
    """Fill in the form and press Check."""
    for name, value in {"bucket": BUCKET, "region": REGION, **values}.items():
        page.text_input(key=f"bedrock-{name}").set_value(value)
    page = next(one for one in page.button if one.label == "Check").click().run()
    assert not page.exception
    return page


def codes(page: AppTest) -> str:
    """Return everything that is there to be copied."""
    return "\n".join(one.value for one in page.code)


@pytest.mark.parametrize("role", Role)
def test_the_admin_alone_sees_the_arn_of_a_role(
    show: Callable[..., AppTest], store: server.Opened, role: Role
) -> None:
    """A role that lets us in no more is named to whoever can mend it, not to readers."""
    options = Options(BUCKET, REGION, role_arn=ROLE)
    bedrock.add_bucket(store.engine, store.settings, "Logs", options, test=False)
    (outcome,) = ingest.sync(store.engine, store.vault, store.settings, names=["Logs"])
    assert ROLE in str(outcome.error)
    for name in ("overview", "trust", "tokens", "glossary"):
        is_told = ROLE in words(show(name, role))
        assert is_told == (name == "trust" and role is Role.ADMIN), name


def test_a_plan_of_its_own(show: Callable[..., AppTest]) -> None:
    """The card says where logging is switched on, what is needed, and what stays as it is."""
    said = words(show("connect"))
    assert "Model invocation logging" in said
    assert "Saving replaces a setting that is there" in said
    assert "Claude Code stays as it is" in said


def test_a_bucket_of_ours_is_checked_and_saved(
    page: AppTest, store: server.Opened, begun: list[str]
) -> None:
    """What was found is shown with its grade; nothing is saved before, and then reading begins."""
    page = check(page)
    said = words(page)
    assert "Grade: unique people." in said
    assert "Prompts are not in the bucket." in said
    assert "bedrock-mantle" in said
    assert not connections.exist(store.engine)
    page = page.button(key="save").click().run()
    assert begun == ["Bedrock"]
    assert bedrock.options_of(store.engine, "Bedrock").bucket == BUCKET
    assert not any(name in words(page) + codes(page) for name in PEOPLE)


def test_a_role_waits_with_all_it_needs(
    page: AppTest, store: server.Opened, begun: list[str], cloud: AwsGate
) -> None:
    """The external id and the policies can be copied; a second test lets reading begin."""
    page = check(page, role=ROLE)
    assert "does not let claude-dash in yet" in words(page)
    page = page.button(key="save").click().run()
    assert begun == []
    options = bedrock.options_of(store.engine, "Bedrock")
    kit = bedrock.kit_of("Bedrock", options)
    assert options.external_id in [one.value for one in page.code]
    assert {"Steps", "Trust policy", "Permission policy", "Terraform", "Replication"} <= {
        one.label for one in page.tabs
    }
    for part in (kit.terraform(), spelled(kit.trust()), spelled(kit.permissions())):
        assert part.strip() in codes(page)
    page = page.button(key="again-Bedrock").click().run()
    assert any("could not be assumed" in one.value for one in page.error)
    lines.install(cloud, kit)
    page = page.button(key="again-Bedrock").click().run()
    assert begun == ["Bedrock"]
    assert "Waiting" not in words(page)
    assert [one.status for one in connections.list_all(store.engine)] == ["ok"]


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"bucket": "s3://logs"}, "without s3://"),
        ({"region": "Ohio"}, "Enter it like us-east-1"),
        ({"role": "claude-dash"}, "is no ARN of a role"),
        ({"prefix": "team/AWSLogs"}, "stand before AWSLogs/"),
    ],
)
def test_each_field_is_checked(page: AppTest, values: dict[str, str], says: str) -> None:
    """What AWS would not take is told at once, and cannot be saved."""
    page = check(page, **values)
    assert any(says in one.value for one in page.error)
    assert "save" not in {one.key for one in page.button}


def test_a_refused_bucket_cannot_be_saved(page: AppTest, store: server.Opened) -> None:
    """The sentence says what to do, and there is no button."""
    page = check(page, bucket="other-logs")
    assert any("There is no bucket of this name" in one.value for one in page.error)
    assert "save" not in {one.key for one in page.button}
    assert not connections.exist(store.engine)


def test_without_an_answer_it_can_be_saved_all_the_same(
    page: AppTest, store: server.Opened, cloud: AwsGate
) -> None:
    """A second click saves what could not be tried."""
    cloud.fail("ListObjectsV2", "SlowDown", times=20)
    page = check(page)
    assert "No answer" in words(page)
    page.button(key="save").click().run()
    assert connections.exist(store.engine)


def test_the_rule_and_patterns_are_changed(
    show: Callable[..., AppTest], store: server.Opened
) -> None:
    """They are kept as entered, hold from then on, and what cannot hold is refused."""
    options = bedrock.Options(BUCKET, REGION)
    bedrock.add_bucket(store.engine, store.settings, "Logs", options, test=False)
    page = show("connect")
    assert "A change holds for objects that are read from now on" in words(page)
    assert "New key" not in {one.label for one in page.text_input}
    page.selectbox(key="rule-of-Logs").set_value("roles")
    save = "Save the rule"
    page = next(one for one in page.button if one.label == save).click().run()
    assert any("needs names" in one.value for one in page.error)
    page.text_area(key="rule-names-Logs").set_value("ClaudeCode\n\n Other ")
    page.text_area(key="patterns-Logs").set_value(r"dev-(?P<name>\w+)")
    page.text_input(key="person-key-Logs").set_value(" user ")
    page = next(one for one in page.button if one.label == save).click().run()
    assert not page.exception
    kept = bedrock.options_of(store.engine, "Logs")
    assert (kept.rule, kept.names) == ("roles", ("ClaudeCode", "Other"))
    assert (kept.patterns, kept.person_key) == ((r"dev-(?P<name>\w+)",), "user")


def test_a_bucket_is_paused_tested_and_removed(
    show: Callable[..., AppTest], store: server.Opened
) -> None:
    """What holds for every connection holds for it as well; its policies are shown on request."""
    options = bedrock.Options(BUCKET, REGION, role_arn=ROLE, external_id="invented-id")
    bedrock.add_bucket(store.engine, store.settings, "Logs", options, test=False)
    page = show("connect")
    page = page.button(key="pause-Logs").click().run()
    assert [one.status for one in connections.list_all(store.engine)] == ["paused"]
    assert "invented-id" not in codes(page)
    page = page.toggle(key="kit-Logs").set_value(True).run()
    assert "invented-id" in codes(page)
    page = page.button(key="test-Logs").click().run()
    assert not page.exception
    page.text_input(key="typed-Logs").set_value("Logs")
    page = next(one for one in page.button if one.label == "Remove connection").click().run()
    assert not connections.exist(store.engine)


def test_reading_says_how_many_objects(show: Callable[..., AppTest], store: server.Opened) -> None:
    """Progress is in objects and bytes, as the sync tells it."""
    options = bedrock.Options(BUCKET, REGION)
    bedrock.add_bucket(store.engine, store.settings, "Logs", options, test=False)
    said = '{"day": "2026-11-17", "read": 5, "of": 9, "says": "5 of 9 objects read (1.2 MB)"}'
    with store.engine.begin() as connection:
        connection.exec_driver_sql("UPDATE connection SET progress = ?", (said,))
    page = show("connect")
    texts = [str(one.proto.text) for one in page.get("progress")]
    assert texts == ["5 of 9 objects read (1.2 MB) · at 2026-11-17"]
