"""Credentials for a bucket: a role that is assumed anew before it runs out, or the SDK's own."""

import re
from dataclasses import dataclass, field
from typing import Any

import httpx
from botocore.exceptions import CredentialRetrievalError

from claude_dash import __version__
from claude_dash.clock import now
from claude_dash.sources.aws_refusals import Refused, asked
from claude_dash.sources.aws_stand_in import bare_session, stand_in

SESSION_NAME = "claude-dash"  # fixed, so that it is recognised in the owner's CloudTrail
SESSION_S = 3600  # a role that assumes a role gets no more (contract, section 8)
CONNECT_S, ANSWER_S = 10, 60
READING_TRIES, ASKING_TRIES = 10, 3  # of one request; somebody looks at the form
_SESSION_ARN = re.compile(r"arn:([\w-]+):sts::(\d{12}):assumed-role/([^/]+)/.+")


@dataclass(frozen=True, slots=True)
class Access:
    """Where the logs are, and as whom they are read.

    prefix: what stands before `AWSLogs/`. role_arn: empty to read with the SDK's own credentials.
    transport: stands in for the network, for the demo; nothing of this machine is used then.
    """

    bucket: str
    region: str
    prefix: str = ""
    role_arn: str = ""
    external_id: str = field(default="", repr=False)
    transport: httpx.BaseTransport | None = field(default=None, repr=False)


def s3_client(access: Access, *, tries: int, connections: int) -> Any:  # noqa: ANN401 - no stubs
    """Return a client of S3 whose credentials are renewed while it lives."""
    from botocore.credentials import DeferredRefreshableCredentials  # noqa: PLC0415 - start-up

    session = _session(access.region, access.transport)
    if access.role_arn:
        sts = _client(session, "sts", tries, 1, access.transport)  # keeps the SDK's own credentials
        session._session._credentials = DeferredRefreshableCredentials(  # noqa: SLF001 - no public way in
            lambda: _assumed(sts, access), "assume-role", time_fetcher=now
        )
    return _client(session, "s3", tries, connections, access.transport)


def is_open(access: Access) -> bool:
    """Say whether the role may be assumed without the external id, by any customer of ours then.

    Raises:
        SourceError: AWS answered neither yes nor no.
    """
    question = {"RoleArn": access.role_arn, "RoleSessionName": SESSION_NAME}
    found = asked(
        lambda: _sts(access.region, access.transport).assume_role(**question), access.role_arn
    )
    if not isinstance(found, Refused):
        return True
    if found.error.code != "missing_scope":
        raise found.error
    return False


def our_principal(region: str, transport: httpx.BaseTransport | None = None) -> str:
    """Return the ARN that a role's trust policy must name: ours; empty when it is not known."""
    found = asked(lambda: _sts(region, transport).get_caller_identity())
    arn = "" if isinstance(found, Refused) else str(found.get("Arn", ""))
    match = _SESSION_ARN.fullmatch(arn)
    return f"arn:{match[1]}:iam::{match[2]}:role/{match[3]}" if match else arn


def _assumed(sts: Any, access: Access) -> dict[str, Any]:  # noqa: ANN401 - no stubs
    """Return fresh credentials of the role, as the SDK keeps them."""
    answer = sts.assume_role(
        RoleArn=access.role_arn,
        RoleSessionName=SESSION_NAME,
        ExternalId=access.external_id,
        DurationSeconds=SESSION_S,
    )
    made = answer["Credentials"]
    if made["Expiration"] <= now():  # the SDK would raise an error that is none of its kinds
        raise CredentialRetrievalError(provider="sts", error_msg="over already")
    return {
        "access_key": made["AccessKeyId"],
        "secret_key": made["SecretAccessKey"],
        "token": made["SessionToken"],
        "expiry_time": made["Expiration"].isoformat(),
    }


def _sts(region: str, transport: httpx.BaseTransport | None) -> Any:  # noqa: ANN401 - no stubs
    return _client(_session(region, transport), "sts", ASKING_TRIES, 1, transport)


def _session(region: str, transport: httpx.BaseTransport | None) -> Any:  # noqa: ANN401 - no stubs
    import boto3  # noqa: PLC0415 - start-up is fast
    from botocore.session import get_session  # noqa: PLC0415 - same

    inner = get_session() if transport is None else bare_session()
    return boto3.Session(botocore_session=inner, region_name=region)


def _client(
    session: Any,  # noqa: ANN401 - no stubs
    name: str,
    tries: int,
    connections: int,
    transport: httpx.BaseTransport | None,
) -> Any:  # noqa: ANN401 - same
    from botocore.config import Config  # noqa: PLC0415 - start-up is fast

    config = Config(
        connect_timeout=CONNECT_S,
        read_timeout=ANSWER_S,
        max_pool_connections=connections,
        retries={"mode": "adaptive", "total_max_attempts": tries},
        # The end of a gzip stream is its checksum; parts of an object have no other.
        response_checksum_validation="when_required",
        user_agent_extra=f"claude-dash/{__version__}",
        ignore_configured_endpoint_urls=transport is not None,
    )
    made = session.client(name, config=config)
    if transport is not None:
        stand_in(made, transport)
    return made
