"""S3 and STS on this machine: moto's server behind a gate that is as strict as AWS.

moto accepts any role, external id, policy and Region; the gate does not. It also breaks things on
demand, and keeps what was asked. Use the fixture `cloud`: `from tests.aws_gate import cloud, moto`.
"""

import re
import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler
from threading import Thread
from types import SimpleNamespace
from typing import Any, NamedTuple, Self
from urllib.parse import parse_qs, unquote, urlsplit

import pytest

from claude_dash import clock
from tests.aws_exchange import (
    STATUS,
    Answer,
    Quiet,
    Refused,
    Request,
    denied,
    operation_of,
    send,
    spell,
)
from tests.aws_policy import Policy, allows, trusts

OUR_ACCOUNT, OUR_ROLE = "999988887777", "claude-dash"
OUR_ARN = f"arn:aws:iam::{OUR_ACCOUNT}:role/{OUR_ROLE}"
OUR_SESSION = f"arn:aws:sts::{OUR_ACCOUNT}:assumed-role/{OUR_ROLE}/rin.sato@example.com"
OUR_KEY, OUR_SECRET = "AKIA" + "INVENTED00000001", "invented-and-of-no-use-anywhere"
MOTO_ACCOUNT = "123456789012"
FORWARDED = "AWS4-HMAC-SHA256 Credential=invented/20261118/us-east-1/s3/aws4_request"
RESET = "reset"
_CREDENTIAL = re.compile(r"Credential=([^/]+)/\d{8}/([^/]+)/(\w+)/")
_DROPPED = {"connection", "server", "date", "transfer-encoding", "content-length"}


class Asked(NamedTuple):
    """A request: what was wanted of which bucket and key (or prefix), by whom, and the answer."""

    what: str
    bucket: str
    key: str
    who: str
    code: str


@dataclass
class Role:
    """A role of somebody else's account, with its two policies."""

    trust: Policy
    policy: Policy


@dataclass
class _Session:
    arn: str
    role: str
    ends: datetime


