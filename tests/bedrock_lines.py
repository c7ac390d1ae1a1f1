"""Small log objects of Bedrock, for tests of connecting; records are invented."""

import gzip
import json
from itertools import count
from typing import Any
from uuid import UUID

from claude_dash.connections.bedrock_kit import Kit
from tests.aws_gate import AwsGate, Role

ONE, TWO = "111122223333", "444455556666"
BUCKET, REGION = "logs", "us-east-1"
ROLE = f"arn:aws:iam::{ONE}:role/claude-dash-reader"
SONNET = "us.anthropic.claude-sonnet-4-6"
PROMPT = "invented prompt that nobody may read"
PEOPLE = tuple(f"person-{number}@example.com" for number in range(1, 6))
_SESSION = f"arn:aws:sts::{ONE}:assumed-role"
_NUMBERS = count(1)


def sso(name: str) -> str:
    """Return the ARN of a person of IAM Identity Center."""
    return f"{_SESSION}/AWSReservedSSO_ClaudeCode_0f3a9c1d2b4e5f60/{name}"


def session(role: str, name: str) -> str:
    """Return the ARN of a session of a role."""
    return f"{_SESSION}/{role}/{name}"


def record(arn: str, **given: Any) -> dict[str, Any]:
    """Return a call; `given` replaces its fields."""
    return {
        "timestamp": "2026-11-17T05:00:01Z",
        "accountId": ONE,
        "region": REGION,
        "requestId": str(UUID(int=next(_NUMBERS))),
        "operation": "InvokeModelWithResponseStream",
        "modelId": SONNET,
        "input": {"inputTokenCount": 4, "cacheReadInputTokenCount": 900},
        "output": {"outputTokenCount": 40},
        "identity": {"arn": arn},
        "schemaType": "ModelInvocationLog",
        "schemaVersion": "1.0",
        **given,
    }


def packed(*records: dict[str, Any]) -> bytes:
    """Return the bytes of an object."""
    return gzip.compress("\n".join(json.dumps(one) for one in records).encode())


def log(
    number: int = 0,
    *,
    hour: str = "2026/11/17/05",
    account: str = ONE,
    region: str = REGION,
    prefix: str = "",
) -> str:
    """Return the key of a log."""
    folder = f"{prefix}AWSLogs/{account}/BedrockModelInvocationLogs/{region}/{hour}"
    return f"{folder}/20261117T050000{number:03d}Z_9b86bf4994c4ab1c.json.gz"


def fill(cloud: AwsGate, *arns: str, **where: str) -> None:
    """Put one object into the bucket for each ARN, with ten calls."""
    for number, arn in enumerate(arns):
        objects = {log(number, **where): packed(*(record(arn) for _ in range(10)))}
        cloud.put(BUCKET, objects)


def install(cloud: AwsGate, kit: Kit) -> None:
    """Make the role of a kit as its owner would, of the very policies."""
    cloud.roles[kit.role_arn] = Role(kit.trust(), kit.permissions())
