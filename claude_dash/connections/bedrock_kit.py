"""What the owner of a bucket of Bedrock's logs must install: a role, or replication instead."""

import json
from dataclasses import dataclass
from typing import Any

from claude_dash.sources.aws_keys import LOGS, root_of

ROLE, POLICY = "claude-dash-bedrock-logs", "claude-dash-read-bedrock-logs"
REPLICATION_ROLE = "claude-dash-bedrock-replication"
UNKNOWN_PRINCIPAL = "arn:aws:iam::ACCOUNT_OF_CLAUDE_DASH:role/ROLE_OF_CLAUDE_DASH"
BUCKET, EXTERNAL_ID = "BUCKET", "EXTERNAL_ID"
SOURCE, DESTINATION = "SOURCE_BUCKET", "DESTINATION_BUCKET"
_VERSION = "2012-10-17"
_REPLICATE = (
    "s3:ReplicateObject",
    "s3:ReplicateDelete",
    "s3:ReplicateTags",
    "s3:ObjectOwnerOverrideToBucketOwner",
)
Policy = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Kit:
    """What a kit is made for; what is not known yet is a placeholder in capitals.

    principal: who reads, ours. is_ours: whether the bucket is read without a role.
    """

    name: str
    bucket: str = BUCKET
    prefix: str = ""
    role_arn: str = ""
    external_id: str = EXTERNAL_ID
    principal: str = UNKNOWN_PRINCIPAL
    is_ours: bool = False

    @property
    def root(self) -> str:
        """Return what every log's key begins with."""
        return root_of(self.prefix)

    @property
    def role_name(self) -> str:
        """Return the name of the role: that in its ARN, or ours."""
        return self.role_arn.rpartition("/")[2] or ROLE

    @property
    def source(self) -> str:
        """Return the bucket from which replication goes."""
        return SOURCE if self.is_ours or self.bucket == BUCKET else self.bucket

    @property
    def destination(self) -> str:
        """Return the bucket into which replication goes."""
        return self.bucket if self.is_ours else DESTINATION

    @property
    def account(self) -> str:
        """Return the account of the principal."""
        return self.principal.split(":")[4]

    # --- pull: a role ----------------------------------------------------------------------------

    def permissions(self, bucket: str = "") -> Policy:
        """Return what is needed to read: list and get logs, and never a body beside them.

        Args:
            bucket: Another one than that of the logs.
        """
        arn = self._arn(bucket or self.bucket)
        return _policy(
            {
                "Sid": "ListLogs",
                "Effect": "Allow",
                "Action": "s3:ListBucket",
                "Resource": arn,
                "Condition": {"StringLike": {"s3:prefix": [f"{self.root}*"]}},
            },
            {
                "Sid": "ReadLogs",
                "Effect": "Allow",
                "Action": "s3:GetObject",
                "Resource": f"{arn}/{self.root}*/{LOGS}/*",
            },
            {
                "Sid": "NeverReadPrompts",
                "Effect": "Deny",
                "Action": "s3:GetObject",
                "Resource": f"{arn}/{self.root}*/data/*",
            },
        )

    def trust(self) -> Policy:
        """Return who may assume the role: we, with the external id."""
        return _policy(
            {
                "Effect": "Allow",
                "Principal": {"AWS": self.principal},
                "Action": "sts:AssumeRole",
                "Condition": {"StringEquals": {"sts:ExternalId": self.external_id}},
            }
        )

    def terraform(self) -> str:
        """Return the role with both policies for Terraform."""
        trust, permissions = _indented(self.trust()), _indented(self.permissions())
        return (
            'resource "aws_iam_role" "claude_dash" {\n'
            f'  name                 = "{self.role_name}"\n'
            "  max_session_duration = 3600\n"
            f"  assume_role_policy   = <<-JSON\n{trust}\n  JSON\n}}\n\n"
            'resource "aws_iam_role_policy" "claude_dash" {\n'
            f'  name   = "{POLICY}"\n'
            "  role   = aws_iam_role.claude_dash.id\n"
            f"  policy = <<-JSON\n{permissions}\n  JSON\n}}\n"
        )

    # --- push: replication into a bucket of ours -------------------------------------------------

    def replication_trust(self) -> Policy:
        """Return who may assume the role of replication: S3 itself."""
        return _policy(
            {
                "Effect": "Allow",
                "Principal": {"Service": "s3.amazonaws.com"},
                "Action": "sts:AssumeRole",
            }
        )

    def replication_permissions(self) -> Policy:
        """Return what replication may do: read versions here, write replicas there."""
        source = self._arn(self.source)
        return _policy(
            {
                "Effect": "Allow",
                "Action": ["s3:GetReplicationConfiguration", "s3:ListBucket"],
                "Resource": source,
            },
            {
                "Effect": "Allow",
                "Action": [
                    "s3:GetObjectVersionForReplication",
                    "s3:GetObjectVersionAcl",
                    "s3:GetObjectVersionTagging",
                ],
                "Resource": f"{source}/*",
            },
            {
                "Effect": "Allow",
                "Action": list(_REPLICATE),
                "Resource": f"{self._arn(self.destination)}/*",
            },
        )

    def replication_rule(self) -> Policy:
        """Return the replication configuration of the source bucket, for logs alone."""
        return {
            "Role": self._replication_role,
            "Rules": [
                {
                    "ID": "claude-dash-bedrock-logs",
                    "Priority": 1,
                    "Status": "Enabled",
                    "Filter": {"Prefix": self.root},
                    "DeleteMarkerReplication": {"Status": "Disabled"},
                    "Destination": {
                        "Bucket": self._arn(self.destination),
                        "Account": self.account,
                        "AccessControlTranslation": {"Owner": "Destination"},
                    },
                }
            ],
        }

    def bucket_policy(self) -> Policy:
        """Return what our bucket lets the role of replication do."""
        arn, role = self._arn(self.destination), {"AWS": self._replication_role}
        return _policy(
            {
                "Effect": "Allow",
                "Principal": role,
                "Action": list(_REPLICATE),
                "Resource": f"{arn}/*",
            },
            {
                "Effect": "Allow",
                "Principal": role,
                "Action": ["s3:GetBucketVersioning", "s3:PutBucketVersioning"],
                "Resource": arn,
            },
        )

    @property
    def _partition(self) -> str:
        return (self.role_arn or self.principal).split(":")[1]

    @property
    def _replication_role(self) -> str:
        return f"arn:{self._partition}:iam::SOURCE_ACCOUNT:role/{REPLICATION_ROLE}"

    def _arn(self, bucket: str) -> str:
        return f"arn:{self._partition}:s3:::{bucket}"


def spelled(policy: Policy) -> str:
    """Return a policy as JSON."""
    return json.dumps(policy, indent=2)


def _policy(*statements: Policy) -> Policy:
    return {"Version": _VERSION, "Statement": list(statements)}


def _indented(policy: Policy) -> str:
    return "\n".join(f"    {line}" for line in spelled(policy).splitlines())