class AwsGate:
    """Answers as S3 and STS do.

    `roles` are those of other accounts by ARN; `keys` the access keys of ours (None: everything
    is allowed). `regions` tells where a bucket is; `redirects` how a wrong Region is answered.
    `encrypted`, `archived` and `gone` are keys of objects that cannot be had. `asked` is the log.

    Args:
        upstream: Host and port of moto's server.
    """

    def __init__(self, upstream: tuple[str, int]) -> None:
        self._upstream = upstream
        self.roles: dict[str, Role] = {}
        self.keys: dict[str, Policy | None] = {OUR_KEY: None}
        self.regions: dict[str, str] = {}
        self.redirects = "PermanentRedirect"
        self.session_s = 43_200
        self.encrypted: set[str] = set()
        self.archived: set[str] = set()
        self.gone: set[str] = set()
        self.asked: list[Asked] = []
        self.now: Callable[[], datetime] = lambda: clock.now()  # noqa: PLW0108 - frozen meanwhile
        self._faults: list[tuple[str, str, str]] = []
        self._sessions: dict[str, _Session] = {}
        self._lock = threading.Lock()
        gate = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            disable_nagle_algorithm = True

            def do_GET(self) -> None:
                gate._receive(self)

            do_PUT = do_POST = do_DELETE = do_HEAD = do_GET  # noqa: N815 - names of the library

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self._http = Quiet(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._http.server_address[1]}"

    def __enter__(self) -> Self:
        """Begin to answer, on a thread, for a moto in which there is nothing."""
        _backend().reset()
        Thread(target=self._http.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop answering."""
        self._http.shutdown()
        self._http.server_close()

    # --- what a test sets up and looks at --------------------------------------------------------

    def environment(self) -> dict[str, str]:
        """Return the variables that send the SDK here, with our credentials."""
        keys = {"AWS_ACCESS_KEY_ID": OUR_KEY, "AWS_SECRET_ACCESS_KEY": OUR_SECRET}
        return {"AWS_ENDPOINT_URL": self.url, **keys}

    def make_bucket(self, bucket: str, region: str = "us-east-1") -> None:
        """Make an empty bucket; made again, everything begins anew."""
        if bucket in self.regions:
            _backend().reset()
        _backend().create_bucket(bucket, region)
        self.regions[bucket] = region

    def put(self, bucket: str, objects: Mapping[str, bytes]) -> None:
        """Put objects into a bucket, past every rule."""
        for key, body in objects.items():
            _backend().put_object(bucket, key, body)

    def delete(self, bucket: str, *keys: str) -> None:
        """Delete objects, past every rule."""
        for key in keys:
            _backend().delete_object(bucket, key)

    def fail(self, what: str, code: str, *, key: str = "", times: int = 1) -> None:
        """Let the next requests of a kind, for keys that contain `key`, fail with a code.

        `RESET` closes the connection, of an object in the middle of its bytes.
        """
        self._faults += [(what, code, key)] * times

    def stop_failing(self) -> None:
        """Let nothing fail that was to fail."""
        self._faults = []

    def end_sessions(self) -> None:
        """Let every credential of a role be over, before its time."""
        for one in self._sessions.values():
            one.ends = self.now()

    def read(self, fragment: str = "") -> list[str]:
        """Return the keys of objects that were asked for, in order, if they contain a fragment."""
        return [one.key for one in self.asked if one.what == "GetObject" and fragment in one.key]

    def counts(self) -> Counter[str]:
        """Return how often each kind of request came, with its answer: `GetObject ok`."""
        return Counter(f"{one.what} {one.code}" for one in self.asked)

    # --- answering -------------------------------------------------------------------------------

    def _receive(self, handler: BaseHTTPRequestHandler) -> None:
        parts = urlsplit(handler.path)
        query = {name: one[0] for name, one in parse_qs(parts.query, True).items()}  # noqa: FBT003
        length = int(handler.headers.get("content-length") or 0)
        request = Request(
            handler.command, handler.path, query, handler.headers, handler.rfile.read(length)
        )
        _, request.bucket, request.key = (*unquote(parts.path).split("/", 2), "")[:3]
        is_sts = not request.bucket
        try:
            answer = self._sts(request) if is_sts else self._s3(request)
        except Refused as refused:
            answer = spell(refused, is_sts=is_sts)
        if request.bucket in self.regions and not is_sts:
            answer.headers["x-amz-bucket-region"] = self.regions[request.bucket]
        with self._lock:
            named = request.key or request.query.get("prefix", "")
            self.asked.append(Asked(request.what, request.bucket, named, request.who, answer.code))
        send(handler, answer)

    def _s3(self, request: Request) -> Answer:
        request.what = operation_of(request)
        policy, region = self._caller(request)
        fault = self._fault(request)
        if fault and fault != RESET:
            raise Refused(STATUS.get(fault, 403), fault)
        self._check_region(request, region)
        resource = f"arn:aws:s3:::{request.bucket}" + f"/{request.key}" * bool(request.key)
        context = {"s3:prefix": request.query["prefix"]} if "prefix" in request.query else {}
        action = "s3:ListBucket" if not request.key else f"s3:{request.what}"
        if policy is not None and not allows(policy, action, resource, context):
            raise denied(request.who, action, resource)
        if request.what == "GetObject":
            self._check_object(request)
        answer = self._forward(request, request.body)
        answer.is_cut = fault == RESET
        return answer

    def _caller(self, request: Request) -> tuple[Policy | None, str]:
        """Return the policy of whoever signed, None for everything, and the Region signed for."""
        signed = _CREDENTIAL.search(request.headers.get("authorization", ""))
        if not signed:
            raise Refused(403, "AccessDenied", "Anonymous requests are refused.")
        key, region, _ = signed.groups()
        session = self._sessions.get(key)
        if session is None:
            if key not in self.keys:
                raise Refused(403, "InvalidAccessKeyId", "The key does not exist.")
            request.who = OUR_SESSION
            return self.keys[key], region
        request.who = session.arn
        if not request.headers.get("x-amz-security-token"):
            raise Refused(400, "InvalidToken")
        if session.ends <= self.now():
            raise Refused(400, "ExpiredToken", "The provided token has expired.")
        role = self.roles.get(session.role)
        return (role.policy if role else {"Version": "2012-10-17", "Statement": []}), region

    def _fault(self, request: Request) -> str:
        with self._lock:
            for one in self._faults:
                what, code, key = one
                if what == request.what and key in (request.key or request.query.get("prefix", "")):
                    self._faults.remove(one)
                    return code
        return ""

    def _check_region(self, request: Request, region: str) -> None:
        if request.bucket not in self.regions:
            raise Refused(404, "NoSuchBucket", "The specified bucket does not exist")
        home = self.regions[request.bucket]
        if region == home:
            return
        if self.redirects == "PermanentRedirect":
            raise Refused(301, self.redirects, Endpoint=f"{request.bucket}.s3.example")
        message = f"The authorization header is malformed; expecting '{home}'"
        raise Refused(400, self.redirects, message, Region=home)

    def _check_object(self, request: Request) -> None:
        if request.key in self.gone:
            raise Refused(404, "NoSuchKey")
        if request.key in self.encrypted:
            raise denied(request.who, "kms:Decrypt", f"arn:aws:kms:{request.bucket}")
        if request.key in self.archived:
            raise Refused(403, "InvalidObjectState", StorageClass="GLACIER")

    def _sts(self, request: Request) -> Answer:
        form = {name: one[0] for name, one in parse_qs(request.body.decode()).items()}
        request.what = form.get("Action", "")
        signed = _CREDENTIAL.search(request.headers.get("authorization", ""))
        if not signed or signed[1] not in self.keys:
            raise Refused(403, "InvalidClientTokenId", "The security token is invalid.")
        request.who = OUR_SESSION
        fault = self._fault(request)
        if fault:
            raise Refused(STATUS.get(fault, 403), fault)
        if request.what == "GetCallerIdentity":
            return Answer(200, _IDENTITY.encode(), {"content-type": "text/xml"})
        assert request.what == "AssumeRole", request.what
        return self._assume(request, form)

    def _assume(self, request: Request, form: dict[str, str]) -> Answer:
        """Let moto make credentials, once the trust policy of the role allows it."""
        arn, name = form["RoleArn"], form["RoleSessionName"]
        seconds = int(form.get("DurationSeconds", "3600"))
        if not 900 <= seconds <= 3600:  # we are a role ourselves
            raise Refused(400, "ValidationError", "DurationSeconds exceeds the MaxSessionDuration")
        role = self.roles.get(arn)
        context = {"sts:ExternalId": form["ExternalId"]} if "ExternalId" in form else {}
        if role is None or not trusts(role.trust, OUR_ARN, context):
            raise denied(request.who, "sts:AssumeRole", arn)
        answer = self._forward(request, request.body)
        ends = self.now() + timedelta(seconds=min(seconds, self.session_s))
        account, role_name = arn.split(":")[4], arn.rpartition("/")[2]
        key = "ASIA" + secrets.token_hex(8).upper()
        text = answer.body.decode()
        for tag, value in {"AccessKeyId": key, "Expiration": f"{ends:%Y-%m-%dT%H:%M:%SZ}"}.items():
            text, found = re.subn(rf"<{tag}>[^<]*</{tag}>", f"<{tag}>{value}</{tag}>", text)
            assert found == 1, answer.body
        with self._lock:
            session = f"arn:aws:sts::{account}:assumed-role/{role_name}/{name}"
            self._sessions[key] = _Session(session, arn, ends)
        answer.body = text.encode()
        return answer

    def _forward(self, request: Request, body: bytes) -> Answer:
        """Ask moto, as its own account."""
        kept = ("range", "if-match", "content-type")
        headers = {name: request.headers[name] for name in kept if name in request.headers}
        headers["authorization"] = FORWARDED.replace("/s3/", "/s3/" if request.bucket else "/sts/")
        connection = HTTPConnection(*self._upstream)
        try:
            connection.request(request.method, request.path, body or None, headers)
            found = connection.getresponse()
            said = found.read()
            back = {n.lower(): v for n, v in found.getheaders() if n.lower() not in _DROPPED}
        finally:
            connection.close()
        code = re.search(rb"<Code>(\w+)</Code>", said) if found.status >= 300 else None
        return Answer(found.status, said, back, code[1].decode() if code else "ok")


def _backend() -> Any:
    from moto.s3.models import s3_backends  # noqa: PLC0415 - heavy, not for all

    return s3_backends[MOTO_ACCOUNT]["aws"]


_IDENTITY = (
    '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/">'
    f"<GetCallerIdentityResult><Arn>{OUR_SESSION}</Arn><UserId>AROA:1</UserId>"
    f"<Account>{OUR_ACCOUNT}</Account></GetCallerIdentityResult></GetCallerIdentityResponse>"
)


@pytest.fixture(scope="session")
def moto() -> Iterator[tuple[str, int]]:
    """Yield the host and port of moto's server.

    The SDK's descriptions of AWS, and moto's of itself, are read once and not for each request.
    """
    from botocore.loaders import JSONFileLoader  # noqa: PLC0415 - heavy, not for all
    from moto import backends  # noqa: PLC0415 - heavy, not for all
    from moto.server import ThreadedMotoServer  # noqa: PLC0415 - heavy, not for all

    modules = [*backends.list_of_moto_modules()]
    read = cache(partial(JSONFileLoader.load_file, JSONFileLoader()))
    server = ThreadedMotoServer("127.0.0.1", 0, verbose=False)
    server.start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(JSONFileLoader, "load_file", lambda _, path: read(path))
        patch.setattr(backends, "list_of_moto_modules", lambda: modules)
        yield server.get_host_and_port()
    server.stop()


@pytest.fixture
def cloud(moto: tuple[str, int], monkeypatch: pytest.MonkeyPatch) -> Iterator[AwsGate]:
    """Yield an AWS of its own, to which the SDK of this process goes, with our credentials."""
    from botocore import endpoint  # noqa: PLC0415 - heavy, not for all
    from botocore.retries.adaptive import ClientRateLimiter  # noqa: PLC0415 - heavy, not for all

    with AwsGate(moto) as gate:
        for name, value in gate.environment().items():
            monkeypatch.setenv(name, value)
        # Waits between tries are over at once; when and how often it tries is the SDK's own.
        monkeypatch.setattr(endpoint, "time", SimpleNamespace(sleep=lambda _: None))
        monkeypatch.setattr(ClientRateLimiter, "on_sending_request", lambda *_, **__: None)
        yield gate
