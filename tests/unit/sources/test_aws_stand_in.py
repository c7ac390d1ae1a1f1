"""Whoever stands in for the network answers the SDK, and nothing of this machine is used."""

from pathlib import Path

import httpx
import pytest

from claude_dash.errors import SourceAuthError, SourceUntrustedError
from claude_dash.sources.aws import Access, LogBucket
from claude_dash.sources.aws_session import is_open, our_principal

ROLE = "arn:aws:iam::111122223333:role/claude-dash-reader"
KEY = (
    "AWSLogs/111122223333/BedrockModelInvocationLogs/us-east-1/2026/11/17/05/"
    "20261117T050000Z_9b86bf4994c4ab1c.json.gz"
)
OURS = "AKIAINVENTEDINVENTED"
BODY = bytes(range(256)) * 2_000


class Transport(httpx.BaseTransport):
    """Answers with one object; who may assume a role is nobody."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if b"GetCallerIdentity" in request.content:
            who = (
                "<GetCallerIdentityResult><Arn>arn:aws:iam::1:root</Arn></GetCallerIdentityResult>"
            )
            body = f"<GetCallerIdentityResponse>{who}</GetCallerIdentityResponse>"
            return httpx.Response(200, text=body)
        if request.url.host.startswith("sts."):
            body = "<ErrorResponse><Error><Code>AccessDenied</Code></Error></ErrorResponse>"
            return httpx.Response(403, text=body)
        if request.url.path == f"/{KEY}":
            return httpx.Response(200, content=BODY, headers={"etag": '"1"'})
        return httpx.Response(404, text="<Error><Code>NoSuchBucket</Code></Error>")


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return the settings of a machine whose profile, keys, address and proxy all lead astray."""
    settings = tmp_path / "config"
    settings.write_text("[profile other]\nendpoint_url = http://127.0.0.1:9\nregion = eu-west-3\n")
    for name, value in {
        "PROFILE": "nowhere",
        "CONFIG_FILE": str(settings),
        "SHARED_CREDENTIALS_FILE": str(settings),
        "ACCESS_KEY_ID": OURS,
        "SECRET_ACCESS_KEY": OURS,
        "ENDPOINT_URL": "http://127.0.0.1:9",
        "CA_BUNDLE": str(tmp_path / "none.pem"),
    }.items():
        monkeypatch.setenv(f"AWS_{name}", value)
    return settings


def test_an_object_comes_from_the_stand_in(machine: Path) -> None:
    """Its bytes and ETag are read although the settings of the machine lead nowhere."""
    del machine
    transport = Transport()
    found = LogBucket(Access("logs", "eu-west-1", transport=transport)).get(KEY)
    assert found is not None
    assert (found.etag, b"".join(found.chunks)) == ('"1"', BODY)
    assert [str(one.url) for one in transport.asked] == [
        f"https://logs.s3.eu-west-1.amazonaws.com/{KEY}"
    ]
    assert OURS not in str([one.headers for one in transport.asked])


def test_its_refusals_are_those_of_aws() -> None:
    """A bucket that is not there, and a role that trusts nobody, are told as ever."""
    transport = Transport()
    with pytest.raises(SourceAuthError, match="no bucket of this name"):
        LogBucket(Access("logs", "us-east-1", transport=transport)).list_accounts()
    theirs = Access("logs", "us-east-1", "", ROLE, "invented-external-id", transport)
    with pytest.raises(SourceUntrustedError):
        LogBucket(theirs).list_accounts()
    assert not is_open(theirs)


def test_who_we_are_is_asked_of_it_as_well(machine: Path) -> None:
    """The principal of a kit is the stand-in's, and not that of the machine's own keys."""
    del machine
    assert our_principal("us-east-1", Transport()) == "arn:aws:iam::1:root"
